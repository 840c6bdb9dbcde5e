//! Lengths, counts, nulls, variable-length integers and strings that lie.

use allocation_counter::measure;
use milena_wire::codec::DecodeErrorKind::{
    CountTooLarge, InvalidPresence, InvalidUtf8, NegativeLength, NullNotAllowed, UnexpectedEnd,
    VarintTooLong,
};
use milena_wire::messages::consumer_protocol::ConsumerProtocolSubscription;
use milena_wire::messages::{
    ApiVersionsResponse, ConsumerGroupHeartbeatResponse, HeartbeatRequest, MetadataRequest,
    MetadataResponse, RequestHeader, SaslAuthenticateRequest,
};

use crate::body::Body;

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
        body.is_refused::<HeartbeatRequest>(0, InvalidUtf8, "group_id", 2);
        let body = Body::new()
            .varint(text.len() as u32 + 1)
            .raw(text)
            .i32(0)
            .compact("m")
            .varint(0)
            .varint(0);
        body.is_refused::<HeartbeatRequest>(4, InvalidUtf8, "group_id", 1);
    }
}
