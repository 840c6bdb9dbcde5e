//! FindCoordinator.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::find_coordinator::{
    Coordinator, FindCoordinatorRequest, FindCoordinatorResponse,
};
use uuid::Uuid;

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal, Reply};
use crate::failure::Failure;
use crate::identity::parse_id;
use crate::nodes::{Coordination, Node};

/// The first version that asks for many at once.
const MANY: i16 = 4;
/// The first version that knows share groups.
const SHARE: i16 = 6;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<FindCoordinatorRequest>()?;
    let Some(what) = Coordination::from_number(request.key_type) else {
        return refuse(&request, reply, ErrorCode::INVALID_REQUEST);
    };
    let find = |key: &str| {
        if what == Coordination::Share && (reply.version < SHARE || !is_share_key(key)) {
            return Err(ErrorCode::INVALID_REQUEST);
        }
        let found = context.shared.nodes.coordinator(what, key);
        found.ok_or(ErrorCode::COORDINATOR_NOT_AVAILABLE)
    };
    if reply.version < MANY {
        return match find(&request.key) {
            Err(code) => refuse(&request, reply, code),
            Ok(node) => {
                let mut response = FindCoordinatorResponse::default();
                response.throttle_time_ms = context.throttle_ms;
                // Kafka's word for no error.
                response.error_message = Some("NONE".into());
                response.node_id = node.id;
                response.host = node.host;
                response.port = i32::from(node.port);
                Answer::now(reply, &response)
            }
        };
    }
    let mut response = FindCoordinatorResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    let coordinators = request.coordinator_keys.into_iter().map(|key| {
        let mut coordinator = match find(&key) {
            Ok(node) => found(node),
            Err(code) => nobody(code),
        };
        coordinator.key = key;
        coordinator
    });
    response.coordinators = coordinators.collect();
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<FindCoordinatorRequest>()?;
    refuse(&request, reply, code)
}

/// Kafka says what an error means when a request fails as a whole, and to old clients.
fn refuse(
    request: &FindCoordinatorRequest,
    reply: Reply,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let mut response = FindCoordinatorResponse::default();
    if reply.version < MANY {
        response.error_code = code;
        response.error_message = Some(said(code).into());
        response.node_id = -1;
        response.port = -1;
    }
    let coordinators = request.coordinator_keys.iter().map(|key| {
        let mut coordinator = nobody(code);
        coordinator.key = key.clone();
        coordinator.error_message = Some(said(code).into());
        coordinator
    });
    response.coordinators = coordinators.collect();
    Answer::now(reply, &response)
}

/// As Kafka puts it, where the request itself can bring it about.
fn said(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::INVALID_REQUEST => Failure::MALFORMED,
        ErrorCode::COORDINATOR_NOT_AVAILABLE => "The coordinator is not available.",
        code => code.meaning(),
    }
}

fn found(node: Node) -> Coordinator {
    let mut coordinator = Coordinator::default();
    coordinator.node_id = node.id;
    coordinator.host = node.host;
    coordinator.port = i32::from(node.port);
    coordinator.error_message = Some("".into());
    coordinator
}

fn nobody(code: ErrorCode) -> Coordinator {
    let mut coordinator = Coordinator::default();
    coordinator.error_code = code;
    coordinator.error_message = Some("".into());
    coordinator.node_id = -1;
    coordinator.port = -1;
    coordinator
}

/// `group:topic-id:partition`, where the group may have colons of its own.
fn is_share_key(key: &str) -> bool {
    let mut parts = key.rsplitn(3, ':');
    let partition = parts.next().and_then(|part| part.parse::<i32>().ok());
    let id: Option<Uuid> = parts.next().and_then(parse_id);
    let group = parts.next().filter(|group| !group.trim().is_empty());
    partition.is_some() && id.is_some() && group.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_keys_have_three_parts() {
        for (key, expected) in [
            ("group:AAAAAAAAAAAAAAAAAAAAAQ:0", true),
            ("a:b:AAAAAAAAAAAAAAAAAAAAAQ:12", true),
            ("group", false),
            ("group:AAAAAAAAAAAAAAAAAAAAAQ", false),
            (":AAAAAAAAAAAAAAAAAAAAAQ:0", false),
            ("group:orders:0", false),
            ("group:AAAAAAAAAAAAAAAAAAAAAQ:first", false),
        ] {
            assert_eq!(is_share_key(key), expected, "{key}");
        }
    }
}
