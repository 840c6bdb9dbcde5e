//! For those above who decide themselves what is sent again: one request to one broker, once, and what there is to know beside it.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use milena_wire::api_key::ApiKey;
use milena_wire::codec::VersionRange;
use milena_wire::messages::ProduceRequest;
use tokio::sync::watch;

use super::client::Client;
use super::counted::Counted;
use super::exchange::{Choice, Reply};
use super::metadata::Metadata;
use super::pool::Pick;
use super::purpose::Purpose;
use super::routing::Routed;
use crate::connection::now;
use crate::error::{Error, ErrorKind};
use crate::metrics::Recorder;

impl Client {
    /// Waits until a broker can be asked at once, as far as is known: its circuit lets requests by, and there is a connection. Gives the versions that
    /// both have in common.
    pub(crate) async fn ready<R: Routed>(
        &self,
        broker: i32,
        deadline: Instant,
    ) -> Result<VersionRange, Error> {
        let exchange = &self.core().exchange;
        let Some(node) = exchange.nodes.by_id(broker) else {
            return Err(Error::new(ErrorKind::UnknownBroker(broker)));
        };
        exchange.ready::<R>(&node, Choice::Ordered, deadline).await
    }

    /// Asks a broker once, over the one connection that such requests go by, in the order in which the futures are polled first. The request comes back.
    pub(crate) fn attempt<R: Routed>(
        &self,
        broker: i32,
        request: R,
        deadline: Instant,
    ) -> impl Future<Output = (R, Result<Reply<R>, Error>)> + Send + 'static {
        let core = Arc::clone(self.core());
        async move {
            let Some(node) = core.exchange.nodes.by_id(broker) else {
                let error = Error::new(ErrorKind::UnknownBroker(broker));
                return (request, Err(error.during(R::API_KEY, None)));
            };
            let recorder = core.exchange.signals.recorder.as_deref();
            let counted = recorder.map(|recorder| (Counted::new(recorder, R::API_KEY), now()));
            let ask = core.exchange.ask(&node, request, Choice::Ordered, deadline);
            let (request, result) = ask.await;
            if let Some((counted, began)) = counted {
                counted.end_attempt(began, &request, &result);
            }
            (request, result)
        }
    }

    /// Hands a Produce with acks 0 to a broker, which does not answer it. The request comes back.
    pub(crate) fn hand(
        &self,
        broker: i32,
        request: ProduceRequest,
        deadline: Instant,
    ) -> impl Future<Output = (ProduceRequest, Result<(), Error>)> + Send + 'static {
        let core = Arc::clone(self.core());
        async move {
            let exchange = &core.exchange;
            let handed = async {
                let node = exchange.nodes.by_id(broker);
                let node = node.ok_or_else(|| Error::new(ErrorKind::UnknownBroker(broker)))?;
                let lease = exchange
                    .pool
                    .checkout(&node, Purpose::Produce, Pick::First, deadline)
                    .await?;
                let left = deadline.saturating_duration_since(now());
                let written = lease
                    .connection()
                    .send_oneway(request.clone())
                    .deadline(left);
                written.await.map_err(|error| error.at_broker(broker))
            };
            let handed = handed.await;
            (request, handed)
        }
    }

    /// A broker would not answer for those items of a request that `is_meant` tells of, as others lead them: what the answer says of new leaders is
    /// believed (KIP-951), and the rest is asked for.
    pub(crate) fn follow<R: Routed>(
        &self,
        broker: i32,
        request: &R,
        response: &R::Response,
        is_meant: impl Fn(usize) -> bool,
    ) {
        if let Some(node) = self.core().exchange.nodes.by_id(broker) {
            self.core().follow(&node, request, response, is_meant);
        }
    }

    /// Whether there is a broker of this id.
    pub(crate) fn has_broker(&self, broker: i32) -> bool {
        self.core().exchange.nodes.by_id(broker).is_some()
    }

    /// The cluster is asked for news of a topic.
    pub(crate) fn is_stale(&self, topic: &str) {
        self.core().refresher.stale_topic(&topic.into());
    }

    /// What is known of the cluster, for a look.
    pub(crate) fn known(&self) -> arc_swap::Guard<Arc<Metadata>> {
        self.core().refresher.metadata()
    }

    /// Where this client is, if it was told.
    pub(crate) fn rack(&self) -> Option<String> {
        self.core().exchange.rack.clone()
    }

    /// How old what is known of the cluster may be.
    pub(crate) fn metadata_max_age(&self) -> Duration {
        self.core().settings.metadata_max_age
    }

    /// Tells when something else is known than now.
    pub(crate) fn news(&self) -> watch::Receiver<u64> {
        self.core().refresher.listen()
    }

    /// The wait before the attempt after so many failures, the latest not counted.
    pub(crate) fn wait_after(&self, failures: u32) -> Duration {
        self.core().wait_after(failures)
    }

    /// Runs a task that ends with the client at the latest.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.core().tasks.spawn(task);
    }

    /// What a request asked for is asked for again.
    pub(crate) fn retried(&self, api: ApiKey) {
        self.core().exchange.signals.retried(api);
    }

    /// Where is counted what is done, if anything is.
    pub(crate) fn recorder(&self) -> Option<&Arc<Recorder>> {
        self.core().exchange.signals.recorder.as_ref()
    }

    /// Waits until the client is closed.
    pub(crate) async fn closing(&self) {
        self.core().tasks.closing().await;
    }
}
