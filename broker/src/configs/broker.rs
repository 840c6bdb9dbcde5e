//! The configs of a broker: all of Kafka 4.3's that are public, with its defaults.

use std::sync::LazyLock;

use super::definition::{Definition, Shape, find};

/// Whether a config can be changed while a broker runs (KIP-226), and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UpdateMode {
    ReadOnly,
    PerBroker,
    ClusterWide,
}

/// Name, type, default, range and mode of each, separated by tabs and sorted by name.
const TABLE: &str = include_str!("broker.tsv");

static DEFINITIONS: LazyLock<Vec<Definition>> =
    LazyLock::new(|| rows().map(|(definition, _)| definition).collect());
static MODES: LazyLock<Vec<UpdateMode>> = LazyLock::new(|| rows().map(|(_, mode)| mode).collect());

/// Those that can be changed, though they are not among those that a broker is started with.
const QUOTAS: [&str; 3] = [
    "follower.replication.throttled.rate",
    "leader.replication.throttled.rate",
    "replica.alter.log.dirs.io.max.bytes.per.second",
];

/// All of them, by name.
pub(crate) fn definitions() -> &'static [Definition] {
    &DEFINITIONS
}

/// Whether and for whom a config can be changed; `None` if Kafka does not know it.
pub(crate) fn update_mode(name: &str) -> Option<UpdateMode> {
    if QUOTAS.contains(&name) {
        return Some(UpdateMode::ClusterWide);
    }
    let place = DEFINITIONS.binary_search_by_key(&name, |definition| definition.name);
    place.ok().and_then(|place| MODES.get(place)).copied()
}

/// A config's definition; those that Kafka does not know have none.
pub(crate) fn definition(name: &str) -> Option<Definition> {
    if let Some(place) = QUOTAS.iter().position(|quota| *quota == name) {
        return QUOTAS.get(place).map(|name| Definition {
            name,
            default: Some("9223372036854775807"),
            shape: Shape::long(0),
        });
    }
    find(definitions(), name).copied()
}

/// The names under which the same can be said, the one that counts first.
pub(crate) fn synonyms(name: &str) -> Vec<&str> {
    const SYNONYMS: [&[&str]; 4] = [
        &["log.roll.ms", "log.roll.hours"],
        &["log.roll.jitter.ms", "log.roll.jitter.hours"],
        &[
            "log.retention.ms",
            "log.retention.minutes",
            "log.retention.hours",
        ],
        &["log.flush.interval.ms", "log.flush.scheduler.interval.ms"],
    ];
    if name == "log.flush.scheduler.interval.ms" {
        return vec![name];
    }
    let same = SYNONYMS.iter().find(|names| names.contains(&name));
    same.map_or_else(|| vec![name], |names| names.to_vec())
}

fn rows() -> impl Iterator<Item = (Definition, UpdateMode)> {
    // A test sees to it that each line can be read.
    TABLE.lines().filter_map(row)
}

fn row(line: &'static str) -> Option<(Definition, UpdateMode)> {
    let mut columns = line.split('\t');
    let mut next = || columns.next();
    let (name, kind, default) = (next()?, next()?, next()?);
    let (range, mode) = (next()?, next()?);
    let definition = Definition {
        name,
        default: (default != "null").then_some(default),
        shape: shape(kind, range)?,
    };
    let mode = match mode {
        "-" => UpdateMode::ReadOnly,
        "broker" => UpdateMode::PerBroker,
        "cluster" => UpdateMode::ClusterWide,
        _ => return None,
    };
    Some((definition, mode))
}

fn shape(kind: &str, range: &'static str) -> Option<Shape> {
    let values = range.strip_prefix('=');
    let whole = |smallest: i64, largest: i64| match range.split_once("..") {
        None => Some((smallest, largest)),
        Some((least, "")) => Some((least.parse().ok()?, largest)),
        Some((least, most)) => Some((least.parse().ok()?, most.parse().ok()?)),
    };
    Some(match (kind, values) {
        ("BOOLEAN", _) => Shape::Boolean,
        ("SHORT", _) => {
            let (least, most) = whole(i16::MIN.into(), i16::MAX.into())?;
            Shape::Short(least, most)
        }
        ("INT", _) if range == "gzip" => Shape::GzipLevel,
        ("INT", _) => {
            let (least, most) = whole(i32::MIN.into(), i32::MAX.into())?;
            Shape::Int(least, most)
        }
        ("LONG", _) => {
            let (least, most) = whole(i64::MIN, i64::MAX)?;
            Shape::Long(least, most)
        }
        ("DOUBLE", _) => match range.split_once("..") {
            None => Shape::Double(f64::MIN, f64::MAX),
            Some((least, "")) => Shape::Double(least.parse().ok()?, f64::MAX),
            Some((least, most)) => Shape::Double(least.parse().ok()?, most.parse().ok()?),
        },
        ("STRING", Some(values)) => Shape::OneOf(values),
        ("STRING", None) => Shape::Text,
        ("LIST", Some(values)) => Shape::SomeOf(values),
        ("LIST", None) => Shape::List,
        ("CLASS", _) => Shape::Class,
        ("PASSWORD", _) => Shape::Password,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_every_default_valid() {
        assert_eq!(definitions().len(), TABLE.lines().count());
        assert!(
            definitions()
                .windows(2)
                .all(|pair| pair[0].name < pair[1].name)
        );
        for definition in definitions() {
            let default = definition.default.unwrap_or_default();
            if definition.default.is_some() {
                assert_eq!(definition.check(default), Ok(()));
            }
        }
    }

    #[test]
    fn modes_and_shapes_are_kafkas() {
        for (name, mode) in [
            ("broker.id", Some(UpdateMode::ReadOnly)),
            ("listeners", Some(UpdateMode::PerBroker)),
            ("log.cleaner.threads", Some(UpdateMode::ClusterWide)),
            (
                "leader.replication.throttled.rate",
                Some(UpdateMode::ClusterWide),
            ),
            ("no.such.config", None),
        ] {
            assert_eq!(update_mode(name), mode, "{name}");
        }
        let shape = |name| definition(name).unwrap().shape;
        assert_eq!(shape("compression.lz4.level"), Shape::Int(1, 17));
        assert_eq!(shape("compression.gzip.level"), Shape::GzipLevel);
        assert_eq!(
            shape("log.cleaner.min.cleanable.ratio"),
            Shape::Double(0.0, 1.0)
        );
        assert_eq!(
            shape("ssl.client.auth"),
            Shape::OneOf("required, requested, none")
        );
        assert_eq!(
            shape("log.cleanup.policy"),
            Shape::SomeOf("compact, delete")
        );
    }
}
