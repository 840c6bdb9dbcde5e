//! Leaders that move, partitions without one, topics that are made anew or left out, while clients look on.

use std::io::ErrorKind;

use milena_broker::{ApiKey, Cluster, ErrorCode, Fault};
use milena_wire::messages::fetch::FetchResponse;
use milena_wire::messages::metadata::{MetadataRequest, MetadataRequestTopic};
use milena_wire::messages::produce::PartitionProduceResponse;

use crate::client::{AnyClient, batch, fetch_request, metadata_request, values};

async fn start(nodes: u16) -> Cluster {
    let builder = Cluster::builder().in_memory().nodes(nodes);
    builder.start().await.unwrap()
}

/// The leader of partition 0, its epoch, and what Metadata thinks of it.
async fn told(client: &mut AnyClient, topic: &str) -> (i32, i32, ErrorCode) {
    let partition = client.topic(topic).await.partitions.remove(0);
    (
        partition.leader_id,
        partition.leader_epoch,
        partition.error_code,
    )
}

fn hint(refused: &PartitionProduceResponse) -> (ErrorCode, i32, i32) {
    let leader = &refused.current_leader;
    (refused.error_code, leader.leader_id, leader.leader_epoch)
}

#[tokio::test(start_paused = true)]
async fn a_leader_moves_and_clients_are_told() {
    let cluster = start(3).await;
    cluster.create_topic("orders", 2, 2).unwrap();
    assert_eq!(cluster.leader("orders", 0), Some(1));
    let mut first = AnyClient::to(&cluster, 1).await;
    let topic = first.topic("orders").await;
    first.produce(&topic, batch(&["a"]), 13).await;

    cluster.move_leader("orders", 0, 2).unwrap();
    assert_eq!(
        (
            cluster.leader("orders", 0),
            cluster.leader_epoch("orders", 0)
        ),
        (Some(2), Some(1))
    );
    assert_eq!(told(&mut first, "orders").await, (2, 1, ErrorCode::NONE));
    for version in [9, 10, 13] {
        let request = crate::client::produce_request(&topic, 0, batch(&["b"]), 1);
        let response = first.call(&request, version).await;
        let refused = &response.responses[0].partition_responses[0];
        let hinted = if version >= 10 { (2, 1) } else { (-1, -1) };
        assert_eq!(
            hint(refused),
            (ErrorCode::NOT_LEADER_OR_FOLLOWER, hinted.0, hinted.1)
        );
        assert_eq!(response.node_endpoints.len(), usize::from(version >= 10));
        for endpoint in &response.node_endpoints {
            let address = format!("{}:{}", endpoint.host, endpoint.port);
            assert_eq!(
                (endpoint.node_id, address),
                (2, "node-2.invalid:9092".to_owned())
            );
        }
    }
    let mut second = AnyClient::to(&cluster, 2).await;
    let written = second.produce(&topic, batch(&["b"]), 13).await;
    assert_eq!(written.base_offset, 1);

    // A node that holds no replica takes the place of the leader.
    cluster.move_leader("orders", 0, 3).unwrap();
    let partition = second.topic("orders").await.partitions.remove(0);
    assert_eq!((partition.leader_id, partition.leader_epoch), (3, 2));
    assert_eq!(partition.replica_nodes[..], [1, 3]);
    let mut third = AnyClient::to(&cluster, 3).await;
    let response = third.call(&fetch_request(&topic, 0), 18).await;
    let records = response.responses[0].partitions[0].records.clone();
    assert_eq!(values(&records.unwrap()).len(), 2);
    // Nothing to do.
    cluster.move_leader("orders", 0, 3).unwrap();
    assert_eq!(cluster.leader_epoch("orders", 0), Some(2));
    assert_eq!(cluster.leader_epoch("orders", 1), Some(0));

    cluster.stop_node(2).await.unwrap();
    for node in [2, 7] {
        let error = cluster.move_leader("orders", 0, node).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    let error = cluster.move_leader("orders", 2, 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(
        (cluster.leader("bills", 0), cluster.leader_epoch("bills", 0)),
        (None, None)
    );
}

#[tokio::test(start_paused = true)]
async fn an_epoch_rises_and_who_knows_the_old_one_is_fenced() {
    let cluster = start(1).await;
    cluster.create_topic("orders", 1, 1).unwrap();
    let mut client = AnyClient::to(&cluster, 1).await;
    let topic = client.topic("orders").await;
    assert_eq!(cluster.raise_leader_epoch("orders", 0).unwrap(), 1);
    assert_eq!(told(&mut client, "orders").await, (1, 1, ErrorCode::NONE));
    for (epoch, expected) in [
        (-1, ErrorCode::NONE),
        (0, ErrorCode::FENCED_LEADER_EPOCH),
        (1, ErrorCode::NONE),
        (2, ErrorCode::UNKNOWN_LEADER_EPOCH),
    ] {
        let mut request = fetch_request(&topic, 0);
        request.topics[0].partitions[0].current_leader_epoch = epoch;
        for version in [15, 18] {
            let response = client.call(&request, version).await;
            let partition = &response.responses[0].partitions[0];
            assert_eq!(partition.error_code, expected, "{epoch}");
            let hinted = expected == ErrorCode::FENCED_LEADER_EPOCH && version >= 16;
            assert_eq!(
                partition.current_leader.leader_epoch,
                if hinted { 1 } else { -1 }
            );
            assert_eq!(response.node_endpoints.len(), usize::from(hinted));
        }
    }
    let error = cluster.raise_leader_epoch("bills", 0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn nobody_leads_until_the_guard_is_dropped_or_somebody_is_told_to() {
    let cluster = start(2).await;
    let id = cluster.create_topic("orders", 1, 2).unwrap();
    let mut client = AnyClient::to(&cluster, 1).await;
    let topic = client.topic("orders").await;
    assert_eq!(topic.topic_id, id);
    let nobody = (-1, 1, ErrorCode::LEADER_NOT_AVAILABLE);

    let guard = cluster.leaderless("orders", 0).unwrap();
    assert_eq!(told(&mut client, "orders").await, nobody);
    assert_eq!(cluster.leader("orders", 0), None);
    let refused = client.produce(&topic, batch(&["a"]), 13).await;
    assert_eq!(hint(&refused), (ErrorCode::NOT_LEADER_OR_FOLLOWER, -1, 1));
    // Nodes that come and go change nothing.
    cluster.stop_node(2).await.unwrap();
    cluster.restart_node(2).await.unwrap();
    assert_eq!(told(&mut client, "orders").await, nobody);
    let second = cluster.leaderless("orders", 0).unwrap();
    guard.end();
    assert_eq!(told(&mut client, "orders").await, nobody);
    drop(second);
    assert_eq!(told(&mut client, "orders").await, (1, 2, ErrorCode::NONE));
    let partition = client.topic("orders").await.partitions.remove(0);
    assert_eq!(partition.isr_nodes[..], [1, 2]);

    let guard = cluster.leaderless("orders", 0).unwrap();
    cluster.move_leader("orders", 0, 2).unwrap();
    assert_eq!(told(&mut client, "orders").await, (2, 4, ErrorCode::NONE));
    drop(guard);
    assert_eq!(told(&mut client, "orders").await, (2, 4, ErrorCode::NONE));

    cluster.leaderless("orders", 0).unwrap().keep();
    assert_eq!(cluster.leader("orders", 0), None);
    let error = cluster.leaderless("orders", 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn other_nodes_hold_a_partition() {
    let cluster = start(3).await;
    cluster.create_topic("orders", 1, 2).unwrap();
    let mut client = AnyClient::to(&cluster, 3).await;
    let replicas = |partition: &milena_wire::messages::metadata::MetadataResponsePartition| {
        (
            partition.replica_nodes.to_vec(),
            partition.isr_nodes.to_vec(),
        )
    };
    cluster.reassign_partition("orders", 0, &[1, 2, 3]).unwrap();
    assert_eq!(cluster.leader_epoch("orders", 0), Some(0));
    cluster.reassign_partition("orders", 0, &[3, 1]).unwrap();
    let partition = client.topic("orders").await.partitions.remove(0);
    assert_eq!((partition.leader_id, partition.leader_epoch), (1, 1));
    assert_eq!(replicas(&partition), (vec![3, 1], vec![3, 1]));
    cluster.reassign_partition("orders", 0, &[2]).unwrap();
    assert_eq!(
        (
            cluster.leader("orders", 0),
            cluster.leader_epoch("orders", 0)
        ),
        (Some(2), Some(2))
    );
    for impossible in [&[][..], &[1, 1], &[4]] {
        let error = cluster
            .reassign_partition("orders", 0, impossible)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    let error = cluster.reassign_partition("bills", 0, &[1]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn topics_and_partitions_are_left_out_of_metadata() {
    let cluster = start(1).await;
    for topic in ["bills", "orders"] {
        cluster.create_topic(topic, 2, 1).unwrap();
    }
    let mut client = AnyClient::to(&cluster, 1).await;
    let orders = client.topic("orders").await;
    let mut all = MetadataRequest::default();
    all.topics = None;
    let mut by_id = MetadataRequest::default();
    let mut asked = MetadataRequestTopic::default();
    asked.topic_id = orders.topic_id;
    asked.name = None;
    by_id.topics = Some(vec![asked]);
    let by_name = metadata_request(&["orders", "bills"]);

    let guard = cluster.omit_topic("orders");
    for (request, expected) in [(&all, 1), (&by_name, 1), (&by_id, 0)] {
        let topics = client.call(request, 13).await.topics;
        assert_eq!(topics.len(), expected);
        assert!(
            topics
                .iter()
                .all(|topic| topic.name.as_deref() == Some("bills"))
        );
    }
    // It is there all the same.
    let written = client.produce(&orders, batch(&["a"]), 13).await;
    assert_eq!(written.error_code, ErrorCode::NONE);
    drop(guard);
    assert_eq!(client.call(&all, 13).await.topics.len(), 2);

    let guard = cluster.omit_partition("orders", 0);
    let partitions = client.topic("orders").await.partitions;
    assert_eq!(partitions.len(), 1);
    assert_eq!(partitions[0].partition_index, 1);
    assert_eq!(client.topic("bills").await.partitions.len(), 2);
    guard.end();
    assert_eq!(client.topic("orders").await.partitions.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_topic_is_made_anew() {
    let cluster = start(2).await;
    let old = cluster.create_topic("orders", 2, 2).unwrap();
    let error = cluster.create_topic("orders", 1, 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    let error = cluster.create_topic("bills", 1, 3).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let mut client = AnyClient::to(&cluster, 1).await;
    let before = client.topic("orders").await;
    client.produce(&before, batch(&["a"]), 13).await;
    cluster.raise_leader_epoch("orders", 0).unwrap();

    let new = cluster.recreate_topic("orders").unwrap();
    assert_ne!(new, old);
    let after = client.topic("orders").await;
    assert_eq!((after.topic_id, after.partitions.len()), (new, 2));
    assert_eq!(after.partitions[0].leader_epoch, 0);
    assert_eq!(
        after.partitions[0].replica_nodes,
        before.partitions[0].replica_nodes
    );
    // Who knows the old id is told; who knows names only finds an empty topic.
    let refused = client.produce(&before, batch(&["b"]), 13).await;
    assert_eq!(refused.error_code, ErrorCode::UNKNOWN_TOPIC_ID);
    let response = client.call(&fetch_request(&before, 0), 18).await;
    assert_eq!(
        response.responses[0].partitions[0].error_code,
        ErrorCode::UNKNOWN_TOPIC_ID
    );
    let response = client.call(&fetch_request(&before, 0), 12).await;
    assert_eq!(response.responses[0].partitions[0].high_watermark, 0);

    cluster.delete_topic("orders").unwrap();
    let mut request = metadata_request(&["orders"]);
    request.allow_auto_topic_creation = false;
    let gone = client.call(&request, 13).await.topics.remove(0);
    assert_eq!(gone.error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    for error in [
        cluster.delete_topic("orders").unwrap_err(),
        cluster.recreate_topic("orders").unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
    // The name is free again.
    cluster.create_topic("orders", 1, 1).unwrap();
}

/// A fetch waits for ten minutes, but not when what it waits for will not come.
#[tokio::test(start_paused = true)]
async fn a_long_poll_learns_that_its_leader_or_its_topic_is_gone() {
    type Change = fn(&Cluster);
    let moved: Change = |cluster| cluster.move_leader("orders", 0, 2).unwrap();
    let deleted: Change = |cluster| cluster.delete_topic("orders").unwrap();
    let replaced: Change = |cluster| {
        cluster.recreate_topic("orders").unwrap();
    };
    let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    for (change, version, expected) in [
        // Followers answer since version 11, but who knows the leader's epoch finds it passed.
        (moved, 10, ErrorCode::NOT_LEADER_OR_FOLLOWER),
        (moved, 18, ErrorCode::FENCED_LEADER_EPOCH),
        (deleted, 12, unknown),
        (deleted, 18, unknown),
        (replaced, 12, unknown),
        (replaced, 18, ErrorCode::INCONSISTENT_TOPIC_ID),
    ] {
        let cluster = start(2).await;
        cluster.create_topic("orders", 1, 2).unwrap();
        let mut client = AnyClient::to(&cluster, 1).await;
        let topic = client.topic("orders").await;
        let log = cluster.log_requests();
        let mut request = fetch_request(&topic, 0);
        request.max_wait_ms = 600_000;
        request.topics[0].partitions[0].current_leader_epoch = if version < 11 { -1 } else { 0 };
        let start = tokio::time::Instant::now();
        let id = client.send(&request, version).await;
        log.until_seen(ApiKey::FETCH, 1).await;
        change(&cluster);
        let response: FetchResponse = client.receive(id, version).await;
        assert_eq!(
            response.responses[0].partitions[0].error_code, expected,
            "{version}"
        );
        assert!(start.elapsed().as_secs() < 600);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_may_read_from_any_replica_since_version_11() {
    let cluster = start(3).await;
    cluster.create_topic("orders", 1, 2).unwrap();
    let mut leader = AnyClient::to(&cluster, 1).await;
    let topic = leader.topic("orders").await;
    leader.produce(&topic, batch(&["a"]), 13).await;
    for (node, version, expected) in [
        (2, 10, ErrorCode::NOT_LEADER_OR_FOLLOWER),
        (2, 11, ErrorCode::NONE),
        (2, 18, ErrorCode::NONE),
        (3, 18, ErrorCode::NOT_LEADER_OR_FOLLOWER),
    ] {
        let mut client = AnyClient::to(&cluster, node).await;
        let response = client.call(&fetch_request(&topic, 0), version).await;
        let partition = &response.responses[0].partitions[0];
        assert_eq!(partition.error_code, expected, "{node} {version}");
        assert_eq!(partition.high_watermark == 1, expected.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn clients_are_told_to_begin_again() {
    let cluster = start(1).await;
    let fault = cluster.inject(Fault::rebootstrap_required().times(1));
    let mut client = AnyClient::to(&cluster, 1).await;
    let response = client.metadata(&[], 13).await;
    assert_eq!(response.error_code, ErrorCode::REBOOTSTRAP_REQUIRED);
    assert_eq!(fault.hits(), 1);
    assert_eq!(client.metadata(&[], 13).await.error_code, ErrorCode::NONE);
}
