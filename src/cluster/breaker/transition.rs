//! The states of a breaker, and how it goes from one to another.

use std::fmt;
use std::time::{Duration, Instant};

pub use crate::metrics::BreakerState;

/// A breaker went from one state to another.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Transition {
    /// When.
    pub at: Instant,
    /// The state before.
    pub from: BreakerState,
    /// The state since.
    pub to: BreakerState,
    /// Why.
    pub cause: TransitionCause,
    /// For how long no request will go to the broker; only of one [to `Open`](BreakerState::Open).
    pub open_for: Option<Duration>,
}

/// Why a breaker went from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransitionCause {
    /// So many failures in a row.
    ConsecutiveFailures(u32),
    /// Too large a part of the requests within the window failed.
    FailureRate {
        /// How many failed.
        failures: u64,
        /// Of how many.
        requests: u64,
    },
    /// The time was over after which the broker is tried again.
    ResetTimeout,
    /// The broker answered a request that was sent in spite of the open circuit, or before it opened.
    Answered,
    /// A request failed while the broker was tried.
    TrialFailed,
    /// So many requests were answered while the broker was tried.
    Recovered(u32),
}

impl fmt::Display for TransitionCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConsecutiveFailures(count) => write!(f, "{count} failures in a row"),
            Self::FailureRate { failures, requests } => {
                write!(f, "{failures} of {requests} requests failed")
            }
            Self::ResetTimeout => f.write_str("time to try it again"),
            Self::Answered => f.write_str("a request was answered"),
            Self::TrialFailed => f.write_str("a trial failed"),
            Self::Recovered(count) => write!(f, "{count} requests were answered"),
        }
    }
}

impl fmt::Display for Transition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            from, to, cause, ..
        } = self;
        write!(f, "{from} -> {to}: {cause}")?;
        if let Some(time) = self.open_for {
            write!(f, "; open for {time:?}")?;
        }
        Ok(())
    }
}
