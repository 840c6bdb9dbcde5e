//! DescribeGroups, for groups of the classic protocol.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::describe_groups::{
    DescribeGroupsRequest, DescribeGroupsResponse, DescribedGroup,
};

use super::answer::Answer;
use super::coordination::coordinates;
use super::exchange::{Context, Incoming, Refusal};
use super::group_operations::GROUP_OPERATIONS;
use crate::groups::GroupType;
use crate::nodes::Coordination;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DescribeGroupsRequest>()?;
    let mut response = DescribeGroupsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    for id in &request.groups {
        let mut group = describe(context, id, reply.version);
        group.group_id = id.clone();
        if request.include_authorized_operations && group.error_code.is_ok() {
            group.authorized_operations = GROUP_OPERATIONS;
        }
        response.groups.push(group);
    }
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DescribeGroupsRequest>()?;
    let mut response = DescribeGroupsResponse::default();
    let groups = request.groups.into_iter().map(|id| {
        let mut group = DescribedGroup::default();
        group.group_id = id;
        group.error_code = code;
        group
    });
    response.groups = groups.collect();
    Answer::now(reply, &response)
}

fn describe(context: &Context<'_>, id: &str, version: i16) -> DescribedGroup {
    let mut described = DescribedGroup::default();
    if !coordinates(context, Coordination::Group, id) {
        described.error_code = ErrorCode::NOT_COORDINATOR;
        return described;
    }
    match context.shared.groups.of_type(id, GroupType::Classic) {
        Ok(group) => {
            described.group_state = group.state().into();
            described.protocol_type = group.protocol_type().into();
        }
        Err(failure) => {
            // Old clients are told of a group that is dead.
            described.group_state = "Dead".into();
            if version >= 6 {
                described.error_code = failure.code;
                described.error_message = failure.message.map(Into::into);
            }
        }
    }
    described
}
