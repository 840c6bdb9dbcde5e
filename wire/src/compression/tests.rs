//! Every codec there and back, and what other writers make of the formats.

use super::*;

/// Bytes that compress somewhat: words of a small vocabulary.
fn words(length: usize, mut seed: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(length + 16);
    while out.len() < length {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        out.extend_from_slice(format!("{}-", (seed >> 33) % 997).as_bytes());
    }
    out.truncate(length);
    out
}

/// Bytes that don't.
fn noise(length: usize) -> Vec<u8> {
    let mut seed = 7u64;
    (0..length)
        .map(|_| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            seed.to_be_bytes()[0]
        })
        .collect()
}

fn compress(compression: Compression, input: &[u8]) -> Vec<u8> {
    let mut out = b"before".to_vec();
    Compressor::new()
        .compress(compression, input, &mut out)
        .unwrap();
    assert!(out.starts_with(b"before"));
    out.split_off(6)
}

#[test]
fn there_and_back_with_contexts_reused() {
    let (mut compressor, mut decompressor) = (Compressor::new(), Decompressor::new());
    let lengths = [
        0, 1, 2, 100, 32_767, 32_768, 32_769, 65_535, 65_536, 65_537, 200_000, 3_000_000,
    ];
    for codec in Codec::ALL
        .into_iter()
        .filter(|codec| codec.check_writable().is_ok())
    {
        for length in lengths {
            for input in [words(length, 1), noise(length), vec![0; length]] {
                let mut out = Vec::new();
                compressor.compress(codec.into(), &input, &mut out).unwrap();
                let back = decompressor.decompress(codec, &out).unwrap();
                assert!(back == input, "{codec}, {length} bytes");
                decompressor.recycle(back);
                // The limit itself is allowed, one less is not.
                assert!(
                    Decompressor::new()
                        .with_limit(length)
                        .decompress(codec, &out)
                        .is_ok(),
                    "{codec}, {length} bytes"
                );
                if length > 0 {
                    let refused = Decompressor::new()
                        .with_limit(length - 1)
                        .decompress(codec, &out)
                        .unwrap_err();
                    assert_eq!(
                        refused,
                        CompressionError::TooLarge {
                            codec,
                            limit: length - 1
                        },
                        "{codec}, {length} bytes"
                    );
                }
            }
        }
    }
}

#[test]
fn what_is_cut_or_corrupt_is_an_error_and_the_next_one_is_read() {
    let input = words(10_000, 3);
    for codec in Codec::ALL
        .into_iter()
        .skip(1)
        .filter(|codec| codec.check_writable().is_ok())
    {
        let good = compress(codec.into(), &input);
        let mut decompressor = Decompressor::new().with_limit(1 << 20);
        for cut in (0..good.len()).step_by(7) {
            // Framed snappy ends where a block does.
            if codec != Codec::Snappy || cut != 16 {
                assert!(
                    decompressor.decompress(codec, &good[..cut]).is_err(),
                    "{codec} cut at {cut}"
                );
            }
        }
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x15;
            let _ = decompressor.decompress(codec, &bad);
        }
        assert!(
            decompressor.decompress(codec, &good).unwrap() == input,
            "{codec}"
        );
    }
}

#[test]
#[cfg(feature = "gzip")]
fn gzip_members_and_headers() {
    let plain = compress(Compression::gzip(), b"hello ");
    let mut fancy = plain[..10].to_vec();
    fancy[3] = 0x1f; // text, header checksum, extra, name, comment
    fancy.extend_from_slice(b"\x03\x00abcname\0a comment\0\x12\x34");
    fancy.extend_from_slice(&plain[10..]);
    let mut decompressor = Decompressor::new();
    let all = [&plain[..], &fancy, &plain, b"trailing garbage"].concat();
    assert_eq!(
        decompressor.decompress(Codec::Gzip, &all).unwrap(),
        b"hello hello hello "[..]
    );
    for (at, detail) in [
        (0, "no gzip header"),
        (plain.len() - 8, "checksum does not match"),
        (plain.len() - 1, "length does not match"),
    ] {
        let mut bad = plain.clone();
        bad[at] ^= 1;
        assert_eq!(
            decompressor.decompress(Codec::Gzip, &bad),
            Err(CompressionError::Corrupt {
                codec: Codec::Gzip,
                detail
            })
        );
    }
    // A name without end, an extra field beyond it, a reserved flag.
    for (flags, rest) in [(0x08, &b"name"[..]), (0x04, b"\xff\xffx"), (0x20, b"")] {
        let header = [&plain[..3], &[flags], &plain[4..10], rest].concat();
        assert!(decompressor.decompress(Codec::Gzip, &header).is_err());
    }
    // Levels differ, and a compressor changes between them.
    let (input, mut compressor) = (words(100_000, 5), Compressor::new());
    let sizes: Vec<usize> = [1, 9, 1]
        .map(|level| {
            let mut out = Vec::new();
            compressor
                .compress(
                    Compression::Gzip(GzipLevel::new(level).unwrap()),
                    &input,
                    &mut out,
                )
                .unwrap();
            out.len()
        })
        .to_vec();
    assert!(sizes[1] < sizes[0] && sizes[0] == sizes[2]);
}

#[test]
#[cfg(feature = "snappy")]
fn snappy_bare_and_framed() {
    let mut decompressor = Decompressor::new();
    let input = words(100_000, 9);
    let bare = snap::raw::Encoder::new().compress_vec(&input).unwrap();
    assert!(decompressor.decompress(Codec::Snappy, &bare).unwrap() == input);
    let framed = compress(Compression::Snappy, &input);
    assert_eq!(
        framed[..16],
        [
            0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1
        ]
    );
    assert!(
        decompressor
            .decompress(Codec::Snappy, &framed.repeat(2))
            .unwrap()
            == input.repeat(2),
        "streams one after the other"
    );
    assert!(
        decompressor
            .decompress(Codec::Snappy, &[0])
            .unwrap()
            .is_empty()
    );
    assert!(decompressor.decompress(Codec::Snappy, &[]).is_err());
}

/// A frame with these flags, blocks as given.
#[cfg(feature = "lz4")]
fn lz4_frame(flags: u8, more: &[u8], blocks: &[Vec<u8>]) -> Vec<u8> {
    let described = [&[flags, 0x40][..], more].concat();
    let checksum = twox_hash::XxHash32::oneshot(0, &described).to_le_bytes()[1];
    let mut out = [&0x184d_2204u32.to_le_bytes()[..], &described, &[checksum]].concat();
    for block in blocks {
        out.extend_from_slice(&u32::try_from(block.len()).unwrap().to_le_bytes());
        out.extend_from_slice(block);
        if flags & 0x10 != 0 {
            out.extend_from_slice(&twox_hash::XxHash32::oneshot(0, block).to_le_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out
}

#[test]
#[cfg(feature = "lz4")]
fn lz4_frames_of_other_writers() {
    let mut decompressor = Decompressor::new();
    let input = words(150_000, 11);
    let chunks: Vec<&[u8]> = input.chunks(65_536).collect();
    let independent: Vec<Vec<u8>> = chunks
        .iter()
        .map(|chunk| lz4_flex::block::compress(chunk))
        .collect();
    // Blocks that depend on each other are what the C library writes by default. Java refuses them, librdkafka doesn't.
    let dependent: Vec<Vec<u8>> = (0..chunks.len())
        .map(|at| match at.checked_sub(1) {
            None => lz4_flex::block::compress(chunks[at]),
            Some(before) => lz4_flex::block::compress_with_dict(chunks[at], chunks[before]),
        })
        .collect();
    let size = (input.len() as u64).to_le_bytes();
    for (flags, more, blocks) in [
        (0x60, &[][..], &independent),
        (0x70, &[], &independent),
        (0x78, &size, &independent),
        (0x40, &[], &dependent),
        (0x50, &[], &dependent),
    ] {
        let frame = lz4_frame(flags, more, blocks);
        assert!(
            decompressor.decompress(Codec::Lz4, &frame).unwrap() == input,
            "{flags:#x}"
        );
        assert!(
            decompressor
                .decompress(Codec::Lz4, &[&frame[..], b"ignored"].concat())
                .unwrap()
                == input
        );
    }
    assert!(
        dependent[1] != independent[1],
        "the second block looks back"
    );
    let mut bad = lz4_frame(0x70, &[], &independent);
    let at = bad.len() - 5;
    bad[at] ^= 1;
    let detail = "checksum of a block does not match";
    assert_eq!(
        decompressor.decompress(Codec::Lz4, &bad),
        Err(CompressionError::Corrupt {
            codec: Codec::Lz4,
            detail
        })
    );
    for (at, value) in [
        (4, 0xa0),
        (4, 0x61),
        (4, 0x62),
        (5, 0x30),
        (5, 0x41),
        (6, 0),
        (0, 5),
    ] {
        let mut bad = lz4_frame(0x60, &[], &independent);
        bad[at] = value;
        assert!(
            decompressor.decompress(Codec::Lz4, &bad).is_err(),
            "byte {at} as {value:#x}"
        );
    }
}

/// The two decoders agree on what the C library writes.
#[test]
#[cfg(all(feature = "zstd", feature = "zstd-read"))]
fn zstd_by_both_decoders() {
    use super::output::Output;
    use super::zstd_frame::Limits;
    let limits = Limits {
        window: Decompressor::LARGEST_WINDOW,
        output: 16 << 20,
    };
    let (mut rust, mut c) = (None, None);
    for (level, lengths) in [
        (-7, &[0, 1, 1_000, 3_000_000][..]),
        (3, &[0, 1, 1_000, 130_000, 3_000_000]),
        (19, &[130_000]),
        (22, &[1_000]),
    ] {
        for &length in lengths {
            for input in [words(length, 17), noise(length), vec![9; length]] {
                let one = compress(Compression::Zstd(ZstdLevel::new(level).unwrap()), &input);
                // As Java writes them: by a stream, which does not know the size; and frames one after the other.
                let streamed = {
                    let mut encoder =
                        ::zstd::stream::write::Encoder::new(Vec::new(), level).unwrap();
                    encoder.include_checksum(true).unwrap();
                    std::io::Write::write_all(&mut encoder, &input).unwrap();
                    encoder.finish().unwrap()
                };
                let bytes = [&one[..], &streamed].concat();
                let mut by_rust = Output::new(Vec::new(), 0, limits.output, Codec::Zstd);
                super::zstd_read::decompress(&mut rust, limits, &bytes, &mut by_rust).unwrap();
                let mut by_c = Output::new(Vec::new(), 0, limits.output, Codec::Zstd);
                super::zstd_c::decompress(&mut c, limits, &bytes, &mut by_c).unwrap();
                let expected = input.repeat(2);
                assert!(
                    by_rust.into_bytes() == expected && by_c.into_bytes() == expected,
                    "level {level}, {length} bytes"
                );
            }
        }
    }
}

#[test]
#[cfg(all(feature = "zstd-read", not(feature = "zstd")))]
fn zstd_is_read_only() {
    let mut out = b"as it was".to_vec();
    let error = Compressor::new()
        .compress(Compression::zstd(), b"x", &mut out)
        .unwrap_err();
    assert_eq!(
        error,
        CompressionError::Unavailable {
            codec: Codec::Zstd,
            writing: true,
            feature: "zstd"
        }
    );
    assert_eq!(out, b"as it was");
}
