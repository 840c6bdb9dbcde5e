//! The connections that a client has.

use std::num::NonZeroUsize;
use std::time::Duration;

use milena::cluster::ClientEvent;
use milena::error::ErrorKind;
use milena::wire::api_key::ApiKey;
use milena::wire::messages::ApiVersionsRequest;
use milena_broker::{AcceptAction, Action, Fault, Moment};
use tokio::task::JoinSet;

use crate::support::{client, in_memory};

fn hello() -> ApiVersionsRequest {
    ApiVersionsRequest::default()
        .with_client_software_name("test")
        .with_client_software_version("1")
}

/// Statement 6.
#[tokio::test(start_paused = true)]
async fn a_thousand_who_want_a_connection_make_one() {
    let cluster = in_memory(3).start().await.unwrap();
    let client = client(&cluster).build().await.unwrap();
    let before = cluster.connection_counts().accepted;
    let mut tasks = JoinSet::new();
    for _ in 0..1000 {
        let client = client.clone();
        tasks.spawn(async move { client.send_to(3, hello()).await.is_ok() });
    }
    assert!(
        tasks
            .join_all()
            .await
            .into_iter()
            .all(|is_answered| is_answered)
    );
    assert_eq!(cluster.connection_counts().accepted, before + 1);
}

/// Statement 7.
#[tokio::test(start_paused = true)]
async fn the_connection_that_was_used_least_recently_makes_room() {
    let cluster = in_memory(6).start().await.unwrap();
    let client = client(&cluster)
        .max_connections(NonZeroUsize::new(4).unwrap())
        .build()
        .await
        .unwrap();
    for node in [1, 2, 3, 4, 1, 5, 6] {
        client.send_to(node, hello()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert!(cluster.connection_counts().open <= 4);
    }
    let open: Vec<_> = client.describe().brokers;
    let open = open.iter().filter(|broker| !broker.connections.is_empty());
    assert_eq!(
        open.map(|broker| broker.id).collect::<Vec<_>>(),
        [1, 4, 5, 6]
    );
}

/// Statement 7.
#[tokio::test(start_paused = true)]
async fn who_finds_no_room_waits_and_is_told_of_the_cap() {
    let cluster = in_memory(6).start().await.unwrap();
    let client = client(&cluster)
        .max_connections(NonZeroUsize::new(4).unwrap())
        .build()
        .await
        .unwrap();
    for node in 1..=4 {
        client.send_to(node, hello()).await.unwrap();
    }
    let stalled = Action::Stall(Moment::AfterReading);
    let stalled = cluster.inject(Fault::on(ApiKey::API_VERSIONS, stalled).times(4));
    let mut busy = JoinSet::new();
    for node in 1..=4 {
        let client = client.clone();
        busy.spawn(async move { client.send_to(node, hello()).await.is_ok() });
    }
    stalled.until_hits(4).await;
    let refused = client
        .send_to(5, hello())
        .deadline(Duration::from_secs(1))
        .await;
    let error = refused.unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::PoolExhausted { max_connections: 4 }
        ),
        "{error}"
    );
    // Whoever has more time gets the first that becomes idle.
    let patient = tokio::spawn({
        let client = client.clone();
        async move { client.send_to(6, hello()).await.is_ok() }
    });
    tokio::task::yield_now().await;
    drop(stalled);
    assert!(patient.await.unwrap());
    assert!(
        busy.join_all()
            .await
            .into_iter()
            .all(|is_answered| is_answered)
    );
    assert!(cluster.connection_counts().open <= 4);
}

/// Statement 7.
#[tokio::test(start_paused = true)]
async fn connections_are_opened_ahead_of_use() {
    let cluster = in_memory(6).start().await.unwrap();
    let client = client(&cluster).build().await.unwrap();
    assert_eq!(client.warm_up(5).await, 5);
    let brokers = client.describe().brokers;
    let open = brokers
        .iter()
        .filter(|broker| !broker.connections.is_empty());
    assert_eq!(open.count(), 5);
}

/// Statements 9 and 10, and fault 7: the others are not held up by it.
#[tokio::test(start_paused = true)]
async fn a_broker_goes_down_and_comes_up_by_its_traffic() {
    let cluster = in_memory(3).start().await.unwrap();
    let client = client(&cluster).build().await.unwrap();
    client.send_to(2, hello()).await.unwrap();
    let mut events = client.events();
    let cut_off = cluster.inject(Fault::at_accept(AcceptAction::Close).node(2));
    cluster.drop_connections(2);
    let dead = client
        .send_to(2, hello())
        .deadline(Duration::from_secs(3))
        .await;
    assert!(dead.unwrap_err().attempts().len() >= 3);
    assert_eq!(
        events.next().await,
        Some(ClientEvent::BrokerDown { broker: 2 })
    );
    for node in [1, 3] {
        let alive = client
            .send_to(node, hello())
            .deadline(Duration::from_millis(100));
        alive.await.unwrap();
    }
    drop(cut_off);
    client.send_to(2, hello()).await.unwrap();
    loop {
        match events.next().await.unwrap() {
            ClientEvent::BrokerUp { broker: 2 } => break,
            ClientEvent::CircuitChanged { broker: 2, .. } => {}
            other => panic!("{other}"),
        }
    }
}
