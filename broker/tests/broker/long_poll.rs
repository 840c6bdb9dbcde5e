//! Fetches that wait. The times are far apart, so that a slow machine changes nothing.

use std::time::{Duration, Instant};

use milena_broker::Cluster;
use milena_wire::messages::fetch::FetchResponse;
use milena_wire::messages::metadata::MetadataResponse;
use tokio::time::timeout;

use crate::client::{Client, batch, fetch_request, metadata_request, no_topic, values};

const LONG: i32 = 60_000;
const SOON: Duration = Duration::from_secs(20);

fn size(response: &FetchResponse) -> usize {
    response.responses[0].partitions[0]
        .records
        .as_ref()
        .unwrap()
        .len()
}

/// Waits until the broker has read what the client sent: what it answers on another connection comes later, and nothing else tells.
async fn settle(client: &mut Client) {
    for _ in 0..3 {
        client.metadata(&[], 13).await;
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_append_wakes_a_fetch() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut consumer = Client::connect(&cluster, 1).await;
    let mut producer = Client::connect(&cluster, 1).await;
    let topic = producer.create_topic("orders", 1).await;
    for (number, version) in (0..).zip([4, 12, 18]) {
        let mut request = fetch_request(&topic, number);
        request.max_wait_ms = LONG;
        let start = Instant::now();
        let id = consumer.send(&request, version).await;
        settle(&mut producer).await;
        producer.produce(&topic, batch(&["news"]), 13).await;
        let response: FetchResponse = consumer.receive(id, version).await;
        assert!(start.elapsed() < SOON);
        let records = response.responses[0].partitions[0]
            .records
            .as_ref()
            .unwrap();
        assert_eq!(values(records), [(number, "news".to_owned())]);
    }
}

#[tokio::test]
async fn it_waits_until_enough_has_come() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut consumer = Client::connect(&cluster, 1).await;
    let mut producer = Client::connect(&cluster, 1).await;
    let topic = producer.create_topic("orders", 1).await;
    let one = batch(&["0123456789"]);
    let mut request = fetch_request(&topic, 0);
    request.max_wait_ms = LONG;
    request.min_bytes = i32::try_from(3 * one.len()).unwrap();
    let id = consumer.send(&request, 18).await;
    for _ in 0..2 {
        producer.produce(&topic, one.clone(), 13).await;
    }
    settle(&mut producer).await;
    let mut byte = [0];
    let early = timeout(Duration::from_millis(100), consumer.stream.peek(&mut byte)).await;
    assert!(early.is_err(), "answered too early");
    producer.produce(&topic, one.clone(), 13).await;
    let response: FetchResponse = consumer.receive(id, 18).await;
    assert_eq!(size(&response), 3 * one.len());
}

#[tokio::test]
async fn when_its_time_is_over_it_answers_with_what_there_is() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("orders", 1).await;
    let mut request = fetch_request(&topic, 0);
    request.max_wait_ms = 200;
    request.min_bytes = 1_000_000;
    for expected in [0, batch(&["a"]).len()] {
        let start = Instant::now();
        let response = client.call(&request, 18).await;
        assert!(start.elapsed() >= Duration::from_millis(200));
        assert_eq!(size(&response), expected);
        client.produce(&topic, batch(&["a"]), 13).await;
    }
}

#[tokio::test]
async fn nothing_to_wait_for_is_answered_at_once() {
    let cluster = Cluster::builder().nodes(2).start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let mut other = Client::connect(&cluster, 2).await;
    let topic = client.create_topic("orders", 1).await;
    let start = Instant::now();
    let mut requests = vec![
        fetch_request(&no_topic(), 0),
        fetch_request(&topic, 99),
        fetch_request(&topic, 0),
    ];
    requests[2].min_bytes = 0;
    for mut request in requests {
        request.max_wait_ms = LONG;
        client.call(&request, 18).await;
    }
    let mut elsewhere = fetch_request(&topic, 0);
    elsewhere.max_wait_ms = LONG;
    other.call(&elsewhere, 18).await;
    assert!(start.elapsed() < SOON);
}

#[tokio::test]
async fn what_is_asked_behind_it_waits_its_turn() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let mut producer = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("orders", 1).await;
    let mut request = fetch_request(&topic, 0);
    request.max_wait_ms = LONG;
    let before = client.send(&metadata_request(&[]), 13).await;
    let fetch = client.send(&request, 18).await;
    let after = client.send(&metadata_request(&[]), 13).await;
    // The answer before the fetch does not wait for it.
    client.receive::<MetadataResponse>(before, 13).await;
    producer.produce(&topic, batch(&["a"]), 13).await;
    client.receive::<FetchResponse>(fetch, 18).await;
    client.receive::<MetadataResponse>(after, 13).await;
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("orders", 1).await;
    let mut request = fetch_request(&topic, 0);
    request.max_wait_ms = LONG;
    client.send(&request, 18).await;
    tokio::io::AsyncWriteExt::shutdown(&mut client.stream)
        .await
        .unwrap();
    client.expect_close().await;
}

#[tokio::test]
async fn a_fetch_ends_with_the_cluster() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("orders", 1).await;
    let mut request = fetch_request(&topic, 0);
    request.max_wait_ms = LONG;
    client.send(&request, 18).await;
    timeout(SOON, cluster.shutdown()).await.unwrap();
    client.expect_close().await;
}
