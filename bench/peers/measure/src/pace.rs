//! A steady rate.

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
