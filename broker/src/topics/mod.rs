//! Topics and their partitions: names, configs, placement, who leads. No I/O; locks are short and never held across an await.

mod catalog;
mod config;
mod name;
mod partition;
mod placement;
mod topic;
mod waiter;

pub(crate) use catalog::{Catalog, MAX_PARTITIONS, NewTopic};
pub(crate) use config::TopicConfig;
pub(crate) use name::validate as validate_name;
pub(crate) use partition::{Partition, PartitionError, Read};
pub(crate) use topic::Topic;
pub(crate) use waiter::{Registration, Waiter};
