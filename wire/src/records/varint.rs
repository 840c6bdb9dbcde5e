//! Zigzag varints, as records of magic 2 have them.

use super::error::RecordFault;

#[inline]
pub(super) const fn unzigzag32(value: u32) -> i32 {
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

#[inline]
const fn unzigzag64(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[inline]
#[expect(clippy::cast_sign_loss, reason = "the bits are what counts")]
pub(super) const fn zigzag32(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)) as u32
}

#[inline]
#[expect(clippy::cast_sign_loss, reason = "the bits are what counts")]
pub(super) const fn zigzag64(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// Bytes of an unsigned varint, 1-10: nine sixty-fourths of the bits plus one approximates a seventh, exactly in this range.
#[inline]
pub(super) const fn length_of(value: u64) -> usize {
    let bits = 64 - (value | 1).leading_zeros();
    (bits * 9 + 64) as usize / 64
}

/// A short varint in a register: its bytes, the first one lowest, and how many there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Encoded {
    pub(super) word: u64,
    pub(super) length: usize,
}

impl Encoded {
    /// The largest value of five bytes.
    pub(super) const LARGEST: u64 = (1 << 35) - 1;
    /// Zero.
    pub(super) const ZERO: Encoded = Encoded { word: 0, length: 1 };
    /// The length of null: zigzag of -1.
    pub(super) const NULL: Encoded = Encoded { word: 1, length: 1 };

    /// This and another behind it, if one word takes both.
    #[inline]
    pub(super) const fn then(self, next: Encoded) -> Option<Encoded> {
        let length = self.length + next.length;
        // A number that is encoded has a byte at least, so the shift is less than the word.
        if length > 8 {
            return None;
        }
        let word = self.word | next.word << (8 * self.length);
        Some(Encoded { word, length })
    }
}

/// Encodes a value of at most [`Encoded::LARGEST`], which every length and every zigzag int32 is.
#[inline]
pub(super) const fn encode(value: u64) -> Encoded {
    if value < 1 << 7 {
        return Encoded {
            word: value,
            length: 1,
        };
    }
    if value < 1 << 14 {
        return Encoded {
            word: value & 0x7f | 0x80 | (value >> 7) << 8,
            length: 2,
        };
    }
    let length = length_of(value);
    // Every byte but the last says that there are more.
    let more = 0x8080_8080 >> (8 * (5 - length));
    Encoded {
        word: spread(value) | more,
        length,
    }
}

/// The lowest 35 bits, seven in a byte.
#[inline]
const fn spread(value: u64) -> u64 {
    value & 0x7f
        | (value & 0x7f << 7) << 1
        | (value & 0x7f << 14) << 2
        | (value & 0x7f << 21) << 3
        | (value & 0x7f << 28) << 4
}

/// Encodes a value beyond [`Encoded::LARGEST`], in two parts.
pub(super) const fn encode_long(value: u64) -> (Encoded, Encoded) {
    let first = Encoded {
        word: spread(value) | 0x80_8080_8080,
        length: 5,
    };
    (first, encode(value >> 35))
}

/// What is left to read of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    #[inline]
    pub(super) fn new(rest: &'a [u8]) -> Self {
        Cursor { rest }
    }

    #[inline]
    pub(super) fn rest(self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Result<u8, RecordFault> {
        let (byte, rest) = self.rest.split_first().ok_or(RecordFault::Truncated)?;
        self.rest = rest;
        Ok(*byte)
    }

    /// An unsigned varint of 32 bits. One and two bytes, the usual cases, are read here.
    #[inline]
    fn unsigned(&mut self) -> Result<u32, RecordFault> {
        match *self.rest {
            [a, ref rest @ ..] if a < 0x80 => {
                self.rest = rest;
                Ok(u32::from(a))
            }
            [a, b, ref rest @ ..] if b < 0x80 => {
                self.rest = rest;
                Ok(u32::from(a & 0x7f) | u32::from(b) << 7)
            }
            _ => self.long_varint(),
        }
    }

    #[inline]
    pub(super) fn varint(&mut self) -> Result<i32, RecordFault> {
        self.unsigned().map(unzigzag32)
    }

    #[inline]
    pub(super) fn varlong(&mut self) -> Result<i64, RecordFault> {
        match *self.rest {
            [a, ref rest @ ..] if a < 0x80 => {
                self.rest = rest;
                Ok(unzigzag64(u64::from(a)))
            }
            [a, b, ref rest @ ..] if b < 0x80 => {
                self.rest = rest;
                Ok(unzigzag64(u64::from(a & 0x7f) | u64::from(b) << 7))
            }
            _ => self.long_varlong(),
        }
    }

    // Bits beyond the type's width fall away, as in Java.
    #[cold]
    #[inline(never)]
    fn long_varint(&mut self) -> Result<u32, RecordFault> {
        let mut value = 0u32;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(RecordFault::VarintTooLong)
    }

    #[inline(never)]
    fn long_varlong(&mut self) -> Result<i64, RecordFault> {
        let mut value = 0u64;
        for shift in [0, 7, 14, 21, 28, 35, 42, 49, 56, 63] {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(unzigzag64(value));
            }
        }
        Err(RecordFault::VarintTooLong)
    }

    /// This many bytes.
    #[inline]
    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], RecordFault> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(RecordFault::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Bytes after their length; any negative length is null, as in Java. Zigzag makes the negative ones odd.
    #[inline]
    pub(super) fn nullable_bytes(&mut self) -> Result<Option<&'a [u8]>, RecordFault> {
        let length = self.unsigned()?;
        if length & 1 == 0 {
            self.take((length >> 1) as usize).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Bytes after their length, which must not be negative.
    #[inline]
    pub(super) fn bytes(&mut self) -> Result<&'a [u8], RecordFault> {
        let length = self.unsigned()?;
        if length & 1 == 0 {
            self.take((length >> 1) as usize)
        } else {
            Err(RecordFault::NegativeLength)
        }
    }

    /// A number of things, which must not be negative.
    #[inline]
    pub(super) fn count(&mut self) -> Result<u32, RecordFault> {
        let count = self.unsigned()?;
        if count & 1 == 0 {
            Ok(count >> 1)
        } else {
            Err(RecordFault::NegativeHeaderCount)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(mut value: u64) -> Vec<u8> {
        let mut out = Vec::new();
        while value >= 0x80 {
            out.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        out.push(value.to_le_bytes()[0]);
        out
    }

    #[test]
    fn every_length_at_its_edges() {
        for bit in 0..64 {
            for value in [1u64 << bit, (1u64 << bit) - 1, !0 >> bit] {
                let bytes = put(value);
                assert_eq!(length_of(value), bytes.len(), "{value:#x}");
                assert_eq!(Cursor::new(&bytes).varlong(), Ok(unzigzag64(value)));
                assert_eq!(zigzag64(unzigzag64(value)), value);
                if let Ok(value) = u32::try_from(value) {
                    assert_eq!(Cursor::new(&bytes).varint(), Ok(unzigzag32(value)));
                    assert_eq!(zigzag32(unzigzag32(value)), value);
                }
                if value > Encoded::LARGEST {
                    let (first, second) = encode_long(value);
                    let first = &first.word.to_le_bytes()[..first.length];
                    let second = &second.word.to_le_bytes()[..second.length];
                    assert_eq!([first, second].concat(), bytes, "{value:#x}");
                } else {
                    let encoded = encode(value);
                    assert_eq!(encoded.word.to_le_bytes()[..encoded.length], bytes[..]);
                    assert_eq!(
                        encoded.word.to_le_bytes()[encoded.length..],
                        [0; 8][encoded.length..]
                    );
                }
                for cut in 0..bytes.len() {
                    assert_eq!(
                        Cursor::new(&bytes[..cut]).varlong(),
                        Err(RecordFault::Truncated)
                    );
                }
            }
        }
    }

    #[test]
    fn extremes() {
        for value in [0, -1, 1, 63, -64, 64, i32::MAX, i32::MIN] {
            assert_eq!(
                Cursor::new(&put(u64::from(zigzag32(value)))).varint(),
                Ok(value)
            );
        }
        for value in [0, -1, i64::from(i32::MIN) - 1, i64::MAX, i64::MIN] {
            assert_eq!(Cursor::new(&put(zigzag64(value))).varlong(), Ok(value));
        }
    }

    #[test]
    fn too_long() {
        assert_eq!(
            Cursor::new(&[0xff; 5]).varint(),
            Err(RecordFault::VarintTooLong)
        );
        assert_eq!(
            Cursor::new(&[0x80, 0x80, 0x80, 0x80, 0x80, 0]).varint(),
            Err(RecordFault::VarintTooLong)
        );
        assert_eq!(
            Cursor::new(&[0xff; 10]).varlong(),
            Err(RecordFault::VarintTooLong)
        );
        // Java drops the bits that don't fit.
        assert_eq!(
            Cursor::new(&[0xff, 0xff, 0xff, 0xff, 0x7f]).varint(),
            Ok(i32::MIN)
        );
    }
}
