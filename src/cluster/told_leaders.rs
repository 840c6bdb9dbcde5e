//! What answers of Produce and Fetch tell of leaders (KIP-951).

use std::any::Any;

use bytestring::ByteString;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::fetch::FetchResponse;
use milena_wire::messages::produce::ProduceResponse;
use milena_wire::uuid::Uuid;

use super::metadata::{Broker, LeaderHint, TopicKey};

/// The leaders that an answer names beside its errors, and where they are.
#[derive(Debug, Default)]
pub(crate) struct ToldLeaders {
    pub(crate) hints: Vec<LeaderHint>,
    pub(crate) endpoints: Vec<Broker>,
}

impl ToldLeaders {
    /// What this answer tells; nothing if it is one that cannot.
    pub(crate) fn of<R: Any>(response: &R) -> Self {
        let response: &dyn Any = response;
        let mut told = Self::default();
        if let Some(produce) = response.downcast_ref::<ProduceResponse>() {
            for topic in &produce.responses {
                for partition in &topic.partition_responses {
                    let leader = &partition.current_leader;
                    told.hint(
                        (&topic.name, topic.topic_id),
                        (partition.index, partition.error_code),
                        (leader.leader_id, leader.leader_epoch),
                    );
                }
            }
            for node in &produce.node_endpoints {
                told.endpoint(node.node_id, &node.host, node.port, node.rack.as_deref());
            }
        } else if let Some(fetch) = response.downcast_ref::<FetchResponse>() {
            for topic in &fetch.responses {
                for partition in &topic.partitions {
                    let leader = &partition.current_leader;
                    told.hint(
                        (&topic.topic, topic.topic_id),
                        (partition.partition_index, partition.error_code),
                        (leader.leader_id, leader.leader_epoch),
                    );
                }
            }
            for node in &fetch.node_endpoints {
                told.endpoint(node.node_id, &node.host, node.port, node.rack.as_deref());
            }
        }
        told
    }

    fn hint(
        &mut self,
        (name, id): (&ByteString, Uuid),
        (partition, error): (i32, ErrorCode),
        (leader, epoch): (i32, i32),
    ) {
        let is_moved = matches!(
            error,
            ErrorCode::NOT_LEADER_OR_FOLLOWER | ErrorCode::FENCED_LEADER_EPOCH
        );
        if !is_moved || leader < 0 || epoch < 0 {
            return;
        }
        let topic = if id.is_nil() {
            TopicKey::from(&**name)
        } else {
            TopicKey::from(id)
        };
        self.hints.push(LeaderHint {
            topic,
            partition,
            leader,
            epoch,
        });
    }

    /// One that there cannot be is left out.
    fn endpoint(&mut self, id: i32, host: &str, port: i32, rack: Option<&str>) {
        self.endpoints
            .extend(Broker::new(id, host, port, rack).ok());
    }
}

#[cfg(test)]
mod tests {
    use milena_wire::messages::MetadataResponse;
    use milena_wire::messages::produce::{
        LeaderIdAndEpoch, NodeEndpoint, PartitionProduceResponse, TopicProduceResponse,
    };

    use super::*;

    /// Statement 2.
    #[test]
    fn only_a_leader_that_moved_is_told() {
        let partition = |index, error, leader| {
            let leader = LeaderIdAndEpoch::default()
                .with_leader_id(leader)
                .with_leader_epoch(5);
            PartitionProduceResponse::default()
                .with_index(index)
                .with_error_code(error)
                .with_current_leader(leader)
        };
        let topic = TopicProduceResponse::default()
            .with_name("t")
            .with_partition_responses(vec![
                partition(0, ErrorCode::NOT_LEADER_OR_FOLLOWER, 2),
                partition(1, ErrorCode::NONE, 2),
                partition(2, ErrorCode::NOT_LEADER_OR_FOLLOWER, -1),
                partition(3, ErrorCode::FENCED_LEADER_EPOCH, 3),
            ]);
        let node = |id, port| {
            NodeEndpoint::default()
                .with_node_id(id)
                .with_host("b")
                .with_port(port)
        };
        let response = ProduceResponse::default()
            .with_responses(vec![topic])
            .with_node_endpoints(vec![node(2, 9092), node(3, 0)]);
        let told = ToldLeaders::of(&response);
        let hints: Vec<_> = told.hints.iter().map(|h| (h.partition, h.leader)).collect();
        assert_eq!(hints, [(0, 2), (3, 3)]);
        assert_eq!(told.endpoints.len(), 1, "there is no port 0");
        assert!(
            ToldLeaders::of(&MetadataResponse::default())
                .hints
                .is_empty()
        );
    }
}
