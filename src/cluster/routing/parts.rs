//! Lists that are taken apart and put together again.

use std::collections::HashMap;

use milena_wire::codec::Int32Array;

use super::key::Key;

/// The items of a request. None at all may mean that it is about everything.
pub(super) trait Items {
    type Item: Clone;

    fn items(&self) -> &[Self::Item];

    fn from_items(items: Vec<Self::Item>) -> Self;
}

impl<T: Clone> Items for Vec<T> {
    type Item = T;

    fn items(&self) -> &[T] {
        self
    }

    fn from_items(items: Vec<T>) -> Self {
        items
    }
}

impl<T: Clone> Items for Option<Vec<T>> {
    type Item = T;

    fn items(&self) -> &[T] {
        self.as_deref().unwrap_or_default()
    }

    fn from_items(items: Vec<T>) -> Self {
        Some(items)
    }
}

/// The partitions of a topic, in a request.
pub(super) trait Partitions {
    fn count(&self) -> usize;

    /// Leaves those whose positions `stays` wants.
    fn leave(&mut self, stays: impl FnMut(usize) -> bool);
}

impl<T> Partitions for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn leave(&mut self, mut stays: impl FnMut(usize) -> bool) {
        let mut positions = 0..;
        self.retain(|_| positions.next().is_some_and(&mut stays));
    }
}

impl Partitions for Int32Array {
    fn count(&self) -> usize {
        self.len()
    }

    fn leave(&mut self, mut stays: impl FnMut(usize) -> bool) {
        let mut positions = 0..;
        self.retain(|_| positions.next().is_some_and(&mut stays));
    }
}

/// The items of these numbers.
pub(super) fn pick<L: Items>(list: &L, numbers: &[usize]) -> L {
    let items = list.items();
    L::from_items(
        numbers
            .iter()
            .filter_map(|&number| items.get(number))
            .cloned()
            .collect(),
    )
}

/// The topics with the partitions of these numbers, which are ascending.
pub(super) fn pick_partitions<L: Items, P: Partitions>(
    list: &L,
    numbers: &[usize],
    partitions: impl Fn(&L::Item) -> &P,
    partitions_mut: impl Fn(&mut L::Item) -> &mut P,
) -> L {
    let mut picked = Vec::new();
    let mut left = numbers.iter().copied().peekable();
    let mut start = 0;
    for topic in list.items() {
        let end = start + partitions(topic).count();
        if left.peek().is_some_and(|&number| number < end) {
            let mut topic = topic.clone();
            partitions_mut(&mut topic)
                .leave(|position| left.next_if_eq(&(start + position)).is_some());
            picked.push(topic);
        }
        start = end;
    }
    L::from_items(picked)
}

/// Adds topics to topics: the partitions of those that are there already join them.
pub(super) fn merge_topics<T>(
    topics: &mut Vec<T>,
    others: Vec<T>,
    key: impl for<'a> Fn(&'a T) -> Key<'a>,
    join: impl Fn(&mut T, T),
) {
    let places: HashMap<Key<'_>, usize> = topics
        .iter()
        .enumerate()
        .flat_map(|(place, topic)| key(topic).forms().map(move |form| (form, place)))
        .collect();
    let find = |topic: &T| {
        key(topic)
            .forms()
            .find_map(|form| places.get(&form).copied())
    };
    let found: Vec<Option<usize>> = others.iter().map(find).collect();
    for (other, place) in others.into_iter().zip(found) {
        match place.and_then(|place| topics.get_mut(place)) {
            Some(topic) => join(topic, other),
            None => topics.push(other),
        }
    }
}
