//! Every request has its routing; parts and merged answers are what the whole would have been; answers that do not fit do no harm.

mod answers;
mod hostile;
mod split;
mod targets;

use milena_wire::codec::{Kind, Request, Value};
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::*;

use super::{Routed, Target};

/// What `errors` tells, in its order.
fn errors<R: Routed>(request: &R, response: &R::Response) -> Vec<(Option<usize>, ErrorCode)> {
    let mut errors = Vec::new();
    request.errors(response, &mut |item, code| errors.push((item, code)));
    errors
}

fn targets<R: Routed>(request: &R) -> Vec<Target> {
    let mut targets = Vec::new();
    request.targets(&mut |target| targets.push(target));
    targets
}

/// The names of all fields of a message.
fn fields(kind: Kind) -> Vec<&'static str> {
    let Kind::Struct(structure) = kind else {
        panic!("a message is a struct");
    };
    structure.fields.iter().map(|field| field.name).collect()
}

/// What holds of any request that is as it was made.
fn routed<R: Routed + Request>() {
    let request = R::default();
    let all = targets(&request);
    assert_eq!(all.len(), 1, "{}: what names nothing is one item", R::NAME);
    if let Some(sole) = request.sole_target() {
        assert_eq!(all, [sole], "{}", R::NAME);
    }
    let mut empty = R::Response::default();
    assert_eq!(errors(&request, &empty), [], "{}", R::NAME);
    assert_eq!(R::throttle_time_ms(&empty), 0, "{}", R::NAME);
    R::merge(&mut empty, R::Response::default());
}

/// Those that brokers and controllers speak among themselves may be there, too, and are for no client.
#[test]
fn every_request_is_routed() {
    macro_rules! one {
        (LEADER_AND_ISR $Request:ident) => {};
        (STOP_REPLICA $Request:ident) => {};
        (UPDATE_METADATA $Request:ident) => {};
        (CONTROLLED_SHUTDOWN $Request:ident) => {};
        (VOTE $Request:ident) => {};
        (BEGIN_QUORUM_EPOCH $Request:ident) => {};
        (END_QUORUM_EPOCH $Request:ident) => {};
        (ALTER_PARTITION $Request:ident) => {};
        (ENVELOPE $Request:ident) => {};
        (FETCH_SNAPSHOT $Request:ident) => {};
        (BROKER_REGISTRATION $Request:ident) => {};
        (BROKER_HEARTBEAT $Request:ident) => {};
        (ALLOCATE_PRODUCER_IDS $Request:ident) => {};
        (CONTROLLER_REGISTRATION $Request:ident) => {};
        (ASSIGN_REPLICAS_TO_DIRS $Request:ident) => {};
        (UPDATE_RAFT_VOTER $Request:ident) => {};
        (INITIALIZE_SHARE_GROUP_STATE $Request:ident) => {};
        (READ_SHARE_GROUP_STATE $Request:ident) => {};
        (WRITE_SHARE_GROUP_STATE $Request:ident) => {};
        (DELETE_SHARE_GROUP_STATE $Request:ident) => {};
        (READ_SHARE_GROUP_STATE_SUMMARY $Request:ident) => {};
        ($api:ident $Request:ident) => {
            routed::<$Request>()
        };
    }
    macro_rules! walk {
        ($(($api:ident, $Request:ident, $Response:ident))*) => {$(
            one!($api $Request);
        )*};
    }
    milena_wire::for_each_api!(walk);
}

#[test]
fn markers_are_routed() {
    routed::<WriteTxnMarkersRequest>();
}

#[test]
fn parts_have_every_field() {
    for (kind, parts) in super::list::FIELDS.iter().chain(super::partitions::FIELDS) {
        for field in fields(*kind) {
            assert!(parts.contains(&field), "{field} of {kind:?}");
        }
    }
    assert!(fields(<ProduceRequest as Value>::KIND).contains(&"acks"));
}
