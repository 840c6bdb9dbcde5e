//! AlterShareGroupOffsets, DescribeShareGroupOffsets and DeleteShareGroupOffsets.

use std::sync::Arc;

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::alter_share_group_offsets::{
    AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponse,
    AlterShareGroupOffsetsResponsePartition, AlterShareGroupOffsetsResponseTopic,
};
use milena_wire::messages::delete_share_group_offsets::{
    DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponse,
    DeleteShareGroupOffsetsResponseTopic,
};
use milena_wire::messages::describe_share_group_offsets::{
    DescribeShareGroupOffsetsRequest, DescribeShareGroupOffsetsRequestGroup,
    DescribeShareGroupOffsetsResponse, DescribeShareGroupOffsetsResponseGroup,
    DescribeShareGroupOffsetsResponsePartition, DescribeShareGroupOffsetsResponseTopic,
};

use super::answer::Answer;
use super::coordination::coordinates;
use super::exchange::{Context, Incoming, Refusal};
use crate::failure::Failure;
use crate::groups::{Group, GroupType};
use crate::nodes::Coordination;
use crate::topics::Topic;

/// What Kafka says of a topic or a partition that it does not have.
const UNKNOWN: &str = "This server does not host this topic-partition.";

pub(super) fn answer_alter(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<AlterShareGroupOffsetsRequest>()?;
    let mut response = AlterShareGroupOffsetsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    let mut offsets = Vec::new();
    for asked in &request.topics {
        let topic = context.shared.catalog.by_name(&asked.topic_name);
        let mut answer = AlterShareGroupOffsetsResponseTopic::default();
        answer.topic_name = asked.topic_name.clone();
        answer.topic_id = topic.as_ref().map(|topic| topic.id).unwrap_or_default();
        for asked in &asked.partitions {
            let index = asked.partition_index;
            let mut partition = AlterShareGroupOffsetsResponsePartition::default();
            partition.partition_index = index;
            match topic
                .as_ref()
                .filter(|topic| topic.partition(index).is_some())
            {
                Some(topic) => offsets.push((topic.id, index, asked.start_offset)),
                None => {
                    partition.error_code = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
                    partition.error_message = Some(UNKNOWN.into());
                }
            }
            answer.partitions.push(partition);
        }
        response.responses.push(answer);
    }
    let groups = &context.shared.groups;
    let altered = check(context, &request.group_id)
        .and_then(|()| groups.set_share_offsets(&request.group_id, offsets));
    if let Err(failure) = altered {
        response.responses.clear();
        response.error_code = failure.code;
        response.error_message = failure.message.map(Into::into);
    }
    Answer::now(reply, &response)
}

pub(super) fn fail_alter(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<AlterShareGroupOffsetsRequest>()?;
    let mut response = AlterShareGroupOffsetsResponse::default();
    response.error_code = code;
    Answer::now(reply, &response)
}

pub(super) fn answer_describe(
    context: &Context<'_>,
    incoming: Incoming,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DescribeShareGroupOffsetsRequest>()?;
    let mut response = DescribeShareGroupOffsetsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    for asked in &request.groups {
        let mut answer = DescribeShareGroupOffsetsResponseGroup::default();
        answer.group_id = asked.group_id.clone();
        match check(context, &asked.group_id) {
            Ok(()) => answer.topics = describe(context, asked),
            Err(failure) => {
                answer.error_code = failure.code;
                answer.error_message = failure.message.map(Into::into);
            }
        }
        response.groups.push(answer);
    }
    Answer::now(reply, &response)
}

pub(super) fn fail_describe(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DescribeShareGroupOffsetsRequest>()?;
    let mut response = DescribeShareGroupOffsetsResponse::default();
    let groups = request.groups.into_iter().map(|asked| {
        let mut answer = DescribeShareGroupOffsetsResponseGroup::default();
        answer.group_id = asked.group_id;
        answer.error_code = code;
        answer
    });
    response.groups = groups.collect();
    Answer::now(reply, &response)
}

/// Where a group begins: in all topics of which that is known, or in those that are asked for.
fn describe(
    context: &Context<'_>,
    asked: &DescribeShareGroupOffsetsRequestGroup,
) -> Vec<DescribeShareGroupOffsetsResponseTopic> {
    let shared = context.shared;
    let group = shared
        .groups
        .of_type(&asked.group_id, GroupType::Share)
        .ok();
    let Some(topics) = &asked.topics else {
        let known = group.as_ref().map(Group::share_offsets);
        let known = known.into_iter().flatten();
        let topics = known.filter_map(|(id, partitions)| {
            let topic = shared.catalog.by_id(*id)?;
            let mut answer = DescribeShareGroupOffsetsResponseTopic::default();
            answer.topic_name = topic.name.clone();
            answer.topic_id = *id;
            let partitions = partitions.keys();
            answer.partitions = partitions
                .map(|index| partition(Some(&topic), group.as_ref(), *index))
                .collect();
            Some(answer)
        });
        return topics.collect();
    };
    let topics = topics.iter().map(|asked| {
        let topic = shared.catalog.by_name(&asked.topic_name);
        let mut answer = DescribeShareGroupOffsetsResponseTopic::default();
        answer.topic_name = asked.topic_name.clone();
        answer.topic_id = topic.as_ref().map(|topic| topic.id).unwrap_or_default();
        let partitions = asked.partitions.iter();
        answer.partitions = partitions
            .map(|index| partition(topic.as_ref(), group.as_ref(), *index))
            .collect();
        answer
    });
    topics.collect()
}

fn partition(
    topic: Option<&Arc<Topic>>,
    group: Option<&Group>,
    index: i32,
) -> DescribeShareGroupOffsetsResponsePartition {
    let mut answer = DescribeShareGroupOffsetsResponsePartition::default();
    answer.partition_index = index;
    answer.start_offset = -1;
    answer.lag = -1;
    let start = topic.zip(group).and_then(|(topic, group)| {
        let start = group.share_offsets().get(&topic.id)?.get(&index)?;
        Some((topic.partition(index)?, *start))
    });
    if let Some((partition, start)) = start {
        answer.start_offset = start;
        answer.lag = partition.end_offset().saturating_sub(start).max(0);
    }
    answer
}

pub(super) fn answer_delete(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DeleteShareGroupOffsetsRequest>()?;
    let shared = context.shared;
    let mut response = DeleteShareGroupOffsetsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    let topics = request.topics.iter().map(|asked| {
        let topic = shared.catalog.by_name(&asked.topic_name);
        topic.map(|topic| topic.id)
    });
    let topics: Vec<_> = topics.collect();
    let ids: Vec<_> = topics.iter().map(|id| id.unwrap_or_default()).collect();
    let deleted = check(context, &request.group_id)
        .and_then(|()| shared.groups.forget_share_offsets(&request.group_id, &ids));
    match deleted {
        Ok(deleted) => {
            let results = request.topics.into_iter().zip(topics).zip(deleted);
            response.responses = results
                .map(|((asked, id), deleted)| {
                    let mut answer = DeleteShareGroupOffsetsResponseTopic::default();
                    answer.topic_name = asked.topic_name;
                    let message = match (id, deleted) {
                        (Some(id), true) => {
                            answer.topic_id = id;
                            return answer;
                        }
                        (Some(_), false) => "There is no offset information to delete.",
                        (None, _) => UNKNOWN,
                    };
                    answer.error_code = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
                    answer.error_message = Some(message.into());
                    answer
                })
                .collect();
        }
        Err(failure) => {
            response.error_code = failure.code;
            response.error_message = failure.message.map(Into::into);
        }
    }
    Answer::now(reply, &response)
}

pub(super) fn fail_delete(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<DeleteShareGroupOffsetsRequest>()?;
    let mut response = DeleteShareGroupOffsetsResponse::default();
    response.error_code = code;
    Answer::now(reply, &response)
}

/// Only the coordinator of a group answers.
fn check(context: &Context<'_>, group: &str) -> Result<(), Failure> {
    if group.is_empty() {
        return Err(ErrorCode::INVALID_GROUP_ID.into());
    }
    match coordinates(context, Coordination::Group, group) {
        true => Ok(()),
        false => Err(ErrorCode::NOT_COORDINATOR.into()),
    }
}
