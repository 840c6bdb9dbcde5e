//! milena

#![forbid(unsafe_code)]

mod close_reason;
pub mod connection;
pub mod error;
mod versions;

pub use bytes;
pub use milena_wire as wire;

pub use close_reason::CloseReason;
pub use connection::Connection;
pub use error::Error;
pub use versions::BrokerVersions;
