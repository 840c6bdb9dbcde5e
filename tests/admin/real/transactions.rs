//! Producers and their transactions.

use std::time::Duration;

use milena::TopicPartition;
use milena::admin::{OpenTransaction, TransactionState};
use milena::wire::error_code::ErrorCode;

use super::{client, code, topic, unique, until};
use crate::transactional::open;

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

#[tokio::test]
#[ignore = "asks a real cluster"]
async fn a_transaction_that_hangs_is_aborted() {
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
