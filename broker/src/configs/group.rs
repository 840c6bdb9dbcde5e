//! The configs of a group (KIP-848, KIP-932, KIP-1071).

use super::broker;
use super::changes::Values;
use super::definition::{Definition, Shape, find};
use crate::failure::Failure;

const fn definition(name: &'static str, default: &'static str, shape: Shape) -> Definition {
    Definition {
        name,
        default: Some(default),
        shape,
    }
}

/// All of Kafka 4.3's, by name.
static DEFINITIONS: &[Definition] = &[
    definition("consumer.assignment.interval.ms", "1000", Shape::int(0)),
    definition("consumer.heartbeat.interval.ms", "5000", Shape::int(1)),
    definition("consumer.session.timeout.ms", "45000", Shape::int(1)),
    definition("share.assignment.interval.ms", "1000", Shape::int(0)),
    definition("share.auto.offset.reset", "latest", Shape::Text),
    definition("share.delivery.count.limit", "5", Shape::int(2)),
    definition("share.heartbeat.interval.ms", "5000", Shape::int(1)),
    definition(
        "share.isolation.level",
        "read_uncommitted",
        Shape::OneOf("read_committed, read_uncommitted"),
    ),
    definition("share.partition.max.record.locks", "2000", Shape::int(100)),
    definition("share.record.lock.duration.ms", "30000", Shape::int(1000)),
    definition("share.renew.acknowledge.enable", "true", Shape::Boolean),
    definition("share.session.timeout.ms", "45000", Shape::int(1)),
    definition("streams.assignment.interval.ms", "1000", Shape::int(0)),
    definition("streams.heartbeat.interval.ms", "5000", Shape::int(1)),
    definition("streams.initial.rebalance.delay.ms", "3000", Shape::int(0)),
    definition("streams.num.standby.replicas", "0", Shape::int(0)),
    definition("streams.session.timeout.ms", "45000", Shape::int(1)),
];

pub(crate) fn definitions() -> &'static [Definition] {
    DEFINITIONS
}

pub(crate) fn definition_of(name: &str) -> Option<Definition> {
    find(DEFINITIONS, name).copied()
}

/// The broker's config that is the default of a group's.
pub(crate) fn broker_synonym(name: &str) -> Option<String> {
    let alone = matches!(
        name,
        "share.auto.offset.reset" | "share.isolation.level" | "share.renew.acknowledge.enable"
    );
    (!alone).then(|| format!("group.{name}"))
}

/// Whether a group may have these configs.
pub(crate) fn check(values: &Values) -> Result<(), Failure> {
    for name in values.keys() {
        if definition_of(name).is_none() {
            let message = format!("Unknown group config name: {name}");
            return Err(Failure::invalid_config(message));
        }
    }
    for (name, value) in values {
        let Some(definition) = definition_of(name) else {
            continue;
        };
        definition.check(value).map_err(Failure::invalid_config)?;
        if name == "share.auto.offset.reset" {
            check_reset(value)?;
        }
    }
    values.iter().try_for_each(|(name, value)| {
        // The least session time-out is longer than the most heartbeat interval, so the two need not be compared.
        let value = value.trim().parse::<i64>().ok();
        value.map_or(Ok(()), |value| check_limits(name, value))
    })
}

/// Brokers draw limits by configs of their own.
fn check_limits(name: &str, value: i64) -> Result<(), Failure> {
    let (kind, rest) = name.split_once('.').unwrap_or_default();
    let rest = rest.strip_prefix("num.").unwrap_or(rest);
    let limit = |bound: &str| {
        let name = format!("group.{kind}.{bound}.{rest}");
        let limit = broker::definition(&name)?.default?.parse::<i64>().ok()?;
        Some((name, limit))
    };
    let (word, limit) = match (limit("min"), limit("max")) {
        (Some((limit, least)), _) if value < least => ("greater", limit),
        (_, Some((limit, most))) if value > most => ("less", limit),
        _ => return Ok(()),
    };
    Err(Failure::invalid_config(format!(
        "{name} must be {word} than or equal to {limit}"
    )))
}

fn check_reset(value: &str) -> Result<(), Failure> {
    let duration = value.strip_prefix("by_duration:");
    let iso = |duration: &str| duration.starts_with('P') && duration.len() > 2;
    if matches!(value, "latest" | "earliest") || duration.is_some_and(iso) {
        return Ok(());
    }
    Err(Failure::invalid_config(format!(
        "Invalid value {value} for configuration share.auto.offset.reset: Invalid value `{value}` for configuration share.auto.offset.reset. The value must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'."
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_sorted_and_valid() {
        assert!(
            DEFINITIONS
                .windows(2)
                .all(|pair| pair[0].name < pair[1].name)
        );
        assert!(
            DEFINITIONS
                .iter()
                .all(|one| one.check(one.default.unwrap()).is_ok())
        );
    }

    #[test]
    fn values_have_to_be_within_the_brokers_limits() {
        let check = |name: &str, value: &str| check(&[(name.into(), value.into())].into());
        assert_eq!(check("consumer.session.timeout.ms", "50000"), Ok(()));
        assert_eq!(check("share.auto.offset.reset", "by_duration:PT1H"), Ok(()));
        for (name, value, message) in [
            ("no.such", "1", "Unknown group config name: no.such"),
            (
                "consumer.session.timeout.ms",
                "1000",
                "consumer.session.timeout.ms must be greater than or equal to group.consumer.min.session.timeout.ms",
            ),
            (
                "streams.num.standby.replicas",
                "3",
                "streams.num.standby.replicas must be less than or equal to group.streams.max.standby.replicas",
            ),
            (
                "consumer.session.timeout.ms",
                "x",
                "Invalid value x for configuration consumer.session.timeout.ms: Not a number of type INT",
            ),
        ] {
            assert_eq!(check(name, value), Err(Failure::invalid_config(message)));
        }
        assert!(check("share.auto.offset.reset", "never").is_err());
    }
}
