//! Bodies by hand, and what is said of them when they are read.

use std::fmt::Debug;

use bytes::Bytes;
use milena_wire::codec::{DecodeErrorKind, Message};
use milena_wire::messages::MetadataResponse;
use milena_wire::messages::metadata::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};

/// Bytes as a peer may send them.
#[derive(Clone, Default)]
pub(crate) struct Body(pub(crate) Vec<u8>);

impl Body {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn i16(self, value: i16) -> Self {
        self.raw(&value.to_be_bytes())
    }

    pub(crate) fn i32(self, value: i32) -> Self {
        self.raw(&value.to_be_bytes())
    }

    pub(crate) fn i64(self, value: i64) -> Self {
        self.raw(&value.to_be_bytes())
    }

    pub(crate) fn varint(mut self, mut value: u32) -> Self {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.raw(&[value as u8])
    }

    pub(crate) fn compact(self, text: &str) -> Self {
        self.varint(text.len() as u32 + 1).raw(text.as_bytes())
    }

    pub(crate) fn classic(self, text: &str) -> Self {
        self.i16(i16::try_from(text.len()).unwrap())
            .raw(text.as_bytes())
    }

    #[track_caller]
    pub(crate) fn is_refused<M: Message + Debug>(
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
    pub(crate) fn is_read<M: Message>(&self, version: i16) -> M {
        M::decode(&Bytes::from(self.0.clone()), version).unwrap()
    }
}

/// An answer to Heartbeat, which has no tagged fields of its own, up to them.
pub(crate) fn heartbeat() -> Body {
    Body::new().i32(0).i16(0)
}

/// Two topics, the first with two partitions.
pub(crate) fn metadata() -> MetadataResponse {
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
