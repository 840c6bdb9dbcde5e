//! OffsetForLeaderEpoch.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::offset_for_leader_epoch::{
    EpochEndOffset, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse,
    OffsetForLeaderPartition, OffsetForLeaderTopicResult,
};
use uuid::Uuid;

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use super::topic_reference::{code, parts};
use crate::topic_part::TopicPart;
use crate::topics::Topic;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<OffsetForLeaderEpochRequest>()?;
    let mut response = OffsetForLeaderEpochResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    let topics = request.topics.into_iter().map(|asked| {
        let topic = context.shared.catalog.by_name(&asked.topic);
        let mut answer = OffsetForLeaderTopicResult::default();
        answer.topic = asked.topic;
        let partitions = asked.partitions.iter().map(|asked| {
            let mut end = look_up(context, topic.as_deref(), asked).unwrap_or_else(failed);
            end.partition = asked.partition;
            end
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
    let (request, reply) = incoming.decode::<OffsetForLeaderEpochRequest>()?;
    let mut response = OffsetForLeaderEpochResponse::default();
    let topics = request.topics.into_iter().map(|asked| {
        let mut answer = OffsetForLeaderTopicResult::default();
        answer.topic = asked.topic;
        let partitions = asked.partitions.iter().map(|asked| {
            let mut end = failed(code);
            end.partition = asked.partition;
            end
        });
        answer.partitions = partitions.collect();
        answer
    });
    response.topics = topics.collect();
    Answer::now(reply, &response)
}

pub(super) fn names(context: &Context<'_>, incoming: Incoming) -> Result<Vec<TopicPart>, Refusal> {
    let (request, _) = incoming.decode::<OffsetForLeaderEpochRequest>()?;
    let catalog = &context.shared.catalog;
    let named = request.topics.iter().flat_map(|asked| {
        let partitions = asked.partitions.iter().map(|asked| asked.partition);
        parts(catalog, false, &asked.topic, Uuid::nil(), partitions)
    });
    Ok(named.collect())
}

fn failed(code: ErrorCode) -> EpochEndOffset {
    let mut failed = EpochEndOffset::default();
    failed.error_code = code;
    failed
}

fn look_up(
    context: &Context<'_>,
    topic: Option<&Topic>,
    asked: &OffsetForLeaderPartition,
) -> Result<EpochEndOffset, ErrorCode> {
    let topic = topic.ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?;
    let partition = topic.partition(asked.partition);
    let partition = partition.ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?;
    if let Some(code) = context.spoiled(&topic.name, Some(asked.partition)) {
        return Err(code);
    }
    let reader = context.reader(asked.current_leader_epoch);
    let end = partition
        .end_of_epoch(reader, asked.leader_epoch)
        .map_err(code)?;
    let mut answer = EpochEndOffset::default();
    if let Some(end) = end {
        answer.leader_epoch = end.epoch;
        answer.end_offset = end.end_offset;
    }
    Ok(answer)
}
