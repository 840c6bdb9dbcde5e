//! AlterReplicaLogDirs.

use std::collections::BTreeMap;

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::alter_replica_log_dirs::{
    AlterReplicaLogDirPartitionResult, AlterReplicaLogDirTopicResult, AlterReplicaLogDirsRequest,
    AlterReplicaLogDirsResponse,
};

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<AlterReplicaLogDirsRequest>()?;
    // Of a partition that is to go to several directories the last one counts.
    let mut targets = BTreeMap::<&str, BTreeMap<i32, &str>>::new();
    for directory in &request.dirs {
        for topic in &directory.topics {
            let partitions = topic.partitions.iter();
            let partitions = partitions.map(|index| (*index, &*directory.path));
            targets.entry(&topic.name).or_default().extend(partitions);
        }
    }
    let mut response = AlterReplicaLogDirsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    let results = targets.into_iter().map(|(topic, partitions)| {
        let partitions = partitions.into_iter();
        let partitions =
            partitions.map(|(index, directory)| (index, alter(context, topic, index, directory)));
        result(topic, partitions)
    });
    response.results = results.collect();
    Answer::now(reply, &response)
}

pub(super) fn fail(
    context: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<AlterReplicaLogDirsRequest>()?;
    let mut response = AlterReplicaLogDirsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    let topics = request.dirs.iter().flat_map(|directory| &directory.topics);
    let results = topics.map(|topic| {
        result(
            &topic.name,
            topic.partitions.iter().map(|index| (*index, code)),
        )
    });
    response.results = results.collect();
    Answer::now(reply, &response)
}

/// A node that does not hold the partition keeps in mind where it is to lie, and says that it does not hold it.
fn alter(context: &Context<'_>, topic: &str, index: i32, directory: &str) -> ErrorCode {
    let shared = context.shared;
    if !shared.log_dirs.put(context.node, topic, index, directory) {
        return ErrorCode::LOG_DIR_NOT_FOUND;
    }
    let topic = shared.catalog.by_name(topic);
    let partition = topic.as_ref().and_then(|topic| topic.partition(index));
    match partition.map(|partition| partition.leadership().replicas) {
        None => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        Some(replicas) if !replicas.contains(&context.node) => ErrorCode::REPLICA_NOT_AVAILABLE,
        Some(_) => ErrorCode::NONE,
    }
}

fn result(
    topic: &str,
    partitions: impl Iterator<Item = (i32, ErrorCode)>,
) -> AlterReplicaLogDirTopicResult {
    let mut result = AlterReplicaLogDirTopicResult::default();
    result.topic_name = topic.into();
    let partitions = partitions.map(|(index, code)| {
        let mut result = AlterReplicaLogDirPartitionResult::default();
        result.partition_index = index;
        result.error_code = code;
        result
    });
    result.partitions = partitions.collect();
    result
}
