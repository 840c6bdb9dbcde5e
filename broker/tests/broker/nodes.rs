//! Nodes that stop, come back, move, are added and removed, over sockets and without them.

use std::io::ErrorKind;

use milena_broker::{Cluster, ErrorCode};
use milena_wire::messages::metadata::MetadataResponsePartition;

use crate::client::{AnyClient, address_of, batch, fetch_request, values};

async fn start(in_memory: bool, nodes: u16) -> Cluster {
    let builder = Cluster::builder().nodes(nodes);
    let builder = if in_memory {
        builder.in_memory()
    } else {
        builder
    };
    builder.start().await.unwrap()
}

async fn expect_refusal(cluster: &Cluster, address: &str) {
    let error = AnyClient::dial(cluster, address).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
}

/// The ids of the brokers that Metadata names.
async fn named(client: &mut AnyClient) -> Vec<i32> {
    let brokers = client.metadata(&[], 13).await.brokers;
    brokers.iter().map(|broker| broker.node_id).collect()
}

async fn partition(client: &mut AnyClient, topic: &str) -> MetadataResponsePartition {
    client.topic(topic).await.partitions.remove(0)
}

fn leader(partition: &MetadataResponsePartition) -> (i32, i32, ErrorCode) {
    (
        partition.leader_id,
        partition.leader_epoch,
        partition.error_code,
    )
}

#[tokio::test]
async fn a_node_stops_and_comes_back() {
    for in_memory in [false, true] {
        let cluster = start(in_memory, 3).await;
        let mut first = AnyClient::to(&cluster, 1).await;
        let topic = first.create_replicated("orders", 3, 3, &[]).await;
        let mut second = AnyClient::to(&cluster, 2).await;
        let address = address_of(&cluster, 1);

        first.produce(&topic, batch(&["a"]), 13).await;
        cluster.stop_node(1).await.unwrap();
        first.expect_close().await;
        expect_refusal(&cluster, &address).await;
        assert_eq!(named(&mut second).await, [2, 3]);
        let moved = partition(&mut second, "orders").await;
        assert_eq!(leader(&moved), (2, 1, ErrorCode::NONE));
        assert_eq!(moved.replica_nodes[..], [1, 2, 3]);
        assert_eq!(moved.isr_nodes[..], [2, 3]);
        assert_eq!(moved.offline_replicas[..], [1]);
        // Where the leader stays, so does the epoch.
        let stayed = second.topic("orders").await.partitions.remove(1);
        assert_eq!(leader(&stayed), (2, 0, ErrorCode::NONE));
        // The records are where they were.
        let written = second.produce(&topic, batch(&["b"]), 13).await;
        assert_eq!(
            (written.error_code, written.base_offset),
            (ErrorCode::NONE, 1)
        );
        // Twice is once.
        cluster.stop_node(1).await.unwrap();

        cluster.restart_node(1).await.unwrap();
        assert_eq!(address_of(&cluster, 1), address);
        let mut first = AnyClient::to(&cluster, 1).await;
        assert_eq!(named(&mut first).await, [1, 2, 3]);
        let back = partition(&mut first, "orders").await;
        assert_eq!(leader(&back), (2, 1, ErrorCode::NONE));
        assert_eq!(back.isr_nodes[..], [1, 2, 3]);
        assert!(back.offline_replicas.is_empty());
        cluster.restart_node(1).await.unwrap();
        first.metadata(&[], 13).await;

        let error = cluster.stop_node(4).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let error = cluster.restart_node(4).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}

#[tokio::test]
async fn without_another_replica_nobody_leads() {
    for in_memory in [false, true] {
        let cluster = start(in_memory, 2).await;
        let mut first = AnyClient::to(&cluster, 1).await;
        let topic = first.create_replicated("orders", 1, 1, &[]).await;
        first.produce(&topic, batch(&["a"]), 13).await;
        cluster.stop_node(1).await.unwrap();
        let mut second = AnyClient::to(&cluster, 2).await;
        let lost = partition(&mut second, "orders").await;
        assert_eq!(leader(&lost), (-1, 1, ErrorCode::LEADER_NOT_AVAILABLE));
        let refused = second.produce(&topic, batch(&["b"]), 13).await;
        assert_eq!(refused.error_code, ErrorCode::NOT_LEADER_OR_FOLLOWER);
        let told = (
            refused.current_leader.leader_id,
            refused.current_leader.leader_epoch,
        );
        assert_eq!(told, (-1, 1));

        cluster.restart_node(1).await.unwrap();
        let back = partition(&mut second, "orders").await;
        assert_eq!(leader(&back), (1, 2, ErrorCode::NONE));
        let mut first = AnyClient::to(&cluster, 1).await;
        let response = first.call(&fetch_request(&topic, 0), 18).await;
        let records = response.responses[0].partitions[0].records.clone();
        assert_eq!(values(&records.unwrap()), [(0, "a".to_owned())]);
    }
}

#[tokio::test]
async fn only_who_was_in_sync_leads_again() {
    let cluster = start(true, 3).await;
    let mut third = AnyClient::to(&cluster, 3).await;
    let unclean = [("unclean.leader.election.enable", "true")];
    for (topic, configs) in [("clean", &[][..]), ("unclean", &unclean)] {
        third.create_replicated(topic, 3, 2, configs).await;
    }
    cluster.stop_node(1).await.unwrap();
    cluster.stop_node(2).await.unwrap();
    cluster.restart_node(1).await.unwrap();
    for (name, led) in [("clean", false), ("unclean", true)] {
        let partitions = third.topic(name).await.partitions;
        let both = partitions
            .iter()
            .find(|partition| partition.replica_nodes[..] == [1, 2]);
        let (leader, _, code) = leader(both.unwrap());
        assert_eq!((leader == 1, code.is_ok()), (led, led), "{name}");
    }
    cluster.restart_node(2).await.unwrap();
    let partitions = third.topic("clean").await.partitions;
    let both = partitions
        .iter()
        .find(|partition| partition.replica_nodes[..] == [1, 2]);
    assert_eq!(leader(both.unwrap()), (2, 3, ErrorCode::NONE));
    assert_eq!(both.unwrap().isr_nodes[..], [1, 2]);
}

#[tokio::test]
async fn a_node_moves_and_is_the_same() {
    for in_memory in [false, true] {
        let cluster = start(in_memory, 2).await;
        let mut client = AnyClient::to(&cluster, 1).await;
        client.create_replicated("orders", 1, 1, &[]).await;
        let mut addresses = vec![address_of(&cluster, 1)];
        for round in 1..=2 {
            cluster.readdress_node(1).await.unwrap();
            client.expect_close().await;
            for left in &addresses {
                expect_refusal(&cluster, left).await;
            }
            let address = address_of(&cluster, 1);
            assert!(!addresses.contains(&address));
            client = AnyClient::dial(&cluster, &address).await.unwrap();
            let broker = client.metadata(&[], 13).await.brokers.remove(0);
            let told = format!("{}:{}", broker.host, broker.port);
            assert_eq!((broker.node_id, told), (1, address.clone()));
            let led = partition(&mut client, "orders").await;
            assert_eq!(leader(&led), (1, 2 * round, ErrorCode::NONE));
            addresses.push(address);
        }
        // It comes back to where it was last.
        cluster.stop_node(1).await.unwrap();
        cluster.restart_node(1).await.unwrap();
        assert_eq!(addresses.last(), Some(&address_of(&cluster, 1)));
        AnyClient::to(&cluster, 1).await.metadata(&[], 13).await;
        if in_memory {
            assert_eq!(
                addresses[1..],
                ["node-1-2.invalid:9092", "node-1-3.invalid:9092"]
            );
        }
    }
}

#[tokio::test]
async fn nodes_come_and_go() {
    for in_memory in [false, true] {
        let cluster = start(in_memory, 1).await;
        let mut client = AnyClient::to(&cluster, 1).await;
        assert_eq!(cluster.add_node().await.unwrap(), 2);
        assert_eq!(named(&mut client).await, [1, 2]);
        let mut second = AnyClient::to(&cluster, 2).await;
        let topic = second.create_replicated("orders", 2, 2, &[]).await;
        assert_eq!(topic.partitions[0].replica_nodes.len(), 2);
        let address = address_of(&cluster, 2);
        cluster.remove_node(2).await.unwrap();
        second.expect_close().await;
        expect_refusal(&cluster, &address).await;
        assert_eq!(named(&mut client).await, [1]);
        for partition in client.topic("orders").await.partitions {
            assert_eq!(leader(&partition).0, 1);
            assert_eq!(partition.offline_replicas[..], [2]);
        }
        let error = cluster.restart_node(2).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        // An id is not given twice.
        assert_eq!(cluster.add_node().await.unwrap(), 3);
        let ids: Vec<_> = cluster.nodes().iter().map(|node| node.id).collect();
        assert_eq!(ids, [1, 3]);
    }
}

#[tokio::test]
async fn what_is_advertised_need_not_be_true() {
    let cluster = start(false, 2).await;
    let mut client = AnyClient::to(&cluster, 2).await;
    let truth = address_of(&cluster, 1);
    cluster.advertise(1, "proxy.example", 19_092).unwrap();
    let told = |broker: &milena_wire::messages::metadata::MetadataResponseBroker| {
        format!("{}:{}", broker.host, broker.port)
    };
    let brokers = client.metadata(&[], 13).await.brokers;
    assert_eq!(told(&brokers[0]), "proxy.example:19092");
    let info = cluster.nodes().remove(0);
    assert_eq!(
        (info.address, info.advertised),
        (truth.clone(), "proxy.example:19092".to_owned())
    );
    AnyClient::to(&cluster, 1).await.metadata(&[], 13).await;
    // A restart does not change it.
    cluster.stop_node(1).await.unwrap();
    cluster.restart_node(1).await.unwrap();
    let brokers = client.metadata(&[], 13).await.brokers;
    assert_eq!(told(&brokers[0]), "proxy.example:19092");
    cluster.advertise_truly(1).unwrap();
    let brokers = client.metadata(&[], 13).await.brokers;
    assert_eq!(told(&brokers[0]), truth);
    let error = cluster.advertise(3, "nowhere", 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn nodes_stand_in_racks_and_replicas_in_different_ones() {
    let builder = Cluster::builder().nodes(4).racks(["a", "b"]).in_memory();
    let cluster = builder.start().await.unwrap();
    let mut client = AnyClient::to(&cluster, 1).await;
    let brokers = client.metadata(&[], 13).await.brokers;
    let racks: Vec<_> = brokers
        .iter()
        .map(|broker| broker.rack.as_deref())
        .collect();
    assert_eq!(racks, [Some("a"), Some("b"), Some("a"), Some("b")]);
    let topic = client.create_replicated("orders", 8, 2, &[]).await;
    for partition in topic.partitions {
        let odd = partition.replica_nodes.iter().filter(|node| *node % 2 == 1);
        assert_eq!(odd.count(), 1);
    }
    cluster.add_node().await.unwrap();
    assert_eq!(cluster.nodes()[4].rack.as_deref(), Some("a"));
}

#[tokio::test]
async fn topics_have_three_replicas_if_nobody_says() {
    let cluster = start(true, 4).await;
    let mut client = AnyClient::to(&cluster, 1).await;
    client.metadata(&["fresh"], 13).await;
    let replicas = partition(&mut client, "fresh").await.replica_nodes;
    assert_eq!(replicas.len(), 3);
    let builder = Cluster::builder().in_memory().nodes(4);
    let cluster = builder
        .clone()
        .default_replication_factor(1)
        .start()
        .await
        .unwrap();
    let mut client = AnyClient::to(&cluster, 1).await;
    client.metadata(&["fresh"], 13).await;
    let replicas = partition(&mut client, "fresh").await.replica_nodes;
    assert_eq!(replicas.len(), 1);
    for impossible in [0, 5] {
        let builder = builder.clone().default_replication_factor(impossible);
        let error = builder.start().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}

#[tokio::test]
async fn too_few_replicas_in_sync_take_no_records() {
    let cluster = start(true, 3).await;
    let mut first = AnyClient::to(&cluster, 1).await;
    let configs = [("min.insync.replicas", "2")];
    let topic = first.create_replicated("orders", 1, 2, &configs).await;
    assert_eq!(topic.partitions[0].replica_nodes[..], [1, 2]);
    cluster.stop_node(2).await.unwrap();
    let mut request = crate::client::produce_request(&topic, 0, batch(&["a"]), -1);
    for (acks, expected) in [(-1, ErrorCode::NOT_ENOUGH_REPLICAS), (1, ErrorCode::NONE)] {
        request.acks = acks;
        let response = first.call(&request, 13).await;
        let partition = &response.responses[0].partition_responses[0];
        assert_eq!(partition.error_code, expected);
        assert_eq!(partition.log_start_offset, 0);
    }
    cluster.restart_node(2).await.unwrap();
    request.acks = -1;
    let response = first.call(&request, 13).await;
    let partition = &response.responses[0].partition_responses[0];
    assert_eq!(
        (partition.error_code, partition.base_offset),
        (ErrorCode::NONE, 1)
    );
}

#[tokio::test]
async fn another_cluster_id() {
    let cluster = start(true, 1).await;
    let mut client = AnyClient::to(&cluster, 1).await;
    let before = cluster.id();
    let after = cluster.change_cluster_id();
    assert_ne!(before, after);
    let told = client.metadata(&[], 13).await.cluster_id;
    assert_eq!(told.as_deref(), Some(after.as_str()));
}

/// Many at once, over and over: nothing hangs, and what is acknowledged is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_stop_and_move_while_clients_work() {
    for in_memory in [false, true] {
        let cluster = std::sync::Arc::new(start(in_memory, 3).await);
        let mut client = AnyClient::to(&cluster, 1).await;
        let topic = client.create_replicated("orders", 1, 3, &[]).await;
        let work = {
            let (cluster, topic) = (cluster.clone(), topic.clone());
            tokio::spawn(async move {
                let mut written = 0;
                while written < 200 {
                    for node in cluster.nodes() {
                        let Ok(mut client) = AnyClient::dial(&cluster, &node.address).await else {
                            continue;
                        };
                        let request = crate::client::produce_request(&topic, 0, batch(&["a"]), -1);
                        if let Ok(answer) = client.try_call(&request, 13).await {
                            let partition = &answer.responses[0].partition_responses[0];
                            written += i64::from(partition.error_code.is_ok());
                        }
                    }
                }
                written
            })
        };
        let mut round = 0;
        while !work.is_finished() {
            round += 1;
            let node = 1 + round % 3;
            if round % 2 == 0 {
                cluster.readdress_node(node).await.unwrap();
            } else {
                cluster.stop_node(node).await.unwrap();
                cluster.restart_node(node).await.unwrap();
            }
        }
        let written = work.await.unwrap();
        let mut client = AnyClient::to(&cluster, 1).await;
        let leader = leader(&partition(&mut client, "orders").await).0;
        let mut client = AnyClient::to(&cluster, leader).await;
        let response = client.call(&fetch_request(&topic, 0), 18).await;
        let end = response.responses[0].partitions[0].high_watermark;
        assert!(end >= written, "{end} of {written}");
    }
}
