//! Producers and their transactions.

use std::time::Duration;

use milena::Client;
use milena::TopicPartition;
use milena::admin::TransactionState;
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::add_partitions_to_txn::AddPartitionsToTxnTopic;
use milena::wire::messages::produce::{PartitionProduceData, TopicProduceData};
use milena::wire::messages::{AddPartitionsToTxnRequest, InitProducerIdRequest, ProduceRequest};
use milena::wire::records::{BatchBuilder, Producer};

use super::{client, code, topic, unique, until};

/// Leaves a transaction open, with a record in partition 0. Gives the producer's id and epoch.
async fn open(client: &Client, id: &str, topic: &str) -> (i64, i16) {
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

#[tokio::test]
#[ignore = "asks a real cluster"]
async fn transactions_are_seen_and_ended() {
    let client = client().await;
    let admin = client.admin();
    let topic = topic(&admin, "transactions").await;
    let id = unique("transaction");
    let (producer_id, _) = open(&client, &id, &topic).await;
    let partition = TopicPartition::new(&*topic, 0);

    let described = admin.describe_transactions([&*id, "nothing-here"]);
    let mut described = described.await;
    assert_eq!(
        code(described.take("nothing-here").unwrap()),
        ErrorCode::TRANSACTIONAL_ID_NOT_FOUND
    );
    let transaction = described.take(&*id).unwrap().unwrap();
    assert_eq!(transaction.state, TransactionState::Ongoing);
    assert_eq!(
        (transaction.producer_id, transaction.timeout),
        (producer_id, Duration::from_secs(60))
    );
    assert!(transaction.partitions.contains(&partition) && transaction.start_time.is_some());

    let listed = admin
        .list_transactions()
        .states([TransactionState::Ongoing])
        .producer_ids([producer_id])
        .longer_than(Duration::ZERO)
        .matching(format!("{}.*", &id[..12]))
        .await
        .unwrap()
        .merged()
        .unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].transactional_id, id);
    let none = admin
        .list_transactions()
        .longer_than(Duration::from_secs(3600))
        .await
        .unwrap();
    assert!(
        none.merged()
            .unwrap()
            .iter()
            .all(|one| one.transactional_id != id)
    );

    let producers = admin
        .describe_producers([(&*topic, 0), (&*topic, 1)])
        .await
        .all()
        .unwrap();
    let producer = &producers[&partition][0];
    assert_eq!(
        (producer.producer_id, producer.transaction_start_offset),
        (producer_id, Some(0))
    );
    assert!(producers[&TopicPartition::new(&*topic, 1)].is_empty());
    for broker in [1, 2, 3] {
        let by_replica = admin.describe_producers([partition.clone()]).broker(broker);
        until("all replicas have it", || async {
            let by_replica = admin.describe_producers([partition.clone()]).broker(broker);
            by_replica.await.all().unwrap()[&partition].len() == 1
        })
        .await;
        assert_eq!(
            by_replica.await.all().unwrap()[&partition][0].producer_id,
            producer_id
        );
    }

    let fenced = admin.fence_producers([&*id]).await.all().unwrap();
    assert_eq!(fenced[&id].producer_id, producer_id);
    until("it is aborted", || async {
        let described = admin.describe_transactions([&*id]).await.all().unwrap();
        let state = &described[&id].state;
        matches!(
            state,
            TransactionState::Empty | TransactionState::CompleteAbort
        )
    })
    .await;
    open(&client, &id, &topic).await;
    admin.force_terminate_transaction(&*id).await.unwrap();
    until("nothing is open", || async {
        let producers = admin
            .describe_producers([partition.clone()])
            .await
            .all()
            .unwrap();
        let mut producers = producers[&partition].iter();
        producers.all(|producer| producer.transaction_start_offset.is_none())
    })
    .await;
    admin.delete_topic(topic).await.unwrap();
}

#[cfg(feature = "internal")]
#[tokio::test]
#[ignore = "asks a real cluster"]
async fn a_transaction_that_hangs_is_aborted() {
    use milena::admin::OpenTransaction;

    let client = client().await;
    let admin = client.admin();
    let topic = topic(&admin, "hanging").await;
    let id = unique("hanging");
    open(&client, &id, &topic).await;
    // The second time with a higher epoch.
    let (producer_id, producer_epoch) = open(&client, &id, &topic).await;
    let partition = TopicPartition::new(&*topic, 0);
    let of = |producer_epoch| OpenTransaction {
        partition: partition.clone(),
        producer_id,
        producer_epoch,
        coordinator_epoch: 0,
    };
    let refused = admin.abort_transaction(of(producer_epoch - 1)).await;
    assert_eq!(code(refused), ErrorCode::INVALID_PRODUCER_EPOCH);
    admin.abort_transaction(of(producer_epoch)).await.unwrap();
    let producers = admin
        .describe_producers([partition.clone()])
        .await
        .all()
        .unwrap();
    assert_eq!(producers[&partition][0].transaction_start_offset, None);
    admin.fence_producers([&*id]).await.all().unwrap();
    admin.delete_topic(topic).await.unwrap();
}
