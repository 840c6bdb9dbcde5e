//! DeleteTopics.

use std::collections::{BTreeMap, BTreeSet};

use bytestring::ByteString;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::delete_topics::{
    DeletableTopicResult, DeleteTopicState, DeleteTopicsRequest, DeleteTopicsResponse,
};
use uuid::Uuid;

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use crate::failure::Failure;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DeleteTopicsRequest>()?;
    let mut response = DeleteTopicsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    response.responses = delete(context, asked(request));
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DeleteTopicsRequest>()?;
    let mut response = DeleteTopicsResponse::default();
    let topics = asked(request).into_iter();
    response.responses = topics
        .map(|topic| failed(topic.name, topic.topic_id, &code.into()))
        .collect();
    Answer::now(reply, &response)
}

/// The topics of a request, whose old versions have names only.
fn asked(request: DeleteTopicsRequest) -> Vec<DeleteTopicState> {
    let named = request.topic_names.into_iter().map(|name| {
        let mut topic = DeleteTopicState::default();
        topic.name = Some(name);
        topic
    });
    request.topics.into_iter().chain(named).collect()
}

fn delete(context: &Context<'_>, asked: Vec<DeleteTopicState>) -> Vec<DeletableTopicResult> {
    let catalog = &context.shared.catalog;
    let mut results = Vec::new();
    let (mut names, mut ids) = (BTreeMap::new(), BTreeMap::new());
    for topic in asked {
        let refused = match (&topic.name, topic.topic_id.is_nil()) {
            (Some(name), true) => {
                *names.entry(name.clone()).or_insert(0) += 1;
                continue;
            }
            (None, false) => {
                *ids.entry(topic.topic_id).or_insert(0) += 1;
                continue;
            }
            (None, true) => "Neither topic name nor id were specified.",
            (Some(_), false) => "You may not specify both topic name and topic id.",
        };
        let refused = Failure::invalid_request(refused);
        results.push(failed(topic.name, topic.topic_id, &refused));
    }
    // By id, each once. What is named twice, in whatever way, is not touched.
    let mut found = BTreeMap::new();
    let mut twice = BTreeSet::new();
    for (id, times) in ids {
        if times > 1 {
            twice.insert(id);
            let duplicate = Failure::invalid_request("Duplicate topic id.");
            results.push(failed(None, id, &duplicate));
        } else if let Some(topic) = catalog.by_id(id) {
            found.insert(id, topic.name.clone());
        } else {
            results.push(failed(None, id, &unknown(ErrorCode::UNKNOWN_TOPIC_ID)));
        }
    }
    for (name, times) in names {
        let topic = catalog.by_name(&name);
        if times > 1 {
            let duplicate = Failure::invalid_request("Duplicate topic name.");
            results.push(failed(Some(name), Uuid::nil(), &duplicate));
        } else if let Some(topic) = topic {
            if twice.contains(&topic.id) || found.insert(topic.id, name.clone()).is_some() {
                found.remove(&topic.id);
                let duplicate = Failure::invalid_request(
                    "The provided topic name maps to an ID that was already supplied.",
                );
                results.push(failed(Some(name), topic.id, &duplicate));
            }
        } else {
            let unknown = unknown(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
            results.push(failed(Some(name), Uuid::nil(), &unknown));
        }
    }
    for (id, name) in found {
        // Another connection may have been faster.
        let failure = match context.shared.delete_topic(&name, id) {
            true => ErrorCode::NONE.into(),
            false => unknown(ErrorCode::UNKNOWN_TOPIC_ID),
        };
        results.push(failed(Some(name), id, &failure));
    }
    results
}

fn unknown(code: ErrorCode) -> Failure {
    Failure::new(
        code,
        match code {
            ErrorCode::UNKNOWN_TOPIC_ID => "This server does not host this topic ID.",
            _ => "This server does not host this topic-partition.",
        },
    )
}

fn failed(name: Option<ByteString>, id: Uuid, failure: &Failure) -> DeletableTopicResult {
    let mut result = DeletableTopicResult::default();
    result.name = name;
    result.topic_id = id;
    result.error_code = failure.code;
    result.error_message = failure.message.as_deref().map(Into::into);
    result
}
