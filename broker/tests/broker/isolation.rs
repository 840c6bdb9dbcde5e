//! What readers see of transactions.

use std::time::Duration;

use bytes::Bytes;
use milena_broker::Cluster;
use milena_wire::compression::Compressor;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::add_partitions_to_txn::{
    AddPartitionsToTxnRequest, AddPartitionsToTxnTopic,
};
use milena_wire::messages::end_txn::EndTxnRequest;
use milena_wire::messages::fetch::PartitionData;
use milena_wire::messages::init_producer_id::InitProducerIdRequest;
use milena_wire::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic,
};
use milena_wire::messages::metadata::MetadataResponseTopic;
use milena_wire::records::{BatchBuilder, Batches, Producer};
use tokio::time::Instant;

use crate::client::{AnyClient, batch, fetch_request, produce_request};

/// A producer under the id `x`.
struct Writer {
    client: AnyClient,
    topic: MetadataResponseTopic,
    id: i64,
    epoch: i16,
    sequence: i32,
    /// Whether its transactions begin by producing and each has an epoch of its own (KIP-890).
    is_new: bool,
}

impl Writer {
    async fn begin(
        cluster: &Cluster,
        topic: &MetadataResponseTopic,
        name: &str,
        is_new: bool,
    ) -> Self {
        let mut client = AnyClient::to(cluster, 1).await;
        let mut request = InitProducerIdRequest::default();
        request.transactional_id = Some(name.into());
        request.transaction_timeout_ms = 60_000;
        let begun = client.call(&request, 5).await;
        assert_eq!(begun.error_code, ErrorCode::NONE);
        Self {
            client,
            topic: topic.clone(),
            id: begun.producer_id,
            epoch: begun.producer_epoch,
            sequence: 0,
            is_new,
        }
    }

    fn records(&mut self) -> Bytes {
        let mut builder = BatchBuilder::new()
            .with_transactional(true)
            .with_producer(Producer {
                id: self.id,
                epoch: self.epoch,
                base_sequence: self.sequence,
            });
        builder.append(1000, None, Some(b"a"), []).unwrap();
        builder.append(1001, None, Some(b"b"), []).unwrap();
        self.sequence += 2;
        builder.seal(&mut Compressor::new()).unwrap()
    }

    /// Writes two records; the offset of the first.
    async fn write(&mut self, name: &str) -> i64 {
        if !self.is_new {
            let mut topic = AddPartitionsToTxnTopic::default();
            topic.name = "t".into();
            topic.partitions = [0][..].into();
            let mut request = AddPartitionsToTxnRequest::default();
            request.v3_and_below_transactional_id = name.into();
            request.v3_and_below_producer_id = self.id;
            request.v3_and_below_producer_epoch = self.epoch;
            request.v3_and_below_topics = vec![topic];
            self.client.call(&request, 3).await;
        }
        let records = self.records();
        let mut request = produce_request(&self.topic, 0, records, -1);
        request.transactional_id = Some(name.into());
        let version = if self.is_new { 12 } else { 11 };
        let response = self.client.call(&request, version).await;
        let answer = &response.responses[0].partition_responses[0];
        assert_eq!(answer.error_code, ErrorCode::NONE);
        answer.base_offset
    }

    async fn end(&mut self, name: &str, committed: bool) {
        let mut request = EndTxnRequest::default();
        request.transactional_id = name.into();
        request.producer_id = self.id;
        request.producer_epoch = self.epoch;
        request.committed = committed;
        let version = if self.is_new { 5 } else { 4 };
        let ended = self.client.call(&request, version).await;
        assert_eq!(ended.error_code, ErrorCode::NONE);
        if self.is_new {
            (self.epoch, self.sequence) = (ended.producer_epoch, 0);
        }
    }
}

async fn start() -> (Cluster, AnyClient, MetadataResponseTopic) {
    let cluster = Cluster::builder().in_memory().start().await.unwrap();
    let mut client = AnyClient::to(&cluster, 1).await;
    let topic = client.create_topic("t", 1).await;
    (cluster, client, topic)
}

async fn fetch(
    client: &mut AnyClient,
    topic: &MetadataResponseTopic,
    offset: i64,
    committed: bool,
) -> PartitionData {
    let mut request = fetch_request(topic, offset);
    request.isolation_level = i8::from(committed);
    let mut response = client.call(&request, 18).await;
    let partition = response.responses.remove(0).partitions.remove(0);
    assert_eq!(partition.error_code, ErrorCode::NONE);
    partition
}

/// The base offsets of the batches.
fn bases(data: &PartitionData) -> Vec<i64> {
    let batches = Batches::new(data.records.clone().unwrap());
    batches.map(|batch| batch.unwrap().base_offset()).collect()
}

/// Producer and first offset of those that were aborted.
fn aborted(data: &PartitionData) -> Vec<(i64, i64)> {
    let aborted = data.aborted_transactions.as_ref().unwrap().iter();
    aborted
        .map(|it| (it.producer_id, it.first_offset))
        .collect()
}

async fn latest(client: &mut AnyClient, timestamp: i64, isolation_level: i8) -> i64 {
    let mut partition = ListOffsetsPartition::default();
    partition.timestamp = timestamp;
    partition.current_leader_epoch = -1;
    let mut topic = ListOffsetsTopic::default();
    topic.name = "t".into();
    topic.partitions = vec![partition];
    let mut request = ListOffsetsRequest::default();
    request.replica_id = -1;
    request.isolation_level = isolation_level;
    request.topics = vec![topic];
    let response = client.call(&request, 7).await;
    response.topics[0].partitions[0].offset
}

#[tokio::test]
async fn open_transactions_hide_what_is_behind_them() {
    for is_new in [false, true] {
        let (cluster, mut client, topic) = start().await;
        let mut x = Writer::begin(&cluster, &topic, "x", is_new).await;
        let mut y = Writer::begin(&cluster, &topic, "y", is_new).await;
        client.produce(&topic, batch(&["plain"]), 13).await;
        assert_eq!(x.write("x").await, 1);
        assert_eq!(y.write("y").await, 3);
        assert_eq!(x.write("x").await, 5);
        let data = fetch(&mut client, &topic, 0, true).await;
        assert_eq!((data.high_watermark, data.last_stable_offset), (7, 1));
        assert_eq!((bases(&data), aborted(&data)), (vec![0], vec![]));
        assert_eq!(latest(&mut client, -1, 1).await, 1);
        assert_eq!(latest(&mut client, -1, 0).await, 7);
        assert_eq!(latest(&mut client, 1001, 0).await, 2);
        assert_eq!(latest(&mut client, 1001, 1).await, -1);
        let data = fetch(&mut client, &topic, 5, true).await;
        assert_eq!(bases(&data), [0; 0]);
        let data = fetch(&mut client, &topic, 0, false).await;
        assert_eq!(bases(&data), [0, 1, 3, 5]);
        assert_eq!(data.last_stable_offset, 1);
        assert_eq!(data.aborted_transactions, None);

        y.end("y", false).await;
        let data = fetch(&mut client, &topic, 0, true).await;
        assert_eq!((data.last_stable_offset, bases(&data)), (1, vec![0]));
        x.end("x", true).await;
        let data = fetch(&mut client, &topic, 0, true).await;
        assert_eq!((data.high_watermark, data.last_stable_offset), (9, 9));
        assert_eq!(bases(&data), [0, 1, 3, 5, 7, 8]);
        assert_eq!(aborted(&data), [(y.id, 3)]);
        // Behind the marker it does not matter any more.
        let data = fetch(&mut client, &topic, 8, true).await;
        assert_eq!((bases(&data), aborted(&data)), (vec![8], vec![]));

        assert_eq!(x.write("x").await, 9);
        x.end("x", false).await;
        let data = fetch(&mut client, &topic, 0, true).await;
        assert_eq!(aborted(&data), [(y.id, 3), (x.id, 9)]);
        assert_eq!(latest(&mut client, -1, 1).await, 12);
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_transaction_wakes_who_waits_for_it() {
    let (cluster, mut client, topic) = start().await;
    let mut x = Writer::begin(&cluster, &topic, "x", true).await;
    x.write("x").await;
    let mut request = fetch_request(&topic, 0);
    request.isolation_level = 1;
    request.max_wait_ms = 10_000;
    // As much as the records are, which have come long ago.
    request.min_bytes = 150;
    let begun = Instant::now();
    let id = client.send(&request, 18).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    x.end("x", true).await;
    let response: milena_wire::messages::fetch::FetchResponse = client.receive(id, 18).await;
    assert_eq!(bases(&response.responses[0].partitions[0]), [0, 2]);
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn who_truncates_a_marker_opens_the_transaction_again() {
    let (cluster, mut client, topic) = start().await;
    let mut x = Writer::begin(&cluster, &topic, "x", false).await;
    x.write("x").await;
    x.end("x", false).await;
    client.produce(&topic, batch(&["plain"]), 13).await;
    assert_eq!(cluster.truncate_partition("t", 0, 2).unwrap(), 2);
    let data = fetch(&mut client, &topic, 0, true).await;
    assert_eq!((data.high_watermark, data.last_stable_offset), (2, 0));
    assert_eq!((bases(&data), aborted(&data)), (vec![], vec![]));
}
