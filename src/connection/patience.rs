//! How long a request asks the broker to take its time.

use std::any::Any;
use std::time::Duration;

use milena_wire::messages::{
    AddRaftVoterRequest, AlterPartitionReassignmentsRequest, CreatePartitionsRequest,
    CreateTopicsRequest, DeleteRecordsRequest, DeleteTopicsRequest, ElectLeadersRequest,
    FetchRequest, JoinGroupRequest, ListOffsetsRequest, ListPartitionReassignmentsRequest,
    ProduceRequest, ShareFetchRequest, UpdateFeaturesRequest,
};

/// The wait that the request itself asks for: it comes on top of every time-out.
pub(crate) fn own_wait<R: Any>(request: &R) -> Duration {
    let request: &dyn Any = request;
    macro_rules! of {
        ($($request:ident: $field:ident),* $(,)?) => {
            $(if let Some(request) = request.downcast_ref::<$request>() {
                request.$field
            } else)* if let Some(join) = request.downcast_ref::<JoinGroupRequest>() {
                // Version 0 has the session time-out only, and waits as long.
                join.rebalance_timeout_ms.max(join.session_timeout_ms)
            } else {
                0
            }
        };
    }
    let milliseconds = of! {
        FetchRequest: max_wait_ms,
        ShareFetchRequest: max_wait_ms,
        ProduceRequest: timeout_ms,
        ListOffsetsRequest: timeout_ms,
        CreateTopicsRequest: timeout_ms,
        DeleteTopicsRequest: timeout_ms,
        CreatePartitionsRequest: timeout_ms,
        DeleteRecordsRequest: timeout_ms,
        ElectLeadersRequest: timeout_ms,
        AlterPartitionReassignmentsRequest: timeout_ms,
        ListPartitionReassignmentsRequest: timeout_ms,
        UpdateFeaturesRequest: timeout_ms,
        AddRaftVoterRequest: timeout_ms,
    };
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0))
}
