//! Every key that is known, but for those of security.

use super::key::{Dialect, Key, Kind, Layer, Meaning};
use super::security_keys::SECURITY;
use crate::cluster::ClientBuilder;

const BUFFER: u32 = i32::MAX.unsigned_abs();

/// The key of this name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    // Each of these is a key of its own in Java.
    let name = match name {
        name if name.starts_with("config.providers.") => "config.providers",
        name => name,
    };
    all().find(|key| key.name == name)
}

pub(super) fn all() -> impl Iterator<Item = &'static Key> {
    let tables = [OPTIONS, SECURITY, ALWAYS, ELSEWHERE];
    tables.into_iter().flatten()
}

const fn java(name: &'static str, option: &'static str, kind: Kind) -> Key {
    Key::new(Dialect::Java, name, Meaning::Option(option, kind))
}

const fn librdkafka(name: &'static str, option: &'static str, kind: Kind) -> Key {
    Key::new(Dialect::Librdkafka, name, Meaning::Option(option, kind))
}

const fn both(name: &'static str, option: &'static str, kind: Kind) -> Key {
    Key::new(Dialect::Both, name, Meaning::Option(option, kind))
}

/// They are applied in this order.
static OPTIONS: &[Key] = &[
    both(
        "bootstrap.servers",
        "bootstrap",
        Kind::Nodes(ClientBuilder::bootstrap),
    ),
    librdkafka(
        "metadata.broker.list",
        "bootstrap",
        Kind::Nodes(ClientBuilder::bootstrap),
    ),
    java(
        "bootstrap.controllers",
        "bootstrap_controllers",
        Kind::Nodes(ClientBuilder::bootstrap_controllers),
    ),
    both(
        "client.id",
        "client_id",
        Kind::Text(ClientBuilder::client_id),
    ),
    both(
        "client.rack",
        "rack",
        Kind::Text(|builder, rack| match &*rack {
            // The default of both.
            "" => builder,
            _ => builder.rack(rack),
        }),
    ),
    both(
        "allow.auto.create.topics",
        "allow_auto_topic_creation",
        Kind::Switch(ClientBuilder::allow_auto_topic_creation),
    ),
    both(
        "metadata.max.age.ms",
        "metadata_max_age",
        Kind::Time {
            least: 1,
            never: &[-1],
            set: ClientBuilder::metadata_max_age,
        },
    ),
    librdkafka(
        "topic.metadata.refresh.interval.ms",
        "metadata_max_age",
        Kind::Time {
            least: 1,
            never: &[-1],
            set: ClientBuilder::metadata_max_age,
        },
    ),
    java(
        "metadata.max.idle.ms",
        "metadata_max_idle",
        Kind::Time {
            least: 1,
            never: &[],
            set: ClientBuilder::metadata_max_idle,
        },
    ),
    both(
        "metadata.recovery.rebootstrap.trigger.ms",
        "rebootstrap_after",
        Kind::Time {
            least: 1,
            never: &[],
            set: ClientBuilder::rebootstrap_after,
        },
    ),
    both(
        "metadata.recovery.strategy",
        "rebootstrap_after",
        Kind::Choice {
            off: "none",
            on: "rebootstrap",
            turn_off: |builder| builder.rebootstrap_after(None),
        },
    ),
    both(
        "retry.backoff.ms",
        "retry_backoff",
        Kind::Time {
            least: 1,
            never: &[],
            set: ClientBuilder::retry_backoff,
        },
    ),
    both(
        "retry.backoff.max.ms",
        "retry_backoff_max",
        Kind::Time {
            least: 1,
            never: &[],
            set: ClientBuilder::retry_backoff_max,
        },
    ),
    both(
        "reconnect.backoff.ms",
        "connect_backoff",
        Kind::Time {
            least: 1,
            never: &[],
            set: ClientBuilder::connect_backoff,
        },
    ),
    both(
        "reconnect.backoff.max.ms",
        "connect_backoff_max",
        Kind::Time {
            least: 1,
            never: &[],
            set: ClientBuilder::connect_backoff_max,
        },
    ),
    both(
        "socket.connection.setup.timeout.ms",
        "connect_timeout",
        Kind::Time {
            least: 1,
            never: &[],
            set: ClientBuilder::connect_timeout,
        },
    ),
    // Java's time of TCP grows from the one to the other from try to try. Here the one is TCP's, and the other that of all of connecting.
    java(
        "socket.connection.setup.timeout.max.ms",
        "tcp_connect_timeout",
        Kind::Time {
            least: 1,
            never: &[],
            set: |builder, most| {
                builder.connection(|connection| {
                    let tcp = connection.settings.connect_timeout.min(most);
                    connection.tcp_connect_timeout(tcp).connect_timeout(most)
                })
            },
        },
    ),
    java(
        "request.timeout.ms",
        "request_timeout",
        Kind::Time {
            least: 1,
            never: &[],
            set: ClientBuilder::request_timeout,
        },
    ),
    librdkafka(
        "socket.timeout.ms",
        "request_timeout",
        Kind::Time {
            least: 1,
            never: &[],
            set: ClientBuilder::request_timeout,
        },
    ),
    java(
        "default.api.timeout.ms",
        "deadline",
        Kind::Time {
            least: 1,
            never: &[],
            set: ClientBuilder::deadline,
        },
    ),
    both(
        "connections.max.idle.ms",
        "connections_max_idle",
        Kind::Time {
            least: 1,
            never: &[-1, 0],
            set: ClientBuilder::connections_max_idle,
        },
    ),
    java(
        "send.buffer.bytes",
        "send_buffer",
        Kind::Bytes {
            least: 1,
            most: BUFFER,
            system: Some(-1),
            set: |builder, bytes| builder.connection(|connection| connection.send_buffer(bytes)),
        },
    ),
    librdkafka(
        "socket.send.buffer.bytes",
        "send_buffer",
        Kind::Bytes {
            least: 1,
            most: BUFFER,
            system: Some(0),
            set: |builder, bytes| builder.connection(|connection| connection.send_buffer(bytes)),
        },
    ),
    java(
        "receive.buffer.bytes",
        "receive_buffer",
        Kind::Bytes {
            least: 1,
            most: BUFFER,
            system: Some(-1),
            set: |builder, bytes| builder.connection(|connection| connection.receive_buffer(bytes)),
        },
    ),
    librdkafka(
        "socket.receive.buffer.bytes",
        "receive_buffer",
        Kind::Bytes {
            least: 1,
            most: BUFFER,
            system: Some(0),
            set: |builder, bytes| builder.connection(|connection| connection.receive_buffer(bytes)),
        },
    ),
    librdkafka(
        "socket.keepalive.enable",
        "tcp_keepalive",
        Kind::Switch(|builder, enable| match enable {
            true => builder,
            false => builder.connection(|connection| connection.tcp_keepalive(None)),
        }),
    ),
    librdkafka(
        "receive.message.max.bytes",
        "max_response_size",
        Kind::Bytes {
            least: 1000,
            most: BUFFER,
            system: None,
            set: |builder, bytes| {
                let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok());
                builder.connection(|connection| match bytes {
                    Some(bytes) => connection.max_response_size(bytes),
                    None => connection,
                })
            },
        },
    ),
];

static ALWAYS: &[Key] = &[
    Key::always(
        Dialect::Both,
        "client.dns.lookup",
        &["use_all_dns_ips"],
        "all addresses of a name are tried",
    ),
    Key::always(
        Dialect::Both,
        "enable.metrics.push",
        &["false"],
        "metrics are not pushed to brokers (KIP-714)",
    ),
    Key::always(
        Dialect::Both,
        "retries",
        &["2147483647"],
        "a request is tried until its deadline (default.api.timeout.ms)",
    ),
    Key::always(
        Dialect::Librdkafka,
        "socket.nagle.disable",
        &["true"],
        "TCP_NODELAY is on",
    ),
    Key::always(
        Dialect::Librdkafka,
        "socket.max.fails",
        &["1"],
        "a connection on which a request timed out is closed",
    ),
    Key::always(
        Dialect::Librdkafka,
        "api.version.request",
        &["true"],
        "each broker is asked for its versions",
    ),
    Key::always(
        Dialect::Librdkafka,
        "topic.metadata.refresh.sparse",
        &["true"],
        "only topics in use are asked for",
    ),
    Key::always(
        Dialect::Librdkafka,
        "broker.address.family",
        &["any"],
        "IPv4 and IPv6 addresses are both tried",
    ),
];

const JAVA_CLASSES: &str = "it names Java classes, which this client cannot load";
const JAVA_METRICS: &str =
    "it is about Java's own metrics; this client's are in Client::metrics and the metrics facade";
const CALLBACKS: &str = "it is a function of C; see the builder for what can be observed here";
const LOGGING: &str = "logs are written by the tracing crate, and its subscriber filters them";
const INTERNALS: &str = "it is about the inside of librdkafka, and has no counterpart here";
const OLD_BROKERS: &str = "each broker is asked for its versions; for those before 0.10 the builder has ConnectionBuilder::fallback_versions";

const fn producer(dialect: Dialect, name: &'static str) -> Key {
    Key::new(dialect, name, Meaning::Of(Layer::Producer))
}

const fn consumer(dialect: Dialect, name: &'static str) -> Key {
    Key::new(dialect, name, Meaning::Of(Layer::Consumer))
}

static ELSEWHERE: &[Key] = &[
    Key::none(Dialect::Java, "config.providers", JAVA_CLASSES),
    Key::none(Dialect::Java, "metric.reporters", JAVA_CLASSES),
    Key::none(Dialect::Java, "metrics.num.samples", JAVA_METRICS),
    Key::none(Dialect::Java, "metrics.recording.level", JAVA_METRICS),
    Key::none(Dialect::Java, "metrics.sample.window.ms", JAVA_METRICS),
    Key::none(Dialect::Java, "auto.include.jmx.reporter", JAVA_METRICS),
    Key::none(
        Dialect::Librdkafka,
        "statistics.interval.ms",
        "this client's metrics are in Client::metrics and the metrics facade",
    ),
    Key::none(Dialect::Librdkafka, "builtin.features", INTERNALS),
    Key::none(
        Dialect::Librdkafka,
        "topic.metadata.refresh.fast.interval.ms",
        "a topic that has lost its leader is asked for again after retry.backoff.ms",
    ),
    Key::none(
        Dialect::Librdkafka,
        "topic.metadata.refresh.fast.cnt",
        INTERNALS,
    ),
    Key::none(
        Dialect::Librdkafka,
        "topic.metadata.propagation.max.ms",
        INTERNALS,
    ),
    Key::none(Dialect::Librdkafka, "topic.blacklist", INTERNALS),
    Key::none(Dialect::Librdkafka, "debug", LOGGING),
    Key::none(Dialect::Librdkafka, "log_level", LOGGING),
    Key::none(Dialect::Librdkafka, "log.queue", LOGGING),
    Key::none(Dialect::Librdkafka, "log.thread.name", LOGGING),
    Key::none(Dialect::Librdkafka, "log.connection.close", LOGGING),
    Key::none(Dialect::Librdkafka, "socket.blocking.max.ms", INTERNALS),
    Key::none(
        Dialect::Librdkafka,
        "broker.address.ttl",
        "a name is resolved for each connection",
    ),
    Key::none(
        Dialect::Librdkafka,
        "reconnect.backoff.jitter.ms",
        "waits are spread by 20 %",
    ),
    Key::none(Dialect::Librdkafka, "enabled_events", INTERNALS),
    Key::none(Dialect::Librdkafka, "error_cb", CALLBACKS),
    Key::none(Dialect::Librdkafka, "throttle_cb", CALLBACKS),
    Key::none(Dialect::Librdkafka, "stats_cb", CALLBACKS),
    Key::none(Dialect::Librdkafka, "log_cb", CALLBACKS),
    Key::none(Dialect::Librdkafka, "background_event_cb", CALLBACKS),
    Key::none(Dialect::Librdkafka, "socket_cb", CALLBACKS),
    Key::none(Dialect::Librdkafka, "connect_cb", CALLBACKS),
    Key::none(Dialect::Librdkafka, "closesocket_cb", CALLBACKS),
    Key::none(Dialect::Librdkafka, "open_cb", CALLBACKS),
    Key::none(Dialect::Librdkafka, "resolve_cb", CALLBACKS),
    Key::none(Dialect::Librdkafka, "opaque", CALLBACKS),
    Key::none(Dialect::Librdkafka, "default_topic_conf", INTERNALS),
    Key::none(
        Dialect::Librdkafka,
        "internal.termination.signal",
        INTERNALS,
    ),
    Key::none(Dialect::Librdkafka, "enable.random.seed", INTERNALS),
    Key::none(
        Dialect::Librdkafka,
        "plugin.library.paths",
        "it names C libraries, which this client cannot load",
    ),
    Key::none(Dialect::Librdkafka, "interceptors", CALLBACKS),
    Key::none(
        Dialect::Librdkafka,
        "api.version.request.timeout.ms",
        OLD_BROKERS,
    ),
    Key::none(Dialect::Librdkafka, "api.version.fallback.ms", OLD_BROKERS),
    Key::none(Dialect::Librdkafka, "broker.version.fallback", OLD_BROKERS),
    Key::new(
        Dialect::Java,
        "interceptor.classes",
        Meaning::Of(Layer::Either),
    ),
    Key::new(
        Dialect::Librdkafka,
        "compression.level",
        Meaning::Of(Layer::Producer),
    ),
    producer(Dialect::Both, "acks"),
    producer(Dialect::Both, "batch.size"),
    producer(Dialect::Java, "buffer.memory"),
    producer(Dialect::Java, "compression.gzip.level"),
    producer(Dialect::Java, "compression.lz4.level"),
    producer(Dialect::Both, "compression.type"),
    producer(Dialect::Java, "compression.zstd.level"),
    producer(Dialect::Both, "delivery.timeout.ms"),
    producer(Dialect::Both, "enable.idempotence"),
    producer(Dialect::Java, "key.serializer"),
    producer(Dialect::Both, "linger.ms"),
    producer(Dialect::Java, "max.block.ms"),
    producer(Dialect::Both, "max.in.flight.requests.per.connection"),
    producer(Dialect::Librdkafka, "max.in.flight"),
    producer(Dialect::Java, "max.request.size"),
    producer(Dialect::Java, "partitioner.adaptive.partitioning.enable"),
    producer(Dialect::Java, "partitioner.availability.timeout.ms"),
    producer(Dialect::Java, "partitioner.class"),
    producer(Dialect::Java, "partitioner.ignore.keys"),
    producer(Dialect::Both, "transaction.timeout.ms"),
    producer(Dialect::Java, "transaction.two.phase.commit.enable"),
    producer(Dialect::Both, "transactional.id"),
    producer(Dialect::Java, "value.serializer"),
    producer(Dialect::Librdkafka, "message.max.bytes"),
    producer(Dialect::Librdkafka, "message.copy.max.bytes"),
    producer(Dialect::Librdkafka, "enable.gapless.guarantee"),
    producer(Dialect::Librdkafka, "queue.buffering.max.messages"),
    producer(Dialect::Librdkafka, "queue.buffering.max.kbytes"),
    producer(Dialect::Librdkafka, "queue.buffering.max.ms"),
    producer(Dialect::Librdkafka, "message.send.max.retries"),
    producer(
        Dialect::Librdkafka,
        "queue.buffering.backpressure.threshold",
    ),
    producer(Dialect::Librdkafka, "compression.codec"),
    producer(Dialect::Librdkafka, "batch.num.messages"),
    producer(Dialect::Librdkafka, "delivery.report.only.error"),
    producer(Dialect::Librdkafka, "dr_cb"),
    producer(Dialect::Librdkafka, "dr_msg_cb"),
    producer(Dialect::Librdkafka, "sticky.partitioning.linger.ms"),
    producer(Dialect::Librdkafka, "request.required.acks"),
    producer(Dialect::Librdkafka, "message.timeout.ms"),
    producer(Dialect::Librdkafka, "queuing.strategy"),
    producer(Dialect::Librdkafka, "produce.offset.report"),
    producer(Dialect::Librdkafka, "partitioner"),
    producer(Dialect::Librdkafka, "partitioner_cb"),
    producer(Dialect::Librdkafka, "msg_order_cmp"),
    consumer(Dialect::Both, "auto.commit.interval.ms"),
    consumer(Dialect::Both, "auto.offset.reset"),
    consumer(Dialect::Both, "check.crcs"),
    consumer(Dialect::Both, "enable.auto.commit"),
    consumer(Dialect::Java, "exclude.internal.topics"),
    consumer(Dialect::Both, "fetch.max.bytes"),
    consumer(Dialect::Java, "fetch.max.wait.ms"),
    consumer(Dialect::Both, "fetch.min.bytes"),
    consumer(Dialect::Both, "group.id"),
    consumer(Dialect::Both, "group.instance.id"),
    consumer(Dialect::Both, "group.protocol"),
    consumer(Dialect::Both, "group.remote.assignor"),
    consumer(Dialect::Both, "heartbeat.interval.ms"),
    consumer(
        Dialect::Java,
        "internal.throw.on.fetch.stable.offset.unsupported",
    ),
    consumer(Dialect::Both, "isolation.level"),
    consumer(Dialect::Java, "key.deserializer"),
    consumer(Dialect::Both, "max.partition.fetch.bytes"),
    consumer(Dialect::Both, "max.poll.interval.ms"),
    consumer(Dialect::Both, "max.poll.records"),
    consumer(Dialect::Both, "partition.assignment.strategy"),
    consumer(Dialect::Both, "session.timeout.ms"),
    consumer(Dialect::Both, "share.acknowledgement.mode"),
    consumer(Dialect::Java, "share.acquire.mode"),
    consumer(Dialect::Java, "value.deserializer"),
    consumer(Dialect::Librdkafka, "group.protocol.type"),
    consumer(Dialect::Librdkafka, "coordinator.query.interval.ms"),
    consumer(Dialect::Librdkafka, "enable.auto.offset.store"),
    consumer(Dialect::Librdkafka, "queued.min.messages"),
    consumer(Dialect::Librdkafka, "queued.max.messages.kbytes"),
    consumer(Dialect::Librdkafka, "fetch.wait.max.ms"),
    consumer(Dialect::Librdkafka, "fetch.queue.backoff.ms"),
    consumer(Dialect::Librdkafka, "fetch.message.max.bytes"),
    consumer(Dialect::Librdkafka, "fetch.error.backoff.ms"),
    consumer(Dialect::Librdkafka, "offset.store.method"),
    consumer(Dialect::Librdkafka, "consume_cb"),
    consumer(Dialect::Librdkafka, "rebalance_cb"),
    consumer(Dialect::Librdkafka, "offset_commit_cb"),
    consumer(Dialect::Librdkafka, "enable.partition.eof"),
    consumer(Dialect::Librdkafka, "auto.commit.enable"),
    consumer(Dialect::Librdkafka, "offset.store.path"),
    consumer(Dialect::Librdkafka, "offset.store.sync.interval.ms"),
    consumer(Dialect::Librdkafka, "consume.callback.max.messages"),
];
