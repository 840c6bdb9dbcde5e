//! What a user holds.

use super::operation::Operation;
use crate::cluster::Client;

/// The administration of a cluster: see [`admin`](crate::admin). Made by [`Client::admin`].
#[derive(Clone, Debug)]
pub struct Admin {
    client: Client,
}

impl Admin {
    /// Begins an operation.
    pub(super) fn operation<S>(&self, spec: S) -> Operation<S> {
        Operation::new(&self.client, spec)
    }
}

impl Client {
    /// The administration of the cluster: topics, configs, groups, and all else that Java's `Admin` does.
    #[must_use]
    pub fn admin(&self) -> Admin {
        Admin {
            client: self.clone(),
        }
    }
}
