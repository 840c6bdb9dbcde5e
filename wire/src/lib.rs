//! The Apache Kafka wire protocol: every message of every version, record batches, compression. No I/O.
//!
//! A message is a struct; its request, its response and their parts lie in one file of [`messages`], with the versions beside each field.
//! [`Message`](codec::Message) decodes and encodes one version of it:
//!
//! ```
//! use milena_wire::codec::Message;
//! use milena_wire::messages::MetadataRequest;
//! use milena_wire::messages::metadata::MetadataRequestTopic;
//!
//! let orders = MetadataRequestTopic::default().with_name("orders");
//! let request = MetadataRequest::default().with_topics(vec![orders]);
//! let body = request.encode(12)?.into_bytes();
//! assert_eq!(MetadataRequest::decode(&body, 12)?, request);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`encode_request`] and [`encode_response`] make whole frames, with length and header. [`records`] reads and writes what lies in Produce
//! and Fetch.
//!
//! # What a decoder promises
//!
//! On any bytes: no panic, an error that says message, version, field and offset, no reading beyond the message, and no more memory than
//! the caller's budget. Strings and bytes are slices of the body, so they keep it alive: copy what is to live long.
//!
//! # What an encoder promises
//!
//! A field that a version lacks is left out if Kafka's schema calls it ignorable; otherwise a value other than its default is an error that
//! names it. Unknown tagged fields survive decoding and encoding. Byte arrays of [`PAYLOAD_THRESHOLD`](codec::PAYLOAD_THRESHOLD) bytes and
//! more are never copied: a [`Frame`](codec::Frame) has them beside its buffer, for a vectored write.
//!
//! # Features
//!
//! `gzip`, `snappy`, `lz4` and `zstd-read` are on by default and pure Rust; `zstd` is the C library, which also writes. `internal` adds the
//! messages that brokers and controllers speak among themselves, `json` a view of every message by field name.

#![forbid(unsafe_code)]

pub mod api_key;
pub mod checksum;
pub mod codec;
pub mod compression;
pub mod error_code;
mod framing;
pub mod messages;
pub mod records;

pub use bytestring::ByteString;
pub use framing::{
    decode_with_version, encode_raw_request, encode_request, encode_response, encode_with_version,
    split_response,
};
pub use uuid;
