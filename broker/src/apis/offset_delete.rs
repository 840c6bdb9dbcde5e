//! OffsetDelete.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::offset_delete::{
    OffsetDeleteRequest, OffsetDeleteResponse, OffsetDeleteResponsePartition,
    OffsetDeleteResponseTopic,
};

use super::answer::Answer;
use super::coordination::coordinates;
use super::exchange::{Context, Incoming, Refusal};
use crate::nodes::Coordination;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<OffsetDeleteRequest>()?;
    let shared = context.shared;
    let mut response = OffsetDeleteResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    let mut found = Vec::new();
    for asked in &request.topics {
        let topic = shared.catalog.by_name(&asked.name);
        let mut answer = OffsetDeleteResponseTopic::default();
        answer.name = asked.name.clone();
        for partition in &asked.partitions {
            let index = partition.partition_index;
            let mut partition = OffsetDeleteResponsePartition::default();
            partition.partition_index = index;
            let topic = topic.as_ref();
            if topic.is_some_and(|topic| topic.partition(index).is_some()) {
                found.push((&*asked.name, index));
            } else {
                partition.error_code = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
            }
            answer.partitions.push(partition);
        }
        response.topics.push(answer);
    }
    let id = &*request.group_id;
    let deleted = if id.is_empty() {
        Err(ErrorCode::INVALID_GROUP_ID)
    } else if coordinates(context, Coordination::Group, id) {
        shared.groups.delete_offsets(id, found)
    } else {
        Err(ErrorCode::NOT_COORDINATOR)
    };
    if let Err(code) = deleted {
        response.error_code = code;
        response.topics.clear();
    }
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<OffsetDeleteRequest>()?;
    let mut response = OffsetDeleteResponse::default();
    response.error_code = code;
    Answer::now(reply, &response)
}
