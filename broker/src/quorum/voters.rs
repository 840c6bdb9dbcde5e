//! The controllers that vote.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use milena_wire::error_code::ErrorCode;
use uuid::Uuid;

use crate::failure::Failure;

/// A voter and the directory that it keeps the metadata in, without which it would be another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VoterKey {
    pub(crate) id: i32,
    pub(crate) directory: Uuid,
}

/// As Kafka writes it.
impl fmt::Display for VoterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let directory = URL_SAFE_NO_PAD.encode(self.directory.as_bytes());
        write!(f, "ReplicaKey(id={}, directoryId={directory})", self.id)
    }
}

/// Where a voter listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VoterEndpoint {
    /// The name of the listener.
    pub(crate) name: String,
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// A controller that votes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Voter {
    pub(crate) key: VoterKey,
    pub(crate) endpoints: Vec<VoterEndpoint>,
}

/// All that vote, of whom there is always one.
#[derive(Clone, Debug)]
pub(super) struct Voters {
    by_id: BTreeMap<i32, Voter>,
}

impl Voters {
    pub(super) fn new(voters: impl IntoIterator<Item = Voter>) -> Self {
        let by_id = voters.into_iter().map(|voter| (voter.key.id, voter));
        Self {
            by_id: by_id.collect(),
        }
    }

    pub(super) fn all(&self) -> Vec<Voter> {
        self.by_id.values().cloned().collect()
    }

    pub(super) fn first(&self) -> Option<i32> {
        self.by_id.keys().next().copied()
    }

    pub(super) fn contains(&self, id: i32) -> bool {
        self.by_id.contains_key(&id)
    }

    pub(super) fn add(&mut self, voter: Voter) -> Result<(), Failure> {
        if self.contains(voter.key.id) {
            let (key, all) = (voter.key, self.keys());
            return Err(Failure::new(
                ErrorCode::DUPLICATE_VOTER,
                format!("The voter id for {key} is already part of the set of voters [{all}]."),
            ));
        }
        self.by_id.insert(voter.key.id, voter);
        Ok(())
    }

    pub(super) fn remove(&mut self, key: VoterKey) -> Result<(), Failure> {
        let known = self
            .by_id
            .get(&key.id)
            .is_some_and(|known| known.key == key);
        if !known || self.by_id.len() == 1 {
            let all = self.keys();
            return Err(Failure::new(
                ErrorCode::VOTER_NOT_FOUND,
                format!("Cannot remove voter {key} from the set of voters [{all}]"),
            ));
        }
        self.by_id.remove(&key.id);
        Ok(())
    }

    fn keys(&self) -> String {
        let keys = self.by_id.values().map(|voter| voter.key.to_string());
        keys.collect::<Vec<_>>().join(", ")
    }
}
