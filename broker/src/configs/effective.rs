//! What a broker's configs come to: what was set for it, for all of them, at its start, and Kafka's defaults.

use super::broker::{definition, definitions, synonyms};
use super::changes::Values;
use super::source::ConfigSource;

/// A place where a config has a value, under its own name or another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Synonym {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) source: ConfigSource,
}

/// The configs of one broker, by where they come from.
#[derive(Clone, Debug, Default)]
pub(crate) struct BrokerConfigs {
    /// For this broker.
    pub(crate) own: Values,
    /// For all brokers that have none of their own.
    pub(crate) cluster: Values,
    /// With which it was started.
    pub(crate) start: Values,
}

impl BrokerConfigs {
    /// Wherever a config has a value, the one that counts first.
    pub(crate) fn synonyms(&self, name: &str) -> Vec<Synonym> {
        let names = synonyms(name);
        let set = |values: &Values, source| {
            let found = names.iter().filter_map(|name| {
                values.get(*name).map(|value| Synonym {
                    name: (*name).to_owned(),
                    value: value.clone(),
                    source,
                })
            });
            found.collect::<Vec<_>>()
        };
        let mut all = set(&self.own, ConfigSource::DynamicBroker);
        all.extend(set(&self.cluster, ConfigSource::DynamicDefaultBroker));
        all.extend(set(&self.start, ConfigSource::StaticBroker));
        all.extend(names.iter().filter_map(|name| {
            definition(name)?.default.map(|default| Synonym {
                name: (*name).to_owned(),
                value: default.to_owned(),
                source: ConfigSource::Default,
            })
        }));
        // A value under a name of less weight says nothing of this one.
        let first = all.iter().position(|synonym| synonym.name == name);
        all.split_off(first.unwrap_or(all.len()))
    }

    /// The names of all configs that there are.
    pub(crate) fn names(&self) -> Vec<String> {
        let known = definitions().iter();
        let mut names: Vec<_> = known.map(|known| known.name.to_owned()).collect();
        let set = self.own.keys().chain(self.cluster.keys());
        names.extend(set.chain(self.start.keys()).cloned());
        names.sort_unstable();
        names.dedup();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(name: &str, value: &str) -> Values {
        Values::from([(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn the_nearest_counts_first() {
        let configs = BrokerConfigs {
            own: values("log.cleaner.threads", "4"),
            cluster: values("log.cleaner.threads", "3"),
            start: values("log.cleaner.threads", "2"),
        };
        let synonyms = configs.synonyms("log.cleaner.threads");
        let found: Vec<_> = synonyms
            .iter()
            .map(|synonym| (&*synonym.value, synonym.source as i8))
            .collect();
        assert_eq!(found, [("4", 2), ("3", 3), ("2", 4), ("1", 5)]);
    }

    #[test]
    fn other_names_count_behind_the_own() {
        let configs = BrokerConfigs {
            start: values("log.retention.ms", "5"),
            ..BrokerConfigs::default()
        };
        let found = |name| {
            let synonyms = configs.synonyms(name).into_iter();
            synonyms
                .map(|one| (one.name, one.value))
                .collect::<Vec<_>>()
        };
        let hours = ("log.retention.hours".to_owned(), "168".to_owned());
        assert_eq!(found("log.retention.hours"), std::slice::from_ref(&hours));
        let millis = ("log.retention.ms".to_owned(), "5".to_owned());
        assert_eq!(found("log.retention.ms"), [millis, hours]);
        assert!(
            BrokerConfigs::default()
                .synonyms("log.retention.ms")
                .is_empty()
        );
    }
}
