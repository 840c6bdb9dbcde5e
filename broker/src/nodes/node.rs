//! A node.

use bytestring::ByteString;

/// A node that is up, as clients are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) id: i32,
    pub(crate) host: ByteString,
    pub(crate) port: u16,
    pub(crate) rack: Option<ByteString>,
}

/// A node of a [`Cluster`](crate::Cluster), up or not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeInfo {
    /// Its id, by which it stays the same wherever it listens.
    pub id: i32,
    /// Where it listens, or did until it was stopped, as `host:port`.
    pub address: String,
    /// Where clients are told that it listens, as `host:port`: the same, unless [`Cluster::advertise`](crate::Cluster::advertise) said otherwise.
    pub advertised: String,
    /// Where it stands. (Kafka: `broker.rack`)
    pub rack: Option<String>,
    /// Whether it runs.
    pub is_up: bool,
}
