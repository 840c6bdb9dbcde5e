//! DeleteGroups.

use std::collections::BTreeSet;

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::delete_groups::{
    DeletableGroupResult, DeleteGroupsRequest, DeleteGroupsResponse,
};

use super::answer::Answer;
use super::coordination::coordinates;
use super::exchange::{Context, Incoming, Refusal};
use crate::nodes::Coordination;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (mut request, reply) = incoming.decode::<DeleteGroupsRequest>()?;
    let mut seen = BTreeSet::new();
    request.groups_names.retain(|id| seen.insert(id.clone()));
    respond(request, reply, context.throttle_ms, |id| match coordinates(
        context,
        Coordination::Group,
        id,
    ) {
        true => context.shared.groups.delete(id),
        false => Err(ErrorCode::NOT_COORDINATOR),
    })
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DeleteGroupsRequest>()?;
    respond(request, reply, 0, |_| Err(code))
}

fn respond(
    request: DeleteGroupsRequest,
    reply: super::exchange::Reply,
    throttle_ms: i32,
    delete: impl Fn(&str) -> Result<(), ErrorCode>,
) -> Result<Answer, Refusal> {
    let mut response = DeleteGroupsResponse::default();
    response.throttle_time_ms = throttle_ms;
    let results = request.groups_names.into_iter().map(|id| {
        let mut result = DeletableGroupResult::default();
        result.error_code = delete(&id).err().unwrap_or(ErrorCode::NONE);
        result.group_id = id;
        result
    });
    response.results = results.collect();
    Answer::now(reply, &response)
}
