//! The configs of a topic. All of Kafka's are known; those that the broker acts upon are read into fields.

use std::collections::BTreeMap;

use crate::storage::Rules;

/// What a config may be.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Boolean,
    /// A whole number of 32 bits, of at least this.
    Int(i64),
    /// A whole number of 64 bits, of at least this.
    Long(i64),
    /// A number from 0 to 1.
    Ratio,
    OneOf(&'static [&'static str]),
    /// Some of these, separated by commas.
    SomeOf(&'static [&'static str]),
    Text,
}

struct Definition {
    name: &'static str,
    default: &'static str,
    shape: Shape,
}

const fn definition(name: &'static str, default: &'static str, shape: Shape) -> Definition {
    Definition {
        name,
        default,
        shape,
    }
}

const CODECS: &[&str] = &["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"];

/// The topic configs of Kafka 4, by name, with its defaults.
static DEFINITIONS: &[Definition] = &[
    definition(
        "cleanup.policy",
        "delete",
        Shape::SomeOf(&["compact", "delete"]),
    ),
    definition("compression.gzip.level", "-1", Shape::Int(-1)),
    definition("compression.lz4.level", "9", Shape::Int(1)),
    definition("compression.type", "producer", Shape::OneOf(CODECS)),
    definition("compression.zstd.level", "3", Shape::Int(-131_072)),
    definition("delete.retention.ms", "86400000", Shape::Long(0)),
    definition("file.delete.delay.ms", "60000", Shape::Long(0)),
    definition("flush.messages", "9223372036854775807", Shape::Long(1)),
    definition("flush.ms", "9223372036854775807", Shape::Long(0)),
    definition("follower.replication.throttled.replicas", "", Shape::Text),
    definition("index.interval.bytes", "4096", Shape::Int(0)),
    definition("leader.replication.throttled.replicas", "", Shape::Text),
    definition("local.retention.bytes", "-2", Shape::Long(-2)),
    definition("local.retention.ms", "-2", Shape::Long(-2)),
    definition(
        "max.compaction.lag.ms",
        "9223372036854775807",
        Shape::Long(1),
    ),
    definition("max.message.bytes", "1048588", Shape::Int(0)),
    definition("message.timestamp.after.max.ms", "3600000", Shape::Long(0)),
    definition(
        "message.timestamp.before.max.ms",
        "9223372036854775807",
        Shape::Long(0),
    ),
    definition(
        "message.timestamp.type",
        "CreateTime",
        Shape::OneOf(&["CreateTime", "LogAppendTime"]),
    ),
    definition("min.cleanable.dirty.ratio", "0.5", Shape::Ratio),
    definition("min.compaction.lag.ms", "0", Shape::Long(0)),
    definition("min.insync.replicas", "1", Shape::Int(1)),
    definition("preallocate", "false", Shape::Boolean),
    definition("remote.log.copy.disable", "false", Shape::Boolean),
    definition("remote.log.delete.on.disable", "false", Shape::Boolean),
    definition("remote.storage.enable", "false", Shape::Boolean),
    definition("retention.bytes", "-1", Shape::Long(i64::MIN)),
    definition("retention.ms", "604800000", Shape::Long(-1)),
    definition("segment.bytes", "1073741824", Shape::Int(1_048_576)),
    definition("segment.index.bytes", "10485760", Shape::Int(4)),
    definition("segment.jitter.ms", "0", Shape::Long(0)),
    definition("segment.ms", "604800000", Shape::Long(1)),
    definition("unclean.leader.election.enable", "false", Shape::Boolean),
];

/// Where a config's value comes from, by its number in the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConfigSource {
    Topic = 1,
    Default = 5,
}

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
            let place = DEFINITIONS.binary_search_by_key(&name, |definition| definition.name);
            let definition = place.ok().and_then(|place| DEFINITIONS.get(place));
            let definition =
                definition.ok_or_else(|| format!("Unknown topic config name: {name}"))?;
            let value = value
                .ok_or_else(|| format!("Null value not supported for topic configs: {name}"))?;
            definition.check(value)?;
            set.insert(definition.name, value.to_owned());
        }
        Ok(Self { set })
    }

    /// Every config: name, value, where it comes from.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'static str, &str, ConfigSource)> {
        DEFINITIONS
            .iter()
            .map(|definition| match self.set.get(definition.name) {
                Some(value) => (definition.name, value.as_str(), ConfigSource::Topic),
                None => (definition.name, definition.default, ConfigSource::Default),
            })
    }

    /// What the topic demands of records.
    pub(crate) fn rules(&self, every_record: bool) -> Rules {
        Rules {
            max_batch_bytes: usize::try_from(self.integer("max.message.bytes"))
                .unwrap_or(usize::MAX),
            log_append_time: self.value("message.timestamp.type") == "LogAppendTime",
            before_max_ms: self.integer("message.timestamp.before.max.ms"),
            after_max_ms: self.integer("message.timestamp.after.max.ms"),
            compacted: self.value("cleanup.policy").contains("compact"),
            every_record,
        }
    }

    /// Whether records may be deleted other than by compaction.
    pub(crate) fn deletes(&self) -> bool {
        self.value("cleanup.policy").contains("delete")
    }

    /// What the topic demands of its replicas.
    pub(crate) fn durability(&self) -> Durability {
        Durability {
            min_isr: usize::try_from(self.integer("min.insync.replicas")).unwrap_or(1),
            unclean: self.value("unclean.leader.election.enable") == "true",
        }
    }

    fn value(&self, name: &str) -> &str {
        let found = self.entries().find(|(other, ..)| *other == name);
        found.map_or("", |(_, value, _)| value)
    }

    fn integer(&self, name: &str) -> i64 {
        // Values were checked when they were set.
        self.value(name).parse().unwrap_or_default()
    }
}

impl Definition {
    fn check(&self, value: &str) -> Result<(), String> {
        let value = value.trim();
        let one_of = |value: &str, values: &[&str]| match values.contains(&value) {
            true => Ok(()),
            false => Err(format!("String must be one of: {}", values.join(", "))),
        };
        let checked = match self.shape {
            Shape::Text => Ok(()),
            Shape::Boolean => match value {
                "true" | "false" => Ok(()),
                _ => Err("Expected value to be either true or false".to_owned()),
            },
            Shape::Int(least) => at_least(value.parse::<i32>().ok().map(i64::from), least, "INT"),
            Shape::Long(least) => at_least(value.parse().ok(), least, "LONG"),
            Shape::Ratio => match value.parse::<f64>() {
                Err(_) => Err("Not a number of type DOUBLE".to_owned()),
                Ok(ratio) if ratio > 1.0 => Err("Value must be no more than 1".to_owned()),
                Ok(ratio) if ratio >= 0.0 => Ok(()),
                Ok(_) => Err("Value must be at least 0".to_owned()),
            },
            Shape::OneOf(values) => one_of(value, values),
            Shape::SomeOf(values) => {
                // None at all is possible since Kafka 4: nothing is ever cleaned up then.
                let mut list = value
                    .split(',')
                    .map(str::trim)
                    .filter(|_| !value.is_empty());
                let wrong = list.find(|value| !values.contains(value));
                return wrong.map_or(Ok(()), |value| {
                    one_of(value, values).map_err(|fault| self.fault(value, &fault))
                });
            }
        };
        checked.map_err(|fault| self.fault(value, &fault))
    }

    fn fault(&self, value: &str, fault: &str) -> String {
        format!(
            "Invalid value {value} for configuration {}: {fault}",
            self.name
        )
    }
}

fn at_least(number: Option<i64>, least: i64, kind: &str) -> Result<(), String> {
    match number {
        None => Err(format!("Not a number of type {kind}")),
        Some(number) if number < least => Err(format!("Value must be at least {least}")),
        Some(_) => Ok(()),
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
            assert_eq!(definition.check(definition.default), Ok(()));
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
        ] {
            assert!(parse(name, value).unwrap_err().contains(name), "{name}");
        }
        let config = TopicConfig::parse([
            ("cleanup.policy", Some("delete,compact")),
            ("max.message.bytes", Some("100")),
        ]);
        let rules = config.unwrap().rules(true);
        assert!(rules.compacted && !rules.log_append_time);
        assert_eq!(
            (rules.max_batch_bytes, rules.after_max_ms),
            (100, 3_600_000)
        );
    }
}
