//! Why records were not appended.

use milena_wire::error_code::ErrorCode;

/// Why records were not appended, in the terms of the Produce answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AppendError {
    pub(crate) code: ErrorCode,
    /// For the broker's own events.
    pub(crate) reason: String,
    /// Whether the producer is told the reason: Kafka keeps most of them in its log.
    pub(crate) told: bool,
    /// Records that are to blame: place in the batch, and why.
    pub(crate) records: Vec<(i32, String)>,
    /// -1 if the error was found before anybody looked at the log.
    pub(crate) log_start_offset: i64,
}

impl AppendError {
    pub(crate) fn new(code: ErrorCode, reason: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.into(),
            told: false,
            records: Vec::new(),
            log_start_offset: -1,
        }
    }

    /// The batch is not one that a client may write.
    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        Self::new(ErrorCode::INVALID_RECORD, reason)
    }

    /// Lets the producer know the reason.
    pub(crate) fn told(mut self) -> Self {
        self.told = true;
        self
    }
}
