//! Batches as a producer would make them.

use bytes::Bytes;
use measure::{Cfg, Keys, Payloads, Res};
use milena_wire::compression::{Codec, Compression, Compressor};
use milena_wire::records::BatchBuilder;
use std::time::{SystemTime, UNIX_EPOCH};

pub fn compression(c: &Cfg) -> Res<Compression> {
    let name = &c.compression;
    let codec = Codec::from_name(name).ok_or(format!("unknown codec {name}"))?;
    Ok(codec.into())
}

/// As many full batches as this, each with the number of its records.
pub fn batches(c: &Cfg, count: usize, compression: Compression) -> Res<Vec<(Bytes, u64)>> {
    let values = Payloads::new(c.size);
    let keys = Keys::wanted(c);
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
    let mut compressor = Compressor::new();
    let mut builder = BatchBuilder::new().with_compression(compression);
    let mut batches = Vec::with_capacity(count);
    let mut i = 0;
    while batches.len() < count {
        let mut records = 0;
        loop {
            let (key, value) = (Keys::of(&keys, i), values.get(i));
            let size = builder.record_size(now, key, Some(value), []);
            if !builder.has_room_for(size, c.batch_bytes) {
                break;
            }
            builder.append(now, key, Some(value), [])?;
            records += 1;
            i += 1;
        }
        batches.push((builder.seal(&mut compressor)?, records));
    }
    Ok(batches)
}
