//! The directories in which brokers keep records.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use milena_wire::codec::Request;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::alter_replica_log_dirs::{AlterReplicaLogDir, AlterReplicaLogDirTopic};
use milena_wire::messages::describe_log_dirs::{DescribableLogDirTopic, DescribeLogDirsResult};
use milena_wire::messages::{
    AlterReplicaLogDirsRequest, DescribeLogDirsRequest, DescribeLogDirsResponse,
};

use super::answer::{check, omission, refusal};
use super::convert;
use super::handle::Admin;
use super::operation::{Caller, Operation, Spec};
use super::per_item::PerItem;
use crate::error::Error;
use crate::topic_partition::TopicPartition;

/// A partition on one broker (Java: `TopicPartitionReplica`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Replica {
    /// The partition.
    pub partition: TopicPartition,
    /// The broker's id.
    pub broker: i32,
}

impl Replica {
    /// This partition on this broker.
    pub fn new(partition: impl Into<TopicPartition>, broker: i32) -> Self {
        Self {
            partition: partition.into(),
            broker,
        }
    }
}

impl fmt::Display for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on broker {}", self.partition, self.broker)
    }
}

/// A directory of a broker (Java: `LogDirDescription`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogDirDescription {
    /// What is wrong with it: [`KAFKA_STORAGE_ERROR`](ErrorCode::KAFKA_STORAGE_ERROR) if it cannot be used.
    pub error: Option<ErrorCode>,
    /// The partitions in it.
    pub replicas: BTreeMap<TopicPartition, Vec<ReplicaInfo>>,
    /// The size of its volume, in bytes; `None` before Kafka 3.3.
    pub total_bytes: Option<i64>,
    /// How much of that can be used; `None` as above.
    pub usable_bytes: Option<i64>,
    /// Whether it takes no new partitions (KIP-1066, since Kafka 4.3).
    pub is_cordoned: bool,
}

/// A partition in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplicaInfo {
    /// Its size in bytes.
    pub size: i64,
    /// How many offsets it is behind.
    pub offset_lag: i64,
    /// Whether it is a copy that will take the place of the one in another directory.
    pub is_future: bool,
}

impl LogDirDescription {
    fn from_wire(dir: &DescribeLogDirsResult) -> Self {
        let mut replicas = BTreeMap::<_, Vec<_>>::new();
        for topic in &dir.topics {
            for one in &topic.partitions {
                let key = TopicPartition::new(&*topic.name, one.partition_index);
                replicas.entry(key).or_default().push(ReplicaInfo {
                    size: one.partition_size,
                    offset_lag: one.offset_lag,
                    is_future: one.is_future_key,
                });
            }
        }
        Self {
            error: (dir.error_code != ErrorCode::NONE).then_some(dir.error_code),
            replicas,
            total_bytes: convert::known(dir.total_bytes),
            usable_bytes: convert::known(dir.usable_bytes),
            is_cordoned: dir.is_cordoned,
        }
    }
}

fn dirs(response: &DescribeLogDirsResponse) -> BTreeMap<String, LogDirDescription> {
    let dirs = response.results.iter();
    dirs.map(|dir| (dir.log_dir.to_string(), LogDirDescription::from_wire(dir)))
        .collect()
}

/// Asks for the directories of brokers: see [`Admin::describe_log_dirs`].
#[derive(Clone, Debug)]
pub struct DescribeLogDirs(BTreeSet<i32>);

impl Spec for DescribeLogDirs {
    type Output = PerItem<i32, BTreeMap<String, LogDirDescription>>;

    async fn run(self, caller: Caller) -> Self::Output {
        let described = caller.for_each(self.0, |caller, broker| {
            let broker = *broker;
            async move {
                let response = ask(&caller, broker, None).await?;
                Ok(dirs(&response))
            }
        });
        described.await
    }
}

/// Asks a broker for its directories, with these partitions of them.
async fn ask(
    caller: &Caller,
    broker: i32,
    partitions: Option<&BTreeSet<TopicPartition>>,
) -> Result<DescribeLogDirsResponse, Error> {
    let mut request = DescribeLogDirsRequest::default();
    request.topics = partitions.map(|partitions| {
        let topics = convert::numbers_by_topic(partitions).into_iter();
        let topics = topics.map(|(name, numbers)| {
            DescribableLogDirTopic::default()
                .with_topic(name)
                .with_partitions(numbers)
        });
        topics.collect()
    });
    let response = caller.send_to(broker, request).await?;
    check::<DescribeLogDirsRequest>(response.error_code, None)
        .map_err(|error| error.at_broker(broker))?;
    Ok(response)
}

/// In which directory a replica is, and to which it is moving (Java: `ReplicaLogDirInfo`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplicaLogDir {
    /// The directory that it is in, and how many offsets it is behind there; `None` if the broker has it in no directory that it can use.
    pub current: Option<(String, i64)>,
    /// The directory that it is moving to, and how many offsets it is behind there.
    pub future: Option<(String, i64)>,
}

/// Asks in which directories replicas are: see [`Admin::describe_replica_log_dirs`].
#[derive(Clone, Debug)]
pub struct DescribeReplicaLogDirs(BTreeSet<Replica>);

impl Spec for DescribeReplicaLogDirs {
    type Output = PerItem<Replica, ReplicaLogDir>;

    async fn run(self, caller: Caller) -> Self::Output {
        let mut by_broker = BTreeMap::<i32, BTreeSet<TopicPartition>>::new();
        for replica in self.0 {
            let partitions = by_broker.entry(replica.broker).or_default();
            partitions.insert(replica.partition);
        }
        let by_broker = &by_broker;
        let answers = caller.for_each(by_broker.keys().copied(), |caller, broker| {
            let broker = *broker;
            async move {
                let response = ask(&caller, broker, by_broker.get(&broker)).await?;
                Ok(dirs(&response))
            }
        });
        let mut answers = answers.await;
        let replicas = by_broker.iter().flat_map(|(broker, partitions)| {
            let answer = answers.take(broker);
            let results = partitions.iter().map(move |partition| {
                let result = match &answer {
                    Some(Ok(dirs)) => Ok(place(dirs, partition)),
                    Some(Err(error)) => Err(error.clone()),
                    None => Err(omission(DescribeLogDirsRequest::API_KEY, Some(*broker))),
                };
                (Replica::new(partition.clone(), *broker), result)
            });
            results.collect::<Vec<_>>()
        });
        replicas.collect()
    }
}

/// Where a partition is.
fn place(dirs: &BTreeMap<String, LogDirDescription>, partition: &TopicPartition) -> ReplicaLogDir {
    let mut place = ReplicaLogDir::default();
    for (name, dir) in dirs {
        for info in dir.replicas.get(partition).into_iter().flatten() {
            let here = Some((name.clone(), info.offset_lag));
            if info.is_future {
                place.future = here;
            } else {
                place.current = here;
            }
        }
    }
    place
}

/// Moves replicas between the directories of their broker: see [`Admin::alter_replica_log_dirs`].
#[derive(Clone, Debug)]
pub struct AlterReplicaLogDirs(BTreeMap<Replica, String>);

impl Spec for AlterReplicaLogDirs {
    type Output = PerItem<Replica, ()>;

    async fn run(self, caller: Caller) -> Self::Output {
        let mut by_broker = BTreeMap::<i32, BTreeMap<TopicPartition, String>>::new();
        for (replica, dir) in self.0 {
            let partitions = by_broker.entry(replica.broker).or_default();
            partitions.insert(replica.partition, dir);
        }
        let by_broker = &by_broker;
        let answers = caller.for_each(by_broker.keys().copied(), |caller, broker| {
            let request = by_broker.get(broker).map(alteration).unwrap_or_default();
            let broker = *broker;
            async move { caller.send_to(broker, request).await }
        });
        let mut answers = answers.await;
        let api = AlterReplicaLogDirsRequest::API_KEY;
        let replicas = by_broker.iter().flat_map(|(broker, partitions)| {
            let mut told = BTreeMap::new();
            let mut error = omission(api, Some(*broker));
            match answers.take(broker) {
                Some(Ok(response)) => {
                    for topic in &response.results {
                        for one in &topic.partitions {
                            let key = TopicPartition::new(&*topic.topic_name, one.partition_index);
                            told.entry(key).or_insert(one.error_code);
                        }
                    }
                }
                Some(Err(failure)) => error = failure,
                None => {}
            }
            let results = partitions.keys().map(|partition| {
                let result = match told.get(partition) {
                    Some(&ErrorCode::NONE) => Ok(()),
                    Some(code) => Err(refusal(api, Some(*broker), *code, None)),
                    None => Err(error.clone()),
                };
                (Replica::new(partition.clone(), *broker), result)
            });
            results.collect::<Vec<_>>()
        });
        replicas.collect()
    }
}

/// The request to one broker.
fn alteration(partitions: &BTreeMap<TopicPartition, String>) -> AlterReplicaLogDirsRequest {
    let mut by_dir = BTreeMap::<&String, Vec<&TopicPartition>>::new();
    for (partition, dir) in partitions {
        by_dir.entry(dir).or_default().push(partition);
    }
    let dirs = by_dir.into_iter().map(|(path, partitions)| {
        let topics = convert::numbers_by_topic(partitions).into_iter();
        let topics = topics.map(|(name, numbers)| {
            AlterReplicaLogDirTopic::default()
                .with_name(name)
                .with_partitions(numbers)
        });
        AlterReplicaLogDir::default()
            .with_path(path.clone())
            .with_topics(topics.collect::<Vec<_>>())
    });
    AlterReplicaLogDirsRequest::default().with_dirs(dirs.collect::<Vec<_>>())
}

impl Admin {
    /// Asks brokers for their directories, by path, with the replicas in them (Java: `describeLogDirs`).
    pub fn describe_log_dirs(
        &self,
        brokers: impl IntoIterator<Item = i32>,
    ) -> Operation<DescribeLogDirs> {
        self.operation(DescribeLogDirs(brokers.into_iter().collect()))
    }

    /// Asks in which directories replicas are (Java: `describeReplicaLogDirs`).
    pub fn describe_replica_log_dirs(
        &self,
        replicas: impl IntoIterator<Item = Replica>,
    ) -> Operation<DescribeReplicaLogDirs> {
        self.operation(DescribeReplicaLogDirs(replicas.into_iter().collect()))
    }

    /// Begins to move replicas to other directories of their broker, by path; or, for what a broker does not have yet, says where it will be made (Java:
    /// `alterReplicaLogDirs`).
    pub fn alter_replica_log_dirs<D: Into<String>>(
        &self,
        replicas: impl IntoIterator<Item = (Replica, D)>,
    ) -> Operation<AlterReplicaLogDirs> {
        let replicas = replicas.into_iter();
        let replicas = replicas.map(|(replica, dir)| (replica, dir.into()));
        self.operation(AlterReplicaLogDirs(replicas.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_is_in_one_directory_and_moves_to_another() {
        let info = |offset_lag, is_future| ReplicaInfo {
            size: 10,
            offset_lag,
            is_future,
        };
        let dir = |infos: Vec<ReplicaInfo>| LogDirDescription {
            error: None,
            replicas: BTreeMap::from([(TopicPartition::new("orders", 0), infos)]),
            total_bytes: None,
            usable_bytes: None,
            is_cordoned: false,
        };
        let dirs = BTreeMap::from([
            ("/a".to_owned(), dir(vec![info(0, false)])),
            ("/b".to_owned(), dir(vec![info(7, true)])),
        ]);
        let found = place(&dirs, &TopicPartition::new("orders", 0));
        assert_eq!(found.current, Some(("/a".to_owned(), 0)));
        assert_eq!(found.future, Some(("/b".to_owned(), 7)));
        let missing = place(&dirs, &TopicPartition::new("orders", 1));
        assert_eq!(missing, ReplicaLogDir::default());
    }

    #[test]
    fn replicas_are_asked_for_by_directory() {
        let to = [
            (("a", 0), "/x"),
            (("a", 1), "/y"),
            (("b", 0), "/x"),
            (("a", 2), "/x"),
        ];
        let to = to.map(|(partition, dir)| (partition.into(), dir.to_owned()));
        let request = alteration(&BTreeMap::from(to));
        let paths: Vec<_> = request.dirs.iter().map(|dir| &*dir.path).collect();
        assert_eq!(paths, ["/x", "/y"]);
        let topics = request.dirs[0].topics.iter();
        let topics: Vec<_> = topics
            .map(|topic| (&*topic.name, &topic.partitions[..]))
            .collect();
        assert_eq!(topics, [("a", &[0, 2][..]), ("b", &[0][..])]);
    }
}
