use milena_broker::Cluster;
use milena_wire::api_key::ApiKey;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::api_versions::{ApiVersionsRequest, ApiVersionsResponse};
use tokio::io::AsyncWriteExt;

use crate::client::Client;

pub(crate) fn request() -> ApiVersionsRequest {
    let mut request = ApiVersionsRequest::default();
    request.client_software_name = "milena-test".into();
    request.client_software_version = "1.0".into();
    request
}

pub(crate) fn ranges(response: &ApiVersionsResponse) -> Vec<(i16, i16, i16)> {
    let keys = response.api_keys.iter();
    keys.map(|api| (api.api_key, api.min_version, api.max_version))
        .collect()
}

#[tokio::test]
async fn every_version_lists_just_what_is_served() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let expected = [
        (0, 0, 13),
        (1, 0, 18),
        (2, 0, 11),
        (3, 0, 13),
        (10, 0, 6),
        (17, 0, 1),
        (18, 0, 4),
        (19, 0, 7),
        (21, 0, 2),
        (23, 0, 4),
        (36, 0, 2),
        (60, 0, 2),
        (75, 0, 0),
    ];
    let all = ranges(&client.call(&request(), 0).await);
    assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0), "{all:?}");
    for version in 0..=4 {
        let response = client.call(&request(), version).await;
        assert_eq!(response.error_code, ErrorCode::NONE);
        assert_eq!(ranges(&response), all, "{version}");
        assert!(expected.iter().all(|one| all.contains(one)), "{all:?}");
    }
    let mut client = Client::connect(&cluster, 1).await;
    let unknown = [0, 0, 0, 10, 0x7f, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff];
    client.stream.write_all(&unknown).await.unwrap();
    client.expect_close().await;
}

#[tokio::test]
async fn a_version_from_the_future_is_answered_in_version_0() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    for version in [5i16, 100, i16::MAX, -1] {
        // What comes behind the correlation id, no broker of today can know.
        let mut frame = vec![0, 0, 0, 12, 0, 18];
        frame.extend(version.to_be_bytes());
        let id = client.next_id();
        frame.extend(id.to_be_bytes());
        frame.extend([0xff, 0xff, 0xff, 0xff]);
        client.stream.write_all(&frame).await.unwrap();
        let response: ApiVersionsResponse = client.receive(id, 0).await;
        assert_eq!(response.error_code, ErrorCode::UNSUPPORTED_VERSION);
        assert_eq!(ranges(&response), [(ApiKey::API_VERSIONS.0, 0, 4)]);
    }
    // The connection goes on.
    assert_eq!(client.call(&request(), 4).await.error_code, ErrorCode::NONE);
}

#[tokio::test]
async fn software_names_are_checked() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let mut request = request();
    request.client_software_name = "no spaces".into();
    let response = client.call(&request, 3).await;
    assert_eq!(response.error_code, ErrorCode::INVALID_REQUEST);
    assert!(response.api_keys.is_empty());
}
