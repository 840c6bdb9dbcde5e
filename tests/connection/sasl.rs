//! The SASL exchange on the wire, with a mechanism of the test's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use milena::connection::ConnectionBuilder;
use milena::error::{ConnectFailure, Phase};
use milena::sasl::{
    OauthBearer, Plain, SaslAuthenticator, SaslBroker, SaslError, SaslFuture, SaslSession,
    ScramSha256, Step,
};
use milena::wire::api_key::ApiKey;
use milena::wire::codec::Message as _;
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::api_versions::ApiVersion;
use milena::wire::messages::{
    MetadataRequest, MetadataResponse, ProduceRequest, ProduceResponse, SaslAuthenticateRequest,
    SaslAuthenticateResponse, SaslHandshakeRequest, SaslHandshakeResponse,
};
use milena::{CloseReason, Connection, Error};
use tokio::time::{Instant, sleep};

use crate::peer::{
    Listener, Memory, Peer, api, connect_failure, reason, soon, text, usual_versions,
};

/// Says "Super data" and is satisfied with nothing.
#[derive(Debug, Default)]
struct Super {
    sessions: Arc<AtomicUsize>,
}

struct SuperSession;

impl SaslAuthenticator for Super {
    fn mechanism(&self) -> &str {
        "SUPER"
    }

    fn session(&self, broker: &SaslBroker<'_>) -> Box<dyn SaslSession> {
        assert!(!broker.host.is_empty());
        self.sessions.fetch_add(1, Ordering::Relaxed);
        Box::new(SuperSession)
    }
}

impl SaslSession for SuperSession {
    fn step<'a>(&'a mut self, challenge: Option<&'a [u8]>) -> SaslFuture<'a> {
        Box::pin(async move {
            match challenge {
                None => Ok(Step::respond("Super data")),
                Some(b"more") => Ok(Step::respond("more data")),
                Some(b"") => Ok(Step::Done),
                Some(_) => Err(SaslError::InvalidChallenge("not super".into())),
            }
        })
    }
}

fn with_super(builder: ConnectionBuilder) -> ConnectionBuilder {
    builder.sasl(Super::default())
}

/// Of a broker that speaks SASL, as from Kafka 1.0 on.
pub(crate) fn versions() -> Vec<ApiVersion> {
    let sasl = [
        api(ApiKey::SASL_HANDSHAKE, 0, 1),
        api(ApiKey::SASL_AUTHENTICATE, 0, 2),
    ];
    [usual_versions(), sasl.to_vec()].concat()
}

/// Of one that takes the mechanism's messages bare.
pub(crate) fn old_versions() -> Vec<ApiVersion> {
    let sasl = vec![api(ApiKey::SASL_HANDSHAKE, 0, 0)];
    [usual_versions(), sasl].concat()
}

/// Answers the handshake; gives the mechanism and the version that were asked.
pub(crate) async fn shake_hands(
    peer: &mut Peer,
    code: ErrorCode,
    mechanisms: &[&'static str],
) -> (String, i16) {
    let request = peer.request().await;
    assert_eq!(
        ApiKey(request.header.request_api_key),
        ApiKey::SASL_HANDSHAKE
    );
    let version = request.header.request_api_version;
    let body = SaslHandshakeRequest::decode(&request.body, version).unwrap();
    let mechanisms: Vec<_> = mechanisms.iter().map(|name| (*name).into()).collect();
    let response = SaslHandshakeResponse::default()
        .with_error_code(code)
        .with_mechanisms(mechanisms);
    peer.answer(&request, &response).await;
    (body.mechanism.to_string(), version)
}

/// Answers a SaslAuthenticate request; gives what it said.
pub(crate) async fn authenticate(peer: &mut Peer, response: &SaslAuthenticateResponse) -> Vec<u8> {
    let request = peer.request().await;
    assert_eq!(
        ApiKey(request.header.request_api_key),
        ApiKey::SASL_AUTHENTICATE
    );
    assert_eq!(request.header.request_api_version, 2);
    let body = SaslAuthenticateRequest::decode(&request.body, 2).unwrap();
    peer.answer(&request, response).await;
    body.auth_bytes.to_vec()
}

pub(crate) fn challenge(bytes: impl Into<bytes::Bytes>) -> SaslAuthenticateResponse {
    SaslAuthenticateResponse::default().with_auth_bytes(bytes)
}

pub(crate) fn lasts(time: Duration) -> SaslAuthenticateResponse {
    let milliseconds = i64::try_from(time.as_millis()).unwrap();
    SaslAuthenticateResponse::default().with_session_lifetime_ms(milliseconds)
}

pub(crate) async fn refused(
    change: impl FnOnce(ConnectionBuilder) -> ConnectionBuilder,
    script: impl AsyncFnOnce(&mut Peer),
) -> Error {
    let listener = Listener::start().await;
    let (result, mut peer) = listener.meet(change, script).await;
    let error = result.unwrap_err();
    assert!(peer.is_closed().await, "no socket is left");
    error
}

pub(crate) fn sasl_error(error: &Error) -> (Phase, &SaslError) {
    let (phase, ConnectFailure::Sasl(cause)) = connect_failure(error) else {
        panic!("{error:?}");
    };
    (phase, cause)
}

/// Statements 1, 22, 23: versions, handshake v1, then as many steps as the mechanism takes.
#[tokio::test]
async fn a_mechanism_of_ones_own_authenticates_step_by_step() {
    let listener = Listener::start().await;
    let authenticator = Super::default();
    let sessions = Arc::clone(&authenticator.sessions);
    let (connection, mut peer) = listener
        .meet(
            |builder| builder.sasl(authenticator),
            async |peer| {
                peer.answer_versions(&versions()).await;
                let asked = shake_hands(peer, ErrorCode::NONE, &["SUPER"]).await;
                assert_eq!(asked, ("SUPER".to_owned(), 1));
                let said = authenticate(peer, &challenge("more")).await;
                assert_eq!(said, b"Super data");
                let said = authenticate(peer, &challenge("")).await;
                assert_eq!(said, b"more data");
            },
        )
        .await;
    let connection = connection.unwrap();
    assert_eq!(sessions.load(Ordering::Relaxed), 1);
    let report = connection.report();
    assert_eq!(
        (report.mechanism(), report.session_lifetime()),
        (Some("SUPER"), None)
    );
    let phases: Vec<Phase> = report.phases().map(|(phase, _)| phase).collect();
    let expected = [
        Phase::Resolve,
        Phase::Tcp,
        Phase::ApiVersions,
        Phase::SaslHandshake,
        Phase::SaslAuthenticate,
    ];
    assert_eq!(phases, expected);
    let call = tokio::spawn(connection.send(MetadataRequest::default()));
    assert_eq!(
        peer.request().await.id(),
        5,
        "each request of the exchange took an id"
    );
    call.abort();
}

/// Statements 12 and 23: after a handshake of version 0 the messages are bare, and take no ids.
#[tokio::test]
async fn old_brokers_take_bare_messages() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener
        .meet(with_super, async |peer| {
            peer.answer_versions(&old_versions()).await;
            let asked = shake_hands(peer, ErrorCode::NONE, &["SUPER"]).await;
            assert_eq!(asked, ("SUPER".to_owned(), 0));
            assert_eq!(peer.bytes(14).await, b"\0\0\0\x0aSuper data");
            peer.send(&[0; 4]).await;
        })
        .await;
    let connection = connection.unwrap();
    let call = tokio::spawn(connection.send(MetadataRequest::default()));
    assert_eq!(peer.request().await.id(), 3);
    call.abort();
}

/// Statement 23: old brokers hang up on wrong credentials.
#[tokio::test]
async fn an_old_broker_that_hangs_up_refuses() {
    let listener = Listener::start().await;
    let (result, ()) = {
        let builder = with_super(Connection::builder());
        let address = listener.address();
        let serve = async {
            let mut peer = listener.accept().await;
            peer.answer_versions(&old_versions()).await;
            shake_hands(&mut peer, ErrorCode::NONE, &["SUPER"]).await;
            peer.bytes(14).await;
        };
        soon(async { tokio::join!(builder.connect(&address), serve) }).await
    };
    let error = result.unwrap_err();
    let (phase, cause) = sasl_error(&error);
    assert_eq!(phase, Phase::SaslAuthenticate);
    assert!(
        matches!(cause, SaslError::Refused { code: None, .. }),
        "{cause:?}"
    );
    assert!(!error.is_retriable());
}

/// Statement 23: the broker's list is told, and no other mechanism is tried.
#[tokio::test]
async fn a_mechanism_that_the_broker_does_not_offer_is_an_error_with_its_list() {
    for versions in [versions(), old_versions()] {
        let error = refused(with_super, async |peer| {
            peer.answer_versions(&versions).await;
            let code = ErrorCode::UNSUPPORTED_SASL_MECHANISM;
            shake_hands(peer, code, &["PLAIN", "GSSAPI"]).await;
        })
        .await;
        let (phase, cause) = sasl_error(&error);
        assert_eq!(phase, Phase::SaslHandshake);
        let SaslError::UnsupportedMechanism { mechanism, offered } = cause else {
            panic!("{cause:?}");
        };
        assert_eq!(
            (&**mechanism, &offered[..]),
            ("SUPER", &["PLAIN".to_owned(), "GSSAPI".to_owned()][..])
        );
        assert!(text(&error).contains("PLAIN, GSSAPI"));
        assert!(!error.is_retriable());
    }
}

#[tokio::test]
async fn a_handshake_refused_for_another_reason_says_so() {
    let error = refused(with_super, async |peer| {
        peer.answer_versions(&versions()).await;
        shake_hands(peer, ErrorCode::ILLEGAL_SASL_STATE, &[]).await;
    })
    .await;
    let expected = Some(ErrorCode::ILLEGAL_SASL_STATE);
    assert!(matches!(sasl_error(&error).1, SaslError::Refused { code, .. } if *code == expected));
}

#[tokio::test]
async fn a_broker_without_sasl_is_an_error() {
    let error = refused(with_super, async |peer| {
        peer.answer_versions(&usual_versions()).await;
    })
    .await;
    assert!(matches!(
        sasl_error(&error).1,
        SaslError::UnsupportedMechanism { .. }
    ));
}

/// Statement 24: the broker's words are in the error, on one line, and it is not retried.
#[tokio::test]
async fn a_refusal_carries_the_brokers_message() {
    let error = refused(with_super, async |peer| {
        peer.answer_versions(&versions()).await;
        shake_hands(peer, ErrorCode::NONE, &["SUPER"]).await;
        let refusal = SaslAuthenticateResponse::default()
            .with_error_code(ErrorCode::SASL_AUTHENTICATION_FAILED)
            .with_error_message(bytestring::ByteString::from("not\nsuper enough"));
        authenticate(peer, &refusal).await;
    })
    .await;
    let (phase, cause) = sasl_error(&error);
    assert_eq!(phase, Phase::SaslAuthenticate);
    let expected = Some(ErrorCode::SASL_AUTHENTICATION_FAILED);
    assert!(matches!(cause, SaslError::Refused { code, .. } if *code == expected));
    assert!(text(&error).contains("not\\nsuper enough"), "{error}");
    assert!(!error.is_retriable());
}

#[tokio::test]
async fn a_challenge_that_the_mechanism_refuses_ends_it() {
    let error = refused(with_super, async |peer| {
        peer.answer_versions(&versions()).await;
        shake_hands(peer, ErrorCode::NONE, &["SUPER"]).await;
        authenticate(peer, &challenge("something else")).await;
    })
    .await;
    assert!(matches!(
        sasl_error(&error).1,
        SaslError::InvalidChallenge(_)
    ));
    assert!(!error.is_retriable());
}

/// Statement 8: before it has authenticated, a peer may send no more than 64 KiB at once.
#[tokio::test]
async fn an_unauthenticated_peer_is_kept_short() {
    let error = refused(with_super, async |peer| {
        peer.answer_versions(&versions()).await;
        peer.request().await;
        peer.send(&(64i32 * 1024 + 1).to_be_bytes()).await;
    })
    .await;
    let (phase, cause) = connect_failure(&error);
    assert_eq!(phase, Phase::SaslHandshake);
    assert!(
        matches!(cause, ConnectFailure::NotKafka(what) if what.contains("65537")),
        "{cause:?}"
    );
}

/// Statement 31: not even a connection is opened.
#[tokio::test]
async fn credentials_are_not_shown_to_everybody() {
    for authenticator in [
        Arc::new(Plain::new("alice", "secret")) as Arc<dyn SaslAuthenticator>,
        Arc::new(OauthBearer::with_token("token")),
    ] {
        let builder = Connection::builder().shared_sasl(Arc::clone(&authenticator));
        // Nobody listens there, and nobody is asked.
        let error = builder.connect("127.0.0.1:1").await.unwrap_err();
        let (phase, cause) = sasl_error(&error);
        assert_eq!(phase, Phase::SaslHandshake);
        assert!(matches!(cause, SaslError::PlaintextCredentials { .. }));
        let allowed = Connection::builder()
            .shared_sasl(authenticator)
            .allow_plaintext_credentials(true);
        let error = allowed.connect("127.0.0.1:1").await.unwrap_err();
        assert_eq!(connect_failure(&error).0, Phase::Tcp);
    }
    let scram = Connection::builder().sasl(ScramSha256::new("alice", "secret"));
    let error = scram.connect("127.0.0.1:1").await.unwrap_err();
    assert_eq!(connect_failure(&error).0, Phase::Tcp, "SCRAM shows nothing");
}

/// Statement 1: a provider of tokens that hangs is within the one time-out, too.
#[tokio::test]
async fn a_provider_that_hangs_is_bounded_by_the_connect_timeout() {
    let hanging = OauthBearer::from_fn(std::future::pending);
    let error = refused(
        |builder| {
            builder
                .sasl(hanging)
                .allow_plaintext_credentials(true)
                .connect_timeout(Duration::from_millis(200))
        },
        async |peer| {
            peer.answer_versions(&versions()).await;
            shake_hands(peer, ErrorCode::NONE, &["OAUTHBEARER"]).await;
        },
    )
    .await;
    let (phase, cause) = connect_failure(&error);
    assert_eq!(phase, Phase::SaslAuthenticate);
    assert!(matches!(cause, ConnectFailure::TimedOut { .. }));
}

#[tokio::test]
async fn a_provider_that_fails_may_be_asked_again() {
    let failing = OauthBearer::from_fn(|| async { Err(SaslError::provider("no token today")) });
    let error = refused(
        |builder| builder.sasl(failing).allow_plaintext_credentials(true),
        async |peer| {
            peer.answer_versions(&versions()).await;
            shake_hands(peer, ErrorCode::NONE, &["OAUTHBEARER"]).await;
        },
    )
    .await;
    assert!(error.is_retriable());
    assert!(text(&error).contains("no token today"));
}

const MINUTE: Duration = Duration::from_secs(60);

/// A connection whose session lasts 10 minutes, in paused time.
async fn session(request_timeout: Duration) -> (Connection, Peer) {
    let mut memory = Memory::new();
    let builder = Connection::builder()
        .sasl(Super::default())
        .request_timeout(request_timeout)
        .connections_max_idle(Duration::MAX);
    let connect = memory.dial(builder).connect("peer.invalid:9092");
    let serve = async {
        let mut peer = memory.accept().await;
        peer.answer_versions(&versions()).await;
        shake_hands(&mut peer, ErrorCode::NONE, &["SUPER"]).await;
        authenticate(&mut peer, &lasts(10 * MINUTE)).await;
        peer
    };
    let (connection, peer) = tokio::join!(connect, serve);
    let connection = connection.unwrap();
    assert_eq!(connection.report().session_lifetime(), Some(10 * MINUTE));
    (connection, peer)
}

/// The next request, however long it takes; time is paused.
async fn next_api(peer: &mut Peer) -> ApiKey {
    let frame = peer.frame().await.unwrap();
    ApiKey(i16::from_be_bytes(frame[..2].try_into().unwrap()))
}

/// Statement 30: at 85 to 95 percent of the session, on the same connection, and again for the next one.
#[tokio::test(start_paused = true)]
async fn a_session_is_renewed_before_it_ends() {
    let (connection, mut peer) = session(MINUTE).await;
    for _ in 0..3 {
        let began = Instant::now();
        peer.wait_for_bytes().await;
        let time = began.elapsed();
        assert!((8 * MINUTE..10 * MINUTE).contains(&time), "{time:?}");
        shake_hands(&mut peer, ErrorCode::NONE, &["SUPER"]).await;
        authenticate(&mut peer, &lasts(10 * MINUTE)).await;
    }
    let call = tokio::spawn(connection.send(MetadataRequest::default()));
    let request = peer.request().await;
    peer.answer(&request, &MetadataResponse::default()).await;
    call.await.unwrap().unwrap();
}

/// Statement 30 and fault 4: what is in flight is answered first, what is new waits, and then goes on.
#[tokio::test(start_paused = true)]
async fn a_renewal_never_overlaps_an_answer() {
    let (connection, mut peer) = session(60 * MINUTE).await;
    sleep(8 * MINUTE).await;
    // This one is asked before the renewal is due, and answered after.
    let slow = connection
        .send(MetadataRequest::default())
        .deadline(9 * MINUTE);
    let slow = tokio::spawn(slow);
    let first = peer.request().await;
    sleep(MINUTE * 8 / 5).await;
    let waiting = tokio::spawn(connection.send(MetadataRequest::default()));
    assert!(
        peer.is_silent().await,
        "neither a request nor a renewal while an answer is due"
    );
    peer.answer(&first, &MetadataResponse::default()).await;
    slow.await.unwrap().unwrap();
    shake_hands(&mut peer, ErrorCode::NONE, &["SUPER"]).await;
    authenticate(&mut peer, &lasts(10 * MINUTE)).await;
    let request = peer.request().await;
    assert_eq!(ApiKey(request.header.request_api_key), ApiKey::METADATA);
    peer.answer(&request, &MetadataResponse::default()).await;
    waiting.await.unwrap().unwrap();
}

/// Statement 30: a broker reads what is behind a request only when that is answered, and by then the session may be over.
#[tokio::test(start_paused = true)]
async fn nothing_is_sent_behind_a_request_that_may_outlast_the_session() {
    let (connection, mut peer) = session(60 * MINUTE).await;
    sleep(7 * MINUTE).await;
    // A session of 10 minutes is renewed after 8.5 at the earliest.
    for (minutes, holds) in [(1, false), (3, true)] {
        let timeout_ms = minutes * 60 * 1000;
        let slow = ProduceRequest::default()
            .with_acks(1)
            .with_timeout_ms(timeout_ms);
        let slow = tokio::spawn(connection.send(slow));
        let first = peer.request().await;
        let next = tokio::spawn(connection.send(MetadataRequest::default()));
        assert_eq!(peer.is_silent().await, holds, "{minutes} minutes");
        peer.answer(&first, &ProduceResponse::default()).await;
        slow.await.unwrap().unwrap();
        let request = peer.request().await;
        peer.answer(&request, &MetadataResponse::default()).await;
        next.await.unwrap().unwrap();
    }
}

/// Statements 3, 24, 30.
#[tokio::test(start_paused = true)]
async fn a_refused_renewal_closes_the_connection_and_nothing_was_sent() {
    let (connection, mut peer) = session(MINUTE).await;
    assert_eq!(next_api(&mut peer).await, ApiKey::SASL_HANDSHAKE);
    let waiting = tokio::spawn(connection.send(MetadataRequest::default()));
    tokio::task::yield_now().await;
    drop(peer);
    let closed = connection.closed().await;
    assert!(
        matches!(closed, CloseReason::ConnectionBroken(_)),
        "{closed}"
    );
    let error = waiting.await.unwrap().unwrap_err();
    assert!(!error.may_have_been_sent(), "{error}");

    let (connection, mut peer) = session(MINUTE).await;
    peer.wait_for_bytes().await;
    let waiting = tokio::spawn(connection.send(MetadataRequest::default()));
    shake_hands(&mut peer, ErrorCode::NONE, &["SUPER"]).await;
    let refusal = SaslAuthenticateResponse::default()
        .with_error_code(ErrorCode::SASL_AUTHENTICATION_FAILED)
        .with_error_message(bytestring::ByteString::from("no longer super"));
    authenticate(&mut peer, &refusal).await;
    let closed = connection.closed().await;
    let CloseReason::AuthFailure(cause) = &closed else {
        panic!("{closed}");
    };
    assert!(cause.to_string().contains("no longer super"));
    let error = waiting.await.unwrap().unwrap_err();
    assert!(
        matches!(reason(&error), CloseReason::AuthFailure(_)),
        "{error}"
    );
    assert!(
        !error.may_have_been_sent() && !error.is_retriable(),
        "{error}"
    );
}

/// Statements 17 and 30: a call that waits for a renewal has its deadline all the same, and a renewal that hangs is given up.
#[tokio::test(start_paused = true)]
async fn a_renewal_that_hangs_is_bounded() {
    let (connection, mut peer) = session(MINUTE).await;
    peer.wait_for_bytes().await;
    let began = Instant::now();
    let error = connection
        .send(MetadataRequest::default())
        .deadline(Duration::from_secs(5))
        .await
        .unwrap_err();
    assert_eq!(began.elapsed().as_secs(), 5);
    assert!(!error.may_have_been_sent(), "{error}");
    let closed = connection.closed().await;
    assert!(matches!(closed, CloseReason::ConnectionTimeout), "{closed}");
    assert!(
        began.elapsed() <= MINUTE + Duration::from_secs(1),
        "{:?}",
        began.elapsed()
    );
}

/// Statement 30: a renewal has the time of an authentication, if that has one of its own.
#[tokio::test(start_paused = true)]
async fn a_renewal_that_hangs_has_the_time_of_an_authentication() {
    let limit = Duration::from_secs(2);
    let mut memory = Memory::new();
    let builder = with_super(Connection::builder()).authentication_timeout(limit);
    let connect = memory.dial(builder).connect("peer.invalid:9092");
    let serve = async {
        let mut peer = memory.accept().await;
        peer.answer_versions(&versions()).await;
        shake_hands(&mut peer, ErrorCode::NONE, &["SUPER"]).await;
        authenticate(&mut peer, &lasts(MINUTE)).await;
        peer
    };
    let (connection, mut peer) = tokio::join!(connect, serve);
    peer.wait_for_bytes().await;
    let began = Instant::now();
    let closed = connection.unwrap().closed().await;
    assert!(matches!(closed, CloseReason::ConnectionTimeout), "{closed}");
    assert_eq!(began.elapsed(), limit);
}

/// Statement 30, by the clock of the machine: a paused one fires timers that a real one would have set anew by then.
#[tokio::test]
async fn a_session_is_renewed_in_real_time() {
    let lifetime = Duration::from_millis(1400);
    let listener = Listener::start().await;
    let (connection, mut peer) = listener
        .meet(with_super, async |peer| {
            peer.answer_versions(&versions()).await;
            shake_hands(peer, ErrorCode::NONE, &["SUPER"]).await;
            authenticate(peer, &lasts(lifetime)).await;
        })
        .await;
    let _connection = connection.unwrap();
    for _ in 0..2 {
        let began = std::time::Instant::now();
        soon(peer.wait_for_bytes()).await;
        assert!(began.elapsed() < lifetime, "{:?}", began.elapsed());
        shake_hands(&mut peer, ErrorCode::NONE, &["SUPER"]).await;
        authenticate(&mut peer, &lasts(lifetime)).await;
    }
}

/// Statement 18: renewing its session is not using a connection.
#[tokio::test(start_paused = true)]
async fn a_session_does_not_keep_an_idle_connection() {
    let mut memory = Memory::new();
    let builder = Connection::builder()
        .sasl(Super::default())
        .connections_max_idle(25 * MINUTE);
    let connect = memory.dial(builder).connect("peer.invalid:9092");
    let serve = async {
        let mut peer = memory.accept().await;
        peer.answer_versions(&versions()).await;
        shake_hands(&mut peer, ErrorCode::NONE, &["SUPER"]).await;
        authenticate(&mut peer, &lasts(10 * MINUTE)).await;
        peer
    };
    let (connection, mut peer) = tokio::join!(connect, serve);
    let (connection, began) = (connection.unwrap(), Instant::now());
    let serve = async {
        // Two renewals, of two requests each; then the client goes.
        while let Some(request) = peer.slow_request().await {
            match ApiKey(request.header.request_api_key) {
                ApiKey::SASL_HANDSHAKE => {
                    peer.answer(&request, &SaslHandshakeResponse::default())
                        .await;
                }
                _ => peer.answer(&request, &lasts(10 * MINUTE)).await,
            }
        }
    };
    let (closed, ()) = tokio::join!(connection.closed(), serve);
    assert!(matches!(closed, CloseReason::IdleDrop), "{closed}");
    assert_eq!(began.elapsed().as_secs() / 60, 25);
}
