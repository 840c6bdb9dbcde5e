//! Ways to the nodes that need no sockets.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
    doors: Arc<Doors>,
}

/// The doors of a cluster, by the ids of the nodes.
#[derive(Debug, Default)]
pub(crate) struct Doors {
    open: Mutex<BTreeMap<i32, Entrance>>,
}

#[derive(Clone, Debug)]
struct Entrance {
    address: String,
    door: mpsc::Sender<DuplexStream>,
}

impl Doors {
    /// A door to a node with this address. One that it had before is closed.
    pub(crate) fn open(&self, node: i32, address: String) -> Door {
        let (door, inside) = mpsc::channel(BACKLOG);
        self.entrances().insert(node, Entrance { address, door });
        inside
    }

    /// Nobody gets to this node any more.
    pub(crate) fn close(&self, node: i32) {
        self.entrances().remove(&node);
    }

    fn entrances(&self) -> MutexGuard<'_, BTreeMap<i32, Entrance>> {
        // No code panics under this lock.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Dialer {
    /// Goes through these doors.
    pub(crate) fn new(doors: Arc<Doors>) -> Self {
        Self { doors }
    }

    /// Connects to the node that listens at this address: see [`bootstrap`](crate::Cluster::bootstrap) and [`nodes`](crate::Cluster::nodes). Either side can write 64 KiB before the other reads.
    ///
    /// # Errors
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) if no node that is up has this address, or the cluster has ended.
    ///
    /// # Cancel safety
    /// If the future is dropped, there is no connection.
    pub async fn connect(&self, address: &str) -> io::Result<DuplexStream> {
        self.enter(|_, entrance| entrance.address == address, address)
            .await
    }

    /// Connects to a node by its id; else as [`connect`](Self::connect).
    ///
    /// # Errors
    /// As those of [`connect`](Self::connect).
    ///
    /// # Cancel safety
    /// As that of [`connect`](Self::connect).
    pub async fn connect_to(&self, node: i32) -> io::Result<DuplexStream> {
        self.enter(|id, _| id == node, &format!("node {node}"))
            .await
    }

    async fn enter(
        &self,
        is_wanted: impl Fn(i32, &Entrance) -> bool + Send,
        name: &str,
    ) -> io::Result<DuplexStream> {
        let refused = || {
            io::Error::new(
                io::ErrorKind::ConnectionRefused,
                format!("nothing listens at {name}"),
            )
        };
        let found = {
            let entrances = self.doors.entrances();
            let mut entrances = entrances.iter();
            entrances
                .find(|(id, entrance)| is_wanted(**id, entrance))
                .map(|(_, entrance)| entrance.door.clone())
        };
        let (outside, inside) = duplex(BUFFER);
        let door = found.ok_or_else(refused)?;
        door.send(inside).await.map_err(|_| refused())?;
        Ok(outside)
    }
}
