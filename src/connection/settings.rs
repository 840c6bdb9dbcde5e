//! What can be chosen of a connection.

use std::time::Duration;

use bytestring::ByteString;
use milena_wire::codec::DEFAULT_MEMORY_BUDGET;

/// How a connection behaves.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) client_id: Option<ByteString>,
    pub(crate) connect_timeout: Duration,
    pub(crate) request_timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) max_response_size: usize,
    pub(crate) memory_budget: usize,
    pub(crate) max_outstanding: usize,
    pub(crate) max_queued_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            client_id: Some(ByteString::from_static("milena")),
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(40),
            deadline: Duration::from_secs(30),
            max_response_size: 100 << 20,
            memory_budget: DEFAULT_MEMORY_BUDGET,
            max_outstanding: 10_000,
            max_queued_bytes: 64 << 20,
        }
    }
}
