//! A record and its headers, borrowed from the bytes of its batch.

use std::borrow::Cow;
use std::fmt;

use super::control::ControlType;
use super::error::{RecordError, RecordFault};
use super::varint::Cursor;

/// A record. Key, value and headers borrow from the batch's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record<'a> {
    /// Its offset in the partition.
    pub offset: i64,
    /// Milliseconds since 1970, by the clock that the batch's timestamp type says; -1 if there is none.
    pub timestamp: i64,
    /// The key, if it has one.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// The headers, in order. Magic 0 and 1 have none.
    pub headers: Headers<'a>,
}

impl Record<'_> {
    /// What a record of a control batch says.
    ///
    /// # Errors
    /// The key is not that of a control record.
    pub fn control_type(&self) -> Result<ControlType, RecordError> {
        ControlType::from_key(self.key.unwrap_or_default())
    }
}

/// The headers of a record, in order and with duplicates. Their lengths have been checked; they are parsed as they are walked.
#[derive(Clone, Copy, Default)]
pub struct Headers<'a> {
    count: u32,
    /// The headers of one record, nothing else.
    bytes: &'a [u8],
}

impl<'a> Headers<'a> {
    /// Reads the headers that take up the rest of a record, and walks them.
    #[inline]
    pub(super) fn read(mut cursor: Cursor<'a>) -> Result<Self, RecordFault> {
        let count = cursor.count()?;
        let headers = Headers {
            count,
            bytes: cursor.rest(),
        };
        for _ in 0..count {
            cursor.bytes()?;
            cursor.nullable_bytes()?;
        }
        if !cursor.rest().is_empty() {
            return Err(RecordFault::LongerThanItsFields);
        }
        Ok(headers)
    }

    /// Headers that lie in these bytes, as [`bytes`](Self::bytes) gave them. What is not well-formed ends the walk over them.
    #[inline]
    #[must_use]
    pub fn from_bytes(count: u32, bytes: &'a [u8]) -> Self {
        Headers { count, bytes }
    }

    /// The bytes that they lie in: those of one record, behind the number of its headers.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// How many there are, duplicates included.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there are none.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Walks them in order.
    #[inline]
    #[must_use]
    pub fn iter(&self) -> HeaderIter<'a> {
        HeaderIter {
            left: self.count,
            cursor: Cursor::new(self.bytes),
        }
    }

    /// The last header with this key, which is the one that counts where keys should not repeat.
    #[must_use]
    pub fn last(&self, key: &str) -> Option<Header<'a>> {
        self.iter()
            .filter(|header| header.key == key.as_bytes())
            .last()
    }
}

impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Equal if they have equal keys and values in the same order.
impl PartialEq for Headers<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count && self.iter().eq(other.iter())
    }
}

impl Eq for Headers<'_> {}

impl<'a> IntoIterator for Headers<'a> {
    type Item = Header<'a>;
    type IntoIter = HeaderIter<'a>;

    #[inline]
    fn into_iter(self) -> HeaderIter<'a> {
        self.iter()
    }
}

impl<'a> IntoIterator for &Headers<'a> {
    type Item = Header<'a>;
    type IntoIter = HeaderIter<'a>;

    #[inline]
    fn into_iter(self) -> HeaderIter<'a> {
        self.iter()
    }
}

/// Walks the headers of a record.
#[derive(Clone, Debug)]
pub struct HeaderIter<'a> {
    left: u32,
    cursor: Cursor<'a>,
}

impl<'a> Iterator for HeaderIter<'a> {
    type Item = Header<'a>;

    #[inline]
    fn next(&mut self) -> Option<Header<'a>> {
        self.left = self.left.checked_sub(1)?;
        // The lengths have been checked, so neither of these fails.
        let key = self.cursor.bytes().ok()?;
        let value = self.cursor.nullable_bytes().ok()?;
        Some(Header { key, value })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for HeaderIter<'_> {}

/// A header of a record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Header<'a> {
    key: &'a [u8],
    value: Option<&'a [u8]>,
}

impl<'a> Header<'a> {
    /// The key. No broker checks that it is UTF-8; what is not becomes U+FFFD, as in Java, so that one odd producer does not stop every consumer.
    #[must_use]
    pub fn key(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.key)
    }

    /// The key as it lies on the wire.
    #[inline]
    #[must_use]
    pub fn key_bytes(&self) -> &'a [u8] {
        self.key
    }

    /// The value.
    #[inline]
    #[must_use]
    pub fn value(&self) -> Option<&'a [u8]> {
        self.value
    }
}

impl fmt::Debug for Header<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Header")
            .field(&self.key())
            .field(&self.value)
            .finish()
    }
}
