//! A broker that behaves for a while, and then does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use milena::wire::api_key::ApiKey;
use milena::wire::codec::{Message as _, Request, Response};
use milena::wire::encode_response;
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::api_versions::ApiVersion;
use milena::wire::messages::{
    ApiVersionsRequest, ApiVersionsResponse, MetadataRequest, MetadataResponse, ProduceRequest,
    ProduceResponse, RequestHeader, SaslAuthenticateRequest, SaslAuthenticateResponse,
    SaslHandshakeRequest, SaslHandshakeResponse,
};
use socket2::SockRef;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::ledger::Ledger;
use crate::random::Random;

/// What a peer does once it has had enough of behaving.
#[derive(Clone, Copy, Debug)]
enum Misdeed {
    None,
    HangUp,
    Reset,
    Garbage,
    NoLength,
    TlsAlert,
    Http,
    WrongId,
    RepeatedId,
    Unsolicited,
    SingleBytes,
    Stall,
    StallThenHangUp,
    HalfThenHangUp,
    HalfThenStall,
    Lies,
    Refuses,
    Deaf,
}

const MISDEEDS: [(Misdeed, &str); 18] = [
    (Misdeed::None, "behaves"),
    (Misdeed::HangUp, "hangs up"),
    (Misdeed::Reset, "resets the connection"),
    (Misdeed::Garbage, "sends garbage"),
    (Misdeed::NoLength, "sends a length that is none"),
    (Misdeed::TlsAlert, "sends a TLS alert"),
    (Misdeed::Http, "speaks HTTP"),
    (Misdeed::WrongId, "answers with a wrong id"),
    (Misdeed::RepeatedId, "answers twice"),
    (Misdeed::Unsolicited, "answers what nobody asked"),
    (Misdeed::SingleBytes, "answers byte by byte"),
    (Misdeed::Stall, "never answers"),
    (Misdeed::StallThenHangUp, "stalls, then hangs up"),
    (Misdeed::HalfThenHangUp, "answers by half, then hangs up"),
    (Misdeed::HalfThenStall, "answers by half, then stalls"),
    (Misdeed::Lies, "lies in its answer"),
    (Misdeed::Refuses, "refuses"),
    (Misdeed::Deaf, "stops reading"),
];

/// Broken or mean brokers on one address, on a thread of their own.
pub(crate) struct Peers {
    address: String,
    open: Arc<AtomicUsize>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Peers {
    pub(crate) fn start(seed: u64, ledger: Arc<Ledger>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (tell, address) = std::sync::mpsc::channel();
        let open = Arc::new(AtomicUsize::new(0));
        let opened = Arc::clone(&open);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap().to_string())
                    .unwrap();
                tokio::select! {
                    () = accept(&listener, seed, &opened, &ledger) => {}
                    _ = stopped => {}
                }
            });
        });
        Self {
            address: address.recv().unwrap(),
            open,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// How many connections they have.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    pub(crate) fn stop(mut self) {
        drop(self.stop.take());
        self.thread.take().unwrap().join().unwrap();
    }
}

async fn accept(listener: &TcpListener, seed: u64, open: &Arc<AtomicUsize>, ledger: &Arc<Ledger>) {
    let mut tasks = JoinSet::new();
    for number in 1.. {
        let (stream, _) = listener.accept().await.unwrap();
        while let Some(done) = tasks.try_join_next() {
            done.unwrap();
        }
        open.fetch_add(1, Ordering::SeqCst);
        let (open, ledger) = (Arc::clone(open), Arc::clone(ledger));
        tasks.spawn(async move {
            let peer = Peer::new(stream, Random::new(seed, 2 * number), &ledger);
            // A client that goes away is not the peer's affair.
            let _ = peer.serve().await;
            open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

struct Peer {
    stream: TcpStream,
    random: Random,
    misdeed: Misdeed,
    /// How many requests are answered well before.
    patience: usize,
}

/// A request as it came.
struct Received {
    api: ApiKey,
    version: i16,
    id: i32,
    body: Bytes,
}

impl Peer {
    fn new(stream: TcpStream, mut random: Random, ledger: &Ledger) -> Self {
        let (misdeed, name) = random.pick(&MISDEEDS);
        ledger.count("peer", name);
        // In the handshake, soon after, or when everybody feels safe.
        let most = random.pick(&[1, 4, 10, 60]);
        let patience = random.below(most);
        Self {
            stream,
            random,
            misdeed,
            patience,
        }
    }

    async fn serve(mut self) -> std::io::Result<()> {
        if self.patience == 0 && self.random.one_in(4) {
            // Without waiting for a word of the client's.
            return self.misbehave(None).await;
        }
        for _ in 0..self.patience {
            let request = self.request().await?;
            let answer = self.answer(&request);
            self.stream.write_all(&answer).await?;
        }
        loop {
            let request = self.request().await?;
            match self.misdeed {
                Misdeed::None => {
                    let answer = self.answer(&request);
                    self.stream.write_all(&answer).await?;
                }
                Misdeed::SingleBytes => {
                    for byte in self.answer(&request) {
                        self.stream.write_all(&[byte]).await?;
                        tokio::task::yield_now().await;
                    }
                }
                _ => return self.misbehave(Some(request)).await,
            }
        }
    }

    /// What it does instead of answering; the connection ends with it.
    async fn misbehave(mut self, request: Option<Received>) -> std::io::Result<()> {
        let id = request.as_ref().map_or(1, |request| request.id);
        let answer = request
            .as_ref()
            .map_or_else(Vec::new, |request| self.answer(request));
        let header_version = request.as_ref().map_or(0, Received::header_version);
        match self.misdeed {
            Misdeed::HangUp | Misdeed::None | Misdeed::SingleBytes => return Ok(()),
            Misdeed::Reset => {
                SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))?;
                return Ok(());
            }
            Misdeed::Garbage => {
                let garbage = self.random.bytes(5000);
                self.stream.write_all(&garbage).await?;
            }
            Misdeed::NoLength => {
                let length = self
                    .random
                    .pick(&[-1, i32::MIN, i32::MAX, 100 << 20, 65_537]);
                self.stream.write_all(&length.to_be_bytes()).await?;
            }
            Misdeed::TlsAlert => self.stream.write_all(&[0x15, 3, 3, 0, 2, 2, 50]).await?,
            Misdeed::Http => {
                let answer = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n";
                self.stream.write_all(answer).await?;
            }
            Misdeed::WrongId => {
                let id = self.random.pick(&[id - 1, id + 1, 0, -1, i32::MAX]);
                let answer = frame(id, header_version, answer.get(8..).unwrap_or_default());
                self.stream.write_all(&answer).await?;
            }
            Misdeed::RepeatedId => self.stream.write_all(&answer.repeat(2)).await?,
            Misdeed::Unsolicited => {
                let answer = [answer, frame(id + 1, 0, &[0; 100])].concat();
                self.stream.write_all(&answer).await?;
            }
            Misdeed::Stall => {}
            Misdeed::StallThenHangUp => {
                let time = self.random.millis(0, 100);
                sleep(time).await;
                return Ok(());
            }
            Misdeed::HalfThenHangUp | Misdeed::HalfThenStall => {
                let half = self.random.below(answer.len().max(1));
                self.stream.write_all(&answer[..half]).await?;
                if matches!(self.misdeed, Misdeed::HalfThenHangUp) {
                    return Ok(());
                }
            }
            Misdeed::Lies => {
                let body = self.random.bytes(300);
                let body = match self.random.below(3) {
                    0 => [&[0, 0][..], &[0xff; 12], &body].concat(),
                    1 => [&[0; 4][..], &[0x7f, 0xff, 0xff, 0xff], &body].concat(),
                    _ => body,
                };
                let answer = frame(id, header_version, &body);
                self.stream.write_all(&answer).await?;
            }
            Misdeed::Refuses => {
                let answer = request.as_ref().and_then(refusal).unwrap_or(answer);
                self.stream.write_all(&answer).await?;
            }
            Misdeed::Deaf => {
                // As long as most clients have, and some do not.
                let time = self.random.millis(50, 500);
                sleep(time).await;
                return Ok(());
            }
        }
        // Until the client has had enough; what it still sends is not answered.
        while self.request().await.is_ok() {}
        Ok(())
    }

    async fn request(&mut self) -> std::io::Result<Received> {
        let length = usize::try_from(self.stream.read_u32().await?).unwrap();
        let mut frame = vec![0; length];
        self.stream.read_exact(&mut frame).await?;
        let mut frame = Bytes::from(frame);
        let api = ApiKey(i16::from_be_bytes(frame[..2].try_into().unwrap()));
        let version = i16::from_be_bytes(frame[2..4].try_into().unwrap());
        let header_version = match api {
            ApiKey::API_VERSIONS => ApiVersionsRequest::header_version(version),
            ApiKey::METADATA => MetadataRequest::header_version(version),
            ApiKey::PRODUCE => ProduceRequest::header_version(version),
            ApiKey::SASL_HANDSHAKE => SaslHandshakeRequest::header_version(version),
            ApiKey::SASL_AUTHENTICATE => SaslAuthenticateRequest::header_version(version),
            _ => panic!("no client sends {api}"),
        };
        let (header, left) = RequestHeader::decode_prefix(&frame, header_version, 1024).unwrap();
        frame.advance(frame.len() - left);
        Ok(Received {
            api,
            version,
            id: header.correlation_id,
            body: frame,
        })
    }

    /// The answer that is due; empty if none is.
    fn answer(&mut self, request: &Received) -> Vec<u8> {
        match request.api {
            ApiKey::API_VERSIONS => request.with(&versions()),
            ApiKey::METADATA => {
                // What was asked comes back, so that a mix-up shows.
                let asked = MetadataRequest::decode(&request.body, request.version).unwrap();
                let topic = asked.topics.unwrap().remove(0).name.unwrap();
                request.with(&MetadataResponse::default().with_cluster_id(topic))
            }
            ApiKey::PRODUCE => {
                let asked = ProduceRequest::decode(&request.body, request.version).unwrap();
                let records = asked.topic_data[0].partition_data[0].records.clone();
                assert!(
                    records.unwrap().iter().all(|&byte| byte == 7),
                    "the payload is what was sent"
                );
                if asked.acks == 0 {
                    return Vec::new();
                }
                request.with(&ProduceResponse::default())
            }
            ApiKey::SASL_HANDSHAKE => request.with(&SaslHandshakeResponse::default()),
            _ => {
                let asked = SaslAuthenticateRequest::decode(&request.body, request.version);
                let answer = SaslAuthenticateResponse::default();
                let said = asked.unwrap().auth_bytes;
                let Some((_, nonce)) = std::str::from_utf8(&said)
                    .unwrap()
                    .split_once(",r=")
                    .filter(|_| said.starts_with(b"n,,"))
                else {
                    // PLAIN, or the end of SCRAM, which this broker cannot prove to have understood.
                    let lifetime = self.random.pick(&[0, 1, i64::MAX, -1]);
                    return request.with(&answer.with_session_lifetime_ms(lifetime));
                };
                let challenge = match self.random.below(3) {
                    0 => format!("r={nonce}x,s=c2FsdHNhbHQ=,i=4096"),
                    1 => "e=unknown-user".to_owned(),
                    _ => String::from_utf8_lossy(&self.random.bytes(100)).into_owned(),
                };
                request.with(&answer.with_auth_bytes(challenge))
            }
        }
    }
}

impl Received {
    fn with<R: Response + Sync>(&self, response: &R) -> Vec<u8> {
        let frame = encode_response(Vec::new(), response, self.version, self.id).unwrap();
        frame.into_bytes().into()
    }

    fn header_version(&self) -> i16 {
        match self.api {
            ApiKey::METADATA => MetadataResponse::header_version(self.version),
            ApiKey::PRODUCE => ProduceResponse::header_version(self.version),
            ApiKey::SASL_AUTHENTICATE => SaslAuthenticateResponse::header_version(self.version),
            _ => 0,
        }
    }
}

/// A frame around this body.
fn frame(id: i32, header_version: i16, body: &[u8]) -> Vec<u8> {
    let tags = &[0][..usize::try_from(header_version).unwrap()];
    let length = i32::try_from(4 + tags.len() + body.len()).unwrap();
    [&length.to_be_bytes()[..], &id.to_be_bytes(), tags, body].concat()
}

fn versions() -> ApiVersionsResponse {
    let apis = [
        (ApiKey::PRODUCE, 3, 12),
        (ApiKey::METADATA, 1, 12),
        (ApiKey::SASL_HANDSHAKE, 0, 1),
        (ApiKey::API_VERSIONS, 0, 4),
        (ApiKey::SASL_AUTHENTICATE, 0, 2),
    ];
    let apis = apis.map(|(key, min, max)| {
        ApiVersion::default()
            .with_api_key(key.0)
            .with_min_version(min)
            .with_max_version(max)
    });
    ApiVersionsResponse::default().with_api_keys(apis.to_vec())
}

/// The no of those requests that have one.
fn refusal(request: &Received) -> Option<Vec<u8>> {
    let code = ErrorCode::UNSUPPORTED_SASL_MECHANISM;
    Some(match request.api {
        ApiKey::API_VERSIONS => {
            // Error 35 and a list upside down, as a body of version 0.
            let code = ErrorCode::UNSUPPORTED_VERSION.0.to_be_bytes();
            frame(
                request.id,
                0,
                &[&code[..], b"\0\0\0\x01\0\x12\0\x09\0\x02"].concat(),
            )
        }
        ApiKey::SASL_HANDSHAKE => {
            request.with(&SaslHandshakeResponse::default().with_error_code(code))
        }
        ApiKey::SASL_AUTHENTICATE => {
            let code = ErrorCode::SASL_AUTHENTICATION_FAILED;
            request.with(&SaslAuthenticateResponse::default().with_error_code(code))
        }
        _ => return None,
    })
}
