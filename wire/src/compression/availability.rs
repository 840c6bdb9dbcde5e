//! Which codecs this build has.

use super::codec::Codec;
use super::error::CompressionError;

impl Codec {
    /// Whether this build reads the codec.
    ///
    /// # Errors
    /// [`CompressionError::Unavailable`] names the feature to switch on.
    pub const fn check_readable(self) -> Result<(), CompressionError> {
        let (built, feature) = match self {
            Codec::None => (true, ""),
            Codec::Gzip => (cfg!(feature = "gzip"), "gzip"),
            Codec::Snappy => (cfg!(feature = "snappy"), "snappy"),
            Codec::Lz4 => (cfg!(feature = "lz4"), "lz4"),
            Codec::Zstd => (
                cfg!(any(feature = "zstd", feature = "zstd-read")),
                "zstd-read",
            ),
        };
        if built {
            Ok(())
        } else {
            Err(CompressionError::Unavailable {
                codec: self,
                writing: false,
                feature,
            })
        }
    }

    /// Whether this build writes the codec. Worth asking when a producer is configured, rather than at its first batch.
    ///
    /// # Errors
    /// [`CompressionError::Unavailable`] names the feature to switch on.
    pub const fn check_writable(self) -> Result<(), CompressionError> {
        match self {
            Codec::Zstd if cfg!(feature = "zstd") => Ok(()),
            Codec::Zstd => Err(CompressionError::Unavailable {
                codec: self,
                writing: true,
                feature: "zstd",
            }),
            _ => match self.check_readable() {
                Err(CompressionError::Unavailable { codec, feature, .. }) => {
                    Err(CompressionError::Unavailable {
                        codec,
                        writing: true,
                        feature,
                    })
                }
                other => other,
            },
        }
    }
}
