//! How old records are when they come.

use std::sync::OnceLock;
use std::time::Instant;

use crate::{Cfg, Meter};

/// The ages of records under a steady rate. Of the first second, `Cfg::rate` records, nothing is measured.
pub struct Ages {
    meter: Meter,
    seen: u64,
    warm: u64,
    records: u64,
}

impl Ages {
    pub fn new(c: &Cfg) -> Ages {
        Ages {
            meter: Meter::start_with(c.records as usize),
            seen: 0,
            warm: c.rate,
            records: c.records,
        }
    }
    /// Whether all have come.
    pub fn is_over(&self) -> bool {
        self.seen >= self.warm + self.records
    }
    /// A record has come.
    #[inline]
    pub fn came(&mut self, value: Option<&[u8]>) {
        if let Some(ns) = value.and_then(age) {
            self.meter.lap_ns(ns);
        }
        self.seen += 1;
        if self.seen == self.warm {
            self.meter = Meter::start_with(self.records as usize);
        }
    }
    pub fn done(self, peer: &str, c: &Cfg) {
        self.meter.done(peer, c, self.records);
    }
}

fn epoch() -> Instant {
    static EPOCH: OnceLock<Instant> = OnceLock::new();
    *EPOCH.get_or_init(Instant::now)
}

/// A value of `size` bytes (8 or more) that begins with the time; with zero if it is not to be measured.
pub fn stamp(size: usize, measured: bool) -> Vec<u8> {
    let mut v = vec![b'x'; size.max(8)];
    let now = if measured {
        epoch().elapsed().as_nanos() as u64 + 1
    } else {
        0
    };
    v[..8].copy_from_slice(&now.to_le_bytes());
    v
}

/// The age in nanoseconds of such a value, if it is to be measured.
fn age(value: &[u8]) -> Option<u64> {
    let then = u64::from_le_bytes(value.get(..8)?.try_into().ok()?);
    (then != 0).then(|| (epoch().elapsed().as_nanos() as u64 + 1).saturating_sub(then))
}
