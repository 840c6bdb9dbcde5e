use milena_broker::Cluster;
use milena_wire::compression::Compressor;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::fetch::FetchResponse;
use milena_wire::messages::fetch::PartitionData;
use milena_wire::records::MessageSetBuilder;

use crate::client::{Client, batch, fetch_request, no_topic, values};

fn first(response: FetchResponse) -> PartitionData {
    response
        .responses
        .into_iter()
        .next()
        .unwrap()
        .partitions
        .remove(0)
}

#[tokio::test]
async fn every_version_reads() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("orders", 1).await;
    client.produce(&topic, batch(&["a", "b"]), 13).await;
    client.produce(&topic, batch(&["c"]), 13).await;
    for version in 4..=18 {
        let mut request = fetch_request(&topic, 1);
        let response = client.call(&request, version).await;
        assert_eq!(
            (response.error_code, response.session_id),
            (ErrorCode::NONE, 0)
        );
        let data = first(response);
        assert_eq!(data.error_code, ErrorCode::NONE, "{version}");
        assert_eq!((data.high_watermark, data.last_stable_offset), (3, 3));
        assert_eq!(data.log_start_offset, if version < 5 { -1 } else { 0 });
        assert_eq!(data.aborted_transactions, None);
        // The batch that has the offset comes whole.
        let read = values(data.records.as_ref().unwrap());
        assert_eq!(
            read.iter().map(|(offset, _)| *offset).collect::<Vec<_>>(),
            [0, 1, 2]
        );
        request.isolation_level = 1;
        let data = first(client.call(&request, version).await);
        assert_eq!(data.aborted_transactions, Some(Vec::new()));
    }
}

#[tokio::test]
async fn old_versions_read_old_formats() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("old", 1).await;
    for builder in [MessageSetBuilder::magic_0(), MessageSetBuilder::magic_1()] {
        let mut builder = builder;
        builder.append(5, None, Some(b"v")).unwrap();
        let set = builder.seal(&mut Compressor::new()).unwrap();
        client.produce(&topic, set, 1).await;
    }
    client.produce(&topic, batch(&["new"]), 13).await;
    for (version, readable) in [(0, 1), (1, 1), (2, 2), (3, 2), (4, 3)] {
        let data = first(client.call(&fetch_request(&topic, 0), version).await);
        assert_eq!(
            values(data.records.as_ref().unwrap()).len(),
            readable,
            "{version}"
        );
        assert_eq!(data.high_watermark, 3);
        let data = first(client.call(&fetch_request(&topic, 2), version).await);
        let code = if version < 4 {
            ErrorCode::UNSUPPORTED_VERSION
        } else {
            ErrorCode::NONE
        };
        assert_eq!(data.error_code, code, "{version}");
    }
}

#[tokio::test]
async fn limits_cut_but_the_first_batch_comes_whole() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("orders", 2).await;
    let one = batch(&["0123456789"]).len();
    for _ in 0..10 {
        client.produce(&topic, batch(&["0123456789"]), 13).await;
    }
    let records = |data: PartitionData| data.records.unwrap();

    let mut request = fetch_request(&topic, 0);
    request.topics[0].partitions[0].partition_max_bytes = 1;
    let read = records(first(client.call(&request, 18).await));
    assert_eq!(read.len(), one);
    // As from a file, the last batch is cut.
    request.topics[0].partitions[0].partition_max_bytes = i32::try_from(3 * one + 5).unwrap();
    let read = records(first(client.call(&request, 18).await));
    assert_eq!((read.len(), values(&read).len()), (3 * one + 5, 3));
    request.max_bytes = i32::try_from(2 * one).unwrap();
    let read = records(first(client.call(&request, 18).await));
    assert_eq!(read.len(), 2 * one);
    request.max_bytes = 0;
    assert_eq!(records(first(client.call(&request, 18).await)).len(), one);

    // The second time the same partition is read, the answer is full.
    let again = request.topics[0].partitions[0].clone();
    request.topics[0].partitions.push(again);
    let mut response = client.call(&request, 18).await;
    let second = response.responses[0].partitions.pop().unwrap();
    assert_eq!(
        (second.error_code, second.records.unwrap().len()),
        (ErrorCode::NONE, 0)
    );

    // Version 2 has no mercy: only a part of the batch fits.
    let mut set = MessageSetBuilder::magic_1();
    set.append(0, None, Some(b"0123456789")).unwrap();
    let old = client.create_topic("old", 1).await;
    client
        .produce(&old, set.seal(&mut Compressor::new()).unwrap(), 2)
        .await;
    let mut request = fetch_request(&old, 0);
    request.topics[0].partitions[0].partition_max_bytes = 20;
    assert_eq!(records(first(client.call(&request, 2).await)).len(), 20);
    assert_eq!(records(first(client.call(&request, 3).await)).len(), 44);
}

#[tokio::test]
async fn errors_by_partition() {
    let cluster = Cluster::builder().nodes(2).start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let mut other = Client::connect(&cluster, 2).await;
    let topic = client.create_topic("orders", 1).await;
    client.produce(&topic, batch(&["a"]), 13).await;
    for version in [4, 12, 18] {
        for (offset, code) in [(-1, 1), (0, 0), (1, 0), (2, 1)] {
            let data = first(client.call(&fetch_request(&topic, offset), version).await);
            assert_eq!(data.error_code, ErrorCode(code), "{offset}");
            assert_eq!(data.high_watermark, if code == 0 { 1 } else { -1 });
        }
        let code = first(client.call(&fetch_request(&no_topic(), 0), version).await).error_code;
        let by_id = version >= 13;
        let unknown = if by_id {
            ErrorCode::UNKNOWN_TOPIC_ID
        } else {
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
        };
        assert_eq!(code, unknown);
        let mut request = fetch_request(&topic, 0);
        request.topics[0].partitions[0].partition = 1;
        let code = first(client.call(&request, version).await).error_code;
        assert_eq!(code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);

        let response = other.call(&fetch_request(&topic, 0), version).await;
        assert_eq!(response.node_endpoints.len(), usize::from(version >= 16));
        let data = first(response);
        assert_eq!(data.error_code, ErrorCode::NOT_LEADER_OR_FOLLOWER);
        assert_eq!(
            data.current_leader.leader_id,
            if version < 16 { -1 } else { 1 }
        );
    }
    let mut request = fetch_request(&topic, 0);
    request.topics[0].partitions[0].current_leader_epoch = 5;
    let data = first(client.call(&request, 18).await);
    assert_eq!(data.error_code, ErrorCode::UNKNOWN_LEADER_EPOCH);

    let mut request = fetch_request(&topic, 7);
    request.topics[0].partitions[0].last_fetched_epoch = 0;
    let data = first(client.call(&request, 18).await);
    assert_eq!(
        (data.diverging_epoch.epoch, data.diverging_epoch.end_offset),
        (0, 1)
    );
}
