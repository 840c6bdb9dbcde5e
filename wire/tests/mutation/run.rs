//! Counting, measuring and reporting a run.

use std::time::{Duration, Instant};

use crate::corpus::report;
use crate::mutate::Random;

/// A reader that takes longer over one frame hangs.
const SLOWEST: Duration = Duration::from_secs(1);

/// What one execution came to.
pub(crate) struct Executed {
    /// Whether the bytes were read, rather than refused.
    pub(crate) accepted: bool,
    /// The most memory that reading held at once, in bytes.
    pub(crate) peak: u64,
    /// What it may have held.
    pub(crate) bound: u64,
}

pub(crate) struct Run {
    name: &'static str,
    seed: u64,
    executions: u64,
    done: u64,
    accepted: u64,
    slowest: Duration,
    peak: u64,
    /// The largest share of its bound that an execution took, in percent.
    share: u64,
    began: Instant,
}

impl Run {
    /// Takes `share` of `of` parts of all executions.
    pub(crate) fn new(name: &'static str, share: u64, of: u64) -> Self {
        let number = |variable: &str| std::env::var(variable).ok()?.parse::<u64>().ok();
        let in_ci =
            std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
        let all = number("MILENA_MUTATIONS").unwrap_or(if in_ci { 1_000_000 } else { 200_000 });
        Self {
            name,
            seed: number("MILENA_MUTATION_SEED").unwrap_or(0x6d69_6c65_6e61),
            executions: (all * share).div_ceil(of),
            done: 0,
            accepted: 0,
            slowest: Duration::ZERO,
            peak: 0,
            share: 0,
            began: Instant::now(),
        }
    }

    /// The randomness of the next execution; `None` when all are done.
    pub(crate) fn next(&mut self) -> Option<Random> {
        if self.done == self.executions {
            return None;
        }
        self.done += 1;
        Some(Random::new(self.seed, self.done))
    }

    /// Runs it; `describe` is asked for only if it fails, and must tell enough to repeat it.
    pub(crate) fn execute(
        &mut self,
        describe: impl Fn() -> String,
        mut execute: impl FnMut() -> Executed,
    ) {
        let guard = TellOnPanic {
            seed: self.seed,
            execution: self.done,
            describe: &describe,
        };
        let began = Instant::now();
        let executed = execute();
        let mut took = began.elapsed();
        // A busy machine is not a slow reader: what is slow is so each time.
        for _ in 0..2 {
            if took > SLOWEST {
                let began = Instant::now();
                execute();
                took = took.min(began.elapsed());
            }
        }
        assert!(took <= SLOWEST, "it took {took:?}");
        let Executed {
            accepted,
            peak,
            bound,
        } = executed;
        assert!(
            peak <= bound,
            "it held {peak} bytes of memory, the bound is {bound}"
        );
        drop(guard);
        self.accepted += u64::from(accepted);
        self.slowest = self.slowest.max(took);
        self.peak = self.peak.max(peak);
        self.share = self.share.max(peak * 100 / bound);
    }

    pub(crate) fn finish(self, what: &str) {
        let Self {
            name,
            seed,
            executions,
            accepted,
            slowest,
            peak,
            share,
            began,
            ..
        } = self;
        let seconds = began.elapsed().as_secs_f64();
        let refused = executions - accepted;
        report(&format!(
            "mutation: {name}, {what}: {executions} executions in {seconds:.1} s, {accepted} read, {refused} refused, slowest {slowest:?}, \
             peak {peak} bytes, at most {share} % of its bound, seed {seed}"
        ));
    }
}

/// Says which execution it was, whichever way it fails.
struct TellOnPanic<'a> {
    seed: u64,
    execution: u64,
    describe: &'a dyn Fn() -> String,
}

impl Drop for TellOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self {
                seed,
                execution,
                describe,
            } = self;
            eprintln!("seed {seed}, execution {execution}: {}", describe());
        }
    }
}
