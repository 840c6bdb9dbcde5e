//! Where a node is reached.

use std::fmt;
use std::net::SocketAddr;

use bytestring::ByteString;

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) host: ByteString,
    pub(crate) port: u16,
}

impl Endpoint {
    /// A socket that listens on `address`. Where that is every interface, clients are sent to `localhost`.
    pub(crate) fn of_socket(address: SocketAddr) -> Self {
        let host = match address.ip() {
            ip if ip.is_unspecified() => "localhost".into(),
            ip => ip.to_string().into(),
        };
        Self {
            host,
            port: address.port(),
        }
    }

    /// A node without a socket, which has moved so many times. Its host is one that no name server knows, so that a client that dials it by mistake is
    /// told so at once.
    pub(crate) fn in_memory(id: i32, moves: u32) -> Self {
        let host = match moves {
            0 => format!("node-{id}.invalid"),
            moves => format!("node-{id}-{}.invalid", moves.saturating_add(1)),
        };
        Self {
            host: host.into(),
            port: 9092,
        }
    }
}

/// As a client dials it.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}
