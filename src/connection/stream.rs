//! What a connection runs on.

use tokio::io::{AsyncRead, AsyncWrite};

/// Bytes both ways: a TCP stream, TLS over one, or what the user's dialer gives.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// One type for all of them, so that what drives a connection is compiled once; a call through it costs nothing beside the system's.
pub(crate) type BoxedStream = Box<dyn Stream>;
