//! What is done about an error code.

use milena_wire::api_key::ApiKey;
use milena_wire::error_code::ErrorCode;

/// What is done about an error code in an answer of an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reaction {
    /// Whether the request, or the part of it that failed, is sent again.
    pub(crate) retry: Retry,
    /// What is done first, or beside it: it may be needed by others, even if this request is not sent again.
    pub(crate) then: Remedy,
}

/// Whether a request is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// It would fail again, or somebody above has to decide.
    No,
    /// It may have been carried out: only if to do so twice does no harm.
    IfIdempotent,
    /// It was not carried out.
    Yes,
}

/// What has to happen before another attempt can succeed, beside waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Nothing.
    None,
    /// Metadata is asked for again: leaders have moved, or a topic was made anew.
    RefreshMetadata,
    /// The coordinator is forgotten and looked for again.
    FindCoordinator,
    /// The controller is looked for again.
    FindController,
    /// All that is known of the cluster is forgotten, and it begins from the bootstrap addresses.
    Rebootstrap,
    /// The wait is the answer's `throttle_time_ms`.
    WaitThrottle,
}

/// What kind of trouble a code tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// No attempt will help, or those above know what to do: a group's member joins anew, a transaction is aborted.
    Final,
    /// Nothing was done, and after a while it may be.
    Again,
    /// The topic is unknown: to this broker, for it has yet to hear of it; or at all.
    Topic,
    /// The broker does not lead the partition, or the quorum.
    Leader,
    /// The broker's idea of a partition is not the client's, or it cannot serve it.
    Partition,
    /// The leader epoch that the request carries is over.
    Fenced,
    /// A partition has no leader that can be reached.
    Leaderless,
    /// A broker that is needed is not there.
    Broker,
    /// A batch did not arrive whole.
    Batch,
    /// A batch was written, but not to enough replicas.
    Appended,
    /// Not done in time, or nobody knows.
    TimedOut,
    /// The broker lost a connection of its own over it.
    Lost,
    /// The broker does not coordinate the group or transaction.
    Coordinator,
    /// The broker is not the controller.
    Controller,
    /// A quota is exceeded.
    Throttled,
    /// What the client knows of the cluster is out of date.
    Outdated,
    /// A session of fetches must begin anew, which is for those who keep it.
    Session,
    /// What an election came to, which is for the one who asked for it.
    Election,
}

/// Every code of Kafka, in ascending order. A code that is not here is final.
static TABLE: &[(ErrorCode, Class)] = &[
    (ErrorCode::UNKNOWN_SERVER_ERROR, Class::Final),
    (ErrorCode::NONE, Class::Final),
    (ErrorCode::OFFSET_OUT_OF_RANGE, Class::Final),
    (ErrorCode::CORRUPT_MESSAGE, Class::Batch),
    (ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, Class::Topic),
    (ErrorCode::INVALID_FETCH_SIZE, Class::Final),
    (ErrorCode::LEADER_NOT_AVAILABLE, Class::Leaderless),
    (ErrorCode::NOT_LEADER_OR_FOLLOWER, Class::Leader),
    (ErrorCode::REQUEST_TIMED_OUT, Class::TimedOut),
    (ErrorCode::BROKER_NOT_AVAILABLE, Class::Broker),
    (ErrorCode::REPLICA_NOT_AVAILABLE, Class::Partition),
    (ErrorCode::MESSAGE_TOO_LARGE, Class::Final),
    (ErrorCode::STALE_CONTROLLER_EPOCH, Class::Final),
    (ErrorCode::OFFSET_METADATA_TOO_LARGE, Class::Final),
    (ErrorCode::NETWORK_EXCEPTION, Class::Lost),
    (ErrorCode::COORDINATOR_LOAD_IN_PROGRESS, Class::Again),
    (ErrorCode::COORDINATOR_NOT_AVAILABLE, Class::Coordinator),
    (ErrorCode::NOT_COORDINATOR, Class::Coordinator),
    (ErrorCode::INVALID_TOPIC_EXCEPTION, Class::Final),
    (ErrorCode::RECORD_LIST_TOO_LARGE, Class::Final),
    (ErrorCode::NOT_ENOUGH_REPLICAS, Class::Again),
    (ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND, Class::Appended),
    (ErrorCode::INVALID_REQUIRED_ACKS, Class::Final),
    (ErrorCode::ILLEGAL_GENERATION, Class::Final),
    (ErrorCode::INCONSISTENT_GROUP_PROTOCOL, Class::Final),
    (ErrorCode::INVALID_GROUP_ID, Class::Final),
    (ErrorCode::UNKNOWN_MEMBER_ID, Class::Final),
    (ErrorCode::INVALID_SESSION_TIMEOUT, Class::Final),
    (ErrorCode::REBALANCE_IN_PROGRESS, Class::Final),
    (ErrorCode::INVALID_COMMIT_OFFSET_SIZE, Class::Final),
    (ErrorCode::TOPIC_AUTHORIZATION_FAILED, Class::Final),
    (ErrorCode::GROUP_AUTHORIZATION_FAILED, Class::Final),
    (ErrorCode::CLUSTER_AUTHORIZATION_FAILED, Class::Final),
    (ErrorCode::INVALID_TIMESTAMP, Class::Final),
    (ErrorCode::UNSUPPORTED_SASL_MECHANISM, Class::Final),
    (ErrorCode::ILLEGAL_SASL_STATE, Class::Final),
    (ErrorCode::UNSUPPORTED_VERSION, Class::Final),
    (ErrorCode::TOPIC_ALREADY_EXISTS, Class::Final),
    (ErrorCode::INVALID_PARTITIONS, Class::Final),
    (ErrorCode::INVALID_REPLICATION_FACTOR, Class::Final),
    (ErrorCode::INVALID_REPLICA_ASSIGNMENT, Class::Final),
    (ErrorCode::INVALID_CONFIG, Class::Final),
    (ErrorCode::NOT_CONTROLLER, Class::Controller),
    (ErrorCode::INVALID_REQUEST, Class::Final),
    (ErrorCode::UNSUPPORTED_FOR_MESSAGE_FORMAT, Class::Final),
    (ErrorCode::POLICY_VIOLATION, Class::Final),
    (ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER, Class::Final),
    (ErrorCode::DUPLICATE_SEQUENCE_NUMBER, Class::Final),
    (ErrorCode::INVALID_PRODUCER_EPOCH, Class::Final),
    (ErrorCode::INVALID_TXN_STATE, Class::Final),
    (ErrorCode::INVALID_PRODUCER_ID_MAPPING, Class::Final),
    (ErrorCode::INVALID_TRANSACTION_TIMEOUT, Class::Final),
    (ErrorCode::CONCURRENT_TRANSACTIONS, Class::Again),
    (ErrorCode::TRANSACTION_COORDINATOR_FENCED, Class::Final),
    (
        ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        Class::Final,
    ),
    (ErrorCode::SECURITY_DISABLED, Class::Final),
    (ErrorCode::OPERATION_NOT_ATTEMPTED, Class::Final),
    (ErrorCode::KAFKA_STORAGE_ERROR, Class::Partition),
    (ErrorCode::LOG_DIR_NOT_FOUND, Class::Final),
    (ErrorCode::SASL_AUTHENTICATION_FAILED, Class::Final),
    (ErrorCode::UNKNOWN_PRODUCER_ID, Class::Final),
    (ErrorCode::REASSIGNMENT_IN_PROGRESS, Class::Final),
    (ErrorCode::DELEGATION_TOKEN_AUTH_DISABLED, Class::Final),
    (ErrorCode::DELEGATION_TOKEN_NOT_FOUND, Class::Final),
    (ErrorCode::DELEGATION_TOKEN_OWNER_MISMATCH, Class::Final),
    (
        ErrorCode::DELEGATION_TOKEN_REQUEST_NOT_ALLOWED,
        Class::Final,
    ),
    (
        ErrorCode::DELEGATION_TOKEN_AUTHORIZATION_FAILED,
        Class::Final,
    ),
    (ErrorCode::DELEGATION_TOKEN_EXPIRED, Class::Final),
    (ErrorCode::INVALID_PRINCIPAL_TYPE, Class::Final),
    (ErrorCode::NON_EMPTY_GROUP, Class::Final),
    (ErrorCode::GROUP_ID_NOT_FOUND, Class::Final),
    (ErrorCode::FETCH_SESSION_ID_NOT_FOUND, Class::Session),
    (ErrorCode::INVALID_FETCH_SESSION_EPOCH, Class::Session),
    (ErrorCode::LISTENER_NOT_FOUND, Class::Leaderless),
    (ErrorCode::TOPIC_DELETION_DISABLED, Class::Final),
    (ErrorCode::FENCED_LEADER_EPOCH, Class::Fenced),
    (ErrorCode::UNKNOWN_LEADER_EPOCH, Class::Partition),
    (ErrorCode::UNSUPPORTED_COMPRESSION_TYPE, Class::Final),
    (ErrorCode::STALE_BROKER_EPOCH, Class::Final),
    (ErrorCode::OFFSET_NOT_AVAILABLE, Class::Again),
    (ErrorCode::MEMBER_ID_REQUIRED, Class::Final),
    (ErrorCode::PREFERRED_LEADER_NOT_AVAILABLE, Class::Election),
    (ErrorCode::GROUP_MAX_SIZE_REACHED, Class::Final),
    (ErrorCode::FENCED_INSTANCE_ID, Class::Final),
    (ErrorCode::ELIGIBLE_LEADERS_NOT_AVAILABLE, Class::Election),
    (ErrorCode::ELECTION_NOT_NEEDED, Class::Election),
    (ErrorCode::NO_REASSIGNMENT_IN_PROGRESS, Class::Final),
    (ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC, Class::Final),
    (ErrorCode::INVALID_RECORD, Class::Final),
    (ErrorCode::UNSTABLE_OFFSET_COMMIT, Class::Again),
    (ErrorCode::THROTTLING_QUOTA_EXCEEDED, Class::Throttled),
    (ErrorCode::PRODUCER_FENCED, Class::Final),
    (ErrorCode::RESOURCE_NOT_FOUND, Class::Final),
    (ErrorCode::DUPLICATE_RESOURCE, Class::Final),
    (ErrorCode::UNACCEPTABLE_CREDENTIAL, Class::Final),
    (ErrorCode::INCONSISTENT_VOTER_SET, Class::Final),
    (ErrorCode::INVALID_UPDATE_VERSION, Class::Final),
    (ErrorCode::FEATURE_UPDATE_FAILED, Class::Final),
    (ErrorCode::PRINCIPAL_DESERIALIZATION_FAILURE, Class::Final),
    (ErrorCode::SNAPSHOT_NOT_FOUND, Class::Final),
    (ErrorCode::POSITION_OUT_OF_RANGE, Class::Final),
    (ErrorCode::UNKNOWN_TOPIC_ID, Class::Topic),
    (ErrorCode::DUPLICATE_BROKER_REGISTRATION, Class::Final),
    (ErrorCode::BROKER_ID_NOT_REGISTERED, Class::Final),
    (ErrorCode::INCONSISTENT_TOPIC_ID, Class::Partition),
    (ErrorCode::INCONSISTENT_CLUSTER_ID, Class::Final),
    (ErrorCode::TRANSACTIONAL_ID_NOT_FOUND, Class::Final),
    (ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR, Class::Session),
    (ErrorCode::INELIGIBLE_REPLICA, Class::Final),
    (ErrorCode::NEW_LEADER_ELECTED, Class::Final),
    (ErrorCode::OFFSET_MOVED_TO_TIERED_STORAGE, Class::Final),
    (ErrorCode::FENCED_MEMBER_EPOCH, Class::Final),
    (ErrorCode::UNRELEASED_INSTANCE_ID, Class::Final),
    (ErrorCode::UNSUPPORTED_ASSIGNOR, Class::Final),
    (ErrorCode::STALE_MEMBER_EPOCH, Class::Final),
    (ErrorCode::MISMATCHED_ENDPOINT_TYPE, Class::Final),
    (ErrorCode::UNSUPPORTED_ENDPOINT_TYPE, Class::Final),
    (ErrorCode::UNKNOWN_CONTROLLER_ID, Class::Final),
    (ErrorCode::UNKNOWN_SUBSCRIPTION_ID, Class::Final),
    (ErrorCode::TELEMETRY_TOO_LARGE, Class::Final),
    (ErrorCode::INVALID_REGISTRATION, Class::Final),
    (ErrorCode::TRANSACTION_ABORTABLE, Class::Final),
    (ErrorCode::INVALID_RECORD_STATE, Class::Final),
    (ErrorCode::SHARE_SESSION_NOT_FOUND, Class::Session),
    (ErrorCode::INVALID_SHARE_SESSION_EPOCH, Class::Session),
    (ErrorCode::FENCED_STATE_EPOCH, Class::Final),
    (ErrorCode::INVALID_VOTER_KEY, Class::Final),
    (ErrorCode::DUPLICATE_VOTER, Class::Final),
    (ErrorCode::VOTER_NOT_FOUND, Class::Final),
    (ErrorCode::INVALID_REGULAR_EXPRESSION, Class::Final),
    (ErrorCode::REBOOTSTRAP_REQUIRED, Class::Outdated),
    (ErrorCode::STREAMS_INVALID_TOPOLOGY, Class::Final),
    (ErrorCode::STREAMS_INVALID_TOPOLOGY_EPOCH, Class::Final),
    (ErrorCode::STREAMS_TOPOLOGY_FENCED, Class::Final),
    (ErrorCode::SHARE_SESSION_LIMIT_REACHED, Class::Again),
];

/// What is done about this code in an answer of this API.
///
/// Session errors of fetches, and what moves members in and out of groups, are final here: they are healed by another request than the one
/// that failed, which those above make. So is `FENCED_LEADER_EPOCH`: the request has to carry the newer epoch, which is there soon. The broker
/// that answers `UNKNOWN_LEADER_EPOCH` has yet to hear of the epoch: it is asked again.
pub(crate) fn reaction(api: ApiKey, code: ErrorCode) -> Reaction {
    let (retry, then) = match class(code) {
        Class::Final | Class::Session | Class::Election => (Retry::No, Remedy::None),
        Class::Again => (Retry::Yes, Remedy::None),
        Class::Topic => match api {
            api if is_share(api) => (Retry::No, Remedy::RefreshMetadata),
            // To whom a topic is new that others know already.
            ApiKey::OFFSET_COMMIT | ApiKey::TXN_OFFSET_COMMIT | ApiKey::ADD_PARTITIONS_TO_TXN => {
                (Retry::Yes, Remedy::RefreshMetadata)
            }
            api if goes_to_leader(api) => (Retry::Yes, Remedy::RefreshMetadata),
            // Whoever describes, alters or deletes a topic wants to hear that there is none.
            _ => (Retry::No, Remedy::None),
        },
        Class::Leader => match api {
            api if goes_to_quorum_leader(api) => (Retry::Yes, Remedy::FindController),
            api => stale_partition(api),
        },
        Class::Partition => stale_partition(api),
        // An epoch is only there if the caller has set it, and to send it again is in vain: he looks at what has become of his log first.
        Class::Fenced => (Retry::No, stale_partition(api).1),
        Class::Leaderless => match api {
            // The answer is a description, as good as it can be: others of its topics have leaders.
            ApiKey::METADATA | ApiKey::DESCRIBE_TOPIC_PARTITIONS => {
                (Retry::No, Remedy::RefreshMetadata)
            }
            api if is_share(api) => (Retry::No, Remedy::RefreshMetadata),
            _ => (Retry::Yes, Remedy::RefreshMetadata),
        },
        Class::Broker => match api {
            ApiKey::WRITE_TXN_MARKERS => (Retry::Yes, Remedy::RefreshMetadata),
            _ => (Retry::No, Remedy::None),
        },
        Class::Batch => match api {
            ApiKey::PRODUCE => (Retry::Yes, Remedy::None),
            _ => (Retry::No, Remedy::None),
        },
        Class::Appended => (Retry::IfIdempotent, Remedy::None),
        Class::TimedOut => match api {
            ApiKey::OFFSET_COMMIT | ApiKey::TXN_OFFSET_COMMIT => {
                (Retry::IfIdempotent, Remedy::FindCoordinator)
            }
            _ => (Retry::IfIdempotent, Remedy::None),
        },
        Class::Lost => (Retry::IfIdempotent, Remedy::RefreshMetadata),
        Class::Coordinator => match api {
            // Nobody is the coordinator yet: there is nothing to forget.
            ApiKey::FIND_COORDINATOR => (Retry::Yes, Remedy::None),
            // Asked of each broker, of which one has nothing to say yet.
            ApiKey::LIST_GROUPS => (Retry::Yes, Remedy::None),
            // This one is shutting down.
            ApiKey::LIST_TRANSACTIONS => (Retry::No, Remedy::None),
            _ => (Retry::Yes, Remedy::FindCoordinator),
        },
        Class::Controller => (Retry::Yes, Remedy::FindController),
        Class::Throttled => (Retry::Yes, Remedy::WaitThrottle),
        Class::Outdated => (Retry::Yes, Remedy::Rebootstrap),
    };
    Reaction { retry, then }
}

fn class(code: ErrorCode) -> Class {
    let at = TABLE.binary_search_by_key(&code, |(code, _)| *code).ok();
    at.and_then(|at| TABLE.get(at))
        .map_or(Class::Final, |(_, class)| *class)
}

/// The partition is to be asked for elsewhere, or with newer knowledge.
fn stale_partition(api: ApiKey) -> (Retry, Remedy) {
    match api {
        // A request of a session is not repeated at another broker.
        api if is_share(api) => (Retry::No, Remedy::RefreshMetadata),
        // With acks=all, a leader that is deposed while the batch waits for its followers answers so, too, and the batch may be in the log of the
        // new one: a rolling restart of a real cluster doubles records otherwise.
        ApiKey::PRODUCE => (Retry::IfIdempotent, Remedy::RefreshMetadata),
        api if goes_to_leader(api) => (Retry::Yes, Remedy::RefreshMetadata),
        // About a directory or a replica, and part of what was asked.
        _ => (Retry::No, Remedy::None),
    }
}

/// Whether requests of this API go to the leaders of partitions.
fn goes_to_leader(api: ApiKey) -> bool {
    matches!(
        api,
        ApiKey::PRODUCE
            | ApiKey::FETCH
            | ApiKey::LIST_OFFSETS
            | ApiKey::DELETE_RECORDS
            | ApiKey::OFFSET_FOR_LEADER_EPOCH
            | ApiKey::DESCRIBE_PRODUCERS
            | ApiKey::WRITE_TXN_MARKERS
    )
}

/// Whether requests of this API go to partition leaders in a share session, which counts them.
fn is_share(api: ApiKey) -> bool {
    matches!(api, ApiKey::SHARE_FETCH | ApiKey::SHARE_ACKNOWLEDGE)
}

/// Whether requests of this API are answered by the leader of the metadata quorum, which is the controller.
fn goes_to_quorum_leader(api: ApiKey) -> bool {
    matches!(
        api,
        ApiKey::DESCRIBE_QUORUM | ApiKey::ADD_RAFT_VOTER | ApiKey::REMOVE_RAFT_VOTER
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a code is worth another attempt in any API.
    fn is_ever_retried(code: ErrorCode) -> bool {
        let all = ApiKey::ALL.iter();
        let reactions = all.map(|api| reaction(*api, code));
        reactions
            .into_iter()
            .any(|reaction| reaction.retry != Retry::No)
    }

    /// Statement 18.
    #[test]
    fn the_table_has_every_code_once() {
        let codes: Vec<_> = TABLE.iter().map(|(code, _)| *code).collect();
        assert_eq!(codes, ErrorCode::ALL);
        assert!(codes.is_sorted());
    }

    /// Statement 18: as Java's client, which knows for each code whether it is retriable, but for those whose retry is another request.
    #[test]
    fn what_java_retries_is_retried_somewhere() {
        let for_those_above = [
            ErrorCode::FENCED_LEADER_EPOCH,
            ErrorCode::FETCH_SESSION_ID_NOT_FOUND,
            ErrorCode::INVALID_FETCH_SESSION_EPOCH,
            ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR,
            ErrorCode::SHARE_SESSION_NOT_FOUND,
            ErrorCode::INVALID_SHARE_SESSION_EPOCH,
            ErrorCode::PREFERRED_LEADER_NOT_AVAILABLE,
            ErrorCode::ELIGIBLE_LEADERS_NOT_AVAILABLE,
            ErrorCode::ELECTION_NOT_NEEDED,
        ];
        // Java does so in code of its own.
        let by_name_only = [
            ErrorCode::BROKER_NOT_AVAILABLE,
            ErrorCode::REBOOTSTRAP_REQUIRED,
        ];
        for &code in ErrorCode::ALL {
            let in_java = code.is_retriable() && !for_those_above.contains(&code);
            let expected = in_java || by_name_only.contains(&code);
            assert_eq!(is_ever_retried(code), expected, "{code:?}");
        }
    }

    /// Statement 18: authentication, authorisation, versions and invalid requests.
    #[test]
    fn what_cannot_get_better_is_final_in_every_api() {
        for code in [
            ErrorCode::NONE,
            ErrorCode::SASL_AUTHENTICATION_FAILED,
            ErrorCode::UNSUPPORTED_SASL_MECHANISM,
            ErrorCode::TOPIC_AUTHORIZATION_FAILED,
            ErrorCode::GROUP_AUTHORIZATION_FAILED,
            ErrorCode::CLUSTER_AUTHORIZATION_FAILED,
            ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
            ErrorCode::DELEGATION_TOKEN_AUTHORIZATION_FAILED,
            ErrorCode::UNSUPPORTED_VERSION,
            ErrorCode::INVALID_REQUEST,
            ErrorCode::INVALID_TOPIC_EXCEPTION,
            ErrorCode::TOPIC_ALREADY_EXISTS,
            ErrorCode::UNKNOWN_SERVER_ERROR,
            ErrorCode(999),
            ErrorCode(i16::MIN),
        ] {
            for &api in ApiKey::ALL.iter().chain([&ApiKey(999)]) {
                let expected = Reaction {
                    retry: Retry::No,
                    then: Remedy::None,
                };
                assert_eq!(reaction(api, code), expected, "{api} {code:?}");
            }
        }
    }

    /// Statements 2, 5, 17 and 18, and what Java's clients do, API by API.
    #[test]
    fn the_same_code_means_other_things_in_other_apis() {
        use Remedy::{
            FindController, FindCoordinator, None, Rebootstrap, RefreshMetadata, WaitThrottle,
        };
        use Retry::{IfIdempotent, No, Yes};
        let refresh = (Yes, RefreshMetadata);
        let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
        let unknown_id = ErrorCode::UNKNOWN_TOPIC_ID;
        let not_leader = ErrorCode::NOT_LEADER_OR_FOLLOWER;
        let storage = ErrorCode::KAFKA_STORAGE_ERROR;
        let no_coordinator = ErrorCode::COORDINATOR_NOT_AVAILABLE;
        let timed_out = ErrorCode::REQUEST_TIMED_OUT;
        for (api, code, (retry, then)) in [
            (ApiKey::PRODUCE, unknown, refresh),
            (ApiKey::FETCH, unknown, refresh),
            (ApiKey::LIST_OFFSETS, unknown, refresh),
            (ApiKey::DELETE_RECORDS, unknown, refresh),
            (ApiKey::OFFSET_FOR_LEADER_EPOCH, unknown, refresh),
            (ApiKey::DESCRIBE_PRODUCERS, unknown, refresh),
            (ApiKey::OFFSET_COMMIT, unknown, refresh),
            (ApiKey::TXN_OFFSET_COMMIT, unknown, refresh),
            (ApiKey::ADD_PARTITIONS_TO_TXN, unknown, refresh),
            (ApiKey::CREATE_PARTITIONS, unknown, (No, None)),
            (ApiKey::DELETE_TOPICS, unknown, (No, None)),
            (ApiKey::DESCRIBE_CONFIGS, unknown, (No, None)),
            (ApiKey::INCREMENTAL_ALTER_CONFIGS, unknown, (No, None)),
            (ApiKey::ALTER_PARTITION_REASSIGNMENTS, unknown, (No, None)),
            (ApiKey::ELECT_LEADERS, unknown, (No, None)),
            (ApiKey::METADATA, unknown, (No, None)),
            (ApiKey::OFFSET_FETCH, unknown, (No, None)),
            (ApiKey::PRODUCE, unknown_id, refresh),
            (ApiKey::FETCH, unknown_id, refresh),
            (ApiKey::DELETE_TOPICS, unknown_id, (No, None)),
            (ApiKey::FETCH, ErrorCode::INCONSISTENT_TOPIC_ID, refresh),
            (ApiKey::PRODUCE, not_leader, (IfIdempotent, RefreshMetadata)),
            (ApiKey::LIST_OFFSETS, not_leader, refresh),
            (ApiKey::SHARE_FETCH, not_leader, (No, RefreshMetadata)),
            (ApiKey::DESCRIBE_QUORUM, not_leader, (Yes, FindController)),
            (
                ApiKey::FETCH,
                ErrorCode::FENCED_LEADER_EPOCH,
                (No, RefreshMetadata),
            ),
            (
                ApiKey::LIST_OFFSETS,
                ErrorCode::UNKNOWN_LEADER_EPOCH,
                refresh,
            ),
            (ApiKey::PRODUCE, storage, (IfIdempotent, RefreshMetadata)),
            (ApiKey::DESCRIBE_LOG_DIRS, storage, (No, None)),
            (
                ApiKey::ALTER_REPLICA_LOG_DIRS,
                ErrorCode::REPLICA_NOT_AVAILABLE,
                (No, None),
            ),
            (ApiKey::PRODUCE, ErrorCode::LEADER_NOT_AVAILABLE, refresh),
            (
                ApiKey::METADATA,
                ErrorCode::LEADER_NOT_AVAILABLE,
                (No, RefreshMetadata),
            ),
            (
                ApiKey::METADATA,
                ErrorCode::REBOOTSTRAP_REQUIRED,
                (Yes, Rebootstrap),
            ),
            (
                ApiKey::CREATE_TOPICS,
                ErrorCode::NOT_CONTROLLER,
                (Yes, FindController),
            ),
            (
                ApiKey::CREATE_TOPICS,
                ErrorCode::THROTTLING_QUOTA_EXCEEDED,
                (Yes, WaitThrottle),
            ),
            (
                ApiKey::OFFSET_COMMIT,
                ErrorCode::NOT_COORDINATOR,
                (Yes, FindCoordinator),
            ),
            (ApiKey::HEARTBEAT, no_coordinator, (Yes, FindCoordinator)),
            (
                ApiKey::END_TXN,
                ErrorCode::NOT_COORDINATOR,
                (Yes, FindCoordinator),
            ),
            (ApiKey::FIND_COORDINATOR, no_coordinator, (Yes, None)),
            (ApiKey::LIST_GROUPS, no_coordinator, (Yes, None)),
            (ApiKey::LIST_TRANSACTIONS, no_coordinator, (No, None)),
            (
                ApiKey::OFFSET_FETCH,
                ErrorCode::COORDINATOR_LOAD_IN_PROGRESS,
                (Yes, None),
            ),
            (
                ApiKey::OFFSET_FETCH,
                ErrorCode::UNSTABLE_OFFSET_COMMIT,
                (Yes, None),
            ),
            (
                ApiKey::INIT_PRODUCER_ID,
                ErrorCode::CONCURRENT_TRANSACTIONS,
                (Yes, None),
            ),
            (ApiKey::PRODUCE, ErrorCode::NOT_ENOUGH_REPLICAS, (Yes, None)),
            (
                ApiKey::PRODUCE,
                ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND,
                (IfIdempotent, None),
            ),
            (ApiKey::PRODUCE, ErrorCode::CORRUPT_MESSAGE, (Yes, None)),
            (ApiKey::FETCH, ErrorCode::CORRUPT_MESSAGE, (No, None)),
            (ApiKey::PRODUCE, timed_out, (IfIdempotent, None)),
            (ApiKey::CREATE_TOPICS, timed_out, (IfIdempotent, None)),
            (
                ApiKey::OFFSET_COMMIT,
                timed_out,
                (IfIdempotent, FindCoordinator),
            ),
            (
                ApiKey::CREATE_TOPICS,
                ErrorCode::NETWORK_EXCEPTION,
                (IfIdempotent, RefreshMetadata),
            ),
            (
                ApiKey::WRITE_TXN_MARKERS,
                ErrorCode::BROKER_NOT_AVAILABLE,
                refresh,
            ),
            (ApiKey::FETCH, ErrorCode::OFFSET_OUT_OF_RANGE, (No, None)),
            (
                ApiKey::FETCH,
                ErrorCode::INVALID_FETCH_SESSION_EPOCH,
                (No, None),
            ),
            (
                ApiKey::HEARTBEAT,
                ErrorCode::REBALANCE_IN_PROGRESS,
                (No, None),
            ),
            (
                ApiKey::OFFSET_COMMIT,
                ErrorCode::ILLEGAL_GENERATION,
                (No, None),
            ),
        ] {
            assert_eq!(
                reaction(api, code),
                Reaction { retry, then },
                "{api} {code:?}"
            );
        }
    }

    /// Statement 18: nothing that may have been carried out is sent again by the code alone.
    #[test]
    fn what_may_have_been_done_is_left_to_idempotence() {
        for code in [
            ErrorCode::REQUEST_TIMED_OUT,
            ErrorCode::NETWORK_EXCEPTION,
            ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        ] {
            for &api in ApiKey::ALL {
                assert_eq!(
                    reaction(api, code).retry,
                    Retry::IfIdempotent,
                    "{api} {code:?}"
                );
            }
        }
    }
}
