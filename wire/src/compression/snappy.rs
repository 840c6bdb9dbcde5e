//! Snappy: blocks in the framing of the xerial library, which Java's clients write, or one bare block, which some others write.

use snap::raw::{Decoder, Encoder, decompress_len, max_compress_len};

use super::codec::Codec;
use super::error::CompressionError;
use super::output::Output;

/// The framing's magic; two versions of four bytes follow it.
const MAGIC: [u8; 8] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];
const HEADER: usize = 16;
/// Version 1, readable by version 1.
const VERSIONS: [u8; 8] = [0, 0, 0, 1, 0, 0, 0, 1];
/// Input bytes of a block, as Java's writer has it.
const BLOCK: usize = 32 * 1024;
/// No snappy element makes more than 64 bytes of three, so this many bytes of one are a lie.
const BEST_RATIO: usize = 22;

fn corrupt(detail: &'static str) -> CompressionError {
    CompressionError::Corrupt {
        codec: Codec::Snappy,
        detail,
    }
}

/// Reads framed blocks, or one bare block.
pub(super) fn decompress(
    decoder: &mut Decoder,
    input: &[u8],
    output: &mut Output,
) -> Result<(), CompressionError> {
    if !input.starts_with(&MAGIC) {
        return block(decoder, input, output);
    }
    let mut rest = input
        .get(HEADER..)
        .ok_or_else(|| corrupt("framing header cut short"))?;
    while !rest.is_empty() {
        // Streams written one after the other repeat the header.
        if rest.starts_with(&MAGIC) {
            rest = rest
                .get(HEADER..)
                .ok_or_else(|| corrupt("framing header cut short"))?;
            continue;
        }
        let (length, after) = rest
            .split_first_chunk::<4>()
            .ok_or_else(|| corrupt("block length cut short"))?;
        let length = usize::try_from(i32::from_be_bytes(*length))
            .map_err(|_| corrupt("negative block length"))?;
        let (one, after) = after
            .split_at_checked(length)
            .ok_or_else(|| corrupt("block cut short"))?;
        block(decoder, one, output)?;
        rest = after;
    }
    Ok(())
}

fn block(decoder: &mut Decoder, input: &[u8], output: &mut Output) -> Result<(), CompressionError> {
    if input.is_empty() {
        return Err(corrupt("no block"));
    }
    let claimed = decompress_len(input).map_err(|_| corrupt("invalid length of a block"))?;
    if claimed == 0 {
        return Ok(());
    }
    if claimed > input.len().saturating_mul(BEST_RATIO) {
        return Err(corrupt("a block claims more than its bytes can hold"));
    }
    output.check_room(claimed)?;
    let (_, room) = output.split(claimed)?;
    let made = decoder
        .decompress(input, room)
        .map_err(|_| corrupt("invalid block"))?;
    output.commit(made)
}

/// Appends the framing and its blocks to `out`.
pub(super) fn compress(
    encoder: &mut Encoder,
    input: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), CompressionError> {
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&VERSIONS);
    for one in input.chunks(BLOCK) {
        let start = out.len();
        out.resize(start + 4 + max_compress_len(one.len()), 0);
        let Some((length, room)) = out
            .get_mut(start..)
            .and_then(<[u8]>::split_first_chunk_mut::<4>)
        else {
            continue;
        };
        let made = encoder
            .compress(one, room)
            .map_err(|_| CompressionError::Encoder {
                codec: Codec::Snappy,
                detail: "block too long",
            })?;
        // A block of 32 KiB makes 38 KiB at most.
        *length = u32::try_from(made).unwrap_or(0).to_be_bytes();
        out.truncate(start + 4 + made);
    }
    Ok(())
}
