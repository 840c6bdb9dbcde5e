//! Messages by a hostile or broken peer, and messages that cannot be written: each ends in an error that says what was wrong, in which field, and where.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test"
)]

#[path = "golden/corpus.rs"]
mod corpus;

use std::fmt::Debug;

use allocation_counter::measure;
use bytes::Bytes;
use milena_wire::api_key::ApiKey;
use milena_wire::codec::DecodeErrorKind::{
    CountTooLarge, InvalidPresence, InvalidUtf8, MemoryBudget, NegativeLength, NullNotAllowed,
    TagOutOfOrder, TagSize, TrailingBytes, UnexpectedEnd, UnsupportedVersion, VarintTooLong,
};
use milena_wire::codec::{
    DecodeErrorKind, EncodeErrorKind, Field, Kind, Message, Structure, TaggedField, VersionRange,
};
use milena_wire::messages::api_versions::SupportedFeatureKey;
use milena_wire::messages::consumer_protocol::ConsumerProtocolSubscription;
use milena_wire::messages::metadata::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use milena_wire::messages::offset_commit::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use milena_wire::messages::produce::{PartitionProduceData, TopicProduceData};
#[allow(clippy::wildcard_imports, reason = "the macro names every message")]
use milena_wire::messages::*;
use milena_wire::{encode_request, encode_response, for_each_api};

/// Bytes as a peer may send them.
#[derive(Clone, Default)]
struct Body(Vec<u8>);

impl Body {
    fn new() -> Self {
        Self::default()
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn i16(self, value: i16) -> Self {
        self.raw(&value.to_be_bytes())
    }

    fn i32(self, value: i32) -> Self {
        self.raw(&value.to_be_bytes())
    }

    fn i64(self, value: i64) -> Self {
        self.raw(&value.to_be_bytes())
    }

    fn varint(mut self, mut value: u32) -> Self {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.raw(&[value as u8])
    }

    fn compact(self, text: &str) -> Self {
        self.varint(text.len() as u32 + 1).raw(text.as_bytes())
    }

    fn classic(self, text: &str) -> Self {
        self.i16(i16::try_from(text.len()).unwrap())
            .raw(text.as_bytes())
    }

    #[track_caller]
    fn is_refused<M: Message + Debug>(
        &self,
        version: i16,
        kind: DecodeErrorKind,
        field: &str,
        offset: usize,
    ) {
        let body = Bytes::from(self.0.clone());
        let error = M::decode(&body, version).unwrap_err();
        assert_eq!(
            (error.kind(), error.field(), error.offset()),
            (kind, field, offset),
            "{error}"
        );
        assert_eq!((error.message(), error.version()), (M::NAME, version));
    }

    #[track_caller]
    fn is_read<M: Message>(&self, version: i16) -> M {
        M::decode(&Bytes::from(self.0.clone()), version).unwrap()
    }
}

/// Two topics, the first with two partitions.
fn metadata() -> MetadataResponse {
    let partition = |index| {
        MetadataResponsePartition::default()
            .with_partition_index(index)
            .with_leader_id(7)
            .with_replica_nodes(vec![7, 8, 9])
    };
    let broker = MetadataResponseBroker::default()
        .with_node_id(7)
        .with_host("kafka-7")
        .with_port(9092);
    let topic = MetadataResponseTopic::default()
        .with_name("first")
        .with_partitions([partition(0), partition(1)]);
    let other = MetadataResponseTopic::default().with_name("other");
    MetadataResponse::default()
        .with_brokers([broker])
        .with_topics([topic, other])
}

// ---- arrays

#[test]
fn an_array_count_that_claims_206_gb() {
    let info = measure(|| {
        // Before flexible versions: 4 bytes.
        let body = Body::new().i32(i32::MAX);
        body.is_refused::<MetadataResponse>(
            1,
            CountTooLarge {
                count: 0x7fff_ffff,
                remaining: 0,
            },
            "brokers",
            4,
        );
        // Compact, as large as it goes.
        let body = Body::new()
            .i32(0)
            .raw(&[0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0]);
        body.is_refused::<MetadataResponse>(
            9,
            CountTooLarge {
                count: 0xffff_fffe,
                remaining: 3,
            },
            "brokers",
            9,
        );
    });
    assert!(info.bytes_max < 2048, "{info:?}");
}

#[test]
fn an_array_count_just_beyond_what_the_bytes_can_hold() {
    // An element of ApiVersionsResponse takes six bytes in version 0: ten fit, eleven do not.
    let elements = [0; 60];
    let read: ApiVersionsResponse = Body::new().i16(0).i32(10).raw(&elements).is_read(0);
    assert_eq!(read.api_keys.len(), 10);
    let body = Body::new().i16(0).i32(11).raw(&elements);
    body.is_refused::<ApiVersionsResponse>(
        0,
        CountTooLarge {
            count: 11,
            remaining: 60,
        },
        "api_keys",
        6,
    );
}

#[test]
fn array_counts_that_lie_inside_elements() {
    let topic = Body::new()
        .i32(0)
        .i32(-1)
        .i32(1)
        .i16(0)
        .classic("t")
        .raw(&[0]);
    let body = topic.clone().i32(i32::MAX);
    body.is_refused::<MetadataResponse>(
        1,
        CountTooLarge {
            count: 0x7fff_ffff,
            remaining: 0,
        },
        "topics[0].partitions",
        22,
    );
    let body = topic
        .i32(1)
        .i16(0)
        .i32(0)
        .i32(7)
        .i32(0x1000_0000)
        .raw(&[0; 99]);
    let lie = CountTooLarge {
        count: 0x1000_0000,
        remaining: 99,
    };
    body.is_refused::<MetadataResponse>(1, lie, "topics[0].partitions[0].replica_nodes", 36);
}

#[test]
fn an_array_count_in_a_tagged_field_is_bounded_by_that_field() {
    // Three bytes of content, many behind it.
    let body = Body::new()
        .i16(0)
        .varint(1)
        .i32(0)
        .varint(1)
        .varint(0)
        .varint(3)
        .varint(200)
        .raw(&[0; 3000]);
    body.is_refused::<ApiVersionsResponse>(
        3,
        CountTooLarge {
            count: 199,
            remaining: 1,
        },
        "supported_features",
        12,
    );
}

// ---- nulls and lengths

#[test]
fn null_strings_where_the_version_has_none() {
    let classic = Body::new().i16(-1).i32(0).i16(0);
    classic.is_refused::<HeartbeatRequest>(0, NullNotAllowed, "group_id", 2);
    let compact = Body::new().varint(0).i32(0).varint(1);
    compact.is_refused::<HeartbeatRequest>(4, NullNotAllowed, "group_id", 1);
    // A topic's name may be null from version 12 on.
    let topic = |version: i16| {
        let head = Body::new()
            .i32(0)
            .varint(1)
            .varint(0)
            .i32(-1)
            .varint(2)
            .i16(0)
            .varint(0);
        let id = if version >= 10 {
            head.raw(&[0; 16])
        } else {
            head
        };
        id.raw(&[0]).varint(1).i32(0).varint(0)
    };
    topic(9).i32(0).varint(0).is_refused::<MetadataResponse>(
        9,
        NullNotAllowed,
        "topics[0].name",
        14,
    );
    topic(11)
        .varint(0)
        .is_refused::<MetadataResponse>(11, NullNotAllowed, "topics[0].name", 14);
    let read: MetadataResponse = topic(12).varint(0).is_read(12);
    assert_eq!(read.topics[0].name, None);
}

#[test]
fn null_elements_of_a_list_of_strings() {
    let body = Body::new().i32(2).classic("t").i16(-1).i32(-1);
    body.is_refused::<ConsumerProtocolSubscription>(0, NullNotAllowed, "topics[1]", 9);
}

#[test]
fn null_bytes_where_the_version_has_none() {
    Body::new()
        .i32(-1)
        .is_refused::<SaslAuthenticateRequest>(0, NullNotAllowed, "auth_bytes", 4);
    Body::new()
        .varint(0)
        .varint(0)
        .is_refused::<SaslAuthenticateRequest>(2, NullNotAllowed, "auth_bytes", 1);
}

#[test]
fn null_lists_where_the_version_has_none() {
    Body::new()
        .i32(-1)
        .is_refused::<MetadataResponse>(1, NullNotAllowed, "brokers", 4);
    Body::new()
        .i32(0)
        .varint(0)
        .is_refused::<MetadataResponse>(9, NullNotAllowed, "brokers", 5);
    // Version 0 asks for all topics by an empty list, later ones by null.
    Body::new()
        .i32(-1)
        .is_refused::<MetadataRequest>(0, NullNotAllowed, "topics", 4);
    assert_eq!(
        Body::new().i32(-1).is_read::<MetadataRequest>(1).topics,
        None
    );
    // Lists of numbers are read by code of their own.
    let partition = Body::new()
        .i32(0)
        .i32(-1)
        .i32(1)
        .i16(0)
        .classic("t")
        .raw(&[0])
        .i32(1)
        .i16(0)
        .i32(0)
        .i32(7);
    partition.i32(-1).is_refused::<MetadataResponse>(
        1,
        NullNotAllowed,
        "topics[0].partitions[0].replica_nodes",
        36,
    );
}

#[test]
fn structs_that_are_neither_there_nor_null() {
    let head = Body::new().i32(0).i16(0).varint(0).varint(0).i32(0).i32(0);
    assert_eq!(
        head.clone()
            .raw(&[0xff, 0])
            .is_read::<ConsumerGroupHeartbeatResponse>(0)
            .assignment,
        None
    );
    for byte in [0, 2, -2, i8::MIN, i8::MAX] {
        let body = head.clone().raw(&byte.to_be_bytes()).raw(&[1, 0, 0]);
        body.is_refused::<ConsumerGroupHeartbeatResponse>(
            0,
            InvalidPresence(byte),
            "assignment",
            17,
        );
    }
    head.clone().is_refused::<ConsumerGroupHeartbeatResponse>(
        0,
        UnexpectedEnd {
            needed: 1,
            remaining: 0,
        },
        "assignment",
        16,
    );
    let body = head.raw(&[1, 2]).raw(&[0; 16]).varint(3).i32(0);
    let lie = CountTooLarge {
        count: 2,
        remaining: 4,
    };
    body.is_refused::<ConsumerGroupHeartbeatResponse>(
        0,
        lie,
        "assignment.topic_partitions[0].partitions",
        35,
    );
}

#[test]
fn lengths_below_minus_one() {
    for length in [-2, i16::MIN] {
        let kind = NegativeLength(i64::from(length));
        Body::new()
            .i16(length)
            .is_refused::<HeartbeatRequest>(0, kind, "group_id", 2);
        // Where null is legal, too.
        let body = Body::new().classic("g").i32(0).classic("m").i16(length);
        body.is_refused::<HeartbeatRequest>(3, kind, "group_instance_id", 12);
        // The client's id keeps its int16 in flexible headers.
        let body = Body::new().i16(3).i16(9).i32(1).i16(length).varint(0);
        body.is_refused::<RequestHeader>(2, kind, "client_id", 10);
    }
    for length in [-2, i32::MIN] {
        let kind = NegativeLength(i64::from(length));
        Body::new()
            .i32(length)
            .is_refused::<SaslAuthenticateRequest>(0, kind, "auth_bytes", 4);
        Body::new()
            .i32(length)
            .is_refused::<MetadataRequest>(4, kind, "topics", 4);
        let partition = Body::new()
            .i32(0)
            .i32(-1)
            .i32(1)
            .i16(0)
            .classic("t")
            .raw(&[0])
            .i32(1)
            .i16(0)
            .i32(0)
            .i32(7);
        partition.i32(length).is_refused::<MetadataResponse>(
            1,
            kind,
            "topics[0].partitions[0].replica_nodes",
            36,
        );
    }
}

#[test]
fn compact_lengths_at_both_ends_of_their_range() {
    // The length is one less than what is there: zero is null, never a length of -1.
    Body::new()
        .varint(0)
        .is_refused::<SaslAuthenticateRequest>(2, NullNotAllowed, "auth_bytes", 1);
    for (varint, length) in [
        (u32::MAX, 0xffff_fffe),
        (0x8000_0001, 0x8000_0000),
        (0x8000_0000, 0x7fff_ffff),
        (5, 4),
    ] {
        let kind = UnexpectedEnd {
            needed: length,
            remaining: 3,
        };
        let size = Body::new().varint(varint).0.len();
        Body::new()
            .varint(varint)
            .raw(&[0; 3])
            .is_refused::<SaslAuthenticateRequest>(2, kind, "auth_bytes", size);
        Body::new()
            .varint(varint)
            .raw(b"abc")
            .is_refused::<HeartbeatRequest>(4, kind, "group_id", size);
    }
}

#[test]
fn lengths_beyond_the_end() {
    let body = Body::new().i16(i16::MAX).raw(b"abc");
    body.is_refused::<HeartbeatRequest>(
        0,
        UnexpectedEnd {
            needed: 32_767,
            remaining: 3,
        },
        "group_id",
        2,
    );
    let body = Body::new().i32(i32::MAX).raw(b"abc");
    body.is_refused::<SaslAuthenticateRequest>(
        0,
        UnexpectedEnd {
            needed: 0x7fff_ffff,
            remaining: 3,
        },
        "auth_bytes",
        4,
    );
}

// ---- varints

#[test]
fn varints_of_more_than_32_bits() {
    for lie in [
        [0xff; 10],
        [0x80; 10],
        [0xff, 0xff, 0xff, 0xff, 0x10, 0, 0, 0, 0, 0],
        [0x80, 0x80, 0x80, 0x80, 0x80, 0, 0, 0, 0, 0],
    ] {
        // As the count of a list, the length of a string, of bytes.
        Body::new()
            .i32(0)
            .raw(&lie)
            .is_refused::<MetadataResponse>(9, VarintTooLong, "brokers", 4);
        Body::new()
            .raw(&lie)
            .is_refused::<HeartbeatRequest>(4, VarintTooLong, "group_id", 0);
        Body::new().raw(&lie).is_refused::<SaslAuthenticateRequest>(
            2,
            VarintTooLong,
            "auth_bytes",
            0,
        );
        // As the number of tagged fields, a tag, the size of a tagged field.
        Body::new()
            .varint(1)
            .raw(&lie)
            .is_refused::<SaslAuthenticateRequest>(2, VarintTooLong, "", 1);
        Body::new()
            .varint(1)
            .varint(1)
            .raw(&lie)
            .is_refused::<SaslAuthenticateRequest>(2, VarintTooLong, "", 2);
        Body::new()
            .varint(1)
            .varint(1)
            .varint(9)
            .raw(&lie)
            .is_refused::<SaslAuthenticateRequest>(2, VarintTooLong, "", 3);
    }
}

#[test]
fn varints_that_are_cut_short_or_longer_than_need_be() {
    for length in 0..5 {
        let kind = UnexpectedEnd {
            needed: length + 1,
            remaining: length,
        };
        Body::new()
            .raw(&[0xff; 4][..length])
            .is_refused::<HeartbeatRequest>(4, kind, "group_id", 0);
    }
    // Legal: Java reads it so.
    let read: SaslAuthenticateRequest = Body::new()
        .raw(&[0x82, 0x80, 0x80, 0x80, 0x00])
        .raw(b"x")
        .raw(&[0x80, 0x00])
        .is_read(2);
    assert_eq!(read.auth_bytes, "x");
}

// ---- tagged fields

/// An answer to Heartbeat, which has no tagged fields of its own, up to them.
fn heartbeat() -> Body {
    Body::new().i32(0).i16(0)
}

#[test]
fn tagged_fields_longer_than_the_message() {
    let end = |needed, remaining| UnexpectedEnd { needed, remaining };
    heartbeat()
        .varint(1)
        .varint(5)
        .varint(4)
        .raw(b"abc")
        .is_refused::<HeartbeatResponse>(4, end(4, 3), "", 9);
    heartbeat()
        .varint(1)
        .varint(5)
        .varint(u32::MAX)
        .is_refused::<HeartbeatResponse>(4, end(0xffff_ffff, 0), "", 13);
    // Four billion of them, and no bytes.
    heartbeat()
        .varint(u32::MAX)
        .is_refused::<HeartbeatResponse>(4, end(1, 0), "", 11);
    heartbeat()
        .varint(2)
        .varint(5)
        .varint(0)
        .is_refused::<HeartbeatResponse>(4, end(1, 0), "", 9);
}

#[test]
fn tagged_fields_that_disagree_with_their_size() {
    let head = Body::new().i16(0).varint(1).i32(0).varint(1);
    // finalized_features_epoch, eight bytes.
    let long = head.clone().varint(1).varint(9).i64(1).raw(&[0]);
    long.is_refused::<ApiVersionsResponse>(3, TagSize { tag: 1, left: 1 }, "", 18);
    let short = head.clone().varint(1).varint(7).i64(1);
    short.is_refused::<ApiVersionsResponse>(
        3,
        UnexpectedEnd {
            needed: 8,
            remaining: 7,
        },
        "finalized_features_epoch",
        10,
    );
    let empty = head.varint(1).varint(0).raw(&[0; 8]);
    empty.is_refused::<ApiVersionsResponse>(
        3,
        UnexpectedEnd {
            needed: 8,
            remaining: 0,
        },
        "finalized_features_epoch",
        10,
    );
}

#[test]
fn tagged_fields_twice_or_out_of_order() {
    let two = |first, second| {
        heartbeat()
            .varint(2)
            .varint(first)
            .varint(1)
            .raw(b"a")
            .varint(second)
            .varint(1)
            .raw(b"b")
    };
    two(5, 5).is_refused::<HeartbeatResponse>(4, TagOutOfOrder(5), "", 12);
    two(5, 4).is_refused::<HeartbeatResponse>(4, TagOutOfOrder(4), "", 12);
    two(0, 0).is_refused::<HeartbeatResponse>(4, TagOutOfOrder(0), "", 12);
    two(u32::MAX, u32::MAX).is_refused::<HeartbeatResponse>(4, TagOutOfOrder(u32::MAX), "", 20);
    let read: HeartbeatResponse = two(0, u32::MAX).is_read(4);
    assert_eq!(
        read.unknown_tagged_fields
            .as_slice()
            .iter()
            .map(|field| field.tag)
            .collect::<Vec<_>>(),
        [0, u32::MAX]
    );
    // The same tag once known, once more behind it.
    let known = Body::new()
        .i16(0)
        .varint(1)
        .i32(0)
        .varint(2)
        .varint(3)
        .varint(1)
        .raw(&[1])
        .varint(3)
        .varint(1)
        .raw(&[0]);
    known.is_refused::<ApiVersionsResponse>(3, TagOutOfOrder(3), "", 13);
}

#[test]
fn tagged_fields_of_an_element_name_it() {
    let broker = |id| Body::new().i32(id).compact("h").i32(9092).varint(0);
    let body = Body::new()
        .i32(0)
        .varint(3)
        .raw(&broker(1).varint(0).0)
        .raw(&broker(2).varint(1).varint(0).varint(100).0);
    body.is_refused::<MetadataResponse>(
        9,
        UnexpectedEnd {
            needed: 100,
            remaining: 0,
        },
        "brokers[1]",
        31,
    );
}

#[test]
fn a_million_unknown_tags_hit_the_budget() {
    const BUDGET: usize = 1 << 20;
    let mut body = heartbeat().varint(1_000_000);
    for tag in 0..1_000_000 {
        body = body.varint(tag).varint(0);
    }
    let body = Bytes::from(body.0);
    let info = measure(|| {
        let error = HeartbeatResponse::decode_prefix(&body, 4, BUDGET).unwrap_err();
        assert_eq!(
            (error.kind(), error.field()),
            (MemoryBudget { limit: BUDGET }, "")
        );
    });
    assert!(info.bytes_max <= 4 * BUDGET as u64, "{info:?}");
    // The default suffices for them: 40 MB.
    let read = HeartbeatResponse::decode(&body, 4).unwrap();
    assert_eq!(read.unknown_tagged_fields.as_slice().len(), 1_000_000);
}

// ---- strings

#[test]
fn strings_that_are_not_utf_8() {
    let lone_continuation: &[u8] = &[0x80];
    let overlong_slash: &[u8] = &[0xc0, 0xaf];
    // Java writes it so in its own serialization, and never on the wire.
    let surrogate: &[u8] = &[0xed, 0xa0, 0x80];
    let cut_short: &[u8] = &[b'a', 0xe2, 0x82];
    let beyond_unicode: &[u8] = &[0xf4, 0x90, 0x80, 0x80];
    for text in [
        lone_continuation,
        overlong_slash,
        surrogate,
        cut_short,
        beyond_unicode,
    ] {
        let body = Body::new()
            .i16(text.len() as i16)
            .raw(text)
            .i32(0)
            .classic("m");
        body.is_refused::<HeartbeatRequest>(0, InvalidUtf8, "group_id", 2 + text.len());
        let body = Body::new()
            .varint(text.len() as u32 + 1)
            .raw(text)
            .i32(0)
            .compact("m")
            .varint(0)
            .varint(0);
        body.is_refused::<HeartbeatRequest>(4, InvalidUtf8, "group_id", 1 + text.len());
    }
}

// ---- the message as a whole

macro_rules! every_message {
    ($(($key:ident, $request:ident, $response:ident))*) => {
        /// Reads a golden body; why it was refused, if it was.
        fn read(key: ApiKey, is_request: bool, body: &Bytes, version: i16) -> Option<DecodeErrorKind> {
            match (key, is_request) {
                $(
                    (ApiKey::$key, true) => $request::decode(body, version).err().map(|error| error.kind()),
                    (ApiKey::$key, false) => $response::decode(body, version).err().map(|error| error.kind()),
                )*
                _ => panic!("no API {key:?}"),
            }
        }

        fn for_every_message(visitor: &mut impl Visitor) {
            $(
                visitor.visit::<$request>();
                visitor.visit::<$response>();
            )*
        }
    };
}

for_each_api!(every_message);

trait Visitor {
    fn visit<M: Message + Debug>(&mut self);
}

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

// ---- memory

#[test]
fn many_tiny_elements_hit_the_budget() {
    // An empty group takes 3 bytes on the wire in version 3, and over 100 in memory.
    let body = Bytes::from(
        Body::new()
            .i32(0)
            .i16(0)
            .varint(100_001)
            .raw(&[1, 1, 0].repeat(100_000))
            .varint(0)
            .0,
    );
    let info = measure(|| {
        let error = ListGroupsResponse::decode_prefix(&body, 3, 1 << 20).unwrap_err();
        assert_eq!(
            (error.kind(), error.field(), error.offset()),
            (MemoryBudget { limit: 1 << 20 }, "groups", 9)
        );
    });
    assert!(
        info.bytes_max < 2048,
        "a list beyond the budget is not begun: {info:?}"
    );
    assert_eq!(
        ListGroupsResponse::decode(&body, 3).unwrap().groups.len(),
        100_000
    );
}

#[test]
fn a_budget_is_for_the_message_not_for_each_list() {
    let partition = |index| MetadataResponsePartition::default().with_partition_index(index);
    let topic = MetadataResponseTopic::default()
        .with_name("t")
        .with_partitions((0..10).map(partition).collect::<Vec<_>>());
    let body = MetadataResponse::default()
        .with_topics(vec![topic; 10])
        .encode(9)
        .unwrap()
        .into_bytes();
    let (topics, partitions) = (
        10 * size_of::<MetadataResponseTopic>(),
        10 * size_of::<MetadataResponsePartition>(),
    );
    let exact = topics + 10 * partitions;
    assert!(MetadataResponse::decode_prefix(&body, 9, exact).is_ok());
    let error = MetadataResponse::decode_prefix(&body, 9, exact - 1).unwrap_err();
    assert_eq!(
        (error.kind(), error.field()),
        (MemoryBudget { limit: exact - 1 }, "topics[9].partitions")
    );
    let error = MetadataResponse::decode_prefix(&body, 9, topics - 1).unwrap_err();
    assert_eq!(
        (error.kind(), error.field()),
        (MemoryBudget { limit: topics - 1 }, "topics")
    );
}

/// The fewest bytes for a struct, from its schema; `tag` adds an unknown tagged field, empty, to each struct that can have one.
struct Smallest {
    version: i16,
    flexible: bool,
    tag: bool,
}

impl Smallest {
    fn count(&self, body: &mut Vec<u8>, count: usize) {
        if self.flexible {
            body.extend(Body::new().varint(count as u32 + 1).0);
        } else {
            body.extend((count as i32).to_be_bytes());
        }
    }

    /// `lists` is the way to the list that gets `count` elements, one index of a field for each struct on it; other lists are empty.
    fn structure(&self, body: &mut Vec<u8>, structure: &Structure, lists: &[usize], count: usize) {
        let mut tagged = Vec::new();
        for (index, field) in structure.fields.iter().enumerate() {
            if !field.versions.contains(self.version) {
                continue;
            }
            let way = lists
                .split_first()
                .filter(|(first, _)| **first == index)
                .map(|(_, rest)| rest);
            match (field.tag, way) {
                (Some(tag), Some(way)) => {
                    let mut content = Vec::new();
                    self.field(&mut content, field, Some(way), count);
                    tagged.push((tag, content));
                }
                (Some(_), None) => {}
                (None, way) => self.field(body, field, way, count),
            }
        }
        if self.flexible {
            if self.tag {
                tagged.push((1_000_000, Vec::new()));
            }
            body.extend(Body::new().varint(tagged.len() as u32).0);
            for (tag, content) in tagged {
                body.extend(
                    Body::new()
                        .varint(tag)
                        .varint(content.len() as u32)
                        .raw(&content)
                        .0,
                );
            }
        }
    }

    fn field(&self, body: &mut Vec<u8>, field: &Field, way: Option<&[usize]>, count: usize) {
        match (field.kind, way) {
            (Kind::Array(element), Some(way)) => {
                let here = if way.is_empty() { count } else { 1 };
                let mut one = Vec::new();
                self.value(&mut one, element, way, count);
                self.count(body, here);
                body.extend(one.repeat(here));
            }
            (kind, way) => {
                if matches!(kind, Kind::Struct(_)) && field.nullable.contains(self.version) {
                    body.push(1);
                }
                self.value(body, &kind, way.unwrap_or_default(), count);
            }
        }
    }

    fn value(&self, body: &mut Vec<u8>, kind: &Kind, way: &[usize], count: usize) {
        match kind {
            Kind::Bool | Kind::Int8 => body.push(0),
            Kind::Int16 | Kind::UInt16 => body.extend([0; 2]),
            Kind::Int32 => body.extend([0; 4]),
            Kind::Int64 | Kind::Float64 => body.extend([0; 8]),
            Kind::Uuid => body.extend([0; 16]),
            Kind::String if !self.flexible => body.extend([0; 2]),
            Kind::String | Kind::Bytes | Kind::Array(_) => self.count(body, 0),
            Kind::Struct(structure) => self.structure(body, structure, way, count),
            other => panic!("{other:?}"),
        }
    }
}

/// The way to each list in a struct, as [`Smallest::structure`] takes it.
fn ways_to_lists(
    structure: &Structure,
    version: i16,
    way: &mut Vec<usize>,
    found: &mut Vec<Vec<usize>>,
) {
    for (index, field) in structure
        .fields
        .iter()
        .enumerate()
        .filter(|(_, field)| field.versions.contains(version))
    {
        way.push(index);
        if let Kind::Array(_) = field.kind {
            found.push(way.clone());
        }
        match field.kind {
            Kind::Struct(inner) => ways_to_lists(inner, version, way, found),
            Kind::Array(&Kind::Struct(inner)) => ways_to_lists(inner, version, way, found),
            _ => {}
        }
        way.pop();
    }
}

/// Few bytes for each element, and a struct in memory for each: in every list of every message and version, with and without unknown tagged fields.
#[test]
fn no_list_takes_more_than_four_times_its_budget() {
    #[derive(Default)]
    struct Amplify {
        frames: u64,
        refused: u64,
        /// Memory for each byte of the budget, in hundredths, and where.
        worst: (u64, String),
        /// Memory for each byte on the wire, in hundredths, and where.
        amplification: (u64, String),
    }
    impl Visitor for Amplify {
        fn visit<M: Message + Debug>(&mut self) {
            let Kind::Struct(structure) = M::KIND else {
                panic!("a message is a struct")
            };
            for version in M::VERSIONS.min..=M::VERSIONS.max {
                let mut ways = Vec::new();
                ways_to_lists(structure, version, &mut Vec::new(), &mut ways);
                let flexible = M::FLEXIBLE.contains(version);
                for (way, tag) in ways.iter().flat_map(|way| [(way, false), (way, true)]) {
                    if tag && !flexible {
                        continue;
                    }
                    let mut body = Vec::new();
                    Smallest {
                        version,
                        flexible,
                        tag,
                    }
                    .structure(&mut body, structure, way, 1100);
                    self.read::<M>(&body.into(), version, way, tag);
                }
            }
        }
    }
    impl Amplify {
        fn read<M: Message + Debug>(
            &mut self,
            body: &Bytes,
            version: i16,
            way: &[usize],
            tag: bool,
        ) {
            let at = |budget| {
                format!(
                    "{} v{version}, list {way:?}, tag {tag}, budget {budget}",
                    M::NAME
                )
            };
            // From less than one element takes to more than all of them do.
            for budget in [64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 1 << 20] {
                let mut read = None;
                let peak =
                    measure(|| read = Some(M::decode_prefix(body, version, budget))).bytes_max;
                match read.unwrap() {
                    Ok((_, left)) => {
                        assert_eq!(left, 0, "{}", at(budget));
                        self.amplification = (peak * 100 / body.len() as u64, at(budget))
                            .max(std::mem::take(&mut self.amplification));
                    }
                    Err(error) => {
                        assert_eq!(
                            error.kind(),
                            MemoryBudget { limit: budget },
                            "{}: {error}",
                            at(budget)
                        );
                        self.refused += 1;
                    }
                }
                self.frames += 1;
                // Beside the budget: the path in the error, and what makes `body` shareable.
                let peak = peak.saturating_sub(512);
                self.worst =
                    (peak * 100 / budget as u64, at(budget)).max(std::mem::take(&mut self.worst));
            }
        }
    }
    let mut amplify = Amplify::default();
    for_every_message(&mut amplify);
    let Amplify {
        frames,
        refused,
        worst,
        amplification,
    } = amplify;
    corpus::report(&format!(
        "hostile: {frames} amplifying frames, {refused} refused; {worst:?} % of the budget, {amplification:?} % of the bytes"
    ));
    assert!(worst.0 <= 400, "{worst:?}");
    assert!(refused > frames / 4, "{refused} of {frames} hit the budget");
}

// ---- writing

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
