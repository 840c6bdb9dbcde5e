//! Who is told when a connection has ended.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::runtime::Handle;

use crate::close_reason::CloseReason;

type Observe = dyn Fn(&str, &CloseReason) + Send + Sync;

/// A function of the user's.
#[derive(Clone)]
pub(crate) struct Observer(Arc<Observe>);

impl Observer {
    pub(crate) fn new(observe: impl Fn(&str, &CloseReason) + Send + Sync + 'static) -> Self {
        Self(Arc::new(observe))
    }

    /// Tells him where blocking is allowed: those whom the end of the connection has just woken may have to run on this very thread,
    /// and would wait for him.
    pub(crate) fn tell(&self, peer: &Arc<str>, reason: CloseReason) {
        let news = News {
            observer: self.clone(),
            peer: Arc::clone(peer),
            reason,
        };
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn_blocking(move || drop(news));
        }
    }
}

/// Told when it is dropped, and so exactly once, even if the runtime ends before its turn comes.
struct News {
    observer: Observer,
    peer: Arc<str>,
    reason: CloseReason,
}

impl Drop for News {
    fn drop(&mut self) {
        // A panic of the observer stays his own.
        let tell = || (self.observer.0)(&self.peer, &self.reason);
        if catch_unwind(AssertUnwindSafe(tell)).is_err() {
            let peer = &*self.peer;
            tracing::error!(peer, "the observer of a connection's end panicked");
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer(..)")
    }
}
