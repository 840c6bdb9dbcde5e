//! The configs of a topic. All of Kafka's are known; those that the broker acts upon are read into fields.

use std::collections::BTreeMap;

use crate::configs::{ConfigSource, Definition, Shape, Values, find_definition};
use crate::storage::{Rules, Scrutiny};

const fn definition(name: &'static str, default: &'static str, shape: Shape) -> Definition {
    Definition {
        name,
        default: Some(default),
        shape,
    }
}

/// The topic configs of Kafka 4, by name, with its defaults.
static DEFINITIONS: &[Definition] = &[
    definition("cleanup.policy", "delete", Shape::SomeOf("compact, delete")),
    definition("compression.gzip.level", "-1", Shape::GzipLevel),
    definition("compression.lz4.level", "9", Shape::Int(1, 17)),
    definition(
        "compression.type",
        "producer",
        Shape::OneOf("uncompressed, zstd, lz4, snappy, gzip, producer"),
    ),
    definition("compression.zstd.level", "3", Shape::Int(-131_072, 22)),
    definition("delete.retention.ms", "86400000", Shape::long(0)),
    definition("file.delete.delay.ms", "60000", Shape::long(0)),
    definition("flush.messages", "9223372036854775807", Shape::long(1)),
    definition("flush.ms", "9223372036854775807", Shape::long(0)),
    definition(
        "follower.replication.throttled.replicas",
        "",
        Shape::Replicas,
    ),
    definition("index.interval.bytes", "4096", Shape::int(0)),
    definition("leader.replication.throttled.replicas", "", Shape::Replicas),
    definition("local.retention.bytes", "-2", Shape::long(-2)),
    definition("local.retention.ms", "-2", Shape::long(-2)),
    definition(
        "max.compaction.lag.ms",
        "9223372036854775807",
        Shape::long(1),
    ),
    definition("max.message.bytes", "1048588", Shape::int(0)),
    definition("message.timestamp.after.max.ms", "3600000", Shape::long(0)),
    definition(
        "message.timestamp.before.max.ms",
        "9223372036854775807",
        Shape::long(0),
    ),
    definition(
        "message.timestamp.type",
        "CreateTime",
        Shape::OneOf("CreateTime, LogAppendTime"),
    ),
    definition("min.cleanable.dirty.ratio", "0.5", Shape::Double(0.0, 1.0)),
    definition("min.compaction.lag.ms", "0", Shape::long(0)),
    definition("min.insync.replicas", "1", Shape::int(1)),
    definition("preallocate", "false", Shape::Boolean),
    definition("remote.log.copy.disable", "false", Shape::Boolean),
    definition("remote.log.delete.on.disable", "false", Shape::Boolean),
    definition("remote.storage.enable", "false", Shape::Boolean),
    definition("retention.bytes", "-1", Shape::long(i64::MIN)),
    definition("retention.ms", "604800000", Shape::long(-1)),
    definition("segment.bytes", "1073741824", Shape::int(1_048_576)),
    definition("segment.index.bytes", "10485760", Shape::int(4)),
    definition("segment.jitter.ms", "0", Shape::long(0)),
    definition("segment.ms", "604800000", Shape::long(1)),
    definition("unclean.leader.election.enable", "false", Shape::Boolean),
];

/// The brokers' configs that are the defaults of those of topics.
static BROKER_SYNONYMS: &[(&str, &str)] = &[
    ("cleanup.policy", "log.cleanup.policy"),
    ("compression.gzip.level", "compression.gzip.level"),
    ("compression.lz4.level", "compression.lz4.level"),
    ("compression.type", "compression.type"),
    ("compression.zstd.level", "compression.zstd.level"),
    ("delete.retention.ms", "log.cleaner.delete.retention.ms"),
    ("file.delete.delay.ms", "log.segment.delete.delay.ms"),
    ("flush.messages", "log.flush.interval.messages"),
    ("flush.ms", "log.flush.interval.ms"),
    ("index.interval.bytes", "log.index.interval.bytes"),
    ("local.retention.bytes", "log.local.retention.bytes"),
    ("local.retention.ms", "log.local.retention.ms"),
    ("max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms"),
    ("max.message.bytes", "message.max.bytes"),
    (
        "message.timestamp.after.max.ms",
        "log.message.timestamp.after.max.ms",
    ),
    (
        "message.timestamp.before.max.ms",
        "log.message.timestamp.before.max.ms",
    ),
    ("message.timestamp.type", "log.message.timestamp.type"),
    (
        "min.cleanable.dirty.ratio",
        "log.cleaner.min.cleanable.ratio",
    ),
    ("min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms"),
    ("min.insync.replicas", "min.insync.replicas"),
    ("preallocate", "log.preallocate"),
    ("retention.bytes", "log.retention.bytes"),
    ("retention.ms", "log.retention.ms"),
    ("segment.bytes", "log.segment.bytes"),
    ("segment.index.bytes", "log.index.size.max.bytes"),
    ("segment.jitter.ms", "log.roll.jitter.ms"),
    ("segment.ms", "log.roll.ms"),
    (
        "unclean.leader.election.enable",
        "unclean.leader.election.enable",
    ),
];

/// What a topic demands of its replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Durability {
    /// `min.insync.replicas`
    pub(crate) min_isr: usize,
    /// `unclean.leader.election.enable`
    pub(crate) unclean: bool,
}

/// The configs of a topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TopicConfig {
    set: BTreeMap<&'static str, String>,
}

impl TopicConfig {
    /// Reads configs as a client gives them; the error is what Kafka says.
    pub(crate) fn parse<'a>(
        configs: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
    ) -> Result<Self, String> {
        let mut set = BTreeMap::new();
        for (name, value) in configs {
            let definition = find_definition(DEFINITIONS, name)
                .ok_or_else(|| format!("Unknown topic config name: {name}"))?;
            let value = value
                .ok_or_else(|| format!("Null value not supported for topic configs: {name}"))?;
            definition.check(value)?;
            set.insert(definition.name, definition.written(value));
        }
        if set
            .get("remote.storage.enable")
            .is_some_and(|enable| enable == "true")
        {
            return Err("Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.".to_owned());
        }
        Ok(Self { set })
    }

    /// The definitions of all configs.
    pub(crate) fn definitions() -> &'static [Definition] {
        DEFINITIONS
    }

    /// The broker's config that is the default of a topic's.
    pub(crate) fn broker_synonym(name: &str) -> Option<&'static str> {
        let place = BROKER_SYNONYMS.binary_search_by_key(&name, |(name, _)| name);
        let pair = place.ok().and_then(|place| BROKER_SYNONYMS.get(place));
        pair.map(|(_, broker)| *broker)
    }

    /// Those that have been set.
    pub(crate) fn values(&self) -> Values {
        let set = self.set.iter();
        set.map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect()
    }

    /// Every config: name, value, where it comes from.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'static str, &str, ConfigSource)> {
        DEFINITIONS
            .iter()
            .map(|definition| match self.set.get(definition.name) {
                Some(value) => (definition.name, value.as_str(), ConfigSource::Topic),
                None => {
                    let default = definition.default.unwrap_or_default();
                    (definition.name, default, ConfigSource::Default)
                }
            })
    }

    /// What the topic demands of records. `defaults` are what all brokers have for what topics do not say.
    pub(crate) fn rules(&self, scrutiny: Scrutiny, defaults: &Values) -> Rules {
        let value = |name: &str| self.value(name, defaults);
        // Values were checked when they were set.
        let integer = |name: &str| value(name).parse::<i64>().unwrap_or_default();
        Rules {
            max_batch_bytes: usize::try_from(integer("max.message.bytes")).unwrap_or(usize::MAX),
            log_append_time: value("message.timestamp.type") == "LogAppendTime",
            before_max_ms: integer("message.timestamp.before.max.ms"),
            after_max_ms: integer("message.timestamp.after.max.ms"),
            compacted: value("cleanup.policy").contains("compact"),
            deletes: value("cleanup.policy").contains("delete"),
            scrutiny,
        }
    }

    /// What the topic demands of its replicas.
    pub(crate) fn durability(&self, defaults: &Values) -> Durability {
        let min_isr = self.value("min.insync.replicas", defaults).parse();
        Durability {
            min_isr: min_isr.unwrap_or(1),
            unclean: self.value("unclean.leader.election.enable", defaults) == "true",
        }
    }

    fn value<'a>(&'a self, name: &str, defaults: &'a Values) -> &'a str {
        if let Some(value) = self.set.get(name) {
            return value;
        }
        let default = Self::broker_synonym(name).and_then(|name| defaults.get(name));
        if let Some(value) = default {
            return value;
        }
        let definition = find_definition(DEFINITIONS, name);
        definition
            .and_then(|definition| definition.default)
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_sorted_and_their_defaults_valid() {
        assert!(
            DEFINITIONS
                .windows(2)
                .all(|pair| pair[0].name < pair[1].name)
        );
        for definition in DEFINITIONS {
            assert_eq!(definition.check(definition.default.unwrap()), Ok(()));
        }
    }

    #[test]
    fn values_are_checked_and_read() {
        let parse = |name, value| TopicConfig::parse([(name, value)]);
        for (name, value) in [
            ("no.such.config", Some("1")),
            ("retention.ms", None),
            ("retention.ms", Some("soon")),
            ("retention.ms", Some("-2")),
            ("preallocate", Some("yes")),
            ("min.cleanable.dirty.ratio", Some("1.1")),
            ("message.timestamp.type", Some("createtime")),
            ("cleanup.policy", Some("delete,forget")),
            ("segment.bytes", Some("3000000000")),
            ("compression.lz4.level", Some("18")),
        ] {
            assert!(parse(name, value).unwrap_err().contains(name), "{name}");
        }
        let config = TopicConfig::parse([
            ("cleanup.policy", Some("delete,compact")),
            ("max.message.bytes", Some("100")),
        ]);
        let config = config.unwrap();
        let scrutiny = Scrutiny {
            every_record: true,
            checksums: true,
        };
        let rules = config.rules(scrutiny, &Values::new());
        assert!(rules.compacted && !rules.log_append_time);
        assert_eq!(
            (rules.max_batch_bytes, rules.after_max_ms),
            (100, 3_600_000)
        );
        let defaults = [
            ("log.message.timestamp.type", "LogAppendTime"),
            ("message.max.bytes", "7"),
        ];
        let defaults = defaults.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let rules = config.rules(scrutiny, &Values::from(defaults));
        assert!(rules.log_append_time);
        assert_eq!(rules.max_batch_bytes, 100);
    }

    #[test]
    fn synonyms_are_sorted_and_known() {
        assert!(BROKER_SYNONYMS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (name, broker) in BROKER_SYNONYMS {
            assert!(find_definition(DEFINITIONS, name).is_some(), "{name}");
            assert!(
                crate::configs::broker::definition(broker).is_some(),
                "{broker}"
            );
        }
    }
}
