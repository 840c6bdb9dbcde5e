//! Topics.

use std::collections::{BTreeMap, BTreeSet};

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::create_partitions::{CreatePartitionsAssignment, CreatePartitionsTopic};
use milena_wire::messages::create_topics::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig, CreatableTopicResult,
};
use milena_wire::messages::delete_topics::DeleteTopicState;
use milena_wire::messages::{CreatePartitionsRequest, CreateTopicsRequest, DeleteTopicsRequest};
use milena_wire::uuid::Uuid;

use super::config_entry::ConfigEntry;
use super::convert;
use super::handle::Admin;
use super::operation::{Caller, One, Operation, Spec, needs_older};
use super::per_item::PerItem;

/// A topic to be made.
///
/// Its partitions and replicas are as many as the brokers' `num.partitions` and `default.replication.factor` say, unless it is told here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTopic {
    name: String,
    placement: Placement,
    configs: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Placement {
    Counts { partitions: i32, replicas: i16 },
    Brokers(Vec<Vec<i32>>),
}

impl NewTopic {
    /// A topic of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            placement: Placement::Counts {
                partitions: -1,
                replicas: -1,
            },
            configs: BTreeMap::new(),
        }
    }

    /// How many partitions it has. Default: the brokers' `num.partitions` (KIP-464).
    #[must_use]
    pub fn partitions(mut self, count: i32) -> Self {
        let replicas = match self.placement {
            Placement::Counts { replicas, .. } => replicas,
            Placement::Brokers(_) => -1,
        };
        self.placement = Placement::Counts {
            partitions: count,
            replicas,
        };
        self
    }

    /// How many replicas each partition has. Default: the brokers' `default.replication.factor` (KIP-464).
    #[must_use]
    pub fn replication_factor(mut self, count: i16) -> Self {
        let partitions = match self.placement {
            Placement::Counts { partitions, .. } => partitions,
            Placement::Brokers(_) => -1,
        };
        self.placement = Placement::Counts {
            partitions,
            replicas: count,
        };
        self
    }

    /// On which brokers the replicas lie: for each partition, from number 0 on, their ids, the preferred leader first. It takes the place of both
    /// counts.
    #[must_use]
    pub fn replicas(mut self, brokers: impl IntoIterator<Item = Vec<i32>>) -> Self {
        self.placement = Placement::Brokers(brokers.into_iter().collect());
        self
    }

    /// Sets a config of the topic, such as `retention.ms`.
    #[must_use]
    pub fn config(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.configs.insert(name.into(), value.into());
        self
    }

    fn into_wire(self) -> CreatableTopic {
        let configs = self.configs.into_iter().map(|(name, value)| {
            CreatableTopicConfig::default()
                .with_name(name)
                .with_value(value)
        });
        let topic = CreatableTopic::default()
            .with_name(self.name)
            .with_configs(configs.collect::<Vec<_>>());
        match self.placement {
            Placement::Counts {
                partitions,
                replicas,
            } => topic
                .with_num_partitions(partitions)
                .with_replication_factor(replicas),
            Placement::Brokers(brokers) => {
                let assignments = (0..).zip(brokers).map(|(partition, brokers)| {
                    CreatableReplicaAssignment::default()
                        .with_partition_index(partition)
                        .with_broker_ids(brokers)
                });
                topic
                    .with_num_partitions(-1)
                    .with_replication_factor(-1)
                    .with_assignments(assignments.collect::<Vec<_>>())
            }
        }
    }
}

/// A topic that was made, or would have been.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CreatedTopic {
    /// Its id; `None` before Kafka 2.8.
    pub topic_id: Option<Uuid>,
    /// How many partitions it has; `None` before Kafka 2.4, or if the caller may not see it.
    pub partitions: Option<i32>,
    /// How many replicas each has; `None` as above.
    pub replication_factor: Option<i16>,
    /// Its configs, with those that it has by default; `None` as above.
    pub configs: Option<BTreeMap<String, ConfigEntry>>,
}

impl CreatedTopic {
    fn from_wire(topic: &CreatableTopicResult) -> Self {
        let is_visible = ErrorCode(topic.topic_config_error_code) == ErrorCode::NONE;
        let configs = topic.configs.as_ref().filter(|_| is_visible);
        Self {
            topic_id: convert::id(topic.topic_id),
            partitions: convert::known(topic.num_partitions),
            replication_factor: convert::known(topic.replication_factor),
            configs: configs.map(|configs| {
                let entries = configs.iter().map(ConfigEntry::of_created);
                entries.map(|entry| (entry.name.clone(), entry)).collect()
            }),
        }
    }
}

/// Makes topics: see [`Admin::create_topics`].
#[derive(Clone, Debug)]
pub struct CreateTopics {
    topics: Vec<NewTopic>,
    validate_only: bool,
}

impl Operation<CreateTopics> {
    /// Whether it is only found out if it would succeed. Default: no.
    pub fn validate_only(mut self, validate_only: bool) -> Self {
        self.spec.validate_only = validate_only;
        self
    }
}

impl Spec for CreateTopics {
    type Output = PerItem<String, CreatedTopic>;

    async fn run(self, caller: Caller) -> Self::Output {
        let topics = self.topics.into_iter().map(NewTopic::into_wire);
        let request = CreateTopicsRequest::default()
            .with_topics(topics.collect::<Vec<_>>())
            .with_timeout_ms(caller.timeout_ms())
            .with_validate_only(self.validate_only);
        let names = |request: &CreateTopicsRequest| {
            let topics = request.topics.iter();
            topics.map(|topic| topic.name.to_string()).collect()
        };
        caller
            .per_item(request, names, |_, response, results| {
                for topic in &response.topics {
                    let message = topic.error_message.as_ref();
                    results.tell(&topic.name.to_string(), topic.error_code, message, || {
                        CreatedTopic::from_wire(topic)
                    });
                }
            })
            .await
    }
}

/// Deletes topics: see [`Admin::delete_topics`].
#[derive(Clone, Debug)]
pub struct DeleteTopics(BTreeSet<String>);

impl Spec for DeleteTopics {
    type Output = PerItem<String, ()>;

    async fn run(self, caller: Caller) -> Self::Output {
        let states = self.0.iter().map(|name| {
            let state = DeleteTopicState::default();
            state.with_name(name.clone())
        });
        let request = DeleteTopicsRequest::default()
            .with_topics(states.collect::<Vec<_>>())
            .with_timeout_ms(caller.timeout_ms());
        let deleted = delete_by_name(&caller, request).await;
        if !needs_older(&deleted) {
            return deleted;
        }
        // Before Kafka 2.8 there are only names.
        let names = self.0.into_iter().map(Into::into);
        let request = DeleteTopicsRequest::default()
            .with_topic_names(names.collect::<Vec<_>>())
            .with_timeout_ms(caller.timeout_ms());
        delete_by_name(&caller, request).await
    }
}

async fn delete_by_name(caller: &Caller, request: DeleteTopicsRequest) -> PerItem<String, ()> {
    let names = |request: &DeleteTopicsRequest| {
        let states = request.topics.iter();
        let names = states.filter_map(|topic| convert::text(topic.name.as_ref()));
        let old = request.topic_names.iter().map(ToString::to_string);
        names.chain(old).collect()
    };
    caller
        .per_item(request, names, |_, response, results| {
            for topic in &response.responses {
                let message = topic.error_message.as_ref();
                let name = convert::text(topic.name.as_ref()).unwrap_or_default();
                results.tell(&name, topic.error_code, message, || ());
            }
        })
        .await
}

/// Deletes topics by their ids: see [`Admin::delete_topics_by_id`].
#[derive(Clone, Debug)]
pub struct DeleteTopicsById(BTreeSet<Uuid>);

impl Spec for DeleteTopicsById {
    type Output = PerItem<Uuid, ()>;

    async fn run(self, caller: Caller) -> Self::Output {
        let states = self.0.into_iter().map(|id| {
            let mut state = DeleteTopicState::default().with_topic_id(id);
            state.name = None;
            state
        });
        let request = DeleteTopicsRequest::default()
            .with_topics(states.collect::<Vec<_>>())
            .with_timeout_ms(caller.timeout_ms());
        let ids = |request: &DeleteTopicsRequest| {
            let topics = request.topics.iter();
            topics.map(|topic| topic.topic_id).collect()
        };
        caller
            .per_item(request, ids, |_, response, results| {
                for topic in &response.responses {
                    let message = topic.error_message.as_ref();
                    results.tell(&topic.topic_id, topic.error_code, message, || ());
                }
            })
            .await
    }
}

/// How many partitions a topic shall have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPartitions {
    total: i32,
    replicas: Option<Vec<Vec<i32>>>,
}

impl NewPartitions {
    /// So many partitions in total, which must be more than there are.
    #[must_use]
    pub fn increase_to(total: i32) -> Self {
        Self {
            total,
            replicas: None,
        }
    }

    /// On which brokers the replicas of the new partitions lie: for each, in their order, the ids, the preferred leader first. Default: the
    /// controller chooses.
    #[must_use]
    pub fn replicas(mut self, brokers: impl IntoIterator<Item = Vec<i32>>) -> Self {
        self.replicas = Some(brokers.into_iter().collect());
        self
    }
}

/// Adds partitions to topics: see [`Admin::create_partitions`].
#[derive(Clone, Debug)]
pub struct CreatePartitions {
    topics: BTreeMap<String, NewPartitions>,
    validate_only: bool,
}

impl Operation<CreatePartitions> {
    /// Whether it is only found out if it would succeed. Default: no.
    pub fn validate_only(mut self, validate_only: bool) -> Self {
        self.spec.validate_only = validate_only;
        self
    }
}

impl Spec for CreatePartitions {
    type Output = PerItem<String, ()>;

    async fn run(self, caller: Caller) -> Self::Output {
        let topics = self.topics.into_iter().map(|(name, new)| {
            let mut topic = CreatePartitionsTopic::default()
                .with_name(name)
                .with_count(new.total);
            topic.assignments = new.replicas.map(|replicas| {
                let brokers = replicas.into_iter();
                let assignments = brokers
                    .map(|brokers| CreatePartitionsAssignment::default().with_broker_ids(brokers));
                assignments.collect()
            });
            topic
        });
        let request = CreatePartitionsRequest::default()
            .with_topics(topics.collect::<Vec<_>>())
            .with_timeout_ms(caller.timeout_ms())
            .with_validate_only(self.validate_only);
        let names = |request: &CreatePartitionsRequest| {
            let topics = request.topics.iter();
            topics.map(|topic| topic.name.to_string()).collect()
        };
        caller
            .per_item(request, names, |_, response, results| {
                for topic in &response.results {
                    let message = topic.error_message.as_ref();
                    results.tell(&topic.name.to_string(), topic.error_code, message, || ());
                }
            })
            .await
    }
}

impl Admin {
    /// Makes topics (Java: `createTopics`). Of two of the same name, the last counts.
    pub fn create_topics(
        &self,
        topics: impl IntoIterator<Item = NewTopic>,
    ) -> Operation<CreateTopics> {
        // The controller would refuse both.
        let topics: BTreeMap<_, _> = topics
            .into_iter()
            .map(|topic| (topic.name.clone(), topic))
            .collect();
        self.operation(CreateTopics {
            topics: topics.into_values().collect(),
            validate_only: false,
        })
    }

    /// Makes a topic.
    ///
    /// ```no_run
    /// # async fn example(client: milena::Client) -> Result<(), milena::Error> {
    /// use milena::admin::NewTopic;
    ///
    /// let orders = NewTopic::new("orders").partitions(12).config("retention.ms", "3600000");
    /// client.admin().create_topic(orders).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When awaited: if it was not made.
    pub fn create_topic(&self, topic: NewTopic) -> Operation<One<CreateTopics>> {
        self.operation(One(CreateTopics {
            topics: vec![topic],
            validate_only: false,
        }))
    }

    /// Deletes topics with all their records (Java: `deleteTopics`).
    pub fn delete_topics<T: Into<String>>(
        &self,
        topics: impl IntoIterator<Item = T>,
    ) -> Operation<DeleteTopics> {
        let topics = topics.into_iter().map(Into::into);
        self.operation(DeleteTopics(topics.collect()))
    }

    /// Deletes a topic with all its records.
    ///
    /// # Errors
    /// When awaited: if it was not deleted.
    pub fn delete_topic(&self, topic: impl Into<String>) -> Operation<One<DeleteTopics>> {
        self.operation(One(DeleteTopics(BTreeSet::from([topic.into()]))))
    }

    /// Deletes topics by their ids, so that one that was made anew under the same name is not hit (Java: `deleteTopics`, since Kafka 2.8).
    pub fn delete_topics_by_id(
        &self,
        ids: impl IntoIterator<Item = Uuid>,
    ) -> Operation<DeleteTopicsById> {
        self.operation(DeleteTopicsById(ids.into_iter().collect()))
    }

    /// Adds partitions to topics (Java: `createPartitions`). Keys then find other partitions than before.
    pub fn create_partitions<T: Into<String>>(
        &self,
        topics: impl IntoIterator<Item = (T, NewPartitions)>,
    ) -> Operation<CreatePartitions> {
        let topics = topics.into_iter();
        let topics = topics.map(|(topic, new)| (topic.into(), new));
        self.operation(CreatePartitions {
            topics: topics.collect(),
            validate_only: false,
        })
    }
}
