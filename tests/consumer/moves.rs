//! Brokers fail, leaders move, and nothing is lost or read twice.

use milena::consumer::Start;
use milena_broker::{Action, ApiKey, ErrorCode, Fault};

use crate::support::{LONG, begin, numbered, read, write};

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_moves_is_followed() {
    let (cluster, client) = begin(3, "orders", 1).await;
    let producer = client.producer().build().unwrap();
    let assigned = [("orders", 0, Start::Earliest)];
    let mut consumer = client.consumer().assign(assigned).build().await.unwrap();
    for round in 0..6_usize {
        let numbers = round * 50..(round + 1) * 50;
        write(&producer, "orders", 0, numbers.clone(), 10).await;
        assert_eq!(read(&mut consumer, 50).await, numbered(numbers));
        let leader = cluster.leader("orders", 0).unwrap();
        let nodes = cluster.nodes();
        let other = nodes.iter().map(|node| node.id).find(|id| *id != leader);
        cluster.move_leader("orders", 0, other.unwrap()).unwrap();
    }
    client.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_connection_costs_nothing() {
    let (cluster, client) = begin(1, "orders", 2).await;
    let producer = client.producer().build().unwrap();
    let assigned = [("orders", 0, Start::Earliest)];
    let mut consumer = client.consumer().assign(assigned).build().await.unwrap();
    for round in 0..4_usize {
        let numbers = round * 50..(round + 1) * 50;
        write(&producer, "orders", 0, numbers.clone(), 10).await;
        assert_eq!(read(&mut consumer, 50).await, numbered(numbers));
        cluster.drop_connections(cluster.nodes()[0].id);
    }
    client.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_is_waited_for_and_what_does_not_is_told() {
    let (cluster, client) = begin(1, "orders", 2).await;
    let producer = client.producer().build().unwrap();
    write(&producer, "orders", 0, 0..10, 10).await;
    write(&producer, "orders", 1, 0..10, 10).await;
    for code in [
        ErrorCode::NOT_LEADER_OR_FOLLOWER,
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        ErrorCode::KAFKA_STORAGE_ERROR,
        ErrorCode::FETCH_SESSION_ID_NOT_FOUND,
        ErrorCode::INVALID_FETCH_SESSION_EPOCH,
    ] {
        let fault = Fault::on(ApiKey::FETCH, Action::Error(code)).times(2);
        let fault = cluster.inject(fault);
        let assigned = [("orders", 0, Start::Earliest)];
        let mut consumer = client.consumer().assign(assigned).build().await.unwrap();
        assert_eq!(read(&mut consumer, 10).await, numbered(0..10), "{code:?}");
        assert_eq!(fault.hits(), 2);
    }
    let code = ErrorCode::TOPIC_AUTHORIZATION_FAILED;
    let fault = Fault::on(ApiKey::LIST_OFFSETS, Action::Error(code));
    let fault = cluster.inject(fault);
    let assigned = [
        ("orders", 0, Start::Earliest),
        ("orders", 1, Start::Offset(0)),
    ];
    let mut consumer = client.consumer().assign(assigned).build().await.unwrap();
    let mut errors = Vec::new();
    let mut records = 0;
    while records < 10 || errors.is_empty() {
        match tokio::time::timeout(LONG, consumer.next())
            .await
            .unwrap()
            .unwrap()
        {
            Ok(batch) => {
                assert_eq!(batch.partition(), 1);
                records += batch.len();
            }
            Err(error) => errors.push(error.to_string()),
        }
    }
    assert_eq!((records, errors.len()), (10, 1));
    assert!(errors[0].contains("orders-0"), "{errors:?}");
    drop(fault);
    consumer
        .control()
        .seek(("orders", 0), Start::Earliest)
        .unwrap();
    assert_eq!(read(&mut consumer, 10).await, numbered(0..10));
    client.close().await;
}
