//! All access rules of the cluster.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::acl::Acl;
use super::filter::Filter;

/// The access rules of a cluster, each once.
#[derive(Debug, Default)]
pub(crate) struct Acls {
    acls: Mutex<BTreeSet<Acl>>,
}

impl Acls {
    pub(crate) fn add(&self, acl: Acl) {
        self.lock().insert(acl);
    }

    /// Those that fit a filter, by resource.
    pub(crate) fn find(&self, filter: Filter<'_>) -> Vec<Acl> {
        let acls = self.lock();
        acls.iter()
            .filter(|acl| filter.fits(acl))
            .cloned()
            .collect()
    }

    /// Takes those that fit a filter away, and gives them.
    pub(crate) fn remove(&self, filter: Filter<'_>) -> Vec<Acl> {
        let mut acls = self.lock();
        let (gone, left) = std::mem::take(&mut *acls)
            .into_iter()
            .partition::<BTreeSet<_>, _>(|acl| filter.fits(acl));
        *acls = left;
        gone.into_iter().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<Acl>> {
        // No code panics under this lock.
        self.acls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
