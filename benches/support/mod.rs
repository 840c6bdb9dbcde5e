//! What the benches share.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::future_not_send,
    reason = "a bench; each uses a part of it"
)]

pub mod bare;
pub mod stub;

use std::time::Duration;

use milena::wire::encode_request;
use milena::wire::messages::HeartbeatRequest;
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::{Builder, Runtime};

/// The CPU time, user and system, that this process has used.
pub fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap(),
        u32::try_from(time.tv_nsec).unwrap(),
    )
}

/// A request of 64 bytes, as members of groups send it all the time.
pub fn heartbeat() -> HeartbeatRequest {
    HeartbeatRequest::default()
        .with_group_id("billing")
        .with_generation_id(17)
        .with_member_id("consumer-billing-7-0f1e2d3c")
}

/// The same as it goes over the wire.
pub fn heartbeat_frame() -> Vec<u8> {
    let client = "milena".into();
    let frame = encode_request(Vec::new(), &heartbeat(), 4, 7, Some(&client)).unwrap();
    frame.into_bytes().to_vec()
}

/// The two runtimes that programs have, by their names.
pub fn runtimes() -> [(&'static str, Runtime); 2] {
    let current_thread = Builder::new_current_thread().enable_all().build();
    let multi_thread = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    [
        ("current-thread", current_thread.unwrap()),
        ("multi-thread", multi_thread.unwrap()),
    ]
}

/// The middle one.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Whether the bench is only to show that it runs, as `cargo test --benches` asks.
pub fn is_test() -> bool {
    std::env::args().any(|argument| argument == "--test")
}
