//! What every request begins with.

use bytes::Bytes;
use milena_wire::api_key::ApiKey;
use milena_wire::codec::Message;
use milena_wire::messages::headers::RequestHeader;

use super::exchange::{Incoming, Refusal};

/// What the tagged fields of a header may take.
const MAX_HEADER_MEMORY: usize = 64 << 10;

/// What stands at the same place in every header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) key: ApiKey,
    pub(super) version: i16,
    pub(super) correlation_id: i32,
}

/// Reads what can be read before the version of the header is known.
pub(super) fn peek(frame: &[u8]) -> Result<Header, Refusal> {
    let fields = || {
        let (key, rest) = frame.split_first_chunk()?;
        let (version, rest) = rest.split_first_chunk()?;
        let (correlation_id, _) = rest.split_first_chunk()?;
        Some(Header {
            key: ApiKey(i16::from_be_bytes(*key)),
            version: i16::from_be_bytes(*version),
            correlation_id: i32::from_be_bytes(*correlation_id),
        })
    };
    fields().ok_or(Refusal::NoHeader)
}

/// Cuts the header off.
pub(super) fn split(frame: Bytes, header: Header, version: i16) -> Result<Incoming, Refusal> {
    let (read, left) = RequestHeader::decode_prefix(&frame, version, MAX_HEADER_MEMORY)
        .map_err(Refusal::Malformed)?;
    tracing::trace!(
        api = header.key.name(),
        version = header.version,
        client_id = read.client_id.as_deref(),
        "request"
    );
    drop(read);
    let mut body = frame;
    let body = body.split_off(body.len() - left);
    Ok(Incoming {
        version: header.version,
        correlation_id: header.correlation_id,
        body,
    })
}
