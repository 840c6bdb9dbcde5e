//! The states of a breaker and what moves it between them. No I/O, no clock, no lock.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::super::random::Random;
use super::settings::BreakerSettings;
use super::transition::{BreakerState, Transition, TransitionCause};

/// How many transitions are remembered.
const REMEMBERED: usize = 16;

#[derive(Debug)]
pub(super) struct Machine {
    settings: BreakerSettings,
    random: Random,
    phase: Phase,
    /// How many times it opened since it was closed.
    openings: u32,
    /// Tells trials from those of an earlier time.
    round: u64,
    transitions: VecDeque<Transition>,
}

#[derive(Debug)]
enum Phase {
    Closed { failures_in_a_row: u32 },
    Open { until: Instant },
    HalfOpen { probes: u32, answers: u32 },
}

/// What becomes of a request.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    Pass,
    Probe {
        round: u64,
        transition: Option<Transition>,
    },
    Refused {
        retry_in: Duration,
    },
}

/// What happened within the window, the latest failure included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recent {
    pub(super) failures: u64,
    pub(super) successes: u64,
}

impl Machine {
    pub(super) fn new(settings: BreakerSettings, random: Random) -> Self {
        Self {
            settings,
            random,
            phase: Phase::Closed {
                failures_in_a_row: 0,
            },
            openings: 0,
            round: 0,
            transitions: VecDeque::with_capacity(REMEMBERED),
        }
    }

    pub(super) fn state(&self) -> BreakerState {
        match self.phase {
            Phase::Closed { .. } => BreakerState::Closed,
            Phase::Open { .. } => BreakerState::Open,
            Phase::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    /// Whether the last request failed, in the closed state.
    pub(super) fn is_troubled(&self) -> bool {
        matches!(self.phase, Phase::Closed { failures_in_a_row } if failures_in_a_row > 0)
    }

    pub(super) fn transitions(&self) -> impl Iterator<Item = &Transition> {
        self.transitions.iter()
    }

    /// How long a request has to wait before it is worth to ask again; zero if it would be let through.
    pub(super) fn retry_in(&self, now: Instant) -> Duration {
        match self.phase {
            Phase::Closed { .. } => Duration::ZERO,
            Phase::Open { until } => until.saturating_duration_since(now),
            Phase::HalfOpen { probes, .. } if probes < self.settings.probe_limit => Duration::ZERO,
            // Nobody knows when those who try the broker have their answer.
            Phase::HalfOpen { .. } => self.settings.reset_timeout / 10,
        }
    }

    pub(super) fn admit(&mut self, now: Instant) -> Verdict {
        let retry_in = self.retry_in(now);
        if !retry_in.is_zero() {
            return Verdict::Refused { retry_in };
        }
        let transition = match &mut self.phase {
            Phase::Closed { .. } => return Verdict::Pass,
            Phase::Open { .. } => Some(self.half_open(now, TransitionCause::ResetTimeout, (1, 0))),
            Phase::HalfOpen { probes, .. } => {
                *probes += 1;
                None
            }
        };
        Verdict::Probe {
            round: self.round,
            transition,
        }
    }

    /// The request that was let through in this round is over, or will never be.
    pub(super) fn release(&mut self, round: u64) {
        if let Phase::HalfOpen { probes, .. } = &mut self.phase {
            if round == self.round {
                *probes = probes.saturating_sub(1);
            }
        }
    }

    /// The broker answered.
    pub(super) fn succeeded(&mut self, now: Instant) -> Option<Transition> {
        let enough = self.settings.success_threshold;
        match &mut self.phase {
            Phase::Closed { failures_in_a_row } => {
                *failures_in_a_row = 0;
                None
            }
            Phase::HalfOpen { answers, .. } => {
                *answers += 1;
                (*answers >= enough).then(|| self.close(now))
            }
            Phase::Open { .. } if enough <= 1 => Some(self.close(now)),
            Phase::Open { .. } => Some(self.half_open(now, TransitionCause::Answered, (0, 1))),
        }
    }

    /// The broker did not answer.
    pub(super) fn failed(&mut self, now: Instant, recent: Recent) -> Option<Transition> {
        let cause = match &mut self.phase {
            Phase::Closed { failures_in_a_row } => {
                *failures_in_a_row = failures_in_a_row.saturating_add(1);
                let in_a_row = *failures_in_a_row;
                if in_a_row >= self.settings.failure_threshold {
                    TransitionCause::ConsecutiveFailures(in_a_row)
                } else {
                    self.failure_rate(recent)?
                }
            }
            // No news: a request that was sent before.
            Phase::Open { .. } => return None,
            Phase::HalfOpen { .. } => TransitionCause::TrialFailed,
        };
        Some(self.open(now, cause))
    }

    fn failure_rate(&self, recent: Recent) -> Option<TransitionCause> {
        let Recent {
            failures,
            successes,
        } = recent;
        let requests = failures.saturating_add(successes);
        // Exact up to 2^53 requests.
        let rate = failures as f64 / requests.max(1) as f64;
        let is_many = requests >= u64::from(self.settings.min_requests);
        (is_many && rate >= self.settings.failure_rate)
            .then_some(TransitionCause::FailureRate { failures, requests })
    }

    fn open(&mut self, now: Instant, cause: TransitionCause) -> Transition {
        let resets = self.settings.resets();
        let time = resets.delay(self.openings, self.random.number());
        self.openings = self.openings.saturating_add(1);
        // Valid settings are an hour at most.
        let until = now.checked_add(time).unwrap_or(now);
        let from = self.state();
        self.phase = Phase::Open { until };
        self.remember(now, from, cause, Some(time))
    }

    fn half_open(
        &mut self,
        now: Instant,
        cause: TransitionCause,
        (probes, answers): (u32, u32),
    ) -> Transition {
        let from = self.state();
        self.round += 1;
        self.phase = Phase::HalfOpen { probes, answers };
        self.remember(now, from, cause, None)
    }

    fn close(&mut self, now: Instant) -> Transition {
        let from = self.state();
        self.openings = 0;
        self.phase = Phase::Closed {
            failures_in_a_row: 0,
        };
        let cause = TransitionCause::Recovered(self.settings.success_threshold);
        self.remember(now, from, cause, None)
    }

    fn remember(
        &mut self,
        at: Instant,
        from: BreakerState,
        cause: TransitionCause,
        open_for: Option<Duration>,
    ) -> Transition {
        let transition = Transition {
            at,
            from,
            to: self.state(),
            cause,
            open_for,
        };
        if self.transitions.len() == REMEMBERED {
            self.transitions.pop_front();
        }
        self.transitions.push_back(transition.clone());
        transition
    }
}
