//! ConsumerGroupDescribe, ShareGroupDescribe and StreamsGroupDescribe.

use bytestring::ByteString;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::{
    consumer_group_describe as consumer, share_group_describe as share,
    streams_group_describe as streams,
};

use super::answer::Answer;
use super::coordination::coordinates;
use super::exchange::{Context, Incoming, Refusal};
use super::group_operations::GROUP_OPERATIONS;
use crate::failure::Failure;
use crate::groups::{Group, GroupType};
use crate::nodes::Coordination;

/// Of a group that nobody has been a member of since it was made.
const EPOCHS: (i32, i32) = (1, 1);

pub(super) fn answer_consumer(
    context: &Context<'_>,
    incoming: Incoming,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<consumer::ConsumerGroupDescribeRequest>()?;
    let operations = request.include_authorized_operations;
    let mut response = consumer::ConsumerGroupDescribeResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    for id in request.group_ids {
        let mut group = match find(context, &id, GroupType::Consumer) {
            Err(failure) => failed_consumer(failure),
            Ok(found) => {
                let mut group = consumer::DescribedGroup::default();
                group.group_state = found.state().into();
                (group.group_epoch, group.assignment_epoch) = EPOCHS;
                group.assignor_name = "uniform".into();
                if operations {
                    group.authorized_operations = GROUP_OPERATIONS;
                }
                group
            }
        };
        group.group_id = id;
        response.groups.push(group);
    }
    Answer::now(reply, &response)
}

pub(super) fn fail_consumer(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<consumer::ConsumerGroupDescribeRequest>()?;
    let mut response = consumer::ConsumerGroupDescribeResponse::default();
    response.groups = all_failed(request.group_ids, |id| {
        let mut group = failed_consumer(code.into());
        group.group_id = id;
        group
    });
    Answer::now(reply, &response)
}

fn failed_consumer(failure: Failure) -> consumer::DescribedGroup {
    let mut group = consumer::DescribedGroup::default();
    group.error_code = failure.code;
    group.error_message = failure.message.map(Into::into);
    group
}

pub(super) fn answer_share(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<share::ShareGroupDescribeRequest>()?;
    let operations = request.include_authorized_operations;
    let mut response = share::ShareGroupDescribeResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    for id in request.group_ids {
        let mut group = match find(context, &id, GroupType::Share) {
            Err(failure) => failed_share(failure),
            Ok(found) => {
                let mut group = share::DescribedGroup::default();
                group.group_state = found.state().into();
                (group.group_epoch, group.assignment_epoch) = EPOCHS;
                group.assignor_name = "simple".into();
                if operations {
                    group.authorized_operations = GROUP_OPERATIONS;
                }
                group
            }
        };
        group.group_id = id;
        response.groups.push(group);
    }
    Answer::now(reply, &response)
}

pub(super) fn fail_share(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<share::ShareGroupDescribeRequest>()?;
    let mut response = share::ShareGroupDescribeResponse::default();
    response.groups = all_failed(request.group_ids, |id| {
        let mut group = failed_share(code.into());
        group.group_id = id;
        group
    });
    Answer::now(reply, &response)
}

fn failed_share(failure: Failure) -> share::DescribedGroup {
    let mut group = share::DescribedGroup::default();
    group.error_code = failure.code;
    group.error_message = failure.message.map(Into::into);
    group
}

pub(super) fn answer_streams(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<streams::StreamsGroupDescribeRequest>()?;
    let operations = request.include_authorized_operations;
    let mut response = streams::StreamsGroupDescribeResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    for id in request.group_ids {
        let mut group = match find(context, &id, GroupType::Streams) {
            Err(failure) => failed_streams(failure),
            Ok(found) => {
                let mut group = streams::DescribedGroup::default();
                group.group_state = found.state().into();
                (group.group_epoch, group.assignment_epoch) = EPOCHS;
                if operations {
                    group.authorized_operations = GROUP_OPERATIONS;
                }
                group
            }
        };
        group.group_id = id;
        response.groups.push(group);
    }
    Answer::now(reply, &response)
}

pub(super) fn fail_streams(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<streams::StreamsGroupDescribeRequest>()?;
    let mut response = streams::StreamsGroupDescribeResponse::default();
    response.groups = all_failed(request.group_ids, |id| {
        let mut group = failed_streams(code.into());
        group.group_id = id;
        group
    });
    Answer::now(reply, &response)
}

fn failed_streams(failure: Failure) -> streams::DescribedGroup {
    let mut group = streams::DescribedGroup::default();
    group.error_code = failure.code;
    group.error_message = failure.message.map(Into::into);
    group
}

/// A group of this type, if the node coordinates it.
fn find(context: &Context<'_>, id: &str, group_type: GroupType) -> Result<Group, Failure> {
    if id.is_empty() {
        return Err(ErrorCode::INVALID_GROUP_ID.into());
    }
    if !coordinates(context, Coordination::Group, id) {
        return Err(ErrorCode::NOT_COORDINATOR.into());
    }
    context.shared.groups.of_type(id, group_type)
}

fn all_failed<G>(ids: Vec<ByteString>, failed: impl Fn(ByteString) -> G) -> Vec<G> {
    ids.into_iter().map(failed).collect()
}
