use milena_broker::{ApiKey, Cluster, ClusterBuilder, Profile, Sasl};
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::api_versions::ApiVersionsResponse;
use milena_wire::messages::metadata::MetadataResponse;
use tokio::io::AsyncWriteExt;

use crate::api_versions;
use crate::client::{Client, metadata_request};
use crate::login::plain;

async fn ranges(builder: ClusterBuilder) -> Vec<(i16, i16, i16)> {
    let cluster = builder.start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let response = client.call(&api_versions::request(), 0).await;
    assert_eq!(response.error_code, ErrorCode::NONE);
    api_versions::ranges(&response)
}

/// Those of some APIs, old ones and later ones.
fn some(ranges: &[(i16, i16, i16)]) -> Vec<(i16, i16, i16)> {
    let known = [0, 1, 2, 3, 10, 17, 18, 19, 21, 23, 36, 60];
    let ranges = ranges.iter().copied();
    ranges.filter(|(key, ..)| known.contains(key)).collect()
}

#[tokio::test]
async fn a_profile_lists_what_that_kafka_has() {
    let builder = || Cluster::builder();
    let listed = ranges(builder().profile(Profile::V2_8)).await;
    assert!(listed.iter().all(|(key, ..)| *key <= 61), "{listed:?}");
    assert_eq!(
        some(&listed),
        [
            (0, 0, 9),
            (1, 0, 12),
            (2, 0, 6),
            (3, 0, 11),
            (10, 0, 3),
            (17, 0, 1),
            (18, 0, 3),
            (19, 0, 7),
            (21, 0, 2),
            (23, 0, 4),
            (36, 0, 2),
            (60, 0, 0)
        ]
    );
    let listed = ranges(builder().profile(Profile::V1_1)).await;
    assert!(listed.iter().all(|(key, ..)| *key <= 42), "{listed:?}");
    assert_eq!(
        some(&listed),
        [
            (0, 0, 5),
            (1, 0, 7),
            (2, 0, 2),
            (3, 0, 5),
            (10, 0, 1),
            (17, 0, 1),
            (18, 0, 1),
            (19, 0, 2),
            (21, 0, 0),
            (23, 0, 0),
            (36, 0, 0)
        ]
    );
    let listed = ranges(builder().profile(Profile::V0_10_2)).await;
    assert!(listed.iter().all(|(key, ..)| *key <= 20), "{listed:?}");
    assert_eq!(
        some(&listed),
        [
            (0, 0, 2),
            (1, 0, 3),
            (2, 0, 1),
            (3, 0, 2),
            (10, 0, 0),
            (17, 0, 0),
            (18, 0, 0),
            (19, 0, 1)
        ]
    );
}

#[tokio::test]
async fn apis_are_limited_one_by_one() {
    let builder = Cluster::builder()
        .profile(Profile::V2_8)
        .cap_api(ApiKey::PRODUCE, 3)
        .limit_api(ApiKey::FETCH, 4..=11)
        .cap_api(ApiKey::LIST_OFFSETS, 100)
        .limit_api(ApiKey::METADATA, 12..=13)
        .without_api(ApiKey::SASL_HANDSHAKE)
        .without_api(ApiKey::SASL_AUTHENTICATE);
    let ranges = ranges(builder).await;
    let of = |key: ApiKey| ranges.iter().find(|(found, ..)| *found == key.0).copied();
    assert_eq!(ranges[..3], [(0, 0, 3), (1, 4, 11), (2, 0, 6)]);
    let gone = [
        ApiKey::METADATA,
        ApiKey::SASL_HANDSHAKE,
        ApiKey::SASL_AUTHENTICATE,
    ];
    assert_eq!(gone.map(of), [None; 3]);
    assert_eq!(of(ApiKey::CREATE_TOPICS), Some((19, 0, 7)));
}

#[tokio::test]
async fn what_a_profile_lacks_closes() {
    let builder = Cluster::builder().profile(Profile::V2_8);
    let cluster = builder.cap_api(ApiKey::METADATA, 8).start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let id = client.send(&metadata_request(&[]), 8).await;
    client.receive::<MetadataResponse>(id, 8).await;
    client.send(&metadata_request(&[]), 9).await;
    client.expect_close().await;
}

#[tokio::test]
async fn old_brokers_say_less_of_versions_that_they_lack() {
    for (profile, version, listed) in [
        (Profile::Newest, 5, &[(18, 0, 4)][..]),
        (Profile::V2_8, 4, &[(18, 0, 3)]),
        (Profile::V1_1, 3, &[]),
        (Profile::V0_10_2, 4, &[]),
    ] {
        let builder = Cluster::builder().profile(profile);
        let cluster = builder.start().await.unwrap();
        let mut client = Client::connect(&cluster, 1).await;
        let id = client.next_id();
        let mut frame = vec![0, 0, 0, 11, 0, 18, 0, version];
        frame.extend(id.to_be_bytes());
        frame.extend([0xff, 0xff, 0]);
        client.stream.write_all(&frame).await.unwrap();
        let response: ApiVersionsResponse = client.receive(id, 0).await;
        assert_eq!(response.error_code, ErrorCode::UNSUPPORTED_VERSION);
        assert_eq!(api_versions::ranges(&response), listed, "{profile:?}");
        let response = client.call(&api_versions::request(), 0).await;
        assert_eq!(response.error_code, ErrorCode::NONE);
    }
}

#[tokio::test]
async fn before_1_0_tokens_have_no_headers() {
    let sasl = Sasl::new().plain().user("alice", "secret");
    let builder = Cluster::builder().profile(Profile::V0_10_2).sasl(sasl);
    let cluster = builder.start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let mut handshake = milena_wire::messages::sasl_handshake::SaslHandshakeRequest::default();
    handshake.mechanism = "PLAIN".into();
    client.send(&handshake, 1).await;
    client.expect_close().await;

    let mut client = Client::connect(&cluster, 1).await;
    client.handshake("PLAIN", 0).await;
    client.raw_token(&plain("alice", "secret")).await;
    assert!(client.receive_frame().await.is_empty());
    client.metadata(&[], 2).await;
}
