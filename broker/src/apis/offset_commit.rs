//! OffsetCommit.

use std::collections::BTreeSet;

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::offset_commit::{
    OffsetCommitRequest, OffsetCommitRequestTopic, OffsetCommitResponse,
    OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};

use super::answer::Answer;
use super::coordination::coordinates;
use super::exchange::{Context, Incoming, Refusal};
use super::topic_reference::find;
use crate::groups::{CommittedOffset, Committer, NewOffset};
use crate::nodes::Coordination;

/// How long what a client notes beside an offset may be, in bytes. (Kafka: `offset.metadata.max.bytes`)
const MAX_METADATA: usize = 4096;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<OffsetCommitRequest>()?;
    let version = reply.version;
    let mut offsets = Vec::new();
    let mut response = OffsetCommitResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    for topic in &request.topics {
        let answer = check(context, topic, version >= 10, &mut offsets);
        response.topics.push(answer);
    }
    let committer = Committer {
        generation: request.generation_id_or_member_epoch,
        knows_missing_groups: version >= 9,
    };
    let committed = match coordinates(context, Coordination::Group, &request.group_id) {
        false => Err(ErrorCode::NOT_COORDINATOR),
        true => {
            let groups = &context.shared.groups;
            groups.commit(&request.group_id, committer, offsets)
        }
    };
    if let Err(code) = committed {
        let partitions = response
            .topics
            .iter_mut()
            .flat_map(|topic| &mut topic.partitions);
        for partition in partitions.filter(|partition| !is_unknown(partition.error_code)) {
            partition.error_code = code;
        }
    }
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<OffsetCommitRequest>()?;
    let mut response = OffsetCommitResponse::default();
    let topics = request.topics.iter();
    response.topics = topics.map(|topic| answer_topic(topic, |_| code)).collect();
    Answer::now(reply, &response)
}

/// Whether a partition was not even looked for by the coordinator.
fn is_unknown(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION | ErrorCode::UNKNOWN_TOPIC_ID
    )
}

/// The answer for a topic if all goes well; what is to be committed is added to `offsets`.
fn check(
    context: &Context<'_>,
    topic: &OffsetCommitRequestTopic,
    by_id: bool,
    offsets: &mut Vec<NewOffset>,
) -> OffsetCommitResponseTopic {
    let found = find(&context.shared.catalog, by_id, &topic.name, topic.topic_id);
    let mut long = BTreeSet::new();
    for partition in &topic.partitions {
        let metadata = partition.committed_metadata.as_deref().unwrap_or_default();
        if metadata.len() > MAX_METADATA {
            long.insert(partition.partition_index);
        } else if let Ok(found) = &found {
            if found.partition(partition.partition_index).is_some() {
                offsets.push(NewOffset {
                    topic: found.name.to_string(),
                    partition: partition.partition_index,
                    committed: CommittedOffset {
                        offset: partition.committed_offset,
                        leader_epoch: partition.committed_leader_epoch,
                        metadata: metadata.to_owned(),
                        topic_id: found.id,
                    },
                });
            }
        }
    }
    answer_topic(topic, |index| match &found {
        Err(code) => *code,
        Ok(found) if found.partition(index).is_none() => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        Ok(_) if long.contains(&index) => ErrorCode::OFFSET_METADATA_TOO_LARGE,
        Ok(_) => ErrorCode::NONE,
    })
}

fn answer_topic(
    topic: &OffsetCommitRequestTopic,
    code: impl Fn(i32) -> ErrorCode,
) -> OffsetCommitResponseTopic {
    let mut answer = OffsetCommitResponseTopic::default();
    answer.name = topic.name.clone();
    answer.topic_id = topic.topic_id;
    let partitions = topic.partitions.iter().map(|asked| {
        let mut partition = OffsetCommitResponsePartition::default();
        partition.partition_index = asked.partition_index;
        partition.error_code = code(asked.partition_index);
        partition
    });
    answer.partitions = partitions.collect();
    answer
}
