//! ListGroups: those that the node coordinates.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::list_groups::{ListGroupsRequest, ListGroupsResponse, ListedGroup};

use super::answer::Answer;
use super::coordination::coordinates;
use super::exchange::{Context, Incoming, Refusal};
use crate::groups::{Group, GroupType};
use crate::nodes::Coordination;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<ListGroupsRequest>()?;
    let groups = &context.shared.groups;
    let mut response = ListGroupsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    for id in groups.ids() {
        if !coordinates(context, Coordination::Group, &id) {
            continue;
        }
        let Some(group) = groups.group(&id).filter(|group| wanted(&request, group)) else {
            continue;
        };
        let mut listed = ListedGroup::default();
        listed.protocol_type = group.protocol_type().into();
        listed.group_state = group.state().into();
        listed.group_type = group.group_type().to_string().into();
        listed.group_id = id.into();
        response.groups.push(listed);
    }
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<ListGroupsRequest>()?;
    let mut response = ListGroupsResponse::default();
    response.error_code = code;
    Answer::now(reply, &response)
}

/// Whether no filter stands against a group. A name that nobody knows is one that no group has.
fn wanted(request: &ListGroupsRequest, group: &Group) -> bool {
    let (states, types) = (&request.states_filter, &request.types_filter);
    let in_state = |state: &str| state.trim().eq_ignore_ascii_case(group.state());
    let of_type = |name: &str| GroupType::parse(name) == Some(group.group_type());
    (states.is_empty() || states.iter().any(|state| in_state(state)))
        && (types.is_empty() || types.iter().any(|name| of_type(name)))
}
