//! The options of a producer.

use std::time::Duration;

use milena_wire::compression::Compression;

use super::partitioner::Chosen;

/// How many replicas must have a record before it counts as written. Java: `acks`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Acks {
    /// None: the record is sent, and nobody says whether it arrived (`acks=0`). Offsets are not known.
    None,
    /// The leader (`acks=1`). What it has not passed on is lost with it.
    Leader,
    /// All that are in sync (`acks=all`).
    #[default]
    All,
}

impl Acks {
    pub(super) fn number(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Leader => 1,
            Self::All => -1,
        }
    }
}

/// The options of a producer.
#[derive(Clone, Debug)]
pub(super) struct ProducerSettings {
    pub(super) acks: Acks,
    /// `None` is yes, where acks and the brokers allow it.
    pub(super) idempotence: Option<bool>,
    pub(super) linger: Duration,
    pub(super) batch_size: usize,
    pub(super) buffer_memory: usize,
    pub(super) max_record_size: usize,
    pub(super) max_request_size: usize,
    pub(super) max_in_flight: usize,
    pub(super) delivery_timeout: Duration,
    pub(super) request_timeout: Duration,
    pub(super) max_block: Duration,
    pub(super) compression: Compression,
    pub(super) partitioner: Chosen,
}

impl Default for ProducerSettings {
    fn default() -> Self {
        Self {
            acks: Acks::All,
            idempotence: None,
            linger: Duration::from_millis(5),
            batch_size: 1 << 20,
            buffer_memory: 64 << 20,
            max_record_size: 1 << 20,
            max_request_size: 16 << 20,
            max_in_flight: 5,
            delivery_timeout: Duration::from_secs(120),
            request_timeout: Duration::from_secs(30),
            max_block: Duration::from_secs(60),
            compression: Compression::None,
            partitioner: Chosen::ByKey,
        }
    }
}
