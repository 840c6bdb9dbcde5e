use bytes::{Bytes, BytesMut};
use milena_broker::Cluster;
use milena_wire::compression::{Compression, Compressor, GzipLevel};
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::metadata::MetadataResponseTopic;
use milena_wire::messages::produce::ProduceResponse;
use milena_wire::records::{BatchBuilder, ControlType, MessageSetBuilder};

use crate::client::{
    Client, batch, batch_at, fetch_request, metadata_request, no_topic, produce_request, values,
};

async fn read_back(
    client: &mut Client,
    topic: &MetadataResponseTopic,
    offset: i64,
) -> Vec<(i64, String)> {
    let response = client.call(&fetch_request(topic, offset), 18).await;
    values(
        response.responses[0].partitions[0]
            .records
            .as_ref()
            .unwrap(),
    )
}

#[tokio::test]
async fn every_version_appends() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("orders", 1).await;
    for version in 3..=13 {
        let answer = client.produce(&topic, batch(&["a", "b"]), version).await;
        assert_eq!(answer.error_code, ErrorCode::NONE, "{version}");
        assert_eq!(answer.base_offset, 2 * (i64::from(version) - 3));
        assert_eq!(answer.log_append_time_ms, -1);
        assert_eq!(answer.log_start_offset, if version < 5 { -1 } else { 0 });
    }
    let read = read_back(&mut client, &topic, 0).await;
    assert_eq!(read.len(), 22);
    assert!(
        (0..)
            .zip(&read)
            .all(|(offset, (found, _))| offset == *found)
    );
}

#[tokio::test]
async fn old_message_sets() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("old", 1).await;
    let mut expected = Vec::new();
    for version in 0..=2 {
        for compression in [Compression::None, Compression::Gzip(GzipLevel::default())] {
            for builder in [MessageSetBuilder::magic_0(), MessageSetBuilder::magic_1()] {
                let mut builder = builder.with_compression(compression);
                for value in ["x", "y", "z"] {
                    builder.append(5, None, Some(value.as_bytes())).unwrap();
                    expected.push((i64::try_from(expected.len()).unwrap(), value.to_owned()));
                }
                let set = builder.seal(&mut Compressor::new()).unwrap();
                let answer = client.produce(&topic, set, version).await;
                let base = i64::try_from(expected.len()).unwrap() - 3;
                assert_eq!(
                    (answer.error_code, answer.base_offset),
                    (ErrorCode::NONE, base)
                );
            }
        }
    }
    assert_eq!(read_back(&mut client, &topic, 0).await, expected);
    // The offset is found inside the set.
    let read = read_back(&mut client, &topic, 7).await;
    assert_eq!(read.last(), expected.last());
    assert!(read.contains(&expected[7]));
}

#[tokio::test]
async fn what_is_wrong_with_a_batch_is_told() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client
        .create_topic_with("orders", 1, &[("max.message.bytes", "2000")])
        .await;
    let changed = |at: usize, byte: u8| {
        let mut bytes = BytesMut::from(&batch(&["a", "b"])[..]);
        bytes[at] = byte;
        bytes.freeze()
    };
    // Changes the header and mends the checksum, as a producer with a bug would.
    let signed = |at: usize, value: &[u8]| {
        let mut bytes = batch(&["a", "b"]).to_vec();
        bytes[at..at + value.len()].copy_from_slice(value);
        let crc = milena_wire::checksum::crc32c(&bytes[21..]);
        bytes[17..21].copy_from_slice(&crc.to_be_bytes());
        Bytes::from(bytes)
    };
    let mut control = BatchBuilder::new();
    control
        .append_control(0, ControlType::Commit, &[0; 6])
        .unwrap();
    let control = control
        .with_control(true)
        .seal(&mut Compressor::new())
        .unwrap();
    let mut old = MessageSetBuilder::magic_1();
    old.append(0, None, Some(b"v")).unwrap();
    let old = old.seal(&mut Compressor::new()).unwrap();
    let two = [batch(&["a"]), batch(&["b"])].concat().into();
    let far = i64::MAX / 2;
    let cases = [
        ("empty", Bytes::new(), ErrorCode::INVALID_RECORD),
        ("two batches", two, ErrorCode::INVALID_RECORD),
        ("old format", old, ErrorCode::INVALID_RECORD),
        ("checksum", changed(64, 0xff), ErrorCode::CORRUPT_MESSAGE),
        (
            "count, checksum",
            changed(60, 9),
            ErrorCode::CORRUPT_MESSAGE,
        ),
        ("magic", changed(16, 3), ErrorCode::CORRUPT_MESSAGE),
        ("length", changed(11, 1), ErrorCode::CORRUPT_MESSAGE),
        ("base offset", signed(7, &[5]), ErrorCode::INVALID_RECORD),
        (
            "count",
            signed(57, &1i32.to_be_bytes()),
            ErrorCode::INVALID_RECORD,
        ),
        (
            "delta",
            signed(23, &7i32.to_be_bytes()),
            ErrorCode::INVALID_RECORD,
        ),
        (
            "negative delta",
            signed(23, &(-1i32).to_be_bytes()),
            ErrorCode::INVALID_RECORD,
        ),
        ("record", signed(61, &[0x7f]), ErrorCode::INVALID_RECORD),
        ("control", control, ErrorCode::INVALID_RECORD),
        (
            "transactional",
            signed(22, &[16]),
            ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        ),
        (
            "time",
            batch_at(far, &["a"], Compression::None),
            ErrorCode::INVALID_TIMESTAMP,
        ),
        (
            "size",
            batch(&["x".repeat(2000).as_str()]),
            ErrorCode::MESSAGE_TOO_LARGE,
        ),
    ];
    for (what, records, code) in cases {
        let answer = client.produce(&topic, records, 13).await;
        assert_eq!(
            (answer.error_code, answer.base_offset),
            (code, -1),
            "{what}: {answer:?}"
        );
        // As with Kafka, most reasons stay in the broker's log.
        let told = matches!(what, "magic" | "length" | "time");
        assert_eq!(answer.error_message.is_some(), told, "{what}");
        assert_eq!(answer.record_errors.len(), usize::from(what == "time"));
    }
    assert_eq!(
        client.produce(&topic, batch(&["a"]), 13).await.base_offset,
        0
    );
}

#[tokio::test]
async fn compressed_batches_stay_as_they_are() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("orders", 1).await;
    let sent = batch_at(1, &["a", "b"], Compression::Gzip(GzipLevel::default()));
    client.produce(&topic, batch(&["first"]), 13).await;
    client.produce(&topic, sent.clone(), 13).await;
    let response = client.call(&fetch_request(&topic, 1), 18).await;
    let records = response.responses[0].partitions[0].records.clone().unwrap();
    // All but offset and leader epoch.
    assert_eq!(records[17..], sent[17..]);
    assert_eq!(values(&records), [(1, "a".to_owned()), (2, "b".to_owned())]);
}

#[tokio::test]
async fn topic_configs_count() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let stamped = client
        .create_topic_with("stamped", 1, &[("message.timestamp.type", "LogAppendTime")])
        .await;
    let answer = client.produce(&stamped, batch(&["a"]), 13).await;
    assert!(answer.log_append_time_ms > 1_700_000_000_000, "{answer:?}");
    assert_eq!(read_back(&mut client, &stamped, 0).await.len(), 1);

    let compacted = client
        .create_topic_with("compacted", 1, &[("cleanup.policy", "compact")])
        .await;
    assert_eq!(
        client
            .produce(&compacted, batch(&["a"]), 13)
            .await
            .error_code,
        ErrorCode::NONE
    );
    let mut keyless = BatchBuilder::new();
    keyless.append(1, Some(b"k"), None, []).unwrap();
    keyless.append(1, None, None, []).unwrap();
    let keyless = keyless.seal(&mut Compressor::new()).unwrap();
    let answer = client.produce(&compacted, keyless, 13).await;
    assert_eq!(answer.error_code, ErrorCode::INVALID_RECORD);
    assert_eq!(answer.record_errors[0].batch_index, 1);
}

#[tokio::test]
async fn unknown_topics_partitions_and_acks() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("orders", 1).await;
    for (version, code) in [
        (3, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        (12, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        (13, ErrorCode::UNKNOWN_TOPIC_ID),
    ] {
        assert_eq!(
            client
                .produce(&no_topic(), batch(&["a"]), version)
                .await
                .error_code,
            code
        );
        let response = client
            .call(&produce_request(&topic, 1, batch(&["a"]), 1), version)
            .await;
        let answer = &response.responses[0].partition_responses[0];
        assert_eq!(answer.error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        let response = client
            .call(&produce_request(&topic, 0, batch(&["a"]), 2), version)
            .await;
        let answer = &response.responses[0].partition_responses[0];
        assert_eq!(answer.error_code, ErrorCode::INVALID_REQUIRED_ACKS);
    }
}

#[tokio::test]
async fn only_the_leader_takes_records() {
    let cluster = Cluster::builder().nodes(3).start().await.unwrap();
    let mut leader = Client::connect(&cluster, 1).await;
    let mut other = Client::connect(&cluster, 2).await;
    let topic = leader.create_topic("orders", 1).await;
    assert_eq!(topic.partitions[0].leader_id, 1);
    for version in [3, 9, 10, 13] {
        let response: ProduceResponse = other
            .call(&produce_request(&topic, 0, batch(&["a"]), -1), version)
            .await;
        let answer = &response.responses[0].partition_responses[0];
        assert_eq!(answer.error_code, ErrorCode::NOT_LEADER_OR_FOLLOWER);
        if version < 10 {
            assert!(response.node_endpoints.is_empty());
            continue;
        }
        assert_eq!(
            (
                answer.current_leader.leader_id,
                answer.current_leader.leader_epoch
            ),
            (1, 0)
        );
        let node = &response.node_endpoints[0];
        assert_eq!(
            format!("{}:{}", node.host, node.port),
            cluster.bootstrap()[0]
        );
    }
    assert_eq!(
        leader.produce(&topic, batch(&["a"]), 13).await.base_offset,
        0
    );
}

#[tokio::test]
async fn without_acks_there_is_no_answer() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("orders", 1).await;
    for version in [3, 8, 13] {
        client
            .send(&produce_request(&topic, 0, batch(&["a"]), 0), version)
            .await;
        let id = client.send(&metadata_request(&["orders"]), 13).await;
        let response: milena_wire::messages::metadata::MetadataResponse =
            client.receive(id, 13).await;
        assert_eq!(response.topics.len(), 1);
    }
    assert_eq!(read_back(&mut client, &topic, 0).await.len(), 3);
    // What fails cannot be told but by closing.
    client
        .send(&produce_request(&topic, 9, batch(&["a"]), 0), 13)
        .await;
    client.expect_close().await;
}

#[tokio::test]
async fn large_batches() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("orders", 1).await;
    let large = "x".repeat(900_000);
    for (number, value) in (0..).zip([&large[..], "small", &large[..40_000], &large, "small"]) {
        assert_eq!(
            client
                .produce(&topic, batch(&[value]), 13)
                .await
                .base_offset,
            number
        );
    }
    let mut offset = 0;
    let mut lengths = Vec::new();
    while offset < 5 {
        let read = read_back(&mut client, &topic, offset).await;
        offset = read.last().unwrap().0 + 1;
        lengths.extend(read.into_iter().map(|(_, value)| value.len()));
    }
    assert_eq!(lengths, [900_000, 5, 40_000, 900_000, 5]);
}

#[tokio::test]
async fn records_are_discarded_but_counted() {
    let cluster = Cluster::builder().discard(true).start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("orders", 1).await;
    let mut spoilt = BytesMut::from(&batch(&["a", "b"])[..]);
    *spoilt.last_mut().unwrap() ^= 1;
    for (round, records) in (0..).zip([batch(&["a", "b"]), spoilt.freeze()]) {
        let answer = client.produce(&topic, records, 13).await;
        assert_eq!(answer.error_code, ErrorCode::NONE);
        assert_eq!(answer.base_offset, 2 * round);
        assert_eq!(answer.log_start_offset, answer.base_offset + 2);
    }
    let mut codes = Vec::new();
    for offset in [0, 3, 4, 5] {
        let response = client.call(&fetch_request(&topic, offset), 18).await;
        let partition = &response.responses[0].partitions[0];
        if !partition.error_code.is_error() {
            let ends = (partition.log_start_offset, partition.high_watermark);
            assert_eq!(ends, (4, 4));
            assert!(partition.records.as_ref().unwrap().is_empty());
        }
        codes.push(partition.error_code);
    }
    let out = ErrorCode::OFFSET_OUT_OF_RANGE;
    assert_eq!(codes, [out, out, ErrorCode::NONE, out]);
}

#[tokio::test]
async fn checksums_are_looked_at_unless_told_otherwise() {
    for (check, code) in [(true, ErrorCode::CORRUPT_MESSAGE), (false, ErrorCode::NONE)] {
        let builder = Cluster::builder().check_every_record(false);
        let cluster = builder.check_checksums(check).start().await.unwrap();
        let mut client = Client::connect(&cluster, 1).await;
        let topic = client.create_topic("orders", 1).await;
        let mut spoilt = BytesMut::from(&batch(&["a", "b"])[..]);
        *spoilt.last_mut().unwrap() ^= 1;
        let answer = client.produce(&topic, spoilt.freeze(), 13).await;
        assert_eq!(answer.error_code, code);
    }
}
