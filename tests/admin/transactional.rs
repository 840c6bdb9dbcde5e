//! A producer with a transaction.

use milena::Client;
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::add_partitions_to_txn::AddPartitionsToTxnTopic;
use milena::wire::messages::produce::{PartitionProduceData, TopicProduceData};
use milena::wire::messages::{AddPartitionsToTxnRequest, InitProducerIdRequest, ProduceRequest};
use milena::wire::records::{BatchBuilder, Producer};

/// Leaves a transaction open, with a record in partition 0. Gives the producer's id and epoch.
pub(crate) async fn open(client: &Client, id: &str, topic: &str) -> (i64, i16) {
    let init = InitProducerIdRequest::default()
        .with_transactional_id(id.to_owned())
        .with_transaction_timeout_ms(60_000);
    let producer = client.send(init).await.unwrap();
    assert_eq!(producer.error_code, ErrorCode::NONE);
    let (producer_id, epoch) = (producer.producer_id, producer.producer_epoch);
    let added = AddPartitionsToTxnTopic::default()
        .with_name(topic.to_owned())
        .with_partitions(vec![0]);
    let add = AddPartitionsToTxnRequest::default()
        .with_v3_and_below_transactional_id(id.to_owned())
        .with_v3_and_below_producer_id(producer_id)
        .with_v3_and_below_producer_epoch(epoch)
        .with_v3_and_below_topics(vec![added]);
    let added = client.send(add).await.unwrap();
    let result = &added.results_by_topic_v3_and_below[0].results_by_partition[0];
    assert_eq!(ErrorCode(result.partition_error_code), ErrorCode::NONE);

    let mut batch = BatchBuilder::new().with_producer(Producer {
        id: producer_id,
        epoch,
        base_sequence: 0,
    });
    batch = batch.with_transactional(true);
    let none: [(&str, Option<&[u8]>); 0] = [];
    batch.append(1, None, Some(b"value"), none).unwrap();
    let records = batch.seal(&mut Default::default()).unwrap();
    let data = TopicProduceData::default()
        .with_name(topic.to_owned())
        .with_partition_data(vec![PartitionProduceData::default().with_records(records)]);
    let produce = ProduceRequest::default()
        .with_transactional_id(id.to_owned())
        .with_acks(-1)
        .with_timeout_ms(10_000)
        .with_topic_data(vec![data]);
    let produced = client.send(produce).await.unwrap();
    let result = &produced.responses[0].partition_responses[0];
    assert_eq!(result.error_code, ErrorCode::NONE);
    (producer_id, epoch)
}
