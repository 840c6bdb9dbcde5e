//! The OIDC token provider against a token endpoint that does as it is told.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use milena::sasl::{OidcClientCredentials, SaslError, Token, TokenProvider as _};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

const GRANT: &str =
    r#"{"access_token":"header.claims.signature","token_type":"Bearer","expires_in":3600}"#;

/// What the endpoint does with a request.
#[derive(Clone)]
enum Script {
    /// Writes this and closes.
    Answer(Vec<u8>),
    /// Writes without end.
    Endless(&'static str),
    /// Nothing.
    Silence,
}

impl Script {
    fn status(status: &str, body: &str) -> Self {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n"
        );
        Self::Answer(format!("{head}Cache-Control: no-store\r\n\r\n{body}").into())
    }

    fn ok(body: &str) -> Self {
        Self::status("200 OK", body)
    }
}

/// A token endpoint on loopback.
struct Endpoint {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    trusted: RootCertStore,
}

impl Endpoint {
    /// Each connection takes the next script; the last one goes on for ever.
    async fn start(tls: bool, scripts: Vec<Script>) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let certificate = made.cert.der().clone();
        let mut trusted = RootCertStore::empty();
        trusted.add(certificate.clone()).unwrap();
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        // As endpoints do.
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            let mut scripts = scripts.into_iter();
            let mut script = scripts.next().unwrap();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(
                    socket,
                    tls.then(|| acceptor.clone()),
                    script.clone(),
                    Arc::clone(&seen),
                ));
                script = scripts.next().unwrap_or(script);
            }
        });
        Self {
            address,
            requests,
            trusted,
        }
    }

    async fn tls(scripts: Vec<Script>) -> Self {
        Self::start(true, scripts).await
    }

    fn url(&self) -> String {
        format!("https://localhost:{}/token?tenant=1", self.address.port())
    }

    fn provider(&self) -> OidcClientCredentials {
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(self.trusted.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        OidcClientCredentials::new(&self.url(), "billing", "hunter2")
            .unwrap()
            .rustls_config(Arc::new(config))
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// What is told of a failure: always by whom, and never a secret.
    async fn failure(&self) -> SaslError {
        let provider = self.provider().timeout(Duration::from_secs(5));
        let error = provider.token().await.unwrap_err();
        let port = self.address.port();
        let text = format!("{error} {error:?}");
        assert!(
            text.contains(&format!("https://localhost:{port}/token")),
            "{text}"
        );
        assert!(
            !text.contains("hunter2") && !text.contains("tenant"),
            "{text}"
        );
        error
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

async fn serve(
    socket: TcpStream,
    tls: Option<TlsAcceptor>,
    script: Script,
    seen: Arc<Mutex<Vec<String>>>,
) {
    match tls {
        None => converse(socket, script, seen).await,
        // A client that trusts nobody here ends the handshake.
        Some(acceptor) => {
            if let Ok(socket) = acceptor.accept(socket).await {
                // Nobody here speaks HTTP/2, whatever the program's configuration offers.
                assert_eq!(socket.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
                converse(socket, script, seen).await;
            }
        }
    }
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: S,
    script: Script,
    seen: Arc<Mutex<Vec<String>>>,
) {
    let mut request = Vec::new();
    while !is_whole(&request) {
        if socket.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
    }
    seen.lock()
        .unwrap()
        .push(String::from_utf8(request).unwrap());
    match script {
        Script::Answer(bytes) => {
            let _ = socket.write_all(&bytes).await;
            let _ = socket.shutdown().await;
        }
        Script::Endless(piece) => {
            let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            let _ = socket.write_all(head).await;
            while socket.write_all(piece.as_bytes()).await.is_ok() {}
        }
        Script::Silence => while socket.read_u8().await.is_ok() {},
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

fn value(token: &Token) -> &str {
    token.value().expose()
}

#[tokio::test]
async fn a_token_is_asked_for_as_the_rfc_has_it() {
    let endpoint = Endpoint::tls(vec![Script::ok(GRANT)]).await;
    let provider = endpoint
        .provider()
        .scope("kafka read&write")
        .parameter("audience", "https://kafka")
        .extension("logicalCluster", "lkc-1");
    let before = SystemTime::now();
    let token = provider.token().await.unwrap();
    assert_eq!(value(&token), "header.claims.signature");
    assert_eq!(
        token.extensions(),
        [("logicalCluster".to_owned(), "lkc-1".to_owned())]
    );
    let life = token.expires_at().unwrap().duration_since(before).unwrap();
    assert!(
        life >= Duration::from_secs(3599) && life < Duration::from_secs(3700),
        "{life:?}"
    );

    let requests = endpoint.requests();
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    assert_eq!(lines.next(), Some("POST /token?tenant=1 HTTP/1.1"));
    let headers: Vec<&str> = lines.collect();
    for wanted in [
        &*format!("host: localhost:{}", endpoint.address.port()),
        "content-type: application/x-www-form-urlencoded",
        "accept: application/json",
        // "billing:hunter2"
        "authorization: Basic YmlsbGluZzpodW50ZXIy",
    ] {
        assert!(headers.contains(&wanted), "{wanted}: {headers:?}");
    }
    assert_eq!(
        body,
        "grant_type=client_credentials&scope=kafka%20read%26write&audience=https%3A%2F%2Fkafka"
    );
}

/// RFC 6749, section 2.3.1: both are encoded before they are joined, or a colon in the id would end it.
#[tokio::test]
async fn id_and_secret_are_encoded_first() {
    let endpoint = Endpoint::start(false, vec![Script::ok(GRANT)]).await;
    let url = format!("http://127.0.0.1:{}", endpoint.address.port());
    let provider = OidcClientCredentials::new(&url, "a:b c", "p%ss+w\u{f6}rd~").unwrap();
    provider.token().await.unwrap();
    // "a%3Ab%20c:p%25ss%2Bw%C3%B6rd~"
    let wanted = "authorization: Basic YSUzQWIlMjBjOnAlMjVzcyUyQnclQzMlQjZyZH4=\r\n";
    let requests = endpoint.requests();
    assert!(requests[0].contains(wanted), "{requests:?}");
    assert!(requests[0].starts_with("POST / HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_token_is_kept_and_one_request_serves_all() {
    let endpoint = Endpoint::tls(vec![Script::ok(GRANT)]).await;
    let provider = endpoint.provider();
    let (a, b) = tokio::join!(provider.token(), provider.token());
    assert_eq!(value(&a.unwrap()), value(&b.unwrap()));
    provider.token().await.unwrap();
    assert_eq!(endpoint.requests().len(), 1);
}

#[tokio::test]
async fn a_token_of_no_life_is_not_kept() {
    for life in ["", r#","expires_in":0"#] {
        let grant = |token| Script::ok(&format!(r#"{{"access_token":"{token}"{life}}}"#));
        let endpoint = Endpoint::tls(vec![grant("one"), grant("two")]).await;
        let provider = endpoint.provider();
        assert_eq!(value(&provider.token().await.unwrap()), "one");
        assert_eq!(value(&provider.token().await.unwrap()), "two");
    }
}

#[tokio::test]
async fn a_failure_is_not_kept() {
    let scripts = vec![
        Script::status("503 Service Unavailable", ""),
        Script::ok(GRANT),
    ];
    let endpoint = Endpoint::tls(scripts).await;
    let provider = endpoint.provider();
    let error = provider.token().await.unwrap_err();
    assert!(error.is_retriable(), "{error:?}");
    assert!(error.to_string().contains("503"), "{error}");
    provider.token().await.unwrap();
}

#[tokio::test]
async fn a_chunked_answer_is_put_together() {
    let (a, b) = GRANT.split_at(20);
    let answer = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{a}\r\n{:x}\r\n{b}\r\n0\r\n\r\n",
        a.len(),
        b.len()
    );
    let endpoint = Endpoint::tls(vec![Script::Answer(answer.into())]).await;
    let token = endpoint.provider().token().await.unwrap();
    assert_eq!(value(&token), "header.claims.signature");
}

#[tokio::test]
async fn a_refusal_is_for_good_and_says_why() {
    let body = r#"{"error":"invalid_client","error_description":"hunter2 is wrong"}"#;
    let endpoint = Endpoint::tls(vec![Script::status("401 Unauthorized", body)]).await;
    let error = endpoint.failure().await;
    assert!(
        matches!(error, SaslError::InvalidCredentials(_)),
        "{error:?}"
    );
    let text = error.to_string();
    assert!(
        text.ends_with("answers 401 Unauthorized: invalid_client: *** is wrong"),
        "{text}"
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = Endpoint::tls(vec![Script::ok(GRANT)]).await;
    let answer = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        other.url()
    );
    let endpoint = Endpoint::tls(vec![Script::Answer(answer.into())]).await;
    let error = endpoint.failure().await;
    assert!(error.to_string().contains("307"), "{error}");
    assert!(!error.is_retriable());
    assert_eq!(other.requests().len(), 0);
}

#[tokio::test]
async fn garbage_is_no_token() {
    for script in [
        Script::Answer(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()),
        Script::Answer(Vec::new()),
        Script::Answer(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_vec()),
        Script::Answer(format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(1 << 20)).into()),
        Script::ok("<html>please log in</html>"),
        Script::ok("{}"),
    ] {
        let endpoint = Endpoint::tls(vec![script]).await;
        let error = endpoint.failure().await;
        assert!(error.is_retriable(), "{error:?}");
    }
}

#[tokio::test]
async fn a_huge_answer_is_not_read_to_its_end() {
    let endpoint = Endpoint::tls(vec![Script::Endless("1000\r\n")]).await;
    let _ = endpoint.failure().await;
    let piece: &'static str =
        Box::leak(format!("1000\r\n{}\r\n", "x".repeat(4096)).into_boxed_str());
    let endpoint = Endpoint::tls(vec![Script::Endless(piece)]).await;
    let error = endpoint.failure().await;
    assert!(error.to_string().contains("more than a token"), "{error}");
}

#[tokio::test]
async fn an_endpoint_that_never_answers_is_given_up_in_time() {
    let endpoint = Endpoint::tls(vec![Script::Silence]).await;
    let provider = endpoint.provider().timeout(Duration::from_millis(300));
    let start = Instant::now();
    let (a, b) = tokio::join!(provider.token(), provider.token());
    let took = start.elapsed();
    assert!(
        took >= Duration::from_millis(300) && took < Duration::from_secs(3),
        "{took:?}"
    );
    for error in [a.unwrap_err(), b.unwrap_err()] {
        assert!(error.is_retriable());
        assert!(error.to_string().contains("300ms"), "{error}");
    }
    assert_eq!(endpoint.requests().len(), 1, "both waited for the same");
}

#[tokio::test]
async fn an_endpoint_of_another_authority_gets_no_secret() {
    let endpoint = Endpoint::tls(vec![Script::ok(GRANT)]).await;
    let stranger = Endpoint::tls(vec![Script::ok(GRANT)]).await;
    let mistaken = Endpoint {
        trusted: stranger.trusted.clone(),
        ..endpoint
    };
    let error = mistaken.failure().await;
    assert!(error.to_string().contains("certificate"), "{error}");
    assert_eq!(mistaken.requests().len(), 0);
}

#[tokio::test]
async fn an_endpoint_of_another_name_gets_no_secret() {
    let endpoint = Endpoint::tls(vec![Script::ok(GRANT)]).await;
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(endpoint.trusted.clone())
        .with_no_client_auth();
    let url = format!("https://127.0.0.1:{}", endpoint.address.port());
    let provider = OidcClientCredentials::new(&url, "billing", "hunter2").unwrap();
    let error = provider
        .rustls_config(Arc::new(config))
        .token()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    assert_eq!(endpoint.requests().len(), 0);
}

/// The platform trusts authorities, but not this one.
#[tokio::test]
async fn without_a_configuration_the_platform_decides() {
    let endpoint = Endpoint::tls(vec![Script::ok(GRANT)]).await;
    let provider = OidcClientCredentials::new(&endpoint.url(), "billing", "hunter2").unwrap();
    let error = provider.token().await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("UnknownIssuer") || text.contains("no trusted roots"),
        "{text}"
    );
    assert_eq!(endpoint.requests().len(), 0);
}

#[tokio::test]
async fn plaintext_goes_to_loopback_alone() {
    let provider = OidcClientCredentials::new("http://idp.example.com/token", "billing", "hunter2");
    let error = provider.unwrap().token().await.unwrap_err();
    assert!(
        matches!(error, SaslError::InvalidCredentials(_)),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("allow_plaintext_credentials"),
        "{error}"
    );

    // With leave it is tried, here at an address where nobody is (RFC 5737) or nothing leads to.
    let provider = OidcClientCredentials::new("http://192.0.2.1:9/token", "billing", "hunter2")
        .unwrap()
        .allow_plaintext_credentials()
        .timeout(Duration::from_millis(200));
    let error = provider.token().await.unwrap_err();
    assert!(matches!(error, SaslError::Provider(_)), "{error:?}");
}

#[tokio::test]
async fn who_speaks_no_tls_is_told_apart() {
    let endpoint = Endpoint::start(false, vec![Script::ok(GRANT)]).await;
    // It waits for the end of a request that never looks like one, as servers do.
    let provider = endpoint.provider().timeout(Duration::from_millis(300));
    assert!(provider.token().await.unwrap_err().is_retriable());
    assert_eq!(endpoint.requests().len(), 0);
}

#[test]
fn debug_shows_no_secret() {
    let provider = OidcClientCredentials::new(
        "https://idp.example.com/token?k=hunter3",
        "billing",
        "hunter2",
    )
    .unwrap()
    .parameter("password", "hunter4");
    let debug = format!("{provider:?}");
    assert!(
        debug.contains("billing") && !debug.contains("hunter"),
        "{debug}"
    );
}
