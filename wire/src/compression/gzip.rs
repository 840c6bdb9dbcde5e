//! gzip (RFC 1952) around raw deflate. The header and trailer are ours, so that the deflate contexts, 40 KB to read and 300 KB to write, are reused.

use flate2::{Compress, Decompress, FlushCompress, FlushDecompress, Status};

use super::codec::{Codec, GzipLevel};
use super::error::CompressionError;
use super::output::Output;
use crate::checksum::crc32;

const TRAILER: usize = 8;
/// Deflate, no flags, no time, no extra flags, unknown system: as Java writes it.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

fn corrupt(detail: &'static str) -> CompressionError {
    CompressionError::Corrupt {
        codec: Codec::Gzip,
        detail,
    }
}

/// What lies behind the member header at the start of `input`, or `None` if there is no whole, valid one.
fn after_header(input: &[u8]) -> Option<&[u8]> {
    let ([0x1f, 0x8b, 8, flags, _, _, _, _, _, _], mut rest) = input.split_first_chunk::<10>()?
    else {
        return None;
    };
    if flags & 0xe0 != 0 {
        return None;
    }
    if flags & 0x04 != 0 {
        let (length, after) = rest.split_first_chunk::<2>()?;
        rest = after.get(usize::from(u16::from_le_bytes(*length))..)?;
    }
    for text in [0x08, 0x10] {
        if flags & text != 0 {
            let end = rest.iter().position(|byte| *byte == 0)?;
            rest = rest.get(end + 1..)?;
        }
    }
    if flags & 0x02 != 0 {
        rest = rest.get(2..)?;
    }
    Some(rest)
}

/// Reads every member. What follows the last one and is not a member is ignored, as Java does.
pub(super) fn decompress(
    context: &mut Option<Decompress>,
    input: &[u8],
    output: &mut Output,
) -> Result<(), CompressionError> {
    let context = context.get_or_insert_with(|| Decompress::new(false));
    let mut rest = after_header(input).ok_or_else(|| corrupt("no gzip header"))?;
    loop {
        context.reset(false);
        let start = output.written();
        loop {
            let (read, made) = (context.total_in(), context.total_out());
            let status = context
                .decompress(rest, output.room()?, FlushDecompress::None)
                .map_err(|_| corrupt("invalid deflate stream"))?;
            let read = usize::try_from(context.total_in() - read).unwrap_or(usize::MAX);
            let made = usize::try_from(context.total_out() - made).unwrap_or(usize::MAX);
            rest = rest.get(read..).unwrap_or_default();
            output.commit(made)?;
            match status {
                Status::StreamEnd => break,
                // There always is room, so no progress means no more input.
                _ if read == 0 && made == 0 => return Err(corrupt("deflate stream ends early")),
                _ => {}
            }
        }
        let (trailer, after) = rest
            .split_first_chunk::<TRAILER>()
            .ok_or_else(|| corrupt("no trailer"))?;
        let [a, b, c, d, e, f, g, h] = *trailer;
        let member = output.since(start);
        if u32::from_le_bytes([a, b, c, d]) != crc32(member) {
            return Err(corrupt("checksum does not match"));
        }
        // The trailer has the length modulo 2^32.
        if u64::from(u32::from_le_bytes([e, f, g, h])) != (member.len() as u64 & 0xffff_ffff) {
            return Err(corrupt("length does not match"));
        }
        match after_header(after) {
            Some(next) => rest = next,
            None => return Ok(()),
        }
    }
}

/// A deflate context and the level it was made for.
pub(super) type Encoder = (GzipLevel, Compress);

/// Appends one member to `out`.
pub(super) fn compress(
    encoder: &mut Option<Encoder>,
    level: GzipLevel,
    input: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), CompressionError> {
    if encoder
        .as_ref()
        .is_none_or(|(made_for, _)| *made_for != level)
    {
        *encoder = None;
    }
    let (_, context) = encoder.get_or_insert_with(|| {
        (
            level,
            Compress::new(flate2::Compression::new(u32::from(level.value())), false),
        )
    });
    context.reset();
    out.extend_from_slice(&HEADER);
    out.reserve(input.len() / 2 + 64);
    let mut rest = input;
    loop {
        let before = context.total_in();
        let status = context
            .compress_vec(rest, out, FlushCompress::Finish)
            .map_err(|_| CompressionError::Encoder {
                codec: Codec::Gzip,
                detail: "deflate failed",
            })?;
        let read = usize::try_from(context.total_in() - before).unwrap_or(usize::MAX);
        rest = rest.get(read..).unwrap_or_default();
        if status == Status::StreamEnd {
            break;
        }
        out.reserve(rest.len() / 2 + 4 * 1024);
    }
    out.extend_from_slice(&crc32(input).to_le_bytes());
    let [a, b, c, d, ..] = (input.len() as u64).to_le_bytes();
    out.extend_from_slice(&[a, b, c, d]);
    Ok(())
}
