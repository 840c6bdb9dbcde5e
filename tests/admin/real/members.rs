//! Members of groups, as far as the administration needs some: they join, and say no more.

use milena::Client;
use milena::wire::encode_with_version;
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::consumer_protocol::{
    ConsumerProtocolAssignment, ConsumerProtocolAssignmentTopicPartition,
    ConsumerProtocolSubscription,
};
use milena::wire::messages::join_group::JoinGroupRequestProtocol;
use milena::wire::messages::streams_group_heartbeat::{Subtopology, Topology};
use milena::wire::messages::sync_group::SyncGroupRequestAssignment;
use milena::wire::messages::{
    ConsumerGroupHeartbeatRequest, JoinGroupRequest, ShareGroupHeartbeatRequest,
    StreamsGroupHeartbeatRequest, SyncGroupRequest,
};

use super::unique;

/// A member of a classic group, which leads it, is alone in it, and reads partitions 0 and 2. Gives its id.
pub(super) async fn classic(
    client: &Client,
    group: &str,
    topic: &str,
    instance: Option<&str>,
) -> String {
    let subscription =
        ConsumerProtocolSubscription::default().with_topics(vec![topic.to_owned().into()]);
    let protocol = JoinGroupRequestProtocol::default()
        .with_name("range")
        .with_metadata(encode_with_version(&subscription, 1).unwrap());
    let mut join = JoinGroupRequest::default()
        .with_group_id(group.to_owned())
        .with_session_timeout_ms(60_000)
        .with_rebalance_timeout_ms(10_000)
        .with_protocol_type("consumer")
        .with_protocols(vec![protocol]);
    join.group_instance_id = instance.map(|id| id.to_owned().into());
    let mut joined = client.send(join.clone()).await.unwrap();
    if joined.error_code == ErrorCode::MEMBER_ID_REQUIRED {
        join.member_id = joined.member_id;
        joined = client.send(join).await.unwrap();
    }
    assert_eq!(joined.error_code, ErrorCode::NONE);
    let partitions = ConsumerProtocolAssignmentTopicPartition::default()
        .with_topic(topic.to_owned())
        .with_partitions(vec![0, 2]);
    let assignment =
        ConsumerProtocolAssignment::default().with_assigned_partitions(vec![partitions]);
    let assignment = SyncGroupRequestAssignment::default()
        .with_member_id(joined.member_id.clone())
        .with_assignment(encode_with_version(&assignment, 1).unwrap());
    let mut sync = SyncGroupRequest::default()
        .with_group_id(group.to_owned())
        .with_generation_id(joined.generation_id)
        .with_member_id(joined.member_id.clone())
        .with_protocol_type("consumer")
        .with_protocol_name("range")
        .with_assignments(vec![assignment]);
    sync.group_instance_id = instance.map(|id| id.to_owned().into());
    let synced = client.send(sync).await.unwrap();
    assert_eq!(synced.error_code, ErrorCode::NONE);
    joined.member_id.to_string()
}

/// A member of a group of KIP-848. Gives its id, and its epoch.
pub(super) async fn consumer(client: &Client, group: &str, topic: &str) -> (String, i32) {
    let id = unique("member");
    let request = ConsumerGroupHeartbeatRequest::default()
        .with_group_id(group.to_owned())
        .with_member_id(id.clone())
        .with_rebalance_timeout_ms(10_000)
        .with_subscribed_topic_names(vec![topic.to_owned().into()])
        .with_topic_partitions(Vec::new());
    let joined = client.send(request).await.unwrap();
    assert_eq!(
        joined.error_code,
        ErrorCode::NONE,
        "{:?}",
        joined.error_message
    );
    (id, joined.member_epoch)
}

/// The member leaves its group of KIP-848.
pub(super) async fn leave(client: &Client, group: &str, member: &str) {
    let request = ConsumerGroupHeartbeatRequest::default()
        .with_group_id(group.to_owned())
        .with_member_id(member.to_owned())
        .with_member_epoch(-1);
    let left = client.send(request).await.unwrap();
    assert_eq!(left.error_code, ErrorCode::NONE, "{:?}", left.error_message);
}

/// A member of a share group joins, or leaves if the epoch is -1.
pub(super) async fn share(client: &Client, group: &str, topic: &str, member: &str, epoch: i32) {
    let mut request = ShareGroupHeartbeatRequest::default()
        .with_group_id(group.to_owned())
        .with_member_id(member.to_owned())
        .with_member_epoch(epoch);
    if epoch == 0 {
        request = request.with_subscribed_topic_names(vec![topic.to_owned().into()]);
    }
    let joined = client.send(request).await.unwrap();
    assert_eq!(
        joined.error_code,
        ErrorCode::NONE,
        "{:?}",
        joined.error_message
    );
}

/// A member of a Kafka Streams application joins, or leaves if the epoch is -1.
pub(super) async fn streams(client: &Client, group: &str, topic: &str, member: &str, epoch: i32) {
    let mut request = StreamsGroupHeartbeatRequest::default()
        .with_group_id(group.to_owned())
        .with_member_id(member.to_owned())
        .with_member_epoch(epoch);
    if epoch == 0 {
        let part = Subtopology::default()
            .with_subtopology_id("0")
            .with_source_topics(vec![topic.to_owned().into()]);
        request = request
            .with_rebalance_timeout_ms(10_000)
            .with_process_id("process")
            .with_topology(
                Topology::default()
                    .with_epoch(1)
                    .with_subtopologies(vec![part]),
            )
            .with_active_tasks(Vec::new())
            .with_standby_tasks(Vec::new())
            .with_warmup_tasks(Vec::new())
            .with_client_tags(Vec::new());
    }
    let joined = client.send(request).await.unwrap();
    assert_eq!(
        joined.error_code,
        ErrorCode::NONE,
        "{:?}",
        joined.error_message
    );
}
