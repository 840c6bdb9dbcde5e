//! A node that runs.

use std::convert::Infallible;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::doors::Door;
use super::listener::{Entries, listen};
use crate::shared::Shared;

/// A node that accepts connections, until this is dropped or told to stop.
#[derive(Debug)]
pub(crate) struct Running {
    task: AbortHandle,
    ended: mpsc::Receiver<Infallible>,
}

impl Running {
    /// Accepts connections to a node from now on.
    pub(crate) fn start(
        runtime: &Handle,
        listener: Option<TcpListener>,
        door: Door,
        shared: Arc<Shared>,
        node: i32,
    ) -> Self {
        let (alive, ended) = mpsc::channel(1);
        let entries = Entries {
            listener,
            door,
            alive,
        };
        let task = runtime.spawn(listen(entries, shared, node));
        Self {
            task: task.abort_handle(),
            ended,
        }
    }

    /// Ends all connections and accepts no more, as soon as the runtime gets to it.
    pub(crate) fn stop(&self) {
        self.task.abort();
    }

    /// Waits until all of it is gone. If the future is dropped, one can wait again.
    pub(crate) async fn stopped(&mut self) {
        // Nothing is ever sent: this ends when the last task is gone.
        while self.ended.recv().await.is_some() {}
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}
