//! What a user holds of a cluster.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tracing::Span;

use super::builder::ClientBuilder;
use super::core::Core;
use super::counted::Counted;
use super::description::Description;
use super::events::Events;
use super::metadata::{AllTopics, Metadata, Topic, TopicHold};
use super::routing::Routed;
use super::scattered::Scattered;
use super::send::{Terms, settle};
use super::span;
use super::together::Boxed;
use crate::connection::{after, now, own_wait};
use crate::error::{Error, ErrorKind};
use crate::metrics::MetricsSnapshot;

/// A Kafka cluster: any request goes to the broker that must answer it, and is tried again where that is safe.
///
/// Clones share the client. It ends when the last of them is dropped, or by [`close`](Self::close).
///
/// ```
/// use milena::Client;
/// use milena::wire::messages::MetadataRequest;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let cluster = milena_broker::Cluster::builder().start().await?;
/// # let bootstrap = cluster.bootstrap().to_vec();
/// let client = Client::builder().bootstrap(bootstrap).build().await?;
/// let metadata = client.send(MetadataRequest::default()).await?;
/// assert_eq!(metadata.brokers.len(), 1);
/// client.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    handle: Arc<Handle>,
}

/// What the clones share; the tasks of the client do not hold it, so that they end with the last clone.
struct Handle {
    core: Arc<Core>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.core.abandon();
    }
}

impl Client {
    /// Begins a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    pub(super) fn new(core: Arc<Core>) -> Self {
        Self {
            handle: Arc::new(Handle { core }),
        }
    }

    pub(super) fn core(&self) -> &Arc<Core> {
        &self.handle.core
    }

    /// Sends a request to whoever must answer it. If that is several brokers, it is split, and their answers are merged into one; what fails and may
    /// be tried again is, within the deadline, each part by itself.
    ///
    /// Error codes in the answer are those that are final, and those that stayed until the deadline. What is retried, and when, is told in
    /// [`cluster`](crate::cluster).
    ///
    /// # Errors
    /// If any part of the request was not answered: with all [attempts](Error::attempts). [`scatter`](Self::scatter) gives the answers to the other
    /// parts, too.
    ///
    /// # Cancel safety
    /// Dropping the future withdraws what was not sent yet; what was may be carried out.
    pub fn send<R: Routed>(&self, request: R) -> SendFuture<R> {
        SendFuture(self.call(request, None))
    }

    /// As [`send`](Self::send), to this broker whatever the request is about, and not split. That it does not have a partition
    /// (`NOT_LEADER_OR_FOLLOWER`) is final, as no other is to be asked.
    ///
    /// # Errors
    /// As [`send`](Self::send); and [`UnknownBroker`](ErrorKind::UnknownBroker) if the cluster has none of this id.
    ///
    /// # Cancel safety
    /// As [`send`](Self::send).
    pub fn send_to<R: Routed>(&self, broker: i32, request: R) -> SendFuture<R> {
        SendFuture(self.call(request, Some(broker)))
    }

    /// As [`send`](Self::send), and gives what became of each part of the request: which broker was asked what, and what it said.
    ///
    /// # Cancel safety
    /// As [`send`](Self::send).
    pub fn scatter<R: Routed>(&self, request: R) -> ScatterFuture<R> {
        ScatterFuture(self.call(request, None))
    }

    /// How long a call may take that says nothing else.
    pub(crate) fn default_deadline(&self) -> Duration {
        self.core().settings.deadline
    }

    fn call<R: Routed>(&self, request: R, broker: Option<i32>) -> Call<R> {
        let core = Arc::clone(self.core());
        let time = core.settings.deadline.saturating_add(own_wait(&request));
        let began = now();
        Call {
            began,
            terms: Terms {
                deadline: after(began, time),
                key: None,
                span: Span::none(),
            },
            state: State::New(New {
                core,
                request,
                broker,
            }),
        }
    }

    /// What is known of the cluster now, for the topics that are in use. Costs no lock.
    #[must_use]
    pub fn metadata(&self) -> Arc<Metadata> {
        self.core().refresher.metadata_owned()
    }

    /// A topic as the cluster knows it: from memory if it is in use, else the cluster is asked. It counts as in use then.
    ///
    /// # Errors
    /// The broker's code, such as `UNKNOWN_TOPIC_OR_PARTITION` or `TOPIC_AUTHORIZATION_FAILED`; or that no broker answered within the client's
    /// deadline.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing: others may wait for the same answer.
    pub async fn topic(&self, name: &str) -> Result<Arc<Topic>, Error> {
        self.core().topic(name).await
    }

    /// Keeps a topic among those that [`metadata`](Self::metadata) tells of, whether or not requests go there; otherwise it is forgotten when it was
    /// not used for [`metadata_max_idle`](ClientBuilder::metadata_max_idle).
    pub fn hold_topic(&self, topic: &str) -> TopicHold {
        self.core().refresher.hold(topic)
    }

    /// Makes [`metadata`](Self::metadata) tell of all topics that there are, and of new ones when it is refreshed: for who looks for names by a pattern.
    /// The first answer comes a moment later: [`refresh_metadata`](Self::refresh_metadata) waits for it.
    pub fn hold_all_topics(&self) -> AllTopics {
        self.core().refresher.hold_all()
    }

    /// Asks the cluster for news of all that is in use, and gives what is known then.
    ///
    /// # Errors
    /// If no broker answers within the client's deadline.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing: others may wait for the same answer.
    pub async fn refresh_metadata(&self) -> Result<Arc<Metadata>, Error> {
        let core = self.core();
        let deadline = after(now(), core.settings.deadline);
        core.refresh(deadline).await?;
        Ok(core.refresher.metadata_owned())
    }

    /// What happens to the cluster from now on, as this client notices it.
    #[must_use]
    pub fn events(&self) -> Events {
        self.core().exchange.signals.listen()
    }

    /// The brokers with their connections and states, as they are now; to be printed, or looked into.
    #[must_use]
    pub fn describe(&self) -> Description {
        self.core().describe()
    }

    /// What the client has counted so far; `None` if it does not [count](ClientBuilder::metrics). Nobody is held up by it.
    #[must_use]
    pub fn metrics(&self) -> Option<MetricsSnapshot> {
        let recorder = self.core().exchange.signals.recorder.as_ref()?;
        Some(recorder.snapshot(now()))
    }

    /// Opens connections before they are needed: one for general requests to each of `brokers` brokers at most, a few at a time
    /// ([`warm_up_parallelism`](ClientBuilder::warm_up_parallelism)). Gives how many of them are open.
    ///
    /// # Cancel safety
    /// Connections that were begun are finished.
    pub async fn warm_up(&self, brokers: usize) -> usize {
        self.core().warm_up(brokers).await
    }

    /// Ends the client: new calls are refused, those under way have [`drain_timeout`](ClientBuilder::drain_timeout) to end, and then all connections
    /// are closed. When this returns, no task and no socket of it is left. All clones are closed.
    ///
    /// # Cancel safety
    /// If the future is dropped, the client is closed all the same, without waiting.
    pub async fn close(&self) {
        self.core().close().await;
    }

    /// Whether [`close`](Self::close) was called.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.core().calls.is_closed()
    }
}

/// The merged answer to a request, once it is awaited; made by [`Client::send`].
///
/// The clock of its deadline runs from the call on; the request is sent when the future is first polled.
#[must_use = "a request is sent when its future is polled"]
pub struct SendFuture<R: Routed>(Call<R>);

/// The answers to the parts of a request, once it is awaited; made by [`Client::scatter`].
///
/// The clock of its deadline runs from the call on; the request is sent when the future is first polled.
#[must_use = "a request is sent when its future is polled"]
pub struct ScatterFuture<R: Routed>(Call<R>);

struct Call<R: Routed> {
    began: Instant,
    terms: Terms,
    state: State<R>,
}

enum State<R: Routed> {
    New(New<R>),
    Running(Boxed<'static, Scattered<R>>),
    Done,
}

struct New<R> {
    core: Arc<Core>,
    request: R,
    broker: Option<i32>,
}

macro_rules! options {
    ($future:ident) => {
        impl<R: Routed> $future<R> {
            /// Gives up after `time`, counted from now on, all retries included, instead of the client's
            /// [`deadline`](ClientBuilder::deadline). To be said before the future is polled.
            pub fn deadline(mut self, time: Duration) -> Self {
                self.0.terms.deadline = after(now(), time);
                self
            }

            /// What the choice among brokers that may all answer goes by, for policies that heed it, such as
            /// [`ConsistentHash`](super::selection::ConsistentHash). To be said before the future is polled.
            pub fn key(mut self, key: impl Into<Bytes>) -> Self {
                self.0.terms.key = Some(key.into());
                self
            }
        }

        impl<R: Routed> fmt::Debug for $future<R> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($future))
                    .field("api", &R::API_KEY)
                    .field("deadline", &self.0.terms.deadline)
                    .finish_non_exhaustive()
            }
        }
    };
}

options!(SendFuture);
options!(ScatterFuture);

impl<R: Routed> Call<R> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Scattered<R>> {
        loop {
            match &mut self.state {
                State::Running(running) => {
                    let polled = self.terms.span.in_scope(|| running.as_mut().poll(context));
                    if polled.is_ready() {
                        self.state = State::Done;
                        self.terms.span = Span::none();
                    }
                    return polled;
                }
                // A future that is polled after it was ready never wakes again.
                State::Done => return Poll::Pending,
                State::New(_) => {}
            }
            if let State::New(new) = std::mem::replace(&mut self.state, State::Done) {
                let New {
                    core,
                    request,
                    broker,
                } = new;
                self.terms.span = span::span(R::API_KEY);
                let terms = self.terms.clone();
                let began = self.began;
                let call = async move {
                    let Some(_under_way) = core.calls.begin() else {
                        let error = Error::new(ErrorKind::Shutdown).during(R::API_KEY, None);
                        return Scattered::failed(request, error);
                    };
                    let recorder = core.exchange.signals.recorder.as_deref();
                    let counted = recorder.map(|recorder| Counted::new(recorder, R::API_KEY));
                    core.budget.deposit();
                    let scattered = settle(&core, request, broker, &terms).await;
                    if let Some(counted) = counted {
                        counted.end(began, &scattered);
                    }
                    span::ended(&terms.span, &scattered);
                    scattered
                };
                self.state = State::Running(Box::pin(call));
            }
        }
    }
}

// Nothing in it is pinned but what is boxed.
impl<R: Routed> Unpin for Call<R> {}

impl<R: Routed> Future for SendFuture<R> {
    type Output = Result<R::Response, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(context).map(Scattered::merged)
    }
}

impl<R: Routed> Future for ScatterFuture<R> {
    type Output = Scattered<R>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(context)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("bootstrap", &self.core().settings.bootstrap)
            .field("is_closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
