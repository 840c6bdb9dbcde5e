//! Record batches: written in wire format as records are appended, read from the fetched bytes without an allocation for each record.
//!
//! Reading: [`Batches`] splits a Fetch answer into [`Batch`]es; [`Batch::records`] verifies the checksum and inflates; [`RecordSet::iter`] gives
//! [`Record`]s that borrow. [`RecordSet::check`] walks everything once, after which iterating gives no errors.
//!
//! ```
//! # use bytes::Bytes;
//! # use milena_wire::{compression::{Compressor, Decompressor}, records::{BatchBuilder, Batches, RecordError}};
//! # let mut builder = BatchBuilder::new();
//! # builder.append(0, None, Some(b"value"), [])?;
//! # let fetched = builder.seal(&mut Compressor::new())?;
//! let mut decompressor = Decompressor::new();
//! for batch in Batches::new(fetched) {
//!     let records = batch?.records(&mut decompressor)?.check()?;
//!     for record in &records {
//!         println!("{}: {:?}", record.offset, record.value);
//!     }
//! }
//! # Ok::<(), RecordError>(())
//! ```
//!
//! Writing: [`BatchBuilder`] for magic 2, [`MessageSetBuilder`] for magic 0 and 1; [`BatchMut`] changes the header of a batch that is sealed.

mod batch;
mod batch_mut;
mod batches;
mod builder;
mod control;
mod error;
mod layout;
mod legacy;
mod message_builder;
mod page;
mod record;
mod record_set;
#[cfg(test)]
mod tests;
mod varint;
mod walk;

pub use batch::Batch;
pub use batch_mut::BatchMut;
pub use batches::Batches;
pub use builder::{BatchBuilder, Producer};
pub use control::ControlType;
pub use error::{RecordError, RecordFault};
pub use layout::{Attributes, TimestampType};
pub use message_builder::MessageSetBuilder;
pub use record::{Header, HeaderIter, Headers, Record};
pub use record_set::{CheckedIter, CheckedRecords, RecordSet, Records};
