//! The task that writes.

use std::io::{self, IoSlice};

use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::guard::ClosesOnDrop;
use super::outbox::Run;
use super::shared::Shared;
use crate::close_reason::CloseReason;

/// Writes what is queued until the connection ends.
pub(crate) async fn write_loop<W: AsyncWrite + Unpin>(guard: ClosesOnDrop, mut socket: W) {
    let shared = &*guard.0;
    let mut taken = Taken {
        shared,
        run: Run::default(),
    };
    loop {
        shared.queued(&mut taken.run).await;
        if shared.launch(&mut taken.run).is_err() {
            return;
        }
        // All of it may have been withdrawn.
        if !taken.run.is_empty() {
            if let Err(error) = write(shared, &mut socket, &taken.run).await {
                return shared.close(error.into());
            }
            shared.written();
        }
        taken.run.clear();
    }
}

/// The run that the writer holds: for a moment it is in no queue and not in flight, and must be failed if the task ends.
struct Taken<'a> {
    shared: &'a Shared,
    run: Run,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.shared.close(CloseReason::Shutdown);
        if let Some(reason) = self.shared.close_reason() {
            self.run.close(&reason);
        }
    }
}

/// All of a run in as few writes as the system takes.
async fn write<W: AsyncWrite + Unpin>(
    shared: &Shared,
    socket: &mut W,
    run: &Run,
) -> io::Result<()> {
    let mut slices: Vec<IoSlice<'_>> = run.segments().map(IoSlice::new).collect();
    let mut rest = &mut slices[..];
    while !rest.is_empty() {
        let written = socket.write_vectored(rest).await?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        IoSlice::advance_slices(&mut rest, written);
        if !rest.is_empty() {
            shared.progressed();
        }
    }
    socket.flush().await
}
