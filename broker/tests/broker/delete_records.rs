use milena_broker::{Cluster, ErrorCode};
use milena_wire::messages::delete_records::{
    DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic,
};
use milena_wire::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic,
};
use milena_wire::messages::metadata::MetadataResponseTopic;

use crate::client::{AnyClient, batch, batch_at, fetch_request, values};

async fn delete(
    client: &mut AnyClient,
    topic: &str,
    offset: i64,
    version: i16,
) -> (ErrorCode, i64) {
    let mut partition = DeleteRecordsPartition::default();
    partition.offset = offset;
    let mut asked = DeleteRecordsTopic::default();
    asked.name = topic.into();
    asked.partitions = vec![partition];
    let mut request = DeleteRecordsRequest::default();
    request.topics = vec![asked];
    let response = client.call(&request, version).await;
    let result = &response.topics[0].partitions[0];
    (result.error_code, result.low_watermark)
}

async fn offset_at(client: &mut AnyClient, topic: &str, timestamp: i64) -> i64 {
    let mut partition = ListOffsetsPartition::default();
    partition.timestamp = timestamp;
    let mut asked = ListOffsetsTopic::default();
    asked.name = topic.into();
    asked.partitions = vec![partition];
    let mut request = ListOffsetsRequest::default();
    request.replica_id = -1;
    request.topics = vec![asked];
    let response = client.call(&request, 11).await;
    response.topics[0].partitions[0].offset
}

async fn read(
    client: &mut AnyClient,
    topic: &MetadataResponseTopic,
    offset: i64,
) -> (ErrorCode, i64, Vec<i64>) {
    let response = client.call(&fetch_request(topic, offset), 18).await;
    let partition = &response.responses[0].partitions[0];
    let records = partition.records.clone().unwrap_or_default();
    let offsets = values(&records).iter().map(|(offset, _)| *offset).collect();
    (partition.error_code, partition.log_start_offset, offsets)
}

#[tokio::test(start_paused = true)]
async fn records_are_deleted_from_the_start() {
    let cluster = Cluster::builder().in_memory().start().await.unwrap();
    let mut client = AnyClient::to(&cluster, 1).await;
    let topic = client.create_topic("orders", 1).await;
    let none = milena_wire::compression::Compression::None;
    for number in 0..5 {
        // The first is the newest.
        let records = batch_at(9000 - 1000 * number, &["a", "b"], none);
        client.produce(&topic, records, 13).await;
    }
    assert_eq!(offset_at(&mut client, "orders", -3).await, 1);
    assert_eq!(
        delete(&mut client, "orders", 3, 0).await,
        (ErrorCode::NONE, 3)
    );
    // A batch comes whole, as with Kafka: its reader skips what he did not ask for.
    assert_eq!(
        read(&mut client, &topic, 3).await,
        (ErrorCode::NONE, 3, (2..10).collect())
    );
    assert_eq!(
        read(&mut client, &topic, 2).await.0,
        ErrorCode::OFFSET_OUT_OF_RANGE
    );
    assert_eq!(offset_at(&mut client, "orders", -2).await, 3);
    // The largest time is that of a record that is gone: as with Kafka, while its segment is there.
    assert_eq!(offset_at(&mut client, "orders", -3).await, 1);
    assert_eq!(offset_at(&mut client, "orders", 0).await, 3);
    // What is gone is gone.
    assert_eq!(
        delete(&mut client, "orders", 1, 1).await,
        (ErrorCode::NONE, 3)
    );
    for (offset, version) in [(11, 2), (-2, 2)] {
        let refused = delete(&mut client, "orders", offset, version).await;
        assert_eq!(refused, (ErrorCode::OFFSET_OUT_OF_RANGE, -1));
    }
    assert_eq!(
        delete(&mut client, "orders", -1, 2).await,
        (ErrorCode::NONE, 10)
    );
    assert_eq!(
        read(&mut client, &topic, 10).await,
        (ErrorCode::NONE, 10, vec![])
    );
    assert_eq!(offset_at(&mut client, "orders", -3).await, 1);
    let written = client.produce(&topic, batch(&["c"]), 13).await;
    assert_eq!((written.base_offset, written.log_start_offset), (10, 10));
    assert_eq!(
        read(&mut client, &topic, 10).await,
        (ErrorCode::NONE, 10, vec![10])
    );
    assert_eq!(offset_at(&mut client, "orders", 0).await, 10);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_deleted() {
    let cluster = Cluster::builder()
        .in_memory()
        .nodes(2)
        .start()
        .await
        .unwrap();
    let mut first = AnyClient::to(&cluster, 1).await;
    let mut second = AnyClient::to(&cluster, 2).await;
    first.create_topic("__consumer_offsets", 1).await;
    cluster.move_leader("__consumer_offsets", 0, 1).unwrap();
    first
        .create_topic_with("compacted", 1, &[("cleanup.policy", "compact")])
        .await;
    cluster.move_leader("compacted", 0, 1).unwrap();
    for (topic, code) in [
        ("nowhere", ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        ("__consumer_offsets", ErrorCode::INVALID_TOPIC_EXCEPTION),
        ("compacted", ErrorCode::POLICY_VIOLATION),
    ] {
        assert_eq!(delete(&mut first, topic, 0, 2).await, (code, -1), "{topic}");
    }
    let refused = delete(&mut second, "compacted", 0, 2).await;
    assert_eq!(refused, (ErrorCode::NOT_LEADER_OR_FOLLOWER, -1));
}
