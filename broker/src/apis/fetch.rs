//! Fetch.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::fetch::{
    FetchRequest, FetchResponse, FetchTopic, FetchableTopicResponse,
};

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use super::pending_fetch::{PendingFetch, failed};
use super::topic_reference::parts;
use crate::topic_part::TopicPart;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<FetchRequest>()?;
    let sessions = &context.shared.fetch_sessions;
    let opened = match sessions.open(context.node, &request, reply.version, context.instant) {
        Ok(opened) => opened,
        Err(code) => {
            let mut response = FetchResponse::default();
            response.error_code = code;
            response.throttle_time_ms = context.throttle_ms;
            return Answer::now(reply, &response);
        }
    };
    let mut pending = PendingFetch::new(context, opened, request, reply);
    match pending.try_answer(context, false)? {
        Some(frame) => Ok(Answer::Frame(frame)),
        None => {
            pending.register();
            Ok(Answer::Later(Box::new(pending)))
        }
    }
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<FetchRequest>()?;
    let mut response = FetchResponse::default();
    response.error_code = code;
    // Since version 13 the code at the top is all.
    if reply.version < 13 {
        response.responses = request
            .topics
            .into_iter()
            .map(|asked| fail_topic(asked, code))
            .collect();
    }
    Answer::now(reply, &response)
}

pub(super) fn names(context: &Context<'_>, incoming: Incoming) -> Result<Vec<TopicPart>, Refusal> {
    let (request, reply) = incoming.decode::<FetchRequest>()?;
    let (catalog, by_id) = (&context.shared.catalog, reply.version >= 13);
    // Whoever goes on with a session names only what is new in it.
    let remembered = match request.session_epoch {
        ..=0 => Vec::new(),
        1.. => {
            let sessions = &context.shared.fetch_sessions;
            sessions.topics(context.node, request.session_id)
        }
    };
    let named = request.topics.iter().chain(&remembered).flat_map(|asked| {
        let partitions = asked.partitions.iter().map(|asked| asked.partition);
        parts(catalog, by_id, &asked.topic, asked.topic_id, partitions)
    });
    Ok(named.collect())
}

fn fail_topic(asked: FetchTopic, code: ErrorCode) -> FetchableTopicResponse {
    let mut answer = FetchableTopicResponse::default();
    answer.topic = asked.topic;
    let partitions = asked.partitions.iter().map(|asked| {
        let mut partition = failed(code);
        partition.partition_index = asked.partition;
        partition
    });
    answer.partitions = partitions.collect();
    answer
}
