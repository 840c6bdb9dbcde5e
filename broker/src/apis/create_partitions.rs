//! CreatePartitions.

use std::collections::BTreeMap;

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::create_partitions::{
    CreatePartitionsRequest, CreatePartitionsResponse, CreatePartitionsTopic,
    CreatePartitionsTopicResult,
};

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use crate::failure::Failure;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<CreatePartitionsRequest>()?;
    let mut times = BTreeMap::<&str, usize>::new();
    for topic in &request.topics {
        *times.entry(&topic.name).or_default() += 1;
    }
    let mut response = CreatePartitionsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    let (once, more): (Vec<_>, Vec<_>) = times.into_iter().partition(|(_, times)| *times == 1);
    for (name, _) in more {
        let duplicate = Failure::invalid_request("Duplicate topic name.");
        response.results.push(result(name, Err(duplicate)));
    }
    let asked = request.topics.iter();
    for topic in asked.filter(|topic| once.contains(&(&*topic.name, 1))) {
        let grown = grow(context, topic, request.validate_only);
        response.results.push(result(&topic.name, grown));
    }
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<CreatePartitionsRequest>()?;
    let mut response = CreatePartitionsResponse::default();
    let topics = request.topics.iter();
    response.results = topics
        .map(|topic| result(&topic.name, Err(code.into())))
        .collect();
    Answer::now(reply, &response)
}

fn grow(
    context: &Context<'_>,
    topic: &CreatePartitionsTopic,
    validate_only: bool,
) -> Result<(), Failure> {
    let assignments = topic.assignments.as_ref().map(|assignments| {
        let assignments = assignments.iter();
        assignments
            .map(|assignment| &assignment.broker_ids[..])
            .collect::<Vec<_>>()
    });
    let catalog = &context.shared.catalog;
    catalog.grow(
        &topic.name,
        topic.count,
        assignments.as_deref(),
        validate_only,
        context.now,
    )
}

fn result(name: &str, grown: Result<(), Failure>) -> CreatePartitionsTopicResult {
    let mut result = CreatePartitionsTopicResult::default();
    result.name = name.into();
    if let Err(failure) = grown {
        result.error_code = failure.code;
        result.error_message = failure.message.map(Into::into);
    }
    result
}
