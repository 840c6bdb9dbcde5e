//! The connections of a cluster.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::task::AbortHandle;

/// A connection that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionInfo {
    /// Counts the connections of a cluster in the order in which they were accepted, from 1.
    pub number: u64,
    /// The node that it leads to.
    pub node: i32,
    /// The client's end; `None` if it came by [`Cluster::connect`](crate::Cluster::connect).
    pub peer: Option<SocketAddr>,
    /// The name of the client's software and its version, if it has told them in ApiVersions (from version 3 on).
    pub software: Option<(String, String)>,
}

/// How many connections there are and were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionCounts {
    /// How many are open now.
    pub open: u64,
    /// How many were ever accepted.
    pub accepted: u64,
}

/// The connections of a cluster.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    open: Mutex<BTreeMap<u64, Entry>>,
    counts: watch::Sender<ConnectionCounts>,
}

#[derive(Debug)]
struct Entry {
    node: i32,
    peer: Option<SocketAddr>,
    /// Behind a pointer, since few tests ask for it and every connection pays.
    software: Option<Box<(String, String)>>,
    task: Option<AbortHandle>,
}

impl Connections {
    /// A connection was accepted. It is open until what this gives is dropped.
    pub(crate) fn accept(self: &Arc<Self>, node: i32, peer: Option<SocketAddr>) -> Open {
        let entry = Entry {
            node,
            peer,
            software: None,
            task: None,
        };
        let mut open = self.open();
        let mut number = 0;
        self.counts.send_modify(|counts| {
            counts.open += 1;
            counts.accepted += 1;
            number = counts.accepted;
        });
        open.insert(number, entry);
        drop(open);
        Open {
            number,
            connections: self.clone(),
        }
    }

    /// Tells which task serves a connection, unless that has ended already.
    pub(crate) fn served_by(&self, number: u64, task: AbortHandle) {
        if let Some(entry) = self.open().get_mut(&number) {
            entry.task = Some(task);
        }
    }

    /// Remembers what a client says of itself.
    pub(crate) fn introduce(&self, number: u64, name: &str, version: &str) {
        let software = Box::new((name.to_owned(), version.to_owned()));
        if let Some(entry) = self.open().get_mut(&number) {
            entry.software = Some(software);
        }
    }

    /// Ends the connections of a node; how many those were.
    pub(crate) fn close(&self, node: i32) -> usize {
        let open = self.open();
        let tasks: Vec<_> = open
            .values()
            .filter(|entry| entry.node == node)
            .filter_map(|entry| entry.task.clone())
            .collect();
        // A task that ends takes this lock.
        drop(open);
        tasks.iter().for_each(AbortHandle::abort);
        tasks.len()
    }

    pub(crate) fn list(&self) -> Vec<ConnectionInfo> {
        let open = self.open();
        let infos = open.iter().map(|(number, entry)| ConnectionInfo {
            number: *number,
            node: entry.node,
            peer: entry.peer,
            software: entry.software.as_deref().cloned(),
        });
        infos.collect()
    }

    pub(crate) fn counts(&self) -> ConnectionCounts {
        *self.counts.borrow()
    }

    pub(crate) async fn until(
        &self,
        done: impl FnMut(&ConnectionCounts) -> bool,
    ) -> ConnectionCounts {
        let mut counts = self.counts.subscribe();
        // The sender is `self`, so this cannot fail.
        counts
            .wait_for(done)
            .await
            .map_or_else(|_| self.counts(), |counts| *counts)
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<u64, Entry>> {
        // No code panics under this lock.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Held for as long as a connection is open.
#[derive(Debug)]
pub(crate) struct Open {
    number: u64,
    connections: Arc<Connections>,
}

impl Open {
    pub(crate) fn number(&self) -> u64 {
        self.number
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.connections.open().remove(&self.number);
        self.connections
            .counts
            .send_modify(|counts| counts.open -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_counted_and_listed_while_open() {
        let connections = Arc::new(Connections::default());
        let peer = SocketAddr::from(([127, 0, 0, 1], 7));
        let first = connections.accept(1, None);
        let second = connections.accept(2, Some(peer));
        connections.introduce(second.number(), "me", "1.0");
        drop(first);
        let counts = connections.counts();
        assert_eq!((counts.open, counts.accepted), (1, 2));
        let expected = ConnectionInfo {
            number: 2,
            node: 2,
            peer: Some(peer),
            software: Some(("me".to_owned(), "1.0".to_owned())),
        };
        assert_eq!(connections.list(), [expected]);
        drop(second);
        assert_eq!(connections.counts().open, 0);
        assert!(connections.list().is_empty());
    }
}
