//! Which requests may be made twice, and which are never kept waiting for a retry.

use milena_wire::api_key::ApiKey;

/// Whether a request of this API that may have been carried out may be sent again: done twice it leaves the cluster as done once, and the
/// second answer is no error that is there only because of the first. A topic that is gone cannot be deleted, so deleting topics is not
/// among them, though Java's admin would do it.
///
/// Produce is decided by its content: see whether its batches carry a producer id.
pub(crate) fn is_idempotent(api: ApiKey) -> bool {
    matches!(
        api,
        // What reads.
        ApiKey::FETCH
            | ApiKey::LIST_OFFSETS
            | ApiKey::METADATA
            | ApiKey::OFFSET_FETCH
            | ApiKey::FIND_COORDINATOR
            | ApiKey::DESCRIBE_GROUPS
            | ApiKey::LIST_GROUPS
            | ApiKey::API_VERSIONS
            | ApiKey::OFFSET_FOR_LEADER_EPOCH
            | ApiKey::DESCRIBE_ACLS
            | ApiKey::DESCRIBE_CONFIGS
            | ApiKey::DESCRIBE_LOG_DIRS
            | ApiKey::DESCRIBE_DELEGATION_TOKEN
            | ApiKey::LIST_PARTITION_REASSIGNMENTS
            | ApiKey::DESCRIBE_CLIENT_QUOTAS
            | ApiKey::DESCRIBE_USER_SCRAM_CREDENTIALS
            | ApiKey::DESCRIBE_QUORUM
            | ApiKey::DESCRIBE_CLUSTER
            | ApiKey::DESCRIBE_PRODUCERS
            | ApiKey::DESCRIBE_TRANSACTIONS
            | ApiKey::LIST_TRANSACTIONS
            | ApiKey::CONSUMER_GROUP_DESCRIBE
            | ApiKey::GET_TELEMETRY_SUBSCRIPTIONS
            | ApiKey::LIST_CONFIG_RESOURCES
            | ApiKey::DESCRIBE_TOPIC_PARTITIONS
            | ApiKey::SHARE_GROUP_DESCRIBE
            | ApiKey::STREAMS_GROUP_DESCRIBE
            | ApiKey::DESCRIBE_SHARE_GROUP_OFFSETS
            // What says how things shall be, in groups and transactions. Joins are not here: without a member id each makes a member.
            | ApiKey::OFFSET_COMMIT
            | ApiKey::HEARTBEAT
            | ApiKey::SYNC_GROUP
            | ApiKey::INIT_PRODUCER_ID
            | ApiKey::ADD_PARTITIONS_TO_TXN
            | ApiKey::ADD_OFFSETS_TO_TXN
            | ApiKey::END_TXN
            | ApiKey::TXN_OFFSET_COMMIT
            | ApiKey::WRITE_TXN_MARKERS
            // And elsewhere. A value that is in a config's list already is not appended again.
            | ApiKey::DELETE_RECORDS
            | ApiKey::OFFSET_DELETE
            | ApiKey::CREATE_ACLS
            | ApiKey::DELETE_ACLS
            | ApiKey::ALTER_CONFIGS
            | ApiKey::INCREMENTAL_ALTER_CONFIGS
            | ApiKey::ALTER_REPLICA_LOG_DIRS
            | ApiKey::ALTER_CLIENT_QUOTAS
            | ApiKey::ALTER_SHARE_GROUP_OFFSETS
            | ApiKey::RENEW_DELEGATION_TOKEN
            // ELECTION_NOT_NEEDED counts as success.
            | ApiKey::ELECT_LEADERS
    )
}

/// Whether a retry of this API goes past the budget: what carries the records, what keeps groups and transactions alive, and what finds
/// the way. Their back-offs are enough, and to hold them up would make things worse.
pub(crate) fn is_exempt_from_budget(api: ApiKey) -> bool {
    matches!(
        api,
        ApiKey::PRODUCE
            | ApiKey::FETCH
            | ApiKey::SHARE_FETCH
            | ApiKey::SHARE_ACKNOWLEDGE
            | ApiKey::METADATA
            | ApiKey::API_VERSIONS
            | ApiKey::FIND_COORDINATOR
            | ApiKey::OFFSET_COMMIT
            | ApiKey::OFFSET_FETCH
            | ApiKey::JOIN_GROUP
            | ApiKey::SYNC_GROUP
            | ApiKey::HEARTBEAT
            | ApiKey::LEAVE_GROUP
            | ApiKey::CONSUMER_GROUP_HEARTBEAT
            | ApiKey::SHARE_GROUP_HEARTBEAT
            | ApiKey::STREAMS_GROUP_HEARTBEAT
            | ApiKey::INIT_PRODUCER_ID
            | ApiKey::ADD_PARTITIONS_TO_TXN
            | ApiKey::ADD_OFFSETS_TO_TXN
            | ApiKey::TXN_OFFSET_COMMIT
            | ApiKey::END_TXN
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_read(api: ApiKey) -> bool {
        let name = api.name().unwrap();
        name.starts_with("Describe") || name.starts_with("List") || name.ends_with("Describe")
    }

    /// Statement 18.
    #[test]
    fn what_reads_is_idempotent_and_what_makes_something_is_not() {
        for &api in ApiKey::ALL {
            let name = api.name().unwrap();
            assert!(!is_read(api) || is_idempotent(api), "{name}");
            let is_making = name.starts_with("Create") && api != ApiKey::CREATE_ACLS;
            assert!(!is_making || !is_idempotent(api), "{name}");
        }
        for api in [
            ApiKey::FETCH,
            ApiKey::METADATA,
            ApiKey::OFFSET_COMMIT,
            ApiKey::HEARTBEAT,
            ApiKey::INIT_PRODUCER_ID,
            ApiKey::END_TXN,
            ApiKey::FIND_COORDINATOR,
        ] {
            assert!(is_idempotent(api), "{api}");
        }
        for api in [
            ApiKey::PRODUCE,
            ApiKey::JOIN_GROUP,
            ApiKey::LEAVE_GROUP,
            ApiKey::DELETE_TOPICS,
            ApiKey::DELETE_GROUPS,
            ApiKey::ALTER_PARTITION_REASSIGNMENTS,
            ApiKey::PUSH_TELEMETRY,
            ApiKey::SASL_AUTHENTICATE,
            // Their sessions count the requests.
            ApiKey::SHARE_FETCH,
            ApiKey::SHARE_ACKNOWLEDGE,
            ApiKey(999),
        ] {
            assert!(!is_idempotent(api), "{api}");
        }
    }

    /// Statement 18.
    #[test]
    fn records_coordination_and_metadata_are_exempt_from_the_budget() {
        let exempt = ApiKey::ALL
            .iter()
            .filter(|api| is_exempt_from_budget(**api));
        assert_eq!(exempt.count(), 21);
        for api in [
            ApiKey::LIST_OFFSETS,
            ApiKey::CREATE_TOPICS,
            ApiKey::DESCRIBE_CONFIGS,
        ] {
            assert!(!is_exempt_from_budget(api), "{api}");
        }
        for api in [
            ApiKey::PRODUCE,
            ApiKey::FETCH,
            ApiKey::HEARTBEAT,
            ApiKey::METADATA,
        ] {
            assert!(is_exempt_from_budget(api), "{api}");
        }
    }
}
