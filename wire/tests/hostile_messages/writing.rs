//! Messages that a version cannot carry, and what writing promises of those that it can.

use bytes::Bytes;
use milena_wire::codec::{EncodeErrorKind, Message, TaggedField, VersionRange};
use milena_wire::messages::api_versions::SupportedFeatureKey;
use milena_wire::messages::consumer_protocol::ConsumerProtocolSubscription;
use milena_wire::messages::offset_commit::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use milena_wire::messages::produce::{self, PartitionProduceData, TopicProduceData};
use milena_wire::messages::{
    ApiVersionsRequest, ApiVersionsResponse, HeartbeatRequest, HeartbeatResponse, MetadataRequest,
    MetadataResponse, OffsetCommitRequest, ProduceRequest, ProduceResponse,
};
use milena_wire::{encode_request, encode_response};

use crate::body::{Body, metadata};

#[track_caller]
fn is_not_written<M: Message>(message: &M, version: i16, kind: EncodeErrorKind, field: &str) {
    let error = message.encode(version).unwrap_err();
    assert_eq!((error.kind(), error.field()), (kind, field), "{error}");
    assert_eq!((error.message(), error.version()), (M::NAME, version));
}

fn commit() -> OffsetCommitRequest {
    let partition = |index| OffsetCommitRequestPartition::default().with_partition_index(index);
    let topic = |name: &'static str| {
        OffsetCommitRequestTopic::default()
            .with_name(name)
            .with_partitions((0..3).map(partition).collect::<Vec<_>>())
    };
    OffsetCommitRequest::default()
        .with_group_id("group")
        .with_topics([topic("a"), topic("b")])
}

#[test]
fn a_field_that_the_version_lacks_and_that_matters_is_named() {
    let request = HeartbeatRequest::default().with_group_instance_id("static");
    is_not_written(
        &request,
        2,
        EncodeErrorKind::FieldNotInVersion,
        "group_instance_id",
    );
    assert!(request.encode(3).is_ok());
    let mut request = commit();
    request.topics[1].partitions[2].commit_timestamp = 5;
    is_not_written(
        &request,
        2,
        EncodeErrorKind::FieldNotInVersion,
        "OffsetCommitRequestPartition.commit_timestamp",
    );
    assert!(request.encode(1).is_ok());
    // A tagged one, too.
    let endpoint = produce::NodeEndpoint::default().with_node_id(1);
    let response = ProduceResponse::default().with_node_endpoints([endpoint]);
    is_not_written(
        &response,
        9,
        EncodeErrorKind::FieldNotInVersion,
        "node_endpoints",
    );
    assert_eq!(
        response.encode(9).unwrap_err().to_string(),
        "ProduceResponse v9, field node_endpoints: is set, and this version has no place for it"
    );
}

#[test]
fn a_field_that_the_version_lacks_and_may_drop_is_dropped() {
    let response = HeartbeatResponse::default().with_throttle_time_ms(5);
    assert_eq!(
        response.encode(0).unwrap().into_bytes(),
        Body::new().i16(0).0
    );
    let request = ApiVersionsRequest::default().with_client_software_name("milena");
    assert!(request.encode(0).unwrap().is_empty());
    // In an element, and a tagged one.
    let mut request = commit();
    request.topics[0].partitions[0].committed_leader_epoch = 5;
    assert_eq!(request.encode(5).unwrap(), commit().encode(5).unwrap());
    let response = ApiVersionsResponse::default().with_zk_migration_ready(true);
    assert_eq!(
        response.encode(2).unwrap(),
        ApiVersionsResponse::default().encode(2).unwrap()
    );
}

#[test]
fn a_null_that_the_version_cannot_say_is_named() {
    let mut request = MetadataRequest::default();
    request.topics = None;
    is_not_written(&request, 0, EncodeErrorKind::NullNotAllowed, "topics");
    assert!(request.encode(1).is_ok());
    let mut response = metadata();
    response.topics[1].name = None;
    is_not_written(
        &response,
        11,
        EncodeErrorKind::NullNotAllowed,
        "MetadataResponseTopic.name",
    );
    assert!(response.encode(12).is_ok());
}

#[test]
fn a_string_too_long_for_its_int16_is_found_by_its_path() {
    let long = "x".repeat(32_768);
    let kind = EncodeErrorKind::TooLong(32_768);
    is_not_written(
        &HeartbeatRequest::default().with_group_id(long.clone()),
        3,
        kind,
        "group_id",
    );
    is_not_written(
        &HeartbeatRequest::default().with_member_id(long.clone()),
        0,
        kind,
        "member_id",
    );
    let mut request = commit();
    request.topics[0].name = long.clone().into();
    is_not_written(&request, 2, kind, "topics[0].name");
    request = commit();
    request.topics[1].partitions[1].committed_metadata = Some(long.clone().into());
    is_not_written(
        &request,
        7,
        kind,
        "topics[1].partitions[1].committed_metadata",
    );
    // Compact lengths reach further.
    assert!(request.encode(8).is_ok());
    let subscription = ConsumerProtocolSubscription::default().with_topics(vec![
        "a".into(),
        long.clone().into(),
        "b".into(),
    ]);
    is_not_written(&subscription, 0, kind, "topics[1]");
    // The longest that fits.
    let longest = "x".repeat(32_767);
    let request = HeartbeatRequest::default().with_group_id(longest.clone());
    assert_eq!(
        HeartbeatRequest::decode(&request.encode(3).unwrap().into_bytes(), 3)
            .unwrap()
            .group_id,
        longest
    );
    // The client's id keeps its int16 in every version.
    let error = encode_request(
        Vec::new(),
        &HeartbeatRequest::default(),
        4,
        1,
        Some(&long.into()),
    )
    .unwrap_err();
    assert_eq!(
        (error.message(), error.field(), error.kind()),
        ("RequestHeader", "client_id", kind)
    );
}

#[test]
fn a_frame_beyond_an_int32_is_refused() {
    // 33 times the same 64 MiB, none of them copied.
    let records = Bytes::from(vec![0; 64 << 20]);
    let partition = PartitionProduceData::default().with_records(records);
    let topic = TopicProduceData::default()
        .with_name("t")
        .with_partition_data(vec![partition; 33]);
    let request = ProduceRequest::default().with_topic_data([topic]);
    let error = encode_request(Vec::new(), &request, 9, 1, None).unwrap_err();
    assert!(
        matches!(error.kind(), EncodeErrorKind::FrameTooLarge(length) if length > 33 * (64 << 20)),
        "{error}"
    );
    assert_eq!(
        (error.message(), error.version(), error.field()),
        ("ProduceRequest", 9, "")
    );
}

#[test]
fn unknown_tagged_fields_interleave_with_known_ones() {
    let mut response = ApiVersionsResponse::default()
        .with_finalized_features_epoch(6)
        .with_zk_migration_ready(true);
    response
        .unknown_tagged_fields
        .insert(u32::MAX, Bytes::from_static(b"last"));
    response
        .unknown_tagged_fields
        .insert(9, Bytes::from_static(b"nine"));
    // What a newer peer meant by tag 2 may be anything; here it is what this crate knows.
    let feature = Body::new().varint(2).compact("f").i16(3).i16(1).varint(0);
    response
        .unknown_tagged_fields
        .insert(2, feature.0.clone().into());
    // Known and set, so not written twice.
    response
        .unknown_tagged_fields
        .insert(3, Bytes::from_static(b"other"));
    let expected = Body::new().i16(0).varint(1).i32(0).varint(5);
    let expected = expected.varint(1).varint(8).i64(6);
    let expected = expected
        .varint(2)
        .varint(feature.0.len() as u32)
        .raw(&feature.0);
    let expected = expected.varint(3).varint(1).raw(&[1]);
    let expected = expected
        .varint(9)
        .varint(4)
        .raw(b"nine")
        .varint(u32::MAX)
        .varint(4)
        .raw(b"last");
    assert_eq!(response.encode(3).unwrap().into_bytes(), expected.0);
    let read: ApiVersionsResponse = expected.is_read(3);
    assert_eq!(
        (
            read.finalized_features_epoch,
            read.zk_migration_ready,
            read.finalized_features.len()
        ),
        (6, true, 1)
    );
    let unknown: Vec<TaggedField> = read.unknown_tagged_fields.iter().cloned().collect();
    let field = |tag, content| TaggedField {
        tag,
        content: Bytes::from_static(content),
    };
    assert_eq!(unknown, [field(9, b"nine"), field(u32::MAX, b"last")]);
    // Nothing of them before flexible versions.
    assert_eq!(
        response.encode(2).unwrap().into_bytes(),
        Body::new().i16(0).i32(0).i32(0).0
    );
}

#[test]
fn unknown_tagged_fields_survive_in_every_struct() {
    let feature = SupportedFeatureKey::default().with_name("f");
    let mut response = ApiVersionsResponse::default().with_supported_features([feature]);
    // Long enough that its size takes two bytes, and that of the tagged field around it.
    response.supported_features[0]
        .unknown_tagged_fields
        .insert(200, vec![7; 200].into());
    response
        .unknown_tagged_fields
        .insert(5, vec![8; 20_000].into());
    let bytes = response.encode(3).unwrap().into_bytes();
    assert_eq!(ApiVersionsResponse::decode(&bytes, 3).unwrap(), response);
    let content = Body::new()
        .varint(2)
        .compact("f")
        .i16(0)
        .i16(0)
        .varint(1)
        .varint(200)
        .varint(200)
        .raw(&[7; 200]);
    let expected = Body::new()
        .i16(0)
        .varint(1)
        .i32(0)
        .varint(2)
        .varint(0)
        .varint(content.0.len() as u32)
        .raw(&content.0);
    assert_eq!(bytes, expected.varint(5).varint(20_000).raw(&[8; 20_000]).0);
}

#[test]
fn large_payloads_stay_where_they_are() {
    let records: Vec<Bytes> = [5000, 4095, 4096, 0, 9000]
        .iter()
        .map(|length| Bytes::from(vec![b'r'; *length]))
        .collect();
    let partition = |(index, records): (usize, &Bytes)| {
        let mut partition = PartitionProduceData::default()
            .with_index(index as i32)
            .with_records(records.clone());
        // Tagged fields come right behind a payload, and are counted after it was written.
        partition
            .unknown_tagged_fields
            .insert(300, Bytes::from_static(b"tagged"));
        partition
    };
    let topic = TopicProduceData::default()
        .with_name("t")
        .with_partition_data(
            records
                .iter()
                .enumerate()
                .map(partition)
                .collect::<Vec<_>>(),
        );
    let request = ProduceRequest::default()
        .with_acks(-1)
        .with_timeout_ms(1000)
        .with_topic_data([topic]);
    let frame = encode_request(Vec::new(), &request, 9, 77, Some(&"client".into())).unwrap();

    let mut expected = Body::new()
        .i16(0)
        .i16(9)
        .i32(77)
        .classic("client")
        .varint(0)
        .varint(0)
        .i16(-1)
        .i32(1000)
        .varint(2)
        .compact("t")
        .varint(6);
    for (index, records) in records.iter().enumerate() {
        expected = expected
            .i32(index as i32)
            .varint(records.len() as u32 + 1)
            .raw(records)
            .varint(1)
            .varint(300)
            .varint(6)
            .raw(b"tagged");
    }
    let expected = expected.varint(0).varint(0).0;
    let expected = Body::new().i32(expected.len() as i32).raw(&expected).0;

    assert!(!frame.is_contiguous());
    assert_eq!(frame.len(), expected.len());
    assert_eq!(frame.segments().collect::<Vec<_>>().concat(), expected);
    assert_eq!(frame.clone().into_bytes(), expected);
    let segments = frame.clone().into_segments();
    assert_eq!(segments.concat(), expected);
    for (index, uncopied) in [(0, true), (1, false), (2, true), (3, false), (4, true)] {
        let is_payload = |segment: &[u8]| {
            segment.as_ptr() == records[index].as_ptr() && segment.len() == records[index].len()
        };
        assert_eq!(
            segments.iter().any(|segment| is_payload(segment)),
            uncopied,
            "{index}"
        );
        assert_eq!(frame.segments().any(is_payload), uncopied, "{index}");
    }
    let (buffer, payloads) = frame.into_parts();
    assert_eq!(buffer.len() + 5000 + 4096 + 9000, expected.len());
    assert_eq!(
        payloads
            .iter()
            .map(|(_, bytes)| bytes.as_ptr())
            .collect::<Vec<_>>(),
        [0, 2, 4].map(|index| records[index].as_ptr())
    );
    // Reading copies neither.
    let body = Bytes::from(expected[4 + 8 + 2 + 6 + 1..].to_vec());
    let read = ProduceRequest::decode(&body, 9).unwrap();
    assert_eq!(read, request);
    let read = read.topic_data[0].partition_data[0]
        .records
        .clone()
        .unwrap();
    assert!(body.as_ptr_range().contains(&read.as_ptr()));
}

#[test]
fn a_correlation_id_is_put_into_a_frame_afterwards() {
    let client = "client".into();
    for records in [10, 5000] {
        let partition = PartitionProduceData::default().with_records(vec![1; records]);
        let topic = TopicProduceData::default().with_partition_data([partition]);
        let request = ProduceRequest::default().with_topic_data([topic]);
        let encode = |id| encode_request(Vec::new(), &request, 9, id, Some(&client)).unwrap();
        let mut frame = encode(0);
        for id in [1, -1, i32::MAX, i32::MIN] {
            frame.set_correlation_id(id);
            assert_eq!(frame, encode(id));
        }
    }
}

#[test]
fn a_buffer_is_used_again_whatever_it_held() {
    let request = HeartbeatRequest::default().with_group_id("g");
    let first = encode_request(vec![0xee; 1000], &request, 4, 1, None).unwrap();
    assert_eq!(
        first,
        encode_request(Vec::new(), &request, 4, 1, None).unwrap()
    );
    let (buffer, _) = first.into_parts();
    let place = buffer.as_ptr();
    let second = encode_response(buffer, &HeartbeatResponse::default(), 4, 2).unwrap();
    assert_eq!(second.segments().next().unwrap().as_ptr(), place);
    assert_eq!(
        second.into_bytes(),
        Body::new()
            .i32(12)
            .i32(2)
            .varint(0)
            .i32(0)
            .i16(0)
            .varint(0)
            .0
    );
}

/// The versions of the messages tried above, should they ever move.
#[test]
fn the_versions_that_these_tests_rely_on() {
    assert_eq!(HeartbeatRequest::FLEXIBLE, VersionRange::new(4, 4));
    assert_eq!(MetadataResponse::FLEXIBLE, VersionRange::new(9, 13));
    assert_eq!(OffsetCommitRequest::FLEXIBLE, VersionRange::new(8, 10));
    assert_eq!(ProduceRequest::FLEXIBLE, VersionRange::new(9, 13));
}
