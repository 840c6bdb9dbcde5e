//! A steady rate, and how old a record is.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Lets `rate` records a second through, in lots of a millisecond; all at once if the rate is 0.
pub struct Pace {
    from: Instant,
    rate: u64,
    due: u64,
}

impl Pace {
    pub fn new(rate: u64) -> Pace {
        Pace {
            from: Instant::now(),
            rate,
            due: if rate == 0 { u64::MAX } else { 0 },
        }
    }
    /// Waits until record `i` is due.
    #[inline]
    pub async fn wait(&mut self, i: u64) {
        while i >= self.due {
            self.due = (self.from.elapsed().as_secs_f64() * self.rate as f64) as u64;
            if i >= self.due {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }
    /// As `wait`, on a thread of its own.
    pub fn block(&mut self, i: u64) {
        while i >= self.due {
            self.due = (self.from.elapsed().as_secs_f64() * self.rate as f64) as u64;
            if i >= self.due {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
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
pub fn age(value: &[u8]) -> Option<u64> {
    let then = u64::from_le_bytes(value.get(..8)?.try_into().ok()?);
    (then != 0).then(|| (epoch().elapsed().as_nanos() as u64 + 1).saturating_sub(then))
}
