//! The listener of one node, and the tasks of its connections.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tracing::{Instrument, debug, debug_span, warn};

use super::connection::End;
use super::secured;
use crate::shared::Shared;

/// Held by every task, so that one can wait until all are gone.
pub(crate) type Alive = mpsc::Sender<Infallible>;

/// How long to wait when there are no more file descriptors.
const RETRY: Duration = Duration::from_millis(100);

/// Accepts connections to a node. They end with this future.
pub(crate) async fn listen(listener: TcpListener, shared: Arc<Shared>, node: i32, alive: Alive) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let span = debug_span!("connection", node, %peer);
                    let serve = serve(stream, shared.clone(), node, alive.clone());
                    connections.spawn(serve.instrument(span));
                }
                Err(error) => {
                    warn!(node, %error, "accepting failed");
                    tokio::time::sleep(RETRY).await;
                }
            },
            // Nothing to do but to forget it.
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>, node: i32, _alive: Alive) {
    // Answers are written whole: there is nothing to wait for.
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "no TCP_NODELAY");
    }
    match secured::serve(stream, &shared, node).await {
        End::Closed => debug!("closed by the client"),
        end => debug!(%end, "closed"),
    }
}
