//! When two latencies are the same.

use std::time::Duration;

use super::super::nanoseconds::nanoseconds;

/// Ranks a latency. Those that differ by less than an eighth or so have the same rank: no two that were measured are ever equal, and the least
/// bit of luck must not draw all of the load. An unknown one ranks first, so that it becomes known.
pub(super) fn rank(latency: Option<Duration>) -> u64 {
    let Some(latency) = latency else {
        return 0;
    };
    // What is shorter than 8 ns is no latency.
    let nanoseconds = nanoseconds(latency).max(8);
    // The place of the highest bit, and the three bits below it.
    let highest = nanoseconds.ilog2();
    u64::from(highest) << 3 | (nanoseconds >> (highest - 3)) & 7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_follow_latencies_in_steps_of_an_eighth() {
        let all = (0..100_000).chain([u64::MAX / 2, u64::MAX]);
        let ranks: Vec<_> = all
            .map(|nanoseconds| rank(Some(Duration::from_nanos(nanoseconds))))
            .collect();
        assert!(ranks.is_sorted());
        let of = |micros| rank(Some(Duration::from_micros(micros)));
        for micros in [10, 1000, 7777, 50_000, 3_000_000] {
            // A quarter more is always more.
            assert!(of(micros) < of(micros * 5 / 4), "{micros}");
        }
        assert!(rank(None) < rank(Some(Duration::ZERO)));
        assert!(rank(Some(Duration::MAX)) >= rank(Some(Duration::from_secs(1 << 34))));
    }
}
