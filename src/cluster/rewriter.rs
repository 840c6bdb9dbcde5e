//! Where brokers are, as seen from here.

use std::fmt;
use std::sync::Arc;

type Rewrite = dyn Fn(&str, u16) -> (String, u16) + Send + Sync;

/// A function of the user's that puts other addresses in the place of those that brokers are known by.
#[derive(Clone)]
pub(crate) struct Rewriter(Arc<Rewrite>);

impl Rewriter {
    pub(crate) fn new(
        rewrite: impl Fn(&str, u16) -> (String, u16) + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(rewrite))
    }

    /// The host, without brackets, and the port to connect to in place of these.
    pub(crate) fn rewrite(&self, host: &str, port: u16) -> (String, u16) {
        (self.0)(host, port)
    }
}

impl fmt::Debug for Rewriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rewriter(..)")
    }
}
