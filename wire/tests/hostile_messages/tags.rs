//! Tagged fields (KIP-482) that lie.

use allocation_counter::measure;
use bytes::Bytes;
use milena_wire::codec::DecodeErrorKind::{MemoryBudget, TagOutOfOrder, TagSize, UnexpectedEnd};
use milena_wire::codec::Message as _;
use milena_wire::messages::{ApiVersionsResponse, HeartbeatResponse, MetadataResponse};

use crate::body::{Body, heartbeat};

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
