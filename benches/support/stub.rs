//! A broker that costs next to nothing: it answers each request with bytes that were made once. It runs in a process of its own, so that
//! the client's time is measured alone.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::Arc;

use bytes::{Buf as _, Bytes, BytesMut};
use milena::wire::api_key::ApiKey;
use milena::wire::codec::Response;
use milena::wire::encode_response;
use milena::wire::messages::api_versions::ApiVersion;
use milena::wire::messages::fetch::{FetchableTopicResponse, PartitionData};
use milena::wire::messages::{
    ApiVersionsResponse, FetchResponse, HeartbeatResponse, ProduceResponse,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::child::{Child, role};

/// The bytes of the records in an answer to a fetch.
pub const FETCHED: usize = 1 << 20;

/// A running stub; it ends when this is dropped.
pub struct Stub {
    _process: Child,
    pub address: String,
    /// Whom to trust, if it speaks TLS.
    pub ca: Option<String>,
}

impl Stub {
    pub fn start(tls: bool) -> Self {
        let mut process = Child::start(if tls { "tls" } else { "plain" }, tls);
        Self {
            address: std::mem::take(&mut process.line),
            ca: process.pem.take(),
            _process: process,
        }
    }
}

/// Serves for ever if this process was started as a stub. To be called first.
pub fn serve_if_asked() {
    let Some(role) = role() else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(serve(role == "tls"));
}

async fn serve(tls: bool) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    let acceptor = tls.then(|| {
        let (acceptor, ca) = acceptor();
        print!("{ca}");
        acceptor
    });
    std::io::stdout().flush().unwrap();
    let answers = Arc::new(answers());
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (answers, acceptor) = (Arc::clone(&answers), acceptor.clone());
        tokio::spawn(async move {
            match acceptor {
                None => answer(stream, &answers).await,
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        answer(stream, &answers).await;
                    }
                }
            }
        });
    }
}

fn acceptor() -> (TlsAcceptor, String) {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_pem = ca.self_signed(&ca_key).unwrap().pem();
    let key = KeyPair::generate().unwrap();
    let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    let certificate = CertificateParams::new(names)
        .unwrap()
        .signed_by(&key, &Issuer::new(ca, ca_key))
        .unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (Arc::new(config).into(), ca_pem)
}

fn frame<R: Response>(response: &R, version: i16) -> Vec<u8> {
    let frame = encode_response(Vec::new(), response, version, 0).unwrap();
    frame.into_bytes().to_vec()
}

/// The frame that answers each API, all but the correlation id.
fn answers() -> HashMap<i16, Vec<u8>> {
    let apis = [
        (ApiKey::PRODUCE, 3, 12),
        (ApiKey::FETCH, 4, 12),
        (ApiKey::HEARTBEAT, 0, 4),
        (ApiKey::API_VERSIONS, 0, 4),
    ];
    let apis = apis.map(|(key, min, max)| {
        ApiVersion::default()
            .with_api_key(key.0)
            .with_min_version(min)
            .with_max_version(max)
    });
    let records = PartitionData::default().with_records(Bytes::from(vec![7; FETCHED]));
    let topic = FetchableTopicResponse::default()
        .with_topic("t")
        .with_partitions(vec![records]);
    let fetched = FetchResponse::default().with_responses(vec![topic]);
    let versions = ApiVersionsResponse::default().with_api_keys(apis.to_vec());
    HashMap::from([
        (ApiKey::API_VERSIONS.0, frame(&versions, 4)),
        (ApiKey::HEARTBEAT.0, frame(&HeartbeatResponse::default(), 4)),
        (ApiKey::PRODUCE.0, frame(&ProduceResponse::default(), 12)),
        (ApiKey::FETCH.0, frame(&fetched, 12)),
    ])
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, answers: &HashMap<i16, Vec<u8>>) {
    let mut buffer = BytesMut::with_capacity(1 << 20);
    let mut out = Vec::new();
    let mut left = 0;
    loop {
        loop {
            // What is in a request beyond its header is not looked at.
            let passed = buffer.len().min(left);
            buffer.advance(passed);
            left -= passed;
            if left > 0 || buffer.len() < 12 {
                break;
            }
            let length = buffer.get_i32();
            let (key, _version) = (buffer.get_i16(), buffer.get_i16());
            let start = out.len();
            out.extend_from_slice(&answers[&key]);
            buffer.copy_to_slice(&mut out[start + 4..start + 8]);
            left = usize::try_from(length).unwrap() - 8;
        }
        if !out.is_empty() {
            if stream.write_all(&out).await.is_err() || stream.flush().await.is_err() {
                return;
            }
            out.clear();
        }
        buffer.reserve(256 << 10);
        match stream.read_buf(&mut buffer).await {
            Ok(read) if read > 0 => {}
            _ => return,
        }
    }
}
