//! Who waits when a quota is exceeded (KIP-219).

use milena_wire::api_key::ApiKey;

/// Whether, at this version, a broker answers first and leaves it to the client to be silent for the answer's `throttle_time_ms`. Before
/// that version the broker has held the answer back for as long, so that a wait would come on top.
///
/// The versions are those of the Java client (`shouldClientThrottle`). APIs that are younger than KIP-219, most of which Java's client leaves
/// out, are answered first in every version.
pub(crate) fn throttles_first(api: ApiKey, version: i16) -> bool {
    let Some(first) = first_version(api) else {
        return false;
    };
    version >= first
}

fn first_version(api: ApiKey) -> Option<i16> {
    Some(match api {
        ApiKey::PRODUCE | ApiKey::METADATA => 6,
        ApiKey::FETCH => 8,
        ApiKey::OFFSET_COMMIT | ApiKey::OFFSET_FETCH => 4,
        ApiKey::LIST_OFFSETS | ApiKey::JOIN_GROUP | ApiKey::CREATE_TOPICS => 3,
        ApiKey::FIND_COORDINATOR
        | ApiKey::HEARTBEAT
        | ApiKey::LEAVE_GROUP
        | ApiKey::SYNC_GROUP
        | ApiKey::DESCRIBE_GROUPS
        | ApiKey::LIST_GROUPS
        | ApiKey::API_VERSIONS
        | ApiKey::DELETE_TOPICS
        | ApiKey::DESCRIBE_CONFIGS
        // The first version with a throttle time, and younger than KIP-219.
        | ApiKey::OFFSET_FOR_LEADER_EPOCH => 2,
        ApiKey::DELETE_RECORDS
        | ApiKey::INIT_PRODUCER_ID
        | ApiKey::ADD_PARTITIONS_TO_TXN
        | ApiKey::ADD_OFFSETS_TO_TXN
        | ApiKey::END_TXN
        | ApiKey::TXN_OFFSET_COMMIT
        | ApiKey::DESCRIBE_ACLS
        | ApiKey::CREATE_ACLS
        | ApiKey::DELETE_ACLS
        | ApiKey::ALTER_CONFIGS
        | ApiKey::ALTER_REPLICA_LOG_DIRS
        | ApiKey::DESCRIBE_LOG_DIRS
        | ApiKey::CREATE_PARTITIONS
        | ApiKey::CREATE_DELEGATION_TOKEN
        | ApiKey::RENEW_DELEGATION_TOKEN
        | ApiKey::EXPIRE_DELEGATION_TOKEN
        | ApiKey::DESCRIBE_DELEGATION_TOKEN
        | ApiKey::DELETE_GROUPS => 1,
        api if api >= ApiKey::ELECT_LEADERS => 0,
        // Those without a throttle time.
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Statement 17. The versions were read from the classes of kafka-clients 4.3.1.
    #[test]
    fn a_client_is_silent_from_the_versions_of_kip_219_on() {
        for (api, first) in [
            (ApiKey::PRODUCE, 6),
            (ApiKey::FETCH, 8),
            (ApiKey::METADATA, 6),
            (ApiKey::LIST_OFFSETS, 3),
            (ApiKey::OFFSET_COMMIT, 4),
            (ApiKey::API_VERSIONS, 2),
            (ApiKey::CREATE_TOPICS, 3),
            (ApiKey::DELETE_GROUPS, 1),
        ] {
            assert!(!throttles_first(api, first - 1), "{api}");
            assert!(throttles_first(api, first), "{api}");
            assert!(throttles_first(api, i16::MAX), "{api}");
        }
        for api in [
            ApiKey::ELECT_LEADERS,
            ApiKey::INCREMENTAL_ALTER_CONFIGS,
            ApiKey::CONSUMER_GROUP_HEARTBEAT,
        ] {
            assert!(throttles_first(api, 0), "{api}");
        }
        for api in [
            ApiKey::SASL_HANDSHAKE,
            ApiKey::SASL_AUTHENTICATE,
            ApiKey::WRITE_TXN_MARKERS,
        ] {
            assert!(!throttles_first(api, i16::MAX), "{api}");
        }
    }
}
