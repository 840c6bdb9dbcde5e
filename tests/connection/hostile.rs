//! Peers that are broken or mean, each on a live socket: the client ends with an error that says what they did.
//!
//! What they do in SASL is in `hostile_sasl`, what they do in TLS in `tls`; what they do to connections in use, beside this, in `closing`.

use std::time::Duration;

use bytes::Bytes;
use milena::error::{ConnectFailure, ErrorKind, Phase};
use milena::sasl::ScramSha256;
use milena::wire::api_key::ApiKey;
use milena::wire::codec::{DecodeErrorKind, Message as _};
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::metadata::MetadataResponseBroker;
use milena::wire::messages::{ApiVersionsResponse, MetadataRequest, MetadataResponse};
use milena::{CloseReason, Connection, Error};
use tokio::time::{Instant, sleep};

use crate::peer::{
    Listener, Memory, Peer, api, connect_failure, frame, meet, reason, soon, strict, text,
    usual_versions,
};
use crate::sasl::{refused, shake_hands, versions};

const SECOND: Duration = Duration::from_secs(1);

/// What a connect gives that is answered with these bytes.
async fn answered_with(bytes: &[u8]) -> Error {
    refused(
        |builder| builder,
        async |peer| {
            peer.request().await;
            peer.send(bytes).await;
        },
    )
    .await
}

/// Lengths that are none, and what other protocols begin with.
const NO_LENGTHS: [([u8; 4], &str); 6] = [
    ([0xff; 4], "length of -1 bytes"),
    ([0x80, 0, 0, 0], "length of -2147483648 bytes"),
    ([0x7f, 0xff, 0xff, 0xff], "length of 2147483647 bytes"),
    ([6, 0x40, 0, 1], "length of 104857601 bytes"),
    ([0x15, 3, 3, 0], ""),
    (*b"HTTP", ""),
];

/// Statements 8 and 9: while connecting nothing is reserved for them; a TLS server and a web server are called by their names.
#[tokio::test]
async fn a_frame_length_that_is_none_is_no_kafka() {
    for (bytes, words) in NO_LENGTHS {
        let error = answered_with(&[&bytes[..], b"/1.1 400 Bad Request"].concat()).await;
        let (phase, cause) = connect_failure(&error);
        assert_eq!(phase, Phase::ApiVersions);
        let ConnectFailure::NotKafka(what) = cause else {
            panic!("{cause:?}");
        };
        let words = match &bytes {
            b"HTTP" => "an HTTP server",
            [0x15, ..] => "a TLS listener",
            _ => words,
        };
        assert!(what.contains(words), "{what}");
        assert!(!error.is_retriable() && !error.may_have_been_sent());
    }
    // One that would be fine later is too long here.
    let error = answered_with(&(64i32 * 1024 + 1).to_be_bytes()).await;
    assert!(text(&error).contains("65537"), "{error}");
}

/// Statement 8: the same on a connection in use, where whoever waits is told.
#[tokio::test]
async fn a_frame_length_that_is_none_ends_the_connection() {
    for (bytes, words) in NO_LENGTHS {
        let listener = Listener::start().await;
        let (connection, mut peer) = listener.connected(|builder| builder).await;
        let call = tokio::spawn(connection.send(MetadataRequest::default()));
        peer.request().await;
        peer.send(&bytes).await;
        let error = soon(call).await.unwrap().unwrap_err();
        let CloseReason::ConnectionBroken(cause) = reason(&error) else {
            panic!("{error:?}");
        };
        assert_eq!(cause.kind(), std::io::ErrorKind::InvalidData);
        // It has spoken Kafka before, so it is no other kind of server.
        let words = if words.is_empty() {
            "at most 104857600"
        } else {
            words
        };
        assert!(cause.to_string().contains(words), "{cause}");
        assert!(error.may_have_been_sent());
        assert!(peer.is_closed().await);
    }
}

/// Counts, variable-length integers and tagged fields that lie about what comes: the version list, as version 4.
#[tokio::test]
async fn a_version_list_that_lies_is_refused() {
    let lies: [(&[u8], &str); 12] = [
        (b"", ""),
        (b"\0", ""),
        (b"\0\0", "needs 1 bytes"),
        (b"\0\0\xff\xff\xff\xff\x0f", "4294967294 elements"),
        (b"\0\0\x7f\0\x03\0\0\0\x0c\0", "126 elements"),
        (b"\0\0\xff\xff\xff\xff\x1f", "does not end"),
        (
            b"\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            "does not end",
        ),
        (b"\0\0\0", "null"),
        // The tagged fields: their number, a size, twice the same, and more inside of one than there is.
        (b"\0\0\x01\0\0\0\0\xff\xff\xff\xff\x0f", "needs 1 bytes"),
        (
            b"\0\0\x01\0\0\0\0\x01\x07\xff\xff\xff\xff\x0f",
            "needs 4294967295 bytes",
        ),
        (b"\0\0\x01\0\0\0\0\x02\x07\0\x07\0", "does not ascend"),
        (b"\0\0\x01\0\0\0\0\x01\x03\x02\x01\x01", "too many"),
    ];
    for (body, words) in lies {
        let error = refused(
            |builder| builder,
            async |peer| {
                let request = peer.request().await;
                peer.send(&frame(request.id(), 0, body)).await;
            },
        )
        .await;
        let (phase, cause) = connect_failure(&error);
        assert_eq!(phase, Phase::ApiVersions);
        let ConnectFailure::Refused(why) = cause else {
            panic!("{body:?}: {cause:?}");
        };
        assert!(
            why.contains("ApiVersionsResponse v4") && why.contains(words),
            "{body:?}: {why}"
        );
        assert!(!error.is_retriable());
    }
}

/// The same as version 0, whose counts have a sign.
#[tokio::test]
async fn a_version_list_with_a_sign_that_lies_is_refused() {
    for (count, words) in [
        (i32::MAX, "2147483647 elements"),
        (2, "2 elements"),
        (-1, "null"),
        (-2, "negative length -2"),
        (i32::MIN, "negative length -2147483648"),
    ] {
        let error = refused(
            |builder| builder,
            async |peer| {
                peer.refuse_version(&[]).await;
                let request = peer.request().await;
                let body = [&b"\0\0"[..], &count.to_be_bytes(), b"\0\x03\0\0\0\x0c"].concat();
                peer.send(&frame(request.id(), 0, &body)).await;
            },
        )
        .await;
        let told = text(&error);
        assert!(
            told.contains("ApiVersionsResponse v0") && told.contains(words),
            "{told}"
        );
    }
}

/// Asserts that a Metadata request that is answered with this body fails alone, and for this reason.
async fn misread(version: i16, body: &[u8], expected: DecodeErrorKind) {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener.connected(|builder| builder).await;
    let call = connection.send(MetadataRequest::default().with_topics(vec![]));
    let call = tokio::spawn(call.max_version(version));
    let request = peer.request().await;
    assert_eq!(request.header.request_api_version, version);
    peer.answer_raw::<MetadataResponse>(&request, body).await;
    let error = soon(call).await.unwrap().unwrap_err();
    let ErrorKind::InvalidResponse(cause) = error.kind() else {
        panic!("{error:?}");
    };
    assert_eq!(cause.kind(), expected, "{cause}");
    assert!(error.may_have_been_sent() && !error.is_retriable());
    let call = tokio::spawn(connection.send(MetadataRequest::default()));
    let request = peer.request().await;
    peer.answer(&request, &MetadataResponse::default()).await;
    soon(call).await.unwrap().unwrap();
}

/// Counts and lengths that lie in an answer fail its request, and nothing is reserved for what they promise.
#[tokio::test]
async fn an_answer_whose_counts_lie_fails_its_request_alone() {
    use DecodeErrorKind::{
        CountTooLarge, InvalidUtf8, NegativeLength, NullNotAllowed, TrailingBytes, UnexpectedEnd,
        VarintTooLong,
    };

    let huge = CountTooLarge {
        count: usize::try_from(i32::MAX).unwrap(),
        remaining: 0,
    };
    misread(1, b"\x7f\xff\xff\xff", huge).await;
    misread(1, b"\xff\xff\xff\xfe", NegativeLength(-2)).await;
    misread(1, b"\xff\xff\xff\xff", NullNotAllowed).await;
    // A broker's host: longer than what is there, of a negative length, no text.
    let broker = b"\0\0\0\x01\0\0\0\x07";
    let end = UnexpectedEnd {
        needed: 32767,
        remaining: 20,
    };
    let padding = [b'x'; 20];
    misread(1, &[&broker[..], b"\x7f\xff", &padding].concat(), end).await;
    let negative = [&broker[..], b"\xff\xfe", &padding].concat();
    misread(1, &negative, NegativeLength(-2)).await;
    let no_text = [&broker[..], b"\0\x02\xff\xfe", &padding].concat();
    misread(1, &no_text, InvalidUtf8).await;

    let huge = CountTooLarge {
        count: usize::try_from(u32::MAX - 1).unwrap(),
        remaining: 3,
    };
    misread(12, b"\0\0\0\0\xff\xff\xff\xff\x0f\0\0\0", huge).await;
    let endless = b"\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff";
    misread(12, endless, VarintTooLong).await;
    misread(12, b"\0\0\0\0\0", NullNotAllowed).await;
    // A whole answer, and more behind it.
    let whole = MetadataResponse::default().encode(12).unwrap();
    let more = [&whole.into_bytes()[..], b"more"].concat();
    misread(12, &more, TrailingBytes(4)).await;
}

/// A list that is as long as it says, of elements that take more memory than bytes.
#[tokio::test]
async fn an_answer_takes_no_more_memory_than_it_may() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener
        .connected(|builder| builder.decode_memory_budget(100_000))
        .await;
    for (brokers, fits) in [(100, true), (10_000, false), (100, true)] {
        let call = tokio::spawn(connection.send(MetadataRequest::default()));
        let request = peer.request().await;
        let brokers = vec![MetadataResponseBroker::default(); brokers];
        let answer = MetadataResponse::default().with_brokers(brokers);
        peer.answer(&request, &answer).await;
        match soon(call).await.unwrap() {
            Ok(_) => assert!(fits),
            Err(error) => {
                let ErrorKind::InvalidResponse(cause) = error.kind() else {
                    panic!("{error:?}");
                };
                let limit = 100_000;
                assert_eq!(cause.kind(), DecodeErrorKind::MemoryBudget { limit });
                assert!(!fits);
            }
        }
    }
}

/// Statement 13: ids that were answered before, that were never given, and that are negative.
#[tokio::test]
async fn ids_that_are_not_due_are_out_of_sync() {
    let body = MetadataResponse::default().encode(12).unwrap().into_bytes();
    for (id, answered_first) in [
        (2, true),
        (4, true),
        (-1, false),
        (i32::MIN, false),
        (3, false),
    ] {
        let listener = Listener::start().await;
        let (connection, mut peer) = listener.connected(|builder| builder).await;
        let calls = [(); 2].map(|()| tokio::spawn(connection.send(MetadataRequest::default())));
        let [first, second] = [peer.request().await, peer.request().await];
        let mut due = first.id();
        if answered_first {
            peer.answer(&first, &MetadataResponse::default()).await;
            due = second.id();
        }
        peer.send(&frame(id, 1, &body)).await;
        let [front, behind] = calls;
        let results = [soon(front).await.unwrap(), soon(behind).await.unwrap()];
        for (at, result) in results.into_iter().enumerate() {
            if at == 0 && answered_first {
                result.unwrap();
                continue;
            }
            let error = result.unwrap_err();
            let CloseReason::OutOfSync { expected, received } = reason(&error) else {
                panic!("{error:?}");
            };
            assert_eq!((*expected, *received), (Some(due), id));
            assert!(error.may_have_been_sent());
        }
        assert!(peer.is_closed().await);
    }
}

/// Statement 13: the same answer twice, when nothing else is due.
#[tokio::test]
async fn an_answer_that_comes_twice_is_out_of_sync() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener.connected(|builder| builder).await;
    let call = tokio::spawn(connection.send(MetadataRequest::default()));
    let request = peer.request().await;
    peer.answer(&request, &MetadataResponse::default()).await;
    soon(call).await.unwrap().unwrap();
    peer.answer(&request, &MetadataResponse::default()).await;
    let closed = soon(connection.closed()).await;
    assert!(
        matches!(
            closed,
            CloseReason::OutOfSync {
                expected: None,
                received: 2
            }
        ),
        "{closed}"
    );
}

/// Statement 13, while connecting: another id, and an unsolicited frame behind the answer.
#[tokio::test]
async fn ids_that_are_not_due_end_the_connect() {
    for id in [0, 2, -1] {
        let body = ApiVersionsResponse::default().with_api_keys(usual_versions());
        let body = body.encode(4).unwrap().into_bytes();
        let error = answered_with(&frame(id, 0, &body)).await;
        let (phase, cause) = connect_failure(&error);
        assert_eq!(phase, Phase::ApiVersions);
        let expected = format!("answers request {id}, and 1 was asked");
        assert!(
            matches!(cause, ConnectFailure::Refused(why) if why.contains(&expected)),
            "{cause:?}"
        );
    }
    let body = ApiVersionsResponse::default().with_api_keys(usual_versions());
    let body = body.encode(4).unwrap().into_bytes();
    let (result, _peer) = meet(async |listener| {
        let mut peer = listener.accept().await;
        peer.request().await;
        let twice = [frame(1, 0, &body), frame(1, 0, &body)].concat();
        peer.send(&twice).await;
        peer
    })
    .await;
    let closed = soon(result.unwrap().closed()).await;
    let CloseReason::OutOfSync { expected, received } = closed else {
        panic!("{closed}");
    };
    assert_eq!((expected, received), (None, 1));
}

/// Statement 20: ranges upside down are an error that names the API, known or not.
#[tokio::test]
async fn a_range_upside_down_is_an_error() {
    for (key, min, max) in [
        (ApiKey::METADATA, 9, 3),
        (ApiKey::METADATA, 0, -1),
        (ApiKey::PRODUCE, i16::MAX, i16::MIN),
        (ApiKey(3000), 1, 0),
        (ApiKey(-1), 1, 0),
    ] {
        let error = refused(
            |builder| builder,
            async |peer| {
                let mut apis = usual_versions();
                apis.push(api(key, min, max));
                peer.answer_versions(&apis).await;
            },
        )
        .await;
        let (phase, cause) = connect_failure(&error);
        assert_eq!(phase, Phase::ApiVersions);
        let expected = format!("versions of {key} are upside down");
        assert!(
            matches!(cause, ConnectFailure::Refused(why) if why.contains(&expected)),
            "{cause:?}"
        );
    }
}

/// A connection to a broker that offers this, and a word with it about Metadata.
async fn offered(apis: &[milena::wire::messages::api_versions::ApiVersion]) -> (Connection, Peer) {
    let listener = Listener::start().await;
    let (connection, peer) = listener
        .meet(
            |builder| builder,
            async |peer| {
                peer.answer_versions(apis).await;
            },
        )
        .await;
    (connection.unwrap(), peer)
}

/// Statement 21: versions below 0 are nothing that this side could send.
#[tokio::test]
async fn negative_versions_are_never_sent() {
    let (connection, mut peer) = offered(&[
        api(ApiKey::METADATA, i16::MIN, 5),
        api(ApiKey::PRODUCE, -9, -2),
    ])
    .await;
    let produce = milena::wire::messages::ProduceRequest::default().with_acks(1);
    let error = soon(connection.send(produce)).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::UnsupportedVersion { .. }),
        "{error:?}"
    );
    let call = connection.send(MetadataRequest::default());
    let error = soon(call.max_version(-1)).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::UnsupportedVersion { .. }),
        "{error:?}"
    );
    let call = tokio::spawn(connection.send(MetadataRequest::default()));
    let request = peer.request().await;
    assert_eq!((request.header.request_api_version, request.id()), (5, 2));
    call.abort();
}

/// APIs that nobody knows are passed on, and one that is listed twice has one of its ranges.
#[tokio::test]
async fn unknown_and_repeated_apis_do_no_harm() {
    let mut apis = usual_versions();
    apis.extend([
        api(ApiKey(-1), 0, 0),
        api(ApiKey(i16::MIN), 0, i16::MAX),
        api(ApiKey(i16::MAX), -1, 0),
        api(ApiKey::METADATA, 4, 4),
    ]);
    let (connection, mut peer) = offered(&apis).await;
    assert!(connection.broker_versions().range(ApiKey(-1)).is_some());
    let call = tokio::spawn(connection.send(MetadataRequest::default()));
    let request = peer.request().await;
    assert!([4, 12].contains(&request.header.request_api_version));
    peer.answer(&request, &MetadataResponse::default()).await;
    soon(call).await.unwrap().unwrap();
}

/// Statement 8: what fits into 64 KiB is read, and one more entry is refused before it is.
#[tokio::test]
async fn a_list_of_60_kib_is_read_and_a_longer_one_refused() {
    let list = |count| (0..count).map(|key| api(ApiKey(key), 0, 9)).collect();
    let many: Vec<_> = list(8_700);
    let (connection, mut peer) = offered(&many).await;
    assert_eq!(connection.broker_versions().iter().count(), 8_700);
    let call = tokio::spawn(connection.send(MetadataRequest::default()));
    assert_eq!(peer.request().await.header.request_api_version, 9);
    call.abort();

    let more: Vec<_> = list(9_400);
    let error = refused(
        |builder| builder,
        async |peer| {
            peer.answer_versions(&more).await;
        },
    )
    .await;
    assert!(
        matches!(connect_failure(&error).1, ConnectFailure::NotKafka(_)),
        "{error:?}"
    );
}

/// A throttle time is the caller's to heed: an absurd one holds nothing up and overflows nothing.
#[tokio::test]
async fn an_absurd_throttle_time_holds_nothing_up() {
    for time in [i32::MAX, i32::MIN, -1] {
        let listener = Listener::start().await;
        let (connection, mut peer) = listener
            .meet(
                |builder| builder,
                async |peer| {
                    let request = peer.request().await;
                    let response = ApiVersionsResponse::default()
                        .with_api_keys(usual_versions())
                        .with_throttle_time_ms(time);
                    peer.answer(&request, &response).await;
                },
            )
            .await;
        let connection = connection.unwrap();
        for _ in 0..2 {
            let call = tokio::spawn(connection.send(MetadataRequest::default()));
            let request = peer.request().await;
            let response = MetadataResponse::default().with_throttle_time_ms(time);
            peer.answer(&request, &response).await;
            let answer = soon(call).await.unwrap().unwrap();
            assert_eq!(answer.throttle_time_ms, time);
        }
    }
}

/// Frames that come byte by byte, both ways, are as good as whole ones.
#[tokio::test]
async fn frames_in_single_bytes_are_put_together() {
    let (ours, theirs) = tokio::io::duplex(1);
    let ours = std::sync::Mutex::new(Some(ours));
    let connect = strict()
        .dialer(move |_| {
            let stream = ours.lock().unwrap().take().unwrap();
            async move { Ok(stream) }
        })
        .connect("peer.invalid:9092");
    let serve = async {
        let mut peer = Peer::new(theirs);
        peer.answer_versions(&usual_versions()).await;
        peer
    };
    let (connection, mut peer) = soon(async { tokio::join!(connect, serve) }).await;
    let connection = connection.unwrap();
    for _ in 0..3 {
        let call = tokio::spawn(connection.send(MetadataRequest::default()));
        let request = peer.request().await;
        let brokers = vec![MetadataResponseBroker::default(); 10];
        let answer = MetadataResponse::default().with_brokers(brokers);
        peer.answer(&request, &answer).await;
        assert_eq!(soon(call).await.unwrap().unwrap().brokers.len(), 10);
    }
    // Over TCP, too, where the system may or may not put them together.
    let listener = Listener::start().await;
    let (connection, mut peer) = listener.connected(|builder| builder).await;
    let call = tokio::spawn(connection.send(MetadataRequest::default()));
    let request = peer.request().await;
    let body = MetadataResponse::default().encode(12).unwrap().into_bytes();
    for byte in frame(request.id(), 1, &body) {
        peer.send(&[byte]).await;
        tokio::task::yield_now().await;
    }
    soon(call).await.unwrap().unwrap();
}

/// Fault 1: half an answer is none, at whatever byte it ends; what came whole before it counts.
#[tokio::test]
async fn half_an_answer_is_none() {
    let body = MetadataResponse::default().encode(12).unwrap().into_bytes();
    let whole = frame(3, 1, &body);
    for length in [1, 3, 4, 5, 8, whole.len() - 1] {
        let listener = Listener::start().await;
        let (connection, mut peer) = listener.connected(|builder| builder).await;
        let calls = [(); 3].map(|()| tokio::spawn(connection.send(MetadataRequest::default())));
        let requests = [
            peer.request().await,
            peer.request().await,
            peer.request().await,
        ];
        peer.answer(&requests[0], &MetadataResponse::default())
            .await;
        peer.send(&whole[..length]).await;
        drop(peer);
        let [first, second, third] = calls;
        soon(first).await.unwrap().unwrap();
        for call in [second, third] {
            let error = soon(call).await.unwrap().unwrap_err();
            let CloseReason::ConnectionBroken(cause) = reason(&error) else {
                panic!("{error:?}");
            };
            assert_eq!(cause.kind(), std::io::ErrorKind::UnexpectedEof);
            assert!(error.may_have_been_sent() && error.is_retriable());
        }
    }
}

/// Statement 20: a broker that closes in the middle of its version list is asked once more, on a fresh connection.
#[tokio::test]
async fn half_a_version_list_is_none() {
    let body = ApiVersionsResponse::default().with_api_keys(usual_versions());
    let whole = frame(1, 0, &body.encode(4).unwrap().into_bytes());
    let (connection, (request, _peer)) = meet(async |listener| {
        let mut peer = listener.accept().await;
        peer.request().await;
        peer.send(&whole[..whole.len() - 1]).await;
        drop(peer);
        let mut peer = listener.accept().await;
        (peer.answer_versions(&usual_versions()).await, peer)
    })
    .await;
    connection.unwrap();
    assert_eq!(request.header.request_api_version, 0);
}

/// Statement 15: the answer to a call that was given up has its id looked at, and nothing else.
#[tokio::test]
async fn a_late_answer_is_not_decoded() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener.connected(|builder| builder).await;
    for (right, late) in [(true, &b""[..]), (true, &[0xff; 100]), (false, b"")] {
        let abandoned = tokio::spawn(connection.send(MetadataRequest::default()));
        let first = peer.request().await;
        abandoned.abort();
        assert!(abandoned.await.unwrap_err().is_cancelled());
        let call = tokio::spawn(connection.send(MetadataRequest::default()));
        let second = peer.request().await;
        if right {
            peer.send(&frame(first.id(), 0, late)).await;
            peer.answer(&second, &MetadataResponse::default()).await;
            soon(call).await.unwrap().unwrap();
            continue;
        }
        // The one in front is still due, though nobody waits for it.
        peer.answer(&second, &MetadataResponse::default()).await;
        let error = soon(call).await.unwrap().unwrap_err();
        let CloseReason::OutOfSync { expected, received } = reason(&error) else {
            panic!("{error:?}");
        };
        assert_eq!((*expected, *received), (Some(first.id()), second.id()));
    }
}

/// A byte a second, for as long as somebody listens.
async fn trickle(peer: &mut Peer, bytes: &[u8]) {
    for byte in bytes {
        sleep(SECOND).await;
        if peer.try_send(&[*byte]).await.is_err() {
            return;
        }
    }
}

/// Statement 1: one time-out bounds the whole of connecting, however alive the broker looks, in each of its phases.
#[tokio::test(start_paused = true)]
async fn a_slow_loris_is_bounded_by_the_connect_timeout() {
    let endless = [&60_000i32.to_be_bytes()[..], &[0; 1000]].concat();
    for (phase, authenticating) in [
        (Phase::ApiVersions, false),
        (Phase::SaslHandshake, true),
        (Phase::SaslAuthenticate, true),
    ] {
        let began = Instant::now();
        let (result, _peer) = Memory::new()
            .meet(
                |builder| {
                    let builder = builder.connect_timeout(7 * SECOND);
                    match authenticating {
                        true => builder.sasl(ScramSha256::new("alice", "pencil")),
                        false => builder,
                    }
                },
                async |peer| {
                    if phase != Phase::ApiVersions {
                        // Each phase begins late, and has no time-out of its own.
                        sleep(2 * SECOND).await;
                        peer.answer_versions(&versions()).await;
                    }
                    if phase == Phase::SaslAuthenticate {
                        sleep(2 * SECOND).await;
                        shake_hands(peer, ErrorCode::NONE, &["SCRAM-SHA-256"]).await;
                    }
                    peer.request().await;
                    trickle(peer, &endless).await;
                    let time = began.elapsed();
                    assert!(time < 9 * SECOND, "{time:?}: the stream is let go");
                },
            )
            .await;
        let error = result.unwrap_err();
        let (reached, cause) = connect_failure(&error);
        assert_eq!(reached, phase);
        assert!(
            matches!(cause, ConnectFailure::TimedOut { .. }),
            "{cause:?}"
        );
        assert!(error.is_retriable());
    }
}

/// Statement 17: bytes that trickle in are no answer: the call and the connection are bounded all the same.
#[tokio::test(start_paused = true)]
async fn a_slow_loris_is_bounded_by_the_request_timeout() {
    let mut memory = Memory::new();
    let (connection, mut peer) = memory
        .connected(|builder| builder.request_timeout(40 * SECOND))
        .await;
    let began = Instant::now();
    let hasty = connection.send(MetadataRequest::default());
    let hasty = tokio::spawn(hasty.deadline(5 * SECOND));
    let call = connection.send(MetadataRequest::default());
    let call = tokio::spawn(call.deadline(Duration::MAX));
    let endless = [&60_000i32.to_be_bytes()[..], &[0; 1000]].concat();
    let trickling = tokio::spawn(async move { trickle(&mut peer, &endless).await });
    let error = hasty.await.unwrap().unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::DeadlineExceeded),
        "{error:?}"
    );
    assert_eq!(began.elapsed().as_secs(), 5);
    let error = call.await.unwrap().unwrap_err();
    assert!(
        matches!(reason(&error), CloseReason::ConnectionTimeout),
        "{error:?}"
    );
    assert_eq!(began.elapsed().as_secs(), 40);
    trickling.await.unwrap();
}

/// A broker that sends and sends: the first frame that nobody asked for is the last that is read.
#[tokio::test]
async fn a_flood_of_answers_ends_at_the_first() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener.connected(|builder| builder).await;
    let flood = frame(9, 0, &Bytes::from(vec![0; 1000])).repeat(1000);
    let _ = peer.try_send(&flood).await;
    let closed = soon(connection.closed()).await;
    assert!(
        matches!(
            closed,
            CloseReason::OutOfSync {
                expected: None,
                received: 9
            }
        ),
        "{closed}"
    );
}
