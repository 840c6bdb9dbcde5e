//! Asks brokers that nothing is sent to whether they are there: idle ones if that is wanted, and those that are down.

use std::sync::Arc;
use std::time::Duration;

use milena_wire::messages::api_versions::ApiVersionsRequest;
use tokio::sync::OwnedMutexGuard;
use tokio::time::{sleep, sleep_until};

use super::backoff::Backoff;
use super::exchange::{Choice, Exchange};
use super::pool::Node;
use super::random::Random;
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
        ask(
            &exchange,
            |node| node.probe(interval),
            request_timeout,
            &tasks,
        );
    }
}

/// Asks each broker that is down whether it is back, until the client ends: what any broker may answer goes past it, so that perhaps nobody else finds
/// out. The waits in between are those of an open circuit, from the first to the longest, as long as any is down.
pub(crate) async fn revive(
    exchange: Arc<Exchange>,
    waits: Backoff,
    request_timeout: Duration,
    tasks: Tasks,
) {
    let mut rounds = 0;
    loop {
        let wait = async {
            if exchange
                .nodes
                .table()
                .list()
                .iter()
                .any(|node| node.is_down())
            {
                sleep(waits.delay(rounds, Random::any())).await;
                return true;
            }
            exchange.signals.broker_went_down().await;
            false
        };
        let is_time = tokio::select! {
            is_time = wait => is_time,
            () = tasks.closing() => return,
        };
        if !is_time {
            rounds = 0;
            continue;
        }
        rounds += 1;
        let if_down = |node: &Node| node.is_down().then(|| node.probe(Duration::ZERO)).flatten();
        ask(&exchange, if_down, request_timeout, &tasks);
    }
}

/// Asks the brokers for which there is a right to, each in a task of its own.
fn ask(
    exchange: &Arc<Exchange>,
    right: impl Fn(&Node) -> Option<OwnedMutexGuard<()>>,
    request_timeout: Duration,
    tasks: &Tasks,
) {
    let table = exchange.nodes.table();
    for node in table.list() {
        let Some(right) = right(node) else {
            continue;
        };
        let probe = probe(Arc::clone(exchange), Arc::clone(node), request_timeout);
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
