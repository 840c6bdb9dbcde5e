//! The faults of a cluster, for all its tasks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::action::{AcceptAction, Action};
use super::fault::Fault;
use super::table::{Hit, Id, Table};
use crate::requests::RequestOrigin;
use crate::topic_part::TopicPart;

/// The faults of a cluster. Where none is set, a request costs one relaxed load.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    armed: AtomicBool,
    table: Mutex<Table>,
    /// Tells those who wait that something has happened or was removed.
    changes: watch::Sender<()>,
}

impl Faults {
    pub(crate) fn insert(&self, fault: Fault) -> Id {
        self.change(|table| table.insert(fault))
    }

    pub(crate) fn clear(&self) {
        self.change(Table::clear);
    }

    pub(super) fn remove(&self, id: Id) {
        self.change(|table| table.remove(id));
    }

    /// Whether any fault may happen at all.
    pub(crate) fn armed(&self) -> bool {
        // Who injects a fault and then sends a request has done something in between that orders the two.
        self.armed.load(Ordering::Relaxed)
    }

    pub(crate) fn request(&self, request: &RequestOrigin<'_>) -> Option<Hit<Action>> {
        self.change(|table| table.request(request))
    }

    /// What a request meets because of the topics and partitions that it names. Those are only looked up if any fault minds them.
    pub(crate) fn parts(
        &self,
        request: &RequestOrigin<'_>,
        named: impl FnOnce() -> Vec<TopicPart>,
    ) -> Option<Hit<Action>> {
        if !self.table().minds_parts(request) {
            return None;
        }
        let named = named();
        self.change(|table| table.parts(request, &named))
    }

    pub(crate) fn accepted(&self, node: i32, connection: u64) -> Option<Hit<AcceptAction>> {
        if !self.armed() {
            return None;
        }
        self.change(|table| table.accepted(node, connection))
    }

    /// Tells that a fault has done what it does.
    pub(crate) fn happened(&self, id: Id) {
        self.change(|table| table.happened(id));
    }

    /// Tells that a fault which was met had nothing to do.
    pub(crate) fn missed(&self, id: Id) {
        self.change(|table| table.missed(id));
    }

    pub(super) fn hits(&self, id: Id) -> Option<u64> {
        self.table().hits(id)
    }

    /// Ends when the fault has happened so many times; `false` if it was removed before.
    pub(super) async fn until_hits(&self, id: Id, count: u64) -> bool {
        self.until(|| self.hits(id).is_none_or(|hits| hits >= count))
            .await;
        self.hits(id).is_some()
    }

    /// Ends when the fault was removed.
    pub(crate) async fn until_removed(&self, id: Id) {
        self.until(|| !self.table().contains(id)).await;
    }

    async fn until(&self, done: impl Fn() -> bool + Send + Sync) {
        // The sender is `self`, so this cannot fail.
        let _ = self.changes.subscribe().wait_for(|()| done()).await;
    }

    fn change<T>(&self, change: impl FnOnce(&mut Table) -> T) -> T {
        let mut table = self.table();
        let result = change(&mut table);
        self.armed.store(table.is_armed(), Ordering::Relaxed);
        drop(table);
        self.changes.send_replace(());
        result
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // No code panics under this lock.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
