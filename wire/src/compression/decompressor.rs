//! Decompressing within limits, with the contexts and buffers kept.

use std::fmt;

use bytes::Bytes;

use super::codec::Codec;
use super::error::CompressionError;
use super::output::Output;

/// Decompresses record batches. Its contexts (up to 200 KB) are made when first needed and reused, so keep one for each task that reads batches.
///
/// Whatever the bytes claim, buffers grow only as output comes, up to the limit.
pub struct Decompressor {
    limit: usize,
    #[cfg(any(feature = "zstd", feature = "zstd-read"))]
    window_limit: u64,
    /// Output bytes for each input byte, as seen lately: the first guess for the next batch.
    ratio: usize,
    spare: Vec<u8>,
    #[cfg(feature = "gzip")]
    gzip: Option<flate2::Decompress>,
    #[cfg(feature = "snappy")]
    snappy: Option<snap::raw::Decoder>,
    #[cfg(feature = "zstd")]
    zstd: Option<zstd::stream::raw::Decoder<'static>>,
    #[cfg(all(feature = "zstd-read", not(feature = "zstd")))]
    zstd: Option<ruzstd::decoding::FrameDecoder>,
}

impl fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decompressor")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl Default for Decompressor {
    fn default() -> Self {
        Self::new()
    }
}

impl Decompressor {
    /// What a batch may inflate to unless told otherwise: 128 MiB.
    pub const DEFAULT_LIMIT: usize = 128 * 1024 * 1024;

    /// The largest zstd window, unless told otherwise, and at all: 128 MiB, what zstd's own library allows and its level 22 asks for. Memory is taken as
    /// bytes come, not as the window says.
    pub const LARGEST_WINDOW: u64 = 128 * 1024 * 1024;

    /// A decompressor with the default limits.
    #[must_use]
    pub fn new() -> Self {
        Decompressor {
            limit: Self::DEFAULT_LIMIT,
            #[cfg(any(feature = "zstd", feature = "zstd-read"))]
            window_limit: Self::LARGEST_WINDOW,
            ratio: 3,
            spare: Vec::new(),
            #[cfg(feature = "gzip")]
            gzip: None,
            #[cfg(feature = "snappy")]
            snappy: None,
            #[cfg(any(feature = "zstd", feature = "zstd-read"))]
            zstd: None,
        }
    }

    /// Limits what one batch may inflate to, in bytes.
    #[must_use]
    pub fn with_limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Limits the window that a zstd frame may ask for, in bytes; at most [`LARGEST_WINDOW`](Self::LARGEST_WINDOW).
    #[must_use]
    #[cfg(any(feature = "zstd", feature = "zstd-read"))]
    pub fn with_window_limit(mut self, bytes: u64) -> Self {
        self.window_limit = bytes.min(Self::LARGEST_WINDOW);
        self
    }

    /// The most that one batch may inflate to, in bytes.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Decompresses all of `input`.
    ///
    /// # Errors
    /// The codec is not part of this build, the bytes are corrupt, or they inflate beyond the limit.
    pub fn decompress(&mut self, codec: Codec, input: &[u8]) -> Result<Bytes, CompressionError> {
        codec.check_readable()?;
        let spare = std::mem::take(&mut self.spare);
        let guess = input.len().saturating_mul(self.ratio + 1);
        let mut output = Output::new(spare, guess, self.limit, codec);
        match self.run(codec, input, &mut output) {
            Ok(()) => {
                let bytes = output.into_bytes();
                if let Some(ratio) = bytes.len().checked_div(input.len()) {
                    self.ratio = (self.ratio * 3 + ratio.min(64)).div_ceil(4);
                }
                Ok(Bytes::from(bytes))
            }
            Err(error) => {
                self.spare = output.into_spare();
                Err(error)
            }
        }
    }

    /// Takes back what `decompress` gave, to use its memory again. Nothing happens if somebody else still holds a part of it.
    pub fn recycle(&mut self, bytes: Bytes) {
        if let Ok(unique) = bytes.try_into_mut() {
            if unique.capacity() > self.spare.capacity() {
                self.spare = Vec::from(unique);
            }
        }
    }

    fn run(
        &mut self,
        codec: Codec,
        input: &[u8],
        output: &mut Output,
    ) -> Result<(), CompressionError> {
        match codec {
            Codec::None => {
                output.check_room(input.len())?;
                if !input.is_empty() {
                    output.split(input.len())?.1.copy_from_slice(input);
                }
                output.commit(input.len())
            }
            #[cfg(feature = "gzip")]
            Codec::Gzip => super::gzip::decompress(&mut self.gzip, input, output),
            #[cfg(feature = "snappy")]
            Codec::Snappy => super::snappy::decompress(
                self.snappy.get_or_insert_with(snap::raw::Decoder::new),
                input,
                output,
            ),
            #[cfg(feature = "lz4")]
            Codec::Lz4 => super::lz4::decompress(input, output),
            #[cfg(any(feature = "zstd", feature = "zstd-read"))]
            Codec::Zstd => {
                let limits = super::zstd_frame::Limits {
                    window: self.window_limit,
                    output: self.limit,
                };
                #[cfg(feature = "zstd")]
                use super::zstd_c::decompress;
                #[cfg(not(feature = "zstd"))]
                use super::zstd_read::decompress;
                decompress(&mut self.zstd, limits, input, output)
            }
            #[cfg(not(all(
                feature = "gzip",
                feature = "snappy",
                feature = "lz4",
                any(feature = "zstd", feature = "zstd-read")
            )))]
            missing => Err(CompressionError::Unavailable {
                codec: missing,
                writing: false,
                feature: missing.name(),
            }),
        }
    }
}
