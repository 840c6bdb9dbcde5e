//! Compression of record batches.
//!
//! Features `gzip`, `snappy` and `lz4` read and write, `zstd-read` reads zstd without a C compiler, `zstd` reads and writes it by the C library. A codec
//! that is not part of the build is a typed error that names its feature. What is inflated is limited: see [`Decompressor`].

mod availability;
mod codec;
mod compressor;
mod decompressor;
mod error;
#[cfg(feature = "gzip")]
mod gzip;
#[cfg(feature = "lz4")]
mod lz4;
mod output;
#[cfg(feature = "snappy")]
mod snappy;
#[cfg(test)]
mod tests;
#[cfg(feature = "zstd")]
mod zstd_c;
#[cfg(any(feature = "zstd", feature = "zstd-read"))]
mod zstd_frame;
#[cfg(all(feature = "zstd-read", any(test, not(feature = "zstd"))))]
mod zstd_read;

pub use codec::{Codec, Compression, GzipLevel, ZstdLevel};
pub use compressor::Compressor;
pub use decompressor::Decompressor;
pub use error::CompressionError;
