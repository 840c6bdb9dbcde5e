//! What each key does.

use super::*;
use crate::connection::Address;

fn hosts(settings: &ClientSettings) -> Vec<&str> {
    settings.bootstrap.iter().map(Address::host).collect()
}

#[test]
fn an_empty_map_is_the_defaults() {
    let (given, default) = (settings(&[]), ClientBuilder::default());
    let default = default.bootstrap(["localhost:9092"]).check().unwrap();
    assert_eq!(format!("{given:?}"), format!("{default:?}"));
}

#[test]
fn each_key_sets_its_option() {
    type Is = fn(&ClientSettings) -> bool;
    let cases: &[(&str, &str, Is)] = &[
        ("bootstrap.servers", "a:1, b:2 ,[::1]:3", |s| {
            hosts(s) == ["a", "b", "::1"] && !s.is_quorum
        }),
        ("metadata.broker.list", "a:1", |s| {
            hosts(s) == ["a"] && !s.is_quorum
        }),
        ("bootstrap.controllers", "c:1,d:1", |s| {
            hosts(s) == ["c", "d"] && s.is_quorum
        }),
        ("client.id", "me ", |s| {
            s.connection.settings.client_id.as_deref() == Some("me ")
        }),
        ("client.rack", "r1", |s| s.rack.as_deref() == Some("r1")),
        ("client.rack", "", |s| s.rack.is_none()),
        ("allow.auto.create.topics", "True", |s| {
            s.allow_auto_topic_creation
        }),
        ("allow.auto.create.topics", "false", |s| {
            !s.allow_auto_topic_creation
        }),
        ("metadata.max.age.ms", "1000", |s| {
            s.metadata_max_age == ms(1000)
        }),
        ("metadata.max.age.ms", "-1", |s| {
            s.metadata_max_age == Duration::MAX
        }),
        ("topic.metadata.refresh.interval.ms", "2000", |s| {
            s.metadata_max_age == ms(2000)
        }),
        ("metadata.max.idle.ms", "3000", |s| {
            s.metadata_max_idle == ms(3000)
        }),
        ("metadata.recovery.rebootstrap.trigger.ms", "4000", |s| {
            s.rebootstrap_after == Some(ms(4000))
        }),
        ("metadata.recovery.strategy", "NONE", |s| {
            s.rebootstrap_after.is_none()
        }),
        ("metadata.recovery.strategy", "rebootstrap", |s| {
            s.rebootstrap_after == Some(ms(300_000))
        }),
        ("retry.backoff.ms", " 20 ", |s| {
            s.retry_backoff == ms(20) && s.retry_backoff_max == ms(1000)
        }),
        ("retry.backoff.ms", "2000", |s| {
            s.retry_backoff == ms(2000) && s.retry_backoff_max == ms(2000)
        }),
        ("retry.backoff.max.ms", "500", |s| {
            s.retry_backoff_max == ms(500)
        }),
        ("reconnect.backoff.ms", "3000", |s| {
            s.connect_backoff == ms(3000) && s.connect_backoff_max == ms(3000)
        }),
        ("reconnect.backoff.max.ms", "700", |s| {
            s.connect_backoff_max == ms(700)
        }),
        ("socket.connection.setup.timeout.ms", "7000", |s| {
            let connection = &s.connection.settings;
            connection.connect_timeout == ms(7000) && connection.tcp_connect_timeout.is_none()
        }),
        ("socket.connection.setup.timeout.max.ms", "30000", |s| {
            let connection = &s.connection.settings;
            connection.connect_timeout == ms(30_000)
                && connection.tcp_connect_timeout == Some(ms(10_000))
        }),
        ("socket.connection.setup.timeout.max.ms", "5000", |s| {
            let connection = &s.connection.settings;
            connection.connect_timeout == ms(5_000)
                && connection.tcp_connect_timeout == Some(ms(5_000))
        }),
        ("request.timeout.ms", "8000", |s| {
            s.connection.settings.request_timeout == ms(8000)
        }),
        ("socket.timeout.ms", "9000", |s| {
            s.connection.settings.request_timeout == ms(9000)
        }),
        ("default.api.timeout.ms", "60000", |s| {
            s.deadline == ms(60_000) && s.connection.settings.deadline == ms(60_000)
        }),
        ("connections.max.idle.ms", "600", |s| {
            s.connection.settings.connections_max_idle == ms(600)
        }),
        ("connections.max.idle.ms", "0", |s| {
            s.connection.settings.connections_max_idle == Duration::MAX
        }),
        ("connections.max.idle.ms", "-1", |s| {
            s.connection.settings.connections_max_idle == Duration::MAX
        }),
        ("send.buffer.bytes", "131072", |s| {
            s.connection.settings.socket.send_buffer == Some(131_072)
        }),
        ("send.buffer.bytes", "-1", |s| {
            s.connection.settings.socket.send_buffer.is_none()
        }),
        ("receive.buffer.bytes", "65536", |s| {
            s.connection.settings.socket.receive_buffer == Some(65_536)
        }),
        ("socket.send.buffer.bytes", "5", |s| {
            s.connection.settings.socket.send_buffer == Some(5)
        }),
        ("socket.receive.buffer.bytes", "0", |s| {
            s.connection.settings.socket.receive_buffer.is_none()
        }),
        ("socket.receive.buffer.bytes", "6", |s| {
            s.connection.settings.socket.receive_buffer == Some(6)
        }),
        ("socket.keepalive.enable", "false", |s| {
            s.connection.settings.socket.keepalive.is_none()
        }),
        ("socket.keepalive.enable", "true", |s| {
            s.connection.settings.socket.keepalive == Some(ms(30_000))
        }),
        ("receive.message.max.bytes", "1000000", |s| {
            s.connection.settings.max_response_size == 1_000_000
        }),
    ];
    for (key, value, is) in cases {
        assert!(is(&settings(&[(key, value)])), "{key}={value}");
    }
    // None was left out.
    let tested: Vec<&str> = cases.iter().map(|(key, ..)| *key).collect();
    for key in crate::properties::keys::all() {
        let sets_an_option = matches!(key.meaning, crate::properties::key::Meaning::Option(..));
        assert!(
            !sets_an_option || tested.contains(&key.name),
            "{}",
            key.name
        );
    }
}

#[test]
fn the_two_times_of_connecting() {
    let settings = settings(&[
        ("socket.connection.setup.timeout.max.ms", "20000"),
        ("socket.connection.setup.timeout.ms", "4000"),
    ]);
    let connection = &settings.connection.settings;
    assert_eq!(connection.tcp_connect_timeout, Some(ms(4_000)));
    assert_eq!(connection.connect_timeout, ms(20_000));
}

#[test]
fn what_happens_anyhow_may_be_said() {
    for (key, value) in [
        ("client.dns.lookup", "use_all_dns_ips"),
        ("enable.metrics.push", "False"),
        ("retries", "2147483647"),
        ("socket.nagle.disable", "true"),
        ("socket.max.fails", "1"),
        ("ssl.endpoint.identification.algorithm", "HTTPS"),
        ("ssl.enabled.protocols", "TLSv1.3, TLSv1.2"),
        ("ssl.protocol", "TLSv1.3"),
        ("enable.ssl.certificate.verification", "true"),
        ("sasl.oauthbearer.method", "oidc"),
        ("security.protocol", "plaintext"),
    ] {
        settings(&[(key, value)]);
    }
}

#[test]
fn names_of_the_same_may_agree() {
    let settings = settings(&[
        ("bootstrap.servers", "a:1"),
        ("metadata.broker.list", "a:1"),
        ("request.timeout.ms", "5000"),
        ("socket.timeout.ms", " 5000"),
        ("client.id", "me"),
        ("client.id", "me"),
    ]);
    assert_eq!(hosts(&settings), ["a"]);
}

#[test]
fn the_builder_may_be_changed_further() {
    let map = std::collections::HashMap::from([("client.id".to_owned(), "me".to_owned())]);
    let builder = ClientBuilder::from_properties(&map).unwrap();
    let settings = builder.bootstrap(["b:1"]).rack("r").check().unwrap();
    assert_eq!(hosts(&settings), ["b"]);
    let id = settings.connection.settings.client_id.as_deref();
    assert_eq!((id, settings.rack.as_deref()), (Some("me"), Some("r")));
}

#[test]
fn a_file_is_read_into_a_builder() {
    let text = "bootstrap.servers=a:1,\\\n  b:1\n# x\nclient.id : me\nretry.backoff.ms 5\n";
    let builder = ClientBuilder::from_properties(crate::properties::parse(text).unwrap());
    let settings = builder.unwrap().check().unwrap();
    assert_eq!(hosts(&settings), ["a", "b"]);
    assert_eq!(settings.retry_backoff, ms(5));
}
