//! ListOffsets.

use std::collections::HashSet;

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsRequest, ListOffsetsResponse,
    ListOffsetsTopicResponse,
};
use uuid::Uuid;

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use super::topic_reference::{code, parts};
use super::transactions_ended::expire;
use crate::storage::TimestampAndOffset;
use crate::topic_part::TopicPart;
use crate::topics::{Partition, Reader, Topic};

/// Whom any replica may answer.
const DEBUGGER: i32 = -2;
const READ_COMMITTED: i8 = 1;
const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const MAX_TIMESTAMP: i64 = -3;
const EARLIEST_LOCAL: i64 = -4;
/// The last offset in remote storage, and the first that is to be copied there: there is no remote storage.
const LATEST_TIERED: i64 = -5;
const EARLIEST_PENDING_UPLOAD: i64 = -6;

/// The first version that has a special timestamp; `None` if it does not exist.
fn first_version(timestamp: i64) -> Option<i16> {
    match timestamp {
        LATEST | EARLIEST | 0.. => Some(0),
        MAX_TIMESTAMP => Some(7),
        EARLIEST_LOCAL => Some(8),
        LATEST_TIERED => Some(9),
        EARLIEST_PENDING_UPLOAD => Some(11),
        _ => None,
    }
}

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<ListOffsetsRequest>()?;
    let mut response = ListOffsetsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    let from_follower = request.replica_id == DEBUGGER;
    let committed = request.isolation_level == READ_COMMITTED;
    if committed {
        expire(context);
    }
    for asked in &request.topics {
        let topic = context.shared.catalog.by_name(&asked.name);
        let mut seen = HashSet::new();
        let mut answer = ListOffsetsTopicResponse::default();
        answer.name = asked.name.clone();
        for partition in &asked.partitions {
            let found = if seen.insert(partition.partition_index) {
                let topic = topic.as_deref();
                let reader = Reader {
                    from_follower,
                    committed,
                    ..context.reader(partition.current_leader_epoch)
                };
                list(context, topic, partition, reply.version, reader)
            } else {
                Err(ErrorCode::INVALID_REQUEST)
            };
            let mut found = found.unwrap_or_else(failed);
            found.partition_index = partition.partition_index;
            answer.partitions.push(found);
        }
        response.topics.push(answer);
    }
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<ListOffsetsRequest>()?;
    let mut response = ListOffsetsResponse::default();
    let topics = request.topics.into_iter().map(|asked| {
        let mut answer = ListOffsetsTopicResponse::default();
        answer.name = asked.name;
        let partitions = asked.partitions.iter().map(|asked| {
            let mut partition = failed(code);
            partition.partition_index = asked.partition_index;
            partition
        });
        answer.partitions = partitions.collect();
        answer
    });
    response.topics = topics.collect();
    Answer::now(reply, &response)
}

pub(super) fn names(context: &Context<'_>, incoming: Incoming) -> Result<Vec<TopicPart>, Refusal> {
    let (request, _) = incoming.decode::<ListOffsetsRequest>()?;
    let named = request.topics.iter().flat_map(|asked| {
        let partitions = asked.partitions.iter().map(|asked| asked.partition_index);
        parts(
            &context.shared.catalog,
            false,
            &asked.name,
            Uuid::nil(),
            partitions,
        )
    });
    Ok(named.collect())
}

fn failed(code: ErrorCode) -> ListOffsetsPartitionResponse {
    let mut failed = ListOffsetsPartitionResponse::default();
    failed.error_code = code;
    failed
}

fn list(
    context: &Context<'_>,
    topic: Option<&Topic>,
    asked: &ListOffsetsPartition,
    version: i16,
    reader: Reader,
) -> Result<ListOffsetsPartitionResponse, ErrorCode> {
    if version > 0 && first_version(asked.timestamp).is_none_or(|first| version < first) {
        return Err(ErrorCode::UNSUPPORTED_VERSION);
    }
    let partition = topic.and_then(|topic| topic.partition(asked.partition_index));
    let partition = partition.ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?;
    let name = topic.map(|topic| &*topic.name).unwrap_or_default();
    if let Some(code) = context.spoiled(name, Some(asked.partition_index)) {
        return Err(code);
    }
    let extent = partition.extent(reader).map_err(code)?;
    let mut answer = ListOffsetsPartitionResponse::default();
    if version == 0 {
        answer.old_style_offsets = old_style(context, partition, asked)?;
        return Ok(answer);
    }
    let place = |offset, epoch| TimestampAndOffset {
        timestamp: -1,
        offset,
        epoch,
    };
    let end = match reader.committed {
        true => extent.last_stable_offset,
        false => extent.high_watermark,
    };
    let found = match asked.timestamp {
        LATEST => Some(place(end, Some(extent.leader_epoch))),
        EARLIEST | EARLIEST_LOCAL => Some(place(extent.start_offset, extent.start_epoch)),
        MAX_TIMESTAMP => partition.latest_timestamp(),
        timestamp if timestamp >= 0 => partition
            .first_at_or_after(timestamp)
            .filter(|found| found.offset < end),
        _ => None,
    };
    if let Some(found) = found {
        answer.timestamp = found.timestamp;
        answer.offset = found.offset;
        if version >= 4 {
            answer.leader_epoch = found.epoch.unwrap_or(-1);
        }
    }
    Ok(answer)
}

/// Version 0 asks for the starts of segments that are older than a time, the newest first. The log is one segment.
fn old_style(
    context: &Context<'_>,
    partition: &Partition,
    asked: &ListOffsetsPartition,
) -> Result<Vec<i64>, ErrorCode> {
    let extent = partition.extent(context.reader(-1)).map_err(code)?;
    let mut points = vec![(extent.start_offset, extent.last_modified)];
    if extent.high_watermark > extent.start_offset {
        points.push((extent.high_watermark, context.now));
    }
    let count = match asked.timestamp {
        LATEST => points.len(),
        EARLIEST => 1,
        timestamp => points.iter().filter(|(_, time)| *time <= timestamp).count(),
    };
    let limit = usize::try_from(asked.max_num_offsets).unwrap_or(0);
    let offsets = points.into_iter().take(count).map(|(offset, _)| offset);
    Ok(offsets.rev().take(limit).collect())
}
