//! DeleteRecords.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::delete_records::{
    DeleteRecordsPartition, DeleteRecordsPartitionResult, DeleteRecordsRequest,
    DeleteRecordsResponse, DeleteRecordsTopicResult,
};
use uuid::Uuid;

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use super::topic_reference::{code, parts};
use crate::topic_part::TopicPart;
use crate::topics::Topic;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DeleteRecordsRequest>()?;
    let mut response = DeleteRecordsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    let topics = request.topics.into_iter().map(|asked| {
        let topic = context.shared.catalog.by_name(&asked.name);
        let mut answer = DeleteRecordsTopicResult::default();
        answer.name = asked.name;
        let partitions = asked.partitions.iter().map(|asked| {
            let mut result = DeleteRecordsPartitionResult::default();
            result.partition_index = asked.partition_index;
            match delete(context, topic.as_deref(), asked) {
                Ok(first) => result.low_watermark = first,
                Err(code) => {
                    result.low_watermark = -1;
                    result.error_code = code;
                }
            }
            result
        });
        answer.partitions = partitions.collect();
        answer
    });
    response.topics = topics.collect();
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DeleteRecordsRequest>()?;
    let mut response = DeleteRecordsResponse::default();
    let topics = request.topics.into_iter().map(|asked| {
        let mut answer = DeleteRecordsTopicResult::default();
        answer.name = asked.name;
        let partitions = asked.partitions.iter().map(|asked| {
            let mut result = DeleteRecordsPartitionResult::default();
            result.partition_index = asked.partition_index;
            result.low_watermark = -1;
            result.error_code = code;
            result
        });
        answer.partitions = partitions.collect();
        answer
    });
    response.topics = topics.collect();
    Answer::now(reply, &response)
}

pub(super) fn names(context: &Context<'_>, incoming: Incoming) -> Result<Vec<TopicPart>, Refusal> {
    let (request, _) = incoming.decode::<DeleteRecordsRequest>()?;
    let catalog = &context.shared.catalog;
    let named = request.topics.iter().flat_map(|asked| {
        let partitions = asked.partitions.iter().map(|asked| asked.partition_index);
        parts(catalog, false, &asked.name, Uuid::nil(), partitions)
    });
    Ok(named.collect())
}

/// The offset of the first record that is left.
fn delete(
    context: &Context<'_>,
    topic: Option<&Topic>,
    asked: &DeleteRecordsPartition,
) -> Result<i64, ErrorCode> {
    let topic = topic.ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?;
    let index = asked.partition_index;
    let partition = topic.partition(index);
    let partition = partition.ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?;
    if let Some(code) = context.spoiled_before(&topic.name, Some(index)) {
        return Err(code);
    }
    if topic.is_internal() {
        return Err(ErrorCode::INVALID_TOPIC_EXCEPTION);
    }
    // Who is not the leader does not say what else is wrong.
    partition.extent(context.reader(-1)).map_err(code)?;
    if !topic.rules.deletes {
        return Err(ErrorCode::POLICY_VIOLATION);
    }
    let first = partition.delete_before(context.node, asked.offset);
    let first = first.map_err(code)?;
    match context.spoiled_after(&topic.name, Some(index)) {
        Some(code) => Err(code),
        None => Ok(first),
    }
}
