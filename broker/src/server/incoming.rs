//! Cuts what a client sends into frames. No I/O.

use std::fmt;

use bytes::{Buf, Bytes, BytesMut};

use crate::head::Head;

const LENGTH_PREFIX: usize = 4;
/// How much is read at a time where no larger frame is under way.
const READ: usize = 64 << 10;
/// How much of a frame is reserved before any of it is there.
const TRUST: usize = 1 << 20;
/// Frames from this size on get their memory for themselves, so that the log can take it over.
const LARGE: usize = 32 << 10;

/// A length that no frame may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InvalidLength {
    length: i32,
    limit: usize,
}

impl fmt::Display for InvalidLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a request of {} bytes, where 0 to {} are allowed",
            self.length, self.limit
        )
    }
}

/// The bytes that have come and were not answered yet.
#[derive(Debug)]
pub(super) struct Incoming {
    buffer: BytesMut,
    limit: usize,
}

impl Incoming {
    /// For frames of at most `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            limit,
        }
    }

    /// The next frame, without its length; `None` if it is not all there.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, InvalidLength> {
        let Some(length) = self.frame_length()? else {
            return Ok(None);
        };
        if self.buffer.len() - LENGTH_PREFIX < length {
            return Ok(None);
        }
        self.buffer.advance(LENGTH_PREFIX);
        let frame = self.buffer.split_to(length);
        if length >= LARGE {
            self.buffer = BytesMut::from(self.buffer.as_ref());
        }
        Ok(Some(frame.freeze()))
    }

    fn frame_length(&self) -> Result<Option<usize>, InvalidLength> {
        let Some(prefix) = self.buffer.first_chunk() else {
            return Ok(None);
        };
        let length = i32::from_be_bytes(*prefix);
        match usize::try_from(length) {
            Ok(valid) if valid <= self.limit => Ok(Some(valid)),
            _ => Err(InvalidLength {
                length,
                limit: self.limit,
            }),
        }
    }

    /// What the next frame begins with, as soon as that is there.
    pub(super) fn head(&self) -> Option<Head<'_>> {
        let length = self.frame_length().ok()??;
        let come = self.buffer.get(LENGTH_PREFIX..)?;
        match come.get(..length) {
            Some(frame) => Head::parse(frame),
            None => Head::parse(come).filter(Head::is_whole),
        }
    }

    /// A buffer to go on with, if there is none of any use here.
    pub(super) fn lend(&mut self, spare: impl FnOnce() -> BytesMut) {
        if self.buffer.capacity() == 0 {
            self.buffer = spare();
        }
    }

    /// Gives the buffer away if nothing is in it, so that who waits for nothing in particular holds no memory. It may be of use to somebody else.
    pub(super) fn give_back(&mut self) -> Option<BytesMut> {
        if !self.buffer.is_empty() {
            return None;
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.try_reclaim(READ).then_some(buffer)
    }

    /// How many bytes have come.
    pub(super) fn len(&self) -> usize {
        self.buffer.len()
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// The buffer to read into, with room for what is missing.
    pub(super) fn room(&mut self) -> &mut BytesMut {
        let (held, frame) = (self.buffer.len(), self.frame_length());
        let missing = match frame {
            Ok(Some(length)) => (LENGTH_PREFIX + length).saturating_sub(held),
            _ => 0,
        };
        // Never more than what has come already, beyond what everybody may ask for.
        let reserve = if missing >= LARGE {
            missing.min(held.max(TRUST))
        } else {
            READ
        };
        self.buffer.reserve(reserve);
        &mut self.buffer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(bytes: &[u8]) -> Incoming {
        let mut incoming = Incoming::new(1 << 20);
        incoming.room().extend_from_slice(bytes);
        incoming
    }

    #[test]
    fn frames_come_out_however_they_came_in() {
        let mut wire = Vec::new();
        for length in [0u32, 1, 10, 100_000, 3] {
            wire.extend(length.to_be_bytes());
            wire.extend(std::iter::repeat_n(7, length as usize));
        }
        for step in [1, 3, 1000, wire.len()] {
            let mut incoming = Incoming::new(1 << 20);
            let mut lengths = Vec::new();
            for bytes in wire.chunks(step) {
                incoming.room().extend_from_slice(bytes);
                while let Some(frame) = incoming.next().unwrap() {
                    lengths.push(frame.len());
                }
            }
            assert_eq!(lengths, [0, 1, 10, 100_000, 3], "{step}");
            assert_eq!(incoming.len(), 0);
        }
    }

    #[test]
    fn an_empty_buffer_goes_from_one_to_the_next() {
        let mut incoming = fed(&[0, 0, 0, 1, 7]);
        assert!(incoming.give_back().is_none());
        let frame = incoming.next().unwrap().unwrap();
        // Somebody still holds a part of it.
        assert!(incoming.give_back().is_none());
        let buffer = fed(&[]).give_back().unwrap();
        let place = buffer.as_ptr();
        incoming.lend(|| buffer);
        assert_eq!(incoming.room().as_ptr(), place);
        assert_eq!(&frame[..], [7]);
    }

    #[test]
    fn a_head_is_there_before_its_frame() {
        let mut wire = vec![0, 0, 1, 0, 0, 3, 0, 13, 0, 0, 0, 7, 0, 1, b'x'];
        wire.resize(100, 0);
        assert!(fed(&wire[..14]).head().is_none());
        let incoming = fed(&wire);
        let head = incoming.head().unwrap();
        assert_eq!((head.correlation_id, head.client_id()), (7, Some("x")));
        assert!(fed(&[0xff; 20]).head().is_none());
        // Too short for a name, but there is no more of it.
        assert!(fed(&[0, 0, 0, 8, 0, 3, 0, 13, 0, 0, 0, 7]).head().is_some());
    }

    #[test]
    fn impossible_lengths_are_refused() {
        assert!(fed(&[0xff; 4]).next().is_err());
        assert!(fed(&(1i32 << 20).to_be_bytes()).next().is_ok());
        let error = fed(&((1i32 << 20) + 1).to_be_bytes()).next().unwrap_err();
        assert!(error.to_string().contains("1048577"), "{error}");
    }

    #[test]
    fn a_claim_does_not_reserve_memory() {
        let mut incoming = Incoming::new(100 << 20);
        incoming
            .room()
            .extend_from_slice(&(90i32 << 20).to_be_bytes());
        assert!(incoming.room().capacity() <= 2 * TRUST);
    }

    #[test]
    fn a_large_frame_has_its_memory_alone() {
        let mut wire = 50_000u32.to_be_bytes().to_vec();
        wire.extend([1; 50_000]);
        wire.extend([0, 0, 0, 1]);
        let mut incoming = fed(&wire);
        let frame = incoming.next().unwrap().unwrap();
        assert!(frame.try_into_mut().is_ok());
        assert_eq!(incoming.len(), 4);
    }
}
