//! A broker that does what the test says, frame by frame.

use std::future::Future;
use std::io;
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use milena::connection::ConnectionBuilder;
use milena::error::{ConnectFailure, ErrorKind, Phase};
use milena::wire::api_key::ApiKey;
use milena::wire::codec::{Message as _, Request as _, Response};
use milena::wire::encode_response;
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::api_versions::ApiVersion;
use milena::wire::messages::{
    ApiVersionsRequest, ApiVersionsResponse, FetchRequest, FindCoordinatorRequest,
    JoinGroupRequest, MetadataRequest, ProduceRequest, RequestHeader, SaslAuthenticateRequest,
    SaslHandshakeRequest,
};
use milena::{CloseReason, Connection, Error};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Everything in these tests happens within this time, or has failed.
const LIMIT: Duration = Duration::from_secs(20);

/// The result of `future`, which must not take long.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future)
        .await
        .expect("it takes too long")
}

/// Begins a connection as tests want it: what an answer leaves over is an error.
pub(crate) fn strict() -> ConnectionBuilder {
    Connection::builder().reject_trailing_bytes(true)
}

pub(crate) struct Listener {
    listener: TcpListener,
}

impl Listener {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener }
    }

    pub(crate) fn address(&self) -> String {
        self.listener.local_addr().unwrap().to_string()
    }

    pub(crate) async fn accept(&self) -> Peer {
        Peer::new(self.accept_stream().await)
    }

    pub(crate) async fn accept_stream(&self) -> TcpStream {
        let (stream, _) = soon(self.listener.accept()).await.unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// A connection that has been through its handshake, and the peer at its other end.
    pub(crate) async fn connected(
        &self,
        change: impl FnOnce(ConnectionBuilder) -> ConnectionBuilder,
    ) -> (Connection, Peer) {
        let (connection, peer) = self
            .meet(change, async |peer| {
                peer.answer_versions(&usual_versions()).await;
            })
            .await;
        (connection.unwrap(), peer)
    }

    /// What comes of connecting while the peer follows `script`.
    pub(crate) async fn meet(
        &self,
        change: impl FnOnce(ConnectionBuilder) -> ConnectionBuilder,
        script: impl AsyncFnOnce(&mut Peer),
    ) -> (Result<Connection, Error>, Peer) {
        let builder = change(strict());
        let address = self.address();
        let connect = builder.connect(&address);
        let serve = async {
            let mut peer = self.accept().await;
            script(&mut peer).await;
            peer
        };
        soon(async { tokio::join!(connect, serve) }).await
    }
}

/// Peers that are reached without a socket, so that time may be paused.
pub(crate) struct Memory {
    dialed: mpsc::UnboundedSender<DuplexStream>,
    accepted: mpsc::UnboundedReceiver<DuplexStream>,
}

impl Memory {
    pub(crate) fn new() -> Self {
        let (dialed, accepted) = mpsc::unbounded_channel();
        Self { dialed, accepted }
    }

    /// Has a connection come here instead of going over TCP.
    pub(crate) fn dial(&self, builder: ConnectionBuilder) -> ConnectionBuilder {
        let dialed = self.dialed.clone();
        builder.dialer(move |_address| {
            let (ours, theirs) = tokio::io::duplex(1 << 20);
            dialed.send(theirs).unwrap();
            async move { Ok(ours) }
        })
    }

    pub(crate) async fn accept(&mut self) -> Peer {
        Peer::new(self.accepted.recv().await.unwrap())
    }

    /// A connection that has been through its handshake, and the peer at its other end.
    pub(crate) async fn connected(
        &mut self,
        change: impl FnOnce(ConnectionBuilder) -> ConnectionBuilder,
    ) -> (Connection, Peer) {
        let (connection, peer) = self
            .meet(change, async |peer| {
                peer.answer_versions(&usual_versions()).await;
            })
            .await;
        (connection.unwrap(), peer)
    }

    /// What comes of connecting while the peer follows `script`.
    pub(crate) async fn meet(
        &mut self,
        change: impl FnOnce(ConnectionBuilder) -> ConnectionBuilder,
        script: impl AsyncFnOnce(&mut Peer),
    ) -> (Result<Connection, Error>, Peer) {
        let connect = self.dial(change(strict())).connect("peer.invalid:9092");
        let serve = async {
            let mut peer = self.accept().await;
            script(&mut peer).await;
            peer
        };
        tokio::join!(connect, serve)
    }
}

pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// The reason for which a request failed when its connection ended.
pub(crate) fn reason(error: &Error) -> &CloseReason {
    let ErrorKind::Closed(reason) = error.kind() else {
        panic!("{error:?}");
    };
    reason
}

/// How far connecting came, and what stopped it.
pub(crate) fn connect_failure(error: &Error) -> (Phase, &ConnectFailure) {
    let ErrorKind::Connect { phase, cause } = error.kind() else {
        panic!("{error:?}");
    };
    (*phase, cause)
}

/// What comes of connecting to a broker that follows `script`, and of the script.
pub(crate) async fn meet<T>(
    script: impl AsyncFnOnce(&Listener) -> T,
) -> (Result<Connection, Error>, T) {
    let listener = Listener::start().await;
    let address = listener.address();
    let connect = strict().connect(&address);
    soon(async { tokio::join!(connect, script(&listener)) }).await
}

/// One accepted connection.
pub(crate) struct Peer {
    stream: Box<dyn Stream>,
    buffer: BytesMut,
}

/// A request as it came.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) header: RequestHeader,
    pub(crate) body: Bytes,
}

impl Received {
    pub(crate) fn id(&self) -> i32 {
        self.header.correlation_id
    }
}

impl Peer {
    pub(crate) fn new(stream: impl Stream + 'static) -> Self {
        let (stream, buffer) = (Box::new(stream), BytesMut::new());
        Self { stream, buffer }
    }

    /// The next frame, without its length; `None` when the client has closed the connection.
    pub(crate) async fn frame(&mut self) -> Option<Bytes> {
        loop {
            if self.buffer.len() >= 4 {
                let length = u32::from_be_bytes(self.buffer[..4].try_into().unwrap()) as usize;
                if self.buffer.len() >= 4 + length {
                    self.buffer.advance(4);
                    return Some(self.buffer.split_to(length).freeze());
                }
            }
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(read) if read > 0 => {}
                _ => return None,
            }
        }
    }

    /// Waits until the client sends something, however long that takes.
    pub(crate) async fn wait_for_bytes(&mut self) {
        assert!(self.buffer.is_empty(), "there are some already");
        assert!(self.stream.read_buf(&mut self.buffer).await.unwrap() > 0);
    }

    /// Whether nothing comes for a while; time is paused.
    pub(crate) async fn is_silent(&mut self) -> bool {
        let a_while = Duration::from_secs(1);
        let read = tokio::time::timeout(a_while, self.stream.read_buf(&mut self.buffer)).await;
        self.buffer.is_empty() && read.is_err()
    }

    /// The next bytes as they come.
    pub(crate) async fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.buffer.len() < count {
            assert!(soon(self.stream.read_buf(&mut self.buffer)).await.unwrap() > 0);
        }
        self.buffer.split_to(count).to_vec()
    }

    /// The next request; `None` when the client has closed the connection.
    pub(crate) async fn try_request(&mut self) -> Option<Received> {
        soon(self.slow_request()).await
    }

    /// The same, however long it takes.
    pub(crate) async fn slow_request(&mut self) -> Option<Received> {
        let mut frame = self.frame().await?;
        let key = ApiKey(i16::from_be_bytes(frame[..2].try_into().unwrap()));
        let version = i16::from_be_bytes(frame[2..4].try_into().unwrap());
        let header_version = match key {
            ApiKey::API_VERSIONS => ApiVersionsRequest::header_version(version),
            ApiKey::METADATA => MetadataRequest::header_version(version),
            ApiKey::PRODUCE => ProduceRequest::header_version(version),
            ApiKey::FETCH => FetchRequest::header_version(version),
            ApiKey::FIND_COORDINATOR => FindCoordinatorRequest::header_version(version),
            ApiKey::JOIN_GROUP => JoinGroupRequest::header_version(version),
            ApiKey::SASL_HANDSHAKE => SaslHandshakeRequest::header_version(version),
            ApiKey::SASL_AUTHENTICATE => SaslAuthenticateRequest::header_version(version),
            _ => panic!("no test sends {key}"),
        };
        let (header, left) = RequestHeader::decode_prefix(&frame, header_version, 1024).unwrap();
        frame.advance(frame.len() - left);
        Some(Received {
            header,
            body: frame,
        })
    }

    pub(crate) async fn request(&mut self) -> Received {
        self.try_request().await.expect("a request")
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.try_send(bytes).await.unwrap();
    }

    /// Sends to one who may have gone.
    pub(crate) async fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        soon(self.stream.write_all(bytes)).await
    }

    /// Answers with a body as it is, behind the header of the version.
    pub(crate) async fn answer_raw<R: Response>(&mut self, to: &Received, body: &[u8]) {
        let version = to.header.request_api_version;
        self.send(&frame(to.id(), R::header_version(version), body))
            .await;
    }

    pub(crate) async fn answer<R: Response + Sync>(&mut self, to: &Received, response: &R) {
        let version = to.header.request_api_version;
        let frame = encode_response(Vec::new(), response, version, to.id()).unwrap();
        self.send(&frame.into_bytes()).await;
    }

    /// Answers the next request, which asks for versions, in the version that it asks for.
    pub(crate) async fn answer_versions(&mut self, apis: &[ApiVersion]) -> Received {
        let request = self.request().await;
        assert_eq!(ApiKey(request.header.request_api_key), ApiKey::API_VERSIONS);
        let response = ApiVersionsResponse::default().with_api_keys(apis.to_vec());
        self.answer(&request, &response).await;
        request
    }

    /// Answers the next request with error 35 and `body` behind the error code, as a version 0 body.
    pub(crate) async fn refuse_version(&mut self, apis: &[ApiVersion]) -> Received {
        let request = self.request().await;
        let response = ApiVersionsResponse::default()
            .with_error_code(ErrorCode::UNSUPPORTED_VERSION)
            .with_api_keys(apis.to_vec());
        let frame = encode_response(Vec::new(), &response, 0, request.id()).unwrap();
        self.send(&frame.into_bytes()).await;
        request
    }

    /// Says that nothing more will come, and waits until the client has heard it.
    pub(crate) async fn hang_up(&mut self) {
        self.stream.shutdown().await.unwrap();
        self.gone().await;
    }

    /// Waits until the client has closed the connection, whatever it sends before.
    pub(crate) async fn gone(&mut self) {
        let end = async { while self.stream.read_buf(&mut self.buffer).await.unwrap_or(0) > 0 {} };
        soon(end).await;
    }

    /// Whether the client has closed the connection.
    pub(crate) async fn is_closed(&mut self) -> bool {
        self.try_request().await.is_none()
    }
}

/// The frame of an answer with this body: header version 1 has an empty list of tagged fields behind the id.
pub(crate) fn frame(id: i32, header_version: i16, body: &[u8]) -> Vec<u8> {
    let tags = &[0][..usize::try_from(header_version).unwrap()];
    let length = i32::try_from(4 + tags.len() + body.len()).unwrap();
    let prefix = [length.to_be_bytes(), id.to_be_bytes()].concat();
    [&prefix, tags, body].concat()
}

pub(crate) fn api(key: ApiKey, min: i16, max: i16) -> ApiVersion {
    ApiVersion::default()
        .with_api_key(key.0)
        .with_min_version(min)
        .with_max_version(max)
}

pub(crate) fn usual_versions() -> Vec<ApiVersion> {
    vec![
        api(ApiKey::PRODUCE, 3, 12),
        api(ApiKey::METADATA, 1, 12),
        api(ApiKey::API_VERSIONS, 0, 4),
    ]
}

/// The text of an error, which is one line.
pub(crate) fn text(error: &Error) -> String {
    let text = error.to_string();
    assert!(!text.contains('\n'), "{text}");
    text
}
