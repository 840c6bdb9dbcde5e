//! Writing records.
//!
//! A [`Producer`] encodes each record straight into the batch of its partition, and writes batches as they are full, or as old as
//! [`linger`](ProducerBuilder::linger). Under load they grow by themselves: what is sent is taken when the request is formed, not before.

mod batch;
mod buffers;
mod builder;
mod clock;
mod delivery;
mod dispatch;
mod fate;
mod flight;
mod handle;
mod identity;
mod legacy;
mod memory;
mod outcome;
mod partition;
mod partitioner;
mod queue;
mod record;
mod router;
mod sender;
mod sending;
mod settings;
mod shared;
mod split;
mod topic;

pub use builder::ProducerBuilder;
pub use delivery::{Delivery, RecordPosition};
pub use handle::Producer;
pub use partitioner::{ByKey, Partitioned, Partitioner, RoundRobin, Uniform};
pub use record::{Header, Record};
pub use sending::Sending;
pub use settings::Acks;

use crate::cluster::Client;

impl Client {
    /// Begins a producer.
    pub fn producer(&self) -> ProducerBuilder {
        ProducerBuilder::new(self.clone())
    }
}
