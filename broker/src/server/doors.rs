//! Ways to the nodes that need no sockets.

use std::io;
use std::sync::Arc;

use tokio::io::{DuplexStream, duplex};
use tokio::sync::mpsc;

/// How many bytes either side may write before the other reads.
const BUFFER: usize = 64 << 10;
/// How many connections may wait to be accepted.
const BACKLOG: usize = 128;

/// Where connections to a node come in that need no socket.
pub(crate) type Door = mpsc::Receiver<DuplexStream>;

/// Connects to the nodes of a cluster without sockets, for clients that take a function in place of dialling; cheap to clone.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let cluster = milena_broker::Cluster::builder().in_memory().start().await?;
/// let dialer = cluster.dialer();
/// let dial = move |address: String| {
///     let dialer = dialer.clone();
///     async move { dialer.connect(&address).await }
/// };
/// let stream = dial(cluster.bootstrap()[0].clone()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Dialer {
    nodes: Arc<[Node]>,
}

#[derive(Debug)]
struct Node {
    id: i32,
    address: String,
    door: mpsc::Sender<DuplexStream>,
}

/// A door for each node, and who knows them all.
pub(crate) fn doors(nodes: impl IntoIterator<Item = (i32, String)>) -> (Dialer, Vec<Door>) {
    let (nodes, doors): (Vec<_>, _) = nodes
        .into_iter()
        .map(|(id, address)| {
            let (door, inside) = mpsc::channel(BACKLOG);
            (Node { id, address, door }, inside)
        })
        .unzip();
    (
        Dialer {
            nodes: nodes.into(),
        },
        doors,
    )
}

impl Dialer {
    /// Connects to the node with this address, which is one of [`bootstrap`](crate::Cluster::bootstrap). Either side can write 64 KiB before the other reads.
    ///
    /// # Errors
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) if no node has this address, or the cluster has ended.
    ///
    /// # Cancel safety
    /// If the future is dropped, there is no connection.
    pub async fn connect(&self, address: &str) -> io::Result<DuplexStream> {
        self.enter(|node| node.address == address, address).await
    }

    /// Connects to a node by its id; else as [`connect`](Self::connect).
    ///
    /// # Errors
    /// As those of [`connect`](Self::connect).
    ///
    /// # Cancel safety
    /// As that of [`connect`](Self::connect).
    pub async fn connect_to(&self, node: i32) -> io::Result<DuplexStream> {
        self.enter(|found| found.id == node, &format!("node {node}"))
            .await
    }

    async fn enter(
        &self,
        is_wanted: impl Fn(&Node) -> bool + Send,
        name: &str,
    ) -> io::Result<DuplexStream> {
        let refused = || {
            io::Error::new(
                io::ErrorKind::ConnectionRefused,
                format!("nothing listens at {name}"),
            )
        };
        let node = self
            .nodes
            .iter()
            .find(|node| is_wanted(node))
            .ok_or_else(refused)?;
        let (outside, inside) = duplex(BUFFER);
        node.door.send(inside).await.map_err(|_| refused())?;
        Ok(outside)
    }
}
