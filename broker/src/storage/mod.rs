//! The log of one partition, in memory: bytes as they came, found again by offset and by time. No I/O, no locks.

mod append_error;
mod check;
mod entry;
mod epochs;
mod index;
mod inflate;
mod legacy;
mod log;
mod marker;
mod pieces;
mod replay;

pub(crate) use append_error::AppendError;
pub(crate) use check::{Checked, Destination, ProducerBatch, Rules, Scrutiny, check, record_error};
pub(crate) use entry::Entry;
pub(crate) use epochs::EpochEnd;
pub(crate) use log::{Log, OffsetOutOfRange, ReadSize, Stamp, TimestampAndOffset};
pub(crate) use marker::Marker;
pub(crate) use replay::Replayed;

#[cfg(test)]
mod tests;
