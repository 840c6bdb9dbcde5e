//! Why records were not appended.

use milena_wire::error_code::ErrorCode;

/// Why records were not appended, in the terms of the Produce answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AppendError {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
    /// Records that are to blame: place in the batch, and why.
    pub(crate) records: Vec<(i32, String)>,
}

impl AppendError {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            records: Vec::new(),
        }
    }

    /// The batch is not one that a client may write.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::INVALID_RECORD, message)
    }
}
