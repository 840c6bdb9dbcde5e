//! Whole frames: length, header, body.

use bytestring::ByteString;

use crate::codec::{
    EncodeError, EncodeErrorKind, Encoder, Frame, Request, Response, write_message,
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
