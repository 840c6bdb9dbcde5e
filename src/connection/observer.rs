//! Who is told when a connection has ended.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::close_reason::CloseReason;

type Observe = dyn Fn(&str, &CloseReason) + Send + Sync;

/// A function of the user's.
#[derive(Clone)]
pub(crate) struct Observer(Arc<Observe>);

impl Observer {
    pub(crate) fn new(observe: impl Fn(&str, &CloseReason) + Send + Sync + 'static) -> Self {
        Self(Arc::new(observe))
    }

    /// A panic of the observer stays his own.
    pub(crate) fn tell(&self, peer: &str, reason: &CloseReason) {
        if catch_unwind(AssertUnwindSafe(|| (self.0)(peer, reason))).is_err() {
            tracing::error!(peer, "the observer of a connection's end panicked");
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer(..)")
    }
}
