//! The cluster that a test starts, and what can be done to it.

mod builder;
mod handle;
mod nodes;
mod stations;

pub use builder::ClusterBuilder;
pub use handle::Cluster;
