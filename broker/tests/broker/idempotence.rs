//! Producers with an id: what they send twice or out of order.

use bytes::Bytes;
use milena_broker::{Cluster, Profile};
use milena_wire::compression::Compressor;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::delete_records::{
    DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic,
};
use milena_wire::messages::metadata::MetadataResponseTopic;
use milena_wire::messages::produce::PartitionProduceResponse;
use milena_wire::records::{BatchBuilder, Producer};

use crate::client::{AnyClient, Client, produce_request};

const OUT_OF_ORDER: ErrorCode = ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER;

/// Two records, of times 1000 and 1001.
fn two(id: i64, epoch: i16, base_sequence: i32) -> Bytes {
    let mut builder = BatchBuilder::new().with_producer(Producer {
        id,
        epoch,
        base_sequence,
    });
    builder.append(1000, None, Some(b"a"), []).unwrap();
    builder.append(1001, None, Some(b"b"), []).unwrap();
    builder.seal(&mut Compressor::new()).unwrap()
}

/// Code and base offset.
fn outcome(answer: &PartitionProduceResponse) -> (ErrorCode, i64) {
    (answer.error_code, answer.base_offset)
}

const fn ok(offset: i64) -> (ErrorCode, i64) {
    (ErrorCode::NONE, offset)
}

const fn refused(code: ErrorCode) -> (ErrorCode, i64) {
    (code, -1)
}

#[tokio::test]
async fn duplicates_are_answered_with_the_old_offset_and_gaps_refused() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("orders", 1).await;
    for (epoch, sequence, expected) in [
        (0, 0, ok(0)),
        (0, 2, ok(2)),
        (0, 0, ok(0)),
        (0, 6, refused(OUT_OF_ORDER)),
        (0, 4, ok(4)),
        (0, 1, refused(OUT_OF_ORDER)),
        // A new epoch begins at 0, and the old one is over.
        (1, 6, refused(OUT_OF_ORDER)),
        (1, 0, ok(6)),
        (0, 6, refused(ErrorCode::INVALID_PRODUCER_EPOCH)),
        (0, 4, refused(ErrorCode::INVALID_PRODUCER_EPOCH)),
        (1, 0, ok(6)),
        (1, i32::MAX - 1, refused(OUT_OF_ORDER)),
    ] {
        let answer = client.produce(&topic, two(7, epoch, sequence), 13).await;
        assert_eq!(outcome(&answer), expected, "{epoch} {sequence}");
        assert_eq!(answer.log_start_offset, 0);
    }
    // Another producer, of which nobody knows what it has sent before.
    for (sequence, expected) in [
        (i32::MAX - 1, ok(8)),
        (1, refused(OUT_OF_ORDER)),
        (0, ok(10)),
        (i32::MAX - 1, ok(8)),
        (2, ok(12)),
    ] {
        let answer = client.produce(&topic, two(8, 0, sequence), 9).await;
        assert_eq!(outcome(&answer), expected, "{sequence}");
    }
    // Of a duplicate Kafka tells the time, though the broker's clock does not count.
    let answer = client.produce(&topic, two(8, 0, 2), 13).await;
    assert_eq!(
        (outcome(&answer), answer.log_append_time_ms),
        (ok(12), 1001)
    );
    let answer = client.produce(&topic, two(8, 0, -1), 13).await;
    assert_eq!(answer.error_code, ErrorCode::INVALID_RECORD);
}

#[tokio::test]
async fn each_partition_of_a_request_counts_for_itself() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("orders", 3).await;
    let mut outcomes = Vec::new();
    for sequences in [[0, 0, 0], [2, 0, 4], [4, 2, 2]] {
        let mut request = produce_request(&topic, 0, two(7, 0, sequences[0]), -1);
        for (partition, sequence) in [(1, sequences[1]), (2, sequences[2])] {
            let mut more = produce_request(&topic, partition, two(7, 0, sequence), -1);
            let data = more.topic_data.remove(0).partition_data;
            request.topic_data[0].partition_data.extend(data);
        }
        let response = client.call(&request, 13).await;
        let partitions = &response.responses[0].partition_responses;
        outcomes.extend(partitions.iter().map(outcome));
    }
    let expected = [
        [ok(0), ok(0), ok(0)],
        [ok(2), ok(0), refused(OUT_OF_ORDER)],
        [ok(4), ok(2), ok(2)],
    ];
    assert_eq!(outcomes, expected.concat());
}

async fn produce_to(
    cluster: &Cluster,
    topic: &MetadataResponseTopic,
    records: Bytes,
) -> (ErrorCode, i64) {
    let leader = cluster.leader("orders", 0).unwrap();
    let mut client = AnyClient::to(cluster, leader).await;
    let request = produce_request(topic, 0, records, -1);
    let response = client.call(&request, 13).await;
    outcome(&response.responses[0].partition_responses[0])
}

#[tokio::test]
async fn what_is_known_survives_restarts_and_new_leaders() {
    let cluster = Cluster::builder().nodes(3).start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_replicated("orders", 1, 3, &[]).await;
    assert_eq!(produce_to(&cluster, &topic, two(7, 0, 0)).await, ok(0));
    assert_eq!(produce_to(&cluster, &topic, two(7, 0, 2)).await, ok(2));
    let first = cluster.leader("orders", 0).unwrap();
    cluster.stop_node(first).await.unwrap();
    assert_eq!(produce_to(&cluster, &topic, two(7, 0, 2)).await, ok(2));
    assert_eq!(
        produce_to(&cluster, &topic, two(7, 0, 6)).await,
        refused(OUT_OF_ORDER)
    );
    cluster.restart_node(first).await.unwrap();
    cluster.move_leader("orders", 0, first).unwrap();
    assert_eq!(produce_to(&cluster, &topic, two(7, 0, 0)).await, ok(0));
    assert_eq!(produce_to(&cluster, &topic, two(7, 0, 4)).await, ok(4));
}

#[tokio::test]
async fn producers_outlive_their_records_but_not_with_old_brokers() {
    for (profile, unknown, deleted) in [
        (Profile::Newest, ok(2), refused(OUT_OF_ORDER)),
        (Profile::V2_8, ok(2), refused(OUT_OF_ORDER)),
        (
            Profile::V1_1,
            refused(ErrorCode::UNKNOWN_PRODUCER_ID),
            refused(ErrorCode::UNKNOWN_PRODUCER_ID),
        ),
    ] {
        let cluster = Cluster::builder().profile(profile).start().await.unwrap();
        cluster.create_topic("orders", 1, 1).unwrap();
        let mut client = Client::connect(&cluster, 1).await;
        let topic = client.metadata(&["orders"], 1).await.topics.remove(0);
        let answer = client.produce(&topic, two(7, 0, 0), 5).await;
        assert_eq!(outcome(&answer), ok(0));
        let answer = client.produce(&topic, two(8, 0, 5), 5).await;
        assert_eq!(outcome(&answer), unknown, "{profile:?}");
        let mut partition = DeleteRecordsPartition::default();
        partition.offset = -1;
        let mut records = DeleteRecordsTopic::default();
        records.name = "orders".into();
        records.partitions = vec![partition];
        let mut request = DeleteRecordsRequest::default();
        request.topics = vec![records];
        client.call(&request, 0).await;
        let answer = client.produce(&topic, two(7, 0, 9), 5).await;
        assert_eq!(outcome(&answer), deleted, "{profile:?}");
    }
}
