//! The quorum of controllers.

use std::sync::{Mutex, MutexGuard, PoisonError};

use milena_wire::error_code::ErrorCode;

use super::features::{FeatureUpdate, Features, Finalized};
use super::voters::{Voter, VoterEndpoint, VoterKey, Voters};
use crate::failure::Failure;
use crate::identity;

/// The ids of the controllers of a new cluster, which are no ids of brokers.
const CONTROLLERS: [i32; 3] = [3000, 3001, 3002];

/// The name of the listener that all controllers have.
pub(crate) const CONTROLLER_LISTENER: &str = "CONTROLLER";

/// The quorum of controllers. They are there by what they have agreed on alone: nothing listens.
#[derive(Debug)]
pub(crate) struct Quorum {
    state: Mutex<State>,
}

/// What the quorum is like.
#[derive(Clone, Debug)]
pub(crate) struct QuorumState {
    pub(crate) leader: i32,
    pub(crate) leader_epoch: i32,
    /// The end of the metadata's log, which all have read to.
    pub(crate) end_offset: i64,
    pub(crate) voters: Vec<Voter>,
    /// Whether the directories of voters count, by which the set of voters can be changed.
    pub(crate) reconfigures: bool,
}

#[derive(Debug)]
struct State {
    features: Features,
    voters: Voters,
    leader: i32,
    leader_epoch: i32,
    end_offset: i64,
}

impl Default for Quorum {
    fn default() -> Self {
        let voters = CONTROLLERS.map(|id| Voter {
            key: VoterKey {
                id,
                directory: identity::directory_id(),
            },
            endpoints: vec![VoterEndpoint {
                name: CONTROLLER_LISTENER.to_owned(),
                host: format!("controller-{id}.invalid"),
                port: 9093,
            }],
        });
        let [leader, ..] = CONTROLLERS;
        Self {
            state: Mutex::new(State {
                features: Features::default(),
                voters: Voters::new(voters),
                leader,
                leader_epoch: 1,
                end_offset: 1,
            }),
        }
    }
}

impl Quorum {
    pub(crate) fn state(&self) -> QuorumState {
        let state = self.lock();
        QuorumState {
            leader: state.leader,
            leader_epoch: state.leader_epoch,
            end_offset: state.end_offset,
            voters: state.voters.all(),
            reconfigures: state.features.reconfigures(),
        }
    }

    /// The features that are used, and since which offset of the metadata's log it is these.
    pub(crate) fn features(&self) -> (Vec<Finalized>, i64) {
        let state = self.lock();
        (state.features.finalized(), state.end_offset - 1)
    }

    /// Changes the levels of features, all or none, or only checks whether that could be done.
    pub(crate) fn update_features(
        &self,
        updates: &[FeatureUpdate<'_>],
        validate_only: bool,
    ) -> Result<(), Failure> {
        let mut state = self.lock();
        let updated = state.features.updated(updates, state.leader)?;
        if !validate_only && !updates.is_empty() {
            state.features = updated;
            state.end_offset += 1;
        }
        Ok(())
    }

    pub(crate) fn add_voter(&self, voter: Voter) -> Result<(), Failure> {
        let mut state = self.lock();
        state.check_reconfigures("adding")?;
        state.voters.add(voter)?;
        state.end_offset += 1;
        Ok(())
    }

    /// If it has led, another one does.
    pub(crate) fn remove_voter(&self, key: VoterKey) -> Result<(), Failure> {
        let mut state = self.lock();
        state.check_reconfigures("removing")?;
        state.voters.remove(key)?;
        state.end_offset += 1;
        if let Some(first) = state.voters.first().filter(|_| state.leader == key.id) {
            state.leader = first;
            state.leader_epoch += 1;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code panics under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check_reconfigures(&self, what: &str) -> Result<(), Failure> {
        if self.features.reconfigures() {
            return Ok(());
        }
        Err(Failure::new(
            ErrorCode::UNSUPPORTED_VERSION,
            format!("Cluster doesn't support {what} voter because the kraft.version feature is 0"),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn key(id: i32) -> VoterKey {
        VoterKey {
            id,
            directory: Uuid::from_u128(1),
        }
    }

    fn voter(id: i32) -> Voter {
        Voter {
            key: key(id),
            endpoints: Vec::new(),
        }
    }

    #[test]
    fn voters_of_a_static_quorum_stay() {
        let quorum = Quorum::default();
        for refused in [quorum.add_voter(voter(1)), quorum.remove_voter(key(3000))] {
            assert_eq!(refused.unwrap_err().code, ErrorCode::UNSUPPORTED_VERSION);
        }
        assert_eq!(quorum.state().end_offset, 1);
    }

    #[test]
    fn voters_come_and_go_and_the_last_stays() {
        let quorum = Quorum::default();
        let update = FeatureUpdate {
            name: "kraft.version",
            level: 1,
            upgrade_type: 1,
        };
        quorum.update_features(&[update], true).unwrap();
        assert!(!quorum.state().reconfigures);
        quorum.update_features(&[update], false).unwrap();
        assert_eq!(quorum.features().1, 1);
        quorum.add_voter(voter(5)).unwrap();
        let refused = quorum.add_voter(voter(5)).unwrap_err();
        assert_eq!(refused.code, ErrorCode::DUPLICATE_VOTER);
        assert!(refused.message.unwrap().contains(
            "for ReplicaKey(id=5, directoryId=AAAAAAAAAAAAAAAAAAAAAQ) is already part of the set of voters [ReplicaKey(id=5, "
        ));
        // The id alone does not name it.
        let refused = quorum.remove_voter(key(3000)).unwrap_err();
        assert_eq!(refused.code, ErrorCode::VOTER_NOT_FOUND);
        let voters = quorum.state().voters;
        for voter in voters.iter().filter(|voter| voter.key.id != 5) {
            quorum.remove_voter(voter.key).unwrap();
        }
        let state = quorum.state();
        assert_eq!(
            (state.leader, state.leader_epoch, state.end_offset),
            (5, 2, 6)
        );
        let refused = quorum.remove_voter(key(5)).unwrap_err();
        assert_eq!(refused.code, ErrorCode::VOTER_NOT_FOUND);
    }
}
