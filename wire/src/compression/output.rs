//! Where decompressed bytes go: a buffer that grows with them, up to a limit.

use super::codec::Codec;
use super::error::CompressionError;

/// The smallest buffer worth having, in bytes.
const SMALLEST: usize = 4 * 1024;

/// A growing, capped buffer. What lies in it beyond `written` is initialized (the crate has no unsafe code) but means nothing.
#[derive(Debug)]
pub(super) struct Output {
    buffer: Vec<u8>,
    written: usize,
    limit: usize,
    codec: Codec,
}

impl Output {
    /// An empty output over a buffer whose contents don't matter. `guess` is how much we, not the peer, expect to come out.
    pub(super) fn new(mut buffer: Vec<u8>, guess: usize, limit: usize, codec: Codec) -> Self {
        let wanted = guess.max(SMALLEST).min(limit.saturating_add(1));
        if buffer.len() < wanted {
            if buffer.capacity() < wanted {
                // Fresh zeroed pages are cheaper than growing and zeroing what was there.
                buffer = vec![0; wanted];
            } else {
                buffer.resize(wanted, 0);
            }
        }
        Output {
            buffer,
            written: 0,
            limit,
            codec,
        }
    }

    /// The bytes written so far.
    #[cfg_attr(
        not(feature = "lz4"),
        allow(dead_code, reason = "only lz4 looks back at what it wrote")
    )]
    pub(super) fn written(&self) -> usize {
        self.written
    }

    /// What was written from `start` on.
    #[cfg_attr(
        not(feature = "gzip"),
        allow(dead_code, reason = "only gzip checks what it wrote")
    )]
    pub(super) fn since(&self, start: usize) -> &[u8] {
        self.buffer.get(start..self.written).unwrap_or_default()
    }

    /// What was written so far, and room for at least one and at most `wanted` bytes. One byte beyond the limit is on offer, so that a stream that
    /// ends right at it is told from one that goes on.
    pub(super) fn split(&mut self, wanted: usize) -> Result<(&[u8], &mut [u8]), CompressionError> {
        let beyond = self.limit.saturating_add(1);
        let end = self.written.saturating_add(wanted.max(1)).min(beyond);
        if self.written >= end {
            return Err(self.too_large());
        }
        if self.buffer.len() < end {
            let grown = self.buffer.len().saturating_mul(2).clamp(end, beyond);
            self.buffer.resize(grown, 0);
        }
        let (before, room) = self.buffer.split_at_mut(self.written);
        let length = end - self.written;
        Ok((before, room.get_mut(..length).unwrap_or_default()))
    }

    /// Room for at least one byte: all that the buffer has, or the next step of its growth.
    #[cfg_attr(
        not(any(feature = "gzip", feature = "zstd")),
        allow(dead_code, reason = "for codecs that stream by the byte")
    )]
    pub(super) fn room(&mut self) -> Result<&mut [u8], CompressionError> {
        let left = self.buffer.len().saturating_sub(self.written);
        Ok(self.split(left.max(1))?.1)
    }

    /// Takes over `count` bytes that were written into the room.
    pub(super) fn commit(&mut self, count: usize) -> Result<(), CompressionError> {
        self.written = self.written.saturating_add(count);
        if self.written > self.limit || self.written > self.buffer.len() {
            return Err(self.too_large());
        }
        Ok(())
    }

    /// Refuses `count` more bytes before they are made, if they would not fit.
    #[cfg_attr(
        not(feature = "snappy"),
        allow(dead_code, reason = "only snappy says its size first")
    )]
    pub(super) fn check_room(&self, count: usize) -> Result<(), CompressionError> {
        if count > self.limit - self.written.min(self.limit) {
            Err(self.too_large())
        } else {
            Ok(())
        }
    }

    pub(super) fn too_large(&self) -> CompressionError {
        CompressionError::TooLarge {
            codec: self.codec,
            limit: self.limit,
        }
    }

    /// The buffer, cut to what was written.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        self.buffer.truncate(self.written);
        // A batch may be held for long: no more than twice what it needs.
        if self.buffer.capacity() / 2 > self.buffer.len() {
            self.buffer.shrink_to_fit();
        }
        self.buffer
    }

    /// The buffer, to be used again.
    pub(super) fn into_spare(self) -> Vec<u8> {
        self.buffer
    }
}

/// For decoders that push. An error here always means that the limit was hit.
#[cfg(feature = "zstd-read")]
impl std::io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let (_, room) = self.split(bytes.len()).map_err(std::io::Error::other)?;
        let count = room.len().min(bytes.len());
        let (Some(to), Some(from)) = (room.get_mut(..count), bytes.get(..count)) else {
            return Ok(0);
        };
        to.copy_from_slice(from);
        self.commit(count).map_err(std::io::Error::other)?;
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_limit_fits_and_one_more_does_not() {
        let mut output = Output::new(Vec::new(), 0, 10, Codec::Gzip);
        let (_, room) = output.split(100).unwrap();
        assert_eq!(room.len(), 11, "one byte beyond the limit is on offer");
        room[..10].copy_from_slice(b"0123456789");
        output.commit(10).unwrap();
        assert_eq!(output.split(5).unwrap().1.len(), 1);
        assert_eq!(
            output.commit(1).unwrap_err(),
            CompressionError::TooLarge {
                codec: Codec::Gzip,
                limit: 10
            }
        );
        assert!(output.split(1).is_err());
    }

    #[test]
    fn grows_by_doubling_never_by_claim() {
        let mut output = Output::new(Vec::new(), 0, usize::MAX, Codec::Gzip);
        for _ in 0..100 {
            let room = output.room().unwrap().len();
            assert!(room <= 4 * SMALLEST.max(output.written()));
            output.commit(room).unwrap();
            if output.written() > 1 << 20 {
                break;
            }
        }
        assert!(output.written() > 1 << 20);
    }
}
