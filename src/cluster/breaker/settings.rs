//! What can be chosen of a circuit breaker.

use std::fmt::Display;
use std::time::Duration;

use super::super::backoff::Backoff;
use crate::error::ConfigError;

/// When a circuit breaker opens, and how it closes again. Java's client has none.
///
/// ```
/// use std::time::Duration;
/// use milena::cluster::breaker::{BreakerSettings, WhenOpen};
///
/// let settings = BreakerSettings::default()
///     .failure_threshold(3)
///     .reset_timeout(Duration::from_millis(500))
///     .when_open(WhenOpen::Fail);
/// assert!(settings.validate().is_ok());
/// let error = settings.failure_rate(2.0).validate().unwrap_err();
/// assert_eq!(error.option, "circuit_breaker.failure_rate");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct BreakerSettings {
    pub(super) failure_threshold: u32,
    pub(super) failure_rate: f64,
    pub(super) min_requests: u32,
    pub(super) window: Duration,
    pub(super) reset_timeout: Duration,
    pub(super) max_reset_timeout: Duration,
    pub(super) probe_limit: u32,
    pub(super) success_threshold: u32,
    pub(super) when_open: WhenOpen,
}

/// What becomes of a request that only this broker may answer while its circuit is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WhenOpen {
    /// It waits, within its deadline, until the broker is tried again.
    #[default]
    Wait,
    /// It fails at once.
    Fail,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            failure_threshold: 5,
            failure_rate: 0.5,
            min_requests: 20,
            window: Duration::from_secs(10),
            reset_timeout: Duration::from_secs(1),
            max_reset_timeout: Duration::from_secs(4),
            probe_limit: 1,
            success_threshold: 2,
            when_open: WhenOpen::Wait,
        }
    }
}

const HOUR: Duration = Duration::from_secs(3600);
const SHORTEST_WINDOW: Duration = Duration::from_millis(100);
const SHORTEST_RESET: Duration = Duration::from_millis(1);

impl BreakerSettings {
    /// Opens after so many failures in a row. 1 to 10,000. Default: 5.
    pub fn failure_threshold(mut self, failures: u32) -> Self {
        self.failure_threshold = failures;
        self
    }

    /// Opens, too, when this part of the requests within [`window`](Self::window) failed, if they were at least
    /// [`min_requests`](Self::min_requests). More than 0, up to 1. Default: 0.5.
    pub fn failure_rate(mut self, rate: f64) -> Self {
        self.failure_rate = rate;
        self
    }

    /// How many requests within the window it takes for the [`failure_rate`](Self::failure_rate) to say something. 1 to 1,000,000.
    /// Default: 20.
    pub fn min_requests(mut self, requests: u32) -> Self {
        self.min_requests = requests;
        self
    }

    /// How far back the [`failure_rate`](Self::failure_rate) looks; counted in tenths of it. 100 ms to 1 h. Default: 10 s.
    pub fn window(mut self, time: Duration) -> Self {
        self.window = time;
        self
    }

    /// How long it stays open at first; it doubles each time that the broker fails when it is tried, up to
    /// [`max_reset_timeout`](Self::max_reset_timeout), and is spread by a fifth either way. 1 ms to 1 h. Default: 1 s.
    pub fn reset_timeout(mut self, time: Duration) -> Self {
        self.reset_timeout = time;
        self
    }

    /// How long it stays open, by the number of times that it opened before.
    pub(crate) fn resets(&self) -> Backoff {
        Backoff::new(self.reset_timeout, self.max_reset_timeout)
    }

    /// How long it stays open at most. [`reset_timeout`](Self::reset_timeout) to 1 h. Default: 4 s.
    pub fn max_reset_timeout(mut self, time: Duration) -> Self {
        self.max_reset_timeout = time;
        self
    }

    /// How many requests may try the broker at a time. 1 to 1,000. Default: 1.
    pub fn probe_limit(mut self, requests: u32) -> Self {
        self.probe_limit = requests;
        self
    }

    /// Closes after so many answers. 1 to 1,000. Default: 2.
    pub fn success_threshold(mut self, answers: u32) -> Self {
        self.success_threshold = answers;
        self
    }

    /// What becomes of a request that only this broker may answer while the circuit is open. Default: it waits.
    pub fn when_open(mut self, behaviour: WhenOpen) -> Self {
        self.when_open = behaviour;
        self
    }

    /// What becomes of a request while the circuit is open, as it was chosen.
    #[must_use]
    pub fn behaviour_when_open(&self) -> WhenOpen {
        self.when_open
    }

    /// Whether all of it is possible.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the first option whose value is out of its range, or contradicts another.
    pub fn validate(&self) -> Result<(), ConfigError> {
        count(
            "circuit_breaker.failure_threshold",
            self.failure_threshold,
            10_000,
        )?;
        let rate = self.failure_rate;
        require(
            rate > 0.0 && rate <= 1.0,
            "circuit_breaker.failure_rate",
            &rate,
            || "more than 0, up to 1".to_owned(),
        )?;
        count("circuit_breaker.min_requests", self.min_requests, 1_000_000)?;
        time("circuit_breaker.window", self.window, SHORTEST_WINDOW)?;
        time(
            "circuit_breaker.reset_timeout",
            self.reset_timeout,
            SHORTEST_RESET,
        )?;
        time(
            "circuit_breaker.max_reset_timeout",
            self.max_reset_timeout,
            self.reset_timeout,
        )?;
        count("circuit_breaker.probe_limit", self.probe_limit, 1000)?;
        count(
            "circuit_breaker.success_threshold",
            self.success_threshold,
            1000,
        )
    }
}

/// From 1 on.
fn count(option: &'static str, value: u32, most: u32) -> Result<(), ConfigError> {
    let is_allowed = (1..=most).contains(&value);
    require(is_allowed, option, &value, || format!("1 to {most}"))
}

/// Up to an hour.
fn time(option: &'static str, value: Duration, least: Duration) -> Result<(), ConfigError> {
    let is_allowed = (least..=HOUR).contains(&value);
    require(is_allowed, option, &format_args!("{value:?}"), || {
        format!("{least:?} to 1h")
    })
}

fn require(
    is_allowed: bool,
    option: &'static str,
    given: &dyn Display,
    allowed: impl FnOnce() -> String,
) -> Result<(), ConfigError> {
    if is_allowed {
        return Ok(());
    }
    Err(ConfigError::new(
        option,
        format!("{given}: {} is allowed", allowed()),
    ))
}
