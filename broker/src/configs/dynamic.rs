//! The configs that were set while the cluster runs, but for those of topics.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::changes::Values;
use super::loggers::LogLevels;
use crate::failure::Failure;

/// What has configs of its own. Topics keep theirs themselves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ConfigResource {
    /// One broker, or all that have none of their own.
    Broker(Option<i32>),
    Group(String),
    ClientMetrics(String),
}

/// The configs of brokers, groups and subscriptions to metrics, and the levels of loggers.
#[derive(Debug, Default)]
pub(crate) struct DynamicConfigs {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Resources without a config are not here.
    values: BTreeMap<ConfigResource, Values>,
    levels: BTreeMap<i32, LogLevels>,
}

impl DynamicConfigs {
    /// What has been set for a resource.
    pub(crate) fn values(&self, resource: &ConfigResource) -> Values {
        let state = self.lock();
        state.values.get(resource).cloned().unwrap_or_default()
    }

    /// All resources for which something has been set.
    pub(crate) fn resources(&self) -> Vec<ConfigResource> {
        self.lock().values.keys().cloned().collect()
    }

    /// Puts what `change` makes of a resource's configs in their place, unless that is only to be checked.
    pub(crate) fn alter(
        &self,
        resource: ConfigResource,
        validate_only: bool,
        change: impl FnOnce(&Values) -> Result<Values, Failure>,
    ) -> Result<(), Failure> {
        let mut state = self.lock();
        let none = Values::new();
        let values = change(state.values.get(&resource).unwrap_or(&none))?;
        if validate_only {
            return Ok(());
        }
        if values.is_empty() {
            state.values.remove(&resource);
        } else {
            state.values.insert(resource, values);
        }
        Ok(())
    }

    /// The levels of a node's loggers.
    pub(crate) fn levels(&self, node: i32) -> LogLevels {
        self.lock().levels.get(&node).cloned().unwrap_or_default()
    }

    /// Puts what `change` makes of a node's levels in their place, unless that is only to be checked.
    pub(crate) fn alter_levels(
        &self,
        node: i32,
        validate_only: bool,
        change: impl FnOnce(&LogLevels) -> Result<LogLevels, Failure>,
    ) -> Result<(), Failure> {
        let mut state = self.lock();
        let levels = state.levels.entry(node).or_default();
        let changed = change(levels)?;
        if !validate_only {
            *levels = changed;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // What is changed is made first and put in place then, so a panic leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_only_checked_changes_nothing_and_nothing_is_kept_of_nothing() {
        let configs = DynamicConfigs::default();
        let group = || ConfigResource::Group("g".to_owned());
        let one = || Values::from([("a".to_owned(), "1".to_owned())]);
        configs.alter(group(), true, |_| Ok(one())).unwrap();
        assert!(configs.resources().is_empty());
        configs.alter(group(), false, |_| Ok(one())).unwrap();
        assert_eq!(configs.values(&group()), one());
        let refused = configs.alter(group(), false, |before| {
            assert_eq!(*before, one());
            Err(Failure::invalid_config("no"))
        });
        assert!(refused.is_err());
        assert_eq!(configs.resources(), [group()]);
        configs
            .alter(group(), false, |_| Ok(Values::new()))
            .unwrap();
        assert!(configs.resources().is_empty());
    }
}
