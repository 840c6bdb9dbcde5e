//! Fetches from one broker.

use std::sync::Arc;

use milena_wire::api_key::ApiKey;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::FetchRequest;
use tokio::sync::Notify;
use tokio::time::sleep_until;

use super::board::Formed;
use super::shared::Shared;
use crate::cluster::{Remedy, Reply, Retry, reaction};
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
            let (request, reserved) = match shared.with(|board| board.form(self.broker, now())) {
                Formed::Request(request, reserved) => (*request, reserved),
                Formed::Wait => {
                    self.bell.notified().await;
                    continue;
                }
                Formed::Last(request) => {
                    // If it is lost, the broker forgets the session when it needs the room.
                    let deadline = after(now(), timeout);
                    drop(shared.client.attempt(self.broker, *request, deadline).await);
                    return;
                }
                Formed::Over => return,
            };
            let wait = u64::try_from(request.max_wait_ms).unwrap_or(0);
            let time = timeout.saturating_add(std::time::Duration::from_millis(wait));
            let deadline = after(now(), time);
            let (_, result) = shared.client.attempt(self.broker, request, deadline).await;
            match result {
                Ok(reply) if !reply.response.error_code.is_ok() => {
                    self.refused(reply.response.error_code, reserved).await;
                }
                Ok(reply) => {
                    self.failures = 0;
                    self.answered(reply, reserved);
                }
                Err(error) => {
                    let passes = error.is_retriable()
                        || matches!(
                            error.kind(),
                            ErrorKind::UnknownBroker(_) | ErrorKind::DeadlineExceeded
                        );
                    self.failed(&error, !passes, reserved).await;
                }
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
        if !response.node_endpoints.is_empty() {
            client.follow(self.broker, &FetchRequest::default(), &response, |_| false);
        }
        let wait = |failures| client.wait_after(failures);
        let stale = shared
            .with(|board| board.answered(self.broker, reserved, &response, version, at, wait));
        for topic in stale {
            client.is_stale(&topic);
        }
    }

    /// The broker refused the request as a whole.
    async fn refused(&mut self, code: ErrorCode, reserved: usize) {
        let is_session = matches!(
            code,
            ErrorCode::FETCH_SESSION_ID_NOT_FOUND
                | ErrorCode::INVALID_FETCH_SESSION_EPOCH
                | ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR
        );
        if is_session {
            let shared = &self.shared;
            shared.with(|board| board.refused(self.broker, reserved, code));
            if self.failures > 0 {
                self.pause().await;
            }
            self.failures = self.failures.saturating_add(1);
            return;
        }
        let reaction = reaction(ApiKey::FETCH, code);
        let passes = reaction.retry != Retry::No
            || reaction.then == Remedy::RefreshMetadata
            || code == ErrorCode::UNKNOWN_SERVER_ERROR;
        let kind = ErrorKind::Broker {
            code,
            message: None,
        };
        let error = Error::new(kind).during(ApiKey::FETCH, None);
        self.failed(&error.at_broker(self.broker), !passes, reserved)
            .await;
    }

    /// The request was not answered, or not for any partition.
    async fn failed(&mut self, error: &Error, is_final: bool, reserved: usize) {
        let shared = &self.shared;
        tracing::debug!(broker = self.broker, %error, "nothing can be fetched from the broker");
        let stale =
            shared.with(|board| board.unanswered(self.broker, reserved, error, is_final, now()));
        for topic in stale {
            shared.client.is_stale(&topic);
        }
        self.pause().await;
        self.failures = self.failures.saturating_add(1);
    }

    async fn pause(&self) {
        let wait = self.shared.client.wait_after(self.failures);
        sleep_until(after(now(), wait).into()).await;
    }
}
