//! A way to brokers that is the user's own.

use std::any::Any;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::stream::BoxedStream;
use crate::error::ConnectFailure;

type Dialing = Pin<Box<dyn Future<Output = io::Result<Dialed>> + Send>>;

/// What the user's dialer gave.
pub(crate) struct Dialed {
    pub(crate) stream: BoxedStream,
    /// This side's, of a stream that is a TCP socket.
    pub(crate) local_address: Option<SocketAddr>,
}

/// Opens a stream to `host:port`, in place of DNS and TCP.
#[derive(Clone)]
pub(crate) struct Dialer(Arc<dyn Fn(String) -> Dialing + Send + Sync>);

impl Dialer {
    pub(crate) fn new<D, F, S>(dial: D) -> Self
    where
        D: Fn(String) -> F + Send + Sync + 'static,
        F: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        Self(Arc::new(move |address| {
            let dialing = dial(address);
            Box::pin(async move {
                let stream = dialing.await?;
                let socket = (&stream as &dyn Any).downcast_ref::<TcpStream>();
                Ok(Dialed {
                    local_address: socket.and_then(|socket| socket.local_addr().ok()),
                    stream: Box::new(stream),
                })
            })
        }))
    }

    /// # Errors
    /// What the dialer says, and that it panicked: whoever waits for the connection is to hear of that, and not only whoever polls it.
    pub(crate) async fn dial(&self, address: &str) -> Result<Dialed, ConnectFailure> {
        let mut dialing = None;
        let dialed = poll_fn(|context| {
            let poll = || {
                let dialing = dialing.get_or_insert_with(|| (self.0)(address.to_owned()));
                dialing.as_mut().poll(context)
            };
            // It is not polled again.
            match catch_unwind(AssertUnwindSafe(poll)) {
                Ok(polled) => polled.map_err(ConnectFailure::from),
                Err(panic) => Poll::Ready(Err(ConnectFailure::DialerPanicked(said(&*panic)))),
            }
        });
        dialed.await
    }
}

/// What a panic says.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a word").to_owned()
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dialer(..)")
    }
}
