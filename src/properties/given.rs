//! What a map of properties says, before it is applied.

use std::time::Duration;

#[cfg(feature = "tls")]
use super::key::TlsPart;
use super::key::{Key, Kind, Layer, Meaning, Part, SaslPart};
use super::keys::{all, find};
use super::suggestion::suggestion;
use crate::error::ConfigError;
use crate::secret::Secret;

/// A key with its value.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) key: &'static Key,
    value: Secret,
}

impl Given {
    pub(super) fn name(&self) -> &'static str {
        self.key.name
    }

    /// As it was given: of what is text, blanks belong to it.
    pub(super) fn raw(&self) -> &str {
        self.value.expose()
    }

    /// Without the blanks around it, which mean nothing in numbers and words.
    pub(super) fn value(&self) -> &str {
        self.value.expose().trim()
    }

    /// An error about this key. The value is shown if it is no secret.
    pub(super) fn error(&self, allowed: &str) -> ConfigError {
        if self.key.is_secret() {
            return ConfigError::new(self.name(), allowed);
        }
        ConfigError::new(self.name(), format!("{:?}: {allowed}", self.value()))
    }

    pub(super) fn milliseconds(&self, least: u64, never: &[i64]) -> Result<Duration, ConfigError> {
        let number = self.value().parse::<i64>().ok();
        if number.is_some_and(|number| never.contains(&number)) {
            return Ok(Duration::MAX);
        }
        let time = number.and_then(|number| u64::try_from(number).ok());
        time.filter(|time| *time >= least)
            .map(Duration::from_millis)
            .ok_or_else(|| {
                let mut allowed =
                    format!("a whole number of milliseconds is needed, {least} or more");
                if let Some(never) = never.first() {
                    allowed += &format!(", or {never} for no limit");
                }
                self.error(&allowed)
            })
    }

    pub(super) fn bytes(
        &self,
        least: u32,
        most: u32,
        system: Option<i64>,
    ) -> Result<Option<u32>, ConfigError> {
        let number = self.value().parse::<i64>().ok();
        if number.is_some() && number == system {
            return Ok(None);
        }
        let bytes = number.and_then(|number| u32::try_from(number).ok());
        match bytes.filter(|bytes| (least..=most).contains(bytes)) {
            Some(bytes) => Ok(Some(bytes)),
            None => {
                let mut allowed = format!("a whole number of bytes is needed, {least} to {most}");
                if let Some(system) = system {
                    allowed += &format!(", or {system} for the system's own");
                }
                Err(self.error(&allowed))
            }
        }
    }

    /// That it is this Java class, whatever its package.
    pub(super) fn check_class(&self, known: &str) -> Result<(), ConfigError> {
        let class = self.value();
        let name = class.rsplit_once('.').map_or(class, |(_, name)| name);
        if name == known {
            return Ok(());
        }
        Err(self.error(&format!(
            "{known} is the only one that has a counterpart here"
        )))
    }

    pub(super) fn switch(&self) -> Result<bool, ConfigError> {
        match self.value() {
            value if value.eq_ignore_ascii_case("true") => Ok(true),
            value if value.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(self.error("true or false is needed")),
        }
    }

    /// Which of these words it is; the case of letters does not count.
    pub(super) fn one_of<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, ConfigError> {
        let mut found = words.iter();
        match found.find(|(word, _)| word.eq_ignore_ascii_case(self.value())) {
            Some((_, meaning)) => Ok(*meaning),
            None => {
                let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                let allowed = format!("one of {} is needed", names.join(", "));
                Err(self.error(&allowed))
            }
        }
    }
}

/// All keys with their values; none is there twice, and no two say the same in different ways.
#[derive(Debug)]
pub(super) struct Properties(Vec<Given>);

impl Properties {
    pub(super) fn new<K, V>(pairs: impl IntoIterator<Item = (K, V)>) -> Result<Self, ConfigError>
    where
        K: AsRef<str>,
        V: AsRef<str>,
    {
        let mut given: Vec<Given> = Vec::new();
        for (name, value) in pairs {
            let (name, value) = (name.as_ref(), value.as_ref());
            let new = Given {
                key: known(name)?,
                value: value.into(),
            };
            let same = |old: &&Given| old.name() == new.name() || old.key.is_alias_of(new.key);
            match given.iter().find(same) {
                Some(old) if old.value() == new.value() => continue,
                Some(old) if old.name() == new.name() => {
                    let problem = "it is there twice, with different values: one is needed";
                    return Err(ConfigError::new(name, problem));
                }
                Some(old) => {
                    return Err(ConfigError::new(
                        name,
                        format!(
                            "{} ({}) says the same, and has another value: one of the two is needed",
                            old.name(),
                            old.key.dialect.name()
                        ),
                    ));
                }
                None => {}
            }
            if let Meaning::Always { values, does } = new.key.meaning {
                let value: String = value.split_whitespace().collect();
                if !values
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(&value))
                {
                    let values = values.join(" or ");
                    return Err(new.error(&format!("only {values} is possible: {does}")));
                }
            }
            given.push(new);
        }
        Ok(Self(given))
    }

    /// What sets a whole option, in the order in which that is to be done.
    pub(super) fn options(&self) -> impl Iterator<Item = (&Given, &'static Kind)> {
        all().filter_map(|key| match &key.meaning {
            Meaning::Option(_, kind) => {
                let given = self.0.iter().find(|given| given.name() == key.name)?;
                Some((given, kind))
            }
            _ => None,
        })
    }

    /// What is given of these keys, which are names of the same.
    pub(super) fn any_of(&self, names: &[&str]) -> Option<&Given> {
        self.0.iter().find(|given| names.contains(&given.name()))
    }

    /// What sets this option of the builder.
    pub(super) fn of_option(&self, option: &str) -> Option<&Given> {
        let mut given = self.0.iter();
        given.find(|given| given.key.option() == Some(option))
    }

    pub(super) fn part(&self, part: Part) -> Option<&Given> {
        let is_it =
            |given: &&Given| matches!(given.key.meaning, Meaning::Part(other) if other == part);
        self.0.iter().find(is_it)
    }

    #[cfg(feature = "tls")]
    pub(super) fn tls(&self, part: TlsPart) -> Option<&Given> {
        self.part(Part::Tls(part))
    }

    pub(super) fn sasl(&self, part: SaslPart) -> Option<&Given> {
        self.part(Part::Sasl(part))
    }

    /// Any that says something of TLS.
    pub(super) fn any_tls(&self) -> Option<&Given> {
        let mut given = self.0.iter();
        given.find(|given| matches!(given.key.meaning, Meaning::Part(Part::Tls(_))))
    }

    /// Any that says something of SASL, which is not one of these.
    pub(super) fn any_sasl_but(&self, parts: &[SaslPart]) -> Option<&Given> {
        let mut given = self.0.iter();
        given.find(|given| {
            matches!(given.key.meaning, Meaning::Part(Part::Sasl(part)) if !parts.contains(&part))
        })
    }
}

/// The key of this name, if a client has it.
fn known(name: &str) -> Result<&'static Key, ConfigError> {
    let Some(key) = find(name) else {
        let problem = match suggestion(name) {
            Some(other) => format!("no such key; was {other} meant?"),
            None => "no such key".to_owned(),
        };
        return Err(ConfigError::new(name, problem));
    };
    match key.meaning {
        Meaning::Of(layer) => {
            let whose = match layer {
                Layer::Producer => "a producer",
                Layer::Consumer => "a consumer",
                Layer::Either => "a producer or a consumer",
            };
            let problem =
                format!("it belongs to {whose}, and not to the client that it is made of");
            Err(ConfigError::new(name, problem))
        }
        Meaning::None(instead) => {
            let problem = format!("it cannot be given here: {instead}");
            Err(ConfigError::new(name, problem))
        }
        _ => Ok(key),
    }
}
