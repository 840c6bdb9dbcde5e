//! The way of a request through the cluster: to whom, again, and until when.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use milena_wire::api_key::ApiKey;
use milena_wire::error_code::ErrorCode;

use super::core::Core;
use super::exchange::{Reply, by, pause};
use super::placement::{Group, Located, Missing, Placement, place};
use super::pool::Node;
use super::retry::{Reaction, Remedy, Retry, is_exempt_from_budget, reaction};
use super::routing::{Routed, Target};
use super::scattered::Scattered;
use super::together::{Boxed, all};
use super::told_leaders::ToldLeaders;
use crate::close_reason::CloseReason;
use crate::connection::now;
use crate::error::{Attempt, Error, ErrorKind};

/// What holds for a request and all its parts.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) deadline: Instant,
    /// By which a policy may choose among the brokers that may answer.
    pub(crate) key: Option<bytes::Bytes>,
}

/// Brings a request, or a part of one, to those who must answer it, until it is answered or its time is over.
pub(crate) async fn settle<R: Routed>(
    core: &Arc<Core>,
    request: R,
    only: Option<i32>,
    terms: &Terms,
) -> Scattered<R> {
    let journey = Journey {
        core,
        terms,
        only,
        attempts: Vec::new(),
    };
    journey.go(request).await
}

/// A part of a request on its way.
struct Journey<'a> {
    core: &'a Arc<Core>,
    terms: &'a Terms,
    /// The broker that is to answer, whatever the request says.
    only: Option<i32>,
    attempts: Vec<Attempt>,
}

/// What is done about a failure.
enum Next {
    /// It is sent again, now.
    Again,
    /// It has failed for good.
    Failed(Error),
}

impl<'a> Journey<'a> {
    /// Boxed, as parts of a request make journeys of their own.
    fn boxed<R: Routed>(self, request: R) -> Boxed<'a, Scattered<R>> {
        Box::pin(self.go(request))
    }

    fn part(&self, only: Option<i32>) -> Self {
        Self {
            core: self.core,
            terms: self.terms,
            only,
            attempts: self.attempts.clone(),
        }
    }

    async fn go<R: Routed>(mut self, mut request: R) -> Scattered<R> {
        let mut done = Scattered::default();
        loop {
            let node = match self.place(&request) {
                Placement::At(node) => node,
                Placement::Unknown(missing) => match self.find(R::API_KEY, &missing).await {
                    Ok(()) => continue,
                    Err(error) => {
                        done.add(Scattered::failed(request, error));
                        return done;
                    }
                },
                Placement::Apart(groups) => {
                    self.core.look_ahead(&groups);
                    let parts = groups.into_iter().map(|Group { items, .. }| {
                        let part = request.part(&items);
                        self.part(self.only).boxed(part)
                    });
                    for part in all(parts.collect()).await {
                        done.add(part);
                    }
                    return done;
                }
                Placement::Everywhere => {
                    let nodes = self.core.exchange.nodes.table();
                    if nodes.list().is_empty() {
                        match self.find(R::API_KEY, &Missing::Anybody).await {
                            Ok(()) => continue,
                            Err(error) => {
                                done.add(Scattered::failed(request, error));
                                return done;
                            }
                        }
                    }
                    let parts = nodes
                        .list()
                        .iter()
                        .map(|node| self.part(Some(node.id)).boxed(request.clone()));
                    for part in all(parts.collect()).await {
                        done.add(part);
                    }
                    return done;
                }
            };
            let exchange = &self.core.exchange;
            let (back, result) = exchange.ask(&node, request, self.terms.deadline).await;
            request = back;
            let next = match result {
                Ok(Reply { response, .. }) => match self.judge(&node, &request, &response) {
                    Judgement::Final => {
                        done.add(Scattered::answered(node.id, request, response));
                        return done;
                    }
                    Judgement::Again { items, code, wait } => {
                        self.refused(&node, code, R::API_KEY);
                        if let Next::Failed(_) = self.wait(R::API_KEY, wait).await {
                            // What was answered last has to do.
                            done.add(Scattered::answered(node.id, request, response));
                            return done;
                        }
                        if let Some((part, rest)) = split(&request, &items) {
                            let mut response = response;
                            request.forget(&mut response, &items);
                            done.add(Scattered::answered(node.id, rest, response));
                            request = part;
                        }
                        Next::Again
                    }
                },
                Err(error) => self.lost(&node, &request, error).await,
            };
            if let Next::Failed(error) = next {
                done.add(Scattered::failed(request, error));
                return done;
            }
            self.core.exchange.signals.retried(R::API_KEY);
        }
    }

    fn place<R: Routed>(&self, request: &R) -> Placement {
        let core = self.core;
        if let Some(broker) = self.only {
            return match core.locate(R::API_KEY, &Target::Broker(broker), None) {
                Located::At(node) => Placement::At(node),
                Located::Unknown(missing) => Placement::Unknown(missing),
            };
        }
        // All items that anybody may answer go to the same one.
        let mut anybody: Option<Located> = None;
        let key = self.terms.key.as_deref();
        place(request, |target| match target {
            Target::Any => anybody
                .get_or_insert_with(|| core.locate(R::API_KEY, target, key))
                .clone(),
            _ => core.locate(R::API_KEY, target, key),
        })
    }

    /// Waits until it is known where to go.
    async fn find(&mut self, api: ApiKey, missing: &Missing) -> Result<(), Error> {
        match self.core.find(api, missing, self.terms.deadline).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.fail(error, api)),
        }
    }

    /// What an answer means: whether all of it is final.
    fn judge<R: Routed>(&self, node: &Node, request: &R, response: &R::Response) -> Judgement {
        let mut items = Vec::new();
        let mut whole = false;
        let mut why = None;
        let mut wait = Wait::default();
        request.errors(response, &mut |item, code| {
            let Reaction { retry, then } = reaction(R::API_KEY, code);
            match then {
                Remedy::None => {}
                Remedy::WaitThrottle => wait.throttle = true,
                remedy => wait.remedy = Some(remedy),
            }
            let again = match retry {
                Retry::Yes => true,
                Retry::IfIdempotent => request.is_idempotent(),
                Retry::No => false,
            };
            if again {
                why.get_or_insert(code);
                match item {
                    None => whole = true,
                    Some(item) => items.push(item),
                }
            }
        });
        if wait.throttle {
            let ms = R::throttle_time_ms(response);
            wait.time = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
        }
        if let Some(remedy) = wait.remedy {
            self.core.heal(node, request, remedy);
            // Once: who is sent to and fro is sent on by the back-off.
            let has_moved = self.core.refresher.follow(&ToldLeaders::of(response));
            wait.immediately = has_moved && self.attempts.is_empty();
        }
        let Some(code) = why else {
            return Judgement::Final;
        };
        if whole {
            items.clear();
        }
        items.sort_unstable();
        items.dedup();
        Judgement::Again { items, code, wait }
    }

    /// The broker would not do it.
    fn refused(&mut self, node: &Node, code: ErrorCode, api: ApiKey) {
        let message = None;
        let error = Error::new(ErrorKind::Broker { code, message }).during(api, None);
        let error = error.at(node.address.text()).at_broker(node.id);
        tracing::debug!(broker = node.id, %api, %code, attempt = self.attempts.len() + 1, "refused, tried again");
        self.note(Some(node.id), error);
    }

    /// There was no answer.
    async fn lost<R: Routed>(&mut self, node: &Node, request: &R, error: Error) -> Next {
        let is_safe = !error.may_have_been_sent() || request.is_idempotent();
        let is_over = matches!(
            error.kind(),
            ErrorKind::Shutdown
                | ErrorKind::DeadlineExceeded
                | ErrorKind::PoolExhausted { .. }
                | ErrorKind::CircuitOpen { .. }
        );
        let api = R::API_KEY;
        let is_closed = matches!(
            error.kind(),
            ErrorKind::Closed(_) | ErrorKind::Connect { .. }
        );
        if is_closed {
            self.core.coordinators.forget_broker(node.id);
        }
        if self.core.is_closing()
            && matches!(error.kind(), ErrorKind::Closed(CloseReason::Shutdown))
        {
            let was_sent = error.may_have_been_sent();
            let error = Error::new(ErrorKind::Shutdown).maybe_sent(was_sent);
            return Next::Failed(self.fail(error.at_broker(node.id), api));
        }
        if is_over || !is_safe || !error.is_retriable() || self.core.is_closing() {
            return Next::Failed(self.fail(error, api));
        }
        // It lost the race with the end of an idle connection: the next one is as good as this one would have been.
        let is_race = matches!(
            error.kind(),
            ErrorKind::Closed(CloseReason::IdleDrop | CloseReason::Shutdown)
        );
        let wait = Wait {
            immediately: is_race && !error.may_have_been_sent() && self.attempts.is_empty(),
            ..Wait::default()
        };
        tracing::debug!(broker = node.id, %api, %error, attempt = self.attempts.len() + 1, "not answered, tried again");
        self.note(Some(node.id), error);
        self.wait(api, wait).await
    }

    fn note(&mut self, broker: Option<i32>, error: Error) {
        let at = SystemTime::now();
        self.attempts.push(Attempt { broker, error, at });
    }

    /// The error that the caller gets: with all that was tried.
    fn fail(&mut self, error: Error, api: ApiKey) -> Error {
        let error = error.during_if_unknown(api);
        if self.attempts.is_empty() {
            return error;
        }
        error.after(std::mem::take(&mut self.attempts))
    }

    /// Waits before the next attempt.
    async fn wait(&mut self, api: ApiKey, wait: Wait) -> Next {
        let core = self.core;
        let deadline = self.terms.deadline;
        if core.is_closing() {
            return Next::Failed(self.fail(Error::new(ErrorKind::Shutdown), api));
        }
        let failures = u32::try_from(self.attempts.len()).unwrap_or(u32::MAX);
        let mut time = core.wait_after(failures.saturating_sub(1));
        if wait.immediately {
            time = Duration::ZERO;
        }
        if !is_exempt_from_budget(api) {
            time = time.max(core.budget.take(now()));
        }
        time = time.max(wait.time);
        // What comes while the back-off lasts counts, too.
        let news = core.refresher.news();
        let resting = async {
            let is_in_time = pause(time, deadline).await;
            if is_in_time && !wait.immediately {
                if wait.remedy.is_some_and(is_metadata) {
                    // What is known does not help; the answer of the worker is not far.
                    let longest = now() + core.settings.retry_backoff_max;
                    let _ = by(longest.min(deadline), news.came()).await;
                }
            }
            is_in_time
        };
        let is_in_time = tokio::select! {
            is_in_time = resting => is_in_time,
            () = core.tasks.closing() => {
                return Next::Failed(self.fail(Error::new(ErrorKind::Shutdown), api));
            }
        };
        if is_in_time && now() < deadline {
            return Next::Again;
        }
        let error = Error::new(ErrorKind::DeadlineExceeded);
        let error = match self.attempts.last().and_then(|last| last.broker) {
            Some(broker) => error.at_broker(broker),
            None => error,
        };
        Next::Failed(self.fail(error, api))
    }
}

/// What an answer means.
enum Judgement {
    /// All of it is as good as it will be.
    Final,
    /// These items are asked again; all of them if there are none.
    Again {
        items: Vec<usize>,
        code: ErrorCode,
        wait: Wait,
    },
}

/// What there is to wait for before the next attempt.
#[derive(Debug, Default)]
struct Wait {
    throttle: bool,
    time: Duration,
    remedy: Option<Remedy>,
    /// What was missing is known already.
    immediately: bool,
}

/// Whether it is for new metadata to mend it.
fn is_metadata(remedy: Remedy) -> bool {
    matches!(
        remedy,
        Remedy::RefreshMetadata | Remedy::FindController | Remedy::Rebootstrap
    )
}

/// The part of a request that is asked again, and the rest of it; `None` if all of it is.
fn split<R: Routed>(request: &R, items: &[usize]) -> Option<(R, R)> {
    if items.is_empty() {
        return None;
    }
    let mut count = 0;
    request.targets(&mut |_| count += 1);
    if items.len() >= count {
        return None;
    }
    let rest: Vec<usize> = (0..count)
        .filter(|item| items.binary_search(item).is_err())
        .collect();
    Some((request.part(items), request.part(&rest)))
}
