//! What can go wrong between bytes and messages.

use std::fmt;

/// Bytes that are not the message they were taken for.
///
/// Says which message and version was read, which field failed, and where in the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    pub(crate) message: &'static str,
    pub(crate) version: i16,
    pub(crate) field: String,
    pub(crate) offset: usize,
    pub(crate) kind: DecodeErrorKind,
}

impl DecodeError {
    /// The message's name as in Kafka's protocol guide, such as `MetadataResponse`.
    #[must_use]
    pub fn message(&self) -> &'static str {
        self.message
    }

    /// The version that the bytes were read as.
    #[must_use]
    pub fn version(&self) -> i16 {
        self.version
    }

    /// The path of the field that failed, such as `topics[3].partitions[0].leader_id`; empty if no field had begun.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// How many bytes into the body the failure was found.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// What was wrong.
    #[must_use]
    pub fn kind(&self) -> DecodeErrorKind {
        self.kind
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{}", self.message, self.version)?;
        if !self.field.is_empty() {
            write!(f, ", field {}", self.field)?;
        }
        write!(f, ", at byte {}: {}", self.offset, self.kind)
    }
}

impl std::error::Error for DecodeError {}

/// Why bytes could not be read as a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes end inside a value.
    UnexpectedEnd {
        /// Bytes that the value needs.
        needed: usize,
        /// Bytes that were left.
        remaining: usize,
    },
    /// A length or count below -1, or null where its version forbids it.
    NegativeLength(i64),
    /// Null where this version of the field has none.
    NullNotAllowed,
    /// More elements than the bytes that are left could hold.
    CountTooLarge {
        /// The count that the bytes claim.
        count: usize,
        /// Bytes that were left.
        remaining: usize,
    },
    /// A variable-length integer that does not end within its type.
    VarintTooLong,
    /// A string that is not UTF-8.
    InvalidUtf8,
    /// A presence byte of an optional struct that is neither 1 nor -1.
    InvalidPresence(i8),
    /// Tags that do not strictly ascend.
    TagOutOfOrder(u32),
    /// A tagged field whose size disagrees with its content.
    TagSize {
        /// The field's tag.
        tag: u32,
        /// Bytes that the content left over.
        left: usize,
    },
    /// The message would take more memory than the caller allows.
    MemoryBudget {
        /// The limit in bytes.
        limit: usize,
    },
    /// This crate does not know this version of the message.
    UnsupportedVersion,
    /// Bytes are left after the message.
    TrailingBytes(usize),
}

impl fmt::Display for DecodeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnexpectedEnd { needed, remaining } => {
                write!(f, "needs {needed} bytes, {remaining} are left")
            }
            Self::NegativeLength(length) => write!(f, "negative length {length}"),
            Self::NullNotAllowed => f.write_str("null, which this version does not allow"),
            Self::CountTooLarge { count, remaining } => {
                write!(
                    f,
                    "{count} elements cannot fit the {remaining} bytes that are left"
                )
            }
            Self::VarintTooLong => f.write_str("a variable-length integer does not end"),
            Self::InvalidUtf8 => f.write_str("a string is not UTF-8"),
            Self::InvalidPresence(byte) => {
                write!(f, "{byte} is neither 1 (present) nor -1 (null)")
            }
            Self::TagOutOfOrder(tag) => write!(f, "tag {tag} does not ascend"),
            Self::TagSize { tag, left } => {
                write!(f, "tagged field {tag} has {left} bytes too many")
            }
            Self::MemoryBudget { limit } => {
                write!(f, "decoding would take more than {limit} bytes of memory")
            }
            Self::UnsupportedVersion => f.write_str("this version is not known"),
            Self::TrailingBytes(count) => write!(f, "{count} bytes are left over"),
        }
    }
}

/// A message that its version cannot carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodeError {
    pub(crate) message: &'static str,
    pub(crate) version: i16,
    pub(crate) field: String,
    pub(crate) kind: EncodeErrorKind,
}

impl EncodeError {
    /// The message's name as in Kafka's protocol guide, such as `MetadataRequest`.
    #[must_use]
    pub fn message(&self) -> &'static str {
        self.message
    }

    /// The version that was to be written.
    #[must_use]
    pub fn version(&self) -> i16 {
        self.version
    }

    /// The field that this version cannot carry; empty if it is the message as a whole.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What was wrong.
    #[must_use]
    pub fn kind(&self) -> EncodeErrorKind {
        self.kind
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{}", self.message, self.version)?;
        if !self.field.is_empty() {
            write!(f, ", field {}", self.field)?;
        }
        write!(f, ": {}", self.kind)
    }
}

impl std::error::Error for EncodeError {}

/// Why a message could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeErrorKind {
    /// The field is set, this version has no place for it, and it may not be left out silently.
    FieldNotInVersion,
    /// The field is null, which this version does not allow.
    NullNotAllowed,
    /// A string, byte array or list is longer than its length prefix can say.
    TooLong(usize),
    /// This crate does not know this version of the message.
    UnsupportedVersion,
    /// The frame is larger than 2^31-1 bytes.
    FrameTooLarge(usize),
}

impl fmt::Display for EncodeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FieldNotInVersion => f.write_str("is set, and this version has no place for it"),
            Self::NullNotAllowed => f.write_str("is null, which this version does not allow"),
            Self::TooLong(length) => {
                write!(f, "{length} is longer than its length prefix can say")
            }
            Self::UnsupportedVersion => f.write_str("this version is not known"),
            Self::FrameTooLarge(length) => {
                write!(f, "a frame of {length} bytes is larger than 2147483647")
            }
        }
    }
}
