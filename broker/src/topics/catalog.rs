//! All topics of the cluster, by name and by id.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use bytestring::ByteString;
use milena_wire::error_code::ErrorCode;
use uuid::Uuid;

use super::config::TopicConfig;
use super::name::{metric_name, validate};
use super::partition::Partition;
use super::placement;
use super::topic::Topic;

/// How many partitions a request may make; Kafka's controller draws the same line.
pub(crate) const MAX_PARTITIONS: i32 = 10_000;

/// A topic that is to be made.
#[derive(Clone, Debug)]
pub(crate) struct NewTopic<'a> {
    pub(crate) name: &'a str,
    /// -1: as many as the cluster's default.
    pub(crate) partitions: i32,
    /// -1: as many as the cluster's default.
    pub(crate) replication_factor: i16,
    /// The replicas of each partition, if the client has chosen them.
    pub(crate) assignments: Vec<(i32, &'a [i32])>,
    /// The configs, or what is wrong with them.
    pub(crate) config: Result<TopicConfig, String>,
}

/// Why a topic was not made, in the terms of the CreateTopics answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateError {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
}

impl CreateError {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// The topics of a cluster.
#[derive(Debug)]
pub(crate) struct Catalog {
    nodes: Vec<i32>,
    default_partitions: i32,
    /// Whether every produced record is looked at.
    every_record: bool,
    topics: RwLock<Topics>,
}

#[derive(Debug, Default)]
struct Topics {
    by_name: BTreeMap<ByteString, Arc<Topic>>,
    by_id: HashMap<Uuid, Arc<Topic>>,
    by_metric_name: HashMap<String, ByteString>,
    /// How many were made: where the placement of the next begins.
    made: usize,
}

impl Catalog {
    pub(crate) fn new(nodes: Vec<i32>, default_partitions: i32, every_record: bool) -> Self {
        Self {
            nodes,
            default_partitions,
            every_record,
            topics: RwLock::default(),
        }
    }

    pub(crate) fn by_name(&self, name: &str) -> Option<Arc<Topic>> {
        self.read().by_name.get(name).cloned()
    }

    pub(crate) fn by_id(&self, id: Uuid) -> Option<Arc<Topic>> {
        self.read().by_id.get(&id).cloned()
    }

    /// All topics, by name.
    pub(crate) fn all(&self) -> Vec<Arc<Topic>> {
        self.read().by_name.values().cloned().collect()
    }

    /// Makes a topic, or only checks whether it could be made. `now` is in milliseconds since 1970.
    pub(crate) fn create(
        &self,
        new: &NewTopic<'_>,
        validate_only: bool,
        now: i64,
    ) -> Result<Arc<Topic>, CreateError> {
        validate(new.name)
            .map_err(|message| CreateError::new(ErrorCode::INVALID_TOPIC_EXCEPTION, message))?;
        let mut topics = self.topics.write().unwrap_or_else(PoisonError::into_inner);
        topics.check_free(new.name)?;
        let config = new.config.as_ref();
        let config =
            config.map_err(|message| CreateError::new(ErrorCode::INVALID_CONFIG, message))?;
        let config = config.clone();
        let placed = self.place(new, topics.made)?;
        let topic = Arc::new(Topic {
            name: new.name.into(),
            id: crate::identity::topic_id(),
            rules: config.rules(self.every_record),
            config,
            partitions: placed
                .into_iter()
                .map(|replicas| Partition::new(replicas, now))
                .collect(),
        });
        if !validate_only {
            topics.made += 1;
            let metric_name = metric_name(&topic.name);
            topics
                .by_metric_name
                .insert(metric_name, topic.name.clone());
            topics.by_name.insert(topic.name.clone(), topic.clone());
            topics.by_id.insert(topic.id, topic.clone());
        }
        Ok(topic)
    }

    /// The nodes of each partition.
    fn place(&self, new: &NewTopic<'_>, first: usize) -> Result<Vec<Vec<i32>>, CreateError> {
        if !new.assignments.is_empty() {
            return self.place_manually(new);
        }
        let nodes = self.nodes.len();
        let factor = match new.replication_factor {
            -1 => 1,
            factor => usize::try_from(factor).unwrap_or(0),
        };
        if factor == 0 {
            return Err(CreateError::new(
                ErrorCode::INVALID_REPLICATION_FACTOR,
                "Replication factor must be larger than 0, or -1 to use the default value.",
            ));
        }
        let partitions = match new.partitions {
            -1 => self.default_partitions,
            partitions => partitions,
        };
        if partitions <= 0 {
            return Err(CreateError::new(
                ErrorCode::INVALID_PARTITIONS,
                "Number of partitions was set to an invalid non-positive value.",
            ));
        }
        if partitions > MAX_PARTITIONS {
            return Err(CreateError::new(
                ErrorCode::POLICY_VIOLATION,
                "Excessively large number of partitions per request.",
            ));
        }
        if factor > nodes {
            return Err(CreateError::new(
                ErrorCode::INVALID_REPLICATION_FACTOR,
                format!(
                    "Unable to replicate the partition {factor} time(s): The target replication factor of {factor} cannot be reached because only {nodes} broker(s) are registered or some brokers have all their log directories cordoned."
                ),
            ));
        }
        let partitions = usize::try_from(partitions).unwrap_or(0);
        Ok(placement::place(&self.nodes, partitions, factor, first))
    }

    fn place_manually(&self, new: &NewTopic<'_>) -> Result<Vec<Vec<i32>>, CreateError> {
        let not_default = |what| {
            CreateError::new(
                ErrorCode::INVALID_REQUEST,
                format!(
                    "A manual partition assignment was specified, but {what} was not set to -1."
                ),
            )
        };
        if new.replication_factor != -1 {
            return Err(not_default("replication factor"));
        }
        if new.partitions != -1 {
            return Err(not_default("numPartitions"));
        }
        let invalid = |message| CreateError::new(ErrorCode::INVALID_REPLICA_ASSIGNMENT, message);
        let mut placed = BTreeMap::new();
        let mut factor = None;
        for &(index, replicas) in &new.assignments {
            if placed.contains_key(&index) {
                return Err(invalid(format!(
                    "Found multiple manual partition assignments for partition {index}"
                )));
            }
            placement::validate(&self.nodes, replicas, factor).map_err(invalid)?;
            factor = Some(replicas.len());
            placed.insert(index, replicas.to_vec());
        }
        if !(0..)
            .zip(placed.keys())
            .all(|(expected, &index)| expected == index)
        {
            return Err(invalid(
                "partitions should be a consecutive 0-based integer sequence".to_owned(),
            ));
        }
        Ok(placed.into_values().collect())
    }

    fn read(&self) -> RwLockReadGuard<'_, Topics> {
        self.topics.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Topics {
    fn check_free(&self, name: &str) -> Result<(), CreateError> {
        if self.by_name.contains_key(name) {
            return Err(CreateError::new(
                ErrorCode::TOPIC_ALREADY_EXISTS,
                format!("Topic '{name}' already exists."),
            ));
        }
        if let Some(other) = self.by_metric_name.get(&metric_name(name)) {
            return Err(CreateError::new(
                ErrorCode::INVALID_TOPIC_EXCEPTION,
                format!("Topic '{name}' collides with existing topic: {other}"),
            ));
        }
        Ok(())
    }
}
