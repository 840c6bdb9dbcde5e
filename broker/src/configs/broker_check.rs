//! Whether configs of a broker can be changed while it runs (KIP-226).

use super::broker::{UpdateMode, definition, update_mode};
use super::changes::Values;

/// What comes before a config that is for one listener.
const LISTENER: &str = "listener.name.";

/// Whether one broker (`per_broker`), or all of them, can be given these configs; the error is what Kafka says. Configs that Kafka does not know are left
/// to plugins.
pub(crate) fn check(values: &Values, per_broker: bool) -> Result<(), String> {
    let refuse = |names: Vec<&String>, message: &str| match names.is_empty() {
        true => Ok(()),
        false => {
            let names: Vec<_> = names.into_iter().map(String::as_str).collect();
            Err(format!("{message}: [{}]", names.join(", ")))
        }
    };
    let which = |wanted: fn(&str) -> bool| values.keys().filter(move |name| wanted(name));
    refuse(
        which(|name| update_mode(name) == Some(UpdateMode::ReadOnly)).collect(),
        "Cannot update these configs dynamically",
    )?;
    refuse(
        which(is_security).collect(),
        "These security configs can be dynamically updated only per-listener using the listener prefix",
    )?;
    for (name, value) in values {
        if let Some(definition) = definition(base(name)) {
            definition.check(value)?;
        }
    }
    if per_broker {
        return Ok(());
    }
    refuse(
        which(is_per_broker).collect(),
        "Cannot update these configs at default cluster level, broker id must be specified",
    )
}

/// A config's name without the listener that it is for.
fn base(name: &str) -> &str {
    let rest = name
        .strip_prefix(LISTENER)
        .and_then(|rest| rest.split_once('.'));
    rest.map_or(name, |(_, base)| base)
}

/// Keys and whom to trust: each listener has its own.
fn is_security(name: &str) -> bool {
    name == "ssl.key.password"
        || name.starts_with("ssl.keystore.")
        || name.starts_with("ssl.truststore.")
}

fn is_per_broker(name: &str) -> bool {
    let cluster_wide = [
        "max.connections",
        "max.connection.creation.rate",
        "num.network.threads",
    ];
    if name.starts_with(LISTENER) {
        return !cluster_wide.contains(&base(name));
    }
    update_mode(name) == Some(UpdateMode::PerBroker)
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_can_be_changed_and_for_whom() {
        let check = |name: &str, value: &str, per_broker| {
            super::check(&[(name.into(), value.into())].into(), per_broker)
        };
        for (name, value, per_broker) in [
            ("log.cleaner.threads", "2", false),
            ("log.cleaner.threads", "2", true),
            ("max.connections", "2", true),
            ("listener.name.x.max.connections", "2", false),
            ("listener.name.x.ssl.keystore.type", "PEM", true),
            ("of.a.plugin", "2", false),
        ] {
            assert_eq!(check(name, value, per_broker), Ok(()), "{name}");
        }
        for (name, value, per_broker, message) in [
            (
                "broker.id",
                "2",
                true,
                "Cannot update these configs dynamically: [broker.id]",
            ),
            (
                "ssl.keystore.type",
                "PEM",
                true,
                "These security configs can be dynamically updated only per-listener using the listener prefix: [ssl.keystore.type]",
            ),
            (
                "log.cleaner.threads",
                "-1",
                true,
                "Invalid value -1 for configuration log.cleaner.threads: Value must be at least 0",
            ),
            (
                "listeners",
                "PLAINTEXT://:1",
                false,
                "Cannot update these configs at default cluster level, broker id must be specified: [listeners]",
            ),
        ] {
            assert_eq!(check(name, value, per_broker), Err(message.to_owned()));
        }
    }
}
