//! The bytes of a log.
//!
//! What is appended is copied once, behind the last bytes, or taken over whole if nobody else holds it; from then on it only is sliced. To give a slice
//! out, the bytes at the end become a piece of their own, so a log that is read as it grows lies in as many pieces as were read. Readers that come later
//! get copies of several where the pieces are small.

use bytes::{Bytes, BytesMut};

/// A slice of this size is worth an answer by itself, even if more was wanted.
const SMALL: usize = 64 << 10;
/// How much of smaller pieces is copied at a time.
const GATHERED: usize = 512 << 10;
/// How much is reserved for the end of a log: as much as the log has already, within these.
const RESERVE: (usize, usize) = (1 << 10, 1 << 20);

#[derive(Debug)]
struct Piece {
    start: u64,
    bytes: Bytes,
}

/// Bytes that grow at the end and can be sliced, addressed by their position from the start.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    sealed: Vec<Piece>,
    tail: BytesMut,
    /// The position of the first byte of `tail`.
    tail_start: u64,
}

impl Pieces {
    /// The position behind the last byte.
    pub(super) fn end(&self) -> u64 {
        self.tail_start + self.tail.len() as u64
    }

    /// How many bytes there are.
    pub(super) fn len(&self) -> u64 {
        let first = self
            .sealed
            .first()
            .map_or(self.tail_start, |piece| piece.start);
        self.end() - first
    }

    /// Copies `bytes` behind the last one; gives the copy, to be changed before anyone reads it.
    pub(super) fn copy(&mut self, bytes: &[u8]) -> &mut [u8] {
        if self.tail.capacity() - self.tail.len() < bytes.len() {
            self.seal();
            let reserve = usize::try_from(self.tail_start).unwrap_or(usize::MAX);
            let reserve = reserve.clamp(RESERVE.0, RESERVE.1);
            self.tail = BytesMut::with_capacity(reserve.max(bytes.len()));
        }
        let start = self.tail.len();
        self.tail.extend_from_slice(bytes);
        self.tail.get_mut(start..).unwrap_or_default()
    }

    /// Takes `bytes` over as a piece of their own.
    pub(super) fn adopt(&mut self, bytes: Bytes) {
        self.seal();
        if !bytes.is_empty() {
            let start = self.tail_start;
            self.tail_start += bytes.len() as u64;
            self.sealed.push(Piece { start, bytes });
        }
    }

    /// Lets go of the pieces that lie before `position` as a whole. Nothing there may be asked for any more.
    pub(super) fn forget_before(&mut self, position: u64) {
        if position >= self.end() {
            self.seal();
        }
        let gone = self.sealed.partition_point(|piece| {
            piece.start.saturating_add(piece.bytes.len() as u64) <= position
        });
        self.sealed.drain(..gone);
    }

    /// Lets go of all that lies at `position` and behind it.
    pub(super) fn truncate(&mut self, position: u64) {
        if let Some(left) = position.checked_sub(self.tail_start) {
            self.tail
                .truncate(usize::try_from(left).unwrap_or(usize::MAX));
            return;
        }
        self.tail = BytesMut::new();
        self.tail_start = position;
        let stay = self.sealed.partition_point(|piece| piece.start < position);
        self.sealed.truncate(stay);
        if let Some(last) = self.sealed.last_mut() {
            let left = usize::try_from(position - last.start).unwrap_or(usize::MAX);
            last.bytes.truncate(left);
        }
    }

    fn seal(&mut self) {
        if !self.tail.is_empty() {
            let bytes = self.tail.split().freeze();
            let start = self.tail_start;
            self.tail_start += bytes.len() as u64;
            self.sealed.push(Piece { start, bytes });
        }
    }

    /// The bytes at `position` up to the end of their piece; none at the end.
    pub(super) fn peek(&self, position: u64) -> &[u8] {
        if let Some(at) = position.checked_sub(self.tail_start) {
            return usize::try_from(at)
                .ok()
                .and_then(|at| self.tail.get(at..))
                .unwrap_or_default();
        }
        let (_, at, piece) = self.holding(position);
        piece.get(at..).unwrap_or_default()
    }

    /// The bytes at `position`, at most `wanted`. If a slice has fewer than [`SMALL`] and `least`, and more lie behind it, it is a copy of several pieces.
    pub(super) fn slice(&mut self, position: u64, wanted: usize, least: usize) -> Bytes {
        if position >= self.end() {
            return Bytes::new();
        }
        let needed = wanted.min(least.max(SMALL));
        if position.saturating_add(needed as u64) > self.tail_start {
            self.seal();
        }
        let (index, at, _) = self.holding(position);
        let Some(pieces) = self.sealed.get(index..) else {
            return Bytes::new();
        };
        let Some((first, behind)) = pieces.split_first() else {
            return Bytes::new();
        };
        let end = at.saturating_add(wanted).min(first.bytes.len());
        let slice = first.bytes.slice(at.min(end)..end);
        if slice.len() >= needed || behind.is_empty() {
            return slice;
        }
        gather(&slice, behind, wanted.min(least.max(GATHERED)))
    }

    /// The sealed piece that holds `position`: its index, the position within it, its bytes.
    fn holding(&self, position: u64) -> (usize, usize, &[u8]) {
        let index = self
            .sealed
            .partition_point(|piece| piece.start <= position)
            .saturating_sub(1);
        let Some(piece) = self.sealed.get(index) else {
            return (index, 0, &[]);
        };
        let at = usize::try_from(position - piece.start).unwrap_or(usize::MAX);
        (index, at, &piece.bytes)
    }
}

/// Copies the first bytes of several pieces, at most `wanted`.
fn gather(first: &[u8], behind: &[Piece], wanted: usize) -> Bytes {
    let mut gathered = BytesMut::with_capacity(wanted.min(GATHERED));
    gathered.extend_from_slice(first);
    for piece in behind {
        let room = wanted - gathered.len();
        if room == 0 {
            break;
        }
        let bytes = piece.bytes.get(..room).unwrap_or(&piece.bytes);
        gathered.extend_from_slice(bytes);
    }
    gathered.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(pieces: &mut Pieces, wanted: usize) -> (Vec<u8>, usize) {
        let (mut bytes, mut reads) = (Vec::new(), 0);
        loop {
            let slice = pieces.slice(bytes.len() as u64, wanted, 0);
            if slice.is_empty() {
                return (bytes, reads);
            }
            assert!(slice.len() <= wanted);
            bytes.extend_from_slice(&slice);
            reads += 1;
        }
    }

    #[test]
    fn whatever_is_read_between_the_bytes_stay_the_same() {
        let expected: Vec<u8> = (0..300_000u32).map(|i| (i % 251) as u8).collect();
        for chunk in [1_000, 7_777, 70_000] {
            for read_every in [1, 3, usize::MAX] {
                for wanted in [1, 5_000, 1 << 20] {
                    let mut pieces = Pieces::default();
                    for (number, bytes) in expected.chunks(chunk).enumerate() {
                        let before = pieces.end();
                        if number % 5 == 4 {
                            pieces.adopt(Bytes::copy_from_slice(bytes));
                        } else {
                            assert_eq!(pieces.copy(bytes), bytes);
                        }
                        if number % read_every == 0 {
                            let read = pieces.slice(before, wanted, 0);
                            assert_eq!(read, bytes[..wanted.min(bytes.len())]);
                            assert!(pieces.peek(before).starts_with(bytes));
                        }
                    }
                    assert_eq!(pieces.end(), 300_000);
                    if wanted > 1 {
                        assert_eq!(read_all(&mut pieces, wanted).0, expected);
                    }
                    assert!(
                        pieces.slice(300_000, 10, 0).is_empty() && pieces.peek(300_000).is_empty()
                    );
                }
            }
        }
    }

    #[test]
    fn a_slice_is_not_a_copy_and_survives_growth() {
        let mut pieces = Pieces::default();
        pieces.copy(&[1; 100]);
        let (first, second) = (pieces.slice(0, 100, 0), pieces.slice(10, 20, 0));
        assert_eq!(first[10..].as_ptr(), second.as_ptr());
        for _ in 0..1000 {
            pieces.copy(&[2; 100]);
        }
        assert_eq!(first, [1; 100][..]);
    }

    #[test]
    fn later_readers_get_small_pieces_together() {
        let mut pieces = Pieces::default();
        for number in 0..10_000u64 {
            pieces.copy(&[7; 100]);
            assert_eq!(pieces.slice(number * 100, 1 << 20, 0).len(), 100);
        }
        assert_eq!(pieces.sealed.len(), 10_000);
        let (bytes, reads) = read_all(&mut pieces, 1 << 20);
        assert_eq!(bytes.len(), 1_000_000);
        assert!(reads <= 3, "{reads}");
    }

    #[test]
    fn the_least_that_is_asked_for_is_given_if_it_is_there() {
        let mut pieces = Pieces::default();
        for _ in 0..5 {
            pieces.adopt(Bytes::from(vec![1; 100_000]));
        }
        assert_eq!(pieces.slice(50_000, 1 << 20, 0).len(), 450_000);
        assert_eq!(pieces.slice(0, 1 << 20, 0).len(), 100_000);
        assert_eq!(pieces.slice(0, 1 << 20, 300_000).len(), 500_000);
        assert_eq!(pieces.slice(0, 250_000, 300_000).len(), 250_000);
        assert_eq!(pieces.slice(0, 1 << 20, 1 << 20).len(), 500_000);
    }

    #[test]
    fn the_end_counts_for_the_least_too() {
        let mut pieces = Pieces::default();
        for _ in 0..3 {
            pieces.copy(&[1; 100_000]);
            pieces.seal();
        }
        pieces.copy(&[1; 100_000]);
        assert_eq!(pieces.slice(0, 1 << 20, 350_000).len(), 400_000);
    }

    #[test]
    fn what_is_forgotten_moves_nothing() {
        let mut pieces = Pieces::default();
        for number in 0..3 {
            pieces.adopt(Bytes::from(vec![number; 100]));
        }
        pieces.copy(&[3; 100]);
        pieces.forget_before(150);
        assert_eq!(pieces.sealed.len(), 2);
        assert_eq!(pieces.slice(150, 50, 0), [1; 50][..]);
        assert_eq!(pieces.peek(250), [2; 50]);
        pieces.forget_before(400);
        assert!(pieces.sealed.is_empty() && pieces.slice(400, 10, 0).is_empty());
        pieces.copy(&[4; 100]);
        assert_eq!(pieces.slice(400, 1000, 0), [4; 100][..]);
        assert_eq!(pieces.end(), 500);
    }

    #[test]
    fn what_was_truncated_is_written_anew() {
        for end in [0, 50, 100, 150, 250, 299] {
            let mut pieces = Pieces::default();
            pieces.adopt(Bytes::from(vec![0; 100]));
            pieces.adopt(Bytes::from(vec![1; 100]));
            pieces.copy(&[2; 100]);
            pieces.truncate(end);
            assert_eq!((pieces.end(), pieces.len()), (end, end));
            pieces.copy(&[3; 400]);
            let (read, _) = read_all(&mut pieces, 1000);
            let before = (0..end).map(|at| u8::try_from(at / 100).unwrap());
            let expected: Vec<_> = before.chain([3; 400]).collect();
            assert_eq!(read, expected, "{end}");
        }
    }

    #[test]
    fn changes_made_to_the_copy_are_read() {
        let mut pieces = Pieces::default();
        pieces.copy(b"abc")[1] = b'x';
        assert_eq!(pieces.slice(0, 9, 0), &b"axc"[..]);
    }
}
