//! DescribeProducers.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::describe_producers::{
    DescribeProducersRequest, DescribeProducersResponse, PartitionResponse,
    ProducerState as Described, TopicRequest, TopicResponse,
};

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use super::transactions_ended::expire;
use crate::failure::Failure;
use crate::topics::validate_name;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DescribeProducersRequest>()?;
    let mut response = DescribeProducersResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    expire(context);
    let topics = request.topics.iter();
    response.topics = topics
        .map(|asked| topic(asked, |index| describe(context, &asked.name, index)))
        .collect();
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DescribeProducersRequest>()?;
    let mut response = DescribeProducersResponse::default();
    let topics = request.topics.iter();
    response.topics = topics
        .map(|asked| topic(asked, |_| Err(code.into())))
        .collect();
    Answer::now(reply, &response)
}

fn topic(
    asked: &TopicRequest,
    describe: impl Fn(i32) -> Result<Vec<Described>, Failure>,
) -> TopicResponse {
    let mut answer = TopicResponse::default();
    answer.name = asked.name.clone();
    for index in asked.partition_indexes.iter() {
        let mut partition = PartitionResponse::default();
        partition.partition_index = *index;
        match describe(*index) {
            Ok(producers) => partition.active_producers = producers,
            Err(failure) => {
                partition.error_code = failure.code;
                partition.error_message = failure.message.map(Into::into);
            }
        }
        answer.partitions.push(partition);
    }
    answer
}

fn describe(context: &Context<'_>, topic: &str, index: i32) -> Result<Vec<Described>, Failure> {
    validate_name(topic)
        .map_err(|message| Failure::new(ErrorCode::INVALID_TOPIC_EXCEPTION, message))?;
    let found = context.shared.catalog.by_name(topic);
    let found = found.ok_or_else(|| {
        Failure::new(
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            "This server does not host this topic-partition.",
        )
    })?;
    let partition = found.partition(index);
    let partition = partition.ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?;
    // Whoever has the partition answers, whether it leads or not.
    if !partition.leadership().replicas.contains(&context.node) {
        return Err(ErrorCode::NOT_LEADER_OR_FOLLOWER.into());
    }
    let producers = partition.producers().into_iter().map(|(id, state)| {
        let mut described = Described::default();
        described.producer_id = id;
        described.producer_epoch = i32::from(state.epoch);
        described.last_sequence = state.last_sequence;
        described.last_timestamp = state.last_timestamp;
        described.coordinator_epoch = state.coordinator_epoch;
        described.current_txn_start_offset = state.transaction_start.unwrap_or(-1);
        described
    });
    Ok(producers.collect())
}
