//! The LZ4 frame format, as Kafka reads and writes it: blocks of 64 KB that don't depend on each other, no checksum of the content.
//!
//! The frames are ours because those of magic 0 carry a wrong header checksum (KAFKA-3160): it covers the frame's magic number too. Java reads either
//! there; so do we, everywhere.

use lz4_flex::block::{
    CompressTable, compress_into_with_table, decompress_into, decompress_into_with_dict,
    get_maximum_output_size,
};
use twox_hash::XxHash32;

use super::codec::Codec;
use super::error::CompressionError;
use super::output::Output;

const MAGIC: [u8; 4] = 0x184d_2204_u32.to_le_bytes();
/// Version 1, independent blocks.
const FLAGS: u8 = 0x60;
/// Blocks of at most 64 KiB.
const BLOCK_SIZE_ID: u8 = 0x40;
const BLOCK: usize = 64 * 1024;
/// How far back a dependent block may look.
const WINDOW: usize = 64 * 1024;
/// In a block's length: the block is stored as it is.
const STORED: u32 = 0x8000_0000;
/// An LZ4 length byte stands for 255 bytes at best.
const BEST_RATIO: usize = 255;

/// Which header checksum to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderChecksum {
    /// The one of the format.
    Right,
    /// The one that Kafka expects in magic 0.
    Magic0,
}

fn corrupt(detail: &'static str) -> CompressionError {
    CompressionError::Corrupt {
        codec: Codec::Lz4,
        detail,
    }
}

/// The second byte of the hash.
fn checksum_byte(bytes: &[u8]) -> u8 {
    XxHash32::oneshot(0, bytes).to_le_bytes()[1]
}

struct Frame<'a> {
    blocks: &'a [u8],
    largest_block: usize,
    dependent: bool,
    block_checksums: bool,
}

fn header(input: &[u8]) -> Result<Frame<'_>, CompressionError> {
    let cut_short = || corrupt("frame header cut short");
    let after_magic = input
        .strip_prefix(&MAGIC)
        .ok_or_else(|| corrupt("no frame header"))?;
    let ([flags, block_size], _) = after_magic.split_first_chunk::<2>().ok_or_else(cut_short)?;
    if flags >> 6 != 1 {
        return Err(corrupt("unknown frame version"));
    }
    if flags & 0x03 != 0 {
        return Err(corrupt("reserved bit or dictionary in the frame header"));
    }
    let largest_block = match block_size {
        0x40 => 64 * 1024,
        0x50 => 256 * 1024,
        0x60 => 1024 * 1024,
        0x70 => 4 * 1024 * 1024,
        _ => return Err(corrupt("unknown block size")),
    };
    let descriptor = if flags & 0x08 != 0 { 10 } else { 2 };
    let (described, rest) = after_magic
        .split_at_checked(descriptor)
        .ok_or_else(cut_short)?;
    let (checksum, blocks) = rest.split_first().ok_or_else(cut_short)?;
    let with_magic = input.get(..MAGIC.len() + descriptor).unwrap_or_default();
    if *checksum != checksum_byte(described) && *checksum != checksum_byte(with_magic) {
        return Err(corrupt("checksum of the frame header does not match"));
    }
    Ok(Frame {
        blocks,
        largest_block,
        dependent: flags & 0x20 == 0,
        block_checksums: flags & 0x10 != 0,
    })
}

/// Reads the first frame to its end mark. What follows is ignored, the content's checksum too, as Java does: the batch has a checksum of its own.
pub(super) fn decompress(input: &[u8], output: &mut Output) -> Result<(), CompressionError> {
    let frame = header(input)?;
    let start = output.written();
    let mut rest = frame.blocks;
    loop {
        let (length, after) = rest
            .split_first_chunk::<4>()
            .ok_or_else(|| corrupt("no end mark"))?;
        let length = u32::from_le_bytes(*length);
        if length == 0 {
            return Ok(());
        }
        let stored = length & STORED != 0;
        let length = usize::try_from(length & !STORED).unwrap_or(usize::MAX);
        if length > frame.largest_block {
            return Err(corrupt("block longer than the frame allows"));
        }
        let (block, after) = after
            .split_at_checked(length)
            .ok_or_else(|| corrupt("block cut short"))?;
        rest = after;
        if frame.block_checksums {
            let (checksum, after) = rest
                .split_first_chunk::<4>()
                .ok_or_else(|| corrupt("block checksum cut short"))?;
            if u32::from_le_bytes(*checksum) != XxHash32::oneshot(0, block) {
                return Err(corrupt("checksum of a block does not match"));
            }
            rest = after;
        }
        let wanted = if stored {
            length
        } else {
            frame.largest_block.min(length.saturating_mul(BEST_RATIO))
        };
        if wanted == 0 {
            continue;
        }
        let (before, room) = output.split(wanted)?;
        let offered = room.len();
        let made = if stored {
            let fits = offered.min(length);
            if let (Some(to), Some(from)) = (room.get_mut(..fits), block.get(..fits)) {
                to.copy_from_slice(from);
            }
            Ok(length)
        } else if frame.dependent {
            let window = before.get(start..).unwrap_or_default();
            decompress_into_with_dict(
                block,
                room,
                window
                    .get(window.len().saturating_sub(WINDOW)..)
                    .unwrap_or_default(),
            )
        } else {
            decompress_into(block, room)
        };
        match made {
            Ok(made) => output.commit(made)?,
            // The room was cut by the limit, not by the block's own size.
            Err(_) if offered < wanted => return Err(output.too_large()),
            Err(_) => return Err(corrupt("invalid block")),
        }
    }
}

/// Appends one frame to `out`.
pub(super) fn compress(
    table: &mut CompressTable,
    checksum: HeaderChecksum,
    input: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), CompressionError> {
    let described = [FLAGS, BLOCK_SIZE_ID];
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&described);
    out.push(match checksum {
        HeaderChecksum::Right => checksum_byte(&described),
        HeaderChecksum::Magic0 => {
            let [a, b, c, d] = MAGIC;
            checksum_byte(&[a, b, c, d, FLAGS, BLOCK_SIZE_ID])
        }
    });
    for block in input.chunks(BLOCK) {
        let start = out.len();
        out.resize(start + 4 + get_maximum_output_size(block.len()), 0);
        let Some((length, room)) = out
            .get_mut(start..)
            .and_then(<[u8]>::split_first_chunk_mut::<4>)
        else {
            continue;
        };
        let made = compress_into_with_table(block, room, table).map_err(|_| {
            CompressionError::Encoder {
                codec: Codec::Lz4,
                detail: "block did not fit",
            }
        })?;
        if made < block.len() {
            *length = u32::try_from(made).unwrap_or(0).to_le_bytes();
            out.truncate(start + 4 + made);
        } else {
            *length = (STORED | u32::try_from(block.len()).unwrap_or(0)).to_le_bytes();
            out.truncate(start + 4);
            out.extend_from_slice(block);
        }
    }
    out.extend_from_slice(&[0; 4]);
    Ok(())
}
