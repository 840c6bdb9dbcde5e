use std::time::Duration;

use milena_broker::Cluster;
use milena_wire::encode_request;
use milena_wire::messages::metadata::MetadataResponse;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::client::{Client, metadata_request};

#[tokio::test]
async fn what_cannot_be_a_request_closes() {
    let cluster = Cluster::builder()
        .max_request_bytes(1000)
        .start()
        .await
        .unwrap();
    let mut header = vec![0, 0, 0, 10];
    header.extend([0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff]);
    let cases: [(&str, Vec<u8>); 7] = [
        ("negative length", vec![0xff; 4]),
        ("huge length", vec![0x7f, 0xff, 0xff, 0xff]),
        ("length above the limit", 1001u32.to_be_bytes().to_vec()),
        ("no header", vec![0, 0, 0, 3, 0, 0, 0]),
        (
            "unknown API",
            vec![0, 0, 0, 10, 0x03, 0xe7, 0, 0, 0, 0, 0, 1, 0xff, 0xff],
        ),
        (
            "unknown version",
            vec![0, 0, 0, 10, 0, 3, 0, 99, 0, 0, 0, 1, 0xff, 0xff],
        ),
        ("no body", header),
    ];
    for (what, bytes) in cases {
        println!("{what}");
        let mut client = Client::connect(&cluster, 1).await;
        // What was asked before is answered before.
        let id = client.send(&metadata_request(&[]), 13).await;
        client.stream.write_all(&bytes).await.unwrap();
        client.receive::<MetadataResponse>(id, 13).await;
        client.expect_close().await;
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let mut wire = Vec::new();
    for id in 1..=500 {
        let request = metadata_request(&["orders"]);
        let frame = encode_request(Vec::new(), &request, 13, id, None).unwrap();
        wire.extend_from_slice(&frame.into_bytes());
    }
    for bytes in wire.chunks(333) {
        client.stream.write_all(bytes).await.unwrap();
    }
    for id in 1..=500 {
        client.receive::<MetadataResponse>(id, 13).await;
    }
}

#[tokio::test]
async fn a_byte_at_a_time() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let frame = encode_request(Vec::new(), &metadata_request(&[]), 13, 9, None).unwrap();
    for byte in frame.into_bytes() {
        client.stream.write_all(&[byte]).await.unwrap();
        client.stream.flush().await.unwrap();
        tokio::task::yield_now().await;
    }
    client.receive::<MetadataResponse>(9, 13).await;
}

/// Connects until it is refused: after a drop, the runtime has to come round first.
async fn expect_refusal(address: &str) {
    let refused = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), refused)
        .await
        .expect("still listening");
}

#[tokio::test]
async fn dropping_the_cluster_ends_everything() {
    let cluster = Cluster::builder().nodes(3).start().await.unwrap();
    let addresses = cluster.bootstrap().to_vec();
    let mut clients = Vec::new();
    for node in 1..=3 {
        let mut client = Client::connect(&cluster, node).await;
        client.metadata(&[], 13).await;
        clients.push(client);
    }
    drop(cluster);
    for (client, address) in clients.iter_mut().zip(&addresses) {
        client.expect_close().await;
        expect_refusal(address).await;
    }
}

#[tokio::test]
async fn shutdown_waits_until_all_is_gone() {
    let cluster = Cluster::builder().nodes(2).start().await.unwrap();
    let addresses = cluster.bootstrap().to_vec();
    let mut client = Client::connect(&cluster, 1).await;
    client.metadata(&[], 13).await;
    cluster.shutdown().await;
    for address in addresses {
        assert!(TcpStream::connect(address).await.is_err());
    }
    client.expect_close().await;
}

#[tokio::test]
async fn impossible_options_are_errors() {
    let builder = Cluster::builder;
    let listen = |port| std::net::SocketAddr::from(([127, 0, 0, 1], port));
    for builder in [
        builder().nodes(0),
        builder().default_partitions(0),
        builder().default_partitions(10_001),
        builder().nodes(3).listen(listen(65_534)),
    ] {
        let error = builder.start().await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{error}");
    }
    let cluster = builder().start().await.unwrap();
    let taken = cluster.bootstrap()[0].parse().unwrap();
    let error = builder().listen(taken).start().await.unwrap_err();
    assert!(
        error.to_string().contains(&cluster.bootstrap()[0]),
        "{error}"
    );
}
