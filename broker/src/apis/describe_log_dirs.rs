//! DescribeLogDirs.

use std::collections::{BTreeMap, BTreeSet};

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::describe_log_dirs::{
    DescribeLogDirsPartition, DescribeLogDirsRequest, DescribeLogDirsResponse,
    DescribeLogDirsResult, DescribeLogDirsTopic,
};

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use crate::log_dirs;

/// What each directory could hold, in bytes, if it were one.
const TOTAL_BYTES: i64 = 1 << 40;

type Wanted<'a> = BTreeMap<&'a str, BTreeSet<i32>>;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DescribeLogDirsRequest>()?;
    let wanted = request.topics.as_ref().map(|topics| {
        let mut wanted = Wanted::new();
        for topic in topics {
            let partitions = topic.partitions.iter().copied();
            wanted.entry(&topic.topic).or_default().extend(partitions);
        }
        wanted
    });
    let mut response = DescribeLogDirsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    let disks = log_dirs::of_node(context.node).into_iter().enumerate();
    let results = disks.map(|(disk, path)| {
        let mut result = DescribeLogDirsResult::default();
        result.log_dir = path.into();
        let (topics, used) = describe(context, disk, wanted.as_ref());
        result.topics = topics;
        if reply.version >= 4 {
            result.total_bytes = TOTAL_BYTES;
            result.usable_bytes = TOTAL_BYTES.saturating_sub(used);
        }
        result
    });
    response.results = results.collect();
    Answer::now(reply, &response)
}

pub(super) fn fail(
    context: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<DescribeLogDirsRequest>()?;
    let mut response = DescribeLogDirsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    // Before version 3 there is no place for it: as with Kafka, the client is told of no directory.
    response.error_code = code;
    Answer::now(reply, &response)
}

/// What of the topics lies in a directory of the node that is asked, and how many bytes lie there in all.
fn describe(
    context: &Context<'_>,
    disk: usize,
    wanted: Option<&Wanted<'_>>,
) -> (Vec<DescribeLogDirsTopic>, i64) {
    let shared = context.shared;
    let mut used = 0_i64;
    let mut described = Vec::new();
    for topic in shared.catalog.all() {
        let wanted = wanted.map(|wanted| wanted.get(&*topic.name));
        let mut partitions = Vec::new();
        for (index, partition) in (0..).zip(&topic.partitions) {
            let here = shared.log_dirs.disk(context.node, &topic.name, index) == disk;
            if !here || !partition.leadership().replicas.contains(&context.node) {
                continue;
            }
            let size = i64::try_from(partition.size()).unwrap_or(i64::MAX);
            used = used.saturating_add(size);
            let wants = |wanted: Option<&BTreeSet<i32>>| {
                wanted.is_some_and(|wanted| wanted.contains(&index))
            };
            if wanted.is_none_or(wants) {
                let mut described = DescribeLogDirsPartition::default();
                described.partition_index = index;
                described.partition_size = size;
                partitions.push(described);
            }
        }
        if !partitions.is_empty() {
            let mut topics = DescribeLogDirsTopic::default();
            topics.name = topic.name.clone();
            topics.partitions = partitions;
            described.push(topics);
        }
    }
    (described, used)
}
