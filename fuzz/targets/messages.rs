//! Bodies of every message and version: read, written, read again.
//!
//! The first byte is the API key, or else picks any message; of the second, the top bit tells response from request and the rest is the version.

#![no_main]

#[allow(
    dead_code,
    reason = "shared with the bounded run in `cargo test`, which needs more of it"
)]
#[path = "../../wire/tests/mutation/execute_messages.rs"]
mod execute_messages;

use bytes::Bytes;
use execute_messages::messages;
use libfuzzer_sys::{Corpus, fuzz_target};

/// Small, so that the bound bites on inputs of the usual length.
const BUDGET: usize = 64 << 10;

fuzz_target!(|input: &[u8]| -> Corpus {
    let [key, kind, body @ ..] = input else {
        return Corpus::Reject;
    };
    let (is_request, version) = (kind & 0x80 == 0, i16::from(kind & 0x7f));
    let table = messages();
    let named = table
        .iter()
        .find(|message| message.api == Some((i16::from(*key), is_request)));
    let message = named.unwrap_or(&table[usize::from(*key) % table.len()]);
    let (_, peak) = (message.execute)(&Bytes::copy_from_slice(body), version, BUDGET);
    assert!(
        peak <= 4 * BUDGET as u64,
        "reading held {peak} bytes of memory"
    );
    Corpus::Keep
});
