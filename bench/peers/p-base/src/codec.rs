//! What a codec costs by itself.

use crate::batches::{batches, compression};
use measure::{Cfg, Meter, Res};
use milena_wire::compression::{Codec, Compression, Compressor, Decompressor};

/// Two lines: compressing, and decompressing. Records are counted, so that the figures stand beside those of clients; `bytes` is what it compressed to.
pub fn codec(c: Cfg) -> Res<()> {
    let plain = batches(&c, 8, Compression::None)?;
    let how = compression(&c)?;
    let codec: Codec = how.codec();
    let mut compressor = Compressor::new();
    let mut decompressor = Decompressor::new();
    let mut out = Vec::new();
    let mut packed = Vec::new();
    for (batch, _) in &plain {
        compressor.compress(how, &batch[61..], &mut out)?;
        packed.push(out.clone());
        out.clear();
    }
    let (mut records, mut bytes) = (0, 0);
    let mut m = Meter::start();
    for (batch, count) in plain.iter().cycle() {
        if records >= c.records {
            break;
        }
        out.clear();
        compressor.compress(how, &batch[61..], &mut out)?;
        bytes += out.len() as u64;
        records += count;
    }
    m.bytes(bytes);
    m.done("base-compress", &c, records);
    let (mut records, mut bytes) = (0, 0);
    let mut m = Meter::start();
    for (packed, (_, count)) in packed.iter().zip(&plain).cycle() {
        if records >= c.records {
            break;
        }
        let inflated = decompressor.decompress(codec, packed)?;
        decompressor.recycle(inflated);
        bytes += packed.len() as u64;
        records += count;
    }
    m.bytes(bytes);
    m.done("base-decompress", &c, records);
    Ok(())
}
