//! All topics of the cluster, by name and by id.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytestring::ByteString;
use milena_wire::error_code::ErrorCode;
use uuid::Uuid;

use super::config::TopicConfig;
use super::leadership::{Electorate, Leadership, NO_LEADER};
use super::name::{metric_name, validate};
use super::partition::{Partition, Retention};
use super::placement::{self, Broker};
use super::topic::Topic;
use crate::configs::Values;
use crate::failure::Failure;
use crate::storage::Scrutiny;

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

/// What a topic is like if nobody says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Defaults {
    /// `num.partitions`
    pub(crate) partitions: i32,
    /// `default.replication.factor`
    pub(crate) replication_factor: i16,
    pub(crate) scrutiny: Scrutiny,
    /// What partitions keep.
    pub(crate) retention: Retention,
}

/// The topics of a cluster, and the nodes that they can lie on. Who leads is decided under the lock under which topics are made, so that no topic is made
/// for a node that has just stopped.
#[derive(Debug)]
pub(crate) struct Catalog {
    defaults: Defaults,
    topics: RwLock<Topics>,
}

#[derive(Debug, Default)]
struct Topics {
    by_name: BTreeMap<ByteString, Arc<Topic>>,
    by_id: HashMap<Uuid, Arc<Topic>>,
    by_metric_name: HashMap<String, ByteString>,
    /// What all brokers have for the configs that topics do not set.
    configs: Values,
    /// How many were made: where the placement of the next begins.
    made: usize,
    /// By id.
    brokers: Vec<Broker>,
}

impl Catalog {
    /// No topics, and no nodes.
    pub(crate) fn new(defaults: Defaults) -> Self {
        Self {
            defaults,
            topics: RwLock::default(),
        }
    }

    /// A node has started, maybe for the first time. It comes into sync with what it holds, and leads what nobody else could.
    pub(crate) fn node_started(&self, id: i32, rack: Option<ByteString>) {
        let mut topics = self.write();
        topics.brokers.retain(|broker| broker.id != id);
        topics.brokers.push(Broker {
            id,
            rack,
            is_alive: true,
        });
        topics.brokers.sort_unstable_by_key(|broker| broker.id);
        topics.elect(|leadership, among| leadership.node_started(id, among));
    }

    /// A node has stopped. What it led gets other leaders.
    pub(crate) fn node_stopped(&self, id: i32) {
        let mut topics = self.write();
        for broker in &mut topics.brokers {
            broker.is_alive &= broker.id != id;
        }
        topics.elect(|leadership, among| leadership.node_stopped(id, among));
    }

    /// A node that has stopped never comes back. What it held it is still a replica of, as with Kafka.
    pub(crate) fn node_removed(&self, id: i32) {
        self.write().brokers.retain(|broker| broker.id != id);
    }

    /// What a topic is like if nobody says.
    pub(crate) fn defaults(&self) -> Defaults {
        self.defaults
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
    ) -> Result<Arc<Topic>, Failure> {
        validate(new.name)
            .map_err(|message| Failure::new(ErrorCode::INVALID_TOPIC_EXCEPTION, message))?;
        let mut topics = self.write();
        topics.check_free(new.name)?;
        let config = new.config.as_ref();
        let config = config.map_err(|message| Failure::new(ErrorCode::INVALID_CONFIG, message))?;
        let config = config.clone();
        let placed = self.place(new, &topics)?;
        let topic = Arc::new(Topic {
            name: new.name.into(),
            id: crate::identity::topic_id(),
            rules: config.rules(self.defaults.scrutiny, &topics.configs),
            durability: config.durability(&topics.configs),
            config,
            partitions: placed
                .into_iter()
                .map(|leadership| self.partition(leadership, now))
                .collect(),
        });
        if !validate_only {
            topics.made += 1;
            let metric_name = metric_name(&topic.name);
            topics
                .by_metric_name
                .insert(metric_name, topic.name.clone());
            topics.put(&topic);
        }
        Ok(topic)
    }

    /// Deletes a topic; whether there was one.
    pub(crate) fn delete(&self, id: Uuid) -> bool {
        let mut topics = self.write();
        let Some(topic) = topics.by_id.remove(&id) else {
            return false;
        };
        topics.by_name.remove(&topic.name);
        topics.by_metric_name.remove(&metric_name(&topic.name));
        drop(topics);
        for partition in &topic.partitions {
            partition.delete();
        }
        true
    }

    /// Puts an empty topic of the same name in the place of one, on the same nodes and with the same configs, but under another id, which this gives; `None` if
    /// there is none. `now` is in milliseconds since 1970.
    pub(crate) fn recreate(&self, name: &str, now: i64) -> Option<Uuid> {
        let mut topics = self.write();
        let old = topics.by_name.get(name)?.clone();
        let partitions = old.partitions.iter().map(|partition| {
            let replicas = partition.leadership().replicas;
            let leadership = Leadership::new(replicas, |id| topics.is_alive(id));
            self.partition(leadership, now)
        });
        let new = Topic {
            id: crate::identity::topic_id(),
            partitions: partitions.collect(),
            ..Topic::clone(&old)
        };
        topics.by_id.remove(&old.id);
        topics.put(&Arc::new(new.clone()));
        drop(topics);
        for partition in &old.partitions {
            partition.delete();
        }
        Some(new.id)
    }

    /// Gives a topic partitions until it has `count`, or only checks whether it could. `assignments` are the nodes of each that is new, if the client has
    /// chosen them. `now` is in milliseconds since 1970.
    pub(crate) fn grow(
        &self,
        name: &str,
        count: i32,
        assignments: Option<&[&[i32]]>,
        validate_only: bool,
        now: i64,
    ) -> Result<(), Failure> {
        let mut topics = self.write();
        let topic = topics.by_name.get(name);
        let topic = topic.ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?;
        let present = topic.partitions.len();
        let wanted = usize::try_from(count).unwrap_or(0);
        let refuse = |code, message| Err(Failure::new(code, message));
        if wanted == present {
            return refuse(
                ErrorCode::INVALID_PARTITIONS,
                format!("Topic already has {present} partition(s)."),
            );
        }
        if wanted < present {
            return refuse(
                ErrorCode::INVALID_PARTITIONS,
                format!(
                    "The topic {name} currently has {present} partition(s); {count} would not be an increase."
                ),
            );
        }
        let more = wanted - present;
        if more > usize::try_from(MAX_PARTITIONS).unwrap_or(0) {
            return refuse(
                ErrorCode::POLICY_VIOLATION,
                "Excessively large number of partitions per request.".to_owned(),
            );
        }
        let first = topic.partition(0).map(Partition::leadership);
        let replicas = first.map(|first| first.replicas).unwrap_or_default();
        let brokers = &topics.brokers;
        let placed = match assignments {
            None => {
                let leader = brokers
                    .iter()
                    .position(|broker| Some(&broker.id) == replicas.first());
                let first = leader.unwrap_or(0) + present;
                placement::place(brokers, more, replicas.len(), first)
            }
            Some(assignments) if assignments.len() != more => {
                return refuse(
                    ErrorCode::INVALID_REPLICA_ASSIGNMENT,
                    format!(
                        "Attempted to add {more} additional partition(s), but only {} assignment(s) were specified.",
                        assignments.len()
                    ),
                );
            }
            Some(assignments) => {
                for nodes in assignments {
                    placement::validate(brokers, nodes, Some(replicas.len())).map_err(
                        |message| Failure::new(ErrorCode::INVALID_REPLICA_ASSIGNMENT, message),
                    )?;
                }
                assignments.iter().map(|nodes| nodes.to_vec()).collect()
            }
        };
        let placed = topics.led(placed, count - i32::try_from(more).unwrap_or(0))?;
        if !validate_only {
            let mut topic = Topic::clone(topic);
            let placed = placed.into_iter();
            let new = placed.map(|leadership| self.partition(leadership, now));
            topic.partitions.extend(new);
            topics.put(&Arc::new(topic));
        }
        Ok(())
    }

    /// Puts what `change` makes of a topic's configs in their place, unless that is only to be checked.
    pub(crate) fn configure(
        &self,
        name: &str,
        validate_only: bool,
        change: impl FnOnce(&Values) -> Result<Values, Failure>,
    ) -> Result<(), Failure> {
        if name.is_empty() {
            return Err(Failure::invalid_request(
                "Default topic resources are not allowed.",
            ));
        }
        validate(name)
            .map_err(|message| Failure::new(ErrorCode::INVALID_TOPIC_EXCEPTION, message))?;
        let mut topics = self.write();
        let topic = topics.by_name.get(name);
        let values = topic.map(|topic| topic.config.values()).unwrap_or_default();
        let values = change(&values)?;
        let values = values.iter();
        let config = TopicConfig::parse(values.map(|(name, value)| (&**name, Some(&**value))))
            .map_err(Failure::invalid_config)?;
        let topic = topic.ok_or_else(|| {
            Failure::new(
                ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
                format!("The topic '{name}' does not exist."),
            )
        })?;
        if !validate_only {
            let rules = config.rules(self.defaults.scrutiny, &topics.configs);
            let topic = Topic {
                durability: config.durability(&topics.configs),
                config,
                rules,
                ..Topic::clone(topic)
            };
            topics.put(&Arc::new(topic));
        }
        Ok(())
    }

    /// What all brokers have for the configs that topics do not set.
    pub(crate) fn set_defaults(&self, defaults: Values) {
        let mut topics = self.write();
        topics.configs = defaults;
        let all: Vec<_> = topics.by_name.values().cloned().collect();
        for topic in all {
            let rules = topic.config.rules(self.defaults.scrutiny, &topics.configs);
            let topic = Topic {
                rules,
                durability: topic.config.durability(&topics.configs),
                ..Topic::clone(&topic)
            };
            topics.put(&Arc::new(topic));
        }
    }

    /// Other nodes hold a partition, or why they cannot; `None` if there is none of this number.
    pub(crate) fn reassign(
        &self,
        name: &str,
        partition: i32,
        replicas: &[i32],
    ) -> Option<Result<(), String>> {
        if let Err(message) = placement::validate(&self.read().brokers, replicas, None) {
            return Some(Err(message));
        }
        let replicas = replicas.to_vec();
        let reassigned = self.lead(name, partition, |leadership, among| {
            leadership.reassign(replicas, among);
        });
        reassigned.map(Ok)
    }

    /// Sends a partition to other nodes, which hold it alone as soon as all of them are in sync. If they may not be more or fewer than before, this is checked
    /// too.
    pub(crate) fn begin_reassignment(
        &self,
        name: &str,
        partition: i32,
        target: &[i32],
        any_count: bool,
    ) -> Result<(), Failure> {
        let before = self.find_for_reassignment(name, partition)?;
        placement::validate(&self.read().brokers, target, None)
            .map_err(|message| Failure::new(ErrorCode::INVALID_REPLICA_ASSIGNMENT, message))?;
        let leaving = before.reassignment.map_or(0, |it| it.removing.len());
        let count = before.replicas.len() - leaving;
        if !any_count && count != target.len() {
            return Err(Failure::new(
                ErrorCode::INVALID_REPLICATION_FACTOR,
                format!(
                    "The replication factor is changed from {count} to {}",
                    target.len()
                ),
            ));
        }
        let begun = self.lead(name, partition, |leadership, among| {
            leadership.begin_reassignment(target, among);
        });
        begun.ok_or_else(|| ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.into())
    }

    /// Leaves a partition where it was before it was sent elsewhere, if it is not there yet.
    pub(crate) fn cancel_reassignment(&self, name: &str, partition: i32) -> Result<(), Failure> {
        let before = self.find_for_reassignment(name, partition)?;
        if before.reassignment.is_none() {
            return Err(ErrorCode::NO_REASSIGNMENT_IN_PROGRESS.into());
        }
        let cancelled = self.lead(name, partition, Leadership::cancel_reassignment);
        match cancelled {
            Some(false) => Err(Failure::new(
                ErrorCode::INVALID_REPLICA_ASSIGNMENT,
                format!(
                    "Unable to revert partition assignment for {name}:{partition} because it would require an unclean leader election."
                ),
            )),
            Some(true) => Ok(()),
            None => Err(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.into()),
        }
    }

    fn find_for_reassignment(&self, name: &str, partition: i32) -> Result<Leadership, Failure> {
        let unknown = |what| {
            Failure::new(
                ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
                format!("Unable to find {what}."),
            )
        };
        let topic = self.by_name(name);
        let topic = topic.ok_or_else(|| unknown(format!("a topic named {name}")))?;
        let leadership = topic.partition(partition).map(Partition::leadership);
        leadership.ok_or_else(|| unknown(format!("partition {name}:{partition}")))
    }

    /// Changes who leads a partition; `None` if there is none of this number.
    pub(crate) fn lead<T>(
        &self,
        name: &str,
        partition: i32,
        change: impl FnOnce(&mut Leadership, Electorate<'_>) -> T,
    ) -> Option<T> {
        let topics = self.read();
        let topic = topics.by_name.get(name)?;
        let partition = topic.partition(partition)?;
        let among = |among: Electorate<'_>| partition.lead(|leadership| change(leadership, among));
        Some(topics.among(topic, among))
    }

    fn partition(&self, leadership: Leadership, now: i64) -> Arc<Partition> {
        Arc::new(Partition::new(leadership, self.defaults.retention, now))
    }

    /// Who leads each partition, and who else holds it.
    fn place(&self, new: &NewTopic<'_>, topics: &Topics) -> Result<Vec<Leadership>, Failure> {
        let placed = if new.assignments.is_empty() {
            self.place_freely(new, topics)
        } else {
            topics.place_manually(new)
        }?;
        topics.led(placed, 0)
    }

    fn place_freely(&self, new: &NewTopic<'_>, topics: &Topics) -> Result<Vec<Vec<i32>>, Failure> {
        let nodes = topics.brokers.len();
        let factor = match new.replication_factor {
            -1 => self.defaults.replication_factor,
            factor => factor,
        };
        let factor = usize::try_from(factor).unwrap_or(0);
        if factor == 0 {
            return Err(Failure::new(
                ErrorCode::INVALID_REPLICATION_FACTOR,
                "Replication factor must be larger than 0, or -1 to use the default value.",
            ));
        }
        let partitions = match new.partitions {
            -1 => self.defaults.partitions,
            partitions => partitions,
        };
        if partitions <= 0 {
            return Err(Failure::new(
                ErrorCode::INVALID_PARTITIONS,
                "Number of partitions was set to an invalid non-positive value.",
            ));
        }
        if partitions > MAX_PARTITIONS {
            return Err(Failure::new(
                ErrorCode::POLICY_VIOLATION,
                "Excessively large number of partitions per request.",
            ));
        }
        if factor > nodes {
            return Err(Failure::new(
                ErrorCode::INVALID_REPLICATION_FACTOR,
                format!(
                    "Unable to replicate the partition {factor} time(s): The target replication factor of {factor} cannot be reached because only {nodes} broker(s) are registered or some brokers have all their log directories cordoned."
                ),
            ));
        }
        if !topics.brokers.iter().any(|broker| broker.is_alive) {
            return Err(Failure::new(
                ErrorCode::INVALID_REPLICATION_FACTOR,
                "All brokers are currently fenced.",
            ));
        }
        let partitions = usize::try_from(partitions).unwrap_or(0);
        let (brokers, first) = (&topics.brokers, topics.made);
        Ok(placement::place(brokers, partitions, factor, first))
    }

    fn read(&self) -> RwLockReadGuard<'_, Topics> {
        self.topics.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Topics> {
        self.topics.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Topics {
    /// Who leads partitions that lie on these nodes, of which the first has the number `first`.
    fn led(&self, placed: Vec<Vec<i32>>, first: i32) -> Result<Vec<Leadership>, Failure> {
        let partitions = (first..).zip(placed).map(|(index, replicas)| {
            let leadership = Leadership::new(replicas, |id| self.is_alive(id));
            if leadership.leader == NO_LEADER {
                return Err(Failure::new(
                    ErrorCode::INVALID_REPLICA_ASSIGNMENT,
                    format!(
                        "All brokers specified in the manual partition assignment for partition {index} are fenced or in controlled shutdown."
                    ),
                ));
            }
            Ok(leadership)
        });
        partitions.collect()
    }

    fn is_alive(&self, id: i32) -> bool {
        let mut brokers = self.brokers.iter();
        brokers.any(|broker| broker.id == id && broker.is_alive)
    }

    /// Changes who leads the partitions.
    fn elect(&self, change: impl Fn(&mut Leadership, Electorate<'_>)) {
        for topic in self.by_name.values() {
            self.among(topic, |among| {
                for partition in &topic.partitions {
                    partition.lead(|leadership| change(leadership, among));
                }
            });
        }
    }

    /// By what the leaders of a topic are elected.
    fn among<T>(&self, topic: &Topic, elect: impl FnOnce(Electorate<'_>) -> T) -> T {
        elect(Electorate {
            is_alive: &|id| self.is_alive(id),
            min_isr: topic.durability.min_isr,
            unclean: topic.durability.unclean,
        })
    }

    fn put(&mut self, topic: &Arc<Topic>) {
        self.by_name.insert(topic.name.clone(), topic.clone());
        self.by_id.insert(topic.id, topic.clone());
    }

    fn place_manually(&self, new: &NewTopic<'_>) -> Result<Vec<Vec<i32>>, Failure> {
        let not_default = |what| {
            Failure::new(
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
        let invalid = |message| Failure::new(ErrorCode::INVALID_REPLICA_ASSIGNMENT, message);
        let mut placed = BTreeMap::new();
        let mut factor = None;
        for &(index, replicas) in &new.assignments {
            if placed.contains_key(&index) {
                return Err(invalid(format!(
                    "Found multiple manual partition assignments for partition {index}"
                )));
            }
            placement::validate(&self.brokers, replicas, factor).map_err(invalid)?;
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

    fn check_free(&self, name: &str) -> Result<(), Failure> {
        if self.by_name.contains_key(name) {
            return Err(Failure::new(
                ErrorCode::TOPIC_ALREADY_EXISTS,
                format!("Topic '{name}' already exists."),
            ));
        }
        if let Some(other) = self.by_metric_name.get(&metric_name(name)) {
            return Err(Failure::new(
                ErrorCode::INVALID_TOPIC_EXCEPTION,
                format!("Topic '{name}' collides with existing topic: {other}"),
            ));
        }
        Ok(())
    }
}
