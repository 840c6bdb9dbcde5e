//! From what was chosen to a connection that runs.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::builder::ConnectionBuilder;
use super::guard::ClosesOnDrop;
use super::handle::Connection;
use super::handshake::establish;
use super::reader::read_loop;
use super::shared::Shared;
use super::writer::write_loop;
use crate::error::{Error, ErrorKind};

impl ConnectionBuilder {
    /// Connects to `host:port` and asks the broker which versions it speaks.
    ///
    /// # Errors
    /// Says how far it came and what stopped it. An address that is not `host:port`, and no tokio runtime to run on, are errors too.
    ///
    /// # Panics
    /// If the tokio runtime was built without its time or I/O drivers.
    ///
    /// # Cancel safety
    /// Dropping the future leaves no task and no socket behind.
    pub async fn connect(self, address: &str) -> Result<Connection, Error> {
        if Handle::try_current().is_err() {
            return Err(Error::new(ErrorKind::NoRuntime));
        }
        let established = establish(address, &self.settings).await?;
        tracing::debug!(peer = address, "connected");
        let shared = Shared::new(
            Arc::from(address),
            self.settings,
            established.versions,
            established.next_id,
        );
        let connection = Connection::new(Arc::clone(&shared));
        let (reader, writer) = established.socket.into_split();
        // Made here and not in the tasks, which a runtime that shuts down may never run.
        let guard = || ClosesOnDrop(Arc::clone(&shared));
        let read = read_loop(guard(), reader, established.frames);
        let write = write_loop(guard(), writer);
        shared.adopt(tokio::spawn(read).abort_handle());
        shared.adopt(tokio::spawn(write).abort_handle());
        Ok(connection)
    }
}
