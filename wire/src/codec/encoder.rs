//! The writing half: primitives into one buffer, large payloads beside it.

use bytes::Bytes;

use super::error::EncodeErrorKind;
use super::payload::{Payload, segments};

/// Payloads of this many bytes or more stay where they are and are sent beside the buffer, without a copy.
pub const PAYLOAD_THRESHOLD: usize = 4096;

/// Writes the primitives of Kafka's protocol.
///
/// The first error is kept and nothing is written after it; whoever drives the encoder looks at it once, at the end.
#[derive(Debug)]
pub struct Encoder {
    buffer: Vec<u8>,
    payloads: Vec<Payload>,
    payload_length: usize,
    version: i16,
    flexible: bool,
    failure: Option<Failure>,
}

/// The first thing that went wrong; the struct and field, where the code that failed knows them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    pub(crate) field: Option<(&'static str, &'static str)>,
    pub(crate) kind: EncodeErrorKind,
}

/// Where the tagged fields of a struct begin, and how many were written.
#[derive(Debug)]
pub(crate) struct TagSection {
    position: usize,
    count: u32,
}

impl Encoder {
    /// Writes behind what `buffer` holds.
    pub(crate) fn new(buffer: Vec<u8>, version: i16, flexible: bool) -> Self {
        Self {
            buffer,
            payloads: Vec::new(),
            payload_length: 0,
            version,
            flexible,
            failure: None,
        }
    }

    pub(crate) fn switch_to(&mut self, version: i16, flexible: bool) {
        self.version = version;
        self.flexible = flexible;
    }

    /// The version that the message is written as.
    #[inline]
    #[must_use]
    pub fn version(&self) -> i16 {
        self.version
    }

    /// Whether this version has compact lengths and tagged fields (KIP-482).
    #[inline]
    #[must_use]
    pub fn flexible(&self) -> bool {
        self.flexible
    }

    pub(crate) fn failure(&self) -> Option<Failure> {
        self.failure
    }

    pub(crate) fn finish(self) -> (Vec<u8>, Vec<Payload>) {
        (self.buffer, self.payloads)
    }

    /// Where the next byte goes: in the buffer, and the number of payloads before it.
    pub(crate) fn mark(&self) -> (usize, usize) {
        (self.buffer.len(), self.payloads.len())
    }

    /// What was written since `mark`, payloads included.
    pub(crate) fn written_since(&self, (start, payloads): (usize, usize)) -> Bytes {
        let payloads = self.payloads.get(payloads..).unwrap_or_default();
        let written: Vec<&[u8]> = segments(&self.buffer, start, payloads).collect();
        written.concat().into()
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn fail(&mut self, kind: EncodeErrorKind) {
        if self.failure.is_none() {
            self.failure = Some(Failure { field: None, kind });
        }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn fail_field(
        &mut self,
        structure: &'static str,
        field: &'static str,
        kind: EncodeErrorKind,
    ) {
        if self.failure.is_none() {
            let field = Some((structure, field));
            self.failure = Some(Failure { field, kind });
        }
    }

    #[inline]
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        // What was written until the failure tells where it was, so nothing may follow.
        if self.failure.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    #[inline]
    pub(crate) fn unsigned_varint(&mut self, value: u32) {
        if value < 0x80 {
            self.raw(&[value.to_le_bytes()[0]]);
        } else {
            let (bytes, length) = varint_bytes(value);
            self.raw(bytes.get(..length).unwrap_or_default());
        }
    }

    /// The length of bytes or the count of a list.
    #[inline]
    pub(crate) fn length(&mut self, length: usize) {
        if self.flexible {
            self.compact_length(length);
        } else {
            match i32::try_from(length) {
                Ok(length) => self.raw(&length.to_be_bytes()),
                Err(_) => self.fail(EncodeErrorKind::TooLong(length)),
            }
        }
    }

    #[inline]
    fn compact_length(&mut self, length: usize) {
        // Kafka reads the length back as an int32.
        match i32::try_from(length) {
            Ok(_) => match u32::try_from(length + 1) {
                Ok(length) => self.unsigned_varint(length),
                Err(_) => self.fail(EncodeErrorKind::TooLong(length)),
            },
            Err(_) => self.fail(EncodeErrorKind::TooLong(length)),
        }
    }

    /// A null list or null bytes.
    #[inline]
    pub(crate) fn null_length(&mut self) {
        if self.flexible {
            self.raw(&[0]);
        } else {
            self.raw(&(-1i32).to_be_bytes());
        }
    }

    #[inline]
    pub(crate) fn string(&mut self, text: &str) {
        if self.flexible {
            self.compact_length(text.len());
            self.raw(text.as_bytes());
        } else {
            self.classic_string(text);
        }
    }

    /// A string with an int16 length, whatever the version: the client id of a request header.
    #[inline]
    pub(crate) fn classic_string(&mut self, text: &str) {
        match i16::try_from(text.len()) {
            Ok(length) => {
                self.raw(&length.to_be_bytes());
                self.raw(text.as_bytes());
            }
            Err(_) => self.fail(EncodeErrorKind::TooLong(text.len())),
        }
    }

    #[inline]
    pub(crate) fn null_string(&mut self) {
        if self.flexible {
            self.raw(&[0]);
        } else {
            self.raw(&(-1i16).to_be_bytes());
        }
    }

    /// Bytes with their length; large ones are not copied.
    pub(crate) fn bytes(&mut self, bytes: &Bytes) {
        self.length(bytes.len());
        self.payload(bytes);
    }

    /// Bytes as they are; large ones are not copied.
    pub(crate) fn payload(&mut self, bytes: &Bytes) {
        if bytes.len() < PAYLOAD_THRESHOLD {
            self.raw(bytes);
        } else if self.failure.is_none() {
            self.payload_length += bytes.len();
            self.payloads.push((self.buffer.len(), bytes.clone()));
        }
    }

    /// Begins the tagged fields of a struct.
    pub(crate) fn begin_tags(&mut self) -> TagSection {
        TagSection {
            position: self.buffer.len(),
            count: 0,
        }
    }

    /// One tagged field; its content is written by `content`, its size put before it afterwards.
    pub(crate) fn tagged(
        &mut self,
        section: &mut TagSection,
        tag: u32,
        content: impl FnOnce(&mut Self),
    ) {
        section.count += 1;
        self.unsigned_varint(tag);
        let (position, payload_length) = (self.buffer.len(), self.payload_length);
        content(self);
        let size = self.buffer.len() - position + self.payload_length - payload_length;
        self.insert_varint(position, size);
    }

    /// Ends the tagged fields of a struct: their count goes before them.
    pub(crate) fn end_tags(&mut self, section: &TagSection) {
        self.insert_varint(section.position, section.count as usize);
    }

    /// Tagged fields are rare and small: to shift them costs less than a pass over every message only to learn sizes.
    fn insert_varint(&mut self, position: usize, value: usize) {
        let Ok(value) = u32::try_from(value) else {
            return self.fail(EncodeErrorKind::TooLong(value));
        };
        let (bytes, length) = varint_bytes(value);
        let bytes = bytes.get(..length).unwrap_or_default();
        self.buffer
            .splice(position..position, bytes.iter().copied());
        for (place, _) in self.payloads.iter_mut().rev() {
            // One that lies exactly here came before: a payload inside is preceded by its own length.
            if *place <= position {
                break;
            }
            *place += length;
        }
    }
}

/// The bytes of an unsigned variable-length integer, and how many of them count.
fn varint_bytes(mut value: u32) -> ([u8; 5], usize) {
    let mut bytes = [0; 5];
    let mut length = 0;
    for byte in &mut bytes {
        length += 1;
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            *byte = low & 0x7f;
            break;
        }
        *byte = low | 0x80;
    }
    (bytes, length)
}
