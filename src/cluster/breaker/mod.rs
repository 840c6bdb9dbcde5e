//! The circuit breaker of a broker: requests stay away from one that does not answer, until a few that are sent to try it are answered.
//!
//! ```text
//!              failure_threshold in a row, or failure_rate in the window
//!     Closed ------------------------------------------------------------> Open
//!        ^                                                                |   ^
//!        | success_threshold answers           reset_timeout, which doubles   | one failure
//!        |                                                                v   |
//!        +------------------------------------------------------------ HalfOpen
//! ```
//!
//! What counts as a failure is a connection that cannot be made, that is lost, or that leaves a request unanswered: **once for each
//! connection**, not once for each of the requests that were on it. A broker that answers is well, whatever error code it answers; a call that was
//! dropped, or whose caller has no more time, says nothing. A success counts for whatever purpose it was.
//!
//! A [`CircuitBreaker`] does no I/O and keeps no clock: it is told what time it is.

mod circuit;
mod machine;
mod settings;
mod transition;
mod window;

#[cfg(test)]
mod tests;

pub use circuit::{Admission, CircuitBreaker, Probe};
pub use settings::{BreakerSettings, WhenOpen};
pub use transition::{BreakerState, Transition, TransitionCause};
