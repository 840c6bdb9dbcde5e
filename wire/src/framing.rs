//! Whole frames: length, header, body.

use bytes::{Buf as _, Bytes};
use bytestring::ByteString;

use crate::api_key::ApiKey;
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
    let mut buffer = buffer;
    begin(&mut buffer);
    let header_version = R::header_version(version);
    write_request_header(
        &mut buffer,
        R::API_KEY,
        version,
        header_version,
        correlation_id,
        client_id,
    )?;
    let mut encoder = Encoder::new(buffer, 0, false);
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
    let mut buffer = buffer;
    begin(&mut buffer);
    let mut encoder = Encoder::new(buffer, 0, false);
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

/// Cuts the header off a response that is without its length: gives the correlation id and the body.
///
/// # Errors
/// If the header is cut short, or its tagged fields are not in order.
pub fn split_response<R: Response>(
    mut frame: Bytes,
    version: i16,
) -> Result<(i32, Bytes), DecodeError> {
    let header_version = R::header_version(version);
    // Almost always: the id, and no tagged fields.
    let correlation_id = frame.first_chunk().copied().map(i32::from_be_bytes);
    let plain = 4 + usize::from(header_version >= 1);
    let has_tags = header_version >= 1 && frame.get(4) != Some(&0);
    if let Some(id) = correlation_id.filter(|_| !has_tags) {
        frame.advance(plain);
        return Ok((id, frame));
    }
    let (header, left) =
        ResponseHeader::decode_prefix(&frame, header_version, DEFAULT_MEMORY_BUDGET)?;
    frame.advance(frame.len() - left);
    Ok((header.correlation_id, frame))
}

/// A request whose body is encoded already, as it goes over the wire: length, header, body. The body is not copied if it is large.
///
/// # Errors
/// If the client id is longer than 32,767 bytes, or the frame would pass 2^31-1.
pub fn encode_raw_request(
    api: ApiKey,
    version: i16,
    header_version: i16,
    correlation_id: i32,
    client_id: Option<&ByteString>,
    body: &Bytes,
) -> Result<Frame, EncodeError> {
    let mut buffer = Vec::new();
    begin(&mut buffer);
    write_request_header(
        &mut buffer,
        api,
        version,
        header_version,
        correlation_id,
        client_id,
    )?;
    let mut encoder = Encoder::new(buffer, 0, false);
    encoder.payload(body);
    finish(encoder, "raw request", version)
}

/// By hand, as it goes before every request; `RequestHeader` says the same.
fn write_request_header(
    buffer: &mut Vec<u8>,
    api: ApiKey,
    version: i16,
    header_version: i16,
    correlation_id: i32,
    client_id: Option<&ByteString>,
) -> Result<(), EncodeError> {
    buffer.extend_from_slice(&api.0.to_be_bytes());
    buffer.extend_from_slice(&version.to_be_bytes());
    buffer.extend_from_slice(&correlation_id.to_be_bytes());
    if header_version >= 1 {
        let length = match client_id {
            None => -1,
            Some(id) => i16::try_from(id.len()).map_err(|_| EncodeError {
                message: RequestHeader::NAME,
                version: header_version,
                field: "client_id".to_owned(),
                kind: EncodeErrorKind::TooLong(id.len()),
            })?,
        };
        buffer.extend_from_slice(&length.to_be_bytes());
        buffer.extend_from_slice(client_id.map_or(&[][..], |id| id.as_bytes()));
    }
    if header_version >= 2 {
        // No tagged fields.
        buffer.push(0);
    }
    Ok(())
}

fn begin(buffer: &mut Vec<u8>) {
    buffer.clear();
    // Room for the length, known at the end.
    buffer.extend_from_slice(&[0; 4]);
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
