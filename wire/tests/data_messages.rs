//! The messages that are no API, against bytes of Java's own classes (`scripts/java/DataMessages.java` wrote them).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use std::fmt::Debug;

use bytes::Bytes;
use milena_wire::codec::{DecodeErrorKind, Message};
use milena_wire::messages::consumer_protocol::{
    ConsumerProtocolAssignment, ConsumerProtocolAssignmentTopicPartition,
    ConsumerProtocolSubscription, TopicPartition,
};
use milena_wire::messages::control_records::{
    EndTxnMarker, Endpoint, KRaftVersionFeature, KRaftVersionRecord, LeaderChangeMessage,
    SnapshotFooterRecord, SnapshotHeaderRecord, Voter, VotersRecord, VotersRecordVoter,
};
use milena_wire::messages::principal::DefaultPrincipalData;
use milena_wire::messages::{RequestHeader, ResponseHeader};
use milena_wire::uuid::Uuid;
use milena_wire::{ByteString, decode_with_version, encode_with_version};

fn unhex(digits: &str) -> Bytes {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// Both ways, against what Java wrote.
#[track_caller]
fn agrees<M: Message + PartialEq + Debug>(message: &M, version: i16, java: &str) {
    assert_eq!(encode_with_version(message, version).unwrap(), unhex(java));
    let (read, read_version) = decode_with_version::<M>(unhex(java)).unwrap();
    assert_eq!((&read, read_version), (message, version));
}

fn names() -> Vec<ByteString> {
    vec!["orders".into(), "p\u{e4}yments".into()]
}

#[test]
fn consumer_protocol_subscriptions() {
    let user_data = Bytes::from_static(&[1, 2, 3]);
    let v0 = ConsumerProtocolSubscription::default()
        .with_topics(names())
        .with_user_data(user_data);
    let body = "0000000200066f7264657273000970c3a4796d656e747300000003010203";
    agrees(&v0, 0, &format!("0000{body}"));
    let owned = TopicPartition::default()
        .with_topic("orders")
        .with_partitions(vec![0, 7]);
    let v1 = v0.clone().with_owned_partitions(vec![owned]);
    let owned = "0000000100066f7264657273000000020000000000000007";
    agrees(&v1, 1, &format!("0001{body}{owned}"));
    let v2 = v1.clone().with_generation_id(42);
    agrees(&v2, 2, &format!("0002{body}{owned}0000002a"));
    let v3 = v2.with_rack_id("rack-a");
    agrees(
        &v3,
        3,
        &format!("0003{body}{owned}0000002a00067261636b2d61"),
    );
    // A newer member's words: what is known of them is understood.
    let newer = unhex(&format!("0004{body}{owned}0000002a00067261636b2d61ffff"));
    assert_eq!(decode_with_version(newer).unwrap(), (v3, 4));
}

#[test]
fn consumer_protocol_assignments() {
    let assigned = ConsumerProtocolAssignmentTopicPartition::default()
        .with_topic("orders")
        .with_partitions(vec![0, 1, 2, 3, 4, 5]);
    let assignment = ConsumerProtocolAssignment::default().with_assigned_partitions(vec![assigned]);
    for version in 0..=3 {
        let body = "0000000100066f726465727300000006000000000000000100000002000000030000000400000005ffffffff";
        agrees(&assignment, version, &format!("{version:04x}{body}"));
    }
}

#[test]
fn control_records() {
    let marker = EndTxnMarker::default().with_coordinator_epoch(19);
    agrees(&marker, 0, "000000000013");

    let voter = |id| Voter::default().with_voter_id(id);
    let change = LeaderChangeMessage::default()
        .with_leader_id(3)
        .with_voters(vec![voter(1), voter(3)])
        .with_granting_voters(vec![voter(3)]);
    agrees(
        &change,
        0,
        "0000000000000003030000000100000000030002000000030000",
    );
    agrees(
        &change,
        1,
        "0001000000000003030000000100000000000000000000000000000000000000000300000000000000000000000000000000000200000003000000000000000000000000000000000000",
    );

    let header =
        SnapshotHeaderRecord::default().with_last_contained_log_timestamp(1_700_000_000_000);
    agrees(&header, 0, "000000000000018bcfe5680000");
    agrees(&SnapshotFooterRecord::default(), 0, "0000000000");
    let version = KRaftVersionRecord::default().with_k_raft_version(1);
    agrees(&version, 0, "00000000000100");

    let endpoint = Endpoint::default()
        .with_name("CONTROLLER")
        .with_host("localhost")
        .with_port(9093);
    let voter = VotersRecordVoter::default()
        .with_voter_id(1)
        .with_voter_directory_id(Uuid::from_u64_pair(1, 2))
        .with_endpoints(vec![endpoint])
        .with_k_raft_version_feature(KRaftVersionFeature::default().with_max_supported_version(1));
    let voters = VotersRecord::default().with_voters(vec![voter]);
    agrees(
        &voters,
        0,
        "00000000020000000100000000000000010000000000000002020b434f4e54524f4c4c45520a6c6f63616c686f737423850000000001000000",
    );
}

#[test]
fn headers_and_principals() {
    let principal = DefaultPrincipalData::default()
        .with_type("User")
        .with_name("alice")
        .with_token_authenticated(true);
    agrees(&principal, 0, "0000055573657206616c6963650100");

    let request = RequestHeader::default()
        .with_request_api_key(3)
        .with_request_api_version(12)
        .with_correlation_id(77);
    agrees(
        &request.clone().with_client_id("milena"),
        1,
        "00010003000c0000004d00066d696c656e61",
    );
    let mut anonymous = request;
    anonymous.client_id = None;
    agrees(&anonymous, 2, "00020003000c0000004dffff00");

    let response = ResponseHeader::default().with_correlation_id(-1);
    agrees(&response, 0, "0000ffffffff");
    agrees(&response, 1, "0001ffffffff00");
}

#[test]
fn what_is_no_version_is_an_error() {
    for (bytes, kind) in [
        (
            &[][..],
            DecodeErrorKind::UnexpectedEnd {
                needed: 2,
                remaining: 0,
            },
        ),
        (
            &[0],
            DecodeErrorKind::UnexpectedEnd {
                needed: 2,
                remaining: 1,
            },
        ),
        (
            &[0xff, 0xff, 0, 0, 0, 0],
            DecodeErrorKind::UnsupportedVersion,
        ),
    ] {
        let error = decode_with_version::<EndTxnMarker>(Bytes::from_static(bytes)).unwrap_err();
        assert_eq!((error.message(), error.kind()), ("EndTxnMarker", kind));
    }
}
