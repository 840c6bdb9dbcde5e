//! The tasks of a client, and their end.

use std::convert::Infallible;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

/// Spawns the tasks of a client, tells them when to end, and knows when they have.
#[derive(Clone, Debug)]
pub(crate) struct Tasks {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    runtime: Handle,
    closing: watch::Sender<bool>,
    /// Held by every task; nothing is ever sent.
    alive: Mutex<Option<mpsc::Sender<Infallible>>>,
    ended: tokio::sync::Mutex<mpsc::Receiver<Infallible>>,
}

/// What the end of a client waits for, until this is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    _alive: mpsc::Sender<Infallible>,
}

impl Tasks {
    pub(crate) fn new(runtime: Handle) -> Self {
        let (alive, ended) = mpsc::channel(1);
        Self {
            inner: Arc::new(Inner {
                runtime,
                closing: watch::Sender::new(false),
                alive: Mutex::new(Some(alive)),
                ended: tokio::sync::Mutex::new(ended),
            }),
        }
    }

    /// Runs a task; not if the client is closing, in which case it is dropped.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let Some(held) = self.hold() else {
            return;
        };
        self.inner.runtime.spawn(async move {
            task.await;
            drop(held);
        });
    }

    /// Something that has to end before the client has, as a task does, but is no task of it; `None` if the client is closing.
    pub(crate) fn hold(&self) -> Option<Held> {
        let alive = self.inner.alive.lock();
        let alive = alive.unwrap_or_else(PoisonError::into_inner).clone();
        alive.map(|alive| Held { _alive: alive })
    }

    pub(crate) fn is_closing(&self) -> bool {
        *self.inner.closing.borrow()
    }

    /// Waits until the tasks are to end.
    pub(crate) async fn closing(&self) {
        let mut closing = self.inner.closing.subscribe();
        // The sender lives as long as this does.
        let _ = closing.wait_for(|closing| *closing).await;
    }

    /// Tells every task to end.
    pub(crate) fn close(&self) {
        self.inner.closing.send_replace(true);
        let mut alive = self
            .inner
            .alive
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *alive = None;
    }

    /// Waits until all tasks have ended, and all that is [held](Self::hold); they are to be told before.
    pub(crate) async fn ended(&self) {
        while self.inner.ended.lock().await.recv().await.is_some() {}
    }
}
