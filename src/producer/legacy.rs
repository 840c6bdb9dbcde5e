//! What brokers of old can take: message sets before Kafka 0.11 (KIP-98), and no zstd before 2.1 (KIP-110).

use bytes::Bytes;
use milena_wire::codec::VersionRange;
use milena_wire::compression::{Codec, Compression, Compressor, Decompressor};
use milena_wire::records::{Batches, MessageSetBuilder, RecordError, RecordSet};

use crate::error::{Error, ErrorKind};

/// The first version of Produce with record batches, and with it headers.
const BATCHES: i16 = 3;
/// The first one with timestamps.
const TIMESTAMPS: i16 = 2;
/// The first one with zstd.
const ZSTD: i16 = 7;

/// A batch as a broker takes it; `None` if that is as it is.
///
/// # Errors
/// The broker is too old for what is in it.
pub(super) fn translated(
    bytes: &Bytes,
    compression: Compression,
    versions: VersionRange,
    compressor: &mut Compressor,
) -> Result<Option<Bytes>, Error> {
    if compression.codec() == Codec::Zstd && versions.max < ZSTD {
        return Err(too_old(ZSTD, versions));
    }
    if versions.max >= BATCHES {
        return Ok(None);
    }
    let set = match versions.max {
        ..TIMESTAMPS => MessageSetBuilder::magic_0(),
        _ => MessageSetBuilder::magic_1(),
    };
    let mut set = set.with_compression(compression);
    let invalid = |error: RecordError| Error::new(ErrorKind::InvalidRecord(error));
    let mut decompressor = Decompressor::new();
    for batch in Batches::new(bytes.clone()) {
        let records = batch.and_then(|batch| batch.records(&mut decompressor));
        let records = records.and_then(RecordSet::check);
        for record in &records.map_err(invalid)? {
            if !record.headers.is_empty() {
                return Err(too_old(BATCHES, versions));
            }
            let appended = set.append(record.timestamp, record.key, record.value);
            appended.map_err(invalid)?;
        }
    }
    set.seal(compressor).map(Some).map_err(invalid)
}

fn too_old(needed: i16, theirs: VersionRange) -> Error {
    let ours = VersionRange::new(needed, i16::MAX);
    Error::new(ErrorKind::UnsupportedVersion { ours, theirs })
}
