//! The batches of a Fetch answer.

use bytes::{Buf, Bytes};

use super::batch::Batch;
use super::error::RecordError;
use super::layout::{Attributes, ENTRY_HEADER, MAGIC_AT, array, batch, i32_at, i64_at, message};

/// Walks the batches of a partition's records in a Fetch answer, or in a Produce request.
///
/// A broker cuts an answer at its size limit, so a batch that is not whole ends the walk, silently unless it is the first: then the error says how many
/// bytes it takes. After any error there are no more batches.
#[derive(Clone, Debug)]
pub struct Batches {
    /// From the next batch on.
    rest: Bytes,
    position: usize,
}

/// What stands at the start of the bytes.
enum Entry {
    /// A whole batch or message: its format and its length with offset and length field.
    Whole { magic: u8, length: usize },
    /// The start of one.
    Partial { needed: u64 },
}

impl Batches {
    /// Walks these bytes.
    #[must_use]
    pub fn new(bytes: Bytes) -> Self {
        Batches {
            rest: bytes,
            position: 0,
        }
    }

    /// The bytes that have not been walked yet: at the end, those of the batch that was cut short.
    #[must_use]
    pub fn rest(&self) -> &Bytes {
        &self.rest
    }

    fn entry(&self, bytes: &[u8]) -> Result<Entry, RecordError> {
        let position = self.position + (self.rest.len() - bytes.len());
        if bytes.len() < ENTRY_HEADER {
            return Ok(Entry::Partial {
                needed: (MAGIC_AT + 1) as u64,
            });
        }
        let length = i32_at(bytes, 8);
        let too_short = |minimum| RecordError::BatchLength {
            position,
            length,
            minimum,
        };
        let Ok(unsigned) = u32::try_from(length) else {
            return Err(too_short(message::SMALLEST_V0));
        };
        if length < message::SMALLEST_V0 {
            return Err(too_short(message::SMALLEST_V0));
        }
        let needed = ENTRY_HEADER as u64 + u64::from(unsigned);
        if bytes.len() <= MAGIC_AT {
            return Ok(Entry::Partial { needed });
        }
        let [magic] = array(bytes, MAGIC_AT);
        let minimum = match magic {
            0 => message::SMALLEST_V0,
            1 => message::SMALLEST_V1,
            2 => batch::SMALLEST,
            _ => return Err(RecordError::UnknownMagic { position, magic }),
        };
        if length < minimum {
            return Err(too_short(minimum));
        }
        match usize::try_from(needed) {
            Ok(length) if length <= bytes.len() => Ok(Entry::Whole { magic, length }),
            _ => Ok(Entry::Partial { needed }),
        }
    }

    /// Takes the messages from here on that are of one format and type and not compressed, or one that is compressed.
    fn run(&mut self, magic: u8, length: usize) -> Batch {
        let attributes_of = |bytes: &[u8]| {
            Attributes::from_bits(i16::from(array::<1>(bytes, message::ATTRIBUTES)[0]))
        };
        let timestamp_of = |bytes: &[u8]| {
            if magic == 0 {
                -1
            } else {
                i64_at(bytes, message::TIMESTAMP)
            }
        };
        let attributes = attributes_of(&self.rest);
        let (first, mut last, mut max_timestamp) = (
            i64_at(&self.rest, 0),
            i64_at(&self.rest, 0),
            timestamp_of(&self.rest),
        );
        let mut end = length;
        while !attributes.is_compressed() {
            let next = self.rest.get(end..).unwrap_or_default();
            match self.entry(next) {
                Ok(Entry::Whole {
                    magic: same,
                    length,
                }) if same == magic && attributes_of(next) == attributes => {
                    last = i64_at(next, 0);
                    max_timestamp = max_timestamp.max(timestamp_of(next));
                    end += length;
                }
                _ => break,
            }
        }
        let bytes = self.rest.split_to(end);
        Batch::run(bytes, magic, attributes, (first, last), max_timestamp)
    }

    fn fail(&mut self, error: RecordError) -> RecordError {
        self.rest = Bytes::new();
        error
    }
}

impl Iterator for Batches {
    type Item = Result<Batch, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let batch = match self.entry(&self.rest) {
            Ok(Entry::Whole { magic: 2, length }) => match Batch::read(self.rest.slice(..length)) {
                Ok(batch) => {
                    self.rest.advance(length);
                    batch
                }
                Err(error) => return Some(Err(self.fail(error))),
            },
            Ok(Entry::Whole { magic, length }) => self.run(magic, length),
            Ok(Entry::Partial { needed }) if self.position == 0 => {
                let available = self.rest.len();
                return Some(Err(
                    self.fail(RecordError::NoWholeBatch { needed, available })
                ));
            }
            Ok(Entry::Partial { .. }) => return None,
            Err(error) => return Some(Err(self.fail(error))),
        };
        self.position += batch.bytes().len();
        Some(Ok(batch))
    }
}

impl std::iter::FusedIterator for Batches {}
