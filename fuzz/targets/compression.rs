//! Compressed bytes, straight into the decompressors. The first byte is the codec.

#![no_main]

use allocation_counter::measure;
use libfuzzer_sys::{Corpus, fuzz_target};
use milena_wire::compression::{Codec, Compression, Compressor, Decompressor};

const LIMIT: usize = 256 << 10;
/// What codecs take beside their output.
const CONTEXTS: u64 = 512 << 10;

fuzz_target!(|input: &[u8]| -> Corpus {
    let [codec, compressed @ ..] = input else {
        return Corpus::Reject;
    };
    let codec = Codec::ALL[usize::from(*codec) % Codec::ALL.len()];
    let mut decompressor = Decompressor::new().with_limit(LIMIT);
    let mut inflated = None;
    let peak = measure(|| inflated = Some(decompressor.decompress(codec, compressed))).bytes_max;
    assert!(
        peak <= 4 * LIMIT as u64 + CONTEXTS,
        "inflating held {peak} bytes of memory"
    );
    let inflated = inflated.unwrap();
    // What the last batch left in a context is not to be seen in the next.
    assert_eq!(
        decompressor.decompress(codec, compressed),
        inflated,
        "the second time differs"
    );
    let Ok(plain) = inflated else {
        return Corpus::Keep;
    };
    assert!(plain.len() <= LIMIT);
    if codec.check_writable().is_ok() {
        let mut again = Vec::new();
        Compressor::new()
            .compress(Compression::from(codec), &plain, &mut again)
            .unwrap();
        assert_eq!(
            decompressor.decompress(codec, &again).as_ref(),
            Ok(&plain),
            "there and back"
        );
    }
    Corpus::Keep
});
