use milena_broker::Cluster;
use milena_wire::compression::{Compression, GzipLevel};
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsRequest, ListOffsetsTopic,
};

use crate::client::{Client, batch_at};

fn request(topic: &str, partition: i32, timestamp: i64) -> ListOffsetsRequest {
    let mut asked = ListOffsetsPartition::default();
    asked.partition_index = partition;
    asked.timestamp = timestamp;
    asked.max_num_offsets = 10;
    let mut named = ListOffsetsTopic::default();
    named.name = topic.into();
    named.partitions = vec![asked];
    let mut request = ListOffsetsRequest::default();
    request.replica_id = -1;
    request.topics = vec![named];
    request
}

async fn ask(
    client: &mut Client,
    mut request: ListOffsetsRequest,
    version: i16,
) -> ListOffsetsPartitionResponse {
    if version > 0 {
        // Only version 0 has this field.
        request.topics[0].partitions[0].max_num_offsets = 1;
    }
    client
        .call(&request, version)
        .await
        .topics
        .remove(0)
        .partitions
        .remove(0)
}

/// Ten records, their times from 100 to 109, in two batches of which one is compressed; then one from the past.
async fn filled(client: &mut Client) {
    let topic = client.create_topic("orders", 1).await;
    let values = ["a", "b", "c", "d", "e"];
    client
        .produce(&topic, batch_at(100, &values, Compression::None), 13)
        .await;
    let gzip = Compression::Gzip(GzipLevel::default());
    client
        .produce(&topic, batch_at(105, &values, gzip), 13)
        .await;
    client
        .produce(&topic, batch_at(50, &["late"], Compression::None), 13)
        .await;
}

#[tokio::test]
async fn every_version_finds_ends_and_times() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    filled(&mut client).await;
    for version in 1..=11 {
        for (timestamp, time, offset) in [
            (-1, -1, 11),
            (-2, -1, 0),
            (0, 100, 0),
            (100, 100, 0),
            (103, 103, 3),
            (107, 107, 7),
            (109, 109, 9),
            (110, -1, -1),
        ] {
            let found = ask(&mut client, request("orders", 0, timestamp), version).await;
            assert_eq!(found.error_code, ErrorCode::NONE);
            assert_eq!(
                (found.timestamp, found.offset),
                (time, offset),
                "{timestamp} v{version}"
            );
            let epoch = if version >= 4 && offset >= 0 { 0 } else { -1 };
            assert_eq!(found.leader_epoch, epoch);
        }
    }
}

#[tokio::test]
async fn special_timestamps_have_a_first_version() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    filled(&mut client).await;
    for (timestamp, first, found) in [
        (-3, 7, (109, 9)),
        (-4, 8, (-1, 0)),
        (-5, 9, (-1, -1)),
        (-6, 11, (-1, -1)),
        (-7, 12, (0, 0)),
    ] {
        for version in 1..=11 {
            let answer = ask(&mut client, request("orders", 0, timestamp), version).await;
            if version < first {
                assert_eq!(answer.error_code, ErrorCode::UNSUPPORTED_VERSION);
            } else {
                assert_eq!(answer.error_code, ErrorCode::NONE);
                assert_eq!((answer.timestamp, answer.offset), found, "{timestamp}");
            }
        }
    }
}

#[tokio::test]
async fn version_0_answers_a_list() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    client.create_topic("empty", 1).await;
    filled(&mut client).await;
    let latest = ask(&mut client, request("orders", 0, -1), 0).await;
    assert_eq!(latest.old_style_offsets, [11, 0]);
    assert_eq!(
        ask(&mut client, request("orders", 0, -2), 0)
            .await
            .old_style_offsets,
        [0]
    );
    assert!(
        ask(&mut client, request("orders", 0, 5), 0)
            .await
            .old_style_offsets
            .is_empty()
    );
    assert_eq!(
        ask(&mut client, request("empty", 0, -1), 0)
            .await
            .old_style_offsets,
        [0]
    );
}

#[tokio::test]
async fn empty_logs_and_errors() {
    let cluster = Cluster::builder().nodes(2).start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let mut other = Client::connect(&cluster, 2).await;
    client.create_topic("empty", 1).await;
    for (timestamp, offset) in [(-1, 0), (-2, 0), (-3, -1), (0, -1)] {
        let found = ask(&mut client, request("empty", 0, timestamp), 11).await;
        assert_eq!((found.error_code, found.offset), (ErrorCode::NONE, offset));
    }
    for version in [0, 1, 11] {
        let code = ask(&mut other, request("empty", 0, -1), version)
            .await
            .error_code;
        assert_eq!(code, ErrorCode::NOT_LEADER_OR_FOLLOWER);
        for (topic, partition) in [("empty", 1), ("empty", -1), ("nowhere", 0)] {
            let code = ask(&mut client, request(topic, partition, -1), version)
                .await
                .error_code;
            assert_eq!(code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        }
    }
    let mut fenced = request("empty", 0, -1);
    fenced.topics[0].partitions[0].current_leader_epoch = 3;
    let code = ask(&mut client, fenced, 4).await.error_code;
    assert_eq!(code, ErrorCode::UNKNOWN_LEADER_EPOCH);

    let mut twice = request("empty", 0, -1);
    twice.topics[0].partitions[0].max_num_offsets = 1;
    let again = twice.topics[0].partitions[0].clone();
    twice.topics[0].partitions.push(again);
    let response = client.call(&twice, 11).await;
    assert_eq!(
        response.topics[0].partitions[1].error_code,
        ErrorCode::INVALID_REQUEST
    );
}
