//! Sets of record batches as they come in a Fetch answer: headers, checksums, inflating, records, headers of records.
//!
//! Of the first byte, bit 0 says whether checksums count, bit 1 whether the first batch's length and checksum are made right first.

#![no_main]

#[path = "../../wire/tests/mutation/execute_batches.rs"]
mod execute_batches;

use bytes::Bytes;
use execute_batches::{Reader, mend};
use libfuzzer_sys::{Corpus, fuzz_target};

const LIMIT: usize = 256 << 10;
/// What codecs take beside their output.
const CONTEXTS: u64 = 512 << 10;

fuzz_target!(|input: &[u8]| -> Corpus {
    let [flags, set @ ..] = input else {
        return Corpus::Reject;
    };
    let mut set = set.to_vec();
    if flags & 2 != 0 {
        mend(&mut set);
    }
    // A new one each time, so that an input alone repeats what it found.
    let (_, peak) = Reader::new(LIMIT).execute(&Bytes::from(set), flags & 1 != 0);
    assert!(
        peak <= 4 * LIMIT as u64 + CONTEXTS,
        "reading held {peak} bytes of memory"
    );
    Corpus::Keep
});
