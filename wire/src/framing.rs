//! Whole frames: length, header, body.

use bytes::{Buf as _, Bytes};
use bytestring::ByteString;

use crate::codec::{
    DEFAULT_MEMORY_BUDGET, DecodeError, DecodeErrorKind, EncodeError, EncodeErrorKind, Encoder,
    Frame, Message, Request, Response, write_message,
};
use crate::messages::headers::{RequestHeader, ResponseHeader};

/// A request as it goes over the wire: length, header, body.
///
/// `buffer` is emptied and written into, so that one buffer can serve many requests.
///
/// # Errors
/// If `version` cannot carry what is set in `request`, or the frame would pass 2^31-1 bytes.
pub fn encode_request<R: Request>(
    buffer: Vec<u8>,
    request: &R,
    version: i16,
    correlation_id: i32,
    client_id: Option<&ByteString>,
) -> Result<Frame, EncodeError> {
    let header = RequestHeader {
        request_api_key: R::API_KEY.0,
        request_api_version: version,
        correlation_id,
        client_id: client_id.cloned(),
        ..RequestHeader::default()
    };
    let mut encoder = begin(buffer);
    write_message(&header, R::header_version(version), &mut encoder)?;
    write_message(request, version, &mut encoder)?;
    finish(encoder, R::NAME, version)
}

/// A response as it goes over the wire: length, header, body.
///
/// `buffer` is emptied and written into, so that one buffer can serve many responses.
///
/// # Errors
/// If `version` cannot carry what is set in `response`, or the frame would pass 2^31-1 bytes.
pub fn encode_response<R: Response>(
    buffer: Vec<u8>,
    response: &R,
    version: i16,
    correlation_id: i32,
) -> Result<Frame, EncodeError> {
    let header = ResponseHeader {
        correlation_id,
        ..ResponseHeader::default()
    };
    let mut encoder = begin(buffer);
    write_message(&header, R::header_version(version), &mut encoder)?;
    write_message(response, version, &mut encoder)?;
    finish(encoder, R::NAME, version)
}

/// A message that lies in a record or in the bytes of another message, behind its version as an int16: the consumer protocol and the
/// values of control records.
///
/// # Errors
/// If `version` cannot carry what is set in `message`.
pub fn encode_with_version<M: Message>(message: &M, version: i16) -> Result<Bytes, EncodeError> {
    let mut encoder = Encoder::new(version.to_be_bytes().to_vec(), version, false);
    write_message(message, version, &mut encoder)?;
    Ok(Frame::new(encoder).into_bytes())
}

/// Reads what [`encode_with_version`] writes; gives the message and the version that it was written as.
///
/// A version newer than this crate knows is read as the newest that it knows, and what that leaves over is passed over: members of a
/// consumer group may be newer than their leader.
///
/// # Errors
/// Says which field of which version failed, and where behind the version.
pub fn decode_with_version<M: Message>(mut bytes: Bytes) -> Result<(M, i16), DecodeError> {
    let Some(version) = bytes.first_chunk().copied().map(i16::from_be_bytes) else {
        let (needed, remaining) = (2, bytes.len());
        return Err(DecodeError {
            message: M::NAME,
            version: M::VERSIONS.min,
            field: String::new(),
            offset: 0,
            kind: DecodeErrorKind::UnexpectedEnd { needed, remaining },
        });
    };
    bytes.advance(2);
    let newest = M::VERSIONS.max;
    if version > newest {
        let (message, _) = M::decode_prefix(&bytes, newest, DEFAULT_MEMORY_BUDGET)?;
        return Ok((message, version));
    }
    Ok((M::decode(&bytes, version)?, version))
}

fn begin(mut buffer: Vec<u8>) -> Encoder {
    buffer.clear();
    // Room for the length, known at the end.
    buffer.extend_from_slice(&[0; 4]);
    Encoder::new(buffer, 0, false)
}

fn finish(encoder: Encoder, message: &'static str, version: i16) -> Result<Frame, EncodeError> {
    let mut frame = Frame::new(encoder);
    let length = frame.len() - 4;
    let Ok(prefix) = i32::try_from(length) else {
        return Err(EncodeError {
            message,
            version,
            field: String::new(),
            kind: EncodeErrorKind::FrameTooLarge(length),
        });
    };
    frame.set_length(prefix);
    Ok(frame)
}
