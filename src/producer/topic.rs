//! The topics that are written to.

use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use foldhash::fast::RandomState;

use super::partition::Partition;
use super::partitioner::Sticky;
use crate::cluster::TopicHold;

/// A topic that is written to, as it was at one time.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) name: Arc<str>,
    pub(super) partitions: Box<[Arc<Partition>]>,
    pub(super) sticky: Arc<Sticky>,
    /// Keeps it in the metadata.
    hold: Arc<TopicHold>,
    /// It with more partitions, which shares those of this.
    grown: OnceLock<Box<Topic>>,
}

impl Topic {
    fn new(name: &str, partitions: usize, hold: TopicHold) -> Self {
        let name = Arc::from(name);
        let indexes = 0..i32::try_from(partitions).unwrap_or(i32::MAX);
        let partitions = indexes.map(|index| Partition::new(&name, index));
        Self {
            partitions: partitions.collect(),
            name,
            sticky: Arc::default(),
            hold: Arc::new(hold),
            grown: OnceLock::new(),
        }
    }

    fn with_partitions(&self, partitions: usize) -> Self {
        let known = self.partitions.iter().cloned();
        let from = i32::try_from(self.partitions.len()).unwrap_or(i32::MAX);
        let more = from..i32::try_from(partitions).unwrap_or(i32::MAX);
        let more = more.map(|index| Partition::new(&self.name, index));
        Self {
            name: Arc::clone(&self.name),
            partitions: known.chain(more).collect(),
            sticky: Arc::clone(&self.sticky),
            hold: Arc::clone(&self.hold),
            grown: OnceLock::new(),
        }
    }

    /// It as it is now.
    #[inline]
    fn newest(&self) -> &Self {
        let mut topic = self;
        while let Some(grown) = topic.grown.get() {
            topic = grown;
        }
        topic
    }
}

/// So many chains of topics there are: one or two topics each in all but the largest programs.
const CHAINS: usize = 1024;

/// The topics that are written to. They are looked up for every record, so a look takes no lock and no shared counter: what is here stays where it is until
/// all goes.
#[derive(Debug)]
pub(super) struct Topics {
    chains: Box<[Chain]>,
    hasher: RandomState,
    /// Held by who adds something.
    adding: Mutex<()>,
}

type Chain = OnceLock<Box<Link>>;

#[derive(Debug)]
struct Link {
    topic: Topic,
    next: Chain,
}

impl Default for Topics {
    fn default() -> Self {
        Self {
            chains: std::iter::repeat_with(Chain::new).take(CHAINS).collect(),
            hasher: RandomState::default(),
            adding: Mutex::default(),
        }
    }
}

impl Topics {
    #[inline]
    fn chain(&self, name: &str) -> Option<&Chain> {
        // The upper half of the hash is the better one.
        let hash = self.hasher.hash_one(name) >> 32;
        let place = usize::try_from(hash).unwrap_or_default() % CHAINS;
        self.chains.get(place)
    }

    /// The topic, if it is known.
    #[inline(always)]
    pub(super) fn find(&self, name: &str) -> Option<&Topic> {
        let mut chain = self.chain(name)?;
        while let Some(link) = chain.get() {
            if *link.topic.name == *name {
                return Some(link.topic.newest());
            }
            chain = &link.next;
        }
        None
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Topic> {
        let firsts = self.chains.iter().filter_map(OnceLock::get);
        let links = firsts.flat_map(|first| {
            std::iter::successors(Some(&**first), |link| link.next.get().map(|next| &**next))
        });
        links.map(|link| link.topic.newest())
    }

    /// Takes note of a topic, or of how many partitions it has now. They never become fewer: what is in the way of one that is gone finds out by itself.
    pub(super) fn learn(&self, name: &str, partitions: usize, hold: impl FnOnce() -> TopicHold) {
        if self.knows(name, partitions) {
            return;
        }
        let _adding = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = self.find(name) {
            if known.partitions.len() < partitions {
                known
                    .grown
                    .get_or_init(|| Box::new(known.with_partitions(partitions)));
            }
            return;
        }
        let Some(mut chain) = self.chain(name) else {
            return;
        };
        while let Some(link) = chain.get() {
            chain = &link.next;
        }
        chain.get_or_init(|| {
            Box::new(Link {
                topic: Topic::new(name, partitions, hold()),
                next: Chain::new(),
            })
        });
    }

    fn knows(&self, name: &str, partitions: usize) -> bool {
        let known = self.find(name);
        known.is_some_and(|known| known.partitions.len() >= partitions)
    }
}

impl Drop for Topics {
    fn drop(&mut self) {
        // One after the other, as a chain that is dropped by its head goes as deep as it is long.
        for chain in &mut self.chains {
            let mut next = chain.take();
            while let Some(mut link) = next {
                next = link.next.take();
            }
        }
    }
}
