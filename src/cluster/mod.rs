//! A whole cluster: which broker a request goes to, and what is done when that fails.
//!
//! [`selection`] has the policies by which one of several brokers is chosen, [`breaker`] the circuit breaker that keeps requests
//! away from a broker that does not answer.

#![allow(
    dead_code,
    reason = "decisions that the client is built upon: what it does not ask yet is tested here"
)]

pub mod breaker;
mod invalid_option;
mod nanoseconds;
mod random;
mod retry;
pub mod selection;

pub use invalid_option::InvalidOption;
