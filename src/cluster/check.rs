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
        settings.deadline = settings.connection.settings.deadline;
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
        ascending(
            ("retry_backoff", settings.retry_backoff),
            ("retry_backoff_max", settings.retry_backoff_max),
        )?;
        ascending(
            ("connect_backoff", settings.connect_backoff),
            ("connect_backoff_max", settings.connect_backoff_max),
        )?;
        Ok(settings)
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
