//! Finds out who leads the partitions that are written to, gets the producer its id, and fails what took too long.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::{Duration, Instant};

use milena_wire::api_key::ApiKey;
use milena_wire::messages::{InitProducerIdRequest, InitProducerIdResponse};
use tokio::time::sleep_until;

use super::dispatch;
use super::partition::Partition;
use super::queue::{Identity, Station};
use super::shared::Shared;
use crate::cluster::Boxed;
use crate::connection::now;
use crate::error::{Error, ErrorKind};

/// Finds out who leads the partitions that are written to, gets the producer its id, and fails what took too long.
pub(super) struct Router {
    shared: Arc<Shared>,
    /// The question for an id that is under way.
    asking: Option<Boxed<'static, Result<InitProducerIdResponse, Error>>>,
    next_sweep: Instant,
}

impl Router {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            asking: None,
            next_sweep: now(),
        }
    }

    pub(super) async fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        tokio::select! {
            () = self.work() => {}
            () = shared.client.closing() => {}
        }
        shared.close();
        shared.fail_all(&Error::new(ErrorKind::Shutdown).during(ApiKey::PRODUCE, None));
        shared.call_all();
    }

    async fn work(&mut self) {
        let shared = Arc::clone(&self.shared);
        let mut news = shared.client.news();
        while !shared.is_over() {
            let mut called = pin!(shared.called());
            // From before the look on, so that nothing is missed.
            called.as_mut().enable();
            news.mark_unchanged();
            self.count_partitions();
            let is_missing = self.assign();
            let mut next = self.sweep();
            if is_missing {
                next = next.min(now() + shared.client.wait_after(0));
            }
            if let Some(at) = self.ask() {
                next = next.min(at);
            }
            let changed = pin!(news.changed());
            let timer = pin!(sleep_until(next.into()));
            let asking = &mut self.asking;
            let told = std::future::poll_fn(|context| match asking {
                Some(asking) => asking.as_mut().poll(context),
                None => Poll::Pending,
            });
            tokio::select! {
                told = told => self.told(told),
                () = called => {}
                _ = changed => {}
                () = timer => {}
            }
        }
    }

    /// Takes note of partitions that have come.
    fn count_partitions(&self) {
        let metadata = self.shared.client.known();
        for topic in self.shared.topics.all() {
            if let Some(known) = metadata.topic(&topic.name) {
                self.shared.learn(&topic.name, known.partition_count());
            }
        }
    }

    /// Brings partitions to the lines of those who lead them; gives whether some have nobody.
    fn assign(&self) -> bool {
        let shared = &self.shared;
        let mut missing = Vec::new();
        for partition in shared.take_seekers() {
            let leader = shared
                .client
                .known()
                .leader(&partition.topic, partition.index);
            let leader = leader.filter(|leader| shared.client.has_broker(leader.id));
            match leader {
                Some(leader) => self.bring(&partition, leader.id),
                None => {
                    shared.client.is_stale(&partition.topic);
                    missing.push(partition);
                }
            }
        }
        let is_missing = !missing.is_empty();
        shared.keep_seeking(missing);
        is_missing
    }

    fn bring(&self, partition: &Arc<Partition>, broker: i32) {
        let (line, is_new) = self.shared.line(broker);
        if is_new {
            let sender = dispatch::run(Arc::clone(&self.shared), Arc::clone(&line));
            self.shared.client.spawn(sender);
        }
        let mut inner = partition.lock();
        inner.line = Some(line);
        inner.queue.station = Station::Resting;
        self.shared.settle_in(partition, &mut inner);
    }

    /// Fails what took too long, from time to time; gives when the next time is.
    fn sweep(&mut self) -> Instant {
        let shared = &self.shared;
        let now = now();
        if self.next_sweep <= now {
            let timeout = shared.settings.delivery_timeout;
            self.next_sweep =
                now + (timeout / 20).clamp(Duration::from_millis(5), Duration::from_secs(1));
            if shared.terms.memory.used() > 0 {
                shared.expire(now, || {
                    Error::new(ErrorKind::DeadlineExceeded).during(ApiKey::PRODUCE, None)
                });
            }
        }
        self.next_sweep
    }

    /// Asks for an id, if one is wanted; gives when to ask if it is not to be now.
    fn ask(&mut self) -> Option<Instant> {
        let shared = &self.shared;
        if !shared.terms.is_idempotent() || self.asking.is_some() {
            return None;
        }
        let not_before = shared.identity().wanted()?;
        if let Some(at) = not_before.filter(|at| *at > now()) {
            return Some(at);
        }
        let client = shared.client.clone();
        self.asking = Some(Box::pin(async move {
            let mut request =
                InitProducerIdRequest::default().with_transaction_timeout_ms(i32::MAX);
            request.transactional_id = None;
            client.send(request).await
        }));
        None
    }

    fn told(&mut self, result: Result<InitProducerIdResponse, Error>) {
        self.asking = None;
        let shared = &self.shared;
        let result = result.and_then(|response| match response.error_code {
            code if code.is_ok() => Ok(response),
            code => {
                let kind = ErrorKind::Broker {
                    code,
                    message: None,
                };
                Err(Error::new(kind).during(ApiKey::INIT_PRODUCER_ID, None))
            }
        });
        match result {
            Ok(response) => {
                shared.identity().told(Identity {
                    id: response.producer_id,
                    epoch: response.producer_epoch,
                });
            }
            Err(error) if is_too_old(&error) && shared.settings.idempotence.is_none() => {
                tracing::info!(%error, "the cluster is too old for idempotence, so retries may double records");
                shared.terms.is_idempotent.store(false, Ordering::Relaxed);
            }
            Err(error) => {
                tracing::warn!(%error, "no producer id");
                let client = &shared.client;
                shared
                    .identity()
                    .failed(now(), |failures| client.wait_after(failures));
                if !error.is_retriable() {
                    shared.fail_all(&error);
                }
            }
        }
        shared.call_all();
    }
}

/// Whether the brokers do not know producer ids: before Kafka 0.11.
fn is_too_old(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnsupportedApi | ErrorKind::UnsupportedVersion { .. }
    )
}
