//! How long a request asks the broker to take its time.

use std::any::Any;
use std::time::Duration;

use milena_wire::messages::{FetchRequest, JoinGroupRequest, ProduceRequest};

/// The wait that the request itself asks for: it comes on top of every time-out.
pub(crate) fn own_wait<R: Any>(request: &R) -> Duration {
    let request: &dyn Any = request;
    let milliseconds = if let Some(fetch) = request.downcast_ref::<FetchRequest>() {
        fetch.max_wait_ms
    } else if let Some(produce) = request.downcast_ref::<ProduceRequest>() {
        produce.timeout_ms
    } else if let Some(join) = request.downcast_ref::<JoinGroupRequest>() {
        // Version 0 has the session time-out only, and waits as long.
        join.rebalance_timeout_ms.max(join.session_timeout_ms)
    } else {
        0
    };
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0))
}
