//! What encoding gives.

use bytes::{Bytes, BytesMut};

use super::encoder::Encoder;
use super::payload::{Payload, segments};

/// Where the correlation id stands in a request frame, behind length, API key and version.
pub const REQUEST_CORRELATION_ID: std::ops::Range<usize> = 8..12;

/// Something encoded: one buffer, and large payloads that belong into it and were not copied there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    buffer: Vec<u8>,
    payloads: Vec<Payload>,
}

impl Frame {
    pub(crate) fn new(encoder: Encoder) -> Self {
        let (buffer, payloads) = encoder.finish();
        Self { buffer, payloads }
    }

    /// Its length in bytes, payloads included.
    #[must_use]
    pub fn len(&self) -> usize {
        let payloads = self.payloads.iter().map(|(_, bytes)| bytes.len());
        self.buffer.len() + payloads.sum::<usize>()
    }

    /// Whether it has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Whether everything lies in one buffer.
    #[must_use]
    pub fn is_contiguous(&self) -> bool {
        self.payloads.is_empty()
    }

    /// The pieces in the order of the wire, for one vectored write.
    pub fn segments(&self) -> impl Iterator<Item = &[u8]> {
        segments(&self.buffer, 0, &self.payloads)
    }

    /// The pieces in the order of the wire, each owned. Payloads are not copied.
    #[must_use]
    pub fn into_segments(self) -> Vec<Bytes> {
        let mut buffer = Bytes::from(self.buffer);
        let mut segments = Vec::with_capacity(2 * self.payloads.len() + 1);
        let mut start = 0;
        for (position, bytes) in self.payloads {
            segments.push(buffer.split_to(position - start));
            segments.push(bytes);
            start = position;
        }
        segments.push(buffer);
        segments.retain(|segment| !segment.is_empty());
        segments
    }

    /// All of it in one piece; copies if there are payloads.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        if self.payloads.is_empty() {
            return self.buffer.into();
        }
        let mut bytes = BytesMut::with_capacity(self.len());
        for segment in self.segments() {
            bytes.extend_from_slice(segment);
        }
        bytes.freeze()
    }

    /// Puts another correlation id into a frame made by [`encode_request`](crate::encode_request).
    pub fn set_correlation_id(&mut self, correlation_id: i32) {
        if let Some(place) = self.buffer.get_mut(REQUEST_CORRELATION_ID) {
            place.copy_from_slice(&correlation_id.to_be_bytes());
        }
    }

    /// Takes the frame apart into its buffer, which may be used again, and the payloads with their positions in it.
    #[must_use]
    pub fn into_parts(self) -> (Vec<u8>, Vec<(usize, Bytes)>) {
        (self.buffer, self.payloads)
    }

    pub(crate) fn set_length(&mut self, length: i32) {
        if let Some(place) = self.buffer.first_chunk_mut() {
            *place = length.to_be_bytes();
        }
    }
}
