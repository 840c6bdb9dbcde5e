//! Producers and their transactions.

use std::time::Duration;

use milena::TopicPartition;
use milena::admin::{NewTopic, OpenTransaction, TransactionState};
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::InitProducerIdRequest;
use milena_broker::{ApiKey, Coordination};

use super::{client, code, nodes, three};
use crate::transactional::open;

#[tokio::test(start_paused = true)]
async fn transactional_ids_are_told_by_their_coordinators() {
    let cluster = three().start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    for (id, node) in [("one", 1), ("other", 3)] {
        cluster
            .move_coordinator(Coordination::Transaction, id, node)
            .unwrap();
        let request = InitProducerIdRequest::default()
            .with_transactional_id(id)
            .with_transaction_timeout_ms(10_000);
        assert!(client.send(request).await.unwrap().error_code.is_ok());
    }
    let mut described = admin
        .describe_transactions(["one", "other", "missing"])
        .await;
    assert_eq!(
        code(described.take("missing").unwrap()),
        ErrorCode::TRANSACTIONAL_ID_NOT_FOUND
    );
    let described = described.all().unwrap();
    assert_eq!(
        (described["one"].coordinator, described["other"].coordinator),
        (1, 3)
    );
    assert_eq!(described["one"].state, TransactionState::Empty);
    let log = cluster.log_requests();
    let listed = admin.list_transactions().await.unwrap();
    assert_eq!(nodes(&log, ApiKey::LIST_TRANSACTIONS), [1, 2, 3]);
    assert_eq!(listed.merged().unwrap().len(), 2);

    let fenced = admin.fence_producers(["one", "other"]).await.all().unwrap();
    assert_eq!(nodes(&log, ApiKey::INIT_PRODUCER_ID), [1, 3]);
    let again = admin.force_terminate_transaction("one").await.unwrap();
    assert_eq!(again.producer_id, fenced["one"].producer_id);
    assert!(again.producer_epoch > fenced["one"].producer_epoch);

    let new = NewTopic::new("a").replicas([vec![1, 2], vec![2, 3], vec![3, 1]]);
    admin.create_topic(new).await.unwrap();
    let partitions = [0, 1, 2].map(|partition| TopicPartition::new("a", partition));
    let producers = admin
        .describe_producers(partitions.clone())
        .await
        .all()
        .unwrap();
    assert_eq!(nodes(&log, ApiKey::DESCRIBE_PRODUCERS), [1, 2, 3]);
    assert!(producers.values().all(Vec::is_empty));
    // Whoever has a partition tells of it, and no other is asked instead: it was this one that was meant.
    let mut by_one = admin.describe_producers(partitions.clone()).broker(2).await;
    assert_eq!(
        code(by_one.take(&partitions[2]).unwrap()),
        ErrorCode::NOT_LEADER_OR_FOLLOWER
    );
    assert_eq!(by_one.all().unwrap().len(), 2);
    assert_eq!(nodes(&log, ApiKey::DESCRIBE_PRODUCERS), [1, 2, 2, 3]);
    client.close().await;
}

/// Coordinators are looked for all at once where that can be asked for (KIP-699), and once each.
#[tokio::test(start_paused = true)]
async fn coordinators_are_looked_for_together() {
    for (newest, times) in [(6, 1), (4, 1), (3, 3)] {
        let cluster = three().cap_api(ApiKey::FIND_COORDINATOR, newest);
        let cluster = cluster.start().await.unwrap();
        let client = client(&cluster).await;
        let admin = client.admin();
        let log = cluster.log_requests();
        let ids = ["one", "other", "third"];
        for _ in 0..2 {
            let described = admin.describe_transactions(ids).await;
            assert_eq!(described.failures().count(), 3);
            assert_eq!(code(described.all()), ErrorCode::TRANSACTIONAL_ID_NOT_FOUND);
        }
        assert_eq!(nodes(&log, ApiKey::FIND_COORDINATOR).len(), times);
        client.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn open_transactions_are_seen_and_ended() {
    let cluster = three().start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    let new = NewTopic::new("a").replicas([vec![1, 2]]);
    admin.create_topic(new).await.unwrap();
    let (producer_id, producer_epoch) = open(&client, "one", "a").await;
    let partition = TopicPartition::new("a", 0);
    let described = admin.describe_transactions(["one"]).await.all().unwrap();
    let transaction = &described["one"];
    assert_eq!(transaction.state, TransactionState::Ongoing);
    assert_eq!(transaction.producer_id, producer_id);
    assert!(transaction.partitions.contains(&partition) && transaction.start_time.is_some());
    let listed = admin
        .list_transactions()
        .states([TransactionState::Ongoing])
        .producer_ids([producer_id])
        .longer_than(Duration::ZERO)
        .matching("o.*");
    assert_eq!(listed.await.unwrap().merged().unwrap().len(), 1);
    let listed = admin.list_transactions().matching("other.*");
    assert_eq!(listed.await.unwrap().merged().unwrap(), []);
    // Its leader and its follower tell the same.
    for broker in [1, 2] {
        let told = admin.describe_producers([("a", 0)]).broker(broker);
        let told = told.await.all().unwrap();
        assert_eq!(told[&partition][0].transaction_start_offset, Some(0));
    }

    // As if its coordinator had forgotten it: each partition is told.
    let hanging = |producer_epoch| OpenTransaction {
        partition: partition.clone(),
        producer_id,
        producer_epoch,
        coordinator_epoch: 0,
    };
    let refused = admin.abort_transaction(hanging(producer_epoch - 1)).await;
    assert_eq!(code(refused), ErrorCode::INVALID_PRODUCER_EPOCH);
    admin
        .abort_transaction(hanging(producer_epoch))
        .await
        .unwrap();
    let told = admin.describe_producers([("a", 0)]).await.all().unwrap();
    assert_eq!(told[&partition][0].transaction_start_offset, None);

    admin.force_terminate_transaction("one").await.unwrap();
    let described = admin.describe_transactions(["one"]).await.all().unwrap();
    let state = &described["one"].state;
    assert!(
        matches!(
            state,
            TransactionState::Empty | TransactionState::CompleteAbort
        ),
        "{state:?}"
    );
    client.close().await;
}
