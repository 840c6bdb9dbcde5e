//! The codecs by their number on the wire, and the choice of one for writing.

use std::fmt;

/// A compression codec, as the attributes of a record batch name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Codec {
    /// Records lie as they are.
    #[default]
    None,
    /// gzip (RFC 1952).
    Gzip,
    /// Snappy blocks, framed as the xerial library does or bare.
    Snappy,
    /// The LZ4 frame format.
    Lz4,
    /// Zstandard (RFC 8878). Magic 2 only.
    Zstd,
}

impl Codec {
    /// Every codec, by ascending number.
    pub const ALL: [Codec; 5] = [
        Codec::None,
        Codec::Gzip,
        Codec::Snappy,
        Codec::Lz4,
        Codec::Zstd,
    ];

    /// The codec with this number (0-4), the low three bits of a batch's attributes.
    #[must_use]
    pub const fn from_id(id: u8) -> Option<Codec> {
        match id {
            0 => Some(Codec::None),
            1 => Some(Codec::Gzip),
            2 => Some(Codec::Snappy),
            3 => Some(Codec::Lz4),
            4 => Some(Codec::Zstd),
            _ => None,
        }
    }

    /// The number on the wire, 0-4.
    #[must_use]
    pub const fn id(self) -> u8 {
        match self {
            Codec::None => 0,
            Codec::Gzip => 1,
            Codec::Snappy => 2,
            Codec::Lz4 => 3,
            Codec::Zstd => 4,
        }
    }

    /// The name that Kafka's `compression.type` uses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Codec::None => "none",
            Codec::Gzip => "gzip",
            Codec::Snappy => "snappy",
            Codec::Lz4 => "lz4",
            Codec::Zstd => "zstd",
        }
    }

    /// The codec of this [`name`](Self::name), if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.name() == name)
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How to compress what is written: a codec and, where it has one, its level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// gzip at a level.
    Gzip(GzipLevel),
    /// Snappy, xerial-framed. It has no levels.
    Snappy,
    /// LZ4 at its fast level, the only one that the pure-Rust encoder has.
    Lz4,
    /// Zstandard at a level. Needs feature `zstd`.
    Zstd(ZstdLevel),
}

impl Compression {
    /// gzip at its default level.
    #[must_use]
    pub const fn gzip() -> Self {
        Compression::Gzip(GzipLevel::DEFAULT)
    }

    /// Zstandard at its default level.
    #[must_use]
    pub const fn zstd() -> Self {
        Compression::Zstd(ZstdLevel::DEFAULT)
    }

    /// The codec without its level.
    #[must_use]
    pub const fn codec(self) -> Codec {
        match self {
            Compression::None => Codec::None,
            Compression::Gzip(_) => Codec::Gzip,
            Compression::Snappy => Codec::Snappy,
            Compression::Lz4 => Codec::Lz4,
            Compression::Zstd(_) => Codec::Zstd,
        }
    }
}

/// The codec at its default level.
impl From<Codec> for Compression {
    fn from(codec: Codec) -> Self {
        match codec {
            Codec::None => Compression::None,
            Codec::Gzip => Compression::gzip(),
            Codec::Snappy => Compression::Snappy,
            Codec::Lz4 => Compression::Lz4,
            Codec::Zstd => Compression::zstd(),
        }
    }
}

/// A gzip level, 1 (fast) to 9 (small). The default is 6, as Java's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GzipLevel(u8);

impl GzipLevel {
    const DEFAULT: GzipLevel = GzipLevel(6);

    /// `None` outside 1-9.
    #[must_use]
    pub const fn new(level: u8) -> Option<Self> {
        if level >= 1 && level <= 9 {
            Some(GzipLevel(level))
        } else {
            None
        }
    }

    /// The level, 1-9.
    #[must_use]
    pub const fn value(self) -> u8 {
        self.0
    }
}

impl Default for GzipLevel {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A Zstandard level, -131,072 (fast) to 22 (small). The default is 3, as Java's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ZstdLevel(i32);

impl ZstdLevel {
    const DEFAULT: ZstdLevel = ZstdLevel(3);

    /// `None` outside -131,072 to 22.
    #[must_use]
    pub const fn new(level: i32) -> Option<Self> {
        if level >= -131_072 && level <= 22 {
            Some(ZstdLevel(level))
        } else {
            None
        }
    }

    /// The level, -131,072 to 22.
    #[must_use]
    pub const fn value(self) -> i32 {
        self.0
    }
}

impl Default for ZstdLevel {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_levels() {
        for codec in Codec::ALL {
            assert_eq!(Codec::from_id(codec.id()), Some(codec));
            assert_eq!(Codec::from_name(codec.name()), Some(codec));
            assert_eq!(Compression::from(codec).codec(), codec);
        }
        assert_eq!(Codec::from_id(5), None);
        assert_eq!(Codec::from_id(255), None);
        assert_eq!(Codec::from_name("LZ4"), None);
        assert_eq!((GzipLevel::new(0), GzipLevel::new(10)), (None, None));
        assert_eq!(GzipLevel::new(9).unwrap().value(), 9);
        assert_eq!((ZstdLevel::new(23), ZstdLevel::new(-131_073)), (None, None));
        assert_eq!(ZstdLevel::new(-131_072).unwrap().value(), -131_072);
    }

    #[test]
    #[cfg(not(feature = "zstd"))]
    fn a_missing_codec_names_its_feature() {
        let error = Codec::Zstd.check_writable().unwrap_err();
        assert_eq!(
            error.to_string(),
            "writing zstd needs feature `zstd` (`zstd-read` only reads)"
        );
    }
}
