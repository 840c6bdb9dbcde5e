//! Producers and their transactions.

use milena::TopicPartition;
use milena::admin::{NewTopic, TransactionState};
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::InitProducerIdRequest;
use milena_broker::{ApiKey, Coordination};

use super::{client, code, nodes, three};

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
