//! All quotas of the cluster.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::entity::{Component, Entity};
use crate::failure::Failure;

type Values = BTreeMap<String, f64>;

/// The quotas of a cluster, by whom they are for and what they limit.
#[derive(Debug, Default)]
pub(crate) struct Quotas {
    quotas: Mutex<BTreeMap<Entity, Values>>,
}

impl Quotas {
    /// Sets quotas, or takes them away where there is no value: all of it or nothing, or nothing at all if that is only to be checked.
    pub(crate) fn alter(
        &self,
        entity: Entity,
        changes: &[(&str, Option<f64>)],
        validate_only: bool,
    ) -> Result<(), Failure> {
        for (key, value) in changes {
            if let Some(value) = value {
                entity.check(key, *value)?;
            }
        }
        if validate_only {
            return Ok(());
        }
        let mut quotas = self.lock();
        let mut values = quotas.remove(&entity).unwrap_or_default();
        for (key, value) in changes {
            match value {
                Some(value) => values.insert((*key).to_owned(), *value),
                None => values.remove(*key),
            };
        }
        if !values.is_empty() {
            quotas.insert(entity, values);
        }
        Ok(())
    }

    /// Those that are asked for; with `strict`, of entities that have these parts and no other.
    pub(crate) fn find(&self, components: &[Component<'_>], strict: bool) -> Vec<(Entity, Values)> {
        let quotas = self.lock();
        let found = quotas
            .iter()
            .filter(|(entity, _)| entity.fits(components, strict));
        found
            .map(|(entity, values)| (entity.clone(), values.clone()))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Entity, Values>> {
        // No code panics under this lock.
        self.quotas.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_set_and_taken_away_all_or_none() {
        let quotas = Quotas::default();
        let user = || Entity::parse([("user", Some("a"))]).unwrap();
        let rates = [
            ("producer_byte_rate", Some(5.0)),
            ("consumer_byte_rate", Some(6.0)),
        ];
        assert_eq!(quotas.alter(user(), &rates, true), Ok(()));
        assert!(quotas.find(&[], false).is_empty());
        assert_eq!(quotas.alter(user(), &rates, false), Ok(()));
        let wrong = [("producer_byte_rate", Some(7.0)), ("nonsense", Some(1.0))];
        assert!(quotas.alter(user(), &wrong, false).is_err());
        let found = quotas.find(&[], false);
        assert_eq!(found[0].1["producer_byte_rate"], 5.0);
        let gone = [("producer_byte_rate", None), ("nonsense", None)];
        assert_eq!(quotas.alter(user(), &gone, false), Ok(()));
        assert_eq!(quotas.find(&[], false)[0].1.len(), 1);
        assert_eq!(
            quotas.alter(user(), &[("consumer_byte_rate", None)], false),
            Ok(())
        );
        assert!(quotas.find(&[], false).is_empty());
    }
}
