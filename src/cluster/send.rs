//! The way of a request through the cluster: to whom, again, and until when.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use milena_wire::api_key::ApiKey;
use milena_wire::error_code::ErrorCode;
use tokio::sync::watch;
use tracing::Span;

use super::core::Core;
use super::exchange::{Choice, Reply, by, pause};
use super::placement::{Group, Located, Missing, Placement, place};
use super::pool::Node;
use super::retry::{Reaction, Remedy, Retry, is_exempt_from_budget, reaction};
use super::routing::{Routed, Target};
use super::scattered::{Note, Scattered};
use super::span;
use super::together::{Boxed, all};
use crate::close_reason::CloseReason;
use crate::connection::{after, now};
use crate::error::{Attempt, Error, ErrorKind};

/// What holds for a request and all its parts.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) deadline: Instant,
    /// By which a policy may choose among the brokers that may answer.
    pub(crate) key: Option<bytes::Bytes>,
    /// Disabled before the call begins, and if nobody listens.
    pub(crate) span: Span,
}

/// Brings a request, or a part of one, to those who must answer it, until it is answered or its time is over.
pub(crate) fn settle<'a, R: Routed>(
    core: &'a Arc<Core>,
    request: R,
    only: Option<i32>,
    terms: &'a Terms,
) -> impl Future<Output = Scattered<R>> + Send + use<'a, R> {
    let journey = Journey {
        core,
        terms,
        only,
        attempts: Vec::new(),
        has_hurried: false,
        found_at_once: false,
    };
    journey.go(request)
}

/// Who finds something in less time has not waited for it.
const AT_ONCE: Duration = Duration::from_millis(1);

/// A part of a request on its way.
struct Journey<'a> {
    core: &'a Arc<Core>,
    terms: &'a Terms,
    /// The broker that is to answer, whatever the request says.
    only: Option<i32>,
    attempts: Vec<Attempt>,
    /// Whether the latest attempt was made without a wait. The next one is not, so that brokers that send each other's clients around do not
    /// keep anybody busy.
    has_hurried: bool,
    /// Whether what was missing last was there without a wait.
    found_at_once: bool,
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
            has_hurried: self.has_hurried,
            found_at_once: false,
        }
    }

    /// What is seldom waited for is boxed, so that no other request carries it along: many are under way at a time, and their futures are to be in
    /// reach of the processor.
    async fn go<R: Routed>(mut self, mut request: R) -> Scattered<R> {
        let mut done = Scattered::default();
        // What was answered to this very request before it was looked for somebody else to ask.
        let mut last: Option<Box<(i32, R::Response)>> = None;
        loop {
            let (placement, choice) = self.place(&request);
            let node = match placement {
                Placement::At(node) => node,
                Placement::Unknown(missing) => {
                    let error = match Box::pin(self.find(R::API_KEY, &missing)).await {
                        Ok(()) => continue,
                        Err(error) => error,
                    };
                    let is_late = now() >= self.terms.deadline && !self.core.is_closing();
                    if let Some(last) = last.filter(|_| is_late) {
                        let (broker, response) = *last;
                        done.add(Scattered::answered(broker, request, response));
                        return done;
                    }
                    last = None;
                    let (lost, rest) = self.core.give_up(request, &missing, error);
                    done.add(lost);
                    let Some(rest) = rest else {
                        return done;
                    };
                    request = rest;
                    continue;
                }
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
                        match Box::pin(self.find(R::API_KEY, &Missing::Anybody)).await {
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
                    for mut part in all(parts.collect()).await {
                        // One that has left meanwhile is no broker of the cluster.
                        part.failures.retain(|failed| {
                            !matches!(failed.error.kind(), ErrorKind::UnknownBroker(_))
                        });
                        done.add(part);
                    }
                    return done;
                }
            };
            span::asked(&self.terms.span, &node);
            last = None;
            let exchange = &self.core.exchange;
            let ask = exchange.ask(&node, request, choice, self.terms.deadline);
            let (back, result) = ask.await;
            request = back;
            let next = match result {
                Ok(Reply { response, at, .. }) => match self.judge(&node, &request, &response) {
                    Judgement::Final { has_error } => {
                        let answered = Scattered::answered(node.id, request, response);
                        done.add(answered.noted(Note { at, has_error }));
                        return done;
                    }
                    Judgement::Again { items, code, wait } => {
                        self.refused(&node, code, R::API_KEY);
                        if let Next::Failed(_) = Box::pin(self.wait(R::API_KEY, wait)).await {
                            // What was answered last has to do.
                            done.add(Scattered::answered(node.id, request, response));
                            return done;
                        }
                        let mut refused = response;
                        if let Some((part, others)) = split(&request, &items) {
                            let mut response = refused.clone();
                            request.forget(&mut refused, &others);
                            request.forget(&mut response, &items);
                            let rest = request.part(&others);
                            done.add(Scattered::answered(node.id, rest, response));
                            request = part;
                        }
                        last = Some(Box::new((node.id, refused)));
                        Next::Again
                    }
                },
                Err(error) => Box::pin(self.lost(&node, &request, choice, error)).await,
            };
            if let Next::Failed(error) = next {
                done.add(Scattered::failed(request, error));
                return done;
            }
            self.core.exchange.signals.retried(R::API_KEY);
        }
    }

    /// Where the request goes, and whether anybody else would do.
    fn place<R: Routed>(&self, request: &R) -> (Placement, Choice) {
        let core = self.core;
        if let Some(broker) = self.only {
            let placement = match core.locate(R::API_KEY, &Target::Broker(broker), None) {
                Located::At(node) => Placement::At(node),
                Located::Unknown(missing) => Placement::Unknown(missing),
            };
            return (placement, Choice::Bound);
        }
        // All items that anybody may answer go to the same one.
        let mut anybody: Option<Located> = None;
        let mut choice = Choice::Free;
        let key = self.terms.key.as_deref();
        let placement = place(request, |target| match target {
            Target::Any => anybody
                .get_or_insert_with(|| core.locate(R::API_KEY, target, key))
                .clone(),
            _ => {
                choice = Choice::Bound;
                core.locate(R::API_KEY, target, key)
            }
        });
        (placement, choice)
    }

    /// Waits until it is known where to go.
    async fn find(&mut self, api: ApiKey, missing: &Missing) -> Result<(), Error> {
        let core = self.core;
        let deadline = self.terms.deadline;
        let is_again = self.found_at_once;
        let looking = async {
            let began = now();
            core.find(api, missing, deadline).await?;
            let at_once = now().saturating_duration_since(began) < AT_ONCE;
            // What is said to be there, and is not, must not be looked for all the time.
            if at_once && is_again && !pause(core.wait_after(0), deadline).await {
                return Err(Error::new(ErrorKind::DeadlineExceeded));
            }
            Ok(at_once)
        };
        let found = tokio::select! {
            found = looking => found,
            () = core.tasks.closing() => Err(Error::new(ErrorKind::Shutdown)),
        };
        let found = found.map_err(|error| self.fail(error, api))?;
        self.found_at_once = found;
        Ok(())
    }

    /// What an answer means: whether all of it is final.
    fn judge<R: Routed>(&self, node: &Node, request: &R, response: &R::Response) -> Judgement {
        let mut again = Items::default();
        let mut stale = Items::default();
        let mut why = None;
        let mut wait = Wait::default();
        let mut throttle = false;
        // All that the codes of one answer ask for is done.
        let mut uncoordinated = Items::default();
        let (mut find_controller, mut rebootstrap) = (false, false);
        let mut has_error = false;
        request.errors(response, &mut |item, code| {
            has_error = true;
            let Reaction { retry, then } = reaction(R::API_KEY, code);
            match then {
                Remedy::None => {}
                Remedy::WaitThrottle => throttle = true,
                // Leaders: see `follow`.
                Remedy::RefreshMetadata => stale.add(item),
                Remedy::FindCoordinator => uncoordinated.add(item),
                Remedy::FindController => find_controller = true,
                Remedy::Rebootstrap => rebootstrap = true,
            }
            let is_again = match retry {
                // Others have the partition, and nobody but this broker is to be asked.
                Retry::Yes | Retry::IfIdempotent
                    if self.only.is_some() && code == ErrorCode::NOT_LEADER_OR_FOLLOWER =>
                {
                    false
                }
                Retry::Yes => true,
                Retry::IfIdempotent => request.is_idempotent(),
                Retry::No => false,
            };
            if is_again {
                why.get_or_insert(code);
                again.add(item);
            }
        });
        if throttle {
            let ms = R::throttle_time_ms(response);
            wait.time = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
        }
        again.sort();
        stale.sort();
        uncoordinated.sort();
        let core = self.core;
        let is_asked_for = find_controller || rebootstrap;
        if is_asked_for || !stale.is_empty() {
            wait.news = Some(core.refresher.listen());
        }
        if !uncoordinated.is_empty() {
            core.uncoordinated(node, request, |item| uncoordinated.has(item));
        }
        if find_controller {
            core.refresher.stale();
        }
        if rebootstrap {
            core.refresher.rebootstrap();
        }
        if !stale.is_empty() {
            let are_elsewhere = core.follow(node, request, response, |item| stale.has(item));
            // Only those that nobody has to be asked about.
            wait.immediately = are_elsewhere && !throttle && again == stale;
        }
        if wait.immediately && !is_asked_for {
            wait.news = None;
        }
        match why {
            None => Judgement::Final { has_error },
            Some(code) => Judgement::Again {
                items: again.numbers(),
                code,
                wait,
            },
        }
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
    async fn lost<R: Routed>(
        &mut self,
        node: &Node,
        request: &R,
        choice: Choice,
        error: Error,
    ) -> Next {
        let core = self.core;
        let api = R::API_KEY;
        let was_not_sent = !error.may_have_been_sent();
        if was_not_sent && node.has_left() && !core.is_closing() && now() < self.terms.deadline {
            // It is somewhere else by now, or another one has its place: that is no failure of anybody, and each moves but once.
            tracing::debug!(broker = node.id, %api, "the broker is elsewhere, looked for again");
            self.note(Some(node.id), error);
            return Next::Again;
        }
        let is_safe = was_not_sent || request.is_idempotent();
        let (mut is_over, mut is_closed) = (false, false);
        let (mut is_race, mut says_nothing) = (false, false);
        match error.kind() {
            ErrorKind::Shutdown | ErrorKind::DeadlineExceeded | ErrorKind::PoolExhausted { .. } => {
                is_over = true;
            }
            // Whoever may go elsewhere does.
            ErrorKind::CircuitOpen { .. } => {
                is_over = choice == Choice::Bound || !core.exchange.is_any_usable(api);
            }
            ErrorKind::Closed(reason) => {
                is_closed = true;
                // It lost the race with the end of a connection that nobody used: the next one is as good as this one would have been.
                is_race = was_not_sent;
                says_nothing = matches!(reason, CloseReason::IdleDrop | CloseReason::Shutdown);
            }
            ErrorKind::Connect { .. } => is_closed = true,
            _ => {}
        }
        if is_closed && !says_nothing {
            core.coordinators.forget_broker(node.id);
        }
        if core.is_closing() && matches!(error.kind(), ErrorKind::Closed(CloseReason::Shutdown)) {
            let was_sent = error.may_have_been_sent();
            let error = Error::new(ErrorKind::Shutdown).maybe_sent(was_sent);
            return Next::Failed(self.fail(error.at_broker(node.id), api));
        }
        if is_over || !is_safe || !error.is_retriable() || core.is_closing() {
            return Next::Failed(self.fail(error, api));
        }
        let goes_elsewhere = choice == Choice::Free && core.exchange.is_any_usable(api);
        let wait = Wait {
            immediately: is_race,
            // Who could not be reached is not chosen again for a while.
            elsewhere: was_not_sent && goes_elsewhere && is_closed,
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
        let hurries = wait.elsewhere || wait.immediately && !self.has_hurried;
        self.has_hurried = hurries;
        let mut time = wait.time;
        if !hurries {
            let failures = u32::try_from(self.attempts.len()).unwrap_or(u32::MAX);
            time = time.max(core.wait_within(failures.saturating_sub(1), deadline));
        }
        let turn = (!is_exempt_from_budget(api)).then(|| core.budget.turn(now()));
        if let Some(turn) = &turn {
            time = time.max(turn.wait());
        }
        let resting = async {
            let is_in_time = pause(time, deadline).await;
            if is_in_time && !hurries {
                if let Some(mut news) = wait.news {
                    // What is known does not help; the answer of the worker is not far, if it is not there yet.
                    let longest = after(now(), core.settings.retry_backoff_max);
                    let _ = by(longest.min(deadline), news.changed()).await;
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
            if let Some(turn) = turn {
                turn.spend();
            }
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
    Final { has_error: bool },
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
    /// At least so long.
    time: Duration,
    /// Tells that something else is known than when the answer came; `None` if there is nothing to find out.
    news: Option<watch::Receiver<u64>>,
    /// What was missing is known already, unless that turns out to be wrong.
    immediately: bool,
    /// There is somebody who was not tried yet, however many were.
    elsewhere: bool,
}

/// Items of a request, or all of it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Items {
    numbers: Vec<usize>,
    whole: bool,
}

impl Items {
    fn add(&mut self, item: Option<usize>) {
        match item {
            Some(item) => self.numbers.push(item),
            None => self.whole = true,
        }
    }

    fn sort(&mut self) {
        self.numbers.sort_unstable();
        self.numbers.dedup();
    }

    fn is_empty(&self) -> bool {
        !self.whole && self.numbers.is_empty()
    }

    fn has(&self, item: usize) -> bool {
        self.whole || self.numbers.binary_search(&item).is_ok()
    }

    /// None is all of them.
    fn numbers(self) -> Vec<usize> {
        if self.whole { Vec::new() } else { self.numbers }
    }
}

/// The part of a request that is asked again, and the other items; `None` if all of it is.
fn split<R: Routed>(request: &R, items: &[usize]) -> Option<(R, Vec<usize>)> {
    if items.is_empty() {
        return None;
    }
    let mut count = 0;
    request.targets(&mut |_| count += 1);
    if items.len() >= count {
        return None;
    }
    let others = (0..count).filter(|item| items.binary_search(item).is_err());
    Some((request.part(items), others.collect()))
}
