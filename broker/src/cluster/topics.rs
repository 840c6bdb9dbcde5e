//! Topics, and who leads them.

use std::io;

use milena_wire::error_code::ErrorCode;
use uuid::Uuid;

use super::guard::{ControlGuard, Effect};
use super::handle::Cluster;
use crate::clock::now;
use crate::topic_part::TopicPart;
use crate::topics::{Leadership, NO_LEADER, NewTopic, TopicConfig};

/// # Topics
impl Cluster {
    /// Makes a topic, as CreateTopics does; its id. -1 partitions or replicas: as many as if nobody says.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let cluster = milena_broker::Cluster::builder().nodes(3).start().await?;
    /// let id = cluster.create_topic("orders", 6, 3)?;
    /// // The same topic for whoever looks at names only.
    /// assert_ne!(cluster.recreate_topic("orders")?, id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) if there is a topic of this name; [`InvalidInput`](io::ErrorKind::InvalidInput) with what Kafka says if
    /// it cannot be made.
    pub fn create_topic(
        &self,
        name: &str,
        partitions: i32,
        replication_factor: i16,
    ) -> io::Result<Uuid> {
        let new = NewTopic {
            name,
            partitions,
            replication_factor,
            assignments: Vec::new(),
            config: Ok(TopicConfig::default()),
        };
        let created = self.shared.catalog.create(&new, false, now());
        created.map(|topic| topic.id).map_err(|error| {
            let kind = match error.code {
                ErrorCode::TOPIC_ALREADY_EXISTS => io::ErrorKind::AlreadyExists,
                _ => io::ErrorKind::InvalidInput,
            };
            io::Error::new(kind, error.message.unwrap_or_default())
        })
    }

    /// Deletes a topic with all that is in it. Whoever waits for its records is told.
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) if there is none of this name.
    pub fn delete_topic(&self, name: &str) -> io::Result<()> {
        let id = self.shared.catalog.by_name(name).map(|topic| topic.id);
        match id.is_some_and(|id| self.shared.delete_topic(name, id)) {
            true => Ok(()),
            false => no_topic(name),
        }
    }

    /// Deletes a topic and makes it anew in the same moment: empty, with as many partitions on the same nodes and the same configs, leader epochs from 0 on, and
    /// another id, which this gives.
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) if there is none of this name.
    pub fn recreate_topic(&self, name: &str) -> io::Result<Uuid> {
        let old = self.shared.catalog.by_name(name).map(|topic| topic.id);
        let new = self.shared.catalog.recreate(name, now());
        // With the topic go the offsets that groups have committed in it.
        self.shared
            .groups
            .forget_topic(name, old.unwrap_or_default());
        new.map_or_else(|| no_topic(name), Ok)
    }

    /// The node that leads a partition; `None` if nobody does, or there is no such partition.
    #[must_use]
    pub fn leader(&self, topic: &str, partition: i32) -> Option<i32> {
        let leader = self.leadership(topic, partition)?.leader;
        (leader != NO_LEADER).then_some(leader)
    }

    /// The leader epoch of a partition; `None` if there is no such partition.
    #[must_use]
    pub fn leader_epoch(&self, topic: &str, partition: i32) -> Option<i32> {
        Some(self.leadership(topic, partition)?.epoch)
    }

    fn leadership(&self, topic: &str, partition: i32) -> Option<Leadership> {
        let topic = self.shared.catalog.by_name(topic)?;
        Some(topic.partition(partition)?.leadership())
    }

    /// Another node leads a partition from now on, one leader epoch later, whether it was [leaderless](Self::leaderless) or not. If the node holds no replica
    /// of it, it takes the place of the one that has led. Nothing happens if the node leads already.
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) if there is no such partition; [`InvalidInput`](io::ErrorKind::InvalidInput) if there is no such node, or it is down.
    pub fn move_leader(&self, topic: &str, partition: i32, node: i32) -> io::Result<()> {
        let moved = self.shared.catalog.lead(topic, partition, |lead, among| {
            let is_alive = (among.is_alive)(node);
            if is_alive {
                lead.move_to(node, among);
            }
            is_alive
        });
        match moved {
            Some(true) => Ok(()),
            Some(false) => not_up(node),
            None => no_partition(topic, partition),
        }
    }

    /// Other nodes hold a partition from now on, at once; the leader stays if it is among them, else the first that is up leads.
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) if there is no such partition; [`InvalidInput`](io::ErrorKind::InvalidInput) if there is no such node, if a node is
    /// named twice, or none is.
    pub fn reassign_partition(
        &self,
        topic: &str,
        partition: i32,
        replicas: &[i32],
    ) -> io::Result<()> {
        let reassigned = self.shared.catalog.reassign(topic, partition, replicas);
        match reassigned {
            Some(Ok(())) => Ok(()),
            Some(Err(message)) => Err(io::Error::new(io::ErrorKind::InvalidInput, message)),
            None => no_partition(topic, partition),
        }
    }

    /// The same node leads a partition one leader epoch later, as when it has lost touch with the controller for a while; the new epoch.
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) if there is no such partition.
    pub fn raise_leader_epoch(&self, topic: &str, partition: i32) -> io::Result<i32> {
        let raised = self.shared.catalog.lead(topic, partition, |lead, _| {
            lead.raise_epoch();
            lead.epoch
        });
        raised.map_or_else(|| no_partition(topic, partition), Ok)
    }

    /// Nobody leads a partition until the guard is dropped, whatever nodes start and stop meanwhile, or until [`move_leader`](Self::move_leader) says who does.
    /// Then a leader is elected. Each of both takes a leader epoch.
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) if there is no such partition.
    pub fn leaderless(&self, topic: &str, partition: i32) -> io::Result<ControlGuard> {
        let catalog = &self.shared.catalog;
        let withheld = catalog.lead(topic, partition, |lead, _| lead.withhold());
        if withheld.is_none() {
            return no_partition(topic, partition);
        }
        Ok(self.guard(Effect::Leaderless {
            topic: topic.to_owned(),
            partition,
        }))
    }

    /// Leaves a topic out of Metadata and DescribeTopicPartitions until the guard is dropped, whether clients ask for it or for all, as brokers do that have
    /// just started. It is there all the same. There need be no such topic yet.
    pub fn omit_topic(&self, topic: &str) -> ControlGuard {
        self.omit(topic, None)
    }

    /// The same for one partition of a topic, of which the others are told.
    pub fn omit_partition(&self, topic: &str, partition: i32) -> ControlGuard {
        self.omit(topic, Some(partition))
    }

    fn omit(&self, topic: &str, partition: Option<i32>) -> ControlGuard {
        let omitted = TopicPart::new(topic, partition);
        self.shared.omissions.add(omitted.clone());
        self.guard(Effect::Omitted(omitted))
    }

    pub(super) fn guard(&self, effect: Effect) -> ControlGuard {
        ControlGuard::new(self.shared.clone(), effect)
    }
}

fn no_topic<T>(name: &str) -> io::Result<T> {
    let message = format!("there is no topic {name:?}");
    Err(io::Error::new(io::ErrorKind::NotFound, message))
}

pub(super) fn no_partition<T>(topic: &str, partition: i32) -> io::Result<T> {
    let message = format!("there is no partition {partition} of a topic {topic:?}");
    Err(io::Error::new(io::ErrorKind::NotFound, message))
}

pub(super) fn not_up<T>(node: i32) -> io::Result<T> {
    let message = format!("there is no node {node} that is up");
    Err(io::Error::new(io::ErrorKind::InvalidInput, message))
}
