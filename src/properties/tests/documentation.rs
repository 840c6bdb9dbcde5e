//! `docs/configuration.md` says what the code does.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::cluster::Purpose;
use crate::properties::key::{Dialect, Meaning, Part};
use crate::properties::keys::all;

const TEXT: &str = include_str!("../../../docs/configuration.md");

/// The cells of the rows of the table with this head.
fn table(head: &str) -> Vec<Vec<&'static str>> {
    let mut lines = TEXT.lines().skip_while(|line| !line.starts_with(head));
    assert!(lines.next().is_some(), "{head}");
    let rows = lines.skip(1).take_while(|line| line.starts_with("| "));
    let cells = |row: &'static str| {
        let inner = row.strip_prefix('|').unwrap().strip_suffix('|').unwrap();
        inner.split('|').map(str::trim).collect()
    };
    rows.map(cells).collect()
}

/// The words between backquotes.
fn quoted(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn options() -> BTreeMap<&'static str, Vec<&'static str>> {
    let rows = table("| option |").into_iter();
    rows.map(|row| (row[0].trim_matches('`'), row)).collect()
}

/// The names of the public methods of a builder that take it and give it back.
fn methods(source: &'static str) -> impl Iterator<Item = &'static str> {
    source.lines().filter_map(|line| {
        let rest = line.strip_prefix("    pub fn ")?;
        let rest = Some(rest).filter(|rest| !rest.contains("(&self"))?;
        rest.find(['(', '<']).map(|end| &rest[..end])
    })
}

#[test]
fn every_option_is_in_the_table_and_nothing_else_is() {
    let client = methods(include_str!("../../cluster/builder.rs"));
    let connection = methods(include_str!("../../connection/builder.rs"));
    let breaker = methods(include_str!("../../cluster/breaker/settings.rs"));
    let mut expected: BTreeSet<String> = client.chain(connection).map(str::to_owned).collect();
    // It is the way to options, and none itself.
    assert!(expected.remove("connection"));
    expected.extend(breaker.map(|name| format!("circuit_breaker.{name}")));
    let found: BTreeSet<String> = options().into_keys().map(str::to_owned).collect();
    assert_eq!(found, expected);
    assert!(found.len() > 50);
}

/// As the table writes it.
fn spoken(time: Duration) -> String {
    match time.as_millis() {
        ms if ms % 60_000 == 0 => format!("{} min", ms / 60_000),
        ms if ms % 1000 == 0 => format!("{} s", ms / 1000),
        ms => format!("{ms} ms"),
    }
}

#[test]
fn the_defaults_are_those_of_the_code() {
    let settings = settings(&[]);
    let connection = &settings.connection.settings;
    let breaker = format!("{:?}", settings.breaker);
    let of_breaker = |name: &str| {
        let (_, rest) = breaker.split_once(&format!("{name}: ")).unwrap();
        let end = rest.find([',', ' ']).unwrap();
        rest[..end].to_owned()
    };
    let time = |time: Duration| spoken(time);
    let maybe = |time: Option<Duration>| time.map_or("none".to_owned(), spoken);
    let mib = |bytes: usize| format!("{} MiB", bytes >> 20);
    let buffer = |bytes: Option<u32>| bytes.map_or("the system's".to_owned(), |n| n.to_string());
    let none = |is_none: bool| if is_none { "none" } else { "some" }.to_owned();
    let connections = settings.connections_per_purpose[Purpose::Fetch.index()];
    let defaults: Vec<(&str, String)> = vec![
        ("bootstrap", "none: needed".to_owned()),
        ("bootstrap_controllers", "none".to_owned()),
        ("wait_for_cluster", settings.wait_for_cluster.to_string()),
        ("rewrite_addresses", none(settings.rewriter.is_none())),
        ("dialer", none(connection.dialer.is_none())),
        (
            "client_id",
            format!("`{}`", connection.client_id.as_deref().unwrap()),
        ),
        ("rack", none(settings.rack.is_none())),
        (
            "local_address",
            none(settings.local_address.is_none()) + ": that of the first connection",
        ),
        #[cfg(feature = "tls")]
        ("tls", none(connection.tls.is_none()) + ": plain text"),
        ("sasl", none(connection.sasl.is_none())),
        ("shared_sasl", none(connection.sasl.is_none())),
        (
            "allow_plaintext_credentials",
            connection.allow_plaintext_credentials.to_string(),
        ),
        ("connect_timeout", time(connection.connect_timeout)),
        ("resolve_timeout", maybe(connection.resolve_timeout)),
        ("tcp_connect_timeout", maybe(connection.tcp_connect_timeout)),
        ("tls_timeout", maybe(connection.tls_timeout)),
        (
            "authentication_timeout",
            maybe(connection.authentication_timeout),
        ),
        ("request_timeout", time(connection.request_timeout)),
        (
            "connections_max_idle",
            time(connection.connections_max_idle),
        ),
        ("drain_timeout", time(settings.drain_timeout)),
        ("deadline", time(settings.deadline)),
        ("retry_backoff", time(settings.retry_backoff)),
        ("retry_backoff_max", time(settings.retry_backoff_max)),
        ("retry_budget", settings.retry_budget.to_string()),
        (
            "retry_budget_floor",
            settings.retry_budget_floor.to_string(),
        ),
        ("connect_backoff", time(settings.connect_backoff)),
        ("connect_backoff_max", time(settings.connect_backoff_max)),
        ("metadata_max_age", time(settings.metadata_max_age)),
        ("metadata_max_idle", time(settings.metadata_max_idle)),
        ("rebootstrap_after", maybe(settings.rebootstrap_after)),
        (
            "allow_auto_topic_creation",
            settings.allow_auto_topic_creation.to_string(),
        ),
        ("connections_per_purpose", format!("{connections} each")),
        ("max_connections", none(settings.max_connections.is_none())),
        (
            "warm_up_parallelism",
            settings.warm_up_parallelism.to_string(),
        ),
        (
            "health_check_interval",
            maybe(settings.health_check_interval),
        ),
        ("circuit_breaker", "see the next rows".to_owned()),
        (
            "circuit_breaker.failure_threshold",
            of_breaker("failure_threshold"),
        ),
        ("circuit_breaker.failure_rate", of_breaker("failure_rate")),
        ("circuit_breaker.min_requests", of_breaker("min_requests")),
        (
            "circuit_breaker.window",
            of_breaker("window").replace('s', " s"),
        ),
        (
            "circuit_breaker.reset_timeout",
            of_breaker("reset_timeout").replace('s', " s"),
        ),
        (
            "circuit_breaker.max_reset_timeout",
            of_breaker("max_reset_timeout").replace('s', " s"),
        ),
        ("circuit_breaker.probe_limit", of_breaker("probe_limit")),
        (
            "circuit_breaker.success_threshold",
            of_breaker("success_threshold"),
        ),
        (
            "circuit_breaker.when_open",
            of_breaker("when_open").to_lowercase(),
        ),
        (
            "selection",
            format!(
                "`{}`",
                format!("{:?}", settings.selection)
                    .split([' ', '('])
                    .next()
                    .unwrap()
            ),
        ),
        ("metrics", settings.metrics.to_string()),
        ("tcp_keepalive", maybe(connection.socket.keepalive)),
        ("send_buffer", buffer(connection.socket.send_buffer)),
        ("receive_buffer", buffer(connection.socket.receive_buffer)),
        (
            "fallback_versions",
            none(connection.fallback_versions.is_none()),
        ),
        ("on_close", none(connection.on_close.is_none())),
        ("max_response_size", mib(connection.max_response_size)),
        ("decode_memory_budget", mib(connection.memory_budget)),
        (
            "reject_trailing_bytes",
            connection.reject_trailing_bytes.to_string(),
        ),
        ("max_in_flight", connection.max_outstanding.to_string()),
        ("max_queued_bytes", mib(connection.max_queued_bytes)),
    ];
    let table = options();
    for (option, default) in &defaults {
        assert_eq!(table[option][1].replace(',', ""), *default, "{option}");
    }
    for option in table.keys().filter(|option| **option != "tls") {
        assert!(defaults.iter().any(|(name, _)| name == option), "{option}");
    }
}

#[test]
fn every_key_of_an_option_stands_beside_it() {
    for (option, row) in options() {
        for (column, dialect) in [(4, Dialect::Java), (5, Dialect::Librdkafka)] {
            let known = all().filter(|key| {
                let is_whole = matches!(key.meaning, Meaning::Option(name, _) if name == option);
                is_whole && (key.dialect == dialect || key.dialect == Dialect::Both)
            });
            let known: BTreeSet<&str> = known.map(|key| key.name).collect();
            let written = quoted(row[column]);
            match option {
                "tls" => assert_eq!(written, ["security.protocol", "ssl.*"].into()),
                "sasl" => assert_eq!(written, ["security.protocol", "sasl.*"].into()),
                "allow_plaintext_credentials" => assert_eq!(written, ["security.protocol"].into()),
                _ => assert_eq!(written, known, "{option}, {dialect:?}"),
            }
        }
    }
}

fn who(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Java => "Java",
        Dialect::Librdkafka => "librdkafka",
        Dialect::Both => "both",
    }
}

#[test]
fn every_key_of_security_is_explained() {
    let rows = table("| key | known to | what it says |");
    let written: BTreeSet<(&str, &str)> = rows
        .iter()
        .map(|row| (row[0].trim_matches('`'), row[1]))
        .collect();
    let known = all().filter(|key| matches!(key.meaning, Meaning::Part(_)));
    let known = known.map(|key| (key.name, who(key.dialect))).collect();
    assert_eq!(written, known);
    let protocol = all().filter(|key| matches!(key.meaning, Meaning::Part(Part::Protocol)));
    assert_eq!(protocol.count(), 1);
}

#[test]
fn every_key_that_may_say_one_thing_is_there_with_that() {
    let rows = table("| key | known to | value |");
    let written: BTreeMap<&str, &Vec<&str>> = rows
        .iter()
        .map(|row| (row[0].trim_matches('`'), row))
        .collect();
    let mut count = 0;
    for key in all() {
        let Meaning::Always { values, .. } = key.meaning else {
            continue;
        };
        let row = written[key.name];
        assert_eq!(row[1], who(key.dialect), "{}", key.name);
        assert_eq!(
            quoted(row[2]),
            values.iter().copied().collect(),
            "{}",
            key.name
        );
        count += 1;
    }
    assert_eq!(count, written.len());
}

#[test]
fn every_key_that_is_refused_is_listed() {
    let (_, refused) = TEXT.split_once("### What is refused").unwrap();
    let rows = table("| keys | why");
    let of_nobody: BTreeSet<&str> = rows.iter().flat_map(|row| quoted(row[0])).collect();
    let of = |whose: &str| {
        let line = refused
            .lines()
            .find(|line| line.starts_with(whose))
            .unwrap();
        quoted(line)
    };
    use crate::properties::key::Layer::{Consumer, Either, Producer};
    let layers = [
        (Producer, "A producer's:"),
        (Consumer, "A consumer's:"),
        (Either, "Of either:"),
    ];
    for (layer, whose) in layers {
        let known = all().filter(|key| matches!(key.meaning, Meaning::Of(other) if other == layer));
        assert_eq!(of(whose), known.map(|key| key.name).collect(), "{whose}");
    }
    let known = all().filter(|key| matches!(key.meaning, Meaning::None(_)));
    assert_eq!(of_nobody, known.map(|key| key.name).collect());
}

/// "Seven time-outs are told apart in errors and docs."
#[test]
fn seven_times_have_an_option_each() {
    let rows = table("| time-out |");
    let names: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    let expected = [
        "resolve",
        "connect",
        "TLS",
        "authentication",
        "request",
        "idle",
        "drain",
    ];
    assert_eq!(names, expected);
    let options = options();
    let mut seen = BTreeSet::new();
    for row in &rows {
        for option in quoted(row[1]) {
            assert!(options.contains_key(option), "{option}");
            assert!(seen.insert(option), "{option}");
        }
    }
    let errors: BTreeSet<&str> = rows.iter().map(|row| row[4]).collect();
    assert_eq!(errors.len(), rows.len(), "no two look alike");
}
