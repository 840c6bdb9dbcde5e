//! How a connection is asked for.

use std::num::NonZeroUsize;
use std::time::Duration;

use bytestring::ByteString;

use super::settings::Settings;

/// How a connection is made and behaves; begun by [`Connection::builder`](super::Connection::builder).
#[derive(Clone, Debug, Default)]
#[must_use = "nothing happens until `connect`"]
pub struct ConnectionBuilder {
    pub(crate) settings: Settings,
}

impl ConnectionBuilder {
    /// The name by which the broker's logs, metrics and quotas know this client. Default: `milena`. Java: `client.id`.
    pub fn client_id(mut self, id: impl Into<ByteString>) -> Self {
        self.settings.client_id = Some(id.into());
        self
    }

    /// How long connecting may take: resolving, TCP and the exchange of versions together. Default: 10 s. Java:
    /// `socket.connection.setup.timeout.ms`.
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.settings.connect_timeout = time;
        self
    }

    /// How long the oldest request may stay unanswered before the connection is given up, on top of the wait that the request
    /// itself asks for. Default: 40 s. Java: `request.timeout.ms`.
    pub fn request_timeout(mut self, time: Duration) -> Self {
        self.settings.request_timeout = time;
        self
    }

    /// How long a call may take that does not say so itself, on top of the wait that its request asks for: queueing, writing and
    /// the answer together. Default: 30 s.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.settings.deadline = time;
        self
    }

    /// The longest answer that is accepted, in bytes. Default: 100 MiB.
    pub fn max_response_size(mut self, bytes: usize) -> Self {
        self.settings.max_response_size = bytes;
        self
    }

    /// The most memory in bytes that the lists of one decoded answer may take, beside the answer itself. Default: 128 MiB.
    pub fn decode_memory_budget(mut self, bytes: usize) -> Self {
        self.settings.memory_budget = bytes;
        self
    }

    /// How many requests may be queued and in flight together; further ones wait. Default: 10,000.
    pub fn max_in_flight(mut self, requests: NonZeroUsize) -> Self {
        self.settings.max_outstanding = requests.get();
        self
    }

    /// How many bytes may wait to be written; further requests wait. A single larger request is let through. Default: 64 MiB.
    pub fn max_queued_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_queued_bytes = bytes;
        self
    }
}
