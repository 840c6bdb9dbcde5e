//! What a message is made of, as data: the way to a field that failed is found by it, and tools can walk any message.

use super::version_range::VersionRange;

/// The type of a value on the wire.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// One byte; zero is false.
    Bool,
    /// A signed byte.
    Int8,
    /// Two bytes, signed.
    Int16,
    /// Two bytes, unsigned.
    UInt16,
    /// Four bytes, signed.
    Int32,
    /// Eight bytes, signed.
    Int64,
    /// Eight bytes, IEEE 754.
    Float64,
    /// Sixteen bytes.
    Uuid,
    /// UTF-8 with its length.
    String,
    /// Bytes with their length.
    Bytes,
    /// A struct.
    Struct(&'static Structure),
    /// A list.
    Array(&'static Kind),
}

/// A struct of the protocol: a message or a part of one.
#[derive(Debug)]
pub struct Structure {
    /// The struct's name in Kafka's schema.
    pub name: &'static str,
    /// Memory of one, in bytes, without what it points at.
    pub size: usize,
    /// The fewest bytes that one takes on the wire, in any version.
    pub min_wire_size: usize,
    /// Its fields in the order of the wire; tagged ones by ascending tag after the others.
    pub fields: &'static [Field],
}

/// A field of a struct.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name of the Rust field.
    pub name: &'static str,
    /// The versions of the message that have it.
    pub versions: VersionRange,
    /// The versions in which it may be null.
    pub nullable: VersionRange,
    /// Its tag, if it is a tagged field.
    pub tag: Option<u32>,
    /// Whether its length is an int16 even in flexible versions: the client id of a request header.
    pub classic: bool,
    /// Its type.
    pub kind: Kind,
}

impl Kind {
    /// Memory of one value in a list, in bytes: what the decoder charges to its budget.
    pub(crate) const fn memory_size(&self) -> usize {
        match self {
            Self::Bool | Self::Int8 => 1,
            Self::Int16 | Self::UInt16 => 2,
            Self::Int32 => 4,
            Self::Int64 | Self::Float64 => 8,
            Self::Uuid => 16,
            Self::String | Self::Bytes => size_of::<bytes::Bytes>(),
            Self::Struct(structure) => structure.size,
            Self::Array(_) => size_of::<Vec<u8>>(),
        }
    }

    /// The fewest bytes that one value takes on the wire, in any version.
    pub(crate) const fn min_wire_size(&self) -> usize {
        match self {
            // Compact lengths take one byte.
            Self::Bool | Self::Int8 | Self::String | Self::Bytes | Self::Array(_) => 1,
            Self::Int16 | Self::UInt16 => 2,
            Self::Int32 => 4,
            Self::Int64 | Self::Float64 => 8,
            Self::Uuid => 16,
            Self::Struct(structure) => structure.min_wire_size,
        }
    }
}

impl Structure {
    /// The fewest bytes that `fields` take on the wire in any of `versions`.
    pub(crate) const fn min_wire_size_of(fields: &[Field], versions: VersionRange) -> usize {
        let mut size = 0;
        let mut rest = fields;
        while let [field, others @ ..] = rest {
            let always = field.versions.min <= versions.min && field.versions.max >= versions.max;
            if always && field.tag.is_none() {
                // A null struct is one byte.
                size += if field.nullable.is_empty() {
                    field.kind.min_wire_size()
                } else {
                    1
                };
            }
            rest = others;
        }
        size
    }
}
