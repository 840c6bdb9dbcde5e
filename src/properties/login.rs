//! Credentials, which `sasl.jaas.config` may have or keys of their own.

use super::given::{Given, Properties};
use super::jaas::LoginModule;
use super::key::SaslPart;
use crate::error::ConfigError;
use crate::secret::Secret;

/// The login module of `sasl.jaas.config`, if that is given.
#[derive(Debug)]
pub(super) struct Login<'a> {
    given: Option<&'a Given>,
    module: Option<LoginModule>,
}

impl<'a> Login<'a> {
    pub(super) fn of(
        properties: &'a Properties,
        mechanism: &str,
        class: &str,
    ) -> Result<Self, ConfigError> {
        let given = properties.sasl(SaslPart::Jaas);
        let Some(text) = given else {
            return Ok(Self {
                given,
                module: None,
            });
        };
        let module = LoginModule::parse(text.raw()).map_err(|problem| text.error(&problem))?;
        if module.name() != class {
            return Err(text.error(&format!(
                "its login module is {}, and sasl.mechanism is {mechanism}, which needs {class}",
                module.class
            )));
        }
        Ok(Self {
            given,
            module: Some(module),
        })
    }

    /// An option of the module.
    pub(super) fn take(&mut self, name: &str) -> Option<Secret> {
        self.module.as_mut()?.take(name)
    }

    #[cfg(feature = "oidc")]
    pub(super) fn take_prefixed(&mut self, prefix: &str) -> Vec<(String, Secret)> {
        let module = self.module.as_mut();
        module.map_or_else(Vec::new, |module| module.take_prefixed(prefix))
    }

    /// An option that is true or false; false if it is not there.
    pub(super) fn switch(&mut self, name: &str) -> Result<bool, ConfigError> {
        match self.take(name) {
            None => Ok(false),
            Some(value) if value.expose().eq_ignore_ascii_case("true") => Ok(true),
            Some(value) if value.expose().eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(self.error(&format!("{name} is neither true nor false"))),
        }
    }

    /// An option that a key may say in its place; both together are a contradiction.
    pub(super) fn or_key(
        &mut self,
        option: &str,
        key: Option<&Given>,
    ) -> Result<Option<Secret>, ConfigError> {
        match (self.take(option), key) {
            (Some(_), Some(key)) => Err(ConfigError::new(
                key.name(),
                format!("{option} of sasl.jaas.config says the same: one of the two is needed"),
            )),
            (Some(value), None) => Ok(Some(value)),
            (None, key) => Ok(key.map(|key| key.raw().into())),
        }
    }

    pub(super) fn error(&self, problem: &str) -> ConfigError {
        ConfigError::new("sasl.jaas.config", problem)
    }

    /// What nobody has asked for would have no effect.
    pub(super) fn finish(&self) -> Result<(), ConfigError> {
        let Some(module) = &self.module else {
            return Ok(());
        };
        match module.left_over() {
            Some(name) => {
                let problem = format!("{} has no option {name} here", module.name());
                Err(self.error(&problem))
            }
            None => Ok(()),
        }
    }

    pub(super) fn user_and_password(
        mut self,
        properties: &Properties,
    ) -> Result<(String, Secret), ConfigError> {
        let user = self.or_key("username", properties.sasl(SaslPart::Username))?;
        let password = self.or_key("password", properties.sasl(SaslPart::Password))?;
        self.finish()?;
        let missing = |option: &str, key: &str| match self.given {
            Some(_) => self.error(&format!("{option} is missing")),
            None => ConfigError::new(
                key,
                "it is missing: it is needed, or sasl.jaas.config in its place",
            ),
        };
        let user = user.filter(|user| !user.expose().is_empty());
        let user = user.ok_or_else(|| missing("username", "sasl.username"))?;
        let password = password.filter(|password| !password.expose().is_empty());
        let password = password.ok_or_else(|| missing("password", "sasl.password"))?;
        Ok((user.expose().to_owned(), password))
    }
}
