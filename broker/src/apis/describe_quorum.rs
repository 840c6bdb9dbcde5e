//! DescribeQuorum.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::describe_quorum::{
    DescribeQuorumRequest, DescribeQuorumResponse, DescribeQuorumResponsePartitionData,
    DescribeQuorumResponseTopicData, Listener, Node, ReplicaState, TopicData,
};
use uuid::Uuid;

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use crate::quorum::Voter;

/// The topic whose one partition is the log of the metadata.
const METADATA: &str = "__cluster_metadata";

/// With the id of a broker this makes the id of its directory.
const BROKER_DIRECTORY: u64 = 0x6272_6f6b_6572_0000;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DescribeQuorumRequest>()?;
    let response = match &request.topics[..] {
        [topic] if is_metadata(topic) => describe(context, reply.version),
        topics => unknown(topics),
    };
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<DescribeQuorumRequest>()?;
    let mut response = DescribeQuorumResponse::default();
    response.error_code = code;
    Answer::now(reply, &response)
}

fn is_metadata(topic: &TopicData) -> bool {
    let partitions = topic.partitions.iter();
    let partitions: Vec<_> = partitions.map(|it| it.partition_index).collect();
    &*topic.topic_name == METADATA && partitions == [0]
}

fn describe(context: &Context<'_>, version: i16) -> DescribeQuorumResponse {
    let shared = context.shared;
    let state = shared.quorum.state();
    // All of them are as far as the leader is, and have just said so.
    let replica = |id, directory| {
        let mut replica = ReplicaState::default();
        replica.replica_id = id;
        replica.log_end_offset = state.end_offset;
        if version >= 1 {
            replica.last_fetch_timestamp = context.now;
            replica.last_caught_up_timestamp = context.now;
        }
        if version >= 2 {
            replica.replica_directory_id = directory;
        }
        replica
    };
    let mut partition = DescribeQuorumResponsePartitionData::default();
    partition.leader_id = state.leader;
    partition.leader_epoch = state.leader_epoch;
    partition.high_watermark = state.end_offset;
    let voters = state.voters.iter().map(|voter| {
        // Those of a static quorum are known by their ids alone.
        let directory = match state.reconfigures {
            true => voter.key.directory,
            false => Uuid::nil(),
        };
        replica(voter.key.id, directory)
    });
    partition.current_voters = voters.collect();
    let brokers = shared.nodes.alive().into_iter().map(|node| {
        let id = u64::try_from(node.id).unwrap_or(0);
        replica(node.id, Uuid::from_u64_pair(BROKER_DIRECTORY, id))
    });
    partition.observers = brokers.collect();
    let mut topic = DescribeQuorumResponseTopicData::default();
    topic.topic_name = METADATA.into();
    topic.partitions = vec![partition];
    let mut response = DescribeQuorumResponse::default();
    response.topics = vec![topic];
    if version >= 2 {
        response.nodes = state.voters.iter().map(node).collect();
    }
    response
}

fn node(voter: &Voter) -> Node {
    let mut node = Node::default();
    node.node_id = voter.key.id;
    let listeners = voter.endpoints.iter().map(|endpoint| {
        let mut listener = Listener::default();
        listener.name = endpoint.name.as_str().into();
        listener.host = endpoint.host.as_str().into();
        listener.port = endpoint.port;
        listener
    });
    node.listeners = listeners.collect();
    node
}

/// Only the metadata have a quorum, and they are asked for alone.
fn unknown(topics: &[TopicData]) -> DescribeQuorumResponse {
    let mut response = DescribeQuorumResponse::default();
    let topics = topics.iter().map(|asked| {
        let mut topic = DescribeQuorumResponseTopicData::default();
        topic.topic_name = asked.topic_name.clone();
        let partitions = asked.partitions.iter().map(|asked| {
            let mut partition = DescribeQuorumResponsePartitionData::default();
            partition.partition_index = asked.partition_index;
            partition.error_code = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
            partition.error_message =
                Some("This server does not host this topic-partition.".into());
            partition
        });
        topic.partitions = partitions.collect();
        topic
    });
    response.topics = topics.collect();
    response
}
