//! What an answer says of each batch.

use milena_wire::api_key::ApiKey;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::produce::PartitionProduceResponse;
use milena_wire::messages::{ProduceRequest, ProduceResponse};

use crate::cluster::routing::{Key, pair};
use crate::cluster::{Remedy, Retry, reaction};
use crate::error::{Error, ErrorKind};

/// What is done with a batch that came back.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It is in the log.
    Written {
        base_offset: Option<i64>,
        append_time: Option<i64>,
    },
    /// It is sent again.
    Again { error: Error, may_be_written: bool },
    /// It is not.
    Failed { error: Error, may_be_written: bool },
    /// It was not written, as its number is not the next one.
    OutOfOrder(Error),
    /// It was not written, as the broker does not accept the producer's id or epoch.
    Disowned(Error),
    /// It was not written, as it is too large.
    TooLarge(Error),
}

/// The verdict on a batch, and whether the broker does not lead its partition.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    pub(super) is_stale: bool,
}

/// What an answer says of each batch of a request, in the order of the request.
pub(super) fn verdicts(
    request: &ProduceRequest,
    response: &ProduceResponse,
    is_idempotent: bool,
) -> Vec<Judged> {
    let items = request.topic_data.iter().flat_map(|topic| {
        let key = Key::topic(&topic.name, topic.topic_id);
        let partitions = topic.partition_data.iter();
        partitions.map(move |partition| key.partition(partition.index))
    });
    let answers = response.responses.iter().flat_map(|topic| {
        let key = Key::topic(&topic.name, topic.topic_id);
        let partitions = topic.partition_responses.iter();
        partitions.map(move |partition| (key.partition(partition.index), partition))
    });
    let mut judged: Vec<Option<Judged>> = Vec::new();
    judged.resize_with(items.clone().count(), || None);
    pair(items, answers, |item, answer| {
        if let Some(place) = judged.get_mut(item) {
            *place = Some(judge(answer, is_idempotent));
        }
    });
    let judged = judged.into_iter();
    judged
        .map(|one| one.unwrap_or_else(|| judge(None, is_idempotent)))
        .collect()
}

fn judge(answer: Option<&PartitionProduceResponse>, is_idempotent: bool) -> Judged {
    let code = answer.map_or(ErrorCode::UNKNOWN_SERVER_ERROR, |answer| answer.error_code);
    let known = |number: i64| (number >= 0).then_some(number);
    let reaction = reaction(ApiKey::PRODUCE, code);
    let error = || {
        let message = match answer {
            None => Some("the answer does not tell of it".to_owned()),
            Some(answer) => answer.error_message.as_ref().map(ToString::to_string),
        };
        Error::new(ErrorKind::Broker { code, message }).during(ApiKey::PRODUCE, None)
    };
    let verdict = match (code, answer) {
        (ErrorCode::NONE, Some(answer)) => Verdict::Written {
            base_offset: known(answer.base_offset),
            append_time: known(answer.log_append_time_ms),
        },
        (ErrorCode::DUPLICATE_SEQUENCE_NUMBER, Some(_)) => Verdict::Written {
            base_offset: None,
            append_time: None,
        },
        (ErrorCode::MESSAGE_TOO_LARGE | ErrorCode::RECORD_LIST_TOO_LARGE, _) => {
            Verdict::TooLarge(error())
        }
        (ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER | ErrorCode::UNKNOWN_PRODUCER_ID, _)
            if is_idempotent =>
        {
            Verdict::OutOfOrder(error())
        }
        (ErrorCode::INVALID_PRODUCER_EPOCH, _) if is_idempotent => Verdict::Disowned(error()),
        _ => {
            let may_be_written = reaction.retry == Retry::IfIdempotent || answer.is_none();
            let is_again = match reaction.retry {
                Retry::Yes => true,
                Retry::IfIdempotent => is_idempotent,
                Retry::No => false,
            };
            let error = error();
            if is_again {
                Verdict::Again {
                    error,
                    may_be_written,
                }
            } else {
                Verdict::Failed {
                    error,
                    may_be_written,
                }
            }
        }
    };
    Judged {
        verdict,
        is_stale: reaction.then == Remedy::RefreshMetadata,
    }
}

/// What is done with a batch of a request that was not answered.
pub(super) fn without_answer(error: &Error, is_idempotent: bool) -> Verdict {
    let may_be_written = error.may_have_been_sent();
    let is_safe = is_idempotent || !may_be_written;
    let may_pass = error.is_retriable() || matches!(error.kind(), ErrorKind::UnknownBroker(_));
    let error = error.clone();
    if is_safe && may_pass {
        Verdict::Again {
            error,
            may_be_written,
        }
    } else {
        Verdict::Failed {
            error,
            may_be_written,
        }
    }
}
