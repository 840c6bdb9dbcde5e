//! The hash by which Kafka's clients place keys.

/// `MurmurHash2` of 32 bits, with the seed that Kafka's Java client uses. It is not made to withstand chosen keys.
pub(crate) fn murmur2(bytes: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const FACTOR: u32 = 0x5bd1_e995;
    // Java's arrays are no longer than an `i32` can say.
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut hash = SEED ^ length;
    let mut words = bytes.chunks_exact(4);
    for word in &mut words {
        let word = <[u8; 4]>::try_from(word).unwrap_or_default();
        let mut word = u32::from_le_bytes(word).wrapping_mul(FACTOR);
        word ^= word >> 24;
        hash = hash.wrapping_mul(FACTOR) ^ word.wrapping_mul(FACTOR);
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        for (at, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * at);
        }
        hash = hash.wrapping_mul(FACTOR);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(FACTOR);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers are those that `org.apache.kafka.common.utils.Utils.murmur2` of kafka-clients 4.3.1 gave.
    #[test]
    fn as_the_java_client_hashes() {
        let cases: [(&[u8], i32); 9] = [
            (b"", 275_646_681),
            (b"a", -1_563_381_124),
            (b"21", -973_932_308),
            (b"abc", 479_470_107),
            (b"foobar", -790_332_482),
            (b"orders", -1_029_842_276),
            (b"a-little-bit-long-string", -985_981_536),
            (b"a-little-bit-longer-string", -1_486_304_829),
            (&[255, 254, 127, 128, 0, 5, 247], 1_731_293_356),
        ];
        for (bytes, hash) in cases {
            assert_eq!(
                murmur2(bytes),
                u32::from_ne_bytes(hash.to_ne_bytes()),
                "{bytes:?}"
            );
        }
    }
}
