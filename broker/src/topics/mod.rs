//! Topics and their partitions: names, configs, placement, who leads. No I/O; locks are short and never held across an await.

mod aborted;
mod catalog;
mod config;
mod leadership;
mod name;
mod omissions;
mod partition;
mod placement;
mod producers;
mod reassignment;
mod topic;
mod waiter;

pub(crate) use aborted::Aborted;
pub(crate) use catalog::{Catalog, Defaults, MAX_PARTITIONS, NewTopic};
pub(crate) use config::TopicConfig;
pub(crate) use leadership::{Leadership, NO_LEADER};
pub(crate) use name::validate as validate_name;
pub(crate) use omissions::Omissions;
pub(crate) use partition::{Append, Extent, Partition, PartitionError, Read, Reader, Retention};
pub(crate) use producers::{MarkerError, ProducerError};
pub(crate) use topic::{Topic, is_internal};
pub(crate) use waiter::{Registration, Waiter};
