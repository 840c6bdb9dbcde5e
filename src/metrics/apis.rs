//! What is counted by API.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use milena_wire::api_key::ApiKey;

use super::histogram::Histogram;
use super::kinds::{Counts, ErrorClass};
use super::snapshot::ApiSnapshot;
use super::striped::Striped;

/// A slot for each API, by its key: they go up by one. The last is for those that nobody knows: a program's mistake must not make series without
/// end.
const SLOTS: usize = UNKNOWN + 1;

const UNKNOWN: usize = ApiKey::ALL.len();

/// What one thread, or some, counted of one API.
#[derive(Debug, Default)]
pub(crate) struct ApiCounts {
    pub(crate) started: AtomicU64,
    pub(crate) cancelled: AtomicU64,
    pub(crate) errors: Counts,
    pub(crate) retries: AtomicU64,
    pub(crate) throttles: AtomicU64,
    /// In nanoseconds.
    pub(crate) throttle_time: AtomicU64,
    /// Its count is that of the calls that ended.
    pub(crate) request: Histogram,
    pub(crate) queue: Histogram,
    pub(crate) broker: Histogram,
}

/// The slots of one thread, or of some. What no API uses takes no memory but its slot's.
#[derive(Debug)]
struct Slots([OnceLock<Box<ApiCounts>>; SLOTS]);

impl Default for Slots {
    fn default() -> Self {
        Self([const { OnceLock::new() }; SLOTS])
    }
}

/// What is counted by API.
#[derive(Debug, Default)]
pub(crate) struct Apis(Striped<Slots>);

fn slot_of(api: ApiKey) -> usize {
    let slot = usize::try_from(api.0).unwrap_or(UNKNOWN);
    slot.min(UNKNOWN)
}

impl Apis {
    /// Where this thread counts what is of `api`.
    pub(crate) fn of(&self, api: ApiKey) -> Option<&ApiCounts> {
        let slot = self.0.own().0.get(slot_of(api))?;
        Some(slot.get_or_init(Box::default))
    }

    /// The APIs that were used, by their keys; all unknown ones are one, and the last.
    pub(crate) fn read(&self) -> Vec<ApiSnapshot> {
        (0..SLOTS).filter_map(|slot| self.read_slot(slot)).collect()
    }

    fn read_slot(&self, slot: usize) -> Option<ApiSnapshot> {
        let key = i16::try_from(slot).ok()?;
        let api = (slot != UNKNOWN).then_some(ApiKey(key));
        let mut read = ApiSnapshot::new(api);
        let stripes = self.0.all().filter_map(|slots| slots.0.get(slot)?.get());
        let mut started = 0;
        let mut is_used = false;
        // What ended is read first, and its start was before: there are never fewer started than ended.
        for counts in stripes.clone() {
            is_used = true;
            let get = |count: &AtomicU64| count.load(Ordering::Acquire);
            read.cancelled += get(&counts.cancelled);
            read.retries += get(&counts.retries);
            read.throttles += get(&counts.throttles);
            read.throttle_time += Duration::from_nanos(get(&counts.throttle_time));
            let errors = counts.errors.read::<ErrorClass>();
            for ((_, sum), (_, count)) in read.errors.iter_mut().zip(errors) {
                *sum += count;
            }
            counts.request.add_to(&mut read.request);
            counts.queue.add_to(&mut read.queue);
            counts.broker.add_to(&mut read.broker);
        }
        for counts in stripes {
            started += counts.started.load(Ordering::Acquire);
        }
        read.requests = started;
        read.in_flight = started.saturating_sub(read.request.count() + read.cancelled);
        is_used.then_some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_api_has_a_slot_and_the_others_share_one() {
        let apis = Apis::default();
        for (slot, &api) in ApiKey::ALL.iter().enumerate() {
            assert_eq!(slot_of(api), slot, "{api}");
            apis.of(api).unwrap();
        }
        let first = i16::try_from(UNKNOWN).unwrap();
        for unknown in [-1, first, first + 1, 3000, i16::MIN, i16::MAX] {
            assert_eq!(ApiKey(unknown).name(), None);
            let counts = apis.of(ApiKey(unknown)).unwrap();
            counts.retries.fetch_add(1, Ordering::Relaxed);
        }
        let read = apis.read();
        let keys: Vec<_> = read.iter().map(|api| api.api).collect();
        let known = ApiKey::ALL.iter().map(|&api| Some(api));
        assert_eq!(keys, known.chain([None]).collect::<Vec<_>>());
        assert_eq!(read.last().unwrap().retries, 6);
    }

    #[test]
    fn what_nobody_used_is_not_there() {
        let apis = Apis::default();
        assert!(apis.read().is_empty());
        apis.of(ApiKey::FETCH).unwrap();
        assert_eq!(apis.read().len(), 1);
    }
}
