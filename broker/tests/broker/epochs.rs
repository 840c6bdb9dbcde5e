//! Where leader epochs end: OffsetForLeaderEpoch, ListOffsets, and logs that have gone apart.

use milena_broker::{Cluster, ErrorCode};
use milena_wire::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic,
};
use milena_wire::messages::metadata::MetadataResponseTopic;
use milena_wire::messages::offset_for_leader_epoch::{
    OffsetForLeaderEpochRequest, OffsetForLeaderPartition, OffsetForLeaderTopic,
};

use crate::client::{AnyClient, batch, batch_at, fetch_request};

/// Two nodes; offsets 0 and 1 of epoch 0, 2 of epoch 2, and epoch 3 without records. Epoch 1 had none either.
async fn history() -> (Cluster, AnyClient, MetadataResponseTopic) {
    let builder = Cluster::builder().in_memory().nodes(3);
    let cluster = builder.start().await.unwrap();
    cluster.create_topic("orders", 1, 2).unwrap();
    let mut client = AnyClient::to(&cluster, 1).await;
    let topic = client.topic("orders").await;
    client.produce(&topic, batch(&["a", "b"]), 13).await;
    cluster.move_leader("orders", 0, 2).unwrap();
    cluster.move_leader("orders", 0, 1).unwrap();
    let compression = milena_wire::compression::Compression::None;
    client
        .produce(&topic, batch_at(5000, &["c"], compression), 13)
        .await;
    cluster.raise_leader_epoch("orders", 0).unwrap();
    (cluster, client, topic)
}

async fn end(
    client: &mut AnyClient,
    current: i32,
    epoch: i32,
    version: i16,
) -> (ErrorCode, i32, i64) {
    let mut partition = OffsetForLeaderPartition::default();
    partition.leader_epoch = epoch;
    partition.current_leader_epoch = current;
    let mut topic = OffsetForLeaderTopic::default();
    topic.topic = "orders".into();
    topic.partitions = vec![partition];
    let mut request = OffsetForLeaderEpochRequest::default();
    request.topics = vec![topic];
    request.replica_id = if version < 3 { -2 } else { -1 };
    let response = client.call(&request, version).await;
    let end = &response.topics[0].partitions[0];
    (end.error_code, end.leader_epoch, end.end_offset)
}

#[tokio::test(start_paused = true)]
async fn the_end_of_an_epoch_is_found() {
    let (cluster, mut client, _) = history().await;
    let none = ErrorCode::NONE;
    for (epoch, expected) in [
        (-1, (none, -1, -1)),
        (0, (none, 0, 2)),
        (1, (none, 0, 2)),
        (2, (none, 2, 3)),
        (3, (none, 3, 3)),
        (4, (none, -1, -1)),
    ] {
        assert_eq!(end(&mut client, -1, epoch, 4).await, expected, "{epoch}");
        assert_eq!(end(&mut client, 3, epoch, 4).await, expected, "{epoch}");
    }
    // Version 0 has no place for the epoch.
    assert_eq!(end(&mut client, -1, 0, 0).await, (none, -1, 2));
    for version in 1..=4 {
        assert_eq!(end(&mut client, -1, 0, version).await, (none, 0, 2));
    }
    let of = |code| (code, -1, -1);
    for (current, expected) in [
        (2, ErrorCode::FENCED_LEADER_EPOCH),
        (4, ErrorCode::UNKNOWN_LEADER_EPOCH),
    ] {
        assert_eq!(end(&mut client, current, 0, 4).await, of(expected));
    }
    // A follower looks at the epoch first; who holds nothing knows nothing.
    let mut follower = AnyClient::to(&cluster, 2).await;
    let mut stranger = AnyClient::to(&cluster, 3).await;
    let not_leader = of(ErrorCode::NOT_LEADER_OR_FOLLOWER);
    assert_eq!(
        end(&mut follower, 2, 0, 4).await,
        of(ErrorCode::FENCED_LEADER_EPOCH)
    );
    assert_eq!(end(&mut follower, 3, 0, 4).await, not_leader);
    assert_eq!(end(&mut stranger, 2, 0, 4).await, not_leader);
    cluster.delete_topic("orders").unwrap();
    let unknown = of(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(end(&mut client, -1, 0, 4).await, unknown);
}

#[tokio::test(start_paused = true)]
async fn list_offsets_tells_the_epoch_of_what_it_finds() {
    let (cluster, mut client, _) = history().await;
    let mut request = ListOffsetsRequest::default();
    request.replica_id = -1;
    let mut asked = ListOffsetsTopic::default();
    asked.name = "orders".into();
    asked.partitions = vec![ListOffsetsPartition::default()];
    request.topics = vec![asked];
    let partition = |request: &mut ListOffsetsRequest, timestamp, epoch| {
        let partition = &mut request.topics[0].partitions[0];
        partition.timestamp = timestamp;
        partition.current_leader_epoch = epoch;
    };
    for (timestamp, offset, epoch) in [
        (-2, 0, 0),
        (-1, 3, 3),
        (-3, 2, 2),
        (1001, 1, 0),
        (4000, 2, 2),
        (6000, -1, -1),
    ] {
        partition(&mut request, timestamp, -1);
        let found = &client.call(&request, 11).await.topics[0].partitions[0];
        assert_eq!(
            (found.offset, found.leader_epoch),
            (offset, epoch),
            "{timestamp}"
        );
    }
    for (epoch, expected) in [
        (2, ErrorCode::FENCED_LEADER_EPOCH),
        (3, ErrorCode::NONE),
        (4, ErrorCode::UNKNOWN_LEADER_EPOCH),
    ] {
        partition(&mut request, -1, epoch);
        let found = &client.call(&request, 11).await.topics[0].partitions[0];
        assert_eq!(found.error_code, expected);
    }
    // Who debugs may ask a follower.
    partition(&mut request, -1, -1);
    let mut follower = AnyClient::to(&cluster, 2).await;
    for (replica, expected) in [
        (-1, ErrorCode::NOT_LEADER_OR_FOLLOWER),
        (-2, ErrorCode::NONE),
    ] {
        request.replica_id = replica;
        let found = &follower.call(&request, 11).await.topics[0].partitions[0];
        assert_eq!(found.error_code, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_has_gone_apart_is_told_where() {
    let (_cluster, mut client, topic) = history().await;
    for (offset, last_epoch, expected) in [
        // Two records of epoch 0, and so has the leader.
        (2, 0, (ErrorCode::NONE, -1, -1)),
        (3, 2, (ErrorCode::NONE, -1, -1)),
        (3, 3, (ErrorCode::NONE, -1, -1)),
        // More of it than the leader has.
        (3, 0, (ErrorCode::NONE, 0, 2)),
        (9, 3, (ErrorCode::NONE, 3, 3)),
        // An epoch in which nobody wrote.
        (2, 1, (ErrorCode::NONE, 0, 2)),
        (3, 4, (ErrorCode::OFFSET_OUT_OF_RANGE, -1, -1)),
    ] {
        let mut request = fetch_request(&topic, offset);
        request.topics[0].partitions[0].last_fetched_epoch = last_epoch;
        let response = client.call(&request, 18).await;
        let partition = &response.responses[0].partitions[0];
        let diverging = &partition.diverging_epoch;
        let found = (partition.error_code, diverging.epoch, diverging.end_offset);
        assert_eq!(found, expected, "{offset} {last_epoch}");
    }
}
