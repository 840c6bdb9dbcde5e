//! Messages that end too soon or too late, or are of no known version.

use std::fmt::Debug;

use bytes::Bytes;
use milena_wire::api_key::ApiKey;
use milena_wire::codec::DecodeErrorKind::{
    CountTooLarge, TrailingBytes, UnexpectedEnd, UnsupportedVersion,
};
use milena_wire::codec::{EncodeErrorKind, Message};
use milena_wire::messages::{HeartbeatResponse, MetadataResponse};

use crate::body::{Body, heartbeat, metadata};
use crate::corpus;
use crate::every_message::{Visitor, for_every_message, read};

#[test]
fn golden_frames_cut_at_every_byte() {
    let (mut frames, mut cuts) = (0, 0);
    for (release, line) in corpus::lines("messages.jsonl") {
        let name = line["message"].as_str().unwrap();
        let number = |field: &str| i16::try_from(line[field].as_i64().unwrap()).unwrap();
        let (key, version) = (ApiKey(number("api_key")), number("version"));
        // Share groups had early versions that no release kept, and whose bytes mean nothing now.
        if (76..=79).contains(&key.0) && version == 0 {
            continue;
        }
        let body = Bytes::from(corpus::hex(&line["hex"]));
        let is_request = name.ends_with("Request");
        assert_eq!(
            read(key, is_request, &body, version),
            None,
            "{release} {name} v{version}"
        );
        for length in 0..body.len() {
            // Nothing that a reader has seen tells it from the whole frame, so it can only end too soon.
            let refused = read(key, is_request, &body.slice(..length), version);
            let soon = matches!(refused, Some(UnexpectedEnd { .. } | CountTooLarge { .. }));
            assert!(
                soon,
                "{release} {name} v{version}, the first {length} bytes: {refused:?}"
            );
            cuts += 1;
        }
        frames += 1;
    }
    corpus::report(&format!(
        "hostile: {frames} frames cut at each of {cuts} places"
    ));
    assert!(frames > 1000, "the corpus has {frames} frames only");
}

#[test]
fn a_frame_cut_in_a_field_names_it() {
    let body = Body(metadata().encode(9).unwrap().into_bytes().to_vec());
    // Throttle time, brokers (18 bytes one), cluster and controller, topics; error, name, internal, partitions; the first of these.
    let second = 4 + (1 + 18) + 1 + 4 + 1 + (2 + 6 + 1 + 1) + 30;
    let cut = |length| Body(body.0[..length].to_vec());
    let end = |needed, remaining| UnexpectedEnd { needed, remaining };
    cut(second + 5).is_refused::<MetadataResponse>(
        9,
        end(4, 3),
        "topics[0].partitions[1].partition_index",
        second + 2,
    );
    cut(second + 7).is_refused::<MetadataResponse>(
        9,
        end(4, 1),
        "topics[0].partitions[1].leader_id",
        second + 6,
    );
    cut(second + 13).is_refused::<MetadataResponse>(
        9,
        end(4, 3),
        "topics[0].partitions[1].leader_epoch",
        second + 10,
    );
    let lie = CountTooLarge {
        count: 3,
        remaining: 0,
    };
    cut(second + 15).is_refused::<MetadataResponse>(
        9,
        lie,
        "topics[0].partitions[1].replica_nodes",
        second + 15,
    );
    cut(5).is_refused::<MetadataResponse>(
        9,
        CountTooLarge {
            count: 1,
            remaining: 0,
        },
        "brokers",
        5,
    );
    cut(15).is_refused::<MetadataResponse>(9, end(7, 5), "brokers[0].host", 10);
    cut(0).is_refused::<MetadataResponse>(9, end(4, 0), "throttle_time_ms", 0);
    cut(body.0.len() - 1).is_refused::<MetadataResponse>(9, end(1, 0), "", body.0.len() - 1);
    let body = Bytes::from(cut(second + 7).0);
    let text = MetadataResponse::decode(&body, 9).unwrap_err().to_string();
    assert_eq!(
        text,
        "MetadataResponse v9, field topics[0].partitions[1].leader_id, at byte 75: needs 4 bytes, 1 are left"
    );
}

#[test]
fn bytes_behind_the_message() {
    heartbeat()
        .varint(0)
        .raw(b"more")
        .is_refused::<HeartbeatResponse>(4, TrailingBytes(4), "", 7);
    let body = Bytes::from(heartbeat().varint(0).raw(b"more").0);
    assert_eq!(HeartbeatResponse::decode_prefix(&body, 4, 0).unwrap().1, 4);
}

#[test]
fn versions_that_no_message_has() {
    struct Versions;
    impl Visitor for Versions {
        fn visit<M: Message + Debug>(&mut self) {
            for version in [
                M::VERSIONS.min - 1,
                M::VERSIONS.max + 1,
                i16::MIN,
                i16::MAX,
                -1,
            ] {
                Body::new()
                    .raw(&[0; 64])
                    .is_refused::<M>(version, UnsupportedVersion, "", 0);
                let error = M::default().encode(version).unwrap_err();
                assert_eq!(
                    (error.kind(), error.field()),
                    (EncodeErrorKind::UnsupportedVersion, "")
                );
                assert_eq!((error.message(), error.version()), (M::NAME, version));
            }
        }
    }
    for_every_message(&mut Versions);
}
