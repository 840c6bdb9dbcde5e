//! "Bad input": each mistake names its key and what is allowed. One row for each.

use super::*;

#[test]
fn keys_that_are_not_the_clients() {
    assert_mistakes(&[
        (
            &[("bootstrap.server", "a:1")],
            "bootstrap.server",
            &["no such key", "was bootstrap.servers meant?"],
        ),
        (
            &[("spring.kafka.password", "hunter2")],
            "spring.kafka.password",
            &["no such key"],
        ),
        (&[("", "")], "", &["no such key"]),
        (&[("acks", "all")], "acks", &["belongs to a producer"]),
        (
            &[("linger.ms", "5")],
            "linger.ms",
            &["belongs to a producer"],
        ),
        (
            &[("queue.buffering.max.ms", "5")],
            "queue.buffering.max.ms",
            &["belongs to a producer"],
        ),
        (&[("group.id", "g")], "group.id", &["belongs to a consumer"]),
        (
            &[("fetch.wait.max.ms", "5")],
            "fetch.wait.max.ms",
            &["belongs to a consumer"],
        ),
        (
            &[("interceptor.classes", "x.Y")],
            "interceptor.classes",
            &["belongs to a producer or a consumer"],
        ),
        (
            &[("metric.reporters", "x.Y")],
            "metric.reporters",
            &["Java classes"],
        ),
        (
            &[("config.providers.file.class", "x.Y")],
            "config.providers.file.class",
            &["Java classes"],
        ),
        (
            &[("ssl.cipher.suites", "x")],
            "ssl.cipher.suites",
            &["TlsBuilder::provider"],
        ),
        (
            &[("ssl.crl.location", "x")],
            "ssl.crl.location",
            &["Tls::from_config"],
        ),
        (&[("log_level", "7")], "log_level", &["tracing"]),
        (&[("error_cb", "x")], "error_cb", &["function of C"]),
        (
            &[("broker.version.fallback", "0.9.0")],
            "broker.version.fallback",
            &["fallback_versions"],
        ),
    ]);
}

#[test]
fn values_of_the_wrong_type_or_out_of_range() {
    assert_mistakes(&[
        (
            &[("bootstrap.servers", "")],
            "bootstrap.servers",
            &["\"\" is not host:port"],
        ),
        (
            &[("bootstrap.servers", "a:1,,b:1")],
            "bootstrap.servers",
            &["\"\" is not host:port"],
        ),
        (
            &[("bootstrap.servers", "a")],
            "bootstrap.servers",
            &["\"a\" is not host:port"],
        ),
        (
            &[("metadata.broker.list", "SSL://a:1")],
            "metadata.broker.list",
            &["is not host:port"],
        ),
        (
            &[("bootstrap.controllers", "a:x")],
            "bootstrap.controllers",
            &["is not host:port"],
        ),
        (
            &[("retry.backoff.ms", "ten")],
            "retry.backoff.ms",
            &["\"ten\"", "whole number of milliseconds", "1 or more"],
        ),
        (
            &[("retry.backoff.ms", "0")],
            "retry.backoff.ms",
            &["\"0\"", "1 or more"],
        ),
        (
            &[("retry.backoff.ms", "-1")],
            "retry.backoff.ms",
            &["\"-1\"", "1 or more"],
        ),
        (
            &[("retry.backoff.ms", "1.5")],
            "retry.backoff.ms",
            &["whole number"],
        ),
        (
            &[("retry.backoff.ms", "")],
            "retry.backoff.ms",
            &["whole number"],
        ),
        (
            &[("retry.backoff.ms", "9223372036854775808")],
            "retry.backoff.ms",
            &["whole number"],
        ),
        (
            &[("metadata.max.age.ms", "0")],
            "metadata.max.age.ms",
            &["-1 for no limit"],
        ),
        (
            &[("metadata.max.age.ms", "-2")],
            "metadata.max.age.ms",
            &["-1 for no limit"],
        ),
        (
            &[("send.buffer.bytes", "0")],
            "send.buffer.bytes",
            &["1 to 2147483647", "-1 for the system's own"],
        ),
        (
            &[("socket.send.buffer.bytes", "-1")],
            "socket.send.buffer.bytes",
            &["0 for the system's own"],
        ),
        (
            &[("receive.buffer.bytes", "2147483648")],
            "receive.buffer.bytes",
            &["1 to 2147483647"],
        ),
        (
            &[("receive.message.max.bytes", "999")],
            "receive.message.max.bytes",
            &["1000 to 2147483647"],
        ),
        (
            &[("allow.auto.create.topics", "yes")],
            "allow.auto.create.topics",
            &["true or false"],
        ),
        (
            &[("metadata.recovery.strategy", "maybe")],
            "metadata.recovery.strategy",
            &["\"maybe\"", "none, rebootstrap"],
        ),
        (
            &[("security.protocol", "TLS")],
            "security.protocol",
            &["\"TLS\"", "PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL"],
        ),
        (
            &[("enable.metrics.push", "true")],
            "enable.metrics.push",
            &["only false", "KIP-714"],
        ),
        (
            &[("retries", "3")],
            "retries",
            &["only 2147483647", "default.api.timeout.ms"],
        ),
        (
            &[("client.dns.lookup", "x")],
            "client.dns.lookup",
            &["only use_all_dns_ips"],
        ),
        (
            &[("ssl.endpoint.identification.algorithm", "")],
            "ssl.endpoint.identification.algorithm",
            &["only https", "Tls::server_name"],
        ),
        (
            &[("enable.ssl.certificate.verification", "false")],
            "enable.ssl.certificate.verification",
            &["only true"],
        ),
        (
            &[("ssl.enabled.protocols", "TLSv1.2")],
            "ssl.enabled.protocols",
            &["only TLSv1.2,TLSv1.3"],
        ),
    ]);
    let long = "x".repeat(32_768);
    assert_mistakes(&[(&[("client.id", &long)], "client.id", &["at most 32767"])]);
}

#[test]
fn contradictions_name_both() {
    assert_mistakes(&[
        (
            &[("client.id", "a"), ("client.id", "b")],
            "client.id",
            &["there twice"],
        ),
        (
            &[
                ("bootstrap.servers", "a:1"),
                ("metadata.broker.list", "b:1"),
            ],
            "metadata.broker.list",
            &["bootstrap.servers (of Java and librdkafka) says the same"],
        ),
        (
            &[("socket.timeout.ms", "1"), ("request.timeout.ms", "2")],
            "request.timeout.ms",
            &["socket.timeout.ms (of librdkafka) says the same"],
        ),
        (
            &[("sasl.mechanism", "PLAIN"), ("sasl.mechanisms", "GSSAPI")],
            "sasl.mechanisms",
            &["sasl.mechanism (of Java and librdkafka) says the same"],
        ),
        (
            &[
                ("sasl.oauthbearer.client.secret", "hunter2"),
                (
                    "sasl.oauthbearer.client.credentials.client.secret",
                    "hunter22",
                ),
            ],
            "sasl.oauthbearer.client.credentials.client.secret",
            &["sasl.oauthbearer.client.secret (of librdkafka) says the same"],
        ),
        (
            &[("ssl.key.pem", "hunter2"), ("ssl.keystore.key", "hunter22")],
            "ssl.keystore.key",
            &["ssl.key.pem (of librdkafka) says the same"],
        ),
        (
            &[
                ("bootstrap.servers", "a:1"),
                ("bootstrap.controllers", "c:1"),
            ],
            "bootstrap.controllers",
            &["not together with bootstrap"],
        ),
        (
            &[
                ("bootstrap.controllers", "c:1"),
                ("allow.auto.create.topics", "true"),
            ],
            "allow.auto.create.topics",
            &["not together with bootstrap_controllers"],
        ),
        (
            &[("retry.backoff.ms", "500"), ("retry.backoff.max.ms", "400")],
            "retry.backoff.max.ms",
            &["\"400\"", "at least retry.backoff.ms (500)"],
        ),
        (
            &[("retry.backoff.max.ms", "50")],
            "retry.backoff.max.ms",
            &["less than retry_backoff"],
        ),
        (
            &[
                ("reconnect.backoff.ms", "500"),
                ("reconnect.backoff.max.ms", "400"),
            ],
            "reconnect.backoff.max.ms",
            &["at least reconnect.backoff.ms (500)"],
        ),
        (
            &[
                ("socket.connection.setup.timeout.ms", "500"),
                ("socket.connection.setup.timeout.max.ms", "400"),
            ],
            "socket.connection.setup.timeout.max.ms",
            &["at least socket.connection.setup.timeout.ms (500)"],
        ),
        (
            &[
                ("request.timeout.ms", "500"),
                ("default.api.timeout.ms", "400"),
            ],
            "default.api.timeout.ms",
            &["at least request.timeout.ms (500)"],
        ),
        (
            &[
                ("socket.timeout.ms", "500"),
                ("default.api.timeout.ms", "400"),
            ],
            "default.api.timeout.ms",
            &["at least socket.timeout.ms (500)"],
        ),
        (
            &[
                ("metadata.recovery.strategy", "none"),
                ("metadata.recovery.rebootstrap.trigger.ms", "1000"),
            ],
            "metadata.recovery.rebootstrap.trigger.ms",
            &["not together with metadata.recovery.strategy none"],
        ),
        (
            &[("ssl.ca.location", "/ca.pem")],
            "ssl.ca.location",
            &[
                "security.protocol to be SSL or SASL_SSL",
                "PLAINTEXT, as it is not given",
            ],
        ),
        (
            &[
                ("ssl.key.password", "hunter2"),
                ("security.protocol", "SASL_PLAINTEXT"),
            ],
            "ssl.key.password",
            &["which is SASL_PLAINTEXT"],
        ),
        (
            &[("sasl.username", "alice")],
            "sasl.username",
            &["security.protocol to be SASL_SSL or SASL_PLAINTEXT"],
        ),
        (
            &[("sasl.mechanism", "PLAIN"), ("security.protocol", "SSL")],
            "sasl.mechanism",
            &["which is SSL"],
        ),
    ]);
}
