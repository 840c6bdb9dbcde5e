//! Connections in memory, latency, idle connections, and what a test can see.

use std::io::ErrorKind;
use std::time::Duration;

use milena_broker::{ApiKey, Cluster, Requests};
use milena_wire::messages::api_versions::ApiVersionsRequest;
use milena_wire::messages::fetch::FetchResponse;
use milena_wire::messages::metadata::MetadataResponse;
use milena_wire::messages::produce::ProduceResponse;
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep};

use crate::client::{Client, batch, fetch_request, metadata_request, produce_request};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_cluster_without_sockets() {
    let cluster = Cluster::builder()
        .in_memory()
        .nodes(2)
        .start()
        .await
        .unwrap();
    assert_eq!(
        cluster.bootstrap(),
        ["node-1.invalid:9092", "node-2.invalid:9092"]
    );
    let mut client = Client::in_memory(&cluster, 2).await;
    let response = client.metadata(&[], 13).await;
    let brokers = response.brokers.iter();
    let told: Vec<_> = brokers
        .map(|broker| format!("{}:{}", broker.host, broker.port))
        .collect();
    assert_eq!(told, cluster.bootstrap());
    let error = cluster.connect("node-3.invalid:9092").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    let dialer = cluster.dialer();
    Client::over(dialer.connect_to(2).await.unwrap())
        .metadata(&[], 13)
        .await;
    cluster.shutdown().await;
    client.expect_close().await;
    let error = dialer.connect_to(2).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn sockets_and_memory_lead_to_the_same_nodes() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut socket = Client::connect(&cluster, 1).await;
    let mut memory = Client::in_memory(&cluster, 1).await;
    let topic = socket.create_topic("orders", 1).await;
    memory.produce(&topic, batch(&["a"]), 13).await;
    let response = socket.call(&fetch_request(&topic, 0), 18).await;
    assert_eq!(response.responses[0].partitions[0].high_watermark, 1);
}

#[tokio::test(start_paused = true)]
async fn answers_come_late_and_pipelined_requests_do_not_wait_for_each_other() {
    let cluster = Cluster::builder()
        .in_memory()
        .nodes(2)
        .latency(SECOND)
        .start()
        .await
        .unwrap();
    let mut client = Client::in_memory(&cluster, 1).await;
    let start = Instant::now();
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.push(client.send(&metadata_request(&[]), 13).await);
        sleep(SECOND / 10).await;
    }
    assert_eq!(start.elapsed(), SECOND);
    for (number, id) in (0..).zip(ids) {
        client.receive::<MetadataResponse>(id, 13).await;
        let expected = SECOND + SECOND / 10 * number;
        let late = start.elapsed().saturating_sub(expected);
        assert!(
            start.elapsed() >= expected && late < SECOND / 100,
            "{late:?}"
        );
    }
    // One node nearer, the other as far as it was.
    cluster.set_latency(1, Duration::ZERO);
    let start = Instant::now();
    client.metadata(&[], 13).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    Client::in_memory(&cluster, 2).await.metadata(&[], 13).await;
    assert_eq!(start.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_large_is_late_together_too() {
    let builder = Cluster::builder().in_memory().latency(SECOND);
    let cluster = builder.start().await.unwrap();
    let mut client = Client::in_memory(&cluster, 1).await;
    let topic = client.create_topic("orders", 1).await;
    let large = "x".repeat(900_000);
    let produce = produce_request(&topic, 0, batch(&[&large]), 1);
    let start = Instant::now();
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(client.send(&produce, 13).await);
    }
    for id in ids {
        client.receive::<ProduceResponse>(id, 13).await;
    }
    assert_eq!(start.elapsed().as_secs(), 1);
    let start = Instant::now();
    let mut ids = Vec::new();
    for offset in 0..20 {
        ids.push(client.send(&fetch_request(&topic, offset), 18).await);
    }
    for id in ids {
        let response = client.receive::<FetchResponse>(id, 18).await;
        let records = response.responses[0].partitions[0].records.as_ref();
        assert!(records.unwrap().len() > 900_000);
    }
    assert_eq!(start.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_late_comes_while_a_long_poll_waits() {
    let cluster = Cluster::builder()
        .in_memory()
        .latency(SECOND)
        .start()
        .await
        .unwrap();
    let mut client = Client::in_memory(&cluster, 1).await;
    let topic = client.create_topic("orders", 1).await;
    let start = Instant::now();
    let before = client.send(&metadata_request(&[]), 13).await;
    let mut request = fetch_request(&topic, 0);
    request.max_wait_ms = 10_000;
    let fetch = client.send(&request, 18).await;
    client.receive::<MetadataResponse>(before, 13).await;
    assert_eq!(start.elapsed().as_secs(), 1);
    client.receive::<FetchResponse>(fetch, 18).await;
    assert_eq!(start.elapsed().as_secs(), 11);
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_arrives_even_if_the_client_says_no_more() {
    let cluster = Cluster::builder()
        .in_memory()
        .latency(SECOND)
        .start()
        .await
        .unwrap();
    let mut client = Client::in_memory(&cluster, 1).await;
    let id = client.send(&metadata_request(&[]), 13).await;
    client.stream.shutdown().await.unwrap();
    client.receive::<MetadataResponse>(id, 13).await;
    client.expect_close().await;
}

#[tokio::test(start_paused = true)]
async fn idle_connections_are_closed() {
    let cluster = Cluster::builder().in_memory().start().await.unwrap();
    let mut client = Client::in_memory(&cluster, 1).await;
    let minute = 60 * SECOND;
    let start = Instant::now();
    for _ in 0..3 {
        sleep(9 * minute).await;
        client.metadata(&[], 13).await;
    }
    cluster.until_connections(|counts| counts.open == 0).await;
    let idle = start.elapsed() - 27 * minute;
    assert!(
        idle >= 10 * minute && idle < 10 * minute + SECOND,
        "{idle:?}"
    );
    client.expect_close().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_idle_too() {
    let builder = Cluster::builder()
        .in_memory()
        .connections_max_idle(30 * SECOND);
    let cluster = builder.start().await.unwrap();
    let mut client = Client::in_memory(&cluster, 1).await;
    let topic = client.create_topic("orders", 1).await;
    client
        .produce(&topic, batch(&[&"x".repeat(200_000)]), 13)
        .await;
    client.send(&fetch_request(&topic, 0), 18).await;
    let start = Instant::now();
    cluster.until_connections(|counts| counts.open == 0).await;
    assert_eq!(start.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn connections_can_be_kept_for_ever() {
    let builder = Cluster::builder()
        .in_memory()
        .connections_max_idle(Duration::MAX);
    let cluster = builder.start().await.unwrap();
    let mut client = Client::in_memory(&cluster, 1).await;
    sleep(365 * 24 * 3600 * SECOND).await;
    client.metadata(&[], 13).await;
}

#[tokio::test]
async fn the_connections_of_a_node_are_dropped() {
    let cluster = Cluster::builder().nodes(2).start().await.unwrap();
    let mut lost = [
        Client::connect(&cluster, 1).await,
        Client::connect(&cluster, 1).await,
    ];
    let mut memory = Client::in_memory(&cluster, 1).await;
    let mut other = Client::connect(&cluster, 2).await;
    for client in &mut lost {
        client.metadata(&[], 13).await;
    }
    memory.metadata(&[], 13).await;
    other.metadata(&[], 13).await;
    assert_eq!(cluster.drop_connections(1), 3);
    for client in &mut lost {
        client.expect_close().await;
    }
    memory.expect_close().await;
    let counts = cluster.until_connections(|counts| counts.open == 1).await;
    assert_eq!(counts.accepted, 4);
    assert_eq!(cluster.drop_connections(3), 0);
    other.metadata(&[], 13).await;
    Client::connect(&cluster, 1).await.metadata(&[], 13).await;
}

#[tokio::test]
async fn connections_are_listed_with_what_is_known_of_them() {
    let cluster = Cluster::builder().nodes(2).start().await.unwrap();
    let mut socket = Client::connect(&cluster, 2).await;
    socket.metadata(&[], 13).await;
    let mut memory = Client::in_memory(&cluster, 1).await;
    let mut request = ApiVersionsRequest::default();
    request.client_software_name = "milena-test".into();
    request.client_software_version = "1.0".into();
    memory.call(&request, 4).await;
    let [first, second] = &cluster.connections()[..] else {
        panic!()
    };
    let peer = socket.stream.local_addr().unwrap();
    assert_eq!((first.number, first.node, first.peer), (1, 2, Some(peer)));
    assert_eq!(first.software, None);
    assert_eq!((second.number, second.node, second.peer), (2, 1, None));
    let software = second.software.as_ref().unwrap();
    assert_eq!((&*software.0, &*software.1), ("milena-test", "1.0"));
    drop(socket);
    let counts = cluster.until_connections(|counts| counts.open == 1).await;
    assert_eq!(counts, cluster.connection_counts());
    assert_eq!((counts.open, counts.accepted), (1, 2));
    assert_eq!(cluster.connections()[0].number, 2);
}

#[tokio::test(start_paused = true)]
async fn requests_are_seen_as_they_come() {
    let cluster = Cluster::builder()
        .in_memory()
        .nodes(2)
        .start()
        .await
        .unwrap();
    let mut client = Client::in_memory(&cluster, 1).await;
    let topic = client.create_topic("orders", 1).await;
    let log = cluster.log_requests();
    let start = Instant::now();
    let consumer = async {
        sleep(5 * SECOND).await;
        let mut request = fetch_request(&topic, 0);
        request.max_wait_ms = 60_000;
        client.send(&request, 18).await;
    };
    // It is seen before it is answered.
    let (mut fetches, ()) = tokio::join!(log.until_seen(ApiKey::FETCH, 1), consumer);
    assert_eq!(start.elapsed().as_secs(), 5);
    let fetch = fetches.remove(0);
    assert_eq!((fetch.version, fetch.node, fetch.connection), (18, 1, 1));
    assert_eq!(fetch.client_id.as_deref(), Some("test"));
    assert_eq!((fetch.at - start).as_secs(), 5);
    let mut other = Client::in_memory(&cluster, 2).await;
    for _ in 0..3 {
        other.metadata(&[], 13).await;
    }
    let metadata = || Requests::of(ApiKey::METADATA);
    assert_eq!(log.until_seen(metadata().node(2), 3).await.len(), 3);
    assert!(log.seen(metadata().node(1)).is_empty());
    assert_eq!(log.seen(Requests::any()).len(), 4);
    log.clear();
    assert!(log.seen(Requests::any()).is_empty());
}

#[tokio::test]
async fn a_log_sees_what_is_refused() {
    let cluster = Cluster::builder().in_memory().start().await.unwrap();
    let log = cluster.log_requests();
    let mut client = Client::in_memory(&cluster, 1).await;
    let unknown = [0, 0, 0, 10, 0x03, 0xe7, 0, 5, 0, 0, 0, 1, 0xff, 0xff];
    client.stream.write_all(&unknown).await.unwrap();
    client.expect_close().await;
    let seen = log.seen(Requests::any());
    assert_eq!((seen[0].api, seen[0].version), (ApiKey(999), 5));
    assert_eq!(seen[0].client_id, None);
}

#[tokio::test]
async fn thousands_of_connections_come_and_go() {
    let cluster = Cluster::builder().in_memory().start().await.unwrap();
    let mut clients = Vec::new();
    for _ in 0..10_000 {
        clients.push(Client::in_memory(&cluster, 1).await);
    }
    let counts = cluster
        .until_connections(|counts| counts.open == 10_000)
        .await;
    assert_eq!(counts.accepted, 10_000);
    clients[9_999].metadata(&[], 13).await;
    assert_eq!(cluster.connections().len(), 10_000);
    clients.clear();
    cluster.until_connections(|counts| counts.open == 0).await;
    assert!(cluster.connections().is_empty());
}

/// Elsewhere only the first of these addresses is there by itself.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_node_on_all_addresses_is_reached_by_each() {
    let all = std::net::SocketAddr::from(([0, 0, 0, 0], 0));
    let cluster = Cluster::builder().listen(all).start().await.unwrap();
    let address = &cluster.bootstrap()[0];
    let port: u16 = address.strip_prefix("localhost:").unwrap().parse().unwrap();
    for last in 1..=4 {
        let stream =
            tokio::net::TcpStream::connect((std::net::Ipv4Addr::new(127, 0, 0, last), port));
        Client::over(stream.await.unwrap()).metadata(&[], 13).await;
    }
}
