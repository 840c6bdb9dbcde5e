//! What can go wrong with compressed bytes.

use std::error::Error;
use std::fmt;

use super::codec::Codec;

/// Why bytes could not be compressed or decompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CompressionError {
    /// The codec is not part of this build.
    Unavailable {
        /// The codec that is missing.
        codec: Codec,
        /// Whether it was to write; else it was to read.
        writing: bool,
        /// The feature of `milena-wire` that brings it.
        feature: &'static str,
    },
    /// More bytes came out than the limit allows.
    TooLarge {
        /// The codec.
        codec: Codec,
        /// The limit in bytes.
        limit: usize,
    },
    /// A zstd frame asks for a larger window than the limit allows.
    Window {
        /// The window that the frame asks for, in bytes.
        window: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The bytes are not what the codec writes.
    Corrupt {
        /// The codec.
        codec: Codec,
        /// What is wrong with them.
        detail: &'static str,
    },
    /// The compressor refused its input.
    Encoder {
        /// The codec.
        codec: Codec,
        /// What it said.
        detail: &'static str,
    },
}

impl fmt::Display for CompressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            CompressionError::Unavailable {
                codec,
                writing,
                feature,
            } => {
                let verb = if writing { "writing" } else { "reading" };
                write!(f, "{verb} {codec} needs feature `{feature}`")?;
                if codec == Codec::Zstd {
                    f.write_str(if writing {
                        " (`zstd-read` only reads)"
                    } else {
                        " or `zstd`"
                    })?;
                }
                Ok(())
            }
            CompressionError::TooLarge { codec, limit } => {
                write!(f, "{codec} data inflates beyond the limit of {limit} bytes")
            }
            CompressionError::Window { window, limit } => {
                write!(
                    f,
                    "zstd frame asks for a window of {window} bytes; the limit is {limit}"
                )
            }
            CompressionError::Corrupt { codec, detail } => {
                write!(f, "corrupt {codec} data: {detail}")
            }
            CompressionError::Encoder { codec, detail } => {
                write!(f, "{codec} compressor failed: {detail}")
            }
        }
    }
}

impl Error for CompressionError {}
