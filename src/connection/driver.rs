//! The task of a connection: it writes what is queued, hands out what is answered, and keeps the one timer.

use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use milena_wire::api_key::ApiKey;
use tokio::io::AsyncWrite as _;
use tokio::time::{Sleep, sleep_until};

use super::authenticate::{AuthenticateError, authenticate};
use super::channel::{AskError, Channel};
use super::clock::{after, now};
use super::in_flight::InFlight;
use super::outbox::Rest;
use super::run::{Run, Slices};
use super::session::Session;
use super::shared::{Shared, wake};
use super::waiter::Waiter;
use crate::close_reason::CloseReason;

/// How often the queue is left alone before it is taken, so that everybody who is ready gets his bytes into the same write. Twice serves
/// both kinds of runtime best.
const YIELDS: usize = 2;

/// How often the socket is read before what is queued gets its turn.
const READS: usize = 16;

/// No connection is idle after less than this, and a busy one is not looked at more often.
const MIN_IDLE: Duration = Duration::from_millis(10);

/// What there is to do that is not reading, writing or waiting.
enum Task {
    /// Requests are queued, and nothing is being written.
    TakeQueue,
    /// The session ends soon, and nothing is in flight.
    Authenticate,
}

/// Drives a connection to its end. Whatever ends the task, a panic or a runtime that shuts down before it ever ran included, ends the
/// connection, so that nobody goes on waiting for it.
pub(crate) struct Driver {
    link: Link,
    // Behind the link: that the connection has ended is told when its socket is gone.
    _end: End,
}

struct End(Arc<Shared>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// A request that was handed to the socket.
struct Flight {
    waiter: Arc<Waiter>,
    api: ApiKey,
    launched: Instant,
}

/// The channel, what is on its way, and who waits for it.
struct Link {
    shared: Arc<Shared>,
    channel: Channel,
    session: Session,
    in_flight: InFlight<Flight>,
    /// Whether something in flight may take so long that the session ends meanwhile. Brokers read one request after the other, and close the
    /// connection on one that they read when its session is over: so nothing is sent behind it.
    may_outlast_session: bool,
    /// What is being written.
    run: Run,
    /// How many requests the run before had.
    last_run: usize,
    /// Whether all of it is handed over, and not all of that is flushed.
    flushing: bool,
    /// Requests that are done with, and of which the outbox does not know it yet.
    settled: usize,
    /// When bytes went or came last.
    last_activity: Instant,
    /// When bytes went last, or began to.
    last_written: Instant,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.shared.close(&if std::thread::panicking() {
            CloseReason::broken(io::ErrorKind::Other, "the connection's task panicked")
        } else {
            CloseReason::Shutdown
        });
        if let Some(reason) = self.shared.close_reason() {
            self.run.close(&reason);
            let lost = self.in_flight.drain();
            self.count_settled(lost.len());
            for flight in lost {
                flight.waiter.close(&reason);
            }
        }
    }
}

impl Driver {
    /// `channel` is past its handshake.
    pub(crate) fn new(shared: &Arc<Shared>, channel: Channel, session: Session) -> Self {
        let link = Link {
            shared: Arc::clone(shared),
            channel,
            session,
            in_flight: InFlight::new(),
            may_outlast_session: false,
            run: Run::default(),
            last_run: 0,
            flushing: false,
            settled: 0,
            last_activity: now(),
            last_written: now(),
        };
        Self {
            link,
            _end: End(Arc::clone(shared)),
        }
    }

    pub(crate) async fn run(mut self) {
        let reason = self.link.drive().await;
        self.link.shared.close(&reason);
        self.link.say_goodbye().await;
    }
}

impl Link {
    async fn drive(&mut self) -> CloseReason {
        // Asked for at once: a timer that is due now goes off a millisecond later, and would be set to a later time by then.
        let mut timer = match self.expire(now()) {
            Ok(first) => pin!(sleep_until(first.into())),
            Err(reason) => return reason,
        };
        // The handshake may have read on.
        if let Err(reason) = self.hand_out() {
            return reason;
        }
        loop {
            match poll_fn(|context| self.poll(context, timer.as_mut())).await {
                Ok(Task::TakeQueue) => {
                    // Who is alone has nobody to wait for.
                    if !self.in_flight.is_empty() || self.last_run > 1 {
                        yield_to_others().await;
                    }
                    self.launch();
                }
                Ok(Task::Authenticate) => {
                    if let Err(reason) = self.authenticate(timer.as_mut()).await {
                        return reason;
                    }
                    // The new session has an end of its own.
                    match self.expire(now()) {
                        Ok(next) => timer.as_mut().reset(next.into()),
                        Err(reason) => return reason,
                    }
                }
                Err(reason) => return reason,
            }
        }
    }

    /// Reads, writes and waits until there is something else to do, or the connection ends.
    fn poll(
        &mut self,
        context: &mut Context<'_>,
        mut timer: Pin<&mut Sleep>,
    ) -> Poll<Result<Task, CloseReason>> {
        let written = self.poll_write(context);
        // Whatever became of that: the answers that are there, and what the broker says before it closes, come first.
        self.poll_read(context)?;
        written?;
        while timer.as_mut().poll(context).is_ready() {
            let next = self.expire(now())?;
            timer.as_mut().reset(next.into());
        }
        let is_writing = !self.run.is_empty();
        if self.session.is_due() && !is_writing && self.in_flight.is_empty() {
            return Poll::Ready(Ok(Task::Authenticate));
        }
        let settled = std::mem::take(&mut self.settled);
        self.may_outlast_session &= !self.in_flight.is_empty();
        let may_send = !self.session.holds_requests() && !self.may_outlast_session;
        let wants_requests = !is_writing && may_send;
        let (rest, next) = self.shared.outbox().rest(
            context.waker(),
            wants_requests,
            is_writing,
            settled,
            self.give_up_at(),
        );
        wake(next);
        wait(rest, context, timer)
    }

    /// When the connection is to be given up, as it looks now: its oldest request unanswered, or what is being written stuck.
    fn give_up_at(&self) -> Option<Instant> {
        let is_writing = !self.run.is_empty();
        let stuck_at = is_writing.then(|| after(self.last_written, self.run.patience()));
        let both = [self.in_flight.give_up_at(), stuck_at];
        both.into_iter().flatten().min()
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Result<(), CloseReason> {
        for _ in 0..READS {
            match self.channel.poll_read(context) {
                Poll::Pending => return Ok(()),
                Poll::Ready(Ok(0)) => {
                    let text = "the broker closed the connection";
                    return Err(CloseReason::broken(io::ErrorKind::UnexpectedEof, text));
                }
                Poll::Ready(Ok(count)) => {
                    if let Some(meter) = self.shared.meter() {
                        meter.broker().received(count);
                    }
                    self.hand_out()?;
                }
                Poll::Ready(Err(error)) => return Err(error.into()),
            }
        }
        // There may be more.
        context.waker().wake_by_ref();
        Ok(())
    }

    /// Gives the answers that have arrived to those who wait for them.
    fn hand_out(&mut self) -> Result<(), CloseReason> {
        self.last_activity = now();
        self.cut_frames(self.last_activity)
    }

    fn cut_frames(&mut self, now: Instant) -> Result<(), CloseReason> {
        let before = self.settled;
        let result = self.answer_each(now);
        self.count_settled(self.settled - before);
        result
    }

    /// So many requests that were handed to the socket are done with.
    fn count_settled(&self, requests: usize) {
        if let Some(meter) = self.shared.meter().filter(|_| requests > 0) {
            meter.broker().settled(requests);
        }
    }

    fn answer_each(&mut self, now: Instant) -> Result<(), CloseReason> {
        while let Some(frame) = self.channel.frames.next()? {
            let Some(&id) = frame.first_chunk() else {
                let text = "an answer is too short for a correlation id";
                return Err(CloseReason::broken(io::ErrorKind::InvalidData, text));
            };
            let flight = self.in_flight.answered(i32::from_be_bytes(id), now)?;
            if let Some(meter) = self.shared.meter() {
                let time = now.saturating_duration_since(flight.launched);
                meter.answered(flight.api, time);
            }
            flight.waiter.answer(frame);
            self.settled += 1;
        }
        Ok(())
    }

    /// Takes what is queued, gives each request its id, in order, and notes that it is in flight. Withdrawn ones are left out.
    fn launch(&mut self) {
        let next = self.shared.outbox().take(&mut self.run);
        let (queued, now) = (self.run.len(), now());
        (self.last_run, self.last_written) = (queued, now);
        let Self {
            shared,
            in_flight,
            channel,
            session,
            may_outlast_session,
            ..
        } = self;
        let request_timeout = shared.settings.request_timeout;
        let meter = shared.meter();
        self.run.stamp(|row| {
            let request = &row.request;
            if request.waiter.deadline() <= now {
                request.waiter.expire();
            }
            if !request.waiter.launch() {
                return None;
            }
            let own_wait = request.patience.saturating_sub(request_timeout);
            *may_outlast_session |=
                !own_wait.is_zero() && session.ends_before(after(now, own_wait));
            let id = channel.ids.next();
            if let Some(meter) = meter {
                meter.queued(request.api, now.saturating_duration_since(request.began));
            }
            let flight = Flight {
                waiter: Arc::clone(&request.waiter),
                api: request.api,
                launched: now,
            };
            in_flight.push(id, request.answer, now, request.patience, flight);
            Some(id)
        });
        if let Some(meter) = meter {
            meter.broker().launched(self.run.len());
        }
        // Not before: whoever is woken must not find requests that are neither queued nor in flight.
        wake(next);
        self.settled += queued - self.run.len();
        if self.run.is_empty() {
            self.run.clear();
        }
    }

    /// Writes what was taken, in as few writes as the system takes.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Result<(), CloseReason> {
        while !self.run.is_empty() {
            let mut stream = Pin::new(&mut self.channel.stream);
            if self.flushing {
                match stream.poll_flush(context)? {
                    Poll::Ready(()) => self.written(),
                    Poll::Pending => return Ok(()),
                }
                continue;
            }
            let written = match self.run.piece() {
                Some([]) => {
                    self.flushing = true;
                    continue;
                }
                // The system takes a single piece faster by itself.
                Some(piece) => stream.as_mut().poll_write(context, piece)?,
                None => {
                    let mut slices = Slices::new();
                    let pieces = self.run.slices(&mut slices);
                    stream.as_mut().poll_write_vectored(context, pieces)?
                }
            };
            match written {
                Poll::Pending => return Ok(()),
                Poll::Ready(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Poll::Ready(count) => {
                    if let Some(meter) = self.shared.meter() {
                        meter.broker().sent(count);
                    }
                    self.run.advance(count);
                    self.last_written = now();
                    self.last_activity = self.last_written;
                }
            }
        }
        Ok(())
    }

    /// All of it went out: requests that have no answer are done.
    fn written(&mut self) {
        self.flushing = false;
        self.run.clear();
        let done = self.in_flight.written(self.last_written);
        self.count_settled(done.len());
        self.settled += done.len();
        for flight in done {
            flight.waiter.written();
        }
    }

    /// The timer went off: ends the calls whose deadline has passed, and the connection if its oldest request has waited too long or it was
    /// idle for too long. Gives when the timer must go off next.
    fn expire(&mut self, now: Instant) -> Result<Instant, CloseReason> {
        let mut next = self.give_up_at();
        if next.is_some_and(|at| at <= now) {
            return Err(CloseReason::ConnectionTimeout);
        }
        let mut late = Vec::new();
        for Flight { waiter, .. } in self.in_flight.waiters() {
            let deadline = waiter.deadline();
            if deadline <= now {
                late.push(Arc::clone(waiter));
            } else if next.is_none_or(|next| deadline < next) && waiter.is_waiting() {
                next = Some(deadline);
            }
        }
        for waiter in late {
            waiter.expire();
        }
        if let Some(at) = self.session.expire(now) {
            next = Some(next.map_or(at, |next| next.min(at)));
        }
        let max_idle = self.shared.settings.connections_max_idle;
        let max_idle = max_idle.max(MIN_IDLE);
        let is_quiet = self.in_flight.is_empty() && self.run.is_empty();
        let active = self.last_activity;
        let active = self
            .shared
            .silent_until()
            .map_or(active, |at| active.max(at));
        let idle_at = is_quiet.then(|| after(active, max_idle));
        expire_queued(&self.shared, now, next, idle_at)
    }

    /// Authenticates anew; requests wait in the queue meanwhile, and their deadlines go on.
    async fn authenticate(&mut self, mut timer: Pin<&mut Sleep>) -> Result<(), CloseReason> {
        let shared = &self.shared;
        let exchange = authenticate(
            &mut self.channel,
            &shared.settings,
            &shared.versions,
            &shared.address,
            |_| {},
        );
        let settings = &shared.settings;
        let limit = settings.authentication_timeout;
        let limit = limit.unwrap_or(settings.request_timeout);
        let exchange = tokio::time::timeout(limit, exchange);
        // Of its own: few connections need it, and all would have to hold room for it.
        let mut exchange = Box::pin(exchange);
        let result = poll_fn(|context| {
            if let Poll::Ready(result) = exchange.as_mut().poll(context) {
                return Poll::Ready(Ok::<_, CloseReason>(result));
            }
            while timer.as_mut().poll(context).is_ready() {
                let next = expire_queued(shared, now(), None, None)?;
                timer.as_mut().reset(next.into());
            }
            let (rest, next) = shared.outbox().rest(context.waker(), false, false, 0, None);
            wake(next);
            // Nothing but the end of the connection can come of it.
            ready!(wait(rest, context, timer.as_mut()))?;
            Poll::Pending
        })
        .await?;
        drop(exchange);
        match result {
            Ok(Ok(lifetime)) => {
                tracing::debug!(
                    messaging.system = "kafka",
                    server.address = shared.address.host(),
                    server.port = shared.address.port(),
                    ?lifetime,
                    "authenticated anew"
                );
                // No activity: a connection that nobody uses is not to stay for the sake of its session.
                self.session = Session::begin(now(), lifetime);
                self.cut_frames(now())
            }
            Ok(Err(AuthenticateError::Sasl(error))) => {
                Err(CloseReason::AuthFailure(Arc::new(error)))
            }
            Ok(Err(AuthenticateError::Ask(error))) => Err(reason_of(error)),
            Err(_) => Err(CloseReason::ConnectionTimeout),
        }
    }

    /// Tells the peer, as far as that goes without waiting; between two frames, for half a one helps nobody.
    async fn say_goodbye(&mut self) {
        if self.run.is_empty() {
            poll_fn(|context| {
                let _ = Pin::new(&mut self.channel.stream).poll_shutdown(context);
                Poll::Ready(())
            })
            .await;
        }
    }
}

/// Goes to the end of the line of tasks that are ready. (What tokio has for it looks for I/O, too, which costs a call to the system.)
async fn yield_to_others() {
    let mut left = YIELDS;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Sets the timer, and says what there is to do if there is something.
fn wait(
    rest: Rest,
    context: &mut Context<'_>,
    mut timer: Pin<&mut Sleep>,
) -> Poll<Result<Task, CloseReason>> {
    let at = match rest {
        Rest::Closed(reason) => return Poll::Ready(Err(reason)),
        Rest::Queue(at) | Rest::Until(at) => at,
    };
    if timer.deadline().into_std() != at {
        timer.as_mut().reset(at.into());
        if timer.poll(context).is_ready() {
            // It is due already.
            context.waker().wake_by_ref();
        }
    }
    match rest {
        Rest::Queue(_) => Poll::Ready(Ok(Task::TakeQueue)),
        Rest::Until(_) | Rest::Closed(_) => Poll::Pending,
    }
}

/// The timer's part in the queue. Gives when it must go off next.
fn expire_queued(
    shared: &Shared,
    now: Instant,
    next: Option<Instant>,
    idle_at: Option<Instant>,
) -> Result<Instant, CloseReason> {
    let max_idle = shared.settings.connections_max_idle;
    let latest = after(now, max_idle.max(MIN_IDLE));
    let due = shared.expire(now, next, idle_at, latest);
    for waiter in due.late {
        waiter.expire();
    }
    wake(due.woken);
    if due.idle_drop {
        return Err(CloseReason::IdleDrop);
    }
    Ok(due.next)
}

/// Why the connection ends when the broker could not be asked.
fn reason_of(error: AskError) -> CloseReason {
    let broken = |text: String| CloseReason::broken(io::ErrorKind::InvalidData, text);
    match error {
        AskError::HungUp(error) | AskError::Io(error) => error.into(),
        AskError::NotAFrame(reason) => reason,
        AskError::WrongId { expected, received } => CloseReason::OutOfSync {
            expected: Some(expected),
            received,
        },
        AskError::Request(error) => broken(error.to_string()),
        AskError::Response(error) => broken(error.to_string()),
    }
}
