//! Fetch, without sessions: an answer that offers none makes clients name all partitions each time.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::fetch::{
    FetchRequest, FetchResponse, FetchTopic, FetchableTopicResponse,
};

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use super::pending_fetch::{PendingFetch, failed};
use super::topic_reference::parts;
use crate::topic_part::TopicPart;

/// The epochs of a request that begins a session, or that wants none.
const INITIAL_EPOCH: i32 = 0;
const FINAL_EPOCH: i32 = -1;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<FetchRequest>()?;
    if !matches!(request.session_epoch, INITIAL_EPOCH | FINAL_EPOCH) {
        let mut response = FetchResponse::default();
        response.error_code = ErrorCode::FETCH_SESSION_ID_NOT_FOUND;
        response.throttle_time_ms = context.throttle_ms;
        return Answer::now(reply, &response);
    }
    let mut pending = PendingFetch::new(context, request, reply);
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
    let named = request.topics.iter().flat_map(|asked| {
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
