//! Who waits for room in the outbox. No I/O.

use std::collections::VecDeque;
use std::task::Waker;
use std::time::Instant;

/// A line: who came first goes in first, and the next one is woken by him.
#[derive(Debug, Default)]
pub(crate) struct WaitingRoom {
    places: VecDeque<Place>,
    last_number: u64,
}

#[derive(Debug)]
struct Place {
    /// By which he is known when he comes again.
    number: u64,
    deadline: Instant,
    waker: Waker,
}

impl WaitingRoom {
    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Whether nobody is before the one with this number, or before a newcomer without one.
    pub(crate) fn may_pass(&self, number: Option<u64>) -> bool {
        self.places.front().map(|place| place.number) == number || self.places.is_empty()
    }

    /// Takes a place at the end of the line, or keeps the one that is his.
    pub(crate) fn wait(&mut self, number: Option<u64>, deadline: Instant, waker: &Waker) -> u64 {
        let before = number.and_then(|number| self.find(number));
        if let Some(place) = before.and_then(|index| self.places.get_mut(index)) {
            place.waker.clone_from(waker);
            return place.number;
        }
        self.last_number += 1;
        self.places.push_back(Place {
            number: self.last_number,
            deadline,
            waker: waker.clone(),
        });
        self.last_number
    }

    /// Gives a place up: he went in, or away.
    pub(crate) fn leave(&mut self, number: u64) {
        if let Some(index) = self.find(number) {
            self.places.remove(index);
        }
    }

    fn find(&self, number: u64) -> Option<usize> {
        // They ascend, as everybody takes his place at the end.
        let found = self
            .places
            .binary_search_by_key(&number, |place| place.number);
        found.ok()
    }

    /// Who is to be woken when there is room.
    pub(crate) fn first(&self) -> Option<Waker> {
        self.places.front().map(|place| place.waker.clone())
    }

    /// Those whose time is up lose their places, so that one who is never polled again does not hold the others up for ever.
    pub(crate) fn late(&mut self, now: Instant) -> Vec<Waker> {
        let mut late = Vec::new();
        self.places.retain(|place| {
            let is_late = place.deadline <= now;
            if is_late {
                late.push(place.waker.clone());
            }
            !is_late
        });
        late
    }

    /// When the next one's time is up.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.places.iter().map(|place| place.deadline).min()
    }

    /// Everybody; the room is empty then.
    pub(crate) fn clear(&mut self) -> Vec<Waker> {
        self.places.drain(..).map(|place| place.waker).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_line_is_kept() {
        let now = Instant::now();
        let mut room = WaitingRoom::default();
        assert!(room.may_pass(None), "an empty room holds nobody up");
        let first = room.wait(None, now, Waker::noop());
        let second = room.wait(None, now, Waker::noop());
        assert_eq!(
            room.wait(Some(first), now, Waker::noop()),
            first,
            "he keeps his place"
        );
        assert!(room.may_pass(Some(first)));
        assert!(!room.may_pass(Some(second)) && !room.may_pass(None));
        room.leave(first);
        assert!(room.may_pass(Some(second)) && !room.may_pass(None));
        room.leave(second);
        assert!(room.may_pass(None) && room.first().is_none());
    }

    #[test]
    fn whose_time_is_up_is_told() {
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        let mut room = WaitingRoom::default();
        room.wait(None, later, Waker::noop());
        room.wait(None, now, Waker::noop());
        assert_eq!(room.next_deadline(), Some(now));
        assert_eq!(room.late(now).len(), 1);
        assert_eq!(room.next_deadline(), Some(later));
        assert_eq!(room.clear().len(), 1);
    }
}
