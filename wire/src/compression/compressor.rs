//! Compressing, with the contexts kept.

use std::fmt;

use super::codec::Compression;
use super::error::CompressionError;

/// Compresses record batches. Its contexts (300 KB for gzip, 16 KB for lz4, 4 KB for snappy, by level for zstd) are made when first needed and reused,
/// so keep one for each task that seals batches.
#[derive(Default)]
pub struct Compressor {
    #[cfg(feature = "gzip")]
    gzip: Option<super::gzip::Encoder>,
    #[cfg(feature = "snappy")]
    snappy: Option<snap::raw::Encoder>,
    #[cfg(feature = "lz4")]
    lz4: Option<lz4_flex::block::CompressTable>,
    #[cfg(feature = "zstd")]
    zstd: Option<super::zstd_c::Encoder>,
}

impl fmt::Debug for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compressor").finish_non_exhaustive()
    }
}

impl Compressor {
    /// A compressor without a context.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends `input`, compressed, to `out`.
    ///
    /// # Errors
    /// The codec is not part of this build, or refuses the input; `out` is as it was.
    pub fn compress(
        &mut self,
        compression: Compression,
        input: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), CompressionError> {
        self.compress_for(2, compression, input, out)
    }

    /// As `compress`, for a message format: lz4 frames of magic 0 have another header checksum.
    #[cfg_attr(
        not(feature = "lz4"),
        expect(unused_variables, reason = "only lz4 frames differ by magic")
    )]
    pub(crate) fn compress_for(
        &mut self,
        magic: u8,
        compression: Compression,
        input: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), CompressionError> {
        compression.codec().check_writable()?;
        let start = out.len();
        let done = match compression {
            Compression::None => {
                out.extend_from_slice(input);
                Ok(())
            }
            #[cfg(feature = "gzip")]
            Compression::Gzip(level) => super::gzip::compress(&mut self.gzip, level, input, out),
            #[cfg(feature = "snappy")]
            Compression::Snappy => super::snappy::compress(
                self.snappy.get_or_insert_with(snap::raw::Encoder::new),
                input,
                out,
            ),
            #[cfg(feature = "lz4")]
            Compression::Lz4 => {
                use super::lz4::HeaderChecksum::{Magic0, Right};
                // The large table serves blocks of every size.
                let table = self
                    .lz4
                    .get_or_insert_with(lz4_flex::block::CompressTable::large);
                super::lz4::compress(table, if magic == 0 { Magic0 } else { Right }, input, out)
            }
            #[cfg(feature = "zstd")]
            Compression::Zstd(level) => super::zstd_c::compress(&mut self.zstd, level, input, out),
            #[cfg(not(all(
                feature = "gzip",
                feature = "snappy",
                feature = "lz4",
                feature = "zstd"
            )))]
            missing => Err(CompressionError::Unavailable {
                codec: missing.codec(),
                writing: true,
                feature: missing.codec().name(),
            }),
        };
        if done.is_err() {
            out.truncate(start);
        }
        done
    }
}
