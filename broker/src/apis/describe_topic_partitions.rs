//! DescribeTopicPartitions: Metadata of topics in pages (KIP-966).

use std::collections::BTreeSet;

use bytestring::ByteString;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::describe_topic_partitions::{
    DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse,
    DescribeTopicPartitionsResponseCursor, DescribeTopicPartitionsResponsePartition,
    DescribeTopicPartitionsResponseTopic,
};

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal, Reply};
use super::metadata::TOPIC_OPERATIONS;
use crate::topic_part::TopicPart;
use crate::topics::{NO_LEADER, Partition, Topic, is_internal, validate_name};

/// Kafka's `max.request.partition.size.limit`.
const MAX_PARTITIONS: i32 = 2000;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DescribeTopicPartitionsRequest>()?;
    let cursor = request.cursor.as_ref();
    let from = cursor
        .map(|cursor| cursor.topic_name.clone())
        .unwrap_or_default();
    let all = request.topics.is_empty();
    let mut names: BTreeSet<ByteString> = if all {
        let topics = context.shared.catalog.all();
        topics.iter().map(|topic| topic.name.clone()).collect()
    } else {
        let asked = request.topics.iter();
        asked.map(|topic| topic.name.clone()).collect()
    };
    names.retain(|name| *name >= from && !context.shared.omissions.omit(name, None));
    let start = cursor.map_or(0, |cursor| cursor.partition_index);
    if start < 0 || cursor.is_some() && !all && !names.contains(&from) {
        return refuse(&request, reply, ErrorCode::INVALID_REQUEST);
    }
    let limit = request.response_partition_limit.clamp(1, MAX_PARTITIONS);
    let mut page = Page {
        context,
        alive: context
            .shared
            .nodes
            .alive()
            .iter()
            .map(|node| node.id)
            .collect(),
        room: usize::try_from(limit).unwrap_or(1),
    };
    let mut response = DescribeTopicPartitionsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    for name in names {
        let start = if name == from { start } else { 0 };
        if page.room == 0 {
            response.next_cursor = Some(next(name, 0));
            break;
        }
        let Some(topic) = context.shared.catalog.by_name(&name) else {
            // It has just gone, if nobody has asked for it.
            if !all {
                response.topics.push(unknown(name));
            }
            continue;
        };
        let (told, behind) = page.topic(&topic, start);
        response.topics.push(told);
        if let Some(behind) = behind {
            response.next_cursor = Some(next(name, behind));
            break;
        }
    }
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DescribeTopicPartitionsRequest>()?;
    refuse(&request, reply, code)
}

pub(super) fn names(context: &Context<'_>, incoming: Incoming) -> Result<Vec<TopicPart>, Refusal> {
    let (request, _) = incoming.decode::<DescribeTopicPartitionsRequest>()?;
    let asked = request.topics.into_iter().map(|topic| topic.name);
    let mut names: Vec<_> = asked.collect();
    if names.is_empty() {
        let topics = context.shared.catalog.all();
        names.extend(topics.iter().map(|topic| topic.name.clone()));
    }
    let named = names.into_iter().map(|name| TopicPart::new(name, None));
    Ok(named.collect())
}

/// As Kafka does it: each topic that was asked for has failed, and if none was, the answer is empty.
fn refuse(
    request: &DescribeTopicPartitionsRequest,
    reply: Reply,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let mut response = DescribeTopicPartitionsResponse::default();
    let topics = request.topics.iter().map(|asked| {
        let mut topic = DescribeTopicPartitionsResponseTopic::default();
        topic.name = Some(asked.name.clone());
        topic.error_code = code;
        topic
    });
    response.topics = topics.collect();
    Answer::now(reply, &response)
}

fn next(name: ByteString, partition: i32) -> DescribeTopicPartitionsResponseCursor {
    let mut cursor = DescribeTopicPartitionsResponseCursor::default();
    cursor.topic_name = name;
    cursor.partition_index = partition;
    cursor
}

fn unknown(name: ByteString) -> DescribeTopicPartitionsResponseTopic {
    let mut topic = DescribeTopicPartitionsResponseTopic::default();
    topic.error_code = match validate_name(&name) {
        Ok(()) => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        Err(_) => ErrorCode::INVALID_TOPIC_EXCEPTION,
    };
    topic.is_internal = is_internal(&name);
    topic.name = Some(name);
    topic.topic_authorized_operations = TOPIC_OPERATIONS;
    topic
}

/// What fits into an answer.
struct Page<'a> {
    context: &'a Context<'a>,
    alive: BTreeSet<i32>,
    /// How many partitions still do.
    room: usize,
}

impl Page<'_> {
    /// A topic from this partition on, and the partition behind those that there was room for.
    fn topic(
        &mut self,
        topic: &Topic,
        start: i32,
    ) -> (DescribeTopicPartitionsResponseTopic, Option<i32>) {
        let mut answer = DescribeTopicPartitionsResponseTopic::default();
        answer.name = Some(topic.name.clone());
        answer.is_internal = topic.is_internal();
        answer.topic_id = topic.id;
        answer.topic_authorized_operations = TOPIC_OPERATIONS;
        if let Some(code) = self.context.spoiled(&topic.name, None) {
            answer.error_code = code;
            return (answer, None);
        }
        let skipped = usize::try_from(start).unwrap_or(0);
        let partitions = (0..).zip(&topic.partitions).skip(skipped);
        let mut told = 0;
        for (index, partition) in partitions.take(self.room) {
            told += 1;
            let omissions = &self.context.shared.omissions;
            if !omissions.omit(&topic.name, Some(index)) {
                let spoiled = self.context.spoiled(&topic.name, Some(index));
                let mut partition = self.partition(partition, spoiled);
                partition.partition_index = index;
                answer.partitions.push(partition);
            }
        }
        self.room -= told;
        let end = skipped.saturating_add(told);
        let behind = i32::try_from(end)
            .ok()
            .filter(|_| end < topic.partitions.len());
        (answer, behind)
    }

    fn partition(
        &self,
        partition: &Partition,
        spoiled: Option<ErrorCode>,
    ) -> DescribeTopicPartitionsResponsePartition {
        let leadership = partition.leadership();
        let mut answer = DescribeTopicPartitionsResponsePartition::default();
        let is_led = self.alive.contains(&leadership.leader) && spoiled.is_none();
        // Kafka has no error for a partition here, not even when nobody leads.
        answer.error_code = spoiled.unwrap_or_default();
        answer.leader_id = if is_led { leadership.leader } else { NO_LEADER };
        answer.leader_epoch = leadership.epoch;
        let down = leadership.replicas.iter().copied();
        let down: Vec<_> = down.filter(|id| !self.alive.contains(id)).collect();
        answer.offline_replicas = down.into();
        answer.replica_nodes = leadership.replicas.into();
        answer.isr_nodes = leadership.isr.into();
        answer.eligible_leader_replicas = Some(leadership.eligible.into());
        let last_known: Vec<_> = leadership.last_known.into_iter().collect();
        answer.last_known_elr = Some(last_known.into());
        answer
    }
}
