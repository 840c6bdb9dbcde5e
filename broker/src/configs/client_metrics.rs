//! The configs of a subscription to clients' metrics (KIP-714).

use super::changes::Values;
use super::definition::{Definition, Shape, elements, find};
use crate::failure::Failure;

const fn definition(name: &'static str, default: &'static str, shape: Shape) -> Definition {
    Definition {
        name,
        default: Some(default),
        shape,
    }
}

static DEFINITIONS: &[Definition] = &[
    definition("interval.ms", "300000", Shape::int(i32::MIN as i64)),
    definition("match", "", Shape::List),
    definition("metrics", "", Shape::List),
];

/// By what a subscription can choose clients.
const MATCHES: [&str; 6] = [
    "client_id",
    "client_instance_id",
    "client_software_name",
    "client_software_version",
    "client_source_address",
    "client_source_port",
];

pub(crate) fn definitions() -> &'static [Definition] {
    DEFINITIONS
}

pub(crate) fn definition_of(name: &str) -> Option<Definition> {
    find(DEFINITIONS, name).copied()
}

/// Whether a subscription of this name may have these configs. That patterns are regular expressions is not looked at.
pub(crate) fn check(name: &str, values: &Values) -> Result<(), Failure> {
    if name.is_empty() {
        return Err(Failure::invalid_request("Subscription name can't be empty"));
    }
    for name in values.keys() {
        if definition_of(name).is_none() {
            let message = format!("Unknown client metrics configuration: {name}");
            return Err(Failure::invalid_request(message));
        }
    }
    for (name, value) in values {
        if let Some(definition) = definition_of(name) {
            definition.check(value).map_err(Failure::invalid_config)?;
        }
    }
    let interval = values.get("interval.ms");
    let interval = interval.and_then(|interval| interval.trim().parse::<i32>().ok());
    if let Some(interval) = interval.filter(|interval| !(100..=3_600_000).contains(interval)) {
        return Err(Failure::invalid_request(format!(
            "Invalid value {interval} for interval.ms, interval must be between 100 and 3600000 (1 hour)"
        )));
    }
    let patterns = values.get("match").map(String::as_str).unwrap_or_default();
    for pattern in elements(patterns) {
        let mut parts = pattern.split('=');
        let known = parts
            .next()
            .is_some_and(|part| MATCHES.contains(&part.trim()));
        if !known || parts.next().is_none() || parts.next().is_some() {
            let message = format!("Illegal client matching pattern: {pattern}");
            return Err(Failure::invalid_config(message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kafka_refuses_is_refused() {
        assert!(
            DEFINITIONS
                .windows(2)
                .all(|pair| pair[0].name < pair[1].name)
        );
        let check = |name: &str, value: &str| check("s", &[(name.into(), value.into())].into());
        assert_eq!(check("interval.ms", "100"), Ok(()));
        assert_eq!(
            check("match", "client_id=a.*, client_source_port=9"),
            Ok(())
        );
        for (name, value, failure) in [
            (
                "x",
                "1",
                Failure::invalid_request("Unknown client metrics configuration: x"),
            ),
            (
                "interval.ms",
                "99",
                Failure::invalid_request(
                    "Invalid value 99 for interval.ms, interval must be between 100 and 3600000 (1 hour)",
                ),
            ),
            (
                "match",
                "client_id=a,who=b",
                Failure::invalid_config("Illegal client matching pattern: who=b"),
            ),
        ] {
            assert_eq!(check(name, value), Err(failure));
        }
        assert!(super::check("", &Values::new()).is_err());
    }
}
