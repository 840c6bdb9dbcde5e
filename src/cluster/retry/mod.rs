//! Whether, when and where a request is tried again. No I/O.

mod budget;
#[cfg(test)]
mod cost;
mod idempotence;
mod reaction;
mod throttle;

#[allow(unused_imports, reason = "for the client that asks all of this")]
pub(crate) use {
    budget::Budget,
    idempotence::{is_exempt_from_budget, is_idempotent},
    reaction::{Reaction, Remedy, Retry, reaction},
    throttle::throttles_first,
};
