//! What has configs.

use std::fmt;

use super::numbered::numbered;

/// What has configs (Java: `ConfigResource`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ConfigResource {
    /// A topic.
    Topic(String),
    /// One broker, by its id.
    Broker(i32),
    /// All brokers: what holds for each that has no value of its own.
    AllBrokers,
    /// The levels of one broker's loggers.
    BrokerLogger(i32),
    /// A subscription of client metrics (KIP-714).
    ClientMetrics(String),
    /// A group.
    Group(String),
    /// One of a type that this version of the crate does not know.
    Unknown {
        /// The number of the type.
        resource_type: i8,
        /// The name.
        name: String,
    },
}

impl ConfigResource {
    /// The configs of a topic.
    pub fn topic(name: impl Into<String>) -> Self {
        Self::Topic(name.into())
    }

    /// The configs of a group.
    pub fn group(id: impl Into<String>) -> Self {
        Self::Group(id.into())
    }

    pub(super) fn from_wire(resource_type: i8, name: &str) -> Self {
        let broker = name.parse();
        match (resource_type, broker) {
            (2, _) => Self::Topic(name.to_owned()),
            (4, Ok(broker)) => Self::Broker(broker),
            (4, _) if name.is_empty() => Self::AllBrokers,
            (8, Ok(broker)) => Self::BrokerLogger(broker),
            (16, _) => Self::ClientMetrics(name.to_owned()),
            (32, _) => Self::Group(name.to_owned()),
            _ => Self::Unknown {
                resource_type,
                name: name.to_owned(),
            },
        }
    }

    /// Its type and its name.
    pub(super) fn to_wire(&self) -> (i8, String) {
        let name = match self {
            Self::Topic(name) | Self::ClientMetrics(name) | Self::Group(name) => name.clone(),
            Self::Broker(broker) | Self::BrokerLogger(broker) => broker.to_string(),
            Self::AllBrokers => String::new(),
            Self::Unknown { name, .. } => name.clone(),
        };
        let resource_type = match self {
            Self::Topic(_) => ConfigResourceType::Topic,
            Self::Broker(_) | Self::AllBrokers => ConfigResourceType::Broker,
            Self::BrokerLogger(_) => ConfigResourceType::BrokerLogger,
            Self::ClientMetrics(_) => ConfigResourceType::ClientMetrics,
            Self::Group(_) => ConfigResourceType::Group,
            Self::Unknown { resource_type, .. } => return (*resource_type, name),
        };
        (resource_type.number(), name)
    }
}

impl fmt::Display for ConfigResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Topic(name) => write!(f, "topic {name}"),
            Self::Broker(broker) => write!(f, "broker {broker}"),
            Self::AllBrokers => f.write_str("all brokers"),
            Self::BrokerLogger(broker) => write!(f, "loggers of broker {broker}"),
            Self::ClientMetrics(name) => write!(f, "client metrics {name}"),
            Self::Group(id) => write!(f, "group {id}"),
            Self::Unknown {
                resource_type,
                name,
            } => write!(f, "resource {name} of type {resource_type}"),
        }
    }
}

numbered! {
    /// The type of what has configs (Java: `ConfigResource.Type`).
    ConfigResourceType {
        /// Topics.
        Topic = 2,
        /// Brokers.
        Broker = 4,
        /// The loggers of brokers.
        BrokerLogger = 8,
        /// Subscriptions of client metrics.
        ClientMetrics = 16,
        /// Groups.
        Group = 32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_go_there_and_back() {
        for resource in [
            ConfigResource::topic("orders"),
            ConfigResource::topic("7"),
            ConfigResource::Broker(7),
            ConfigResource::AllBrokers,
            ConfigResource::BrokerLogger(7),
            ConfigResource::ClientMetrics("all".into()),
            ConfigResource::group(""),
            ConfigResource::Unknown {
                resource_type: 64,
                name: "x".into(),
            },
            // What no broker sends.
            ConfigResource::Unknown {
                resource_type: 4,
                name: "x".into(),
            },
        ] {
            let (resource_type, name) = resource.to_wire();
            assert_eq!(ConfigResource::from_wire(resource_type, &name), resource);
        }
        assert_eq!(ConfigResource::AllBrokers.to_wire(), (4, String::new()));
    }
}
