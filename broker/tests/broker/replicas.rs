//! Replicas that are near (KIP-392) or behind, and logs that were cut (KIP-320).

use milena_broker::{Cluster, ErrorCode};
use milena_wire::messages::fetch::{FetchRequest, PartitionData};
use milena_wire::messages::metadata::MetadataResponseTopic;
use milena_wire::messages::offset_for_leader_epoch::{
    OffsetForLeaderEpochRequest, OffsetForLeaderPartition, OffsetForLeaderTopic,
};
use milena_wire::records::{BatchBuilder, Producer};

use crate::client::{AnyClient, batch, fetch_request, values};

/// Node 1 in rack a leads, 2 in rack b and 3 in rack a follow. Offsets 0 to 2, in two batches.
async fn start() -> (Cluster, AnyClient, MetadataResponseTopic) {
    let builder = Cluster::builder().in_memory().nodes(3).racks(["a", "b"]);
    let cluster = builder.start().await.unwrap();
    cluster.create_topic("t", 1, 3).unwrap();
    cluster.move_leader("t", 0, 1).unwrap();
    let mut client = AnyClient::to(&cluster, 1).await;
    let topic = client.topic("t").await;
    client.produce(&topic, batch(&["a", "b"]), 13).await;
    client.produce(&topic, batch(&["c"]), 13).await;
    (cluster, client, topic)
}

fn from(topic: &MetadataResponseTopic, offset: i64, rack: &'static str) -> FetchRequest {
    let mut request = fetch_request(topic, offset);
    request.rack_id = rack.into();
    request
}

async fn fetched(client: &mut AnyClient, request: &FetchRequest, version: i16) -> PartitionData {
    let mut response = client.call(request, version).await;
    response.responses.remove(0).partitions.remove(0)
}

#[tokio::test]
async fn clients_are_sent_to_the_replica_in_their_rack() {
    let (cluster, mut client, topic) = start().await;
    for version in 10..=18 {
        for (rack, expected) in [("", -1), ("a", -1), ("b", 2), ("c", -1)] {
            let data = fetched(&mut client, &from(&topic, 0, rack), version).await;
            let expected = if version < 11 { -1 } else { expected };
            assert_eq!(data.preferred_read_replica, expected, "{version} {rack}");
            let read = values(data.records.as_ref().unwrap()).len();
            assert_eq!(read, if expected == 2 { 0 } else { 3 });
            assert_eq!((data.error_code.0, data.high_watermark), (0, 3));
        }
    }
    // Nobody is sent away with what nobody has.
    let data = fetched(&mut client, &from(&topic, 9, "b"), 18).await;
    assert_eq!(data.error_code, ErrorCode::OFFSET_OUT_OF_RANGE);
    // There it is read.
    let mut follower = AnyClient::to(&cluster, 2).await;
    let data = fetched(&mut follower, &from(&topic, 0, "b"), 18).await;
    assert_eq!(data.preferred_read_replica, -1);
    assert_eq!(values(&data.records.unwrap()).len(), 3);

    let preferred = async |client: &mut AnyClient, rack| {
        let data = fetched(client, &from(&topic, 0, rack), 18).await;
        data.preferred_read_replica
    };
    cluster.set_rack_aware(false);
    assert_eq!(preferred(&mut client, "b").await, -1);
    let guard = cluster.prefer_replica("t", 0, 3).unwrap();
    assert_eq!(preferred(&mut client, "").await, 3);
    drop(guard);
    assert_eq!(preferred(&mut client, "").await, -1);
    cluster.set_rack_aware(true);
    assert_eq!(preferred(&mut client, "b").await, 2);
    cluster.stop_node(2).await.unwrap();
    assert_eq!(preferred(&mut client, "b").await, -1);
    let error = cluster.prefer_replica("t", 1, 3).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
}

#[tokio::test]
async fn a_replica_that_is_behind_has_no_more_than_it_has() {
    let (cluster, mut client, topic) = start().await;
    let mut follower = AnyClient::to(&cluster, 2).await;
    let held = cluster.hold_replica("t", 0, 2).unwrap();
    client.produce(&topic, batch(&["d"]), 13).await;
    for (offset, code, read) in [
        (0, ErrorCode::NONE, 3),
        (3, ErrorCode::NONE, 0),
        (4, ErrorCode::OFFSET_OUT_OF_RANGE, 0),
    ] {
        let data = fetched(&mut follower, &from(&topic, offset, "b"), 18).await;
        assert_eq!(data.error_code, code);
        assert_eq!(values(&data.records.unwrap()).len(), read, "{offset}");
        if !code.is_error() {
            assert_eq!(data.high_watermark, 3);
        }
    }
    for (offset, preferred) in [(3, 2), (4, -1)] {
        let data = fetched(&mut client, &from(&topic, offset, "b"), 18).await;
        assert_eq!(data.preferred_read_replica, preferred);
    }
    drop(held);
    let data = fetched(&mut follower, &from(&topic, 4, "b"), 18).await;
    assert_eq!((data.error_code.0, data.high_watermark), (0, 4));
    assert!(cluster.hold_replica("t", 0, 1).is_err());
    // Whoever leads has everything.
    cluster.hold_replica("t", 0, 2).unwrap().keep();
    client.produce(&topic, batch(&["e"]), 13).await;
    cluster.move_leader("t", 0, 2).unwrap();
    let data = fetched(&mut follower, &from(&topic, 4, "b"), 18).await;
    assert_eq!(values(&data.records.unwrap()).len(), 1);
}

async fn end_of_epoch(client: &mut AnyClient, current: i32, epoch: i32) -> (i16, i32, i64) {
    let mut partition = OffsetForLeaderPartition::default();
    partition.leader_epoch = epoch;
    partition.current_leader_epoch = current;
    let mut topic = OffsetForLeaderTopic::default();
    topic.topic = "t".into();
    topic.partitions = vec![partition];
    let mut request = OffsetForLeaderEpochRequest::default();
    request.topics = vec![topic];
    request.replica_id = -1;
    let response = client.call(&request, 4).await;
    let end = &response.topics[0].partitions[0];
    (end.error_code.0, end.leader_epoch, end.end_offset)
}

#[tokio::test]
async fn a_log_that_was_cut_tells_where_it_diverges() {
    let (cluster, mut client, topic) = start().await;
    let before = cluster.leader_epoch("t", 0).unwrap();
    assert!(cluster.truncate_partition("t", 0, 4).is_err());
    // Inside of the first batch.
    assert_eq!(cluster.truncate_partition("t", 0, 1).unwrap(), 0);
    client.produce(&topic, batch(&["a", "b"]), 13).await;
    client.produce(&topic, batch(&["c", "d"]), 13).await;
    assert_eq!(cluster.truncate_partition("t", 0, 2).unwrap(), 2);
    let epoch = cluster.leader_epoch("t", 0).unwrap();
    assert_eq!(epoch, before + 2);
    client.produce(&topic, batch(&["x"]), 13).await;
    assert_eq!(
        end_of_epoch(&mut client, epoch, epoch - 1).await,
        (0, epoch - 1, 2)
    );
    assert_eq!(end_of_epoch(&mut client, epoch, epoch).await, (0, epoch, 3));
    let mut request = from(&topic, 4, "");
    let partition = |request: &mut FetchRequest, offset, current, last| {
        let partition = &mut request.topics[0].partitions[0];
        partition.fetch_offset = offset;
        partition.current_leader_epoch = current;
        partition.last_fetched_epoch = last;
    };
    // Who has read to the old end.
    partition(&mut request, 4, epoch - 1, epoch - 1);
    let data = fetched(&mut client, &request, 18).await;
    assert_eq!(data.error_code, ErrorCode::FENCED_LEADER_EPOCH);
    partition(&mut request, 4, epoch, epoch - 1);
    let data = fetched(&mut client, &request, 18).await;
    let diverging = &data.diverging_epoch;
    assert_eq!((diverging.epoch, diverging.end_offset), (epoch - 1, 2));
    partition(&mut request, 2, epoch, epoch - 1);
    let data = fetched(&mut client, &request, 18).await;
    assert_eq!(values(&data.records.unwrap()), [(2, "x".to_owned())]);
    partition(&mut request, 4, epoch, -1);
    let data = fetched(&mut client, &request, 18).await;
    assert_eq!(data.error_code, ErrorCode::OFFSET_OUT_OF_RANGE);
}

#[tokio::test]
async fn what_was_cut_is_unknown_of_its_producer() {
    let (cluster, mut client, topic) = start().await;
    let one = |sequence| {
        let mut builder = BatchBuilder::new().with_producer(Producer {
            id: 7,
            epoch: 0,
            base_sequence: sequence,
        });
        builder.append(1000, None, Some(b"a"), []).unwrap();
        builder
            .seal(&mut milena_wire::compression::Compressor::new())
            .unwrap()
    };
    for sequence in 0..3 {
        client.produce(&topic, one(sequence), 13).await;
    }
    assert_eq!(cluster.truncate_partition("t", 0, 4).unwrap(), 4);
    let mut outcomes = Vec::new();
    for sequence in [0, 2, 1, 1] {
        let answer = client.produce(&topic, one(sequence), 13).await;
        outcomes.push((answer.error_code.0, answer.base_offset));
    }
    let out_of_order = ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER.0;
    assert_eq!(outcomes, [(0, 3), (out_of_order, -1), (0, 4), (0, 4)]);
}
