//! zstd by the C library.

use zstd::bulk::Compressor;
use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};
use zstd::zstd_safe::compress_bound;

use super::codec::{Codec, ZstdLevel};
use super::error::CompressionError;
use super::output::Output;
use super::zstd_frame::{Limits, Next, corrupt, next};

/// A context keeps a window as large as a frame asked for; none is kept that has more than this.
const KEPT_WINDOW: u64 = 8 * 1024 * 1024;

/// Reads every frame; skippable ones are skipped.
pub(super) fn decompress(
    kept: &mut Option<Decoder<'static>>,
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
            Next::Frame { window, .. } => {
                let mut decoder = match kept.take() {
                    Some(decoder) => decoder,
                    None => Decoder::new().map_err(|_| corrupt("no memory for a context"))?,
                };
                decoder
                    .reinit()
                    .map_err(|_| corrupt("context is unusable"))?;
                rest = frame(&mut decoder, rest, output)?;
                if window <= KEPT_WINDOW {
                    *kept = Some(decoder);
                }
            }
        }
    }
    Ok(())
}

/// Reads one frame; gives what follows it.
fn frame<'a>(
    decoder: &mut Decoder<'static>,
    input: &'a [u8],
    output: &mut Output,
) -> Result<&'a [u8], CompressionError> {
    let mut from = InBuffer::around(input);
    loop {
        let (read, room) = (from.pos(), output.room()?);
        let mut to = OutBuffer::around(room);
        let hint = decoder
            .run(&mut from, &mut to)
            .map_err(|_| corrupt("invalid frame"))?;
        let made = to.pos();
        output.commit(made)?;
        if hint == 0 {
            return Ok(input.get(from.pos()..).unwrap_or_default());
        }
        if made == 0 && from.pos() == read {
            return Err(corrupt("frame ends early"));
        }
    }
}

/// A compressor and the level that it was set to.
pub(super) type Encoder = (ZstdLevel, Compressor<'static>);

/// Appends one frame to `out`.
pub(super) fn compress(
    encoder: &mut Option<Encoder>,
    level: ZstdLevel,
    input: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), CompressionError> {
    let failed = |detail| CompressionError::Encoder {
        codec: Codec::Zstd,
        detail,
    };
    if encoder.as_ref().is_none_or(|(set_to, _)| *set_to != level) {
        *encoder = Some((
            level,
            Compressor::new(level.value()).map_err(|_| failed("no memory for a context"))?,
        ));
    }
    let Some((_, compressor)) = encoder else {
        return Err(failed("no context"));
    };
    let start = out.len();
    out.resize(start + compress_bound(input.len()), 0);
    let made = compressor
        .compress_to_buffer(input, out.get_mut(start..).unwrap_or_default())
        .map_err(|_| failed("input was refused"))?;
    out.truncate(start + made);
    Ok(())
}
