//! The reading half: primitives off a body, with one error kept to the end.

use bytes::Bytes;
use bytestring::ByteString;

use super::error::DecodeErrorKind;
use super::schema::Kind;

/// How much memory one message may take once decoded, unless the caller says otherwise: 128 MiB.
pub const DEFAULT_MEMORY_BUDGET: usize = 128 << 20;

/// Elements that are reserved on the peer's word alone; beyond them a list grows as its elements arrive.
const MAX_RESERVED: usize = 1024;

/// Reads the primitives of Kafka's protocol from the body of one message.
///
/// The first error is kept and the methods go on returning zeros and empty values, so that the code of 400 structs needs no
/// branch for each field; whoever drives the decoder looks at the failure once, at the end. After a failure nothing is left to
/// read, and lists stop at their first failed element.
#[derive(Debug)]
pub struct Decoder<'a> {
    source: &'a Bytes,
    rest: &'a [u8],
    version: i16,
    flexible: bool,
    budget: usize,
    budget_limit: usize,
    failure: Option<Failure>,
}

/// The first thing that went wrong, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) offset: usize,
    pub(crate) kind: DecodeErrorKind,
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(source: &'a Bytes, version: i16, flexible: bool, budget: usize) -> Self {
        Self {
            source,
            rest: source,
            version,
            flexible,
            budget,
            budget_limit: budget,
            failure: None,
        }
    }

    /// The version that the message is read as.
    #[inline]
    #[must_use]
    pub fn version(&self) -> i16 {
        self.version
    }

    /// Whether this version has compact lengths and tagged fields (KIP-482).
    #[inline]
    #[must_use]
    pub fn flexible(&self) -> bool {
        self.flexible
    }

    /// Bytes that were not read yet; zero after a failure.
    #[inline]
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Whether something went wrong; what, is told when the message is done.
    #[inline]
    #[must_use]
    pub fn failed(&self) -> bool {
        self.failure.is_some()
    }

    pub(crate) fn failure(&self) -> Option<Failure> {
        self.failure
    }

    pub(crate) fn offset(&self) -> usize {
        // Both point into `source`; tagged fields narrow `rest` at its end, so its length would not tell.
        self.rest.as_ptr() as usize - self.source.as_ptr() as usize
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn fail(&mut self, kind: DecodeErrorKind) {
        if self.failure.is_none() {
            self.failure = Some(Failure {
                offset: self.offset(),
                kind,
            });
        }
        self.rest = self.rest.get(..0).unwrap_or_default();
    }

    #[cold]
    #[inline(never)]
    fn fail_short(&mut self, needed: usize) {
        let remaining = self.rest.len();
        self.fail(DecodeErrorKind::UnexpectedEnd { needed, remaining });
    }

    /// Counts memory that the message is about to take.
    #[inline]
    pub(crate) fn charge(&mut self, bytes: usize) -> bool {
        match self.budget.checked_sub(bytes) {
            Some(left) => {
                self.budget = left;
                true
            }
            None => {
                let limit = self.budget_limit;
                self.fail(DecodeErrorKind::MemoryBudget { limit });
                false
            }
        }
    }

    #[inline]
    pub(crate) fn fixed<const N: usize>(&mut self) -> [u8; N] {
        if let Some((head, rest)) = self.rest.split_first_chunk::<N>() {
            self.rest = rest;
            *head
        } else {
            self.fail_short(N);
            [0; N]
        }
    }

    #[inline]
    pub(crate) fn take(&mut self, length: usize) -> &'a [u8] {
        if let Some((head, rest)) = self.rest.split_at_checked(length) {
            self.rest = rest;
            head
        } else {
            self.fail_short(length);
            &[]
        }
    }

    /// An unsigned variable-length integer of at most five bytes.
    #[inline]
    pub(crate) fn unsigned_varint(&mut self) -> u32 {
        match self.rest.split_first() {
            Some((&byte, rest)) if byte < 0x80 => {
                self.rest = rest;
                u32::from(byte)
            }
            _ => self.long_varint(),
        }
    }

    #[inline(never)]
    fn long_varint(&mut self) -> u32 {
        let mut value = 0u32;
        for (index, &byte) in self.rest.iter().take(5).enumerate() {
            // The fifth byte has room for four bits only.
            if index == 4 && byte > 0x0f {
                break;
            }
            value |= u32::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                self.rest = self.rest.get(index + 1..).unwrap_or_default();
                return value;
            }
        }
        if self.rest.len() < 5 {
            self.fail_short(self.rest.len() + 1);
        } else {
            self.fail(DecodeErrorKind::VarintTooLong);
        }
        0
    }

    /// The length of bytes or the count of a list; `None` is null.
    #[inline]
    pub(crate) fn length(&mut self) -> Option<usize> {
        if self.flexible {
            self.compact_length()
        } else {
            let length = i32::from_be_bytes(self.fixed());
            self.classic_length(i64::from(length))
        }
    }

    #[inline]
    fn compact_length(&mut self) -> Option<usize> {
        // Compact lengths are one more than the length, and zero for null.
        (self.unsigned_varint() as usize).checked_sub(1)
    }

    #[inline]
    fn classic_length(&mut self, length: i64) -> Option<usize> {
        match usize::try_from(length) {
            Ok(length) => Some(length),
            Err(_) if length == -1 => None,
            Err(_) => {
                self.fail(DecodeErrorKind::NegativeLength(length));
                None
            }
        }
    }

    /// The count of a list whose elements take at least `element_size` bytes each.
    #[inline]
    pub(crate) fn count(&mut self, element_size: usize) -> Option<usize> {
        let count = self.length()?;
        if count > self.rest.len() / element_size.max(1) {
            let remaining = self.rest.len();
            self.fail(DecodeErrorKind::CountTooLarge { count, remaining });
            return Some(0);
        }
        Some(count)
    }

    /// The count of a list, `None` if null, and the capacity to begin it with. The memory that it will take is counted.
    ///
    /// Not inlined, nor generic: there are 200 types of lists.
    #[inline(never)]
    pub(crate) fn list(&mut self, element: &Kind) -> Option<(usize, usize)> {
        let count = self.count(element.min_wire_size())?;
        if self.charge(count.saturating_mul(element.memory_size())) {
            Some((count, count.min(MAX_RESERVED)))
        } else {
            Some((0, 0))
        }
    }

    /// A string, `None` if null, in the classic or the compact form as the version has it.
    #[inline]
    pub(crate) fn string(&mut self) -> Option<ByteString> {
        if self.flexible {
            let length = self.compact_length()?;
            Some(self.text(length))
        } else {
            self.classic_string()
        }
    }

    /// A string with an int16 length, whatever the version: the client id of a request header.
    #[inline]
    pub(crate) fn classic_string(&mut self) -> Option<ByteString> {
        let length = i16::from_be_bytes(self.fixed());
        let length = self.classic_length(i64::from(length))?;
        Some(self.text(length))
    }

    fn text(&mut self, length: usize) -> ByteString {
        let before = self.rest;
        let slice = self.take(length);
        if slice.is_empty() {
            return ByteString::new();
        }
        match ByteString::try_from(self.source.slice_ref(slice)) {
            Ok(text) => text,
            Err(_) => {
                // The error is to say where the string begins.
                self.rest = before;
                self.fail(DecodeErrorKind::InvalidUtf8);
                ByteString::new()
            }
        }
    }

    /// Bytes, `None` if null: a slice of the body, not a copy.
    #[inline]
    pub(crate) fn bytes(&mut self) -> Option<Bytes> {
        let length = self.length()?;
        Some(self.slice(length))
    }

    pub(crate) fn slice(&mut self, length: usize) -> Bytes {
        let slice = self.take(length);
        if slice.is_empty() {
            Bytes::new()
        } else {
            self.source.slice_ref(slice)
        }
    }

    /// What comes of a null where the version has none.
    #[inline]
    pub(crate) fn required<T: Default>(&mut self, value: Option<T>) -> T {
        match value {
            Some(value) => value,
            None => {
                self.fail(DecodeErrorKind::NullNotAllowed);
                T::default()
            }
        }
    }

    /// The byte before a struct that may be null.
    pub(crate) fn presence(&mut self) -> bool {
        match i8::from_be_bytes(self.fixed()) {
            1 => true,
            -1 => false,
            byte => {
                self.fail(DecodeErrorKind::InvalidPresence(byte));
                false
            }
        }
    }

    /// Begins the tagged fields at the end of a struct.
    #[inline]
    pub(crate) fn tags(&mut self) -> Tags<'a> {
        Tags {
            left: self.unsigned_varint(),
            next_tag: 0,
            current: None,
        }
    }

    /// The next tag; the decoder then sees the content of that field and nothing behind it, and must read all of it.
    pub(crate) fn next_tag(&mut self, tags: &mut Tags<'a>) -> Option<u32> {
        if self.failed() {
            return None;
        }
        if let Some((tag, after)) = tags.current.take() {
            if !self.rest.is_empty() {
                let left = self.rest.len();
                self.fail(DecodeErrorKind::TagSize { tag, left });
                return None;
            }
            self.rest = after;
        }
        tags.left = tags.left.checked_sub(1)?;
        let tag = self.unsigned_varint();
        let size = self.unsigned_varint() as usize;
        if self.failed() {
            return None;
        }
        // KIP-482 has tags ascend; that also refuses duplicates.
        if u64::from(tag) < tags.next_tag {
            self.fail(DecodeErrorKind::TagOutOfOrder(tag));
            return None;
        }
        tags.next_tag = u64::from(tag) + 1;
        let Some((content, after)) = self.rest.split_at_checked(size) else {
            self.fail_short(size);
            return None;
        };
        self.rest = content;
        tags.current = Some((tag, after));
        Some(tag)
    }
}

/// The tagged fields of a struct while they are read.
#[derive(Debug)]
pub(crate) struct Tags<'a> {
    left: u32,
    /// The lowest tag that may come.
    next_tag: u64,
    /// The field being read, and what comes behind it.
    current: Option<(u32, &'a [u8])>,
}
