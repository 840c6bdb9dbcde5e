//! Which requests have the same effect sent twice as once.

use milena_wire::api_key::ApiKey;
use milena_wire::messages::ProduceRequest;

/// Whether requests of an API have the same effect sent twice as once, as far as the API alone decides.
pub(super) fn is_idempotent(api: ApiKey) -> bool {
    match api {
        // It depends on the content: see below.
        ApiKey::PRODUCE
        // They make something new each time, or refuse it the second time.
        | ApiKey::CREATE_TOPICS
        | ApiKey::DELETE_TOPICS
        | ApiKey::CREATE_PARTITIONS
        | ApiKey::CREATE_DELEGATION_TOKEN
        | ApiKey::RENEW_DELEGATION_TOKEN
        | ApiKey::EXPIRE_DELEGATION_TOKEN
        | ApiKey::DELETE_GROUPS
        | ApiKey::ELECT_LEADERS
        | ApiKey::UNREGISTER_BROKER
        | ApiKey::ADD_RAFT_VOTER
        | ApiKey::REMOVE_RAFT_VOTER
        | ApiKey::ALTER_USER_SCRAM_CREDENTIALS
        | ApiKey::UPDATE_FEATURES
        // The answer to the second deletion would not tell what the first has deleted.
        | ApiKey::DELETE_ACLS
        // Lists of configs can be appended to.
        | ApiKey::INCREMENTAL_ALTER_CONFIGS
        // Each makes a member, unless it has its id already.
        | ApiKey::JOIN_GROUP
        // They carry acknowledgements of the session's next epoch.
        | ApiKey::SHARE_FETCH
        | ApiKey::SHARE_ACKNOWLEDGE
        | ApiKey::PUSH_TELEMETRY
        // They belong to the connection.
        | ApiKey::SASL_HANDSHAKE
        | ApiKey::SASL_AUTHENTICATE => false,
        _ => true,
    }
}

/// Whether the broker can tell that it has the batches already: each of them is from a producer with an id.
pub(super) fn has_producer_ids(request: &ProduceRequest) -> bool {
    request
        .topic_data
        .iter()
        .flat_map(|topic| &topic.partition_data)
        .filter_map(|partition| partition.records.as_ref())
        .all(|records| batches_have_producer_ids(records))
}

/// Looks at the producer id in the header of each batch; what is no batch of format 2 has none.
fn batches_have_producer_ids(mut records: &[u8]) -> bool {
    while !records.is_empty() {
        let length = records.get(8..12).and_then(number);
        let producer_id = records.get(43..51);
        let (Some(length), Some(2), Some([sign, ..])) = (length, records.get(16), producer_id)
        else {
            return false;
        };
        if sign & 0x80 != 0 {
            return false;
        }
        let next = usize::try_from(length).ok().and_then(|length| {
            let size = length.checked_add(12)?;
            records.get(size..)
        });
        match next {
            Some(next) => records = next,
            None => return false,
        }
    }
    true
}

fn number(bytes: &[u8]) -> Option<i32> {
    Some(i32::from_be_bytes(bytes.try_into().ok()?))
}
