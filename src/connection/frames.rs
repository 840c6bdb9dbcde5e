//! Cuts a stream of bytes into frames. No I/O.

use std::cell::Cell;
use std::io::ErrorKind;

use bytes::buf::Limit;
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

use super::large;
use crate::close_reason::CloseReason;

/// Bytes that are read at once while no large frame is on its way.
pub(crate) const READ_SIZE: usize = 64 << 10;

/// With less room than this a new buffer is begun. While small answers come, many share one, and who keeps one keeps no more than that.
const MIN_SPARE: usize = 4 << 10;

/// How far ahead of what has arrived the buffer may grow on the word of a length prefix, at first.
const MAX_AHEAD: usize = 1 << 20;

/// And later so many times what has arrived: it is copied once, and what is not written to yet is no memory.
const MAX_GROWTH: usize = 16;

thread_local! {
    /// A buffer without bytes in it. A connection that waits for something to read leaves its own here, so that only those which
    /// have half a frame hold memory.
    static SPARE: Cell<BytesMut> = Cell::new(BytesMut::new());
}

/// What a peer that does not speak Kafka's protocol most likely is.
fn not_kafka(first: [u8; 4]) -> Option<&'static str> {
    match first {
        [b'H', b'T', b'T', b'P'] => Some("an HTTP server answers here, not a Kafka broker"),
        // A TLS record: alert or handshake, version 3.x.
        [0x15 | 0x16, 3, ..] => {
            Some("this looks like a TLS listener, and the connection is plain text")
        }
        _ => None,
    }
}

/// Bytes that came and frames that go.
#[derive(Debug)]
pub(crate) struct Frames {
    buffer: BytesMut,
    max_frame: usize,
    /// Whether a frame was seen: what a peer is shows in its first bytes.
    any: bool,
}

impl Frames {
    /// A frame longer than `max_frame` bytes is an error before anything is allocated for it.
    pub(crate) fn new(max_frame: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            max_frame,
            any: false,
        }
    }

    pub(crate) fn set_max_frame(&mut self, max_frame: usize) {
        self.max_frame = max_frame;
    }

    /// Nothing more came: the buffer is left to others if nothing is in it.
    pub(crate) fn leave_buffer(&mut self) {
        if self.buffer.is_empty() {
            let buffer = std::mem::take(&mut self.buffer);
            // One that grew for a large frame is not worth keeping.
            if buffer.capacity() <= READ_SIZE {
                SPARE.set(buffer);
            }
        }
    }

    /// Where the next bytes go: behind a large frame none, so that it has its memory for itself.
    pub(crate) fn room(&mut self) -> Limit<&mut BytesMut> {
        let is_large = self.length().is_some_and(|length| length > READ_SIZE);
        let most = if is_large {
            self.missing().max(1)
        } else {
            usize::MAX
        };
        self.buffer().limit(most)
    }

    fn buffer(&mut self) -> &mut BytesMut {
        if self.buffer.capacity() == 0 {
            self.buffer = SPARE.take();
        }
        let missing = self.missing();
        let spare = self.buffer.capacity() - self.buffer.len();
        if missing > spare {
            // The buffer grows as bytes arrive, not on the peer's word.
            let whole = self.buffer.len() + missing;
            // Where there is memory already, it may be all of it at once.
            let mut grown = large::take(whole).unwrap_or_else(|| {
                let ahead = MAX_AHEAD.max(self.buffer.len().saturating_mul(MAX_GROWTH));
                BytesMut::with_capacity(large::size(self.buffer.len() + ahead.min(missing)))
            });
            grown.extend_from_slice(&self.buffer);
            self.buffer = grown;
        } else if spare < MIN_SPARE {
            self.buffer.reserve(READ_SIZE);
        }
        &mut self.buffer
    }

    /// How many bytes the frame at the front still lacks, as far as is known.
    fn missing(&self) -> usize {
        self.length()
            .map_or(0, |length| (length + 4).saturating_sub(self.buffer.len()))
    }

    /// The length of the frame at the front, if its prefix is there and possible.
    fn length(&self) -> Option<usize> {
        let prefix = *self.buffer.first_chunk()?;
        usize::try_from(i32::from_be_bytes(prefix)).ok()
    }

    /// The next whole frame, without its length; a slice of what was read.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>, CloseReason> {
        let Some(&prefix) = self.buffer.first_chunk() else {
            return Ok(None);
        };
        let length = i32::from_be_bytes(prefix);
        let possible = usize::try_from(length)
            .ok()
            .filter(|&length| length <= self.max_frame);
        let Some(length) = possible else {
            let hint = not_kafka(prefix).filter(|_| !self.any);
            return Err(match hint {
                Some(hint) => CloseReason::broken(ErrorKind::InvalidData, hint),
                None => CloseReason::broken(
                    ErrorKind::InvalidData,
                    format!(
                        "a frame claims a length of {length} bytes; at most {} are accepted",
                        self.max_frame
                    ),
                ),
            });
        };
        if self.buffer.len() < 4 + length {
            return Ok(None);
        }
        self.any = true;
        self.buffer.advance(4);
        if self.buffer.len() == length && length > READ_SIZE {
            // Nobody else holds it: so its memory can be used again.
            return Ok(Some(std::mem::take(&mut self.buffer).freeze()));
        }
        Ok(Some(self.buffer.split_to(length).freeze()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(frames: &mut Frames, bytes: &[u8]) {
        frames.buffer().extend_from_slice(bytes);
    }

    #[test]
    fn frames_come_out_whole_however_they_arrive() {
        let stream: Vec<u8> = [&b"abc"[..], b"", b"defgh"]
            .iter()
            .flat_map(|body| {
                let length = i32::try_from(body.len()).unwrap();
                [&length.to_be_bytes()[..], body].concat()
            })
            .collect();
        for chunk in 1..=stream.len() {
            let mut frames = Frames::new(5);
            let mut seen = Vec::new();
            for bytes in stream.chunks(chunk) {
                feed(&mut frames, bytes);
                while let Some(frame) = frames.next().unwrap() {
                    seen.push(frame);
                }
            }
            assert_eq!(seen, [&b"abc"[..], b"", b"defgh"]);
        }
    }

    #[test]
    fn impossible_lengths_are_refused_before_anything_is_allocated() {
        for length in [-1, i32::MIN, 1001, i32::MAX] {
            let mut frames = Frames::new(1000);
            feed(&mut frames, &length.to_be_bytes());
            let error = frames.next().unwrap_err().to_string();
            assert!(error.contains(&length.to_string()), "{error}");
            assert!(frames.buffer.capacity() <= READ_SIZE);
        }
    }

    #[test]
    fn a_claimed_length_reserves_no_more_than_a_bound_ahead() {
        let mut frames = Frames::new(100 << 20);
        feed(&mut frames, &(100i32 << 20).to_be_bytes());
        assert!(frames.buffer().capacity() <= 2 * MAX_AHEAD);
        feed(&mut frames, &vec![7; MAX_AHEAD]);
        assert!(frames.buffer().capacity() <= 20 * MAX_AHEAD);
    }

    #[test]
    fn a_connection_that_waits_holds_no_buffer() {
        let mut frames = Frames::new(1 << 20);
        feed(&mut frames, &[0, 0, 0, 1, 7, 0]);
        assert_eq!(frames.next().unwrap().unwrap(), [7][..]);
        frames.leave_buffer();
        assert!(frames.buffer.capacity() > 0, "a byte of the next is in it");
        feed(&mut frames, &[0, 0, 0]);
        assert_eq!(frames.next().unwrap().unwrap(), b""[..]);
        frames.leave_buffer();
        assert_eq!(frames.buffer.capacity(), 0);
        let mut other = Frames::new(1 << 20);
        let room = other.buffer().capacity();
        assert!((1..=READ_SIZE).contains(&room), "{room}");
    }

    #[test]
    fn a_large_frame_leaves_no_memory_behind() {
        let body = vec![7; 3 << 20];
        let mut frames = Frames::new(100 << 20);
        feed(&mut frames, &(3i32 << 20).to_be_bytes());
        for chunk in body.chunks(60_000) {
            assert!(frames.next().unwrap().is_none());
            let room = frames.buffer();
            assert!(room.capacity() <= large::size(body.len() + 4));
            room.extend_from_slice(chunk);
        }
        let frame = frames.next().unwrap().unwrap();
        assert_eq!(frame.len(), body.len());
        assert_eq!(frames.buffer.capacity(), 0);
    }

    #[test]
    fn what_follows_a_large_frame_has_memory_of_its_own() {
        let length = i32::try_from(READ_SIZE + 1000).unwrap();
        let large = [&length.to_be_bytes()[..], &vec![7; READ_SIZE + 1000]].concat();
        let stream = [&large[..], &[0, 0, 0, 1, 8], &large].concat();
        let mut frames = Frames::new(1 << 20);
        let (mut rest, mut seen) = (&stream[..], Vec::new());
        while !rest.is_empty() {
            let mut room = frames.room();
            let count = rest.len().min(room.chunk_mut().len());
            room.put_slice(&rest[..count]);
            rest = &rest[count..];
            while let Some(frame) = frames.next().unwrap() {
                seen.push(frame);
            }
        }
        let lengths: Vec<_> = seen.iter().map(Bytes::len).collect();
        assert_eq!(lengths, [READ_SIZE + 1000, 1, READ_SIZE + 1000]);
        assert!(seen[0].is_unique());
    }

    #[test]
    fn other_protocols_are_named() {
        for (bytes, word) in [(&b"HTTP/1.1 400"[..], "HTTP"), (&[0x15, 3, 3, 0, 2], "TLS")] {
            let mut frames = Frames::new(1 << 20);
            feed(&mut frames, bytes);
            let error = frames.next().unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
