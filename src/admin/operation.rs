//! An operation that is ready to be carried out, and what it is carried out with.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::time::{Duration, Instant};

use milena_wire::codec::EncodeErrorKind;
use milena_wire::messages::MetadataRequest;

use super::answer::{Results, collect};
use super::per_item::PerItem;
use crate::cluster::routing::Routed;
use crate::cluster::{Boxed, Client, Scattered, all};
use crate::connection::{after, now};
use crate::error::{Error, ErrorKind};

/// An operation that is ready to be carried out: set its options, and await it.
///
/// # Cancel safety
/// Dropping the future withdraws what was not sent yet; what was may be carried out.
#[must_use = "an operation is carried out when it is awaited"]
pub struct Operation<S> {
    client: Client,
    time: Option<Duration>,
    pub(super) spec: S,
}

impl<S> Operation<S> {
    pub(super) fn new(client: &Client, spec: S) -> Self {
        Self {
            client: client.clone(),
            time: None,
            spec,
        }
    }

    /// Gives up after `time`, retries and every request that the operation takes included; it counts from when the operation is awaited
    /// (default: the client's [`deadline`](crate::cluster::ClientBuilder::deadline); Java: `default.api.timeout.ms`, and the options' `timeoutMs`).
    ///
    /// Brokers that take their time, such as for creating topics, are told to answer by then.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.time = Some(time);
        self
    }
}

impl<S: Spec> IntoFuture for Operation<S> {
    type Output = S::Output;
    type IntoFuture = Boxed<'static, S::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let time = self.time.unwrap_or_else(|| self.client.default_deadline());
        let caller = Caller {
            client: self.client,
            deadline: after(now(), time),
        };
        Box::pin(self.spec.run(caller))
    }
}

impl<S: fmt::Debug> fmt::Debug for Operation<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation")
            .field("spec", &self.spec)
            .field("deadline", &self.time)
            .finish_non_exhaustive()
    }
}

/// What an operation does. Nobody else can implement it.
pub trait Spec: Send + Sized + 'static {
    /// What comes of it.
    type Output: Send + 'static;

    #[doc(hidden)]
    fn run(self, caller: Caller) -> impl Future<Output = Self::Output> + Send;
}

/// An operation about several items, for one of them.
#[derive(Debug)]
pub struct One<S>(pub(super) S);

impl<S, K, T> Spec for One<S>
where
    S: Spec<Output = PerItem<K, T>>,
    K: Ord + Send + 'static,
    T: Send + 'static,
{
    type Output = Result<T, Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        let items = self.0.run(caller).await;
        let result = items.into_iter().next();
        // There is one, as there was one asked.
        result.map_or_else(
            || Err(Error::new(ErrorKind::NoBroker)),
            |(_, result)| result,
        )
    }
}

/// A client, and until when it may be asked.
#[derive(Clone, Debug)]
pub struct Caller {
    client: Client,
    deadline: Instant,
}

impl Caller {
    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(now())
    }

    /// The time that is left, as brokers are told it, in milliseconds.
    pub(super) fn timeout_ms(&self) -> i32 {
        i32::try_from(self.left().as_millis()).unwrap_or(i32::MAX)
    }

    pub(super) async fn send<R: Routed>(&self, request: R) -> Result<R::Response, Error> {
        self.client.send(request).deadline(self.left()).await
    }

    pub(super) async fn send_to<R: Routed>(
        &self,
        broker: i32,
        request: R,
    ) -> Result<R::Response, Error> {
        let sent = self.client.send_to(broker, request);
        sent.deadline(self.left()).await
    }

    /// Asks, and gives what became of each item: see [`collect`]. A request about nothing is not sent.
    pub(super) async fn per_item<R: Routed, K: Ord + Send, T: Send>(
        &self,
        request: R,
        asked: impl Fn(&R) -> Vec<K> + Send,
        read: impl FnMut(&R, R::Response, &mut Results<'_, K, T>) + Send,
    ) -> PerItem<K, T> {
        self.per_item_at(None, request, asked, read).await
    }

    /// The same, and a certain broker is asked if one is named.
    pub(super) async fn per_item_at<R: Routed, K: Ord + Send, T: Send>(
        &self,
        broker: Option<i32>,
        request: R,
        asked: impl Fn(&R) -> Vec<K> + Send,
        read: impl FnMut(&R, R::Response, &mut Results<'_, K, T>) + Send,
    ) -> PerItem<K, T> {
        if asked(&request).is_empty() {
            return PerItem::from_iter([]);
        }
        let scattered = match broker {
            None => self.client.scatter(request).deadline(self.left()).await,
            Some(broker) => match self.send_to(broker, request.clone()).await {
                Ok(response) => Scattered::answered(broker, request, response),
                Err(error) => Scattered::failed(request, error),
            },
        };
        collect(scattered, asked, read)
    }

    /// Does the same for each of them, all at once.
    pub(super) async fn for_each<K: Ord + Send, T: Send, F>(
        &self,
        keys: impl IntoIterator<Item = K>,
        each: impl Fn(Self, &K) -> F,
    ) -> PerItem<K, T>
    where
        F: Future<Output = Result<T, Error>> + Send,
    {
        let keys: Vec<K> = keys.into_iter().collect();
        let futures = keys
            .iter()
            .map(|key| -> Boxed<'_, _> { Box::pin(each(self.clone(), key)) });
        let results = all(futures.collect()).await;
        keys.into_iter().zip(results).collect()
    }

    /// The ids of all brokers, as the cluster has them now.
    pub(super) async fn brokers(&self) -> Result<Vec<i32>, Error> {
        let request = MetadataRequest::default().with_topics(Vec::new());
        let metadata = self.send(request).await?;
        let brokers = metadata.brokers.iter();
        Ok(brokers.map(|broker| broker.node_id).collect())
    }
}

/// Whether the broker is too old for the request, so that an older way may do.
pub(super) fn is_unsupported(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::UnsupportedApi | ErrorKind::UnsupportedVersion { .. } => true,
        ErrorKind::InvalidRequest(error) => matches!(
            error.kind(),
            EncodeErrorKind::FieldNotInVersion | EncodeErrorKind::NullNotAllowed
        ),
        _ => false,
    }
}

/// The same of the results by item: whether a broker was too old for any.
pub(super) fn needs_older<K: Ord, T>(items: &PerItem<K, T>) -> bool {
    items.failures().any(|(_, error)| is_unsupported(error))
}
