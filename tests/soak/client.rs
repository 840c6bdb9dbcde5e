//! Callers in every mood.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use milena::connection::ConnectionBuilder;
use milena::error::{ConnectFailure, ErrorKind};
use milena::sasl::{Plain, ScramSha256};
use milena::wire::messages::metadata::MetadataRequestTopic;
use milena::wire::messages::produce::{PartitionProduceData, TopicProduceData};
use milena::wire::messages::{MetadataRequest, ProduceRequest};
use milena::{CloseReason, Connection, Error};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::ledger::Ledger;
use crate::random::Random;

/// Nothing takes so much longer than it may.
const HUNG: Duration = Duration::from_secs(10);

/// Connects and sends until `end`.
pub(crate) async fn work(mut random: Random, address: Arc<str>, ledger: Arc<Ledger>, end: Instant) {
    while Instant::now() < end {
        let Some((connection, deadline)) = connect(&mut random, &address, &ledger).await else {
            continue;
        };
        for _ in 0..=random.below(10) {
            send_some(&mut random, &connection, deadline, &ledger).await;
            // Long enough for an idle drop, and now and then for a session to be renewed.
            if random.one_in(10) {
                let most = random.pick(&[40, 40, 40, 40, 1500]);
                sleep(random.millis(0, most)).await;
            }
            if connection.close_reason().is_some() || Instant::now() >= end {
                break;
            }
        }
        match random.below(3) {
            0 => drop(connection),
            1 => connection.close(),
            _ => {
                connection.close();
                ledger.begin();
                let began = Instant::now();
                let reason = timeout(HUNG, connection.closed()).await;
                let outcome = reason.as_ref().map_or("HUNG", reason_name);
                ledger.end("closed()", outcome, began.elapsed(), Duration::ZERO);
            }
        }
    }
}

/// A connection with the time that its calls have.
async fn connect(
    random: &mut Random,
    address: &str,
    ledger: &Ledger,
) -> Option<(Connection, Duration)> {
    let limit = random.millis(50, 300);
    let deadline = random.millis(20, 200);
    let mut builder = Connection::builder()
        .connect_timeout(limit)
        .deadline(deadline)
        .request_timeout(random.millis(20, 300))
        .reject_trailing_bytes(random.one_in(2));
    if random.one_in(4) {
        builder = builder.connections_max_idle(random.millis(1, 30));
    }
    if random.one_in(4) {
        builder = builder.max_in_flight(std::num::NonZeroUsize::new(1 + random.below(4)).unwrap());
    }
    if random.one_in(4) {
        builder = builder.max_queued_bytes(10_000);
    }
    if random.one_in(8) {
        builder = builder.on_close(|_, _| {});
    }
    builder = with_sasl(random, builder);
    ledger.begin();
    let began = Instant::now();
    // One in eight loses interest.
    let (interest, outlives) = match random.one_in(8) {
        true => (random.millis(0, 20), false),
        false => (limit + HUNG, true),
    };
    let result = timeout(interest, builder.connect(address)).await;
    let time = began.elapsed();
    let (outcome, connection) = match result {
        Ok(Ok(connection)) => ("ok", Some((connection, deadline))),
        Ok(Err(error)) => (failure_name(&error), None),
        Err(_) if outlives => ("HUNG", None),
        Err(_) => ("dropped", None),
    };
    ledger.end("connect", outcome, time, limit.min(interest));
    connection
}

fn with_sasl(random: &mut Random, builder: ConnectionBuilder) -> ConnectionBuilder {
    match random.below(6) {
        0 => builder
            .sasl(Plain::new("alice", "secret"))
            .allow_plaintext_credentials(true),
        1 => builder.sasl(ScramSha256::new("alice", "secret")),
        _ => builder,
    }
}

/// Several calls at once; some are dropped.
async fn send_some(
    random: &mut Random,
    connection: &Connection,
    deadline: Duration,
    ledger: &Arc<Ledger>,
) {
    let mut calls = JoinSet::new();
    for _ in 0..=random.below(8) {
        let (connection, ledger) = (connection.clone(), Arc::clone(ledger));
        let number = random.below(usize::MAX);
        let (interest, outlives) = match random.one_in(5) {
            true => (random.millis(0, 10), false),
            false => (deadline + HUNG, true),
        };
        let (kind, size) = (random.below(4), random.pick(&[100, 4096, 5000, 100_000]));
        ledger.begin();
        calls.spawn(async move {
            let began = Instant::now();
            let call = call(&connection, kind, size, number);
            let (what, result) = match timeout(interest, call).await {
                Ok((what, result)) => (
                    what,
                    result.map_or_else(|error| call_name(&error), |()| "ok"),
                ),
                Err(_) if outlives => ("call", "HUNG"),
                Err(_) => ("call", "dropped"),
            };
            ledger.end(what, result, began.elapsed(), deadline.min(interest));
        });
    }
    if random.one_in(20) {
        connection.close();
    }
    while let Some(done) = calls.join_next().await {
        done.unwrap();
    }
}

/// One call, by its kind.
async fn call(
    connection: &Connection,
    kind: usize,
    size: usize,
    number: usize,
) -> (&'static str, Result<(), Error>) {
    match kind {
        0 => {
            let request = produce(size).with_acks(1);
            ("produce", connection.send(request).await.map(drop))
        }
        1 => ("oneway", connection.send_oneway(produce(size)).await),
        _ => {
            let topic = format!("topic-{number}");
            let asked = MetadataRequestTopic::default().with_name(topic.as_str());
            let request = MetadataRequest::default().with_topics(vec![asked]);
            let result = connection.send(request).await.map(|answer| {
                let other = answer.cluster_id.filter(|id| id.starts_with("topic-"));
                assert!(
                    other.as_deref().is_none_or(|other| other == topic),
                    "the answer to {topic} is that to {other:?}"
                );
            });
            ("metadata", result)
        }
    }
}

fn produce(size: usize) -> ProduceRequest {
    let records = Bytes::from(vec![7; size]);
    let data = PartitionProduceData::default().with_records(records);
    let topic = TopicProduceData::default()
        .with_name("t")
        .with_partition_data(vec![data]);
    ProduceRequest::default().with_topic_data(vec![topic])
}

fn failure_name(error: &Error) -> &'static str {
    let ErrorKind::Connect { cause, .. } = error.kind() else {
        return "an error of another kind";
    };
    match cause {
        ConnectFailure::Io(_) => "I/O error",
        ConnectFailure::TimedOut { .. } => "timed out",
        ConnectFailure::NotKafka(_) => "not Kafka",
        ConnectFailure::Refused(_) => "refused",
        ConnectFailure::Sasl(_) => "SASL error",
        _ => "another failure",
    }
}

fn call_name(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Closed(reason) => reason_name(reason),
        ErrorKind::DeadlineExceeded => "deadline exceeded",
        ErrorKind::InvalidResponse(_) => "invalid response",
        ErrorKind::UnsupportedApi | ErrorKind::UnsupportedVersion { .. } => "no common version",
        _ => "an error of another kind",
    }
}

fn reason_name(reason: &CloseReason) -> &'static str {
    match reason {
        CloseReason::ConnectionBroken(_) => "closed, broken",
        CloseReason::ConnectionTimeout => "closed, timed out",
        CloseReason::OutOfSync { .. } => "closed, out of sync",
        CloseReason::IdleDrop => "closed, idle",
        CloseReason::AuthFailure(_) => "closed, not authenticated anew",
        CloseReason::Shutdown => "closed by this side",
        _ => "closed, another reason",
    }
}
