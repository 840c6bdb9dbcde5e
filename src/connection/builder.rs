//! How a connection is asked for.

use std::sync::Arc;
use std::time::Duration;

use bytestring::ByteString;
use milena_wire::codec::DEFAULT_MEMORY_BUDGET;
use tokio::runtime::Handle;

use super::Connection;
use super::handshake::establish;
use super::reader::read_loop;
use super::shared::{Settings, Shared};
use super::writer::write_loop;
use crate::error::{Error, ErrorKind};

/// How a connection is made and behaves; begun by [`Connection::builder`].
#[derive(Clone, Debug)]
#[must_use = "nothing happens until `connect`"]
pub struct ConnectionBuilder {
    settings: Settings,
}

impl Default for ConnectionBuilder {
    fn default() -> Self {
        Self {
            settings: Settings {
                client_id: Some(ByteString::from_static("milena")),
                connect_timeout: Duration::from_secs(10),
                request_timeout: Duration::from_secs(40),
                deadline: Duration::from_secs(30),
                max_response_size: 100 << 20,
                memory_budget: DEFAULT_MEMORY_BUDGET,
                max_outstanding: 10_000,
                max_queued_bytes: 64 << 20,
            },
        }
    }
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
    pub fn max_in_flight(mut self, requests: std::num::NonZeroUsize) -> Self {
        self.settings.max_outstanding = requests.get();
        self
    }

    /// How many bytes may wait to be written; further requests wait. A single larger request is let through. Default: 64 MiB.
    pub fn max_queued_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_queued_bytes = bytes;
        self
    }

    /// Connects to `host:port` and asks the broker which versions it speaks.
    ///
    /// # Errors
    /// Says how far it came and what stopped it. An address that is not `host:port`, and no tokio runtime to run on, are errors too.
    ///
    /// # Cancel safety
    /// Dropping the future leaves no task and no socket behind.
    pub async fn connect(self, address: &str) -> Result<Connection, Error> {
        if Handle::try_current().is_err() {
            return Err(Error::new(ErrorKind::NoRuntime));
        }
        let established = establish(address, &self.settings).await?;
        tracing::debug!(peer = address, "connected");
        let shared = Shared::new(
            Arc::from(address),
            self.settings,
            established.versions,
            established.next_id,
        );
        let connection = Connection::new(Arc::clone(&shared));
        let (reader, writer) = established.socket.into_split();
        let read = read_loop(Arc::clone(&shared), reader, established.frames);
        shared.adopt(tokio::spawn(read).abort_handle());
        let write = write_loop(Arc::clone(&shared), writer);
        shared.adopt(tokio::spawn(write).abort_handle());
        Ok(connection)
    }
}
