//! The Apache Kafka wire protocol: every message of every version, record batches, compression. No I/O.

#![forbid(unsafe_code)]

pub mod api_key;
pub mod checksum;
pub mod codec;
pub mod compression;
pub mod error_code;
mod framing;
pub mod messages;
pub mod records;

pub use framing::{encode_request, encode_response};
pub use bytestring::ByteString;
pub use uuid;
