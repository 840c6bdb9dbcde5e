//! Reading zstd by `ruzstd`, a decoder in Rust.

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::error::CompressionError;
use super::output::Output;
use super::zstd_frame::{Limits, Next, corrupt, next};

/// Decoded bytes that may gather before they go to the output, where they are counted.
const STEP: usize = 128 * 1024;
/// A decoder that is used again reserves the window that a frame asks for; a new one grows as bytes come. So none is kept for windows above this.
const KEPT_WINDOW: u64 = 8 * 1024 * 1024;

/// Reads every frame; skippable ones are skipped.
pub(super) fn decompress(
    decoder: &mut Option<FrameDecoder>,
    limits: Limits,
    input: &[u8],
    output: &mut Output,
) -> Result<(), CompressionError> {
    if input.is_empty() {
        return Err(corrupt("no frame"));
    }
    let mut rest = input;
    while !rest.is_empty() {
        match next(rest, limits)? {
            Next::Skip(length) => rest = rest.get(length..).unwrap_or_default(),
            Next::Frame { header, window } => {
                let (header, body) = rest.split_at_checked(header).unwrap_or_default();
                rest = body;
                if window > KEPT_WINDOW {
                    frame(&mut FrameDecoder::new(), limits, header, &mut rest, output)?;
                } else {
                    frame(
                        decoder.get_or_insert_with(FrameDecoder::new),
                        limits,
                        header,
                        &mut rest,
                        output,
                    )?;
                }
            }
        }
    }
    Ok(())
}

fn frame(
    decoder: &mut FrameDecoder,
    limits: Limits,
    header: &[u8],
    body: &mut &[u8],
    output: &mut Output,
) -> Result<(), CompressionError> {
    let mut narrowed = [0; 18];
    let header = narrow(header, limits.output, &mut narrowed);
    decoder
        .reset(header)
        .map_err(|_| corrupt("invalid frame header"))?;
    loop {
        decoder
            .decode_blocks(&mut *body, BlockDecodingStrategy::UptoBytes(STEP))
            .map_err(|_| corrupt("invalid block"))?;
        decoder
            .collect_to_writer(&mut *output)
            .map_err(|_| output.too_large())?;
        if decoder.is_finished() {
            return Ok(());
        }
    }
}

/// The decoder holds back a window's worth of bytes, which nobody counts meanwhile. No window need be larger than what may come out at all.
fn narrow<'a>(header: &'a [u8], limit: usize, copy: &'a mut [u8; 18]) -> &'a [u8] {
    const DESCRIPTOR: usize = 4;
    const WINDOW: usize = 5;
    let Some(room) = copy.get_mut(..header.len()) else {
        return header;
    };
    room.copy_from_slice(header);
    let single_segment = room.get(DESCRIPTOR).is_none_or(|byte| byte & 0x20 != 0);
    let enough = limit
        .checked_next_power_of_two()
        .map_or(63, usize::trailing_zeros)
        .clamp(10, 41)
        - 10;
    if let (false, Some(window), Ok(enough)) =
        (single_segment, room.get_mut(WINDOW), u8::try_from(enough))
    {
        if *window >> 3 >= enough {
            *window = enough << 3;
        }
    }
    room
}
