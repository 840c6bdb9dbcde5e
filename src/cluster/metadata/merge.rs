//! One topic of an answer, merged with what was known of it.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Instant;

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::metadata::{MetadataResponsePartition, MetadataResponseTopic};
use uuid::Uuid;

use super::asked::Generation;
use super::broker::Brokers;
use super::changes::{Changes, LeaderMoved, Recreated};
use super::doubts::{Absence, BELIEVED, Doubts, Former, Older};
use super::flaw::Flaw;
use super::name::TopicName;
use super::rows::{NONE, Nodes, Row, Rows, RowsBuilder};
use super::topic::{Topic, is_unknown};

/// Indexes from here on are taken for lies, lest somebody makes room for all below them.
const MAX_PARTITION: i32 = 1_000_000;

/// Merges the topics of one answer.
#[derive(Debug)]
pub(super) struct Merge<'a> {
    /// Those that the answer names.
    pub(super) brokers: &'a Brokers,
    pub(super) generation: Generation,
    pub(super) now: Instant,
    /// Brokers before version 9 of Metadata tell of old epochs while partitions are reassigned (KAFKA-9212).
    pub(super) has_epochs: bool,
    pub(super) changes: Changes,
    rows: RowsBuilder,
    /// The answer's partitions by index, and where they stand in it.
    order: Vec<(i32, usize)>,
}

/// What is known of the partitions before an answer, and what is doubted behind it.
struct Known<'a> {
    rows: &'a Rows,
    older: &'a [Older],
}

impl<'a> Merge<'a> {
    pub(super) fn new(
        brokers: &'a Brokers,
        generation: Generation,
        now: Instant,
        version: i16,
    ) -> Self {
        Self {
            brokers,
            generation,
            now,
            has_epochs: version >= 9,
            changes: Changes::default(),
            rows: RowsBuilder::default(),
            order: Vec::new(),
        }
    }

    /// A topic that the answer describes.
    pub(super) fn topic(
        &mut self,
        old: Option<&Topic>,
        name: &TopicName,
        answer: &MetadataResponseTopic,
    ) -> Topic {
        if answer.error_code.is_error() {
            return self.refused(old, name, answer.error_code);
        }
        let used = old.map_or_else(Arc::default, |old| Arc::clone(&old.used));
        let mut doubts = Doubts::default();
        let old = match old {
            Some(old) => match self.identity(old, answer.topic_id, &mut doubts) {
                Identity::Same => Some(old),
                Identity::Other => None,
                Identity::Former => {
                    self.changes.unsettled.push(Arc::clone(name.shared()));
                    return Topic {
                        answered: self.generation,
                        doubts: doubts.boxed(),
                        ..old.clone()
                    };
                }
            },
            None => None,
        };
        let nothing = Rows::default();
        let old_doubts = old.and_then(|old| old.doubts.as_deref());
        let known = Known {
            rows: old.map_or(&nothing, |old| &old.rows),
            older: old_doubts.map_or(&[], |doubts| &doubts.older),
        };
        if !old.is_some_and(Topic::exists) {
            self.changes.topics_added.push(Arc::clone(name.shared()));
        }
        doubts.partitions_absent = old_doubts.and_then(|doubts| doubts.partitions_absent);
        let rows = self.partitions(name.shared(), &known, &answer.partitions, &mut doubts);
        let id = match old {
            Some(old) if answer.topic_id.is_nil() => old.id,
            _ => answer.topic_id,
        };
        let operations = answer.topic_authorized_operations;
        Topic {
            name: name.clone(),
            id,
            error: ErrorCode::NONE,
            is_internal: answer.is_internal,
            authorized_operations: if operations == i32::MIN {
                old.and_then(|old| old.authorized_operations)
            } else {
                Some(operations)
            },
            answered: self.generation,
            rows,
            doubts: doubts.boxed(),
            used,
        }
    }

    /// A topic for which the answer has an error.
    pub(super) fn refused(
        &mut self,
        old: Option<&Topic>,
        name: &TopicName,
        error: ErrorCode,
    ) -> Topic {
        let mut topic = match old {
            Some(old) if is_unknown(error) => self.absent(old),
            Some(old) => {
                let doubts = old.doubts.as_deref().cloned().unwrap_or_default();
                let doubts = Doubts {
                    absent: None,
                    ..doubts
                };
                Topic {
                    doubts: doubts.boxed(),
                    ..old.clone()
                }
            }
            None => Topic::unknown(name.clone(), error, self.generation),
        };
        topic.error = error;
        topic.answered = self.generation;
        topic
    }

    /// A topic that the answer should have and does not: what is known of it stays for a while.
    pub(super) fn absent(&mut self, old: &Topic) -> Topic {
        let mut topic = Topic {
            answered: self.generation,
            ..old.clone()
        };
        if old.rows.is_empty() {
            return topic;
        }
        let mut doubts = old.doubts.as_deref().cloned().unwrap_or_default();
        let absence = Absence::again(doubts.absent, self.now);
        if absence.is_final(self.now) {
            self.changes
                .topics_removed
                .push(Arc::clone(old.shared_name()));
            let error = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
            topic = Topic::unknown(old.name.clone(), error, self.generation);
            topic.used = Arc::clone(&old.used);
            return topic;
        }
        self.changes.unsettled.push(Arc::clone(old.shared_name()));
        doubts.absent = Some(absence);
        topic.doubts = doubts.boxed();
        topic
    }

    /// Whether the topic is the one that was known under its name (KIP-516).
    fn identity(&mut self, old: &Topic, id: Uuid, doubts: &mut Doubts) -> Identity {
        let former = old.doubts.as_ref().and_then(|doubts| doubts.former);
        if id.is_nil() || old.id.is_nil() || id == old.id {
            // The row of answers that name the former id ends.
            doubts.former = former.map(|former| Former {
                answers: 0,
                ..former
            });
            return Identity::Same;
        }
        if let Some(former) = former.filter(|former| former.id == id) {
            let answers = former.answers.saturating_add(1);
            if answers < BELIEVED {
                *doubts = old.doubts.as_deref().cloned().unwrap_or_default();
                doubts.former = Some(Former { answers, ..former });
                return Identity::Former;
            }
        }
        doubts.former = Some(Former {
            id: old.id,
            answers: 0,
        });
        self.changes.topics_recreated.push(Recreated {
            topic: Arc::clone(old.shared_name()),
            old_id: old.id,
            new_id: id,
        });
        Identity::Other
    }

    /// Both lists of partitions, side by side in the order of the indexes.
    fn partitions(
        &mut self,
        name: &Arc<str>,
        known: &Known<'_>,
        answer: &[MetadataResponsePartition],
        doubts: &mut Doubts,
    ) -> Rows {
        self.put_in_order(answer);
        let order = std::mem::take(&mut self.order);
        let (mut absent, mut unsettled) = (0, false);
        let (mut olds, mut news) = (0, order.iter());
        let mut new = self.next(name, &mut news, answer, None);
        loop {
            let old = known.rows.all().get(olds);
            let which = match (old, new) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => old.index.cmp(&new.partition_index),
            };
            if let (Some(old), Ordering::Less) = (old, which) {
                absent += 1;
                self.rows.push(*old, known.rows.nodes(olds));
                olds += 1;
            } else if let Some(partition) = new {
                let old = old.filter(|_| which == Ordering::Equal);
                let old = old.map(|old| (*old, known.rows.nodes(olds)));
                unsettled |= self.partition(name, old, partition, known.older, &mut doubts.older);
                olds += usize::from(old.is_some());
                new = self.next(name, &mut news, answer, Some(partition.partition_index));
            }
        }
        self.order = order;
        let mut rows = self.rows.take();
        doubts.partitions_absent = None
            .or_else(|| (absent > 0).then(|| Absence::again(doubts.partitions_absent, self.now)));
        if doubts
            .partitions_absent
            .is_some_and(|absence| absence.is_final(self.now))
        {
            rows = self.without_absent(&rows, answer);
            self.changes.partitions_changed += absent;
            doubts.partitions_absent = None;
            absent = 0;
        }
        if unsettled || absent > 0 {
            self.changes.unsettled.push(Arc::clone(name));
        }
        rows
    }

    fn put_in_order(&mut self, answer: &[MetadataResponsePartition]) {
        let indexes = answer.iter().map(|partition| partition.partition_index);
        self.order.clear();
        self.order
            .extend(indexes.enumerate().map(|(place, index)| (index, place)));
        if !self.order.is_sorted() {
            self.order.sort_unstable();
        }
    }

    /// The next partition of the answer that can be one.
    fn next<'p>(
        &mut self,
        name: &Arc<str>,
        order: &mut std::slice::Iter<'_, (i32, usize)>,
        answer: &'p [MetadataResponsePartition],
        before: Option<i32>,
    ) -> Option<&'p MetadataResponsePartition> {
        for &(partition, place) in order {
            let topic = || Arc::clone(name);
            if !(0..MAX_PARTITION).contains(&partition) {
                let topic = topic();
                self.flaw(Flaw::PartitionIndex { topic, partition });
            } else if before == Some(partition) {
                let topic = topic();
                self.flaw(Flaw::DuplicatePartition { topic, partition });
            } else {
                return answer.get(place);
            }
        }
        None
    }

    /// Only the rows that the answer has.
    fn without_absent(&mut self, rows: &Rows, answer: &[MetadataResponsePartition]) -> Rows {
        let mut there: Vec<i32> = answer.iter().map(|p| p.partition_index).collect();
        there.sort_unstable();
        for (place, row) in rows.all().iter().enumerate() {
            if there.binary_search(&row.index).is_ok() {
                self.rows.push(*row, rows.nodes(place));
            }
        }
        self.rows.take()
    }

    /// Adds the row of a partition; tells whether it leaves something open.
    fn partition(
        &mut self,
        name: &Arc<str>,
        old: Option<(Row, Nodes<'_>)>,
        answer: &MetadataResponsePartition,
        older_before: &[Older],
        older: &mut Vec<Older>,
    ) -> bool {
        let index = answer.partition_index;
        let told = self.told(name, answer);
        let answered_nodes = Nodes {
            replicas: &answer.replica_nodes,
            isr: &answer.isr_nodes,
            offline: &answer.offline_replicas,
        };
        let (before, nodes_before) = old.unwrap_or((Row::new(index), Nodes::default()));
        if self.has_epochs && told.epoch < before.newest_epoch {
            let mut row = before;
            let unsettled = if told.epoch == NONE {
                // No epoch is no news of a leader; what is wrong with the partition may be.
                let is_other = told.leader != NONE && told.leader != before.leader;
                if !is_other {
                    row.error = told.error;
                }
                is_other || row.error.is_error()
            } else {
                let answers = answers_in_row(older_before, index, told);
                if answers < BELIEVED {
                    older.push(Older {
                        partition: index,
                        leader: told.leader,
                        epoch: told.epoch,
                        answers,
                    });
                    true
                } else {
                    return self.take(name, old, told, answered_nodes);
                }
            };
            self.changes.partitions_changed += usize::from(!row.says_as(&before));
            self.rows.push(row, nodes_before);
            return unsettled;
        }
        self.take(name, old, told, answered_nodes)
    }

    /// Adds the row as it is told; tells whether it has no leader.
    fn take(
        &mut self,
        name: &Arc<str>,
        old: Option<(Row, Nodes<'_>)>,
        told: Told,
        nodes: Nodes<'_>,
    ) -> bool {
        let before = old.map_or(Row::new(told.partition), |(row, _)| row);
        let mut row = before;
        row.error = told.error;
        if told.leader != NONE {
            row.leader = told.leader;
            row.epoch = told.epoch;
            row.newest_epoch = told.epoch;
        } else if self.has_epochs {
            row.newest_epoch = told.epoch;
        }
        let is_same =
            old.is_some_and(|(_, nodes_before)| row.says_as(&before) && nodes_before == nodes);
        self.changes.partitions_changed += usize::from(!is_same);
        if before.leader != NONE && row.leader != before.leader {
            self.changes.leaders_moved.push(LeaderMoved {
                topic: Arc::clone(name),
                partition: row.index,
                from: before.leader,
                to: row.leader,
                epoch: (row.epoch != NONE).then_some(row.epoch),
            });
        }
        self.rows.push(row, nodes);
        told.leader == NONE || told.error.is_error()
    }

    /// Leader, epoch and error, as far as they can be true.
    fn told(&mut self, name: &Arc<str>, answer: &MetadataResponsePartition) -> Told {
        let partition = answer.partition_index;
        let mut told = Told {
            partition,
            leader: answer.leader_id.max(NONE),
            epoch: if self.has_epochs {
                answer.leader_epoch.max(NONE)
            } else {
                NONE
            },
            error: answer.error_code,
        };
        if answer.leader_epoch < NONE {
            let topic = Arc::clone(name);
            self.flaw(Flaw::LeaderEpoch {
                topic,
                partition,
                epoch: answer.leader_epoch,
            });
        }
        if answer.leader_id < NONE
            || told.leader != NONE && self.brokers.find(told.leader).is_none()
        {
            let topic = Arc::clone(name);
            self.flaw(Flaw::LeaderIsNoBroker {
                topic,
                partition,
                leader: answer.leader_id,
            });
            told.leader = NONE;
        }
        let mut lists = [
            &answer.replica_nodes,
            &answer.isr_nodes,
            &answer.offline_replicas,
        ]
        .into_iter();
        if lists.any(|list| list.iter().any(|&id| id < 0)) {
            let topic = Arc::clone(name);
            self.flaw(Flaw::Replica { topic, partition });
        }
        // Some replica is down, says a broker of old; that is nothing to who asks for the leader.
        if told.error == ErrorCode::REPLICA_NOT_AVAILABLE {
            told.error = ErrorCode::NONE;
        }
        if told.leader == NONE && told.error.is_ok() {
            told.error = ErrorCode::LEADER_NOT_AVAILABLE;
        }
        told
    }

    #[cold]
    fn flaw(&mut self, flaw: Flaw) {
        self.changes.left_out.add(flaw);
    }
}

enum Identity {
    Same,
    /// Made anew.
    Other,
    /// The one that was there before it was made anew, by the word of a broker that is behind.
    Former,
}

/// What an answer says of a partition.
#[derive(Clone, Copy)]
struct Told {
    partition: i32,
    leader: i32,
    epoch: i32,
    error: ErrorCode,
}

/// How many answers in a row, with this one, name this leader and this epoch. `before` is in the order of the partitions.
fn answers_in_row(before: &[Older], partition: i32, told: Told) -> u8 {
    let place = before.binary_search_by_key(&partition, |older| older.partition);
    let older = place.ok().and_then(|place| before.get(place));
    let same = older.filter(|older| (older.leader, older.epoch) == (told.leader, told.epoch));
    same.map_or(1, |same| same.answers.saturating_add(1))
}
