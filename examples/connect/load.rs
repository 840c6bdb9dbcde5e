//! Many requests, and how long they took.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use milena::Connection;
use milena::wire::api_key::ApiKey;
use milena::wire::error_code::ErrorCode;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::failure::{Failure, request_kind};
use crate::options::{Amount, Options, Send};
use crate::{Section, milliseconds, sendable};

const PERCENTILES: [(&str, f64); 4] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];

/// What came of the requests of one API.
pub(crate) struct Load {
    api: ApiKey,
    /// The version, unless there is none in common.
    version: Option<i16>,
    concurrency: usize,
    took: Duration,
    tally: Tally,
}

#[derive(Default)]
struct Tally {
    /// How long those took that went well, in ascending order at the end.
    latencies: Vec<Duration>,
    /// The others, by kind.
    failed: BTreeMap<String, usize>,
    /// One of them, in its own words.
    example: Option<String>,
}

/// What was asked for; else ApiVersions, or Metadata of a broker that has no such thing.
pub(crate) fn wanted(options: &Options, connection: &Connection) -> Vec<Send> {
    if !options.sends.is_empty() {
        return options.sends.clone();
    }
    let known = connection.broker_versions().range(ApiKey::API_VERSIONS);
    let api = known.map_or(ApiKey::METADATA, |_| ApiKey::API_VERSIONS);
    let mut all = sendable::ALL.iter();
    let what = all.find(|sendable| sendable.api == api);
    what.map(|what| Send {
        what,
        max_version: None,
    })
    .into_iter()
    .collect()
}

pub(crate) async fn run(connection: &Connection, wanted: &Send, options: &Options) -> Load {
    let version = version(connection, wanted);
    let since = Instant::now();
    let (left, until) = match options.amount {
        Amount::Requests(count) => (count, None),
        Amount::Time(time) => (usize::MAX, Some(since + time)),
    };
    // Of what cannot be sent, one is enough to say so.
    let left = Arc::new(AtomicUsize::new(version.map_or(1, |_| left)));
    let mut workers = JoinSet::new();
    for _ in 0..options.concurrency.get() {
        let (connection, left, wanted) = (connection.clone(), Arc::clone(&left), *wanted);
        // Without a version in common, `send` itself says what is wrong.
        let version = version.or(wanted.max_version).unwrap_or(i16::MAX);
        workers.spawn(async move {
            let mut tally = Tally::default();
            while until.is_none_or(|until| Instant::now() < until)
                && connection.close_reason().is_none()
                && take(&left)
            {
                let since = Instant::now();
                let answer = (wanted.what.send)(&connection, version).await;
                tally.note(answer, since.elapsed());
            }
            tally
        });
    }
    let mut tally = Tally::default();
    while let Some(part) = workers.join_next().await {
        tally.add(part.unwrap_or_default());
    }
    tally.latencies.sort_unstable();
    Load {
        api: wanted.what.api,
        version,
        concurrency: options.concurrency.get(),
        took: since.elapsed(),
        tally,
    }
}

/// The version that the request goes out at.
fn version(connection: &Connection, wanted: &Send) -> Option<i16> {
    let theirs = connection.broker_versions().range(wanted.what.api)?;
    let common = wanted.what.versions.intersection(theirs);
    let highest = common.max.min(wanted.max_version.unwrap_or(i16::MAX));
    common.contains(highest).then_some(highest)
}

/// Takes one of those that are left.
fn take(left: &AtomicUsize) -> bool {
    let order = Ordering::Relaxed;
    left.fetch_update(order, order, |left| left.checked_sub(1))
        .is_ok()
}

impl Tally {
    fn note(&mut self, answer: Result<ErrorCode, milena::Error>, took: Duration) {
        let (kind, text) = match answer {
            Ok(ErrorCode::NONE) => return self.latencies.push(took),
            Ok(code) => {
                let name = code.name().map(ToOwned::to_owned);
                let name = name.unwrap_or_else(|| code.0.to_string());
                (name, format!("the broker answers {code}"))
            }
            Err(error) => (request_kind(&error), error.to_string()),
        };
        *self.failed.entry(kind).or_default() += 1;
        self.example.get_or_insert(text);
    }

    fn add(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        for (kind, count) in other.failed {
            *self.failed.entry(kind).or_default() += count;
        }
        self.example = self.example.take().or(other.example);
    }

    fn failures(&self) -> usize {
        self.failed.values().sum()
    }

    /// By nearest rank.
    fn percentile(&self, share: f64) -> Option<Duration> {
        let last = self.latencies.len().checked_sub(1)?;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a rank among as many as memory holds"
        )]
        let rank = (share * self.latencies.len() as f64).ceil() as usize;
        self.latencies
            .get(rank.saturating_sub(1).min(last))
            .copied()
    }
}

impl Load {
    fn title(&self) -> String {
        match self.version {
            Some(version) => format!("{} v{version}", self.api),
            None => self.api.to_string(),
        }
    }

    fn per_second(&self) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "for people to read")]
        let count = self.tally.latencies.len() as f64;
        count / self.took.as_secs_f64()
    }

    fn times(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        let percentiles = PERCENTILES
            .into_iter()
            .filter_map(|(name, share)| Some((name, self.tally.percentile(share)?)));
        let max = self.tally.latencies.last().map(|max| ("max", *max));
        percentiles.chain(max)
    }
}

impl Section for Load {
    fn text(&self) -> String {
        let mut text = format!(
            "{}, {} at once: {} ok, {} failed, in {:.3} s, {:.0} a second",
            self.title(),
            self.concurrency,
            self.tally.latencies.len(),
            self.tally.failures(),
            self.took.as_secs_f64(),
            self.per_second()
        );
        for (kind, count) in &self.tally.failed {
            text += &format!("\n  failed: {count} {kind}");
        }
        let times: Vec<_> = self
            .times()
            .map(|(name, time)| format!("{name} {:.3} ms", milliseconds(time)))
            .collect();
        if !times.is_empty() {
            text += &format!("\n  {}", times.join(", "));
        }
        text
    }

    fn json(&self) -> Value {
        let times = self
            .times()
            .map(|(name, time)| (name.to_owned(), milliseconds(time).into()));
        json!({
            "api": self.api.to_string(),
            "version": self.version,
            "concurrency": self.concurrency,
            "seconds": self.took.as_secs_f64(),
            "per_second": self.per_second(),
            "ok": self.tally.latencies.len(),
            "failed": self.tally.failures(),
            "failed_by_kind": self.tally.failed,
            "ms": Value::Object(times.collect()),
        })
    }
}

/// Whether all went well.
pub(crate) fn judge(
    loads: &[Load],
    connection: &Connection,
    options: &Options,
) -> Result<(), Failure> {
    let bad = loads.iter().find(|load| load.tally.failures() > 0);
    let peer = Some(connection.peer());
    let Some(load) = bad else {
        // Those that follow a close are not even tried.
        return match connection.close_reason() {
            Some(reason) => Err(Failure::new(peer, "requests", "closed", &reason)),
            None => Ok(()),
        };
    };
    let failed = load.tally.failures();
    let all = failed + load.tally.latencies.len();
    let example = load.tally.example.as_deref().unwrap_or_default();
    let cause = format!("{failed} of {all} failed: {example}");
    let kind = load.tally.failed.keys().next();
    let failure = Failure::new(peer, "requests", kind.cloned().unwrap_or_default(), &cause);
    let answered = !load.tally.latencies.is_empty();
    Err(match connection.close_reason() {
        Some(milena::CloseReason::ConnectionBroken(_)) if !answered && options.sasl.is_none() => {
            failure.hint("if this is a listener with SASL, add --sasl")
        }
        Some(milena::CloseReason::AuthFailure(_)) => failure.hint(
            "the first authentication went well: has the password changed, or is the token over?",
        ),
        _ => failure,
    })
}
