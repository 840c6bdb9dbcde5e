//! Encryption around a connection.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::connection::Connection;
use super::end::End;
use crate::latency::Latency;
use crate::shared::Shared;
use crate::tls::TlsListener;

/// How long a client may take to read that the connection ends.
const FAREWELL: Duration = Duration::from_secs(1);

/// Shakes hands, and serves until one of the two sides closes.
pub(super) async fn serve<S>(
    stream: S,
    tls: &TlsListener,
    shared: &Shared,
    node: i32,
    number: u64,
    latency: &Latency,
) -> End
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut stream = match tls.accept(stream, shared.connections_max_idle).await {
        Ok(stream) => stream,
        Err(error) => return error.into(),
    };
    let end = Connection::new(&mut stream, shared, node, number, latency)
        .serve()
        .await;
    // Without it the client would have to take the end for an attack. If he has gone, nothing is lost.
    let _farewell = timeout(FAREWELL, stream.shutdown()).await;
    end
}
