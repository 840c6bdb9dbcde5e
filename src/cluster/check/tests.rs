use std::io;
use std::num::NonZeroUsize;

use tokio::io::DuplexStream;

use super::*;
use crate::cluster::breaker::{BreakerSettings, WhenOpen};
use crate::cluster::purpose::Purpose;
use crate::cluster::selection::RoundRobin;
use crate::sasl::{Plain, ScramSha256};

const ZERO: Duration = Duration::ZERO;
const SECOND: Duration = Duration::from_secs(1);

fn builder() -> ClientBuilder {
    ClientBuilder::default().bootstrap(["localhost:9092"])
}

fn connections(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap()
}

/// Statement 20.
#[test]
fn the_defaults_are_those_that_are_promised() {
    let settings = builder().check().unwrap();
    assert_eq!(settings.bootstrap.len(), 1);
    assert_eq!(settings.bootstrap[0].to_string(), "localhost:9092");
    assert!(!settings.is_quorum && !settings.wait_for_cluster);
    assert!(!settings.allow_auto_topic_creation && settings.metrics);
    let ms = |option: Duration| option.as_millis();
    assert_eq!(ms(settings.metadata_max_age), 300_000);
    assert_eq!(ms(settings.metadata_max_idle), 300_000);
    assert_eq!(settings.rebootstrap_after.map(ms), Some(300_000));
    assert_eq!(ms(settings.retry_backoff), 100);
    assert_eq!(ms(settings.retry_backoff_max), 1_000);
    assert!((settings.retry_budget - 0.1).abs() < f64::EPSILON);
    assert_eq!(settings.retry_budget_floor, 10);
    assert_eq!(settings.connections_per_purpose, [connections(1); 4]);
    assert_eq!(settings.max_connections, None);
    assert_eq!(ms(settings.connect_backoff), 50);
    assert_eq!(ms(settings.connect_backoff_max), 1_000);
    assert_eq!(settings.warm_up_parallelism, connections(8));
    assert_eq!(settings.health_check_interval, None);
    assert_eq!(ms(settings.drain_timeout), 5_000);
    assert_eq!(ms(settings.deadline), 30_000);
    assert!(settings.rewriter.is_none() && settings.rack.is_none());
    assert_eq!(settings.local_address, None);
    assert_eq!(settings.breaker, BreakerSettings::default());
    assert!(format!("{:?}", settings.selection).contains("LeastLoaded"));
    let connection = &settings.connection.settings;
    assert_eq!(ms(connection.connect_timeout), 10_000);
    assert_eq!(ms(connection.request_timeout), 40_000);
    assert_eq!(ms(connection.connections_max_idle), 540_000);
    assert_eq!(connection.socket.keepalive.map(ms), Some(30_000));
    let buffers = (
        connection.socket.send_buffer,
        connection.socket.receive_buffer,
    );
    assert_eq!(buffers, (None, None));
}

#[test]
fn what_is_chosen_is_what_the_client_gets() {
    let settings = ClientBuilder::default()
        .bootstrap_controllers(["c1:9093".to_owned(), "[::1]:9093".to_owned()])
        .wait_for_cluster(true)
        .rewrite_addresses(|host, port| (format!("{host}.proxy"), port + 1))
        .rebootstrap_after(None)
        .connections_per_purpose(Purpose::Fetch, connections(3))
        .max_connections(connections(6))
        .drain_timeout(ZERO)
        .rack("r1")
        .local_address([10, 0, 0, 7])
        .circuit_breaker(BreakerSettings::default().when_open(WhenOpen::Fail))
        .selection(RoundRobin::default())
        .deadline(SECOND)
        .metadata_max_age(Duration::MAX)
        .sasl(ScramSha256::new("alice", "secret"))
        .connection(|connection| connection.send_buffer(4096))
        .check()
        .unwrap();
    let hosts = settings.bootstrap.iter().map(Address::host);
    assert_eq!(hosts.collect::<Vec<_>>(), ["c1", "::1"]);
    assert!(settings.is_quorum && settings.wait_for_cluster);
    let rewriter = settings.rewriter.unwrap();
    assert_eq!(rewriter.rewrite("b", 9092), ("b.proxy".to_owned(), 9093));
    assert_eq!(settings.rebootstrap_after, None);
    let fetch = settings.connections_per_purpose[Purpose::Fetch.index()];
    assert_eq!(fetch, connections(3));
    assert_eq!(settings.rack.as_deref(), Some("r1"));
    assert_eq!(settings.local_address, Some([10, 0, 0, 7].into()));
    assert_eq!(settings.deadline, SECOND);
    let failing = BreakerSettings::default().when_open(WhenOpen::Fail);
    assert_eq!(settings.breaker, failing);
    assert!(format!("{:?}", settings.selection).contains("RoundRobin"));
    let connection = &settings.connection.settings;
    assert_eq!(connection.deadline, SECOND);
    assert_eq!(connection.socket.send_buffer, Some(4096));
    assert!(connection.sasl.is_some());
}

/// "Bad input": each mistake is an error that names the option and what it may be. One row for each mistake.
#[test]
fn mistakes_are_errors_that_name_the_option_and_what_it_may_be() {
    let none: [&str; 0] = [];
    let new = ClientBuilder::default;
    let cases: Vec<(ClientBuilder, &str, &str)> = vec![
        (new(), "bootstrap", "missing: host:port"),
        (new().bootstrap(none), "bootstrap", "empty: host:port"),
        (
            new().bootstrap_controllers(none),
            "bootstrap_controllers",
            "empty: host:port",
        ),
        (
            new().bootstrap(["localhost"]),
            "bootstrap",
            "\"localhost\" is not host:port",
        ),
        (
            new().bootstrap(["a:1", ""]),
            "bootstrap",
            "\"\" is not host:port",
        ),
        (new().bootstrap(["a:0"]), "bootstrap", "1 to 65535"),
        (new().bootstrap(["a:65536"]), "bootstrap", "1 to 65535"),
        (
            new().bootstrap(["::1:9092"]),
            "bootstrap",
            "IPv6 is [::1]:9092",
        ),
        (
            new().bootstrap(["a:1,b:1"]),
            "bootstrap",
            "\"a:1,b:1\" is not host:port",
        ),
        (
            new().bootstrap([" a:1"]),
            "bootstrap",
            "\" a:1\" is not host:port",
        ),
        (
            new().bootstrap(["SSL://a:1"]),
            "bootstrap",
            "\"SSL://a:1\" is not host:port",
        ),
        (
            new().bootstrap_controllers(["c"]),
            "bootstrap_controllers",
            "\"c\" is not host:port",
        ),
        (
            builder().bootstrap_controllers(["c:1"]),
            "bootstrap_controllers",
            "not together with bootstrap",
        ),
        (
            builder().metadata_max_age(ZERO),
            "metadata_max_age",
            "more than 0",
        ),
        (
            builder().metadata_max_idle(ZERO),
            "metadata_max_idle",
            "more than 0",
        ),
        (
            builder().rebootstrap_after(ZERO),
            "rebootstrap_after",
            "more than 0",
        ),
        (
            builder().retry_backoff(ZERO),
            "retry_backoff",
            "more than 0",
        ),
        (
            builder().retry_backoff(2 * SECOND),
            "retry_backoff_max",
            "less than retry_backoff (2s)",
        ),
        (
            builder().retry_backoff_max(SECOND / 20),
            "retry_backoff_max",
            "50ms is less than retry_backoff (100ms)",
        ),
        (builder().retry_budget(-0.1), "retry_budget", "0 to 1"),
        (builder().retry_budget(1.5), "retry_budget", "0 to 1"),
        (builder().retry_budget(f64::NAN), "retry_budget", "0 to 1"),
        (
            builder().retry_budget_floor(0),
            "retry_budget_floor",
            "1 retry a second or more",
        ),
        (
            builder().max_connections(connections(3)),
            "max_connections",
            "4 or more",
        ),
        (
            builder()
                .max_connections(connections(4))
                .connections_per_purpose(Purpose::Produce, connections(2)),
            "max_connections",
            "5 or more",
        ),
        (
            builder()
                .max_connections(connections(4))
                .connections_per_purpose(Purpose::Produce, NonZeroUsize::MAX),
            "max_connections",
            "one broker alone may need",
        ),
        (
            builder().connect_backoff(ZERO),
            "connect_backoff",
            "more than 0",
        ),
        (
            builder().connect_backoff(2 * SECOND),
            "connect_backoff_max",
            "1s is less than connect_backoff (2s)",
        ),
        (
            builder().health_check_interval(ZERO),
            "health_check_interval",
            "more than 0",
        ),
        (
            builder().circuit_breaker(BreakerSettings::default().failure_threshold(0)),
            "circuit_breaker.failure_threshold",
            "0: 1 to 10000 is allowed",
        ),
        (
            builder().circuit_breaker(BreakerSettings::default().failure_rate(0.0)),
            "circuit_breaker.failure_rate",
            "more than 0, up to 1",
        ),
        (
            builder().circuit_breaker(BreakerSettings::default().failure_rate(1.1)),
            "circuit_breaker.failure_rate",
            "1.1: more than 0, up to 1",
        ),
        (
            builder().circuit_breaker(BreakerSettings::default().min_requests(0)),
            "circuit_breaker.min_requests",
            "1 to 1000000",
        ),
        (
            builder().circuit_breaker(BreakerSettings::default().window(ZERO)),
            "circuit_breaker.window",
            "100ms to 1h",
        ),
        (
            builder().circuit_breaker(BreakerSettings::default().reset_timeout(ZERO)),
            "circuit_breaker.reset_timeout",
            "1ms to 1h",
        ),
        (
            builder().circuit_breaker(BreakerSettings::default().reset_timeout(5 * SECOND)),
            "circuit_breaker.max_reset_timeout",
            "4s: 5s to 1h",
        ),
        (
            builder().circuit_breaker(BreakerSettings::default().probe_limit(0)),
            "circuit_breaker.probe_limit",
            "1 to 1000",
        ),
        (
            builder().circuit_breaker(BreakerSettings::default().success_threshold(0)),
            "circuit_breaker.success_threshold",
            "1 to 1000",
        ),
        (builder().rack(""), "rack", "a name is needed"),
        (builder().deadline(ZERO), "deadline", "more than 0"),
        (
            builder().connect_timeout(ZERO),
            "connect_timeout",
            "more than 0",
        ),
        (
            builder().request_timeout(ZERO),
            "request_timeout",
            "more than 0",
        ),
        (
            builder().connections_max_idle(ZERO),
            "connections_max_idle",
            "more than 0",
        ),
        (
            builder().connection(|connection| connection.tls_timeout(11 * SECOND)),
            "tls_timeout",
            "at most connect_timeout",
        ),
        (
            builder()
                .dialer(|_| async { io::Result::<DuplexStream>::Err(io::ErrorKind::Other.into()) })
                .connection(|connection| connection.receive_buffer(1)),
            "receive_buffer",
            "not together with dialer",
        ),
        (
            builder().sasl(Plain::new("alice", "hunter2")),
            "sasl",
            "tls is needed, or allow_plaintext_credentials",
        ),
        (
            new()
                .bootstrap_controllers(["c:1"])
                .allow_auto_topic_creation(true),
            "allow_auto_topic_creation",
            "not together with bootstrap_controllers",
        ),
    ];
    for (builder, option, words) in cases {
        let error = builder.check().unwrap_err();
        let ErrorKind::Config(ConfigError {
            option: found,
            problem,
        }) = error.kind()
        else {
            panic!("{option}: {error}");
        };
        assert_eq!(found, option, "{problem}");
        assert!(problem.contains(words), "{option}: {problem}");
        assert!(!error.is_retriable() && !error.to_string().contains("hunter2"));
    }
}

#[test]
fn what_is_at_the_edge_is_fine() {
    let builders = [
        builder().max_connections(connections(4)),
        builder().retry_budget(0.0),
        builder().retry_budget(1.0),
        builder().retry_backoff(SECOND),
        builder().retry_backoff_max(SECOND / 10),
        builder().deadline(SECOND / 1000),
        builder()
            .sasl(Plain::new("a", "b"))
            .allow_plaintext_credentials(true),
        builder().connection(|connection| connection.tls_timeout(10 * SECOND)),
    ];
    for builder in builders {
        builder.check().unwrap();
    }
}

#[test]
fn debug_shows_no_secret() {
    let builder = builder().sasl(Plain::new("alice", "hunter2"));
    let text = format!("{builder:?}");
    assert!(
        text.contains("localhost:9092") && !text.contains("hunter2"),
        "{text}"
    );
}
