//! Requests whose items have partitions inside that stay together: all of them are for the item's coordinator.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::add_partitions_to_txn::{
    AddPartitionsToTxnTopic, AddPartitionsToTxnTopicResult,
};
use milena_wire::messages::offset_fetch::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchResponseGroup,
};
use milena_wire::messages::{
    AddPartitionsToTxnRequest, AddPartitionsToTxnResponse, DescribeShareGroupOffsetsRequest,
    DescribeShareGroupOffsetsResponse, OffsetFetchRequest, OffsetFetchResponse,
};

use super::key::Key;
use super::pairing::{Chosen, pair};
use super::parts::pick;
use super::routed::Routed;
use super::target::Target;

/// Tells the codes of the partitions of one item, and that the answer omits some of them.
fn tell_partitions<'a>(
    item: usize,
    partitions: impl Iterator<Item = Key<'a>> + Clone,
    answers: impl Iterator<Item = (Key<'a>, ErrorCode)>,
    visit: &mut dyn FnMut(Option<usize>, ErrorCode),
) {
    pair(partitions, answers, |_, code| match code {
        Some(ErrorCode::NONE) => {}
        Some(code) => visit(Some(item), code),
        None => visit(Some(item), ErrorCode::UNKNOWN_SERVER_ERROR),
    });
}

fn tell_group(
    item: usize,
    group: &OffsetFetchRequestGroup,
    answer: &OffsetFetchResponseGroup,
    visit: &mut dyn FnMut(Option<usize>, ErrorCode),
) {
    if answer.error_code != ErrorCode::NONE {
        return visit(Some(item), answer.error_code);
    }
    let partitions = group.topics.iter().flatten().flat_map(|topic| {
        let key = Key::topic(&topic.name, topic.topic_id);
        let indexes = topic.partition_indexes.iter();
        indexes.map(move |index| key.partition(*index))
    });
    let answers = answer.topics.iter().flat_map(|topic| {
        let key = Key::topic(&topic.name, topic.topic_id);
        topic.partitions.iter().map(move |partition| {
            (
                key.partition(partition.partition_index),
                partition.error_code,
            )
        })
    });
    if group.topics.is_some() {
        tell_partitions(item, partitions, answers, visit);
    } else {
        answers
            .filter(|(_, code)| *code != ErrorCode::NONE)
            .for_each(|(_, code)| visit(Some(item), code));
    }
}

/// What versions before 8 answer, about one group.
fn tell_only_group(
    topics: Option<&[OffsetFetchRequestTopic]>,
    answer: &OffsetFetchResponse,
    visit: &mut dyn FnMut(Option<usize>, ErrorCode),
) {
    if answer.error_code != ErrorCode::NONE {
        return visit(None, answer.error_code);
    }
    let partitions = topics.into_iter().flatten().flat_map(|topic| {
        let key = Key::name(&topic.name);
        let indexes = topic.partition_indexes.iter();
        indexes.map(move |index| key.partition(*index))
    });
    let answers = answer.topics.iter().flat_map(|topic| {
        let key = Key::name(&topic.name);
        topic.partitions.iter().map(move |partition| {
            (
                key.partition(partition.partition_index),
                partition.error_code,
            )
        })
    });
    if topics.is_some() {
        tell_partitions(0, partitions, answers, visit);
    } else {
        answers
            .filter(|(_, code)| *code != ErrorCode::NONE)
            .for_each(|(_, code)| visit(Some(0), code));
    }
}

/// The items are `groups` (version 8 and later); if that is empty, it is about `group_id` as a whole. The codes of partitions are told with
/// their group, and so is one that the answer omits.
impl Routed for OffsetFetchRequest {
    fn targets(&self, visit: &mut dyn FnMut(Target)) {
        if self.groups.is_empty() {
            visit(Target::group(&self.group_id));
        }
        for group in &self.groups {
            visit(Target::group(&group.group_id));
        }
    }

    fn sole_target(&self) -> Option<Target> {
        match &*self.groups {
            [] => Some(Target::group(&self.group_id)),
            [group] => Some(Target::group(&group.group_id)),
            _ => None,
        }
    }

    fn part(&self, items: &[usize]) -> Self {
        let mut part = Self::default();
        part.unknown_tagged_fields = self.unknown_tagged_fields.clone();
        part.group_id = self.group_id.clone();
        part.topics = self.topics.clone();
        part.groups = pick(&self.groups, items);
        part.require_stable = self.require_stable;
        part
    }

    fn errors(
        &self,
        response: &OffsetFetchResponse,
        visit: &mut dyn FnMut(Option<usize>, ErrorCode),
    ) {
        if self.groups.is_empty() {
            return tell_only_group(self.topics.as_deref(), response, visit);
        }
        let groups = self.groups.iter().map(|group| Key::name(&group.group_id));
        let answers = response.groups.iter();
        let answers = answers.map(|group| (Key::name(&group.group_id), group));
        pair(groups, answers, |item, answer| {
            match (self.groups.get(item), answer) {
                (Some(group), Some(answer)) => tell_group(item, group, answer, visit),
                _ => visit(Some(item), ErrorCode::UNKNOWN_SERVER_ERROR),
            }
        });
    }

    fn forget(&self, response: &mut OffsetFetchResponse, items: &[usize]) {
        if self.groups.is_empty() {
            if !items.is_empty() {
                *response = OffsetFetchResponse::default();
            }
            return;
        }
        let groups = self.groups.iter().map(|group| Key::name(&group.group_id));
        let chosen = Chosen::new(groups, items);
        response
            .groups
            .retain(|group| !chosen.has(Key::name(&group.group_id)));
    }

    fn merge(response: &mut OffsetFetchResponse, other: OffsetFetchResponse) {
        response.topics.extend(other.topics);
        response.groups.extend(other.groups);
        response.throttle_time_ms = response.throttle_time_ms.max(other.throttle_time_ms);
        if response.error_code == ErrorCode::NONE {
            response.error_code = other.error_code;
        }
    }

    fn throttle_time_ms(response: &OffsetFetchResponse) -> i32 {
        response.throttle_time_ms
    }
}

/// The codes of partitions are told with their group, and so is one that the answer omits.
impl Routed for DescribeShareGroupOffsetsRequest {
    fn targets(&self, visit: &mut dyn FnMut(Target)) {
        if self.groups.is_empty() {
            visit(Target::Any);
        }
        for group in &self.groups {
            visit(Target::group(&group.group_id));
        }
    }

    fn part(&self, items: &[usize]) -> Self {
        let mut part = Self::default();
        part.unknown_tagged_fields = self.unknown_tagged_fields.clone();
        part.groups = pick(&self.groups, items);
        part
    }

    fn errors(
        &self,
        response: &DescribeShareGroupOffsetsResponse,
        visit: &mut dyn FnMut(Option<usize>, ErrorCode),
    ) {
        let groups = self.groups.iter().map(|group| Key::name(&group.group_id));
        let answers = response.groups.iter();
        let answers = answers.map(|group| (Key::name(&group.group_id), group));
        pair(groups, answers, |item, answer| {
            let (Some(group), Some(answer)) = (self.groups.get(item), answer) else {
                return visit(Some(item), ErrorCode::UNKNOWN_SERVER_ERROR);
            };
            if answer.error_code != ErrorCode::NONE {
                return visit(Some(item), answer.error_code);
            }
            let partitions = group.topics.iter().flatten().flat_map(|topic| {
                let key = Key::name(&topic.topic_name);
                let indexes = topic.partitions.iter();
                indexes.map(move |index| key.partition(*index))
            });
            let answers = answer.topics.iter().flat_map(|topic| {
                let key = Key::topic(&topic.topic_name, topic.topic_id);
                topic.partitions.iter().map(move |partition| {
                    (
                        key.partition(partition.partition_index),
                        partition.error_code,
                    )
                })
            });
            if group.topics.is_some() {
                tell_partitions(item, partitions, answers, visit);
            } else {
                answers
                    .filter(|(_, code)| *code != ErrorCode::NONE)
                    .for_each(|(_, code)| visit(Some(item), code));
            }
        });
    }

    fn forget(&self, response: &mut DescribeShareGroupOffsetsResponse, items: &[usize]) {
        let groups = self.groups.iter().map(|group| Key::name(&group.group_id));
        let chosen = Chosen::new(groups, items);
        response
            .groups
            .retain(|group| !chosen.has(Key::name(&group.group_id)));
    }

    fn merge(
        response: &mut DescribeShareGroupOffsetsResponse,
        other: DescribeShareGroupOffsetsResponse,
    ) {
        response.groups.extend(other.groups);
        response.throttle_time_ms = response.throttle_time_ms.max(other.throttle_time_ms);
    }

    fn throttle_time_ms(response: &DescribeShareGroupOffsetsResponse) -> i32 {
        response.throttle_time_ms
    }
}

/// The codes of the partitions of one transaction. `OPERATION_NOT_ATTEMPTED` only says that another one's error stopped it.
fn tell_transaction(
    item: usize,
    topics: &[AddPartitionsToTxnTopic],
    results: &[AddPartitionsToTxnTopicResult],
    visit: &mut dyn FnMut(Option<usize>, ErrorCode),
) {
    let mut stopped = false;
    let mut failed = false;
    let partitions = topics.iter().flat_map(|topic| {
        let key = Key::name(&topic.name);
        let indexes = topic.partitions.iter();
        indexes.map(move |index| key.partition(*index))
    });
    let answers = results.iter().flat_map(|topic| {
        let key = Key::name(&topic.name);
        topic.results_by_partition.iter().map(move |partition| {
            (
                key.partition(partition.partition_index),
                ErrorCode(partition.partition_error_code),
            )
        })
    });
    tell_partitions(item, partitions, answers, &mut |item, code| {
        if code == ErrorCode::OPERATION_NOT_ATTEMPTED {
            stopped = true;
        } else {
            failed = true;
            visit(item, code);
        }
    });
    if stopped && !failed {
        visit(Some(item), ErrorCode::OPERATION_NOT_ATTEMPTED);
    }
}

/// The items are `transactions` (version 4 and later); if that is empty, it is about one transaction as a whole: its partitions are added
/// together or not at all.
impl Routed for AddPartitionsToTxnRequest {
    fn targets(&self, visit: &mut dyn FnMut(Target)) {
        if self.transactions.is_empty() {
            visit(Target::transaction(&self.v3_and_below_transactional_id));
        }
        for transaction in &self.transactions {
            visit(Target::transaction(&transaction.transactional_id));
        }
    }

    fn sole_target(&self) -> Option<Target> {
        match &*self.transactions {
            [] => Some(Target::transaction(&self.v3_and_below_transactional_id)),
            [transaction] => Some(Target::transaction(&transaction.transactional_id)),
            _ => None,
        }
    }

    fn part(&self, items: &[usize]) -> Self {
        let mut part = Self::default();
        part.unknown_tagged_fields = self.unknown_tagged_fields.clone();
        part.transactions = pick(&self.transactions, items);
        part.v3_and_below_transactional_id = self.v3_and_below_transactional_id.clone();
        part.v3_and_below_producer_id = self.v3_and_below_producer_id;
        part.v3_and_below_producer_epoch = self.v3_and_below_producer_epoch;
        part.v3_and_below_topics = self.v3_and_below_topics.clone();
        part
    }

    fn errors(
        &self,
        response: &AddPartitionsToTxnResponse,
        visit: &mut dyn FnMut(Option<usize>, ErrorCode),
    ) {
        if response.error_code != ErrorCode::NONE {
            return visit(None, response.error_code);
        }
        if self.transactions.is_empty() {
            let results = &response.results_by_topic_v3_and_below;
            return tell_transaction(0, &self.v3_and_below_topics, results, visit);
        }
        let transactions = self.transactions.iter();
        let transactions = transactions.map(|transaction| Key::name(&transaction.transactional_id));
        let results = response.results_by_transaction.iter();
        let results = results.map(|result| (Key::name(&result.transactional_id), result));
        pair(transactions, results, |item, result| {
            match (self.transactions.get(item), result) {
                (Some(transaction), Some(result)) => {
                    tell_transaction(item, &transaction.topics, &result.topic_results, visit);
                }
                _ => visit(Some(item), ErrorCode::UNKNOWN_SERVER_ERROR),
            }
        });
    }

    fn forget(&self, response: &mut AddPartitionsToTxnResponse, items: &[usize]) {
        if self.transactions.is_empty() {
            if !items.is_empty() {
                *response = AddPartitionsToTxnResponse::default();
            }
            return;
        }
        let transactions = self.transactions.iter();
        let transactions = transactions.map(|transaction| Key::name(&transaction.transactional_id));
        let chosen = Chosen::new(transactions, items);
        response
            .results_by_transaction
            .retain(|result| !chosen.has(Key::name(&result.transactional_id)));
    }

    fn merge(response: &mut AddPartitionsToTxnResponse, other: AddPartitionsToTxnResponse) {
        let results = other.results_by_transaction;
        response.results_by_transaction.extend(results);
        let results = other.results_by_topic_v3_and_below;
        response.results_by_topic_v3_and_below.extend(results);
        response.throttle_time_ms = response.throttle_time_ms.max(other.throttle_time_ms);
        if response.error_code == ErrorCode::NONE {
            response.error_code = other.error_code;
        }
    }

    fn throttle_time_ms(response: &AddPartitionsToTxnResponse) -> i32 {
        response.throttle_time_ms
    }
}
