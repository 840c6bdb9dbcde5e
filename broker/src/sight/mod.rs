//! What a test can see of a cluster: its connections and the requests that come.

mod connections;
mod log;
mod logs;

pub use connections::{ConnectionCounts, ConnectionInfo};
pub(crate) use connections::{Connections, Open};
pub use log::{RequestLog, SeenRequest};
pub(crate) use logs::Logs;
