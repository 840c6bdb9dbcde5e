//! The loggers of a broker and their levels (KIP-412). They are kept and change nothing: what this broker says goes to `tracing`.

use std::collections::BTreeMap;

use super::changes::Change;
use crate::failure::Failure;

/// Those that a broker has before somebody names others; `root` is their parent.
const LOGGERS: [&str; 8] = [
    "kafka.controller",
    "kafka.log.LogCleaner",
    "kafka.network.RequestChannel$",
    "kafka.request.logger",
    "kafka.server.KafkaApis",
    "org.apache.kafka",
    "root",
    "state.change.logger",
];
const LEVELS: [&str; 6] = ["DEBUG", "ERROR", "FATAL", "INFO", "TRACE", "WARN"];

/// The levels that have been set on one broker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogLevels {
    set: BTreeMap<&'static str, String>,
}

impl LogLevels {
    /// Every logger with its level.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let root = self.set.get("root").map_or("INFO", String::as_str);
        let level = move |name| self.set.get(name).map_or(root, String::as_str);
        LOGGERS.into_iter().map(move |name| (name, level(name)))
    }

    /// Sets levels, and takes back what was set: all of it or nothing.
    pub(crate) fn change(&self, changes: &[(&str, Change<'_>)]) -> Result<Self, Failure> {
        let mut levels = self.clone();
        for (name, change) in changes {
            let refuse = |operation| {
                Failure::invalid_request(format!(
                    "{operation} operation is not allowed for the BROKER_LOGGER resource"
                ))
            };
            let logger = LOGGERS.into_iter().find(|logger| logger == name);
            let logger = logger
                .ok_or_else(|| Failure::invalid_config(format!("Logger {name} does not exist!")));
            match change {
                Change::Set(level) if LEVELS.contains(level) => {
                    levels.set.insert(logger?, (*level).to_owned());
                }
                Change::Set(level) => {
                    let logger = logger?;
                    return Err(Failure::invalid_config(format!(
                        "Cannot set the log level of {logger} to {level} as it is not a supported log level. Valid log levels are {}",
                        LEVELS.join(", ")
                    )));
                }
                Change::Delete if *name == "root" => {
                    return Err(Failure::invalid_request(
                        "Removing the log level of the root logger is not allowed",
                    ));
                }
                Change::Delete => {
                    levels.set.remove(logger?);
                }
                Change::Append(_) => return Err(refuse("APPEND")),
                Change::Subtract(_) => return Err(refuse("SUBTRACT")),
            }
        }
        Ok(levels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_come_from_root_unless_they_are_set() {
        let levels = LogLevels::default();
        assert!(levels.all().all(|(_, level)| level == "INFO"));
        let changes = [
            ("root", Change::Set("WARN")),
            ("kafka.controller", Change::Set("DEBUG")),
        ];
        let levels = levels.change(&changes).unwrap();
        let level = |levels: &LogLevels, name| {
            let found = levels.all().find(|(other, _)| *other == name);
            found.map(|(_, level)| level.to_owned())
        };
        assert_eq!(level(&levels, "kafka.controller").unwrap(), "DEBUG");
        assert_eq!(level(&levels, "org.apache.kafka").unwrap(), "WARN");
        let levels = levels
            .change(&[("kafka.controller", Change::Delete)])
            .unwrap();
        assert_eq!(level(&levels, "kafka.controller").unwrap(), "WARN");
    }

    #[test]
    fn nothing_changes_if_one_is_wrong() {
        let levels = LogLevels::default();
        for (name, change, code) in [
            ("none", Change::Set("INFO"), ErrorCode::INVALID_CONFIG),
            ("root", Change::Set("LOUD"), ErrorCode::INVALID_CONFIG),
            ("root", Change::Delete, ErrorCode::INVALID_REQUEST),
            ("root", Change::Append("INFO"), ErrorCode::INVALID_REQUEST),
        ] {
            let failure = levels.change(&[("root", Change::Set("WARN")), (name, change)]);
            assert_eq!(failure.unwrap_err().code, code);
        }
    }

    use milena_wire::error_code::ErrorCode;
}
