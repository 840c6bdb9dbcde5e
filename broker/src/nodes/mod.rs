//! The nodes of a cluster: where they listen, what clients are told of them, which are up. No I/O; locks are short and never held across an await.

mod coordinators;
mod endpoint;
mod node;
mod table;

pub use coordinators::Coordination;
pub(crate) use coordinators::key_partition;
pub(crate) use endpoint::Endpoint;
pub(crate) use node::Node;
pub use node::NodeInfo;
pub(crate) use table::Nodes;
