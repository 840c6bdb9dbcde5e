//! What ends a connection with its tasks.

use std::sync::Arc;

use super::shared::Shared;
use crate::close_reason::CloseReason;

/// Held by each task: whatever ends the task, a panic or a runtime that shuts down before it ever ran included, ends the connection, so
/// that nobody goes on waiting for it.
#[derive(Debug)]
pub(crate) struct ClosesOnDrop(pub(crate) Arc<Shared>);

impl Drop for ClosesOnDrop {
    fn drop(&mut self) {
        self.0.close(CloseReason::Shutdown);
    }
}
