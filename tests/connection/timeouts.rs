//! Each phase of connecting may have a time of its own, and the error says whose time was over. (Statement 20 of the cluster.)

use std::future::pending;
use std::io;
use std::sync::mpsc::channel;
use std::time::Duration;

use milena::connection::ConnectionBuilder;
use milena::error::{ConfigError, ConnectFailure, ErrorKind, Phase};
use milena::sasl::OauthBearer;
use milena::wire::error_code::ErrorCode;
use milena::{BrokerVersions, CloseReason, Connection, Error};
use socket2::{Domain, Socket, Type};
use tokio::io::DuplexStream;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::peer::{Memory, Peer, connect_failure, soon, usual_versions};
use crate::sasl::{shake_hands, versions};

const LIMIT: Duration = Duration::from_millis(100);

fn timed_out(error: &Error) -> (Phase, &'static str, Duration) {
    let (phase, cause) = connect_failure(error);
    let ConnectFailure::TimedOut { option, limit } = cause else {
        panic!("{cause}");
    };
    assert!(error.is_retriable() && !error.may_have_been_sent());
    let text = error.to_string();
    assert!(text.contains(option) && text.contains("100ms"), "{text}");
    (phase, option, *limit)
}

#[test]
fn resolving_has_a_time_of_its_own() {
    // Looking names up takes a thread for blocking work, and the only one is busy.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .build()
        .unwrap();
    runtime.block_on(async {
        let (release, busy) = channel::<()>();
        let blocker = tokio::task::spawn_blocking(move || busy.recv());
        let connect = Connection::builder().resolve_timeout(LIMIT);
        let error = soon(connect.connect("localhost:1")).await.unwrap_err();
        let expected = (Phase::Resolve, "resolve_timeout", LIMIT);
        assert_eq!(timed_out(&error), expected);
        drop(release);
        assert!(blocker.await.unwrap().is_err());
    });
}

#[tokio::test]
async fn opening_the_tcp_connection_has_a_time_of_its_own() {
    // Its line of callers is full, so that the system does not answer any more.
    let silent = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
    silent.bind(&any.into()).unwrap();
    silent.listen(0).unwrap();
    let address = silent.local_addr().unwrap().as_socket().unwrap();
    let _caller = TcpStream::connect(address).await.unwrap();
    let connect = Connection::builder().tcp_connect_timeout(LIMIT);
    let error = soon(connect.connect(&address.to_string()))
        .await
        .unwrap_err();
    let expected = (Phase::Tcp, "tcp_connect_timeout", LIMIT);
    assert_eq!(timed_out(&error), expected);
}

/// By the clock of a runtime, as nothing but memory is between the two.
async fn in_memory(
    configure: impl FnOnce(ConnectionBuilder) -> ConnectionBuilder,
    serve: impl AsyncFnOnce(&mut Peer),
) -> (Phase, &'static str, Duration) {
    let mut memory = Memory::new();
    let builder = memory.dial(configure(Connection::builder()));
    let began = Instant::now();
    let connect = builder.connect("peer.invalid:9092");
    let serve = async {
        let mut peer = memory.accept().await;
        serve(&mut peer).await;
        peer
    };
    let (result, mut peer) = tokio::join!(connect, serve);
    assert_eq!(began.elapsed(), LIMIT);
    peer.gone().await;
    timed_out(&result.unwrap_err())
}

#[tokio::test(start_paused = true)]
async fn a_dialer_has_the_time_of_tcp() {
    let connect = Connection::builder()
        .tcp_connect_timeout(LIMIT)
        .dialer(|_| pending::<io::Result<DuplexStream>>());
    let error = connect.connect("peer.invalid:9092").await.unwrap_err();
    let expected = (Phase::Tcp, "tcp_connect_timeout", LIMIT);
    assert_eq!(timed_out(&error), expected);
}

#[cfg(feature = "ring")]
#[tokio::test(start_paused = true)]
async fn the_tls_handshake_has_a_time_of_its_own() {
    let tls = crate::tls::Authority::new("ours").trusted();
    let configure = |builder: ConnectionBuilder| builder.tls(tls).tls_timeout(LIMIT);
    let outcome = in_memory(configure, async |peer| peer.wait_for_bytes().await).await;
    assert_eq!(outcome, (Phase::Tls, "tls_timeout", LIMIT));
}

#[tokio::test(start_paused = true)]
async fn authenticating_has_a_time_of_its_own_from_agreeing_on_the_mechanism_on() {
    let configure = |builder: ConnectionBuilder| {
        builder
            .sasl(OauthBearer::from_fn(pending))
            .allow_plaintext_credentials(true)
            .authentication_timeout(LIMIT)
    };
    let outcome = in_memory(configure, async |peer| {
        peer.answer_versions(&versions()).await;
    });
    let expected = (Phase::SaslHandshake, "authentication_timeout", LIMIT);
    assert_eq!(outcome.await, expected);
    let outcome = in_memory(configure, async |peer| {
        peer.answer_versions(&versions()).await;
        shake_hands(peer, ErrorCode::NONE, &["OAUTHBEARER"]).await;
    });
    let expected = (Phase::SaslAuthenticate, "authentication_timeout", LIMIT);
    assert_eq!(outcome.await, expected);
}

#[tokio::test(start_paused = true)]
async fn what_has_no_time_of_its_own_has_that_of_all_of_connecting() {
    let configure = |builder: ConnectionBuilder| builder.connect_timeout(LIMIT);
    let outcome = in_memory(configure, async |peer| peer.wait_for_bytes().await).await;
    assert_eq!(outcome, (Phase::ApiVersions, "connect_timeout", LIMIT));
}

/// The words of those that end a connection name their options, too.
#[tokio::test(start_paused = true)]
async fn request_and_idle_are_told_apart() {
    let mut memory = Memory::new();
    let builder = memory.dial(Connection::builder().connections_max_idle(LIMIT));
    let connect = builder.connect("peer.invalid:9092");
    let serve = async {
        let mut peer = memory.accept().await;
        peer.answer_versions(&usual_versions()).await;
        peer
    };
    let (connection, _peer) = tokio::join!(connect, serve);
    let reason = connection.unwrap().closed().await;
    assert!(matches!(reason, CloseReason::IdleDrop));
    assert!(reason.to_string().contains("connections_max_idle"));
    let reason = CloseReason::ConnectionTimeout;
    assert!(reason.to_string().contains("request_timeout"));
}

/// What cannot be is told before anything is dialed. One row for each mistake.
#[tokio::test]
async fn options_that_cannot_be_are_errors_that_name_them() {
    let builder = || {
        Connection::builder().dialer(|address: String| async move {
            panic!("dials {address}");
            #[allow(unreachable_code, reason = "says the type")]
            io::Result::<DuplexStream>::Err(io::ErrorKind::Other.into())
        })
    };
    let second = Duration::from_secs(1);
    let zero = Duration::ZERO;
    let cases: Vec<(ConnectionBuilder, &str, &str)> = vec![
        (
            builder().client_id("x".repeat(32_768)),
            "client_id",
            "at most 32767",
        ),
        (
            builder().connect_timeout(zero),
            "connect_timeout",
            "more than 0",
        ),
        (
            builder().request_timeout(zero),
            "request_timeout",
            "more than 0",
        ),
        (builder().deadline(zero), "deadline", "more than 0"),
        (
            builder().connections_max_idle(zero),
            "connections_max_idle",
            "more than 0",
        ),
        (
            Connection::builder().resolve_timeout(zero),
            "resolve_timeout",
            "more than 0",
        ),
        (
            builder().tcp_connect_timeout(zero),
            "tcp_connect_timeout",
            "more than 0",
        ),
        (builder().tls_timeout(zero), "tls_timeout", "more than 0"),
        (
            builder().authentication_timeout(zero),
            "authentication_timeout",
            "more than 0",
        ),
        (
            Connection::builder().resolve_timeout(11 * second),
            "resolve_timeout",
            "at most connect_timeout, which is 10s",
        ),
        (
            builder()
                .connect_timeout(second)
                .tcp_connect_timeout(2 * second),
            "tcp_connect_timeout",
            "at most connect_timeout, which is 1s",
        ),
        (
            builder().connect_timeout(second).tls_timeout(2 * second),
            "tls_timeout",
            "at most connect_timeout, which is 1s",
        ),
        (
            builder()
                .connect_timeout(second)
                .authentication_timeout(2 * second),
            "authentication_timeout",
            "at most connect_timeout, which is 1s",
        ),
        (
            builder().tcp_keepalive(second / 2),
            "tcp_keepalive",
            "1s to 32767s",
        ),
        (
            builder().tcp_keepalive(32_768 * second),
            "tcp_keepalive",
            "1s to 32767s",
        ),
        (
            Connection::builder().send_buffer(0),
            "send_buffer",
            "1 to 2147483647",
        ),
        (
            Connection::builder().receive_buffer(1 << 31),
            "receive_buffer",
            "1 to 2147483647",
        ),
        (
            builder().max_response_size(0),
            "max_response_size",
            "more than 0",
        ),
        (
            builder().decode_memory_budget(0),
            "decode_memory_budget",
            "more than 0",
        ),
        (
            builder().max_queued_bytes(0),
            "max_queued_bytes",
            "more than 0",
        ),
        (
            builder().resolve_timeout(second),
            "resolve_timeout",
            "not together with dialer",
        ),
        (
            builder().send_buffer(1),
            "send_buffer",
            "not together with dialer",
        ),
        (
            builder().receive_buffer(1),
            "receive_buffer",
            "not together with dialer",
        ),
        (
            builder().fallback_versions(BrokerVersions::default()),
            "fallback_versions",
            "no API",
        ),
    ];
    for (builder, option, words) in cases {
        let error = builder.connect("peer.invalid:9092").await.unwrap_err();
        let ErrorKind::Config(ConfigError {
            option: found,
            problem,
            ..
        }) = error.kind()
        else {
            panic!("{option}: {error}");
        };
        assert_eq!(found, option);
        assert!(problem.contains(words), "{option}: {problem}");
        assert!(!error.is_retriable());
    }
}
