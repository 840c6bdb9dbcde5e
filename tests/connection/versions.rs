//! Which versions are asked for, and which ones requests go out at.

use bytes::Bytes;
use milena::error::{ConnectFailure, ErrorKind, Phase};
use milena::wire::api_key::ApiKey;
use milena::wire::codec::{EncodeErrorKind, Message as _};
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::api_versions::ApiVersion;
use milena::wire::messages::metadata::MetadataRequestTopic;
use milena::wire::messages::{
    ApiVersionsResponse, FetchRequest, MetadataRequest, MetadataResponse, ProduceRequest,
};
use milena::{BrokerVersions, CloseReason, Connection};

use crate::peer::{
    Listener, Peer, api, connect_failure, frame, meet, reason, soon, strict, text, usual_versions,
};

async fn speaks(apis: &[ApiVersion]) -> (Connection, Peer) {
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

/// Statement 20: error 35 without anything behind the code is answered by asking in version 0.
#[tokio::test]
async fn an_empty_refusal_is_followed_by_version_0() {
    let (connection, requests) = meet(async |listener| {
        let mut peer = listener.accept().await;
        let first = peer.request().await;
        peer.send(&frame(first.id(), 0, &[0, 35])).await;
        let second = peer.answer_versions(&usual_versions()).await;
        let versions = [first, second].map(|request| request.header.request_api_version);
        (versions, peer)
    })
    .await;
    connection.unwrap();
    assert_eq!(requests.0, [4, 0]);
}

/// Statement 20: the same for an empty list of versions behind the code, which is how Kafka before 2.4 refuses.
#[tokio::test]
async fn a_refusal_with_an_empty_list_is_followed_by_version_0() {
    let (connection, (request, _peer)) = meet(async |listener| {
        let mut peer = listener.accept().await;
        peer.refuse_version(&[]).await;
        (peer.answer_versions(&usual_versions()).await, peer)
    })
    .await;
    connection.unwrap();
    assert_eq!(request.header.request_api_version, 0);
}

/// Statement 20 and fault 5: version 0 cannot be refused.
#[tokio::test]
async fn a_refusal_of_version_0_ends_it() {
    let (result, closed) = meet(async |listener| {
        let mut peer = listener.accept().await;
        peer.refuse_version(&[]).await;
        peer.refuse_version(&[]).await;
        peer.is_closed().await
    })
    .await;
    let error = result.unwrap_err();
    let (phase, cause) = connect_failure(&error);
    assert_eq!(phase, Phase::ApiVersions);
    assert!(
        matches!(cause, ConnectFailure::Refused(why) if why.contains("ApiVersions v0")),
        "{cause:?}"
    );
    assert!(closed && !error.is_retriable());
}

/// Statement 20: the whole way down: v4, v0 on a fresh connection, and then what the user says, which is not asked for any more.
#[tokio::test]
async fn a_broker_that_always_hangs_up_is_taken_for_what_the_user_says() {
    let listener = Listener::start().await;
    let address = listener.address();
    let connect = strict()
        .fallback_versions(BrokerVersions::kafka_0_9())
        .connect(&address);
    let serve = async {
        for expected in [4, 0] {
            let mut peer = listener.accept().await;
            let request = peer.request().await;
            assert_eq!(ApiKey(request.header.request_api_key), ApiKey::API_VERSIONS);
            assert_eq!(request.header.request_api_version, expected);
            assert_eq!(request.id(), 1, "each connection begins anew");
        }
        listener.accept().await
    };
    let (connection, mut peer) = soon(async { tokio::join!(connect, serve) }).await;
    let connection = connection.unwrap();
    assert_eq!(
        connection
            .broker_versions()
            .range(ApiKey::PRODUCE)
            .unwrap()
            .max,
        1
    );
    let topic = MetadataRequestTopic::default().with_name("t");
    let request = MetadataRequest::default().with_topics(vec![topic]);
    let call = tokio::spawn(connection.send(request));
    let request = peer.request().await;
    assert_eq!(ApiKey(request.header.request_api_key), ApiKey::METADATA);
    assert_eq!((request.header.request_api_version, request.id()), (0, 1));
    peer.answer(&request, &MetadataResponse::default()).await;
    soon(call).await.unwrap().unwrap();
}

/// Statement 20: without a hint there is nothing left to try, and the error says so.
#[tokio::test]
async fn a_broker_that_always_hangs_up_is_an_error_without_a_hint() {
    let (result, ()) = meet(async |listener| {
        for _ in 0..2 {
            listener.accept().await.request().await;
        }
    })
    .await;
    let error = result.unwrap_err();
    let (phase, cause) = connect_failure(&error);
    assert_eq!(phase, Phase::ApiVersions);
    assert!(matches!(cause, ConnectFailure::Io(_)), "{cause:?}");
    assert!(error.is_retriable(), "it may be stopping just now");
    assert!(text(&error).contains("0.9"), "{error}");
}

/// Statement 20: the error code is looked at; any but 35 is an error, even if a list of versions comes with it.
#[tokio::test]
async fn an_error_code_is_an_error() {
    for code in [
        ErrorCode::CLUSTER_AUTHORIZATION_FAILED,
        ErrorCode(-1),
        ErrorCode(9999),
    ] {
        let (result, closed) = meet(async |listener| {
            let mut peer = listener.accept().await;
            let request = peer.request().await;
            let response = ApiVersionsResponse::default()
                .with_error_code(code)
                .with_api_keys(usual_versions());
            peer.answer(&request, &response).await;
            peer.is_closed().await
        })
        .await;
        let error = result.unwrap_err();
        let (phase, cause) = connect_failure(&error);
        assert_eq!(phase, Phase::ApiVersions);
        assert!(
            matches!(cause, ConnectFailure::Refused(why) if why.contains(&code.to_string())),
            "{cause:?}"
        );
        assert!(closed);
    }
}

/// Statement 21: full range, lower, none in common, and an API that the broker does not know.
#[tokio::test]
async fn the_version_is_the_highest_in_common() {
    for (min, max, expected) in [
        (0, 99, Some(13)),
        (0, 5, Some(5)),
        (9, 9, Some(9)),
        (90, 99, None),
    ] {
        let (connection, mut peer) = speaks(&[api(ApiKey::METADATA, min, max)]).await;
        let call = tokio::spawn(connection.send(MetadataRequest::default()));
        let Some(expected) = expected else {
            let error = soon(call).await.unwrap().unwrap_err();
            let ErrorKind::UnsupportedVersion { ours, theirs } = error.kind() else {
                panic!("{error:?}");
            };
            assert_eq!(*ours, MetadataRequest::VERSIONS);
            assert_eq!((theirs.min, theirs.max), (min, max));
            assert!(!error.may_have_been_sent() && !error.is_retriable());
            continue;
        };
        let request = peer.request().await;
        assert_eq!(request.header.request_api_version, expected);
        peer.answer(&request, &MetadataResponse::default()).await;
        soon(call).await.unwrap().unwrap();
    }
}

/// Statement 21: a field that only older versions have lowers the version, and where none of those is known it is an error.
#[tokio::test]
async fn a_field_that_a_version_lacks_lowers_it_or_is_an_error() {
    let wanted = MetadataRequest::default().with_include_cluster_authorized_operations(true);
    let (connection, mut peer) = speaks(&usual_versions()).await;
    let call = tokio::spawn(connection.send(wanted.clone()));
    let request = peer.request().await;
    assert_eq!(request.header.request_api_version, 10);
    let body = MetadataRequest::decode(&request.body, 10).unwrap();
    assert!(body.include_cluster_authorized_operations);
    call.abort();

    let (connection, mut peer) = speaks(&[api(ApiKey::METADATA, 11, 12)]).await;
    let error = soon(connection.send(wanted)).await.unwrap_err();
    let ErrorKind::InvalidRequest(cause) = error.kind() else {
        panic!("{error:?}");
    };
    assert_eq!(cause.kind(), EncodeErrorKind::FieldNotInVersion);
    assert_eq!(cause.field(), "include_cluster_authorized_operations");
    assert!(!error.may_have_been_sent());
    let call = tokio::spawn(connection.send(MetadataRequest::default()));
    assert_eq!(peer.request().await.id(), 2, "it took no id");
    call.abort();
}

/// Statement 21: Produce and Fetch know topics by name up to version 12, and by id from 13 on.
#[tokio::test]
async fn produce_and_fetch_without_topic_ids_stop_at_12() {
    use milena::wire::messages::fetch::FetchTopic;
    use milena::wire::messages::produce::TopicProduceData;
    use milena::wire::uuid::Uuid;

    let apis = [api(ApiKey::PRODUCE, 3, 13), api(ApiKey::FETCH, 4, 18)];
    let (connection, mut peer) = speaks(&apis).await;
    let id = Uuid::from_u128(7);
    for (by_name, expected) in [(true, 12), (false, 13)] {
        let topic = match by_name {
            true => TopicProduceData::default().with_name("t"),
            false => TopicProduceData::default().with_topic_id(id),
        };
        let request = ProduceRequest::default().with_acks(1);
        let call = tokio::spawn(connection.send(request.with_topic_data(vec![topic])));
        let request = peer.request().await;
        assert_eq!(request.header.request_api_version, expected);
        peer.answer(
            &request,
            &milena::wire::messages::ProduceResponse::default(),
        )
        .await;
        soon(call).await.unwrap().unwrap();
        let topic = match by_name {
            true => FetchTopic::default().with_topic("t"),
            false => FetchTopic::default().with_topic_id(id),
        };
        let call = connection.send(FetchRequest::default().with_topics(vec![topic]));
        let call = tokio::spawn(call);
        let request = peer.request().await;
        assert_eq!(request.header.request_api_version == 12, by_name);
        peer.answer(&request, &milena::wire::messages::FetchResponse::default())
            .await;
        soon(call).await.unwrap().unwrap();
    }
}

/// Statement 21: what wire does not know goes out as it is, behind a header with tagged fields, and so comes the answer.
#[tokio::test]
async fn a_raw_request_of_an_unknown_api_goes_round() {
    let (connection, mut peer) = speaks(&usual_versions()).await;
    let body = Bytes::from_static(b"whatever\0this is");
    let call = tokio::spawn(connection.send_raw(ApiKey(3000), 7, body));
    let request = soon(peer.frame()).await.unwrap();
    let header = b"\x0b\xb8\x00\x07\x00\x00\x00\x02\x00\x06milena\x00";
    assert_eq!(request, [&header[..], b"whatever\0this is"].concat());
    // One tagged field, number 5 of 2 bytes, which is passed over.
    let answer = b"\x00\x00\x00\x02\x01\x05\x02..the answer";
    let length = u32::try_from(answer.len()).unwrap().to_be_bytes();
    peer.send(&[&length[..], answer].concat()).await;
    let answer = soon(call).await.unwrap().unwrap();
    assert_eq!(answer, &b"the answer"[..]);
}

/// Statement 21: the header of an API that wire knows is the one of the version, which is not held against the broker's.
#[tokio::test]
async fn a_raw_request_of_a_known_api_has_its_header() {
    let (connection, mut peer) = speaks(&usual_versions()).await;
    for (version, header_version) in [(0, 0), (8, 0), (9, 1), (12, 1)] {
        let body = MetadataRequest::default().with_topics(vec![]);
        let body = body.encode(version).unwrap().into_bytes();
        let call = connection.send_raw(ApiKey::METADATA, version, body.clone());
        let call = tokio::spawn(call);
        let request = peer.request().await;
        assert_eq!(request.header.request_api_version, version);
        assert_eq!(request.header.client_id.as_deref(), Some("milena"));
        assert_eq!(request.body, body);
        peer.send(&frame(request.id(), header_version, b"as it is"))
            .await;
        let answer = soon(call).await.unwrap().unwrap();
        assert_eq!(answer, &b"as it is"[..], "version {version}");
    }
}

/// Statements 13 and 21: raw requests are in the same line as the others, and fail as they do.
#[tokio::test]
async fn a_raw_request_fails_as_others_do() {
    let (connection, mut peer) = speaks(&usual_versions()).await;
    let typed = tokio::spawn(connection.send(MetadataRequest::default()));
    let first = peer.request().await;
    let raw = tokio::spawn(connection.send_raw(ApiKey(3000), 0, Bytes::new()));
    soon(peer.frame()).await.unwrap();
    peer.answer(&first, &MetadataResponse::default()).await;
    soon(typed).await.unwrap().unwrap();
    drop(peer);
    let error = soon(raw).await.unwrap().unwrap_err();
    assert!(
        matches!(reason(&error), CloseReason::ConnectionBroken(_)),
        "{error}"
    );
    assert!(error.may_have_been_sent());
    assert_eq!(error.api(), Some(ApiKey(3000)));
    let late = connection.send_raw(ApiKey(3000), 0, Bytes::new());
    let error = soon(late).await.unwrap_err();
    assert!(!error.may_have_been_sent(), "{error}");
}

/// Statement 21: an answer to a raw request that is too short for its header.
#[tokio::test]
async fn a_raw_answer_without_its_header_is_an_error() {
    let (connection, mut peer) = speaks(&usual_versions()).await;
    let call = tokio::spawn(connection.send_raw(ApiKey(3000), 0, Bytes::new()));
    soon(peer.frame()).await.unwrap();
    peer.send(&frame(2, 0, b"")).await;
    let error = soon(call).await.unwrap().unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::InvalidResponse(_)),
        "{error:?}"
    );
    assert!(connection.close_reason().is_none());
}
