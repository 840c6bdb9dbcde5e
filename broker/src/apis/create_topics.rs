//! CreateTopics.

use std::collections::HashMap;

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::create_topics::{
    CreatableTopic, CreatableTopicConfigs, CreatableTopicResult, CreateTopicsRequest,
    CreateTopicsResponse,
};

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use crate::failure::Failure;
use crate::topics::{NewTopic, Topic, TopicConfig};

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<CreateTopicsRequest>()?;
    let mut times = HashMap::<&str, usize>::new();
    for topic in &request.topics {
        *times.entry(&topic.name).or_default() += 1;
    }
    let mut response = CreateTopicsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    for topic in request
        .topics
        .iter()
        .filter(|topic| times.get(&*topic.name) == Some(&1))
    {
        let result = create(context, topic, request.validate_only);
        let mut result = result.unwrap_or_else(|error| failed(&error));
        result.name = topic.name.clone();
        response.topics.push(result);
    }
    // A name that comes more than once is refused, once.
    for topic in &request.topics {
        if times.remove(&*topic.name).is_some_and(|times| times > 1) {
            let duplicate = Failure::new(ErrorCode::INVALID_REQUEST, "Duplicate topic name.");
            let mut result = failed(&duplicate);
            result.name = topic.name.clone();
            response.topics.push(result);
        }
    }
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<CreateTopicsRequest>()?;
    let mut response = CreateTopicsResponse::default();
    let topics = request.topics.into_iter().map(|topic| {
        let mut result = CreatableTopicResult::default();
        result.name = topic.name;
        result.error_code = code;
        result
    });
    response.topics = topics.collect();
    Answer::now(reply, &response)
}

fn create(
    context: &Context<'_>,
    topic: &CreatableTopic,
    validate_only: bool,
) -> Result<CreatableTopicResult, Failure> {
    if &*topic.name == "__cluster_metadata" {
        return Err(Failure::new(
            ErrorCode::INVALID_REQUEST,
            "Creation of internal topic __cluster_metadata is prohibited.",
        ));
    }
    let configs = topic.configs.iter();
    let configs = configs.map(|config| (&*config.name, config.value.as_deref()));
    let assignments = topic.assignments.iter();
    let new = NewTopic {
        name: &topic.name,
        partitions: topic.num_partitions,
        replication_factor: topic.replication_factor,
        assignments: assignments
            .map(|assignment| (assignment.partition_index, assignment.broker_ids.as_slice()))
            .collect(),
        config: TopicConfig::parse(configs),
    };
    let created = context
        .shared
        .catalog
        .create(&new, validate_only, context.now)?;
    Ok(describe(&created))
}

fn describe(topic: &Topic) -> CreatableTopicResult {
    let mut result = CreatableTopicResult::default();
    result.topic_id = topic.id;
    result.error_message = None;
    result.num_partitions = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
    let replicas = topic
        .partition(0)
        .map_or(0, |partition| partition.leadership().replicas.len());
    result.replication_factor = i16::try_from(replicas).unwrap_or(i16::MAX);
    let configs = topic.config.entries().map(|(name, value, source)| {
        let mut config = CreatableTopicConfigs::default();
        config.name = bytestring::ByteString::from_static(name);
        config.value = Some(value.into());
        config.config_source = source as i8;
        config
    });
    result.configs = Some(configs.collect());
    result
}

fn failed(error: &Failure) -> CreatableTopicResult {
    let mut result = CreatableTopicResult::default();
    result.error_code = error.code;
    result.error_message = error.message.as_deref().map(Into::into);
    result
}
