//! The table of nodes.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use bytestring::ByteString;

use super::coordinators::{Coordination, Coordinators};
use super::endpoint::Endpoint;
use super::node::{Node, NodeInfo};
use crate::latency::Latency;

/// The nodes of a cluster.
#[derive(Debug)]
pub(crate) struct Nodes {
    state: RwLock<State>,
}

#[derive(Debug)]
struct State {
    entries: BTreeMap<i32, Entry>,
    /// Ids are never given twice.
    last_id: i32,
    /// Where the nodes stand, in turn; empty if nobody has said.
    racks: Vec<ByteString>,
    /// How far each new node is away.
    latency: Duration,
    /// The node that is the controller, or by KRaft the one that clients are sent to as if it were.
    controller: Option<i32>,
    coordinators: Coordinators,
}

#[derive(Debug)]
struct Entry {
    listens: Endpoint,
    advertised: Option<Endpoint>,
    rack: Option<ByteString>,
    latency: Arc<Latency>,
    /// How often it has listened somewhere else than before.
    moves: u32,
    /// It runs.
    is_up: bool,
    /// The controller knows it: from when it starts until somebody unregisters it.
    is_registered: bool,
}

impl Nodes {
    /// No nodes yet: the first is 1. They stand in these racks, in turn, and are so far away.
    pub(crate) fn new(racks: Vec<ByteString>, latency: Duration) -> Self {
        Self {
            state: RwLock::new(State {
                entries: BTreeMap::new(),
                last_id: 0,
                racks,
                latency,
                controller: None,
                coordinators: Coordinators::default(),
            }),
        }
    }

    /// The id that [`add`](Self::add) gives next.
    pub(crate) fn next_id(&self) -> i32 {
        self.read().last_id.saturating_add(1)
    }

    /// Adds a node that listens there and is not up yet; its id.
    pub(crate) fn add(&self, listens: Endpoint) -> i32 {
        let mut state = self.write();
        state.last_id = state.last_id.saturating_add(1);
        let id = state.last_id;
        let entry = Entry {
            listens,
            advertised: None,
            rack: state.rack(id),
            latency: Arc::new(Latency::new(state.latency)),
            moves: 0,
            is_up: false,
            is_registered: true,
        };
        state.entries.insert(id, entry);
        id
    }

    /// Forgets a node.
    pub(crate) fn remove(&self, id: i32) -> bool {
        self.write().entries.remove(&id).is_some()
    }

    /// The controller forgets a node until it is started anew, as one that runs does not make itself known again; `false` if the controller does not
    /// know it.
    pub(crate) fn unregister(&self, id: i32) -> bool {
        let mut state = self.write();
        let entry = state.entries.get_mut(&id);
        let Some(entry) = entry.filter(|entry| entry.is_registered) else {
            return false;
        };
        entry.is_registered = false;
        if entry.is_up {
            state.gone(id);
        }
        true
    }

    /// Says whether a node is up.
    pub(crate) fn set_up(&self, id: i32, is_up: bool) {
        let mut state = self.write();
        match state.entries.get_mut(&id) {
            Some(entry) if entry.is_up != is_up => {
                entry.is_up = is_up;
                entry.is_registered |= is_up;
            }
            _ => return,
        }
        if is_up {
            state.come(id);
        } else {
            state.gone(id);
        }
    }

    /// The controller, if any node is up.
    pub(crate) fn controller(&self) -> Option<i32> {
        self.read().controller
    }

    /// Another node is the controller; `false` if it is not up.
    pub(crate) fn set_controller(&self, id: i32) -> bool {
        let mut state = self.write();
        let is_up = state.is_alive(id);
        if is_up {
            state.controller = Some(id);
        }
        is_up
    }

    /// Who coordinates this, if any node is up.
    pub(crate) fn coordinator(&self, what: Coordination, key: &str) -> Option<Node> {
        let mut state = self.write();
        let alive = state.alive_ids();
        let id = state.coordinators.of(what, key, &alive)?;
        Some(state.entries.get(&id)?.node(id))
    }

    /// Another node coordinates this; `false` if it is not up.
    pub(crate) fn move_coordinator(&self, what: Coordination, key: &str, id: i32) -> bool {
        let mut state = self.write();
        let is_up = state.is_alive(id);
        if is_up {
            state.coordinators.move_to(what, key, id);
        }
        is_up
    }

    /// A node listens elsewhere from now on, and clients are told so.
    pub(crate) fn set_endpoint(&self, id: i32, listens: Endpoint) {
        if let Some(entry) = self.write().entries.get_mut(&id) {
            entry.listens = listens;
            entry.advertised = None;
            entry.moves = entry.moves.saturating_add(1);
        }
    }

    /// What clients are told of where a node listens; `None`: the truth. Whether there is such a node.
    pub(crate) fn advertise(&self, id: i32, endpoint: Option<Endpoint>) -> bool {
        let mut state = self.write();
        let entry = state.entries.get_mut(&id);
        entry.map(|entry| entry.advertised = endpoint).is_some()
    }

    /// Where a node listens, or did until it was stopped.
    pub(crate) fn endpoint(&self, id: i32) -> Option<Endpoint> {
        let state = self.read();
        Some(state.entries.get(&id)?.listens.clone())
    }

    /// How often a node has listened somewhere else than before.
    pub(crate) fn moves(&self, id: i32) -> Option<u32> {
        Some(self.read().entries.get(&id)?.moves)
    }

    /// The nodes that are up, and known to the controller, by id.
    pub(crate) fn alive(&self) -> Vec<Node> {
        let state = self.read();
        let alive = state.entries.iter().filter(|(_, entry)| entry.is_alive());
        alive.map(|(id, entry)| entry.node(*id)).collect()
    }

    /// The nodes that are down and that the controller knows, by id.
    pub(crate) fn down(&self) -> Vec<Node> {
        let state = self.read();
        let entries = state.entries.iter();
        let down = entries.filter(|(_, entry)| !entry.is_up && entry.is_registered);
        down.map(|(id, entry)| entry.node(*id)).collect()
    }

    /// A node, if it is up and the controller knows it.
    pub(crate) fn alive_node(&self, id: i32) -> Option<Node> {
        let state = self.read();
        let entry = state.entries.get(&id).filter(|entry| entry.is_alive())?;
        Some(entry.node(id))
    }

    /// Where a node stands, if anybody has said.
    pub(crate) fn rack_of(&self, id: i32) -> Option<ByteString> {
        self.read().entries.get(&id)?.rack.clone()
    }

    /// All nodes, up or not.
    pub(crate) fn infos(&self) -> Vec<NodeInfo> {
        let state = self.read();
        let infos = state.entries.iter().map(|(id, entry)| NodeInfo {
            id: *id,
            address: entry.listens.to_string(),
            advertised: entry.advertised().to_string(),
            rack: entry.rack.as_ref().map(ToString::to_string),
            is_up: entry.is_up,
        });
        infos.collect()
    }

    /// The hosts at which they are.
    #[cfg(feature = "tls")]
    pub(crate) fn hosts(&self) -> Vec<String> {
        let state = self.read();
        let hosts = state.entries.values().map(|entry| &entry.listens.host);
        hosts.map(ToString::to_string).collect()
    }

    /// How far the clients of a node are away.
    pub(crate) fn latency(&self, id: i32) -> Option<Arc<Latency>> {
        Some(self.read().entries.get(&id)?.latency.clone())
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        // No code panics under this lock.
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A node is up.
    fn come(&mut self, id: i32) {
        self.coordinators.node_started(id);
        self.controller.get_or_insert(id);
    }

    /// A node is down, or as good as that.
    fn gone(&mut self, id: i32) {
        let alive = self.alive_ids();
        self.coordinators.node_stopped(id, &alive);
        // Who comes back does not take over again.
        if self.controller == Some(id) {
            self.controller = alive.first().copied();
        }
    }

    fn is_alive(&self, id: i32) -> bool {
        self.entries.get(&id).is_some_and(Entry::is_alive)
    }

    fn alive_ids(&self) -> Vec<i32> {
        let alive = self.entries.iter().filter(|(_, entry)| entry.is_alive());
        alive.map(|(id, _)| *id).collect()
    }

    fn rack(&self, id: i32) -> Option<ByteString> {
        let place = usize::try_from(id - 1).unwrap_or(0);
        let place = place.checked_rem(self.racks.len())?;
        self.racks.get(place).cloned()
    }
}

impl Entry {
    /// It is part of the cluster.
    fn is_alive(&self) -> bool {
        self.is_up && self.is_registered
    }

    fn advertised(&self) -> &Endpoint {
        self.advertised.as_ref().unwrap_or(&self.listens)
    }

    fn node(&self, id: i32) -> Node {
        let endpoint = self.advertised();
        Node {
            id,
            host: endpoint.host.clone(),
            port: endpoint.port,
            rack: self.rack.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(count: i32, racks: &[&'static str]) -> Nodes {
        let racks = racks.iter().copied().map(ByteString::from_static);
        let nodes = Nodes::new(racks.collect(), Duration::ZERO);
        for _ in 0..count {
            let id = nodes.add(Endpoint::in_memory(nodes.next_id(), 0));
            nodes.set_up(id, true);
        }
        nodes
    }

    #[test]
    fn ids_are_never_given_twice() {
        let nodes = nodes(3, &["a", "b"]);
        assert!(nodes.remove(3) && !nodes.remove(3));
        assert_eq!(nodes.next_id(), 4);
        assert_eq!(nodes.add(Endpoint::in_memory(4, 0)), 4);
        let racks: Vec<_> = nodes
            .infos()
            .into_iter()
            .map(|node| node.rack.unwrap())
            .collect();
        assert_eq!(racks, ["a", "b", "b"]);
        // It is not up before it is told to be.
        let alive: Vec<_> = nodes.alive().iter().map(|node| node.id).collect();
        assert_eq!(alive, [1, 2]);
        assert_eq!(nodes.down()[0].id, 4);
    }

    #[test]
    fn who_is_unregistered_is_forgotten_until_it_is_started_anew() {
        let nodes = nodes(2, &[]);
        let alive = || nodes.alive().iter().map(|node| node.id).collect::<Vec<_>>();
        assert_eq!(nodes.controller(), Some(1));
        assert!(nodes.unregister(1));
        // It runs, and is neither up nor down for the others.
        assert_eq!((alive(), nodes.down().len()), (vec![2], 0));
        assert!(nodes.infos()[0].is_up);
        assert_eq!(nodes.controller(), Some(2));
        assert!(!nodes.set_controller(1));
        assert!(!nodes.unregister(1));
        assert!(!nodes.unregister(7));
        nodes.set_up(1, false);
        assert!(nodes.down().is_empty());
        nodes.set_up(1, true);
        assert_eq!(alive(), [1, 2]);
        // One that is down is as well.
        nodes.set_up(1, false);
        assert_eq!(nodes.down()[0].id, 1);
        assert!(nodes.unregister(1));
        assert!(nodes.down().is_empty());
    }

    #[test]
    fn clients_are_told_what_is_advertised_until_the_node_moves() {
        let nodes = nodes(1, &[]);
        let proxy = Endpoint {
            host: "proxy".into(),
            port: 1,
        };
        assert!(nodes.advertise(1, Some(proxy)) && !nodes.advertise(2, None));
        assert_eq!(&*nodes.alive_node(1).unwrap().host, "proxy");
        assert_eq!(nodes.endpoint(1), Some(Endpoint::in_memory(1, 0)));
        nodes.set_endpoint(1, Endpoint::in_memory(1, 1));
        assert_eq!(&*nodes.alive_node(1).unwrap().host, "node-1-2.invalid");
        assert_eq!(nodes.moves(1), Some(1));
    }

    #[test]
    fn the_controller_stays_until_it_stops() {
        let nodes = nodes(3, &[]);
        assert_eq!(nodes.controller(), Some(1));
        assert!(nodes.set_controller(3) && !nodes.set_controller(4));
        nodes.set_up(1, false);
        assert_eq!(nodes.controller(), Some(3));
        nodes.set_up(3, false);
        assert_eq!(nodes.controller(), Some(2));
        nodes.set_up(1, true);
        nodes.set_up(1, true);
        assert_eq!(nodes.controller(), Some(2));
        nodes.set_up(1, false);
        nodes.set_up(2, false);
        assert_eq!(nodes.controller(), None);
        nodes.set_up(3, true);
        assert_eq!(nodes.controller(), Some(3));
    }

    #[test]
    fn addresses_are_written_as_clients_dial_them() {
        for (address, expected) in [
            ("127.0.0.1:9092", "127.0.0.1:9092"),
            ("[::1]:9092", "[::1]:9092"),
            ("0.0.0.0:1", "localhost:1"),
            ("[::]:1", "localhost:1"),
        ] {
            let endpoint = Endpoint::of_socket(address.parse().unwrap());
            assert_eq!(endpoint.to_string(), expected);
        }
    }
}
