//! The header of a zstd frame (RFC 8878, 3.1.1.1), read before a decoder sees it: what it asks for is checked first.

use super::codec::Codec;
use super::error::CompressionError;

const MAGIC: u32 = 0xfd2f_b528;
const SKIPPABLE: u32 = 0x184d_2a50;
/// In the frame's descriptor: the window is as large as the content, and has no byte of its own.
const SINGLE_SEGMENT: u8 = 0x20;

/// What a decoder may allow a frame, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) window: u64,
    pub(super) output: usize,
}

/// What stands at the start of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A frame that is to be skipped, with its length.
    Skip(usize),
    /// A frame within the limits: its header's length, and its window in bytes.
    Frame { header: usize, window: u64 },
}

pub(super) fn corrupt(detail: &'static str) -> CompressionError {
    CompressionError::Corrupt {
        codec: Codec::Zstd,
        detail,
    }
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// Reads the header of the frame that starts here.
pub(super) fn next(input: &[u8], limits: Limits) -> Result<Next, CompressionError> {
    let cut_short = || corrupt("frame header cut short");
    let (magic, rest) = input.split_first_chunk::<4>().ok_or_else(cut_short)?;
    let magic = u32::from_le_bytes(*magic);
    if magic & !0xf == SKIPPABLE {
        let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(cut_short)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        if length > rest.len() {
            return Err(corrupt("skippable frame cut short"));
        }
        return Ok(Next::Skip(8 + length));
    }
    if magic != MAGIC {
        return Err(corrupt("no frame header"));
    }
    let (descriptor, mut rest) = rest.split_first().ok_or_else(cut_short)?;
    if descriptor & 0x08 != 0 {
        return Err(corrupt("reserved bit in the frame header"));
    }
    let single_segment = descriptor & SINGLE_SEGMENT != 0;
    let mut window = 0;
    if !single_segment {
        let (byte, after) = rest.split_first().ok_or_else(cut_short)?;
        let base = 1u64 << (10 + u32::from(byte >> 3));
        window = base + base / 8 * u64::from(byte & 7);
        rest = after;
    }
    let dictionary = match descriptor & 3 {
        3 => 4,
        length => usize::from(length),
    };
    let (id, after) = rest.split_at_checked(dictionary).ok_or_else(cut_short)?;
    if little_endian(id) != 0 {
        return Err(corrupt("frame needs a dictionary"));
    }
    let size = match descriptor >> 6 {
        0 => usize::from(single_segment),
        exponent => 1 << exponent,
    };
    let (content, rest) = after.split_at_checked(size).ok_or_else(cut_short)?;
    if size > 0 {
        let content = little_endian(content) + if size == 2 { 256 } else { 0 };
        if content > limits.output as u64 {
            return Err(CompressionError::TooLarge {
                codec: Codec::Zstd,
                limit: limits.output,
            });
        }
        if single_segment {
            window = content;
        }
    }
    if window > limits.window {
        return Err(CompressionError::Window {
            window,
            limit: limits.window,
        });
    }
    Ok(Next::Frame {
        header: input.len() - rest.len(),
        window,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        window: 8 << 20,
        output: 1 << 20,
    };

    fn frame(rest: &[u8]) -> Vec<u8> {
        [&MAGIC.to_le_bytes(), rest].concat()
    }

    #[test]
    fn windows_and_sizes() {
        assert_eq!(
            next(&frame(&[0, 0x58]), LIMITS),
            Ok(Next::Frame {
                header: 6,
                window: 2 << 20
            })
        );
        assert_eq!(
            next(&frame(&[0, 0x69]), LIMITS),
            Err(CompressionError::Window {
                window: 9 << 20,
                limit: 8 << 20
            })
        );
        assert_eq!(
            next(&frame(&[0, 0xff]), LIMITS),
            Err(CompressionError::Window {
                window: 15 << 38,
                limit: 8 << 20
            })
        );
        assert_eq!(
            next(&frame(&[0x20, 7]), LIMITS),
            Ok(Next::Frame {
                header: 6,
                window: 7
            })
        );
        assert_eq!(
            next(&frame(&[0x60, 1, 0]), LIMITS),
            Ok(Next::Frame {
                header: 7,
                window: 257
            })
        );
        let huge = CompressionError::TooLarge {
            codec: Codec::Zstd,
            limit: 1 << 20,
        };
        assert_eq!(
            next(
                &frame(&[0xe0, 255, 255, 255, 255, 255, 255, 255, 255]),
                LIMITS
            ),
            Err(huge)
        );
        assert_eq!(next(&frame(&[0xa0, 0, 0, 32, 0]), LIMITS), Err(huge));
        assert!(next(&frame(&[1, 0, 9]), LIMITS).is_err(), "dictionary");
        assert!(next(&frame(&[8, 0]), LIMITS).is_err(), "reserved");
        assert_eq!(
            next(&[0x5f, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9, 9], LIMITS),
            Ok(Next::Skip(9))
        );
        assert!(next(&[0x50, 0x2a, 0x4d, 0x18, 0xff, 0xff, 0xff, 0xff, 9], LIMITS).is_err());
        for cut in 0..8 {
            assert!(next(&frame(&[0xa0, 0, 0, 0, 0])[..cut], LIMITS).is_err());
        }
    }
}
