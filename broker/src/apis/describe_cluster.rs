//! DescribeCluster.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::describe_cluster::{
    DescribeClusterBroker, DescribeClusterRequest, DescribeClusterResponse,
};

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use super::metadata::CLUSTER_OPERATIONS;
use crate::nodes::Node;

/// What an endpoint leads to.
const BROKER: i8 = 1;
const CONTROLLER: i8 = 2;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DescribeClusterRequest>()?;
    let mut response = DescribeClusterResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    let refusal = match request.endpoint_type {
        BROKER => None,
        CONTROLLER => Some((
            ErrorCode::MISMATCHED_ENDPOINT_TYPE,
            "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER".to_owned(),
        )),
        other => Some((
            ErrorCode::UNSUPPORTED_ENDPOINT_TYPE,
            format!("Unsupported endpoint type {other}"),
        )),
    };
    if let Some((code, message)) = refusal {
        response.error_code = code;
        response.error_message = Some(message.into());
        return Answer::now(reply, &response);
    }
    let nodes = &context.shared.nodes;
    let down = match request.include_fenced_brokers {
        true => nodes.down(),
        false => Vec::new(),
    };
    let brokers = nodes.alive().into_iter().map(|node| broker(node, false));
    let brokers = brokers.chain(down.into_iter().map(|node| broker(node, true)));
    response.brokers = brokers.collect();
    response
        .brokers
        .sort_unstable_by_key(|broker| broker.broker_id);
    response.cluster_id = context.shared.cluster_id.get();
    response.controller_id = nodes.controller().unwrap_or(-1);
    if request.include_cluster_authorized_operations {
        response.cluster_authorized_operations = CLUSTER_OPERATIONS;
    }
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<DescribeClusterRequest>()?;
    let mut response = DescribeClusterResponse::default();
    response.error_code = code;
    response.error_message = Some(code.meaning().into());
    Answer::now(reply, &response)
}

fn broker(node: Node, is_fenced: bool) -> DescribeClusterBroker {
    let mut broker = DescribeClusterBroker::default();
    broker.broker_id = node.id;
    broker.host = node.host;
    broker.port = i32::from(node.port);
    broker.rack = node.rack;
    broker.is_fenced = is_fenced;
    broker
}
