//! AlterPartitionReassignments and ListPartitionReassignments.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::alter_partition_reassignments::{
    AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, ReassignablePartition,
    ReassignablePartitionResponse, ReassignableTopicResponse,
};
use milena_wire::messages::list_partition_reassignments::{
    ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse,
    OngoingPartitionReassignment, OngoingTopicReassignment,
};

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use crate::failure::Failure;
use crate::topics::Topic;

pub(super) fn answer_alter(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<AlterPartitionReassignmentsRequest>()?;
    let any_count = request.allow_replication_factor_change;
    let mut response = altered(context, &request, reply.version, |topic, partition| {
        alter(context, topic, partition, any_count)
    });
    if !request.topics.is_empty() {
        response.error_message = None;
    }
    Answer::now(reply, &response)
}

pub(super) fn fail_alter(
    context: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<AlterPartitionReassignmentsRequest>()?;
    let mut response = altered(context, &request, reply.version, |_, _| Err(code.into()));
    response.error_code = code;
    response.error_message = None;
    Answer::now(reply, &response)
}

pub(super) fn answer_list(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<ListPartitionReassignmentsRequest>()?;
    let catalog = &context.shared.catalog;
    let mut response = ListPartitionReassignmentsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    response.error_message = None;
    response.topics = match &request.topics {
        None => {
            let topics = catalog.all().into_iter();
            let ongoing = topics.map(|topic| {
                let partitions = (0..).zip(&topic.partitions).map(|(index, _)| index);
                ongoing(&topic, partitions)
            });
            ongoing.collect()
        }
        Some(topics) => {
            let topics = topics.iter();
            let ongoing = topics.filter_map(|wanted| {
                let topic = catalog.by_name(&wanted.name)?;
                Some(ongoing(&topic, wanted.partition_indexes.iter().copied()))
            });
            ongoing.collect()
        }
    };
    response.topics.retain(|topic| !topic.partitions.is_empty());
    Answer::now(reply, &response)
}

pub(super) fn fail_list(
    context: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<ListPartitionReassignmentsRequest>()?;
    let mut response = ListPartitionReassignmentsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    response.error_code = code;
    response.error_message = None;
    let topics = request.topics.iter().flatten().map(|wanted| {
        let mut topic = OngoingTopicReassignment::default();
        topic.name = wanted.name.clone();
        let partitions = wanted.partition_indexes.iter().map(|index| {
            let mut partition = OngoingPartitionReassignment::default();
            partition.partition_index = *index;
            partition
        });
        topic.partitions = partitions.collect();
        topic
    });
    response.topics = topics.collect();
    Answer::now(reply, &response)
}

fn altered(
    context: &Context<'_>,
    request: &AlterPartitionReassignmentsRequest,
    version: i16,
    alter: impl Fn(&str, &ReassignablePartition) -> Result<(), Failure>,
) -> AlterPartitionReassignmentsResponse {
    let mut response = AlterPartitionReassignmentsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    if version >= 1 && !request.topics.is_empty() {
        response.allow_replication_factor_change = request.allow_replication_factor_change;
    }
    for topic in &request.topics {
        let mut result = ReassignableTopicResponse::default();
        result.name = topic.name.clone();
        for partition in &topic.partitions {
            let mut altered = ReassignablePartitionResponse::default();
            altered.partition_index = partition.partition_index;
            altered.error_message = None;
            if let Err(failure) = alter(&topic.name, partition) {
                altered.error_code = failure.code;
                altered.error_message = failure.message.map(Into::into);
            }
            result.partitions.push(altered);
        }
        response.responses.push(result);
    }
    response
}

fn alter(
    context: &Context<'_>,
    topic: &str,
    partition: &ReassignablePartition,
    any_count: bool,
) -> Result<(), Failure> {
    let catalog = &context.shared.catalog;
    let index = partition.partition_index;
    match &partition.replicas {
        None => catalog.cancel_reassignment(topic, index),
        Some(target) => catalog.begin_reassignment(topic, index, target, any_count),
    }
}

/// Which of these partitions are on their way to other nodes.
fn ongoing(topic: &Topic, partitions: impl Iterator<Item = i32>) -> OngoingTopicReassignment {
    let mut result = OngoingTopicReassignment::default();
    result.name = topic.name.clone();
    let ongoing = partitions.filter_map(|index| {
        let leadership = topic.partition(index)?.leadership();
        let reassignment = leadership.reassignment?;
        let mut ongoing = OngoingPartitionReassignment::default();
        ongoing.partition_index = index;
        ongoing.replicas = leadership.replicas.into();
        ongoing.adding_replicas = reassignment.adding.into();
        ongoing.removing_replicas = reassignment.removing.into();
        Some(ongoing)
    });
    result.partitions = ongoing.collect();
    result
}
