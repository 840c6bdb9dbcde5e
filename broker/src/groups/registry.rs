//! All groups of the cluster, by id.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use milena_wire::error_code::ErrorCode;
use uuid::Uuid;

use super::group::Group;
use super::group_type::GroupType;
use super::offset::NewOffset;
use crate::failure::Failure;

/// Who commits an offset, as the client says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Committer {
    /// Of the group, or the member's epoch; negative for one who is in no group.
    pub(crate) generation: i32,
    /// Whether he is ready to hear that there is no such group.
    pub(crate) knows_missing_groups: bool,
}

/// The groups of a cluster.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    groups: Mutex<BTreeMap<String, Group>>,
}

impl Groups {
    /// Makes a group without members, unless there is one of this id.
    pub(crate) fn create(&self, id: &str, group_type: GroupType) -> bool {
        let mut groups = self.lock();
        let free = !groups.contains_key(id);
        if free {
            groups.insert(id.to_owned(), Group::new(group_type));
        }
        free
    }

    /// A group as it is now.
    pub(crate) fn group(&self, id: &str) -> Option<Group> {
        self.lock().get(id).cloned()
    }

    /// The ids of all groups.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    /// Commits offsets, of which somebody has looked that there are such partitions.
    pub(crate) fn commit(
        &self,
        id: &str,
        committer: Committer,
        offsets: Vec<NewOffset>,
    ) -> Result<(), ErrorCode> {
        let mut groups = self.lock();
        match groups.get_mut(id) {
            None if committer.generation >= 0 => Err(match committer.knows_missing_groups {
                true => ErrorCode::GROUP_ID_NOT_FOUND,
                false => ErrorCode::ILLEGAL_GENERATION,
            }),
            None => {
                let mut group = Group::new(GroupType::Classic);
                offsets.into_iter().for_each(|offset| group.commit(offset));
                groups.insert(id.to_owned(), group);
                Ok(())
            }
            Some(group) => {
                match group.group_type() {
                    GroupType::Share => return Err(ErrorCode::GROUP_ID_NOT_FOUND),
                    // Nobody is a member.
                    _ if committer.generation >= 0 => return Err(ErrorCode::UNKNOWN_MEMBER_ID),
                    _ => {}
                }
                offsets.into_iter().for_each(|offset| group.commit(offset));
                Ok(())
            }
        }
    }

    /// Forgets the offsets of these partitions, as far as there are any.
    pub(crate) fn delete_offsets<'a>(
        &self,
        id: &str,
        partitions: impl IntoIterator<Item = (&'a str, i32)>,
    ) -> Result<(), ErrorCode> {
        let mut groups = self.lock();
        let group = groups.get_mut(id).ok_or(ErrorCode::GROUP_ID_NOT_FOUND)?;
        if group.group_type() == GroupType::Share {
            return Err(ErrorCode::GROUP_ID_NOT_FOUND);
        }
        for (topic, partition) in partitions {
            group.forget_offset(topic, partition);
        }
        Ok(())
    }

    /// Deletes a group with its offsets.
    pub(crate) fn delete(&self, id: &str) -> Result<(), ErrorCode> {
        let deleted = self.lock().remove(id);
        deleted.map(drop).ok_or(ErrorCode::GROUP_ID_NOT_FOUND)
    }

    /// A topic is no more, and so are the offsets in it.
    pub(crate) fn forget_topic(&self, name: &str, id: Uuid) {
        for group in self.lock().values_mut() {
            group.forget_topic(name, id);
        }
    }

    /// Says where a share group is to begin in these partitions; the group is made if there is none.
    pub(crate) fn set_share_offsets(
        &self,
        id: &str,
        offsets: impl IntoIterator<Item = (Uuid, i32, i64)>,
    ) -> Result<(), Failure> {
        self.create(id, GroupType::Share);
        self.share_group(id, |group| {
            for (topic, partition, offset) in offsets {
                group.set_share_offset(topic, partition, offset);
            }
        })
    }

    /// Forgets where a share group is to begin in each of these topics; whether there was anything to forget.
    pub(crate) fn forget_share_offsets(
        &self,
        id: &str,
        topics: &[Uuid],
    ) -> Result<Vec<bool>, Failure> {
        self.share_group(id, |group| {
            let topics = topics.iter();
            topics
                .map(|topic| group.forget_share_offsets(*topic))
                .collect()
        })
    }

    fn share_group<T>(&self, id: &str, act: impl FnOnce(&mut Group) -> T) -> Result<T, Failure> {
        let mut groups = self.lock();
        let group = groups.get_mut(id);
        let group = group.filter(|group| group.group_type() == GroupType::Share);
        group.map(act).ok_or_else(|| {
            let found = groups.contains_key(id);
            not_of_type(id, found, GroupType::Share)
        })
    }

    /// A group of one type, as it is now.
    pub(crate) fn of_type(&self, id: &str, group_type: GroupType) -> Result<Group, Failure> {
        match self.group(id) {
            Some(group) if group.group_type() == group_type => Ok(group),
            other => Err(not_of_type(id, other.is_some(), group_type)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Group>> {
        // No code panics under this lock.
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_of_type(id: &str, found: bool, group_type: GroupType) -> Failure {
    let message = match found {
        true => format!("Group {id} is not a {group_type} group."),
        false => format!("Group {id} not found."),
    };
    Failure::new(ErrorCode::GROUP_ID_NOT_FOUND, message)
}

#[cfg(test)]
mod tests {
    use super::super::offset::CommittedOffset;
    use super::*;

    const NOBODY: Committer = Committer {
        generation: -1,
        knows_missing_groups: true,
    };

    fn offset(topic: &str, partition: i32, offset: i64) -> NewOffset {
        NewOffset {
            topic: topic.to_owned(),
            partition,
            committed: CommittedOffset {
                offset,
                leader_epoch: -1,
                metadata: String::new(),
                topic_id: Uuid::from_u128(1),
            },
        }
    }

    #[test]
    fn who_is_in_no_group_makes_one_by_committing() {
        let groups = Groups::default();
        let committed = groups.commit("g", NOBODY, vec![offset("t", 0, 5), offset("t", 1, 6)]);
        assert_eq!(committed, Ok(()));
        let group = groups.group("g").unwrap();
        assert_eq!(
            (group.group_type(), group.protocol_type()),
            (GroupType::Classic, "")
        );
        assert_eq!(group.offset("t", 1).unwrap().offset, 6);
        assert_eq!(groups.delete_offsets("g", [("t", 0), ("u", 7)]), Ok(()));
        let group = groups.group("g").unwrap();
        assert_eq!((group.offset("t", 0), group.offsets().len()), (None, 1));
        groups.forget_topic("t", Uuid::from_u128(1));
        assert!(groups.group("g").unwrap().offsets().is_empty());
        assert_eq!(groups.delete("g"), Ok(()));
        assert_eq!(groups.delete("g"), Err(ErrorCode::GROUP_ID_NOT_FOUND));
    }

    #[test]
    fn who_claims_to_be_a_member_is_refused() {
        let groups = Groups::default();
        let member = Committer {
            generation: 3,
            ..NOBODY
        };
        let commit = |committer| groups.commit("g", committer, vec![offset("t", 0, 5)]);
        assert_eq!(commit(member), Err(ErrorCode::GROUP_ID_NOT_FOUND));
        let old = Committer {
            knows_missing_groups: false,
            ..member
        };
        assert_eq!(commit(old), Err(ErrorCode::ILLEGAL_GENERATION));
        assert_eq!(commit(NOBODY), Ok(()));
        assert_eq!(commit(member), Err(ErrorCode::UNKNOWN_MEMBER_ID));
    }

    #[test]
    fn share_groups_have_offsets_of_another_kind() {
        let groups = Groups::default();
        assert!(groups.create("s", GroupType::Share));
        assert!(!groups.create("s", GroupType::Classic));
        assert!(groups.create("c", GroupType::Consumer));
        let topic = Uuid::from_u128(7);
        assert_eq!(groups.set_share_offsets("s", [(topic, 0, 9)]), Ok(()));
        assert_eq!(groups.group("s").unwrap().share_offsets()[&topic][&0], 9);
        let refused = groups.commit("s", NOBODY, vec![offset("t", 0, 5)]);
        assert_eq!(refused, Err(ErrorCode::GROUP_ID_NOT_FOUND));
        assert_eq!(
            groups.forget_share_offsets("s", &[topic, Uuid::nil()]),
            Ok(vec![true, false])
        );
        assert_eq!(groups.set_share_offsets("new", [(topic, 0, 9)]), Ok(()));
        let refused = groups.set_share_offsets("c", [(topic, 0, 9)]).unwrap_err();
        assert_eq!(
            refused.message.as_deref(),
            Some("Group c is not a share group.")
        );
        let refused = groups.forget_share_offsets("none", &[topic]).unwrap_err();
        assert_eq!(refused.message.as_deref(), Some("Group none not found."));
    }
}
