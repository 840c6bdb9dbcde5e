//! Encryption around a connection, where the cluster has it.

use tokio::io::{AsyncRead, AsyncWrite};

use super::connection::{Connection, End};
use crate::shared::Shared;

/// Serves until one of the two sides closes.
#[cfg(feature = "tls")]
pub(super) async fn serve<S>(stream: S, shared: &Shared, node: i32) -> End
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    use std::time::Duration;

    use tokio::io::AsyncWriteExt;
    use tokio::time::timeout;

    /// How long a client may take to read that the connection ends.
    const FAREWELL: Duration = Duration::from_secs(1);

    let Some(tls) = &shared.tls else {
        return Connection::new(stream, shared, node).serve().await;
    };
    let mut stream = match tls.accept(stream).await {
        Ok(stream) => stream,
        Err(error) => return error.into(),
    };
    let end = Connection::new(&mut stream, shared, node).serve().await;
    // Without it the client would have to take the end for an attack. If he has gone, nothing is lost.
    let _farewell = timeout(FAREWELL, stream.shutdown()).await;
    end
}

/// Serves until one of the two sides closes.
#[cfg(not(feature = "tls"))]
pub(super) async fn serve<S>(stream: S, shared: &Shared, node: i32) -> End
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    Connection::new(stream, shared, node).serve().await
}
