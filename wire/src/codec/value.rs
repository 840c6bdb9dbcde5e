//! The types that fields have, each with its form on the wire.

use bytes::Bytes;
use bytestring::ByteString;
use smallvec::SmallVec;
use uuid::Uuid;

use super::decoder::Decoder;
use super::encoder::Encoder;
use super::schema::Kind;
use crate::error_code::ErrorCode;

/// A list of int32, such as the replicas of a partition: up to four lie in the struct itself, without an allocation.
pub type Int32Array = SmallVec<[i32; 4]>;

/// What a field of a message can be.
pub trait Value: Sized {
    /// The type on the wire.
    const KIND: Kind;

    /// Reads one; after a failure, anything.
    fn read(decoder: &mut Decoder<'_>) -> Self;

    /// Writes one.
    fn write(&self, encoder: &mut Encoder);

    /// Whether it is what a field is that was never set, unless its schema says otherwise: zero, false, empty.
    fn is_unset(&self) -> bool;
}

/// A value that has a form for null.
pub(crate) trait Nullable: Value {
    fn read_nullable(decoder: &mut Decoder<'_>) -> Option<Self>;
    fn write_null(encoder: &mut Encoder);
    /// What comes before a value that is there.
    fn write_presence(_encoder: &mut Encoder) {}
}

#[allow(
    private_bounds,
    reason = "which values can be null is the protocol's to say"
)]
impl<T: Nullable> Value for Option<T> {
    const KIND: Kind = T::KIND;

    #[inline]
    fn read(decoder: &mut Decoder<'_>) -> Self {
        T::read_nullable(decoder)
    }

    #[inline]
    fn write(&self, encoder: &mut Encoder) {
        match self {
            Some(value) => {
                T::write_presence(encoder);
                value.write(encoder);
            }
            None => T::write_null(encoder),
        }
    }

    #[inline]
    fn is_unset(&self) -> bool {
        self.as_ref().is_some_and(Value::is_unset)
    }
}

macro_rules! numbers {
    ($($type:ty => $kind:ident),*) => {$(
        impl Value for $type {
            const KIND: Kind = Kind::$kind;

            #[inline]
            fn read(decoder: &mut Decoder<'_>) -> Self {
                Self::from_be_bytes(decoder.fixed())
            }

            #[inline]
            fn write(&self, encoder: &mut Encoder) {
                encoder.raw(&self.to_be_bytes());
            }

            #[inline]
            #[allow(clippy::float_cmp, reason = "unset is exactly zero")]
            fn is_unset(&self) -> bool {
                *self == <$type>::default()
            }
        }
    )*};
}

numbers!(i8 => Int8, i16 => Int16, u16 => UInt16, i32 => Int32, i64 => Int64, f64 => Float64);

impl Value for bool {
    const KIND: Kind = Kind::Bool;

    #[inline]
    fn read(decoder: &mut Decoder<'_>) -> Self {
        decoder.fixed::<1>() != [0]
    }

    #[inline]
    fn write(&self, encoder: &mut Encoder) {
        encoder.raw(&[u8::from(*self)]);
    }

    #[inline]
    fn is_unset(&self) -> bool {
        !*self
    }
}

impl Value for ErrorCode {
    const KIND: Kind = Kind::Int16;

    #[inline]
    fn read(decoder: &mut Decoder<'_>) -> Self {
        Self(i16::read(decoder))
    }

    #[inline]
    fn write(&self, encoder: &mut Encoder) {
        self.0.write(encoder);
    }

    #[inline]
    fn is_unset(&self) -> bool {
        self.0 == 0
    }
}

impl Value for Uuid {
    const KIND: Kind = Kind::Uuid;

    #[inline]
    fn read(decoder: &mut Decoder<'_>) -> Self {
        Self::from_bytes(decoder.fixed())
    }

    #[inline]
    fn write(&self, encoder: &mut Encoder) {
        encoder.raw(self.as_bytes());
    }

    #[inline]
    fn is_unset(&self) -> bool {
        self.is_nil()
    }
}

impl Value for ByteString {
    const KIND: Kind = Kind::String;

    #[inline]
    fn read(decoder: &mut Decoder<'_>) -> Self {
        let text = decoder.string();
        decoder.required(text)
    }

    #[inline]
    fn write(&self, encoder: &mut Encoder) {
        encoder.string(self);
    }

    #[inline]
    fn is_unset(&self) -> bool {
        self.is_empty()
    }
}

impl Nullable for ByteString {
    #[inline]
    fn read_nullable(decoder: &mut Decoder<'_>) -> Option<Self> {
        decoder.string()
    }

    #[inline]
    fn write_null(encoder: &mut Encoder) {
        encoder.null_string();
    }
}

impl Value for Bytes {
    const KIND: Kind = Kind::Bytes;

    #[inline]
    fn read(decoder: &mut Decoder<'_>) -> Self {
        let bytes = decoder.bytes();
        decoder.required(bytes)
    }

    #[inline]
    fn write(&self, encoder: &mut Encoder) {
        encoder.bytes(self);
    }

    #[inline]
    fn is_unset(&self) -> bool {
        self.is_empty()
    }
}

impl Nullable for Bytes {
    #[inline]
    fn read_nullable(decoder: &mut Decoder<'_>) -> Option<Self> {
        decoder.bytes()
    }

    #[inline]
    fn write_null(encoder: &mut Encoder) {
        encoder.null_length();
    }
}

impl<T: Value> Value for Vec<T> {
    const KIND: Kind = Kind::Array(&T::KIND);

    #[inline]
    fn read(decoder: &mut Decoder<'_>) -> Self {
        let list = Self::read_nullable(decoder);
        decoder.required(list)
    }

    #[inline]
    fn write(&self, encoder: &mut Encoder) {
        encoder.length(self.len());
        for element in self {
            element.write(encoder);
        }
    }

    #[inline]
    fn is_unset(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Value> Nullable for Vec<T> {
    fn read_nullable(decoder: &mut Decoder<'_>) -> Option<Self> {
        let (count, capacity) = decoder.list(&T::KIND)?;
        let mut list = Self::with_capacity(capacity);
        for _ in 0..count {
            list.push(T::read(decoder));
            if decoder.failed() {
                break;
            }
        }
        Some(list)
    }

    #[inline]
    fn write_null(encoder: &mut Encoder) {
        encoder.null_length();
    }
}

impl Value for Int32Array {
    const KIND: Kind = Kind::Array(&Kind::Int32);

    #[inline]
    fn read(decoder: &mut Decoder<'_>) -> Self {
        let list = Self::read_nullable(decoder);
        decoder.required(list)
    }

    #[inline]
    fn write(&self, encoder: &mut Encoder) {
        encoder.length(self.len());
        for element in self {
            element.write(encoder);
        }
    }

    #[inline]
    fn is_unset(&self) -> bool {
        self.is_empty()
    }
}

impl Nullable for Int32Array {
    #[inline]
    fn read_nullable(decoder: &mut Decoder<'_>) -> Option<Self> {
        let count = decoder.count(4)?;
        let size = count * 4;
        if !decoder.charge(size) {
            return Some(Self::new());
        }
        // `count` has bounded the size by what is there, so one look is enough for all elements.
        let elements = decoder.take(size).chunks_exact(4);
        let elements =
            elements.map(|element| i32::from_be_bytes(element.try_into().unwrap_or_default()));
        // Filling the inline array costs a third of what collecting does, and most lists are the replicas of a partition.
        let mut inline = [0; 4];
        if count > inline.len() {
            return Some(elements.collect());
        }
        for (place, element) in inline.iter_mut().zip(elements) {
            *place = element;
        }
        Some(Self::from_buf_and_len(inline, count))
    }

    #[inline]
    fn write_null(encoder: &mut Encoder) {
        encoder.null_length();
    }
}
