//! Asks brokers that nothing is sent to whether they are there.

use std::sync::Arc;
use std::time::Duration;

use milena_wire::messages::api_versions::ApiVersionsRequest;
use tokio::time::sleep_until;

use super::exchange::{Choice, Exchange};
use super::pool::Node;
use super::tasks::Tasks;
use crate::connection::{after, now};

/// Asks each broker that nothing was sent to for `interval`, until the client ends.
pub(crate) async fn watch(
    exchange: Arc<Exchange>,
    interval: Duration,
    request_timeout: Duration,
    tasks: Tasks,
) {
    loop {
        let next = after(now(), interval);
        tokio::select! {
            () = sleep_until(next.into()) => {}
            () = tasks.closing() => return,
        }
        let table = exchange.nodes.table();
        for node in table.list() {
            let Some(right) = node.probe(interval) else {
                continue;
            };
            let probe = probe(Arc::clone(&exchange), Arc::clone(node), request_timeout);
            let closing = tasks.clone();
            tasks.spawn(async move {
                tokio::select! {
                    () = probe => {}
                    () = closing.closing() => {}
                }
                drop(right);
            });
        }
    }
}

/// What comes of it is counted where all answers and connections are.
async fn probe(exchange: Arc<Exchange>, node: Arc<Node>, request_timeout: Duration) {
    // Longer than the connection waits, as who goes away before says nothing of the broker.
    let deadline = after(now(), request_timeout.saturating_mul(2));
    let request = ApiVersionsRequest::default()
        .with_client_software_name("milena")
        .with_client_software_version(env!("CARGO_PKG_VERSION"));
    let (_, reply) = exchange.ask(&node, request, Choice::Bound, deadline).await;
    if let Err(error) = reply {
        tracing::debug!(broker = node.id, %error, "the broker does not answer");
    }
}
