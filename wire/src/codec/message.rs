//! What every message has, beyond being a struct.

use bytes::Bytes;

use super::decoder::{DEFAULT_MEMORY_BUDGET, Decoder};
use super::encoder::Encoder;
use super::error::{DecodeError, DecodeErrorKind, EncodeError, EncodeErrorKind};
use super::frame::Frame;
use super::locate::failing_field;
use super::schema::{Kind, Structure};
use super::value::Value;
use super::version_range::VersionRange;
use crate::api_key::ApiKey;

/// A message of the protocol: a request, a response, or data that lies in records and in the bytes of other messages.
pub trait Message: Value + Default {
    /// The name in Kafka's protocol guide, such as `MetadataRequest`.
    const NAME: &'static str;
    /// The versions that this crate reads and writes.
    const VERSIONS: VersionRange;
    /// The versions with compact lengths and tagged fields (KIP-482).
    const FLEXIBLE: VersionRange;

    /// Reads the whole of `body`, which must hold nothing else. Strings and bytes are slices of it.
    ///
    /// The message may take 128 MiB ([`DEFAULT_MEMORY_BUDGET`]) beside `body`; [`decode_prefix`](Self::decode_prefix) takes
    /// another limit.
    ///
    /// # Errors
    /// Says which field of which version failed, and where in the body.
    fn decode(body: &Bytes, version: i16) -> Result<Self, DecodeError> {
        let (message, left) = Self::decode_prefix(body, version, DEFAULT_MEMORY_BUDGET)?;
        if left == 0 {
            Ok(message)
        } else {
            Err(DecodeError {
                message: Self::NAME,
                version,
                field: String::new(),
                offset: body.len() - left,
                kind: DecodeErrorKind::TrailingBytes(left),
            })
        }
    }

    /// Reads the message that `body` begins with, and gives it with the number of bytes that are left behind it.
    ///
    /// `memory_budget` is the memory in bytes that lists and unknown tagged fields may take; strings and bytes are slices of `body`.
    ///
    /// # Errors
    /// Says which field of which version failed, and where in the body.
    fn decode_prefix(
        body: &Bytes,
        version: i16,
        memory_budget: usize,
    ) -> Result<(Self, usize), DecodeError> {
        let flexible = Self::FLEXIBLE.contains(version);
        if !Self::VERSIONS.contains(version) {
            return Err(DecodeError {
                message: Self::NAME,
                version,
                field: String::new(),
                offset: 0,
                kind: DecodeErrorKind::UnsupportedVersion,
            });
        }
        let mut decoder = Decoder::new(body, version, flexible, memory_budget);
        let message = Self::read(&mut decoder);
        match decoder.failure() {
            None => Ok((message, decoder.remaining())),
            Some(failure) => {
                let field = structure::<Self>().map_or_else(String::new, |structure| {
                    let (field, again) =
                        failing_field(structure, body, version, flexible, Some(memory_budget));
                    debug_assert_eq!(
                        again,
                        Some(failure),
                        "{field}: the walk by name fails elsewhere"
                    );
                    field
                });
                Err(DecodeError {
                    message: Self::NAME,
                    version,
                    field,
                    offset: failure.offset,
                    kind: failure.kind,
                })
            }
        }
    }

    /// Writes the message, without length and header.
    ///
    /// # Errors
    /// If `version` cannot carry what is set: says which field.
    fn encode(&self, version: i16) -> Result<Frame, EncodeError> {
        let mut encoder = Encoder::new(Vec::new(), version, false);
        write_message(self, version, &mut encoder)?;
        Ok(Frame::new(encoder))
    }
}

/// A request.
pub trait Request: Message {
    /// What tells the request from others on the wire.
    const API_KEY: ApiKey;
    /// What the broker answers.
    type Response: Response;

    /// The version of the header that goes before the request: 2 if it has tagged fields, else 1.
    #[must_use]
    fn header_version(version: i16) -> i16 {
        match version {
            _ if Self::FLEXIBLE.contains(version) => 2,
            // The only request that is older than client ids: ControlledShutdown.
            0 if Self::API_KEY == ApiKey(7) => 0,
            _ => 1,
        }
    }
}

/// A response.
pub trait Response: Message {
    /// The key of the request that it answers.
    const API_KEY: ApiKey;

    /// The version of the header that comes before the response: 1 if it has tagged fields, else 0.
    #[must_use]
    fn header_version(version: i16) -> i16 {
        // A client that asks too high a version must be able to read the answer, so ApiVersions has the oldest header for ever.
        let flexible = Self::FLEXIBLE.contains(version) && Self::API_KEY != ApiKey::API_VERSIONS;
        i16::from(flexible)
    }
}

fn structure<M: Message>() -> Option<&'static Structure> {
    match M::KIND {
        Kind::Struct(structure) => Some(structure),
        _ => None,
    }
}

/// Writes a message behind what the encoder holds.
pub(crate) fn write_message<M: Message>(
    message: &M,
    version: i16,
    encoder: &mut Encoder,
) -> Result<(), EncodeError> {
    let failed = |field: String, kind| EncodeError {
        message: M::NAME,
        version,
        field,
        kind,
    };
    if !M::VERSIONS.contains(version) {
        return Err(failed(String::new(), EncodeErrorKind::UnsupportedVersion));
    }
    let flexible = M::FLEXIBLE.contains(version);
    encoder.switch_to(version, flexible);
    let start = encoder.mark();
    message.write(encoder);
    match encoder.failure() {
        None => Ok(()),
        Some(failure) => {
            let field = failure.field.map(|(structure, field)| {
                if structure == M::NAME {
                    field.to_owned()
                } else {
                    format!("{structure}.{field}")
                }
            });
            // Nothing was written after the failure, so reading what was written ends at the field in question.
            let written = encoder.written_since(start);
            let field = field.unwrap_or_else(|| {
                structure::<M>().map_or_else(String::new, |structure| {
                    failing_field(structure, &written, version, flexible, None).0
                })
            });
            Err(failed(field, failure.kind))
        }
    }
}
