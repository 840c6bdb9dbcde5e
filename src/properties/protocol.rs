//! `security.protocol`: whether there is TLS, and whether there is SASL.

use super::given::{Given, Properties};
use super::key::Part;
use crate::error::ConfigError;

/// What is spoken below Kafka's protocol.
#[derive(Clone, Copy, Debug)]
pub(super) struct Protocol<'a> {
    pub(super) has_tls: bool,
    pub(super) has_sasl: bool,
    /// Where it says so; `None` if it is the default, neither.
    given: Option<&'a Given>,
}

impl<'a> Protocol<'a> {
    pub(super) fn of(properties: &'a Properties) -> Result<Self, ConfigError> {
        let given = properties.part(Part::Protocol);
        let (has_tls, has_sasl) = match given {
            Some(given) => given.one_of(&[
                ("PLAINTEXT", (false, false)),
                ("SSL", (true, false)),
                ("SASL_PLAINTEXT", (false, true)),
                ("SASL_SSL", (true, true)),
            ])?,
            None => (false, false),
        };
        let protocol = Self {
            has_tls,
            has_sasl,
            given,
        };
        match properties.any_tls() {
            Some(tls) if !has_tls => Err(protocol.contradiction(tls, "SSL or SASL_SSL")),
            _ => match properties.any_sasl_but(&[]) {
                Some(sasl) if !has_sasl => {
                    Err(protocol.contradiction(sasl, "SASL_SSL or SASL_PLAINTEXT"))
                }
                _ => Ok(protocol),
            },
        }
    }

    /// What has no effect under this protocol was meant to have one.
    fn contradiction(&self, what: &Given, needed: &str) -> ConfigError {
        let is = match self.given {
            Some(given) => format!("is {}", given.value()),
            None => "is PLAINTEXT, as it is not given".to_owned(),
        };
        let problem = format!("it needs security.protocol to be {needed}, which {is}");
        ConfigError::new(what.name(), problem)
    }
}
