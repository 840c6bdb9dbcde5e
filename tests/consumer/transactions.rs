//! Transactions as readers see them (fault row 25).

use std::time::Duration;

use bytes::Bytes;
use milena::Client;
use milena::IsolationLevel::{ReadCommitted, ReadUncommitted};
use milena::consumer::{Consumer, ConsumerBuilder};
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::add_partitions_to_txn::AddPartitionsToTxnTopic;
use milena::wire::messages::produce::{PartitionProduceData, TopicProduceData};
use milena::wire::messages::{
    AddPartitionsToTxnRequest, EndTxnRequest, FetchResponse, InitProducerIdRequest, ProduceRequest,
};
use milena::wire::records::{BatchBuilder, Batches, Producer};
use milena_broker::Cluster;

use crate::forge::{emptied, reaching};
use crate::support::{all_of, next, nothing_comes, read, tapped};
use crate::tap::Fetch;

/// A producer that writes to partition 0 of the topic `orders`, in transactions or not.
struct Writer {
    client: Client,
    /// Empty if it has no transactions.
    name: &'static str,
    id: i64,
    epoch: i16,
    sequence: i32,
}

impl Writer {
    async fn new(client: &Client, name: &'static str) -> Self {
        let mut request = InitProducerIdRequest::default().with_transaction_timeout_ms(60_000);
        request.transactional_id = (!name.is_empty()).then(|| name.into());
        let begun = client.send(request).await.unwrap();
        assert_eq!(begun.error_code, ErrorCode::NONE);
        Self {
            client: client.clone(),
            name,
            id: begun.producer_id,
            epoch: begun.producer_epoch,
            sequence: 0,
        }
    }

    /// Adds partition 0 to the transaction.
    async fn join(&self) {
        let topic = AddPartitionsToTxnTopic::default()
            .with_name("orders")
            .with_partitions(vec![0]);
        let request = AddPartitionsToTxnRequest::default()
            .with_v3_and_below_transactional_id(self.name)
            .with_v3_and_below_producer_id(self.id)
            .with_v3_and_below_producer_epoch(self.epoch)
            .with_v3_and_below_topics(vec![topic]);
        let added = self.client.send(request).await.unwrap();
        let result = &added.results_by_topic_v3_and_below[0].results_by_partition[0];
        assert_eq!(ErrorCode(result.partition_error_code), ErrorCode::NONE);
    }

    /// Writes a batch; the offset of its first record.
    async fn write(&mut self, values: &[&str]) -> i64 {
        let is_transactional = !self.name.is_empty();
        if is_transactional {
            self.join().await;
        }
        let mut builder = BatchBuilder::new()
            .with_transactional(is_transactional)
            .with_producer(Producer {
                id: self.id,
                epoch: self.epoch,
                base_sequence: self.sequence,
            });
        for value in values {
            builder
                .append(1_000, None, Some(value.as_bytes()), [])
                .unwrap();
        }
        self.sequence += i32::try_from(values.len()).unwrap();
        let records = builder.seal(&mut Default::default()).unwrap();
        let partition = PartitionProduceData::default().with_records(records);
        let mut request = ProduceRequest::default()
            .with_acks(-1)
            .with_timeout_ms(10_000)
            .with_topic_data(vec![
                TopicProduceData::default()
                    .with_name("orders")
                    .with_partition_data(vec![partition]),
            ]);
        request.transactional_id = is_transactional.then(|| self.name.into());
        let produced = self.client.send(request).await.unwrap();
        let result = &produced.responses[0].partition_responses[0];
        assert_eq!(result.error_code, ErrorCode::NONE);
        result.base_offset
    }

    async fn end(&mut self, is_committed: bool) {
        let request = EndTxnRequest::default()
            .with_transactional_id(self.name)
            .with_producer_id(self.id)
            .with_producer_epoch(self.epoch)
            .with_committed(is_committed);
        let ended = self.client.send(request).await.unwrap();
        assert_eq!(ended.error_code, ErrorCode::NONE);
        // Each transaction has an epoch of its own (KIP-890).
        if ended.producer_epoch >= 0 && ended.producer_epoch != self.epoch {
            (self.epoch, self.sequence) = (ended.producer_epoch, 0);
        }
    }

    async fn commit(&mut self) {
        self.end(true).await;
    }

    async fn abort(&mut self) {
        self.end(false).await;
    }
}

fn committed(client: &Client) -> ConsumerBuilder {
    all_of(client, 0..1).isolation_level(ReadCommitted)
}

/// Offsets and values.
fn are(records: &[(i64, &str)]) -> Vec<(i64, String)> {
    let record = |(offset, value): &(i64, &str)| (*offset, (*value).to_owned());
    records.iter().map(record).collect()
}

/// Makes sure that nothing else comes, and that the consumer is at the end.
async fn is_at_end(consumer: &mut Consumer, end: i64) {
    nothing_comes(consumer, Duration::from_secs(2)).await;
    let control = consumer.control();
    assert_eq!(control.position(("orders", 0)).unwrap(), Some(end));
    assert_eq!(control.lag(("orders", 0)).unwrap(), Some(0));
    assert_eq!(control.discarded(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_reads_what_is_committed_sees_nothing_else() {
    let (_cluster, client, _tap) = tapped(Cluster::builder(), 1).await;
    let mut plain = Writer::new(&client, "").await;
    let mut x = Writer::new(&client, "x").await;
    let mut y = Writer::new(&client, "y").await;
    assert_eq!(plain.write(&["plain-0"]).await, 0);
    assert_eq!(x.write(&["x-1", "x-2"]).await, 1);
    assert_eq!(y.write(&["y-3"]).await, 3);
    assert_eq!(plain.write(&["plain-4"]).await, 4);
    y.abort().await;
    x.commit().await;
    assert_eq!(y.write(&["y-7"]).await, 7);
    y.commit().await;
    assert_eq!(x.write(&["x-9"]).await, 9);
    x.abort().await;

    let mut consumer = committed(&client).build().await.unwrap();
    let expected = [
        (0, "plain-0"),
        (1, "x-1"),
        (2, "x-2"),
        (4, "plain-4"),
        (7, "y-7"),
    ];
    assert_eq!(read(&mut consumer, 5).await, are(&expected));
    // The last ones are aborted, and a marker.
    is_at_end(&mut consumer, 11).await;

    let every = all_of(&client, 0..1).isolation_level(ReadUncommitted);
    let mut every = every.build().await.unwrap();
    let expected = [
        (0, "plain-0"),
        (1, "x-1"),
        (2, "x-2"),
        (3, "y-3"),
        (4, "plain-4"),
        (7, "y-7"),
        (9, "x-9"),
    ];
    assert_eq!(read(&mut every, 7).await, are(&expected));
    is_at_end(&mut every, 11).await;
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_open_holds_back_what_is_behind_it() {
    let (_cluster, client, _tap) = tapped(Cluster::builder(), 1).await;
    let mut plain = Writer::new(&client, "").await;
    let mut x = Writer::new(&client, "x").await;
    plain.write(&["plain-0"]).await;
    x.write(&["x-1"]).await;
    plain.write(&["plain-2"]).await;
    let mut consumer = committed(&client).build().await.unwrap();
    let mut every = all_of(&client, 0..1).build().await.unwrap();
    assert_eq!(read(&mut consumer, 1).await, are(&[(0, "plain-0")]));
    is_at_end(&mut consumer, 1).await;
    let expected = [(0, "plain-0"), (1, "x-1"), (2, "plain-2")];
    assert_eq!(read(&mut every, 3).await, are(&expected));
    is_at_end(&mut every, 3).await;
    x.commit().await;
    assert_eq!(read(&mut consumer, 2).await, are(&expected[1..]));
    is_at_end(&mut consumer, 4).await;

    x.write(&["x-4"]).await;
    plain.write(&["plain-5"]).await;
    is_at_end(&mut consumer, 4).await;
    x.abort().await;
    assert_eq!(read(&mut consumer, 1).await, are(&[(5, "plain-5")]));
    is_at_end(&mut consumer, 7).await;
    assert_eq!(
        read(&mut every, 2).await,
        are(&[(4, "x-4"), (5, "plain-5")])
    );
    client.close().await;
}

/// Brokers list aborted transactions as they ended.
#[tokio::test(start_paused = true)]
async fn aborted_transactions_are_left_out_in_whatever_order_they_are_listed() {
    let (_cluster, client, tap) = tapped(Cluster::builder(), 1).await;
    let mut writers = Vec::new();
    for name in ["a", "b", "c"] {
        writers.push(Writer::new(&client, name).await);
    }
    // All of them begin, and end the other way round; again and again, so that an answer lists each of them several times.
    for round in 0..3 {
        for writer in &mut writers {
            writer.write(&["one", "two"]).await;
        }
        for writer in writers.iter_mut().rev() {
            writer.end(round == 1).await;
        }
    }
    let mut consumer = committed(&client).build().await.unwrap();
    let records = read(&mut consumer, 6).await;
    let offsets: Vec<_> = records.iter().map(|record| record.0).collect();
    assert_eq!(offsets, [9, 10, 11, 12, 13, 14]);
    is_at_end(&mut consumer, 27).await;
    let fetches = tap.fetches();
    let lists = fetches.iter().flat_map(Fetch::told);
    let lists = lists.filter_map(|told| told.aborted_transactions.as_ref());
    let firsts: Vec<Vec<_>> = lists
        .map(|list| list.iter().map(|aborted| aborted.first_offset).collect())
        .collect();
    assert_eq!(firsts[0].len(), 6);
    assert!(!firsts[0].is_sorted(), "{firsts:?}");
    client.close().await;
}

/// The records of an aborted transaction are compacted away, its marker is still there; the next one of the same producer counts.
#[tokio::test(start_paused = true)]
async fn an_aborted_transaction_without_records_ends_at_its_marker() {
    let (_cluster, client, tap) = tapped(Cluster::builder(), 1).await;
    let mut x = Writer::new(&client, "x").await;
    x.write(&["gone-0", "gone-1"]).await;
    x.abort().await;
    x.write(&["x-3"]).await;
    x.commit().await;
    for keeps_batch in [false, true] {
        tap.edit(move |_, response| compact(response, keeps_batch, &[0]));
        let mut consumer = committed(&client).build().await.unwrap();
        assert_eq!(read(&mut consumer, 1).await, are(&[(3, "x-3")]));
        is_at_end(&mut consumer, 5).await;
        let fetches = tap.fetches();
        let told = fetches.iter().flat_map(Fetch::told);
        let mut lists = told.filter_map(|told| told.aborted_transactions.as_ref());
        assert!(lists.any(|list| !list.is_empty()));
    }
    client.close().await;
}

/// Takes the records of batches away as compaction does, with their batches or without.
fn compact(response: &mut FetchResponse, keeps_batch: bool, offsets: &[i64]) {
    let topics = response.responses.iter_mut();
    for told in topics.flat_map(|topic| &mut topic.partitions) {
        let mut left = Vec::new();
        for batch in Batches::new(told.records.clone().unwrap_or_default()) {
            let batch = batch.unwrap();
            match offsets.contains(&batch.base_offset()) {
                false => left.extend_from_slice(batch.bytes()),
                true if keeps_batch => left.extend_from_slice(&emptied(&batch)),
                true => {}
            }
        }
        told.records = Some(Bytes::from(left));
    }
}

#[tokio::test(start_paused = true)]
async fn gaps_and_empty_batches_are_passed_over() {
    for level in [ReadCommitted, ReadUncommitted] {
        for keeps_batch in [false, true] {
            let (_cluster, client, tap) = tapped(Cluster::builder(), 1).await;
            let mut plain = Writer::new(&client, "").await;
            for values in [["0", "1"], ["2", "3"], ["4", "5"], ["6", "7"], ["8", "9"]] {
                plain.write(&values).await;
            }
            // At the beginning, in the middle and, if the batch is kept, at the end: Kafka keeps the last batch of a producer.
            let gone: &[i64] = if keeps_batch { &[0, 4, 8] } else { &[0, 4] };
            tap.edit(move |_, response| compact(response, keeps_batch, gone));
            let builder = all_of(&client, 0..1).isolation_level(level);
            let mut consumer = builder.build().await.unwrap();
            let expected = [(2, "2"), (3, "3"), (6, "6"), (7, "7"), (8, "8"), (9, "9")];
            let count = if keeps_batch { 4 } else { 6 };
            assert_eq!(read(&mut consumer, count).await, are(&expected[..count]));
            is_at_end(&mut consumer, 10).await;
            // The caller has not waited for anything that was not new: each was sent once.
            let sent: Vec<_> = tap.sent(0).iter().map(|sent| sent.1).collect();
            assert!(sent.is_sorted_by(|one, other| one < other), "{sent:?}");
            assert_eq!(sent.len(), if keeps_batch { 5 } else { 3 });
            client.close().await;
        }
    }
}

/// A batch of which some records are compacted away keeps its extent.
#[tokio::test(start_paused = true)]
async fn a_batch_with_gaps_ends_where_it_did() {
    let (_cluster, client, tap) = tapped(Cluster::builder(), 1).await;
    let mut plain = Writer::new(&client, "").await;
    plain.write(&["0", "1", "2", "3", "4"]).await;
    plain.write(&["5"]).await;
    tap.edit(|_, response| {
        let topics = response.responses.iter_mut();
        for told in topics.flat_map(|topic| &mut topic.partitions) {
            let mut left = Vec::new();
            for batch in Batches::new(told.records.clone().unwrap_or_default()) {
                let batch = batch.unwrap();
                if batch.base_offset() != 0 {
                    left.extend_from_slice(batch.bytes());
                    continue;
                }
                let mut builder = BatchBuilder::new();
                for offset in [1_i64, 3] {
                    let value = offset.to_string();
                    let value = Some(value.as_bytes());
                    builder
                        .append_with_offset(offset, 1_000, None, value, [])
                        .unwrap();
                }
                let batch = builder.seal(&mut Default::default()).unwrap();
                left.extend_from_slice(&reaching(&batch, 4));
            }
            told.records = Some(Bytes::from(left));
        }
    });
    let mut consumer = committed(&client).build().await.unwrap();
    let batch = next(&mut consumer).await;
    let offsets: Vec<_> = batch.iter().map(|record| record.offset).collect();
    assert_eq!((offsets, batch.next_offset()), (vec![1, 3], 5));
    assert_eq!(read(&mut consumer, 1).await, are(&[(5, "5")]));
    is_at_end(&mut consumer, 6).await;
    client.close().await;
}
