//! The options of a consumer.

use std::time::Duration;

use super::start::{Assignment, OffsetReset};
use crate::isolation_level::IsolationLevel;

/// The options of a consumer.
#[derive(Clone, Debug)]
pub(super) struct ConsumerSettings {
    pub(super) assignments: Vec<Assignment>,
    pub(super) offset_reset: OffsetReset,
    pub(super) isolation_level: IsolationLevel,
    pub(super) max_wait: Duration,
    pub(super) min_bytes: usize,
    pub(super) max_bytes: usize,
    /// `None`: 1 MiB, and more where that is of use.
    pub(super) max_partition_bytes: Option<usize>,
    pub(super) prefetch: usize,
    pub(super) request_timeout: Duration,
    /// `None`: that of the client.
    pub(super) rack: Option<String>,
    pub(super) check_crcs: bool,
    pub(super) skip_corrupt: bool,
    pub(super) max_batch_size: usize,
}

impl Default for ConsumerSettings {
    fn default() -> Self {
        Self {
            assignments: Vec::new(),
            offset_reset: OffsetReset::default(),
            isolation_level: IsolationLevel::default(),
            max_wait: Duration::from_millis(500),
            min_bytes: 1,
            max_bytes: 50 << 20,
            max_partition_bytes: None,
            prefetch: 64 << 20,
            request_timeout: Duration::from_secs(30),
            rack: None,
            check_crcs: true,
            skip_corrupt: false,
            max_batch_size: 128 << 20,
        }
    }
}
