//! How a client is looked at, warmed up and ended.

use std::sync::Arc;
use std::time::Instant;

use milena_wire::api_key::ApiKey;
use milena_wire::error_code::ErrorCode;
use tokio::time::{timeout, timeout_at};

use super::core::Core;
use super::description::{BrokerDescription, ConnectionDescription, Description};
use super::metadata::{self, Topic, Want};
use super::pool::{Node, Pick};
use super::purpose::Purpose;
use super::together::{Boxed, all};
use crate::connection::{after, now};
use crate::error::{Error, ErrorKind};

impl Core {
    /// Asks for news of the cluster, and waits until they are there.
    pub(crate) async fn refresh(&self, deadline: Instant) -> Result<(), Error> {
        if self.calls.is_closed() {
            return Err(Error::new(ErrorKind::Shutdown));
        }
        // All that is in use, and not only the brokers.
        self.refresher.stale();
        tokio::select! {
            biased;
            () = self.tasks.closing() => Err(Error::new(ErrorKind::Shutdown)),
            found = self.refresher.want(Want::Refresh, deadline) => {
                found.map_err(|_| self.refresher.last_error())
            }
        }
    }

    /// A topic, as it is known or has to be asked for.
    pub(crate) async fn topic(&self, name: &str) -> Result<Arc<Topic>, Error> {
        if self.calls.is_closed() {
            return Err(Error::new(ErrorKind::Shutdown));
        }
        let deadline = after(now(), self.settings.deadline);
        let code = match self
            .refresher
            .want(Want::Topic(name.into()), deadline)
            .await
        {
            Ok(()) => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            Err(Some(code)) => code,
            Err(None) => return Err(self.refresher.last_error()),
        };
        if let Some(topic) = self.refresher.metadata().topic(name) {
            if topic.exists() {
                topic.touch();
                return Ok(Arc::clone(topic));
            }
        }
        let message = Some(format!("topic {name}"));
        Err(Error::new(ErrorKind::Broker { code, message }).during(ApiKey::METADATA, None))
    }

    pub(crate) fn describe(&self) -> Description {
        let metadata = self.refresher.metadata_owned();
        let connections = self.exchange.pool.connections();
        let table = self.exchange.nodes.table();
        let describe = |node: &Arc<Node>| BrokerDescription {
            id: node.id,
            address: node.address.to_string(),
            rack: node.rack.as_deref().map(str::to_owned),
            is_down: node.is_down(),
            circuit: node.breaker.state(),
            transitions: node.breaker.transitions(),
            in_flight: node.load.in_flight(),
            latency: node.load.latency(now()),
            connections: connections
                .iter()
                .filter(|pooled| pooled.broker == node.id && pooled.connection.is_open())
                .map(|pooled| ConnectionDescription {
                    purpose: pooled.purpose,
                    in_flight: pooled.in_use(),
                })
                .collect(),
            last_error: node.last_error(),
        };
        Description {
            cluster_id: metadata.cluster_id().map(str::to_owned),
            controller: metadata.controller().map(metadata::Broker::id),
            metadata_age: self.refresher.age(),
            topics: metadata.topic_count(),
            calls: self.calls.count(),
            max_connections: self.settings.max_connections.map(Into::into),
            brokers: table.list().iter().map(describe).collect(),
        }
    }

    pub(crate) async fn warm_up(&self, brokers: usize) -> usize {
        let nodes = self.exchange.nodes.table();
        let deadline = after(now(), self.settings.deadline);
        let parallel = self.settings.warm_up_parallelism.get();
        let mut open = 0;
        let wanted: Vec<_> = nodes.list().iter().take(brokers).collect();
        for some in wanted.chunks(parallel) {
            let checkouts = some.iter().map(|node| -> Boxed<'_, bool> {
                let pool = &self.exchange.pool;
                Box::pin(async move {
                    let lease = pool
                        .checkout(node, Purpose::General, Pick::Any, deadline)
                        .await;
                    lease.is_ok()
                })
            });
            let opened = all(checkouts.collect()).await;
            open += opened.into_iter().filter(|is_open| *is_open).count();
        }
        open
    }

    /// Ends the client, and waits until nothing of it is left.
    pub(crate) async fn close(&self) {
        self.calls.close();
        // Whoever drops the future in the middle still wants the client to end.
        let ending = Ending(self);
        let _ = timeout(self.settings.drain_timeout, self.calls.done()).await;
        drop(ending);
        self.tasks.ended().await;
        self.exchange.signals.export();
        // A call that was in the middle of connecting is told by now, and done.
        let soon = after(now(), self.settings.drain_timeout);
        let _ = timeout_at(soon.into(), self.calls.done()).await;
    }

    /// Ends the client without waiting.
    pub(crate) fn abandon(&self) {
        self.calls.close();
        drop(Ending(self));
    }
}

/// Tells everything to end when it is dropped.
struct Ending<'a>(&'a Core);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        let core = self.0;
        core.tasks.close();
        for node in core.exchange.nodes.replace([]) {
            core.exchange.pool.drain(&node);
        }
        core.exchange.pool.close_now();
        core.exchange.signals.end();
    }
}
