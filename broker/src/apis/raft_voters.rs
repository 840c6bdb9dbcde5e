//! AddRaftVoter and RemoveRaftVoter.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::add_raft_voter::{AddRaftVoterRequest, AddRaftVoterResponse};
use milena_wire::messages::remove_raft_voter::{RemoveRaftVoterRequest, RemoveRaftVoterResponse};
use uuid::Uuid;

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use crate::failure::Failure;
use crate::quorum::{CONTROLLER_LISTENER, Voter, VoterEndpoint, VoterKey};

pub(super) fn answer_add(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<AddRaftVoterRequest>()?;
    let mut response = AddRaftVoterResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    response.error_message = None;
    if let Err(failure) = add(context, &request) {
        response.error_code = failure.code;
        response.error_message = failure.message.map(Into::into);
    }
    Answer::now(reply, &response)
}

pub(super) fn fail_add(
    context: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<AddRaftVoterRequest>()?;
    let mut response = AddRaftVoterResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    response.error_code = code;
    response.error_message = None;
    Answer::now(reply, &response)
}

pub(super) fn answer_remove(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<RemoveRaftVoterRequest>()?;
    let mut response = RemoveRaftVoterResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    response.error_message = None;
    if let Err(failure) = remove(context, &request) {
        response.error_code = failure.code;
        response.error_message = failure.message.map(Into::into);
    }
    Answer::now(reply, &response)
}

pub(super) fn fail_remove(
    context: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<RemoveRaftVoterRequest>()?;
    let mut response = RemoveRaftVoterResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    response.error_code = code;
    response.error_message = None;
    Answer::now(reply, &response)
}

/// The voter is believed to be there, where Kafka would ask it for its features.
fn add(context: &Context<'_>, request: &AddRaftVoterRequest) -> Result<(), Failure> {
    check_cluster(context, request.cluster_id.as_deref())?;
    let key = key(request.voter_id, request.voter_directory_id, "Add")?;
    let endpoints = request.listeners.iter().map(|listener| VoterEndpoint {
        name: listener.name.to_string(),
        host: listener.host.to_string(),
        port: listener.port,
    });
    let endpoints: Vec<_> = endpoints.collect();
    let named = |endpoint: &VoterEndpoint| endpoint.name == CONTROLLER_LISTENER;
    if !endpoints.iter().any(named) {
        let endpoints = endpoints.iter().map(|VoterEndpoint { name, host, port }| {
            format!("ListenerName({name})={host}/<unresolved>:{port}")
        });
        let endpoints = endpoints.collect::<Vec<_>>().join(", ");
        return Err(Failure::invalid_request(format!(
            "Add voter request didn't include the endpoint (Endpoints(endpoints={{{endpoints}}})) for the default listener ListenerName({CONTROLLER_LISTENER})"
        )));
    }
    context.shared.quorum.add_voter(Voter { key, endpoints })
}

fn remove(context: &Context<'_>, request: &RemoveRaftVoterRequest) -> Result<(), Failure> {
    check_cluster(context, request.cluster_id.as_deref())?;
    let key = key(request.voter_id, request.voter_directory_id, "Remove")?;
    context.shared.quorum.remove_voter(key)
}

/// The client need not say which cluster it means.
fn check_cluster(context: &Context<'_>, meant: Option<&str>) -> Result<(), Failure> {
    let id = context.shared.cluster_id.get();
    match meant {
        Some(meant) if *meant != *id => Err(Failure::new(
            ErrorCode::INCONSISTENT_CLUSTER_ID,
            format!("The given id \"{meant}\" doesn't match the cluster id \"{id}\""),
        )),
        _ => Ok(()),
    }
}

fn key(id: i32, directory: Uuid, what: &str) -> Result<VoterKey, Failure> {
    if id < 0 || directory.is_nil() {
        return Err(Failure::invalid_request(format!(
            "{what} voter request didn't include a valid voter"
        )));
    }
    Ok(VoterKey { id, directory })
}
