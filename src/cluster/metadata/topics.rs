//! The topics by name and by id, so that changing a few does not copy all of them.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use foldhash::fast::RandomState;
use uuid::Uuid;

use super::topic::Topic;

/// Topics in a shard, on average, beyond which there are more shards.
const SHARD: usize = 64;

/// All topics that are known. A clone shares everything, and a change copies only the shard that it falls into.
#[derive(Clone, Debug)]
pub(super) struct Topics {
    by_name: Shards<ByName>,
    by_id: Shards<ById>,
}

impl Topics {
    pub(super) fn new() -> Self {
        let hasher = RandomState::default();
        Self {
            by_name: Shards::new(hasher.clone()),
            by_id: Shards::new(hasher),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.by_name.len
    }

    #[inline]
    pub(super) fn find(&self, name: &str) -> Option<&Arc<Topic>> {
        self.by_name.find(name.as_bytes()).map(|topic| &topic.0)
    }

    #[inline]
    pub(super) fn find_by_id(&self, id: Uuid) -> Option<&Arc<Topic>> {
        self.by_id.find(&id).map(|topic| &topic.0)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Topic>> {
        let shards = self.by_name.shards.iter();
        shards.flat_map(|shard| shard.iter().map(|topic| &topic.0))
    }

    /// Puts a topic in the place of the one of its name.
    pub(super) fn insert(&mut self, topic: Arc<Topic>) {
        let before = self.by_name.replace(ByName(Arc::clone(&topic)));
        if let Some(ByName(before)) = before {
            if before.raw_id() != topic.raw_id() {
                self.forget_id(&before);
            }
        }
        if !topic.raw_id().is_nil() {
            self.by_id.replace(ById(topic));
        }
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<Arc<Topic>> {
        let ByName(topic) = self.by_name.remove(name.as_bytes())?;
        self.forget_id(&topic);
        Some(topic)
    }

    /// Unless another topic has the id by now.
    fn forget_id(&mut self, topic: &Topic) {
        let id = topic.raw_id();
        let holder = self.by_id.find(id);
        if holder.is_some_and(|holder| holder.0.name() == topic.name()) {
            self.by_id.remove(id);
        }
    }
}

/// What tells the shard of a key. It need not withstand an attacker, as the hashes within a shard do: if all keys fall into one shard, a
/// change copies that, and nothing else is lost.
trait Spread {
    fn spread(&self) -> u64;
}

const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Spread for [u8] {
    #[inline]
    fn spread(&self) -> u64 {
        let mut chunks = self.chunks_exact(8);
        let mut spread = self.len() as u64;
        for chunk in &mut chunks {
            let chunk = u64::from_le_bytes(chunk.try_into().unwrap_or_default());
            spread = (spread ^ chunk).wrapping_mul(ODD).rotate_left(29);
        }
        let mut last = 0;
        for &byte in chunks.remainder() {
            last = last << 8 | u64::from(byte);
        }
        (spread ^ last).wrapping_mul(ODD)
    }
}

impl Spread for Uuid {
    #[inline]
    fn spread(&self) -> u64 {
        let (high, low) = self.as_u64_pair();
        (high ^ low).wrapping_mul(ODD)
    }
}

#[derive(Clone, Debug)]
struct ByName(Arc<Topic>);

impl Borrow<[u8]> for ByName {
    #[inline]
    fn borrow(&self) -> &[u8] {
        self.0.name.bytes()
    }
}

#[derive(Clone, Debug)]
struct ById(Arc<Topic>);

impl Borrow<Uuid> for ById {
    #[inline]
    fn borrow(&self) -> &Uuid {
        self.0.raw_id()
    }
}

/// Both are hashed and compared as what they lend.
macro_rules! as_borrowed {
    ($type:ty, $key:ty) => {
        impl Hash for $type {
            #[inline]
            fn hash<H: Hasher>(&self, state: &mut H) {
                Borrow::<$key>::borrow(self).hash(state);
            }
        }

        impl PartialEq for $type {
            #[inline]
            fn eq(&self, other: &Self) -> bool {
                Borrow::<$key>::borrow(self) == Borrow::<$key>::borrow(other)
            }
        }

        impl Eq for $type {}

        impl Entry for $type {
            type Key = $key;
        }
    };
}

trait Entry: Clone + Hash + Eq + Borrow<Self::Key> {
    type Key: Spread + Hash + Eq + ?Sized;
}

as_borrowed!(ByName, [u8]);
as_borrowed!(ById, Uuid);

/// A set that is shared by its clones, part by part.
#[derive(Clone, Debug)]
struct Shards<E> {
    /// As many as a power of two.
    shards: Vec<Arc<HashSet<E, RandomState>>>,
    len: usize,
}

impl<E: Entry> Shards<E> {
    fn new(hasher: RandomState) -> Self {
        Self {
            shards: vec![Arc::new(HashSet::with_hasher(hasher))],
            len: 0,
        }
    }

    #[inline]
    fn place(&self, key: &E::Key) -> usize {
        // The high bits are the well mixed ones.
        let spread = (key.spread() >> 32) as u32;
        spread as usize & (self.shards.len() - 1)
    }

    #[inline]
    fn find(&self, key: &E::Key) -> Option<&E> {
        self.shards.get(self.place(key))?.get(key)
    }

    fn replace(&mut self, entry: E) -> Option<E> {
        if self.len >= self.shards.len() * SHARD {
            self.grow();
        }
        let place = self.place(entry.borrow());
        let before = Arc::make_mut(self.shards.get_mut(place)?).replace(entry);
        if before.is_none() {
            self.len += 1;
        }
        before
    }

    fn remove(&mut self, key: &E::Key) -> Option<E> {
        let place = self.place(key);
        let shard = self.shards.get_mut(place)?;
        // Not to copy a shard for nothing.
        shard.get(key)?;
        let before = Arc::make_mut(shard).take(key);
        if before.is_some() {
            self.len -= 1;
        }
        before
    }

    /// Four times as many shards.
    fn grow(&mut self) {
        let hasher = self.shards.first().map(|shard| shard.hasher().clone());
        let hasher = hasher.unwrap_or_default();
        let count = self.shards.len() * 4;
        let empty = || Arc::new(HashSet::with_hasher(hasher.clone()));
        let before = std::mem::take(&mut self.shards);
        self.shards = (0..count).map(|_| empty()).collect();
        for entry in before.iter().flat_map(|shard| shard.iter()) {
            let place = self.place(entry.borrow());
            if let Some(shard) = self.shards.get_mut(place) {
                Arc::make_mut(shard).insert(entry.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests;
