//! Batches as no producer writes them.

use milena::wire::checksum::crc32c;
use milena::wire::records::Batch;

// Where the fields of a batch lie.
const LENGTH: usize = 8;
const CHECKSUM: usize = 17;
const ATTRIBUTES: usize = 21;
const LAST_OFFSET_DELTA: usize = 23;
const RECORD_COUNT: usize = 57;
const HEADER: usize = 61;

/// The batch without its records, as compaction leaves it.
pub(crate) fn emptied(batch: &Batch) -> Vec<u8> {
    let mut bytes = batch.bytes()[..HEADER].to_vec();
    bytes[RECORD_COUNT..HEADER].fill(0);
    sealed(bytes)
}

/// The batch, whose last record is compacted away: it was at this distance from the first.
pub(crate) fn reaching(batch: &[u8], last: i32) -> Vec<u8> {
    let mut bytes = batch.to_vec();
    bytes[LAST_OFFSET_DELTA..LAST_OFFSET_DELTA + 4].copy_from_slice(&last.to_be_bytes());
    sealed(bytes)
}

/// The batch, which says that it is compressed with gzip and is not.
pub(crate) fn as_if_compressed(batch: &[u8]) -> Vec<u8> {
    let mut bytes = batch.to_vec();
    bytes[ATTRIBUTES + 1] |= 1;
    sealed(bytes)
}

/// With length and checksum as they should be.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let length = u32::try_from(bytes.len() - LENGTH - 4).unwrap();
    bytes[LENGTH..LENGTH + 4].copy_from_slice(&length.to_be_bytes());
    let checksum = crc32c(&bytes[ATTRIBUTES..]);
    bytes[CHECKSUM..ATTRIBUTES].copy_from_slice(&checksum.to_be_bytes());
    bytes
}
