//! Replicas that are near, behind, or have lost something.

use std::io;
use std::sync::Arc;

use super::guard::{ControlGuard, Effect};
use super::handle::Cluster;
use super::topics::no_partition;
use crate::topic_part::TopicPart;
use crate::topics::Partition;

/// # Replicas
impl Cluster {
    /// Whether leaders send clients that fetch to a replica in their rack: see [`ClusterBuilder::rack_aware`](super::ClusterBuilder::rack_aware).
    pub fn set_rack_aware(&self, rack_aware: bool) {
        self.shared.replica_selection.set_by_rack(rack_aware);
    }

    /// The leader of a partition sends all clients that fetch from it in version 11 or later to this node, wherever they stand, until the guard is dropped;
    /// if the node leads, they stay. The newest of several counts. (KIP-392)
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) if there is no such partition.
    pub fn prefer_replica(
        &self,
        topic: &str,
        partition: i32,
        node: i32,
    ) -> io::Result<ControlGuard> {
        self.partition(topic, partition)?;
        let part = TopicPart::new(topic, Some(partition));
        self.shared.replica_selection.fix(part.clone(), node);
        Ok(self.guard(Effect::Preferred(part, node)))
    }

    /// A follower gets nothing new of a partition until the guard is dropped, or it leads. Whoever fetches there what it has gets it; what it does not have is
    /// OFFSET_OUT_OF_RANGE there. It stays in sync all the same, but clients that want more than it has are not sent there.
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) if there is no such partition; [`InvalidInput`](io::ErrorKind::InvalidInput) if the node leads it, or does not hold it.
    pub fn hold_replica(&self, topic: &str, partition: i32, node: i32) -> io::Result<ControlGuard> {
        if !self.partition(topic, partition)?.hold_replica(node) {
            let message = format!("node {node} does not follow in partition {partition}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        Ok(self.guard(Effect::Held {
            topic: topic.to_owned(),
            partition,
            node,
        }))
    }

    /// Takes the records of a partition away from the batch on that has `offset`, and begins a leader epoch there, as when a replica was elected that had no
    /// more (an unclean election). Gives where the log ends then, which is before `offset` if that lay inside a batch. The same node leads as before; see
    /// [`move_leader`](Self::move_leader) to let another. What the partition knows of producers is read anew from what is left, as Kafka does.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let cluster = milena_broker::Cluster::builder().start().await?;
    /// cluster.create_topic("orders", 1, 1)?;
    /// assert_eq!(cluster.truncate_partition("orders", 0, 0)?, 0);
    /// assert_eq!(cluster.leader_epoch("orders", 0), Some(1));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) if there is no such partition; [`InvalidInput`](io::ErrorKind::InvalidInput) if it does not reach to the offset.
    pub fn truncate_partition(&self, topic: &str, partition: i32, offset: i64) -> io::Result<i64> {
        let truncated = self.partition(topic, partition)?.truncate(offset);
        truncated.map_err(|_| {
            let message = format!("offset {offset} lies outside of partition {partition}");
            io::Error::new(io::ErrorKind::InvalidInput, message)
        })
    }

    fn partition(&self, topic: &str, partition: i32) -> io::Result<Arc<Partition>> {
        let found = self.shared.catalog.by_name(topic);
        let place = usize::try_from(partition).ok();
        let found = found.and_then(|topic| topic.partitions.get(place?).cloned());
        found.map_or_else(|| no_partition(topic, partition), Ok)
    }
}
