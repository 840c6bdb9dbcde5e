//! One connection: reads requests, answers them one at a time and in order, as Kafka does.

use std::mem;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use milena_wire::codec::Frame;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep, sleep_until};
use tracing::debug;

use super::end::End;
use super::incoming::Incoming;
use super::link::{Link, NOTHING, READ_AHEAD};
use crate::apis::{self, Answer, Context, PendingFetch, Refusal};
use crate::clock::now;
use crate::faults::{Action, Hit, Id, Moment, Spoiled, mangle};
use crate::head::Head;
use crate::latency::Latency;
use crate::requests::RequestOrigin;
use crate::sasl::Authentication;
use crate::shared::Shared;
use crate::sight::SeenRequest;

/// A connection to one of the nodes.
#[derive(Debug)]
pub(super) struct Connection<'a, S> {
    link: Link<'a, S>,
    place: Place<'a>,
    authentication: Authentication,
    next: Next,
}

/// Where the connection leads to, and what becomes of the request that is there.
#[derive(Debug)]
struct Place<'a> {
    shared: &'a Shared,
    node: i32,
    number: u64,
    /// What an answer says about how long to wait.
    throttle_ms: i32,
    /// What of the request fails. Behind a pointer, since few connections ever have any.
    spoiled: Option<Box<Spoiled>>,
    /// Whether records of its answer were made corrupt.
    corrupted: AtomicBool,
}

impl Place<'_> {
    fn context(&self) -> Context<'_> {
        Context {
            shared: self.shared,
            node: self.node,
            connection: self.number,
            now: now(),
            instant: Instant::now().into_std(),
            throttle_ms: self.throttle_ms,
            spoiled: self.spoiled.as_deref(),
            corrupted: &self.corrupted,
            user: None,
        }
    }
}

/// Whether it is known what goes wrong with the next request. A fault may be for a request of which only the head has come, and meets it once.
#[derive(Debug, Default)]
enum Next {
    #[default]
    Unknown,
    Known(Option<Hit<Action>>),
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin + Send> Connection<'a, S> {
    pub(super) fn new(
        stream: S,
        shared: &'a Shared,
        node: i32,
        number: u64,
        latency: &'a Latency,
    ) -> Self {
        let incoming = Incoming::new(shared.max_request_bytes);
        Self {
            link: Link::new(stream, incoming, latency, shared.connections_max_idle),
            place: Place {
                shared,
                node,
                number,
                throttle_ms: 0,
                spoiled: None,
                corrupted: AtomicBool::new(false),
            },
            authentication: Authentication::new(shared.accounts.is_some()),
            next: Next::Unknown,
        }
    }

    /// Serves until one of the two sides closes. By reference, since a future holds what it is given twice.
    pub(super) async fn serve(&mut self) -> End {
        let end = match self.exchange().await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        if !matches!(end, End::Io(_) | End::Idle) {
            // What was asked before is answered.
            let written = Box::pin(self.link.write_all()).await;
            if let (Err(error), false) = (written, matches!(end, End::Closed)) {
                return error;
            }
        }
        end
    }

    async fn exchange(&mut self) -> Result<std::convert::Infallible, End> {
        loop {
            // Of a token that has no header nobody knows whose it is, and no fault is for it.
            if self.place.shared.faults.armed() && !self.authentication.expects_bare_token() {
                self.look_ahead();
            }
            if let Next::Known(Some(_)) = self.next {
                // What is rare has its futures elsewhere, so that the one of each connection stays small.
                Box::pin(self.before_reading()).await?;
            }
            let Some(request) = self.link.incoming().next()? else {
                self.link.read().await?;
                continue;
            };
            if self.place.shared.logs.wanted() && !self.authentication.expects_bare_token() {
                self.log(&request);
            }
            let hit = match mem::take(&mut self.next) {
                Next::Known(None) => self.look_inside(&request),
                Next::Known(hit) => hit,
                Next::Unknown => None,
            };
            if let Some(hit) = hit {
                Box::pin(self.disturb(request, hit)).await?;
            } else {
                let answer = apis::answer(&self.place.context(), &mut self.authentication, request);
                match answer? {
                    Answer::None => {}
                    Answer::Frame(frame) => self.link.push(frame.into_segments()),
                    Answer::Token(token) => self.link.push([framed(&token)]),
                    Answer::Last(frame, refusal) => {
                        self.link.push(frame.into_segments());
                        return Err(refusal.into());
                    }
                    Answer::Later(pending) => {
                        let frame = Box::pin(self.wait(*pending)).await?;
                        self.link.push(frame.into_segments());
                    }
                }
            }
            self.link.make_room().await?;
        }
    }

    /// Waits for the answer to a fetch.
    async fn wait(&mut self, mut pending: PendingFetch) -> Result<Frame, End> {
        let mut over = pin!(sleep_until(Instant::now() + pending.max_wait()));
        loop {
            let more = async {
                tokio::select! {
                    biased;
                    () = pending.more() => false,
                    () = &mut over => true,
                }
            };
            let is_over = self.link.during(more, READ_AHEAD).await?;
            if let Some(frame) = pending.try_answer(&self.place.context(), is_over)? {
                return Ok(frame);
            }
        }
    }

    fn log(&self, request: &[u8]) {
        let Some(head) = Head::parse(request) else {
            return;
        };
        self.place.shared.logs.push(&SeenRequest {
            api: head.api,
            version: head.version,
            correlation_id: head.correlation_id,
            client_id: head.client_id().map(str::to_owned),
            node: self.place.node,
            connection: self.place.number,
            at: Instant::now(),
        });
    }

    /// Finds out what goes wrong with the next request, as soon as it is known which that is.
    fn look_ahead(&mut self) {
        let (node, connection) = (self.place.node, self.place.number);
        if let (Next::Unknown, Some(head)) = (&self.next, self.link.incoming().head()) {
            let (api, client_id) = (head.api, head.client_id());
            let origin = RequestOrigin {
                api,
                client_id,
                node,
                connection,
            };
            self.next = Next::Known(self.place.shared.faults.request(&origin));
        }
    }

    /// Finds out what goes wrong because of what a request names, when nothing else does.
    fn look_inside(&self, request: &Bytes) -> Option<Hit<Action>> {
        let head = Head::parse(request)?;
        let origin = RequestOrigin {
            api: head.api,
            client_id: head.client_id(),
            node: self.place.node,
            connection: self.place.number,
        };
        let named = || apis::named(&self.place.context(), request.clone());
        self.place.shared.faults.parts(&origin, named)
    }

    /// What goes wrong before all of a request is there.
    async fn before_reading(&mut self) -> Result<(), End> {
        let Next::Known(Some(hit)) = &self.next else {
            return Ok(());
        };
        let (fault, action) = (hit.fault, &hit.action);
        if let Action::Close(Moment::BeforeReading) = action {
            debug!("a fault closes before reading");
            self.place.shared.faults.happened(fault);
            return Err(End::Fault);
        }
        if let Action::Stall(Moment::BeforeReading) = action {
            self.stall(fault, NOTHING).await?;
            self.next = Next::Known(None);
        }
        Ok(())
    }

    /// What goes wrong with a request that is there.
    async fn disturb(&mut self, request: Bytes, hit: Hit<Action>) -> Result<(), End> {
        let Hit {
            fault,
            action,
            spoiled,
        } = hit;
        self.place.spoiled = spoiled.map(Box::new);
        self.place.corrupted.store(false, Ordering::Relaxed);
        debug!(?action, "a fault");
        match action {
            Action::Close(Moment::AfterReading) => {
                self.place.shared.faults.happened(fault);
                return Err(End::Fault);
            }
            Action::Stall(Moment::AfterReading) => self.stall(fault, READ_AHEAD).await?,
            Action::Throttle(time) => {
                self.place.throttle_ms = i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
            }
            _ => {}
        }
        let answered = self.answer(request, &action).await;
        self.place.throttle_ms = 0;
        self.place.spoiled = None;
        let (answer, refusal) = answered?;
        self.leave(answer, fault, action).await?;
        match refusal {
            Some(refusal) => Err(refusal.into()),
            None => Ok(()),
        }
    }

    /// The answer to a request, empty if it has none; and if it is the last, why.
    async fn answer(
        &mut self,
        request: Bytes,
        action: &Action,
    ) -> Result<(Bytes, Option<Refusal>), End> {
        let context = self.place.context();
        let authentication = &mut self.authentication;
        let answer = match action {
            // The rest of it is answered as always.
            _ if context.spoiled.is_some() => apis::answer(&context, authentication, request)?,
            Action::Error(code) if apis::admits(&context, authentication, &request) => {
                apis::fail(&context, request, *code)?
            }
            Action::ErrorAfterApplying(code) => {
                match apis::answer(&context, authentication, request.clone())? {
                    // It has failed by itself.
                    last @ Answer::Last(..) => last,
                    _ => apis::fail(&context, request, *code)?,
                }
            }
            _ => apis::answer(&context, authentication, request)?,
        };
        let frame = match answer {
            Answer::None => return Ok((Bytes::new(), None)),
            Answer::Token(token) => return Ok((framed(&token), None)),
            Answer::Last(frame, refusal) => return Ok((frame.into_bytes(), Some(refusal))),
            Answer::Frame(frame) => frame,
            Answer::Later(pending) => self.wait(*pending).await?,
        };
        Ok((frame.into_bytes(), None))
    }

    /// How an answer leaves.
    async fn leave(&mut self, mut answer: Bytes, fault: Id, action: Action) -> Result<(), End> {
        let faults = &self.place.shared.faults;
        match action {
            // That was done before it was applied.
            Action::Stall(Moment::AfterReading) => {
                self.link.push([answer]);
                return Ok(());
            }
            Action::Stall(Moment::AfterApplying) => {
                self.stall(fault, READ_AHEAD).await?;
                self.link.push([answer]);
                return Ok(());
            }
            Action::Stall(Moment::AfterBytes(count)) => {
                self.link.push([answer.split_to(count.min(answer.len()))]);
                self.link.write_all().await?;
                self.stall(fault, READ_AHEAD).await?;
                self.link.push([answer]);
                return Ok(());
            }
            Action::Close(Moment::AfterBytes(count)) => {
                self.link.push([answer.split_to(count.min(answer.len()))]);
                self.link.write_all().await?;
            }
            Action::Delay(time) => {
                self.pause(time).await?;
                self.link.push([answer]);
            }
            Action::Throttle(time) => {
                self.link.push([answer]);
                self.link.write().await?;
                faults.happened(fault);
                return self.pause(time).await;
            }
            Action::Split(size) => self.link.write_split(answer, size.get()).await?,
            Action::Silence => self.link.silence(),
            Action::Close(_) => {}
            Action::CorruptRecords if !self.place.corrupted.load(Ordering::Relaxed) => {
                self.link.push([answer]);
                faults.missed(fault);
                return Ok(());
            }
            _ => self.link.push([mangle(answer, &action)]),
        }
        faults.happened(fault);
        match action {
            Action::Close(_) => Err(End::Fault),
            _ => Ok(()),
        }
    }

    /// Does nothing until the fault is removed.
    async fn stall(&mut self, fault: Id, read_ahead: usize) -> Result<(), End> {
        let faults = &self.place.shared.faults;
        faults.happened(fault);
        self.link
            .during(faults.until_removed(fault), read_ahead)
            .await
    }

    async fn pause(&mut self, time: Duration) -> Result<(), End> {
        self.link.during(sleep(time), READ_AHEAD).await
    }
}

/// A SASL token without a header, as handshakes of version 0 have it.
fn framed(token: &[u8]) -> Bytes {
    // Tokens are ours, and short.
    let length = u32::try_from(token.len()).unwrap_or(u32::MAX);
    let framed = [&length.to_be_bytes(), token].concat();
    framed.into()
}
