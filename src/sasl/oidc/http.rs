//! One HTTP request over a connection of its own.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use super::endpoint::Endpoint;
use super::failure::Failure;

/// The longest answer, and the longest head of one, in bytes. Tokens have a few thousand.
const LONGEST_ANSWER: usize = 64 << 10;

/// The answer's status and body. Dropped, it leaves neither a task nor a socket behind.
pub(super) async fn ask(
    endpoint: &Endpoint,
    tls: Option<Arc<ClientConfig>>,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Zeroizing<Vec<u8>>), Failure> {
    let socket = TcpStream::connect((&*endpoint.host, endpoint.port)).await?;
    socket.set_nodelay(true)?;
    match tls {
        None => exchange(socket, request).await,
        Some(config) => {
            let name = ServerName::try_from(endpoint.host.clone())
                .map_err(|error| Failure::Setup(error.to_string()))?;
            let socket = TlsConnector::from(config).connect(name, socket).await?;
            exchange(socket, request).await
        }
    }
}

async fn exchange<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
    socket: S,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Zeroizing<Vec<u8>>), Failure> {
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(LONGEST_ANSWER)
        .handshake(TokioIo::new(socket))
        .await?;
    let answer = async {
        let response = sender.send_request(request).await?;
        let status = response.status();
        Ok((status, body(response).await?))
    };
    // The connection is driven here and not by a task, which would outlive this future.
    let (mut answer, mut connection) = (pin!(answer), pin!(connection));
    let mut is_open = true;
    poll_fn(|cx| {
        if let Poll::Ready(result) = answer.as_mut().poll(cx) {
            return Poll::Ready(result);
        }
        // What ends the connection is told to the answer too, whichever it is.
        if is_open && connection.as_mut().poll(cx).is_ready() {
            is_open = false;
        }
        answer.as_mut().poll(cx)
    })
    .await
}

async fn body(response: Response<Incoming>) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut incoming = response.into_body();
    // Of the full size at once: it holds a token, and moving would leave copies.
    let mut body = Zeroizing::new(Vec::with_capacity(LONGEST_ANSWER));
    while let Some(frame) = incoming.frame().await {
        if let Ok(data) = frame?.into_data() {
            if data.len() > LONGEST_ANSWER - body.len() {
                return Err(Failure::TooLong);
            }
            body.extend_from_slice(&data);
        }
    }
    Ok(body)
}
