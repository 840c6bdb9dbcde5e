//! Quotas of users, client ids and addresses.

use std::collections::BTreeMap;
use std::fmt;

use milena_wire::codec::Request;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::alter_client_quotas::{EntityData, EntryData, OpData};
use milena_wire::messages::describe_client_quotas::ComponentData;
use milena_wire::messages::{AlterClientQuotasRequest, DescribeClientQuotasRequest};

use super::answer::{check, omission, refusal};
use super::convert;
use super::handle::Admin;
use super::operation::{Caller, Operation, Spec};
use super::per_item::PerItem;
use crate::error::Error;

/// What kind of thing has a quota.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum QuotaEntityType {
    /// The principal of a connection.
    User,
    /// What a client calls itself.
    ClientId,
    /// The address that a connection comes from.
    Ip,
    /// Another, as the broker calls it.
    Other(String),
}

impl QuotaEntityType {
    fn from_word(word: &str) -> Self {
        match word {
            "user" => Self::User,
            "client-id" => Self::ClientId,
            "ip" => Self::Ip,
            _ => Self::Other(word.to_owned()),
        }
    }

    fn word(&self) -> &str {
        match self {
            Self::User => "user",
            Self::ClientId => "client-id",
            Self::Ip => "ip",
            Self::Other(word) => word,
        }
    }
}

/// Who has a quota: a user, a client id, both together, or an address (Java: `ClientQuotaEntity`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QuotaEntity {
    /// `None` stands for all that have no quota of their own.
    parts: BTreeMap<QuotaEntityType, Option<String>>,
}

impl QuotaEntity {
    /// A user.
    pub fn user(name: impl Into<String>) -> Self {
        Self::default().and(QuotaEntityType::User, Some(name.into()))
    }

    /// All users that have no quota of their own.
    #[must_use]
    pub fn default_user() -> Self {
        Self::default().and(QuotaEntityType::User, None)
    }

    /// A client id.
    pub fn client_id(id: impl Into<String>) -> Self {
        Self::default().and(QuotaEntityType::ClientId, Some(id.into()))
    }

    /// All client ids that have no quota of their own.
    #[must_use]
    pub fn default_client_id() -> Self {
        Self::default().and(QuotaEntityType::ClientId, None)
    }

    /// An address.
    pub fn ip(address: impl Into<String>) -> Self {
        Self::default().and(QuotaEntityType::Ip, Some(address.into()))
    }

    /// All addresses that have no quota of their own.
    #[must_use]
    pub fn default_ip() -> Self {
        Self::default().and(QuotaEntityType::Ip, None)
    }

    /// And this at the same time: the client id of a user, for instance. `None` stands for all that have no quota of their own.
    #[must_use]
    pub fn and(mut self, entity_type: QuotaEntityType, name: Option<String>) -> Self {
        self.parts.insert(entity_type, name);
        self
    }

    /// What it consists of; a name that is `None` stands for all that have no quota of their own.
    pub fn parts(&self) -> impl Iterator<Item = (&QuotaEntityType, Option<&str>)> {
        let parts = self.parts.iter();
        parts.map(|(entity_type, name)| (entity_type, name.as_deref()))
    }

    fn from_wire<'a>(parts: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> Self {
        let parts = parts.map(|(entity_type, name)| {
            let entity_type = QuotaEntityType::from_word(entity_type);
            (entity_type, name.map(str::to_owned))
        });
        Self {
            parts: parts.collect(),
        }
    }
}

/// As Kafka's tools have it: `user=alice, client-id=<default>`.
impl fmt::Display for QuotaEntity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (entity_type, name)) in self.parts().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(
                f,
                "{comma}{}={}",
                entity_type.word(),
                name.unwrap_or("<default>")
            )?;
        }
        Ok(())
    }
}

/// Which quotas are meant (Java: `ClientQuotaFilter`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuotaFilter {
    components: Vec<(QuotaEntityType, i8, Option<String>)>,
    strict: bool,
}

impl QuotaFilter {
    /// All quotas.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Those of this name.
    #[must_use]
    pub fn named(mut self, entity_type: QuotaEntityType, name: impl Into<String>) -> Self {
        self.components.push((entity_type, 0, Some(name.into())));
        self
    }

    /// Those for all that have no quota of their own.
    #[must_use]
    pub fn default_of(mut self, entity_type: QuotaEntityType) -> Self {
        self.components.push((entity_type, 1, None));
        self
    }

    /// Those that say something of this type, whatever it is.
    #[must_use]
    pub fn any_of(mut self, entity_type: QuotaEntityType) -> Self {
        self.components.push((entity_type, 2, None));
        self
    }

    /// Only those that say nothing of other types.
    #[must_use]
    pub fn only(mut self) -> Self {
        self.strict = true;
        self
    }
}

/// Asks for quotas: see [`Admin::describe_client_quotas`].
#[derive(Clone, Debug)]
pub struct DescribeClientQuotas(QuotaFilter);

impl Spec for DescribeClientQuotas {
    type Output = Result<BTreeMap<QuotaEntity, BTreeMap<String, f64>>, Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        let components = self.0.components.into_iter();
        let components = components.map(|(entity_type, match_type, name)| {
            let mut component = ComponentData::default()
                .with_entity_type(entity_type.word().to_owned())
                .with_match_type(match_type);
            component.r#match = name.map(Into::into);
            component
        });
        let request = DescribeClientQuotasRequest::default()
            .with_components(components.collect::<Vec<_>>())
            .with_strict(self.0.strict);
        let response = caller.send(request).await?;
        let message = response.error_message.as_ref();
        check::<DescribeClientQuotasRequest>(response.error_code, message)?;
        let entries = response.entries.iter().flatten().map(|entry| {
            let parts = entry.entity.iter();
            let entity = QuotaEntity::from_wire(
                parts.map(|part| (&*part.entity_type, part.entity_name.as_deref())),
            );
            let values = entry.values.iter();
            let values = values.map(|value| (value.key.to_string(), value.value));
            (entity, values.collect())
        });
        Ok(entries.collect())
    }
}

/// Sets and removes quotas: see [`Admin::alter_client_quotas`].
#[derive(Clone, Debug)]
pub struct AlterClientQuotas {
    changes: BTreeMap<QuotaEntity, BTreeMap<String, Option<f64>>>,
    validate_only: bool,
}

impl Operation<AlterClientQuotas> {
    /// Whether it is only found out if it would succeed. Default: no.
    pub fn validate_only(mut self, validate_only: bool) -> Self {
        self.spec.validate_only = validate_only;
        self
    }
}

impl Spec for AlterClientQuotas {
    type Output = PerItem<QuotaEntity, ()>;

    async fn run(self, caller: Caller) -> Self::Output {
        if self.changes.is_empty() {
            return PerItem::from_iter([]);
        }
        let entries = self.changes.iter().map(|(entity, changes)| {
            let parts = entity.parts().map(|(entity_type, name)| {
                let mut part =
                    EntityData::default().with_entity_type(entity_type.word().to_owned());
                part.entity_name = name.map(Into::into);
                part
            });
            let ops = changes.iter().map(|(key, value)| {
                OpData::default()
                    .with_key(key.clone())
                    .with_value(value.unwrap_or_default())
                    .with_remove(value.is_none())
            });
            EntryData::default()
                .with_entity(parts.collect::<Vec<_>>())
                .with_ops(ops.collect::<Vec<_>>())
        });
        let request = AlterClientQuotasRequest::default()
            .with_entries(entries.collect::<Vec<_>>())
            .with_validate_only(self.validate_only);
        let api = AlterClientQuotasRequest::API_KEY;
        let entities = self.changes.into_keys();
        let response = match caller.send(request).await {
            Ok(response) => response,
            Err(error) => {
                return entities
                    .map(|entity| (entity, Err(error.clone())))
                    .collect();
            }
        };
        // The parts of an entity come in any order.
        let mut told = BTreeMap::new();
        for entry in &response.entries {
            let parts = entry.entity.iter();
            let entity = QuotaEntity::from_wire(
                parts.map(|part| (&*part.entity_type, part.entity_name.as_deref())),
            );
            let message = convert::text(entry.error_message.as_ref());
            told.entry(entity)
                .or_insert_with(|| match entry.error_code {
                    ErrorCode::NONE => Ok(()),
                    code => Err(refusal(api, None, code, message.as_deref())),
                });
        }
        entities
            .map(|entity| {
                let result = told.remove(&entity);
                let result = result.unwrap_or_else(|| Err(omission(api, None)));
                (entity, result)
            })
            .collect()
    }
}

impl Admin {
    /// Asks for the quotas that match a filter: for whom, and which, by name (Java: `describeClientQuotas`, since Kafka 2.6).
    ///
    /// # Errors
    /// When awaited: if they are not told.
    pub fn describe_client_quotas(&self, filter: QuotaFilter) -> Operation<DescribeClientQuotas> {
        self.operation(DescribeClientQuotas(filter))
    }

    /// Sets quotas, such as `producer_byte_rate`, and removes those whose value is `None` (Java: `alterClientQuotas`, since Kafka 2.6).
    ///
    /// ```no_run
    /// # async fn example(client: milena::Client) -> Result<(), milena::Error> {
    /// use milena::admin::QuotaEntity;
    ///
    /// let changes = [("producer_byte_rate", Some(1e6)), ("consumer_byte_rate", None)];
    /// let altered = client.admin().alter_client_quotas([(QuotaEntity::user("alice"), changes)]);
    /// altered.await.all()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn alter_client_quotas<N, C>(
        &self,
        changes: impl IntoIterator<Item = (QuotaEntity, C)>,
    ) -> Operation<AlterClientQuotas>
    where
        N: Into<String>,
        C: IntoIterator<Item = (N, Option<f64>)>,
    {
        let mut all = BTreeMap::<QuotaEntity, BTreeMap<String, Option<f64>>>::new();
        for (entity, changes) in changes {
            let changes = changes.into_iter();
            let changes = changes.map(|(name, value)| (name.into(), value));
            all.entry(entity).or_default().extend(changes);
        }
        self.operation(AlterClientQuotas {
            changes: all,
            validate_only: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_is_the_same_in_any_order() {
        let parts = [("user", Some("alice")), ("client-id", None)];
        let one = QuotaEntity::from_wire(parts.into_iter());
        let other = QuotaEntity::from_wire(parts.into_iter().rev());
        assert_eq!(one, other);
        assert_eq!(
            one,
            QuotaEntity::user("alice").and(QuotaEntityType::ClientId, None)
        );
        assert_ne!(one, QuotaEntity::user("alice"));
        assert_eq!(one.to_string(), "user=alice, client-id=<default>");
        let odd = QuotaEntity::from_wire([("planet", None)].into_iter());
        assert_eq!(odd.to_string(), "planet=<default>");
    }
}
