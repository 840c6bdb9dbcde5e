//! The two checksums of record batches.
//!
//! Of the crates that compute CRC-32C by hardware, `crc-fast` is the fastest (GB/s, one core of a Sapphire Rapids Xeon, Rust 1.95):
//!
//! | bytes   | `crc-fast` 1.9 | `crc32c` 0.6 | CRC-32 by `crc32fast` 1.5 |
//! |---------|----------------|--------------|---------------------------|
//! | 100     | 9              | 8            | 8                         |
//! | 1 KiB   | 41             | 15           | 31                        |
//! | 16 KiB  | 72             | 15           | 71                        |
//! | 1 MiB   | 75             | 20           | 60                        |

/// CRC-32C (Castagnoli), which guards a record batch of magic 2 from its attributes to its end.
#[inline]
#[must_use]
pub fn crc32c(bytes: &[u8]) -> u32 {
    crc_fast::crc32_iscsi(bytes)
}

/// CRC-32 (IEEE 802.3), which guards each message of magic 0 and 1 from its magic byte to its end.
#[inline]
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}

#[cfg(test)]
mod tests {
    use super::{crc32, crc32c};

    // The check values of the CRC catalogue, and RFC 3720 B.4.
    #[test]
    fn known_values() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(crc32c(b""), 0);
        assert_eq!(crc32(b""), 0);
    }

    // The hardware path takes other routes by length and alignment; the definition takes one.
    #[test]
    fn every_length_and_alignment_agrees_with_the_definition() {
        fn by_definition(bytes: &[u8], polynomial: u32) -> u32 {
            !bytes.iter().fold(!0u32, |crc, byte| {
                (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                    (crc >> 1) ^ (polynomial & (crc & 1).wrapping_neg())
                })
            })
        }
        let bytes: Vec<u8> = (0..3_000u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        for length in (0..600).chain([1_023, 1_024, 1_025, 2_048, 2_900]) {
            let start = length % 17;
            let part = &bytes[start..start + length];
            assert_eq!(
                crc32c(part),
                by_definition(part, 0x82f6_3b78),
                "crc32c of {length}"
            );
            assert_eq!(
                crc32(part),
                by_definition(part, 0xedb8_8320),
                "crc32 of {length}"
            );
        }
    }
}
