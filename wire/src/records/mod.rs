//! Record batches, read and written.
mod batch;
mod batches;
mod builder;
mod control;
mod error;
mod layout;
mod legacy;
mod record;
mod record_set;
mod varint;
mod walk;

pub use batch::Batch;
pub use batches::Batches;
pub use builder::{BatchBuilder, Producer};
pub use control::ControlType;
pub use error::{RecordError, RecordFault};
pub use layout::{Attributes, TimestampType};
pub use record::{Header, HeaderIter, Headers, Record};
pub use record_set::{CheckedIter, CheckedRecords, RecordSet, Records};
