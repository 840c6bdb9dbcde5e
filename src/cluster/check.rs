//! Whether options can be as they were given, and together.

use std::time::Duration;

use super::builder::ClientBuilder;
use super::settings::ClientSettings;
use crate::connection::Address;
use crate::error::{ConfigError, Error, ErrorKind};

impl ClientBuilder {
    /// # Errors
    /// [`ErrorKind::Config`], of the first option that cannot be.
    pub(crate) fn check(self) -> Result<ClientSettings, Error> {
        self.checked()
            .map_err(|error| Error::new(ErrorKind::Config(error)))
    }

    fn checked(self) -> Result<ClientSettings, ConfigError> {
        let mut settings = self.settings;
        (settings.bootstrap, settings.is_quorum) = match (self.bootstrap, self.controllers) {
            (Some(_), Some(_)) => {
                return wrong(
                    "bootstrap_controllers",
                    "not together with bootstrap: a client speaks with brokers or with the controllers themselves",
                );
            }
            (Some(brokers), None) => (addresses("bootstrap", &brokers)?, false),
            (None, Some(controllers)) => (addresses("bootstrap_controllers", &controllers)?, true),
            (None, None) => {
                return wrong(
                    "bootstrap",
                    "missing: host:port of one broker at least is needed",
                );
            }
        };
        settings.connection.settings.check()?;
        settings.deadline = settings.connection.settings.deadline;
        check_credentials(&settings)?;
        for (option, time) in [
            ("metadata_max_age", settings.metadata_max_age),
            ("metadata_max_idle", settings.metadata_max_idle),
            ("retry_backoff", settings.retry_backoff),
            ("connect_backoff", settings.connect_backoff),
        ] {
            positive(option, time)?;
        }
        for (option, time) in [
            ("rebootstrap_after", settings.rebootstrap_after),
            ("health_check_interval", settings.health_check_interval),
        ] {
            positive(option, time.unwrap_or(Duration::MAX))?;
        }
        settings.breaker.validate()?;
        ascending(
            ("retry_backoff", settings.retry_backoff),
            ("retry_backoff_max", settings.retry_backoff_max),
        )?;
        ascending(
            ("connect_backoff", settings.connect_backoff),
            ("connect_backoff_max", settings.connect_backoff_max),
        )?;
        if !(0.0..=1.0).contains(&settings.retry_budget) {
            let problem = format!(
                "{}: 0 to 1 are possible, the retries for each request",
                settings.retry_budget
            );
            return wrong("retry_budget", problem);
        }
        if settings.retry_budget_floor == 0 {
            return wrong(
                "retry_budget_floor",
                "0: 1 retry a second or more is needed",
            );
        }
        check_connections(&settings)?;
        settings.breaker.validate()?;
        if settings.rack.as_deref().is_some_and(str::is_empty) {
            return wrong("rack", "empty: a name is needed, or none");
        }
        if settings.is_quorum && settings.allow_auto_topic_creation {
            return wrong(
                "allow_auto_topic_creation",
                "not together with bootstrap_controllers: controllers have no topics to make",
            );
        }
        Ok(settings)
    }
}

/// What would be refused at each connection is refused at once.
fn check_credentials(settings: &ClientSettings) -> Result<(), ConfigError> {
    let connection = &settings.connection.settings;
    match &connection.sasl {
        Some(sasl)
            if sasl.exposes_credentials()
                && !connection.is_encrypted()
                && !connection.allow_plaintext_credentials =>
        {
            let problem = format!(
                "{} shows the credentials to whoever listens: tls is needed, or allow_plaintext_credentials",
                sasl.mechanism()
            );
            wrong("sasl", problem)
        }
        _ => Ok(()),
    }
}

fn check_connections(settings: &ClientSettings) -> Result<(), ConfigError> {
    let purposes = settings.connections_per_purpose.iter();
    let needed = purposes.fold(0_usize, |sum, count| sum.saturating_add(count.get()));
    match settings.max_connections {
        Some(most) if most.get() < needed => {
            let problem = format!(
                "{most}: one broker alone may need {needed} (connections_per_purpose), so {needed} or more, or no limit"
            );
            wrong("max_connections", problem)
        }
        _ => Ok(()),
    }
}

fn wrong<T>(option: &str, problem: impl Into<String>) -> Result<T, ConfigError> {
    Err(ConfigError::new(option, problem))
}

fn addresses(option: &str, texts: &[String]) -> Result<Vec<Address>, ConfigError> {
    if texts.is_empty() {
        return wrong(option, "empty: host:port of one node at least is needed");
    }
    let parse = |text: &String| {
        Address::parse(text).ok_or_else(|| {
            ConfigError::new(
                option,
                format!("{text:?} is not host:port, with a port of 1 to 65535; IPv6 is [::1]:9092"),
            )
        })
    };
    texts.iter().map(parse).collect()
}

fn positive(option: &str, time: Duration) -> Result<(), ConfigError> {
    if time.is_zero() {
        return wrong(option, "0: more than 0 is needed");
    }
    Ok(())
}

fn ascending(
    (less, less_time): (&str, Duration),
    (more, more_time): (&str, Duration),
) -> Result<(), ConfigError> {
    if less_time > more_time {
        let problem = format!(
            "{more_time:?} is less than {less} ({less_time:?}): at least that much is needed"
        );
        return wrong(more, problem);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
