//! Whom a quota is for.

use std::collections::BTreeMap;

use milena_wire::error_code::ErrorCode;

use crate::failure::Failure;

const USER: &str = "user";
const CLIENT_ID: &str = "client-id";
const IP: &str = "ip";
/// What a quota can be for.
const TYPES: [&str; 3] = [USER, CLIENT_ID, IP];

/// Whom a quota is for: names by type. `None` is who has no quota by his name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entity {
    names: BTreeMap<String, Option<String>>,
}

impl Entity {
    /// Of what a client says; the error is Kafka's.
    pub(crate) fn parse<'a>(
        parts: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
    ) -> Result<Self, Failure> {
        let mut names = BTreeMap::new();
        for (entity_type, name) in parts {
            if !TYPES.contains(&entity_type) {
                return Err(Failure::invalid_request(format!(
                    "Unhandled client quota entity type: {entity_type}"
                )));
            }
            if name == Some("") {
                return Err(Failure::invalid_request(format!(
                    "Empty {entity_type} not supported"
                )));
            }
            names.insert(entity_type.to_owned(), name.map(str::to_owned));
        }
        if names.is_empty() {
            return Err(Failure::invalid_request(
                "Invalid empty client quota entity",
            ));
        }
        if names.contains_key(IP) && names.len() > 1 {
            return Err(Failure::invalid_request(
                "Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId",
            ));
        }
        if let Some(Some(ip)) = names.get(IP) {
            // Names of hosts are not resolved here.
            if ip.parse::<std::net::IpAddr>().is_err() && ip != "localhost" {
                return Err(Failure::invalid_request(format!(
                    "{ip} is not a valid IP or resolvable host."
                )));
            }
        }
        Ok(Self { names })
    }

    /// Names by type.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let names = self.names.iter();
        names.map(|(entity_type, name)| (entity_type.as_str(), name.as_deref()))
    }

    /// Whether it may have such a quota.
    pub(super) fn check(&self, key: &str, value: f64) -> Result<(), Failure> {
        let refuse = |message: String| Err(Failure::invalid_request(message));
        let largest = match (self.names.contains_key(IP), key) {
            (false, "consumer_byte_rate" | "producer_byte_rate") => Some((i64::MAX, "a LONG")),
            (false, "request_percentage" | "controller_mutation_rate") => None,
            (true, "connection_creation_rate") => Some((i64::from(i32::MAX), "an INT")),
            _ => return refuse(format!("Invalid configuration key {key}")),
        };
        if value <= 0.0 {
            return refuse(format!("Quota {key} must be greater than 0"));
        }
        match largest {
            #[allow(clippy::cast_precision_loss, reason = "as Kafka compares them")]
            Some((largest, kind)) if value > largest as f64 => {
                refuse(format!("Proposed value for {key} is too large for {kind}."))
            }
            Some(_) if (value % 1.0).abs() > 1e-6 => {
                refuse(format!("{key} cannot be a fractional value."))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn fits(&self, components: &[Component<'_>], strict: bool) -> bool {
        let all = components.iter().all(|component| {
            let name = self.names.get(component.entity_type);
            name.is_some_and(|name| match component.wanted {
                Match::Any => true,
                Match::Default => name.is_none(),
                Match::Exact(wanted) => name.as_deref() == Some(wanted),
            })
        });
        all && (!strict || self.names.len() == components.len())
    }
}

/// Which names of a type are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match<'a> {
    Exact(&'a str),
    /// Who has no quota by his name.
    Default,
    Any,
}

/// A part of what is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Component<'a> {
    entity_type: &'a str,
    wanted: Match<'a>,
}

impl<'a> Component<'a> {
    /// Of what a client says; the error is Kafka's.
    pub(crate) fn parse(
        entity_type: &'a str,
        match_type: i8,
        name: Option<&'a str>,
    ) -> Result<Self, Failure> {
        if entity_type.is_empty() {
            return Err(Failure::invalid_request("Invalid empty entity type."));
        }
        if !TYPES.contains(&entity_type) {
            return Err(Failure::new(
                ErrorCode::UNSUPPORTED_VERSION,
                format!("Unsupported entity type {entity_type}"),
            ));
        }
        let named = |what: &str| {
            Err(Failure::invalid_request(format!(
                "Request specified MATCH_TYPE_{what}, but also specified a match string."
            )))
        };
        let wanted = match (match_type, name) {
            (0, Some(name)) => Match::Exact(name),
            (0, None) => {
                return Err(Failure::invalid_request(
                    "Request specified MATCH_TYPE_EXACT, but set match string to null.",
                ));
            }
            (1, None) => Match::Default,
            (1, Some(_)) => return named("DEFAULT"),
            (2, None) => Match::Any,
            (2, Some(_)) => return named("SPECIFIED"),
            (other, _) => {
                let message = format!("Unknown match type {other}");
                return Err(Failure::invalid_request(message));
            }
        };
        Ok(Self {
            entity_type,
            wanted,
        })
    }

    /// Whether these can be asked for together.
    pub(crate) fn check(components: &[Self]) -> Result<(), Failure> {
        for (place, component) in components.iter().enumerate() {
            let before = components.iter().take(place);
            if before
                .clone()
                .any(|other| other.entity_type == component.entity_type)
            {
                let entity_type = component.entity_type;
                return Err(Failure::invalid_request(format!(
                    "Entity type {entity_type} cannot appear more than once in the filter."
                )));
            }
        }
        let ip = components
            .iter()
            .any(|component| component.entity_type == IP);
        match ip && components.len() > 1 {
            true => Err(Failure::invalid_request(
                "Invalid entity filter component combination. IP filter component should not be used with user or clientId filter component.",
            )),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_a_quota_can_be_for() {
        let parse = |parts: &[(&'static str, Option<&'static str>)]| {
            Entity::parse(parts.iter().copied()).map_err(|failure| failure.message.unwrap())
        };
        assert!(parse(&[("user", Some("a")), ("client-id", None)]).is_ok());
        for (parts, message) in [
            (&[][..], "Invalid empty client quota entity"),
            (&[("user", Some(""))], "Empty user not supported"),
            (&[("pet", None)], "Unhandled client quota entity type: pet"),
            (
                &[("ip", Some("x"))],
                "x is not a valid IP or resolvable host.",
            ),
            (
                &[("ip", None), ("user", None)],
                "Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId",
            ),
        ] {
            assert_eq!(parse(parts), Err(message.to_owned()));
        }
    }

    #[test]
    fn what_a_quota_can_be() {
        let user = Entity::parse([("user", None)]).unwrap();
        let ip = Entity::parse([("ip", Some("127.0.0.1"))]).unwrap();
        assert_eq!(user.check("producer_byte_rate", 1e9), Ok(()));
        assert_eq!(user.check("request_percentage", 0.5), Ok(()));
        assert_eq!(ip.check("connection_creation_rate", 5.0), Ok(()));
        for (entity, key, value, message) in [
            (
                &user,
                "connection_creation_rate",
                1.0,
                "Invalid configuration key connection_creation_rate",
            ),
            (
                &user,
                "producer_byte_rate",
                0.0,
                "Quota producer_byte_rate must be greater than 0",
            ),
            (
                &user,
                "producer_byte_rate",
                1.5,
                "producer_byte_rate cannot be a fractional value.",
            ),
            (
                &user,
                "producer_byte_rate",
                1e30,
                "Proposed value for producer_byte_rate is too large for a LONG.",
            ),
            (
                &ip,
                "connection_creation_rate",
                1e10,
                "Proposed value for connection_creation_rate is too large for an INT.",
            ),
        ] {
            assert_eq!(
                entity.check(key, value),
                Err(Failure::invalid_request(message))
            );
        }
    }

    #[test]
    fn who_is_found() {
        let both = Entity::parse([("user", Some("a")), ("client-id", None)]).unwrap();
        let fits = |components: &[(&str, i8, Option<&str>)], strict| {
            let components = components.iter();
            let components: Vec<_> = components
                .map(|(entity_type, match_type, name)| {
                    Component::parse(entity_type, *match_type, *name).unwrap()
                })
                .collect();
            Component::check(&components).unwrap();
            both.fits(&components, strict)
        };
        assert!(fits(&[], false) && !fits(&[], true));
        assert!(fits(&[("user", 0, Some("a"))], false));
        assert!(!fits(&[("user", 0, Some("a"))], true));
        assert!(!fits(&[("user", 0, Some("b"))], false));
        assert!(!fits(&[("user", 1, None)], false));
        assert!(fits(&[("user", 2, None), ("client-id", 1, None)], true));
        assert!(!fits(&[("ip", 2, None)], false));
    }

    #[test]
    fn what_cannot_be_asked_for() {
        let failure = |entity_type, match_type, name| {
            let parsed = Component::parse(entity_type, match_type, name);
            parsed.unwrap_err().message.unwrap()
        };
        assert!(failure("user", 0, None).contains("set match string to null"));
        assert!(failure("user", 1, Some("a")).contains("MATCH_TYPE_DEFAULT"));
        assert!(failure("user", 2, Some("a")).contains("MATCH_TYPE_SPECIFIED"));
        assert_eq!(failure("user", 9, None), "Unknown match type 9");
        assert_eq!(failure("pet", 2, None), "Unsupported entity type pet");
        assert_eq!(failure("", 2, None), "Invalid empty entity type.");
        let any = |entity_type| Component::parse(entity_type, 2, None).unwrap();
        assert!(Component::check(&[any("user"), any("user")]).is_err());
        assert!(Component::check(&[any("ip"), any("user")]).is_err());
    }
}
