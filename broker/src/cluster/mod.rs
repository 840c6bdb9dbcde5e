//! The cluster that a test starts, and what can be done to it.

mod builder;
mod guard;
mod handle;
mod nodes;
mod replicas;
mod stations;
mod topics;

pub use builder::ClusterBuilder;
pub use guard::ControlGuard;
pub use handle::Cluster;
