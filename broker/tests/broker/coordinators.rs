//! Coordinators and controllers.

use std::io::ErrorKind;

use milena_broker::{Action, ApiKey, Cluster, Coordination, ErrorCode, Fault, Profile};
use milena_wire::messages::create_topics::{CreatableTopic, CreateTopicsRequest};
use milena_wire::messages::find_coordinator::{
    Coordinator, FindCoordinatorRequest, FindCoordinatorResponse,
};

use crate::client::AnyClient;

const SHARE_KEY: &str = "group:AAAAAAAAAAAAAAAAAAAAAQ:0";

fn request(kind: i8, keys: &[&str]) -> FindCoordinatorRequest {
    let mut request = FindCoordinatorRequest::default();
    request.key = keys[0].into();
    request.key_type = kind;
    request.coordinator_keys = keys.iter().map(|key| (*key).into()).collect();
    request
}

/// What is answered for the first key, wherever it stands.
async fn find(client: &mut AnyClient, kind: i8, key: &str, version: i16) -> Coordinator {
    let mut request = request(kind, &[key]);
    // Each version has room for one of the two only.
    match version {
        ..4 => request.coordinator_keys.clear(),
        4.. => request.key = "".into(),
    }
    let mut response: FindCoordinatorResponse = client.call(&request, version).await;
    if version >= 4 {
        return response.coordinators.remove(0);
    }
    let mut coordinator = Coordinator::default();
    coordinator.key = key.into();
    coordinator.node_id = response.node_id;
    coordinator.host = response.host;
    coordinator.port = response.port;
    coordinator.error_code = response.error_code;
    coordinator.error_message = response.error_message;
    coordinator
}

async fn start(nodes: u16) -> (Cluster, AnyClient) {
    let builder = Cluster::builder().in_memory().nodes(nodes);
    let cluster = builder.start().await.unwrap();
    let client = AnyClient::to(&cluster, 1).await;
    (cluster, client)
}

#[tokio::test(start_paused = true)]
async fn every_version_finds_the_same_coordinator() {
    let (cluster, mut client) = start(3).await;
    // By Java's hash, "a" is in partition 47 of 50, and so on the third node.
    let expected = cluster.coordinator(Coordination::Group, "a").unwrap();
    assert_eq!(expected, 3);
    for version in 0..=6 {
        let found = find(&mut client, 0, "a", version).await;
        assert_eq!(
            (found.error_code, found.node_id),
            (ErrorCode::NONE, 3),
            "{version}"
        );
        assert_eq!((&*found.host, found.port), ("node-3.invalid", 9092));
        let message = match version {
            1..4 => Some("NONE"),
            _ => Some(""),
        };
        assert_eq!(found.error_message.as_deref(), message);
    }
    let keys: Vec<_> = (0..100).map(|number| format!("group-{number}")).collect();
    let keys: Vec<_> = keys.iter().map(String::as_str).collect();
    let response = client
        .call(
            &{
                let mut request = request(1, &keys);
                request.key = "".into();
                request
            },
            6,
        )
        .await;
    assert_eq!(response.coordinators.len(), 100);
    for node in 1..=3 {
        assert!(
            response
                .coordinators
                .iter()
                .any(|found| found.node_id == node)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn kinds_and_keys_that_cannot_be() {
    let (_cluster, mut client) = start(1).await;
    for (kind, key, version, expected) in [
        (1, "a", 1, ErrorCode::NONE),
        (2, SHARE_KEY, 6, ErrorCode::NONE),
        (2, "group:orders:0", 6, ErrorCode::INVALID_REQUEST),
        (2, SHARE_KEY, 5, ErrorCode::INVALID_REQUEST),
        (3, "a", 1, ErrorCode::INVALID_REQUEST),
        (3, "a", 6, ErrorCode::INVALID_REQUEST),
    ] {
        let found = find(&mut client, kind, key, version).await;
        assert_eq!(found.error_code, expected, "{kind} {key} {version}");
        assert_eq!(found.node_id, if expected.is_ok() { 1 } else { -1 });
    }
}

#[tokio::test(start_paused = true)]
async fn coordinators_move_when_nodes_stop_or_a_test_says_so() {
    let (cluster, mut client) = start(3).await;
    assert_eq!(find(&mut client, 0, "a", 6).await.node_id, 3);
    cluster.stop_node(3).await.unwrap();
    assert_eq!(find(&mut client, 0, "a", 6).await.node_id, 1);
    cluster.restart_node(3).await.unwrap();
    cluster
        .move_coordinator(Coordination::Group, "a", 2)
        .unwrap();
    assert_eq!(find(&mut client, 0, "a", 6).await.node_id, 2);
    cluster.stop_node(2).await.unwrap();
    assert_ne!(find(&mut client, 0, "a", 6).await.node_id, 2);
    for node in [2, 7] {
        let moved = cluster.move_coordinator(Coordination::Group, "a", node);
        assert_eq!(moved.unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    let code = ErrorCode::COORDINATOR_NOT_AVAILABLE;
    let fault = Fault::on(ApiKey::FIND_COORDINATOR, Action::Error(code));
    let _fault = cluster.inject(fault);
    for version in [0, 3, 6] {
        let found = find(&mut client, 0, "a", version).await;
        assert_eq!(
            (found.error_code, found.node_id, found.port),
            (code, -1, -1)
        );
    }
}

async fn create(client: &mut AnyClient, name: &str) -> ErrorCode {
    let mut topic = CreatableTopic::default();
    topic.name = name.into();
    topic.num_partitions = 1;
    topic.replication_factor = 1;
    let mut request = CreateTopicsRequest::default();
    request.topics = vec![topic];
    client.call(&request, 5).await.topics[0].error_code
}

#[tokio::test(start_paused = true)]
async fn with_zookeeper_only_the_controller_makes_topics() {
    let builder = Cluster::builder().in_memory().nodes(3);
    for builder in [
        builder.clone().zookeeper(true),
        builder.profile(Profile::V2_8),
    ] {
        let cluster = builder.start().await.unwrap();
        let mut first = AnyClient::to(&cluster, 1).await;
        let mut second = AnyClient::to(&cluster, 2).await;
        assert_eq!(second.metadata(&[], 11).await.controller_id, 1);
        assert_eq!(create(&mut second, "a").await, ErrorCode::NOT_CONTROLLER);
        assert_eq!(create(&mut first, "a").await, ErrorCode::NONE);
        cluster.set_controller(2).unwrap();
        assert_eq!(first.metadata(&[], 11).await.controller_id, 2);
        assert_eq!(create(&mut first, "b").await, ErrorCode::NOT_CONTROLLER);
        assert_eq!(create(&mut second, "b").await, ErrorCode::NONE);
        // Another takes over, and keeps it.
        cluster.stop_node(2).await.unwrap();
        cluster.restart_node(2).await.unwrap();
        assert_eq!(cluster.controller(), Some(1));
        assert_eq!(create(&mut first, "c").await, ErrorCode::NONE);
        let error = cluster.set_controller(4).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}

#[tokio::test(start_paused = true)]
async fn by_kraft_every_broker_makes_topics() {
    let (cluster, mut first) = start(2).await;
    cluster.set_controller(2).unwrap();
    assert_eq!(first.metadata(&[], 13).await.controller_id, 2);
    assert_eq!(create(&mut first, "a").await, ErrorCode::NONE);
    cluster.stop_node(2).await.unwrap();
    assert_eq!(first.metadata(&[], 13).await.controller_id, 1);
    cluster.stop_node(1).await.unwrap();
    assert_eq!(cluster.controller(), None);
    cluster.restart_node(2).await.unwrap();
    assert_eq!(cluster.controller(), Some(2));
}
