//! A config and its value.

use milena_wire::messages::create_topics::CreatableTopicConfigs;
use milena_wire::messages::describe_configs::{
    DescribeConfigsResourceResult, DescribeConfigsSynonym,
};

use super::convert;
use super::numbered::numbered;

numbered! {
    /// Where the value of a config comes from (Java: `ConfigEntry.ConfigSource`).
    ConfigSource {
        /// It is set for the topic.
        Topic = 1,
        /// It is set for the broker, while that runs.
        Broker = 2,
        /// It is set for all brokers, while they run.
        AllBrokers = 3,
        /// It is in the properties with which the broker was started.
        StaticBroker = 4,
        /// It is what Kafka has unless it is told otherwise.
        Default = 5,
        /// It is set for the broker's logger.
        BrokerLogger = 6,
        /// It is set for the subscription of client metrics.
        ClientMetrics = 7,
        /// It is set for the group.
        Group = 8,
    }
}

numbered! {
    /// What the value of a config may be (Java: `ConfigEntry.ConfigType`).
    ConfigType {
        /// `true` or `false`.
        Boolean = 1,
        /// Any text.
        String = 2,
        /// A number of 32 bits.
        Int = 3,
        /// A number of 16 bits.
        Short = 4,
        /// A number of 64 bits.
        Long = 5,
        /// A number with a fraction.
        Double = 6,
        /// Values with commas between them.
        List = 7,
        /// The name of a Java class.
        Class = 8,
        /// A text that is never shown.
        Password = 9,
    }
}

/// A config and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigEntry {
    /// The name, such as `retention.ms`.
    pub name: String,
    /// The value; `None` if there is none, or if it is sensitive.
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: ConfigSource,
    /// Whether it is a secret, which brokers do not tell.
    pub is_sensitive: bool,
    /// Whether it cannot be changed while the broker runs.
    pub is_read_only: bool,
    /// What the value may be; `None` before Kafka 2.6.
    pub config_type: Option<ConfigType>,
    /// What it means, if that was asked for.
    pub documentation: Option<String>,
    /// All places that have a value for it, the one that counts first, if that was asked for.
    pub synonyms: Vec<ConfigSynonym>,
}

/// A value that a config has in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigSynonym {
    /// The name that it has there.
    pub name: String,
    /// The value there.
    pub value: Option<String>,
    /// The place.
    pub source: ConfigSource,
}

impl ConfigEntry {
    /// Whether nobody has set it.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.source == ConfigSource::Default
    }

    pub(super) fn of_created(entry: &CreatableTopicConfigs) -> Self {
        Self {
            name: entry.name.to_string(),
            value: convert::text(entry.value.as_ref()),
            source: ConfigSource::from_number(entry.config_source),
            is_sensitive: entry.is_sensitive,
            is_read_only: entry.read_only,
            config_type: None,
            documentation: None,
            synonyms: Vec::new(),
        }
    }

    pub(super) fn of_described(entry: &DescribeConfigsResourceResult) -> Self {
        // Version 0 tells only whether it is the default.
        let source = match (entry.config_source, entry.is_default) {
            (-1, true) => ConfigSource::Default,
            (source, _) => ConfigSource::from_number(source),
        };
        Self {
            name: entry.name.to_string(),
            value: convert::text(entry.value.as_ref()),
            source,
            is_sensitive: entry.is_sensitive,
            is_read_only: entry.read_only,
            config_type: (entry.config_type != 0)
                .then(|| ConfigType::from_number(entry.config_type)),
            documentation: convert::text(entry.documentation.as_ref()),
            synonyms: entry.synonyms.iter().map(synonym).collect(),
        }
    }
}

fn synonym(synonym: &DescribeConfigsSynonym) -> ConfigSynonym {
    ConfigSynonym {
        name: synonym.name.to_string(),
        value: convert::text(synonym.value.as_ref()),
        source: ConfigSource::from_number(synonym.source),
    }
}
