//! The nodes of a cluster: where they listen, what clients are told of them, which are up. No I/O; locks are short and never held across an await.

mod endpoint;
mod node;
mod table;

pub(crate) use endpoint::Endpoint;
pub(crate) use node::Node;
pub use node::NodeInfo;
pub(crate) use table::Nodes;
