//! The brokers that are known, by their ids.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use foldhash::fast::RandomState;

use super::node::Node;
use crate::cluster::breaker::{BreakerSettings, CircuitBreaker};
use crate::cluster::purpose::Purpose;
use crate::cluster::random::Random;
use crate::connection::{Address, now};

/// The brokers that are known. Looking one up takes no lock.
#[derive(Debug)]
pub(crate) struct Nodes {
    table: ArcSwap<Table>,
    changing: Mutex<()>,
    breaker: BreakerSettings,
    connections: [usize; Purpose::COUNT],
    seed: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Table {
    by_id: HashMap<i32, Arc<Node>, RandomState>,
    /// In the order of their ids.
    list: Vec<Arc<Node>>,
}

impl Table {
    pub(crate) fn list(&self) -> &[Arc<Node>] {
        &self.list
    }
}

/// A broker, as metadata has it.
#[derive(Clone, Debug)]
pub(crate) struct Broker {
    pub(crate) id: i32,
    pub(crate) address: Address,
    pub(crate) rack: Option<Arc<str>>,
}

impl Nodes {
    pub(crate) fn new(breaker: BreakerSettings, connections: [usize; Purpose::COUNT]) -> Self {
        Self {
            table: ArcSwap::default(),
            changing: Mutex::default(),
            breaker,
            connections,
            seed: u64::from(Random::any()) << 32,
        }
    }

    pub(crate) fn by_id(&self, id: i32) -> Option<Arc<Node>> {
        self.table.load().by_id.get(&id).cloned()
    }

    /// All of them, in the order of their ids.
    pub(crate) fn table(&self) -> Arc<Table> {
        self.table.load_full()
    }

    /// Knows these brokers from now on, and no others. One that is where it was stays the same node, with its connections; gives those that went or
    /// moved.
    pub(crate) fn replace(&self, brokers: impl IntoIterator<Item = Broker>) -> Vec<Arc<Node>> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.table.load_full();
        let mut by_id = HashMap::with_capacity_and_hasher(old.list.len(), RandomState::default());
        for broker in brokers {
            let known = old.by_id.get(&broker.id);
            let is_same = |node: &&Arc<Node>| {
                node.address.text() == broker.address.text() && node.rack == broker.rack
            };
            let node = known.filter(is_same).cloned();
            by_id.insert(broker.id, node.unwrap_or_else(|| self.node(broker)));
        }
        let is_kept = |node: &Arc<Node>| {
            let kept = by_id.get(&node.id);
            kept.is_some_and(|kept| Arc::ptr_eq(kept, node))
        };
        let gone: Vec<_> = old
            .list
            .iter()
            .filter(|node| !is_kept(node))
            .cloned()
            .collect();
        if gone.is_empty() && by_id.len() == old.list.len() {
            return gone;
        }
        let mut list: Vec<_> = by_id.values().cloned().collect();
        list.sort_by_key(|node| node.id);
        self.table.store(Arc::new(Table { by_id, list }));
        gone
    }

    fn node(&self, broker: Broker) -> Arc<Node> {
        let Broker { id, address, rack } = broker;
        // Brokers that failed together are not to be tried together.
        let seed = u64::from(id.unsigned_abs()) ^ self.seed;
        let breaker = CircuitBreaker::of_valid(self.breaker.clone(), now(), seed);
        Arc::new(Node::new(id, address, rack, breaker, &self.connections))
    }
}
