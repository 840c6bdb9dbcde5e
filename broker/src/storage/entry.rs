//! What the log has to know of a batch, or of a message of magic 0 or 1, to find its way.

/// Offset and length, which both formats begin with.
const PREFIX: usize = 12;
const MAGIC_AT: usize = 16;
const TIMESTAMP_AT: usize = 18;
const LAST_OFFSET_DELTA_AT: usize = 23;
const MAX_TIMESTAMP_AT: usize = 35;

/// The header of a batch of magic 2, or of one message of magic 0 or 1, that lies in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// All of it, in bytes.
    pub(crate) length: usize,
    pub(crate) magic: u8,
    pub(crate) last_offset: i64,
    /// In milliseconds since 1970; -1 if it has none.
    pub(crate) max_timestamp: i64,
}

impl Entry {
    /// The entry that `bytes` begin with; `None` if they end inside it.
    pub(crate) fn peek(bytes: &[u8]) -> Option<Self> {
        let first = i64::from_be_bytes(array(bytes, 0)?);
        let length = u32::from_be_bytes(array(bytes, 8)?);
        let length = PREFIX.checked_add(usize::try_from(length).ok()?)?;
        if length > bytes.len() {
            return None;
        }
        let [magic] = array(bytes, MAGIC_AT)?;
        let (last_offset, max_timestamp) = match magic {
            0 => (first, -1),
            // A compressed message has the offset of its last.
            1 => (first, i64::from_be_bytes(array(bytes, TIMESTAMP_AT)?)),
            _ => {
                let delta = i32::from_be_bytes(array(bytes, LAST_OFFSET_DELTA_AT)?);
                let max_timestamp = i64::from_be_bytes(array(bytes, MAX_TIMESTAMP_AT)?);
                (first.checked_add(i64::from(delta))?, max_timestamp)
            }
        };
        Some(Self {
            length,
            magic,
            last_offset,
            max_timestamp,
        })
    }
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use milena_wire::compression::Compressor;
    use milena_wire::records::{BatchBuilder, MessageSetBuilder};

    #[test]
    fn reads_both_formats() {
        let mut builder = BatchBuilder::new().with_base_offset(7);
        builder.append(50, None, Some(b"a"), []).unwrap();
        builder.append(40, None, Some(b"b"), []).unwrap();
        let batch = builder.seal(&mut Compressor::new()).unwrap();
        let entry = Entry::peek(&batch).unwrap();
        let expected = Entry {
            length: batch.len(),
            magic: 2,
            last_offset: 8,
            max_timestamp: 50,
        };
        assert_eq!(entry, expected);
        assert_eq!(Entry::peek(&batch[..batch.len() - 1]), None);
        assert_eq!(Entry::peek(&batch[..20]), None);
        assert_eq!(Entry::peek(&[]), None);

        let mut builder = MessageSetBuilder::magic_1().with_base_offset(3);
        builder.append(60, None, Some(b"a")).unwrap();
        let set = builder.seal(&mut Compressor::new()).unwrap();
        let entry = Entry::peek(&set).unwrap();
        assert_eq!(
            (entry.magic, entry.last_offset, entry.max_timestamp),
            (1, 3, 60)
        );
    }
}
