//! The listener of one node, and the tasks of its connections.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tracing::{Instrument, debug, debug_span, warn};

use super::connection::Connection;
use super::doors::Door;
use super::end::End;
#[cfg(feature = "tls")]
use super::secured;
use crate::faults::AcceptAction;
use crate::shared::Shared;
use crate::sight::Open;

/// Held by every task, so that one can wait until all are gone.
pub(super) type Alive = mpsc::Sender<Infallible>;

/// How long to wait when there are no more file descriptors.
const RETRY: Duration = Duration::from_millis(100);
/// How many connections the system keeps that were not accepted yet: whoever comes then waits for a second. Linux has no more, unless told to.
const BACKLOG: u32 = 4096;

/// Listens on an address.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    Reserved::new(address)?.listen()
}

/// An address that nobody else gets and at which nobody listens: who connects is refused.
#[derive(Debug)]
pub(crate) struct Reserved {
    socket: TcpSocket,
    address: SocketAddr,
}

impl Reserved {
    pub(crate) fn new(address: SocketAddr) -> io::Result<Self> {
        let bound = || {
            let socket = match address {
                SocketAddr::V4(_) => TcpSocket::new_v4(),
                SocketAddr::V6(_) => TcpSocket::new_v6(),
            }?;
            // Elsewhere it would let two listen on one port.
            #[cfg(unix)]
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            Ok(socket)
        };
        let socket = bound().map_err(|error| at(address, &error))?;
        Ok(Self { socket, address })
    }

    pub(crate) fn listen(self) -> io::Result<TcpListener> {
        let address = self.address;
        let listener = self.socket.listen(BACKLOG);
        listener.map_err(|error| at(address, &error))
    }
}

fn at(address: SocketAddr, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
}

/// Where connections to a node come in.
pub(super) struct Entries {
    /// `None`: it has no sockets.
    pub(super) listener: Option<TcpListener>,
    pub(super) door: Door,
    /// The last field, so that it goes last.
    pub(super) alive: Alive,
}

/// Accepts connections to a node. They end with this future.
pub(super) async fn listen(mut entries: Entries, shared: Arc<Shared>, node: i32) {
    let mut acceptor = Acceptor {
        connections: JoinSet::new(),
        shared,
        node,
        alive: entries.alive.clone(),
    };
    loop {
        tokio::select! {
            accepted = accept(entries.listener.as_ref()) => match accepted {
                Ok((stream, peer)) => acceptor.tcp(stream, peer),
                Err(error) => {
                    warn!(node, %error, "accepting failed");
                    tokio::time::sleep(RETRY).await;
                }
            },
            Some(stream) = entries.door.recv() => acceptor.memory(stream),
            // Nothing to do but to forget it.
            Some(_) = acceptor.connections.join_next() => {}
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => pending().await,
    }
}

/// Makes a task of each connection.
struct Acceptor {
    connections: JoinSet<()>,
    shared: Arc<Shared>,
    node: i32,
    alive: Alive,
}

impl Acceptor {
    fn tcp(&mut self, stream: TcpStream, peer: SocketAddr) {
        // Answers are written whole: there is nothing to wait for.
        if let Err(error) = stream.set_nodelay(true) {
            debug!(%error, "no TCP_NODELAY");
        }
        self.spawn(stream, Some(peer));
    }

    fn memory(&mut self, stream: DuplexStream) {
        self.spawn(stream, None);
    }

    fn spawn<S>(&mut self, stream: S, peer: Option<SocketAddr>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let node = self.node;
        let open = self.shared.connections.accept(node, peer);
        let number = open.number();
        let span = debug_span!(
            "connection",
            node,
            number,
            peer = peer.map(tracing::field::display)
        );
        let serve = serve(self.alive.clone(), self.shared.clone(), node, open, stream);
        let task = self.connections.spawn(serve.instrument(span));
        self.shared.connections.served_by(number, task);
    }
}

/// The first argument goes last.
async fn serve<S>(_alive: Alive, shared: Arc<Shared>, node: i32, open: Open, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let Some(latency) = shared.nodes.latency(node) else {
        return;
    };
    if let Some(hit) = shared.faults.accepted(node, open.number()) {
        shared.faults.happened(hit.fault);
        match hit.action {
            AcceptAction::Close => return debug!("closed by a fault"),
            AcceptAction::Stall => Box::pin(shared.faults.until_removed(hit.fault)).await,
        }
    }
    let number = open.number();
    #[cfg(feature = "tls")]
    if let Some(tls) = &shared.tls {
        // The larger future by far, and it lies elsewhere so that others don't have its size.
        let serve = secured::serve(stream, tls, &shared, node, number, &latency);
        return tell(&Box::pin(serve).await);
    }
    let mut connection = Connection::new(stream, &shared, node, number, &latency);
    tell(&connection.serve().await);
}

fn tell(end: &End) {
    match end {
        End::Closed => debug!("closed by the client"),
        end => debug!(%end, "closed"),
    }
}
