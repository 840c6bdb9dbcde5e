//! What many threads count in, each in a place of its own, so that they do not pass one cache line to and fro.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many places there are: threads beyond that share.
const STRIPES: usize = 16;

/// Apart from its neighbours by what processors fetch at once.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Padded<T>(T);

/// One `T` for each of some threads. What is read is the sum over all.
#[derive(Debug)]
pub(crate) struct Striped<T> {
    /// Never empty.
    others: Box<[Padded<T>]>,
    last: Padded<T>,
}

impl<T: Default> Default for Striped<T> {
    fn default() -> Self {
        Self {
            others: (1..STRIPES).map(|_| Padded::default()).collect(),
            last: Padded::default(),
        }
    }
}

impl<T> Striped<T> {
    /// This thread's.
    pub(crate) fn own(&self) -> &T {
        let own = self.others.get(thread() % STRIPES);
        &own.unwrap_or(&self.last).0
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &T> + Clone {
        let all = self.others.iter().chain([&self.last]);
        all.map(|padded| &padded.0)
    }
}

/// The number of this thread among those that count.
fn thread() -> usize {
    const NONE: usize = usize::MAX;
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: Cell<usize> = const { Cell::new(NONE) };
    }
    let number = NUMBER.get();
    if number != NONE {
        return number;
    }
    let number = NEXT.fetch_add(1, Ordering::Relaxed) % STRIPES;
    NUMBER.set(number);
    number
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;

    #[test]
    fn every_thread_has_a_place_and_the_sum_is_whole() {
        let striped: Striped<AtomicU64> = Striped::default();
        std::thread::scope(|scope| {
            for _ in 0..3 * STRIPES {
                scope.spawn(|| {
                    for _ in 0..100 {
                        striped.own().fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        let counts: Vec<_> = striped
            .all()
            .map(|count| count.load(Ordering::Relaxed))
            .collect();
        assert_eq!(counts.len(), STRIPES);
        assert_eq!(counts.iter().sum::<u64>(), 100 * 3 * STRIPES as u64);
        assert!(counts.iter().filter(|&&count| count > 0).count() > 1);
    }
}
