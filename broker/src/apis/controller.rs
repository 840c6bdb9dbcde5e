//! Who takes requests to the controller. By KRaft every broker does, and passes them on; with ZooKeeper one of the brokers is the controller.

use milena_wire::api_key::ApiKey;

use super::exchange::Context;

/// The requests that brokers with ZooKeeper took only if they were the controller.
const FOR_CONTROLLER: &[ApiKey] = &[
    ApiKey::CREATE_TOPICS,
    ApiKey::DELETE_TOPICS,
    ApiKey::CREATE_PARTITIONS,
    ApiKey::ELECT_LEADERS,
    ApiKey::ALTER_PARTITION_REASSIGNMENTS,
    ApiKey::LIST_PARTITION_REASSIGNMENTS,
    ApiKey::ALTER_USER_SCRAM_CREDENTIALS,
    ApiKey::UPDATE_FEATURES,
];

/// Whether a request has come to a node that is not the controller, and only that would take it.
pub(super) fn is_elsewhere(context: &Context<'_>, key: ApiKey) -> bool {
    let shared = context.shared;
    shared.zookeeper
        && FOR_CONTROLLER.contains(&key)
        && shared.nodes.controller() != Some(context.node)
}
