//! Producers' ids and transactions. No I/O; locks are short and never held across an await.
//!
//! What is kept is what clients of the admin APIs see, and what fences producers: ids, epochs, states, partitions. A transaction ends at once, and markers
//! are written where it was. Sequence numbers are not checked, offsets that a transaction commits are not kept, and readers are shown transactions that are
//! still open or were aborted.

mod registry;
mod state;
mod transaction;

pub(crate) use registry::{Filter, Producer, Transactions};
pub(crate) use state::TransactionState;
pub(crate) use transaction::{Ended, Part, Transaction};
