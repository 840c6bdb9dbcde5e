//! Fetches from one broker.

use std::sync::Arc;

use milena_wire::messages::FetchRequest;
use tokio::sync::Notify;
use tokio::time::sleep_until;

use super::board::Formed;
use super::shared::Shared;
use crate::cluster::Reply;
use crate::connection::{after, now};
use crate::error::{Error, ErrorKind};

/// Fetches from one broker, with one request under way at most, as its session demands it.
pub(super) struct Fetcher {
    shared: Arc<Shared>,
    broker: i32,
    bell: Arc<Notify>,
    failures: u32,
}

impl Fetcher {
    pub(super) fn new(shared: Arc<Shared>, broker: i32, bell: Arc<Notify>) -> Self {
        Self {
            shared,
            broker,
            bell,
            failures: 0,
        }
    }

    pub(super) async fn run(mut self) {
        let client = self.shared.client.clone();
        tokio::select! {
            () = self.work() => {}
            () = client.closing() => {}
        }
    }

    async fn work(&mut self) {
        let shared = Arc::clone(&self.shared);
        let timeout = shared.settings.request_timeout;
        loop {
            let (request, reserved) = match shared.with(|board| board.form(self.broker)) {
                Formed::Request(request, reserved) => (*request, reserved),
                Formed::Wait => {
                    self.bell.notified().await;
                    continue;
                }
                Formed::Over => return,
            };
            let wait = u64::try_from(request.max_wait_ms).unwrap_or(0);
            let time = timeout.saturating_add(std::time::Duration::from_millis(wait));
            let deadline = after(now(), time);
            let (request, result) = shared.client.attempt(self.broker, request, deadline).await;
            match result {
                Ok(reply) => {
                    self.failures = 0;
                    self.answered(reply, reserved);
                }
                Err(error) => self.failed(&request, &error, reserved).await,
            }
        }
    }

    fn answered(&self, reply: Reply<FetchRequest>, reserved: usize) {
        let Reply {
            response,
            version,
            at,
        } = reply;
        let shared = &self.shared;
        let client = &shared.client;
        // Only answers of the newest versions have it, and only if a leader has moved.
        let names_leaders = !response.node_endpoints.is_empty();
        if names_leaders {
            client.follow(self.broker, &FetchRequest::default(), &response, |_| false);
        }
        let wait = |failures| client.wait_after(failures);
        let stale =
            shared.with(|board| board.answered(self.broker, reserved, response, version, at, wait));
        for topic in stale {
            client.is_stale(&topic);
        }
    }

    async fn failed(&mut self, _request: &FetchRequest, error: &Error, reserved: usize) {
        let shared = &self.shared;
        tracing::debug!(broker = self.broker, %error, "nothing can be fetched from the broker");
        let passes = error.is_retriable()
            || matches!(
                error.kind(),
                ErrorKind::UnknownBroker(_) | ErrorKind::DeadlineExceeded
            );
        let stale =
            shared.with(|board| board.unanswered(self.broker, reserved, error, !passes, now()));
        for topic in stale {
            shared.client.is_stale(&topic);
        }
        let wait = shared.client.wait_after(self.failures);
        self.failures = self.failures.saturating_add(1);
        sleep_until(after(now(), wait).into()).await;
    }
}
