//! Decompression bombs, and other compressed bytes that lie: each is a typed error, within a small multiple of the limit.
#![cfg(any(
    feature = "gzip",
    feature = "snappy",
    feature = "lz4",
    feature = "zstd",
    feature = "zstd-read"
))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails by a panic"
)]

use allocation_counter::measure;
use milena_wire::compression::{Codec, CompressionError, Decompressor};
#[cfg(any(feature = "gzip", feature = "snappy", feature = "lz4"))]
use milena_wire::compression::{Compression, Compressor};

/// Inflates within a limit of 1 MiB, and says what it took at most.
fn bomb(codec: Codec, bytes: &[u8]) -> (CompressionError, u64) {
    let mut error = None;
    let info = measure(|| {
        let mut decompressor = Decompressor::new().with_limit(1 << 20);
        error = decompressor.decompress(codec, bytes).err();
    });
    (error.expect("inflated"), info.bytes_max)
}

/// Within the limit, and what a growing buffer and the codec's context take beside it.
const REASONABLE: u64 = 5 << 20;

fn too_large(codec: Codec) -> CompressionError {
    CompressionError::TooLarge {
        codec,
        limit: 1 << 20,
    }
}

#[test]
#[cfg(feature = "gzip")]
fn gzip_bombs() {
    let mut bytes = Vec::new();
    Compressor::new()
        .compress(Compression::gzip(), &vec![0; 64 << 20], &mut bytes)
        .unwrap();
    assert!(bytes.len() < 100 << 10);
    let (error, took) = bomb(Codec::Gzip, &bytes);
    assert_eq!(error, too_large(Codec::Gzip));
    assert!(took < REASONABLE, "{took} bytes");
    // Member after member.
    let mut small = Vec::new();
    Compressor::new()
        .compress(Compression::gzip(), &vec![0; 600 << 10], &mut small)
        .unwrap();
    assert_eq!(
        bomb(Codec::Gzip, &[&small[..], &small].concat()).0,
        too_large(Codec::Gzip)
    );
}

#[test]
#[cfg(feature = "snappy")]
fn snappy_bombs() {
    let corrupt = |error| {
        matches!(
            error,
            CompressionError::Corrupt {
                codec: Codec::Snappy,
                ..
            }
        )
    };
    // A bare block that claims 4 GiB less one.
    let (error, took) = bomb(Codec::Snappy, &[0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0]);
    assert!(corrupt(error) && took < 64 << 10, "{error}, {took} bytes");
    // One that claims a little more than its bytes can hold, and one that claims what they can, beyond the limit.
    let padding = vec![0; 60_000];
    let (error, took) = bomb(
        Codec::Snappy,
        &[&[0x80, 0x80, 0x80, 0x01][..], &padding].concat(),
    );
    assert!(corrupt(error) && took < REASONABLE, "{error}, {took} bytes");
    let (error, took) = bomb(Codec::Snappy, &[&[0x81, 0x80, 0x40][..], &padding].concat());
    assert!(
        error == too_large(Codec::Snappy) && took < REASONABLE,
        "{error}, {took} bytes"
    );
    // Framed blocks, each within the limit.
    let mut bytes = Vec::new();
    Compressor::new()
        .compress(Compression::Snappy, &vec![0; 64 << 20], &mut bytes)
        .unwrap();
    let (error, took) = bomb(Codec::Snappy, &bytes);
    assert!(
        error == too_large(Codec::Snappy) && took < 22 * bytes.len() as u64 + REASONABLE,
        "{error}, {took} bytes"
    );
    // Lengths of blocks: negative, beyond the end, cut short.
    for (length, rest) in [(-1, 4), (i32::MIN, 4), (i32::MAX, 4), (5, 4)] {
        let block = [&bytes[..16], &i32::to_be_bytes(length), &vec![0; rest]].concat();
        assert!(corrupt(bomb(Codec::Snappy, &block).0));
    }
    for cut in 8..19 {
        assert!(
            cut == 16 || corrupt(bomb(Codec::Snappy, &bytes[..cut]).0),
            "cut at {cut}"
        );
    }
}

#[test]
#[cfg(feature = "lz4")]
fn lz4_bombs() {
    let mut bytes = Vec::new();
    Compressor::new()
        .compress(Compression::Lz4, &vec![0; 64 << 20], &mut bytes)
        .unwrap();
    let (error, took) = bomb(Codec::Lz4, &bytes);
    assert!(
        error == too_large(Codec::Lz4) && took < REASONABLE,
        "{error}, {took} bytes"
    );
    // A block of 4 MiB, where the frame allows it.
    let block = [
        &[0x1f, 0, 1, 0][..],
        &vec![255; 16_400],
        &[0, 0x50, 0, 0, 0, 0, 0],
    ]
    .concat();
    let length = u32::try_from(block.len()).unwrap().to_le_bytes();
    let descriptor = [0x60, 0x70];
    let checksum = twox_byte(&descriptor);
    let frame = [
        &bytes[..4],
        &descriptor,
        &[checksum],
        &length,
        &block,
        &[0; 4],
    ]
    .concat();
    assert_eq!(
        Decompressor::new()
            .decompress(Codec::Lz4, &frame)
            .unwrap()
            .len(),
        1 + 4 + 15 + 16_400 * 255 + 5
    );
    let (error, took) = bomb(Codec::Lz4, &frame);
    assert!(
        error == too_large(Codec::Lz4) && took < REASONABLE,
        "{error}, {took} bytes"
    );
    // A block longer than the frame allows, or than there is; no end mark.
    for length in [u32::MAX, 0x7fff_ffff, 65_537, 0x8001_0001, 60_000] {
        let frame = [&bytes[..7], &length.to_le_bytes(), &[0; 9]].concat();
        assert!(matches!(
            bomb(Codec::Lz4, &frame).0,
            CompressionError::Corrupt { .. }
        ));
    }
    let mut small = Vec::new();
    Compressor::new()
        .compress(Compression::Lz4, b"abcabcabcabcabcabcabcabc", &mut small)
        .unwrap();
    for cut in 0..small.len() {
        assert!(
            matches!(
                bomb(Codec::Lz4, &small[..cut]).0,
                CompressionError::Corrupt { .. }
            ),
            "cut at {cut}"
        );
    }
}

/// The header checksum of an lz4 frame: known for the one descriptor that needs it here.
#[cfg(feature = "lz4")]
fn twox_byte(descriptor: &[u8; 2]) -> u8 {
    assert_eq!(descriptor, &[0x60, 0x70]);
    0x73
}

/// zstd frames made by hand: nothing here needs a compressor.
#[cfg(any(feature = "zstd", feature = "zstd-read"))]
mod zstd {
    use super::*;

    const START: [u8; 5] = [0x28, 0xb5, 0x2f, 0xfd, 0];
    const WINDOW_2_MIB: u8 = 0x58;

    fn block(last: bool, kind: u32, size: usize, content: &[u8]) -> Vec<u8> {
        let header = u32::from(last) | kind << 1 | u32::try_from(size).unwrap() << 3;
        [&header.to_le_bytes()[..3], content].concat()
    }

    fn frame(window: u8, blocks: &[Vec<u8>]) -> Vec<u8> {
        [&START[..], &[window], &blocks.concat()].concat()
    }

    #[test]
    fn runs() {
        // Four bytes make 128 KiB.
        let run = block(false, 1, 128 << 10, &[7]);
        let mut blocks = vec![run; 4_000];
        blocks.push(block(true, 0, 0, &[]));
        for window in [WINDOW_2_MIB, 0, 0x88] {
            let (error, took) = bomb(Codec::Zstd, &frame(window, &blocks));
            if window == 0 {
                // A window of 1 KiB allows no blocks of 128.
                assert!(matches!(error, CompressionError::Corrupt { .. }), "{error}");
            } else {
                assert_eq!(error, too_large(Codec::Zstd));
            }
            assert!(took < 10 << 20, "window {window:#x}: {took} bytes");
        }
        let within = frame(
            WINDOW_2_MIB,
            &[block(false, 1, 128 << 10, &[7]), block(true, 0, 3, b"abc")],
        );
        assert_eq!(
            Decompressor::new()
                .decompress(Codec::Zstd, &within)
                .unwrap()
                .len(),
            (128 << 10) + 3
        );
        let twice = [
            &within[..],
            &[0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9],
            &within,
        ]
        .concat();
        assert_eq!(
            Decompressor::new()
                .decompress(Codec::Zstd, &twice)
                .unwrap()
                .len(),
            2 * ((128 << 10) + 3),
            "frames and a skippable one"
        );
        assert_eq!(
            bomb(Codec::Zstd, &within.repeat(9)).0,
            too_large(Codec::Zstd)
        );
    }

    /// One block of 128 KB whose 65,000 sequences copy 65,539 bytes each.
    #[test]
    fn matches_beyond_the_block() {
        let count = 65_000usize;
        let over = count - 0x7f00;
        let sequences = [
            &[
                0,
                255,
                (over & 0xff) as u8,
                (over >> 8) as u8,
                0x54,
                0,
                0,
                52,
            ][..],
            &vec![0; 2 * count],
            &[1],
        ]
        .concat();
        let bytes = frame(
            WINDOW_2_MIB,
            &[
                block(false, 0, 8, b"abcdefgh"),
                block(true, 2, sequences.len(), &sequences),
            ],
        );
        let (error, took) = bomb(Codec::Zstd, &bytes);
        assert!(matches!(error, CompressionError::Corrupt { .. }), "{error}");
        assert!(took < 10 << 20, "{took} bytes");
    }

    #[test]
    fn windows_and_sizes() {
        let end = block(true, 0, 0, &[]);
        let (error, took) = bomb(Codec::Zstd, &frame(0xff, std::slice::from_ref(&end)));
        assert_eq!(
            error,
            CompressionError::Window {
                window: 15 << 38,
                limit: 128 << 20
            }
        );
        assert!(took < 64 << 10);
        // The largest window that is allowed takes no memory before bytes come; twice, as the second time meets a used decoder.
        let info = measure(|| {
            let mut decompressor = Decompressor::new();
            for _ in 0..2 {
                let bytes = frame(0x88, &[block(true, 0, 3, b"abc")]);
                assert_eq!(
                    decompressor.decompress(Codec::Zstd, &bytes).unwrap(),
                    b"abc"[..]
                );
            }
        });
        assert!(info.bytes_max < REASONABLE, "{} bytes", info.bytes_max);
        let mut narrow = Decompressor::new().with_window_limit(1 << 20);
        let error = narrow
            .decompress(
                Codec::Zstd,
                &frame(WINDOW_2_MIB, std::slice::from_ref(&end)),
            )
            .unwrap_err();
        assert_eq!(
            error,
            CompressionError::Window {
                window: 2 << 20,
                limit: 1 << 20
            }
        );
        // A content size of 2^63, said in the header.
        let said = [
            &[0x28, 0xb5, 0x2f, 0xfd, 0xe0][..],
            &(1u64 << 63).to_le_bytes(),
            &end,
        ]
        .concat();
        assert_eq!(bomb(Codec::Zstd, &said).0, too_large(Codec::Zstd));
        for garbage in [
            &b""[..],
            b"abc",
            &START,
            &[0x28, 0xb5, 0x2f, 0xfd, 0, 0x58, 0xff, 0xff, 0xff],
        ] {
            assert!(matches!(
                bomb(Codec::Zstd, garbage).0,
                CompressionError::Corrupt { .. }
            ));
        }
    }
}
