//! The error codes with which a broker answers.

use std::fmt;

/// An error code of a Kafka broker, as it stands in a response: 0 is success, every other code is an error.
///
/// A code that this version of the crate does not know keeps its number. It is an error, and not retriable.
///
/// ```
/// use milena_wire::error_code::ErrorCode;
///
/// let code = ErrorCode::from(6);
/// assert_eq!(code, ErrorCode::NOT_LEADER_OR_FOLLOWER);
/// assert!(code.is_retriable());
/// assert_eq!(ErrorCode(999).to_string(), "unknown error code 999");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ErrorCode(
    /// The number on the wire.
    pub i16,
);

/// A line of the table below.
struct Entry {
    code: i16,
    name: &'static str,
    retriable: bool,
    meaning: &'static str,
}

/// Makes the associated constants with their docs, [`ErrorCode::ALL`] and the table from one line for each code:
/// number, name, whether it is retriable, what it means, what a client does about it.
macro_rules! error_codes {
    ($($code:literal $name:ident $retry:ident $meaning:literal, $remedy:literal;)*) => {
        impl ErrorCode {
            $(
                #[doc = concat!("Code ", $code, ": ", $meaning, ". ", $remedy)]
                pub const $name: Self = Self($code);
            )*

            /// Every code that this version of the crate knows, in ascending order, [`NONE`](Self::NONE) among them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }

        static TABLE: &[Entry] = &[$(
            Entry { code: $code, name: stringify!($name), retriable: error_codes!(@ $retry), meaning: $meaning },
        )*];
    };
    (@ retry) => { true };
    (@ fatal) => { false };
}

// `retry` is what Java's client retries by itself (a `RetriableException`); `fatal` is everything else, even if another action may
// heal it. `scripts/check-error-codes.sh` compares numbers, names and this column with Kafka's own enum.
error_codes! {
    -1 UNKNOWN_SERVER_ERROR fatal "the broker failed in a way that it has no code for", "Its log says more.";
    0 NONE fatal "success", "There is nothing to do.";
    1 OFFSET_OUT_OF_RANGE fatal "the log of the partition does not reach to the asked offset", "A consumer resets its position by its policy: earliest, latest or fail.";
    2 CORRUPT_MESSAGE retry "a record batch is broken: its checksum or size is wrong, or a key is missing on a compacted topic", "A producer sends it again; if that does not help, the data itself is wrong.";
    3 UNKNOWN_TOPIC_OR_PARTITION retry "the broker has no such topic or partition, or the caller may not know of it", "Refresh the metadata and try again: a topic just created takes a moment to be known everywhere.";
    4 INVALID_FETCH_SIZE fatal "a size limit in the fetch makes no sense", "Correct the request.";
    5 LEADER_NOT_AVAILABLE retry "the partition has no leader at the moment", "Refresh the metadata until an election has given it one.";
    6 NOT_LEADER_OR_FOLLOWER retry "the broker does not lead the partition, or has no replica of it", "Refresh the metadata and send to the new leader.";
    7 REQUEST_TIMED_OUT retry "the broker could not finish in the time that the request allowed", "What was asked may still have happened: repeat only what is idempotent.";
    8 BROKER_NOT_AVAILABLE fatal "a broker that is needed for the answer is not alive", "Wait for it to come back.";
    9 REPLICA_NOT_AVAILABLE retry "the broker has no usable replica of the partition", "Refresh the metadata and read from another replica.";
    10 MESSAGE_TOO_LARGE fatal "the record batch is larger than the topic allows", "Split the batch; a single record that is too large can only be refused.";
    11 STALE_CONTROLLER_EPOCH fatal "the request comes from a controller that is no longer the active one", "Seen only between brokers.";
    12 OFFSET_METADATA_TOO_LARGE fatal "the text beside a committed offset is longer than the broker allows", "Shorten it.";
    13 NETWORK_EXCEPTION retry "the connection broke before the answer came", "Connect again and retry; the request may have been carried out.";
    14 COORDINATOR_LOAD_IN_PROGRESS retry "the coordinator is still reading its state from the log", "Back off and try the same broker again.";
    15 COORDINATOR_NOT_AVAILABLE retry "no broker coordinates this group or transaction right now", "Back off and look for the coordinator again.";
    16 NOT_COORDINATOR retry "another broker coordinates this group or transaction", "Look for the coordinator and send to that one.";
    17 INVALID_TOPIC_EXCEPTION fatal "the topic's name is not allowed, or the topic may not be used like this", "Correct the name; an internal topic cannot be written.";
    18 RECORD_LIST_TOO_LARGE fatal "the record batch does not fit into a log segment", "Send smaller batches.";
    19 NOT_ENOUGH_REPLICAS retry "too few replicas are in sync to accept a write with acks=all; nothing was written", "Try again until replicas are back.";
    20 NOT_ENOUGH_REPLICAS_AFTER_APPEND retry "the records were written, but by then too few replicas were in sync", "Try again; without idempotence this may write them twice.";
    21 INVALID_REQUIRED_ACKS fatal "acks is something else than 0, 1 or -1", "Correct the request.";
    22 ILLEGAL_GENERATION fatal "the group has moved on to another generation", "Join the group again; what was read since may be given to another member.";
    23 INCONSISTENT_GROUP_PROTOCOL fatal "no assignment strategy is common to the member and the rest of the group, or the kinds of group differ", "Configure the same strategies in all members.";
    24 INVALID_GROUP_ID fatal "the group's id is not allowed, often because it is empty", "Correct it.";
    25 UNKNOWN_MEMBER_ID fatal "the group has no such member, most likely because its session ran out", "Join again as a new member.";
    26 INVALID_SESSION_TIMEOUT fatal "the session timeout is shorter or longer than the broker permits", "Choose one within the broker's limits.";
    27 REBALANCE_IN_PROGRESS fatal "the group is sharing out its partitions anew", "Join again.";
    28 INVALID_COMMIT_OFFSET_SIZE fatal "the offsets to commit are too large to be stored in one batch", "Commit fewer at a time.";
    29 TOPIC_AUTHORIZATION_FAILED fatal "the user may not do this with the topic", "Grant the access; retrying does not help.";
    30 GROUP_AUTHORIZATION_FAILED fatal "the user may not do this with the group", "Grant the access; retrying does not help.";
    31 CLUSTER_AUTHORIZATION_FAILED fatal "the user may not do this with the cluster", "Grant the access; retrying does not help.";
    32 INVALID_TIMESTAMP fatal "a record's timestamp is too far from the broker's clock for this topic", "Check the clock and the topic's timestamp limits.";
    33 UNSUPPORTED_SASL_MECHANISM fatal "the listener does not offer this SASL mechanism", "Choose one of those that the answer names.";
    34 ILLEGAL_SASL_STATE fatal "the request does not fit the point that the login has reached", "Close the connection: one of the two sides has a bug.";
    35 UNSUPPORTED_VERSION fatal "the broker does not speak this version of the API", "Choose a version that its ApiVersions answer lists.";
    36 TOPIC_ALREADY_EXISTS fatal "a topic of this name is there already", "Often as good as success to the one who wanted it made.";
    37 INVALID_PARTITIONS fatal "the number of partitions is not possible: less than one, or less than there are", "Correct the request.";
    38 INVALID_REPLICATION_FACTOR fatal "the number of replicas is less than one or more than the brokers that are alive", "Correct the request, or start more brokers.";
    39 INVALID_REPLICA_ASSIGNMENT fatal "the given placement of replicas is not possible", "Correct the request.";
    40 INVALID_CONFIG fatal "a config has an unknown name or a value out of range", "Correct it; the error message tells which.";
    41 NOT_CONTROLLER retry "the broker is not the active controller", "Refresh the metadata and send to the controller.";
    42 INVALID_REQUEST fatal "the broker could not make sense of the request, or its fields contradict each other", "Correct the request; the broker's log says more.";
    43 UNSUPPORTED_FOR_MESSAGE_FORMAT fatal "the topic's record format is too old for this request", "Raise the format, or do without.";
    44 POLICY_VIOLATION fatal "a policy of the cluster's operator forbids this", "The error message tells what it demands.";
    45 OUT_OF_ORDER_SEQUENCE_NUMBER fatal "the batch does not follow the last one of this producer: one between is missing", "An idempotent producer sends the missing batch first, or begins anew with a higher epoch.";
    46 DUPLICATE_SEQUENCE_NUMBER fatal "the batch was written before", "It counts as written.";
    47 INVALID_PRODUCER_EPOCH fatal "the producer's epoch is older than the newest one", "A transactional producer has been replaced by another of its name; an idempotent one begins anew.";
    48 INVALID_TXN_STATE fatal "the transaction is not in a state that allows this", "Close the producer: its picture of the transaction is wrong.";
    49 INVALID_PRODUCER_ID_MAPPING fatal "the producer id does not belong to this transactional id, perhaps because it expired", "Ask for a new producer id.";
    50 INVALID_TRANSACTION_TIMEOUT fatal "the transaction's timeout is longer than the broker permits", "Choose a shorter one.";
    51 CONCURRENT_TRANSACTIONS retry "the end of the last transaction is still being written", "Back off for a short while and try again.";
    52 TRANSACTION_COORDINATOR_FENCED fatal "the transaction's markers come from a coordinator that has been replaced", "Seen only between brokers.";
    53 TRANSACTIONAL_ID_AUTHORIZATION_FAILED fatal "the user may not use this transactional id", "Grant the access; retrying does not help.";
    54 SECURITY_DISABLED fatal "the cluster has no authorizer, so that it keeps no access rules", "Configure one before asking about rules.";
    55 OPERATION_NOT_ATTEMPTED fatal "the broker did not come to this part, because another part of the request failed", "Correct the other part and ask again.";
    56 KAFKA_STORAGE_ERROR retry "a disk of the broker fails", "Refresh the metadata: another replica will lead.";
    57 LOG_DIR_NOT_FOUND fatal "the broker has no such log directory", "Ask it for its directories.";
    58 SASL_AUTHENTICATION_FAILED fatal "the login was refused", "Check user and password; retrying does not help and may lock the user out.";
    59 UNKNOWN_PRODUCER_ID fatal "the broker has forgotten this producer, for its last records were deleted", "Begin anew with a higher epoch or a new producer id.";
    60 REASSIGNMENT_IN_PROGRESS fatal "the partition is just being moved", "Wait for the move to end, or cancel it.";
    61 DELEGATION_TOKEN_AUTH_DISABLED fatal "the cluster does not use delegation tokens", "Configure its secret key first.";
    62 DELEGATION_TOKEN_NOT_FOUND fatal "the cluster does not know this delegation token", "It was never made, or is gone.";
    63 DELEGATION_TOKEN_OWNER_MISMATCH fatal "the user neither owns the delegation token nor may renew it", "Ask as its owner or as one of its renewers.";
    64 DELEGATION_TOKEN_REQUEST_NOT_ALLOWED fatal "delegation tokens cannot be managed over this kind of connection", "Log in by SASL or by a client certificate, not by a token.";
    65 DELEGATION_TOKEN_AUTHORIZATION_FAILED fatal "the user may not do this with the delegation token", "Grant the access; retrying does not help.";
    66 DELEGATION_TOKEN_EXPIRED fatal "the delegation token has expired", "Make a new one.";
    67 INVALID_PRINCIPAL_TYPE fatal "this kind of principal cannot be used here", "Only `User` is known.";
    68 NON_EMPTY_GROUP fatal "the group still has members", "Stop them first.";
    69 GROUP_ID_NOT_FOUND fatal "there is no such group", "It was never used, or is deleted.";
    70 FETCH_SESSION_ID_NOT_FOUND retry "the broker has dropped the fetch session", "Begin a new one by a full fetch.";
    71 INVALID_FETCH_SESSION_EPOCH retry "the fetch does not follow the last one of its session", "Begin a new session by a full fetch.";
    72 LISTENER_NOT_FOUND retry "the partition's leader has no listener of the kind that the client uses", "Refresh the metadata; if it stays, the brokers' listeners differ.";
    73 TOPIC_DELETION_DISABLED fatal "the cluster does not let topics be deleted", "Its operator must allow it.";
    74 FENCED_LEADER_EPOCH retry "the client's leader epoch is behind the broker's", "Refresh the metadata and check that the log was not truncated.";
    75 UNKNOWN_LEADER_EPOCH retry "the client's leader epoch is ahead of the broker's", "Back off and try again: the broker has yet to hear of it.";
    76 UNSUPPORTED_COMPRESSION_TYPE fatal "the partition holds batches of a codec that this version of the request cannot carry", "Use a newer version of the request.";
    77 STALE_BROKER_EPOCH fatal "the broker has been registered anew in the meantime", "Seen only between brokers.";
    78 OFFSET_NOT_AVAILABLE retry "a new leader does not know yet how far its log is committed", "Back off and try again.";
    79 MEMBER_ID_REQUIRED fatal "the group wants its members to come with an id", "Join again with the id in this answer.";
    80 PREFERRED_LEADER_NOT_AVAILABLE retry "the preferred replica is not alive or not in sync", "Wait until it has caught up.";
    81 GROUP_MAX_SIZE_REACHED fatal "the group has as many members as the broker permits", "Stop a member, or raise the limit.";
    82 FENCED_INSTANCE_ID fatal "another member has taken this static member's instance id", "Stop one of the two: an instance id may be used only once.";
    83 ELIGIBLE_LEADERS_NOT_AVAILABLE retry "no replica is fit to lead the partition", "Wait until one is back.";
    84 ELECTION_NOT_NEEDED retry "the partition has the leader that was wanted already", "It counts as success.";
    85 NO_REASSIGNMENT_IN_PROGRESS fatal "the partition is not being moved", "There is nothing to cancel.";
    86 GROUP_SUBSCRIBED_TO_TOPIC fatal "the group still reads the topic whose offsets are to be deleted", "Stop its members, or end the subscription.";
    87 INVALID_RECORD fatal "the broker checked a record and found it wrong", "The answer may name the record; the others of the batch were not written either.";
    88 UNSTABLE_OFFSET_COMMIT retry "an open transaction is about to commit offsets of the group", "Back off until it has ended.";
    89 THROTTLING_QUOTA_EXCEEDED retry "the request goes beyond a quota and was not carried out", "Try again after the pause in the answer.";
    90 PRODUCER_FENCED fatal "a newer producer uses this transactional id", "Close this producer; the newer one owns the id.";
    91 RESOURCE_NOT_FOUND fatal "the named resource is not there", "Check its name.";
    92 DUPLICATE_RESOURCE fatal "the request names one resource more than once", "Correct the request.";
    93 UNACCEPTABLE_CREDENTIAL fatal "the credential is not good enough, as with too few iterations", "Choose better parameters.";
    94 INCONSISTENT_VOTER_SET fatal "one of the two controllers does not take the other for a voter", "Seen only between controllers.";
    95 INVALID_UPDATE_VERSION fatal "the feature cannot be set to this level", "Ask ApiVersions for the levels that all nodes support.";
    96 FEATURE_UPDATE_FAILED fatal "the cluster could not change the feature", "The broker's log says more.";
    97 PRINCIPAL_DESERIALIZATION_FAILURE fatal "the controller could not read for which user a request was forwarded", "The cluster's security setup is at fault.";
    98 SNAPSHOT_NOT_FOUND fatal "there is no such snapshot of the metadata log", "Seen only within the quorum: fetch anew.";
    99 POSITION_OUT_OF_RANGE fatal "the position lies outside the snapshot", "Seen only within the quorum.";
    100 UNKNOWN_TOPIC_ID retry "the broker knows no topic of this id", "Refresh the metadata: the topic is very new, or was deleted and perhaps made again.";
    101 DUPLICATE_BROKER_REGISTRATION fatal "another live broker has this id", "Seen only between brokers.";
    102 BROKER_ID_NOT_REGISTERED fatal "no broker of this id is registered", "Check the id.";
    103 INCONSISTENT_TOPIC_ID retry "the topic's id on the broker's disk is not the one in the request", "Refresh the metadata: the topic was made again.";
    104 INCONSISTENT_CLUSTER_ID fatal "the request is meant for another cluster", "Check the addresses.";
    105 TRANSACTIONAL_ID_NOT_FOUND fatal "the coordinator knows no such transactional id", "It was never used, or has expired.";
    106 FETCH_SESSION_TOPIC_ID_ERROR retry "the fetch session mixes topic ids and topic names", "Begin a new session by a full fetch.";
    107 INELIGIBLE_REPLICA fatal "a replica that may not be in sync was proposed as in sync", "Seen only between brokers.";
    108 NEW_LEADER_ELECTED fatal "the partition was changed, and by that got another leader", "Seen only between brokers.";
    109 OFFSET_MOVED_TO_TIERED_STORAGE fatal "the records at this offset lie in remote storage now", "Only followers are told; consumers are served from there.";
    110 FENCED_MEMBER_EPOCH fatal "the coordinator has given up this member", "Let go of all partitions and join again from epoch 0.";
    111 UNRELEASED_INSTANCE_ID fatal "the static member that has this instance id is still in the group", "Wait until it has left or timed out.";
    112 UNSUPPORTED_ASSIGNOR fatal "the group's coordinator has no assignor of this name", "Name one that the broker is configured with.";
    113 STALE_MEMBER_EPOCH fatal "the request carries an older epoch than the member has by now", "Take the new epoch from the next heartbeat and try again.";
    114 MISMATCHED_ENDPOINT_TYPE fatal "a broker was asked what is meant for a controller, or the other way round", "Send it to a node of the right kind.";
    115 UNSUPPORTED_ENDPOINT_TYPE fatal "the request asks for a kind of endpoint that the node does not know", "Correct the request.";
    116 UNKNOWN_CONTROLLER_ID fatal "no controller has this id", "Check the id.";
    117 UNKNOWN_SUBSCRIPTION_ID fatal "the telemetry subscription has changed", "Ask for the subscription again, then push.";
    118 TELEMETRY_TOO_LARGE fatal "the pushed metrics are larger than the broker takes", "Push fewer of them.";
    119 INVALID_REGISTRATION fatal "the controller refuses the broker's registration", "Seen only between brokers; the controller's log says more.";
    120 TRANSACTION_ABORTABLE fatal "the transaction cannot be committed any more", "Abort it; the producer may go on with the next one.";
    121 INVALID_RECORD_STATE fatal "the record is not held by this member of the share group, so that it cannot be acknowledged", "Its lock ran out: it will be delivered again.";
    122 SHARE_SESSION_NOT_FOUND retry "the broker has dropped the share session", "Begin a new one.";
    123 INVALID_SHARE_SESSION_EPOCH retry "the request does not follow the last one of its share session", "Begin a new session.";
    124 FENCED_STATE_EPOCH fatal "the state of the share group's partition was begun anew in the meantime", "Seen only between brokers.";
    125 INVALID_VOTER_KEY fatal "the request is meant for a controller with another id or directory", "Seen only between controllers.";
    126 DUPLICATE_VOTER fatal "the controller is a voter already", "Nothing needs adding.";
    127 VOTER_NOT_FOUND fatal "the controller is no voter", "Check its id and directory id.";
    128 INVALID_REGULAR_EXPRESSION fatal "the subscription's pattern is no RE2 expression", "Correct it: the broker reads patterns by RE2's syntax.";
    129 REBOOTSTRAP_REQUIRED fatal "what the client knows of the cluster is out of date", "Forget it and start again from the bootstrap addresses.";
    130 STREAMS_INVALID_TOPOLOGY fatal "the streams application's topology contradicts itself", "Correct the topology.";
    131 STREAMS_INVALID_TOPOLOGY_EPOCH fatal "the streams topology's epoch is not possible for this group", "Correct the epoch.";
    132 STREAMS_TOPOLOGY_FENCED fatal "the group uses a newer topology than this member", "Bring the application up to date.";
    133 SHARE_SESSION_LIMIT_REACHED retry "the broker holds as many share sessions as it permits", "Back off and try again.";
}

impl ErrorCode {
    /// The code's name in Kafka, such as `NOT_LEADER_OR_FOLLOWER`; `None` for a code that this version does not know.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        self.entry().map(|entry| entry.name)
    }

    /// What the code means, as a phrase for a message: no capital, no full stop.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        self.entry()
            .map_or("unknown error code", |entry| entry.meaning)
    }

    /// Whether Java's client would try again by itself. Whether that is safe depends on the request: after
    /// [`REQUEST_TIMED_OUT`](Self::REQUEST_TIMED_OUT) it may have been carried out.
    #[must_use]
    pub fn is_retriable(self) -> bool {
        self.entry().is_some_and(|entry| entry.retriable)
    }

    /// Whether this is [`NONE`](Self::NONE): success.
    #[must_use]
    pub const fn is_ok(self) -> bool {
        self.0 == 0
    }

    /// Whether this is anything but [`NONE`](Self::NONE).
    #[must_use]
    pub const fn is_error(self) -> bool {
        self.0 != 0
    }

    fn entry(self) -> Option<&'static Entry> {
        let at = TABLE
            .binary_search_by_key(&self.0, |entry| entry.code)
            .ok()?;
        TABLE.get(at)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.entry() {
            Some(entry) => write!(f, "{} ({}): {}", entry.name, entry.code, entry.meaning),
            None => write!(f, "unknown error code {}", self.0),
        }
    }
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({})", self.0),
            None => write!(f, "ErrorCode({})", self.0),
        }
    }
}

impl From<i16> for ErrorCode {
    fn from(code: i16) -> Self {
        Self(code)
    }
}

impl From<ErrorCode> for i16 {
    fn from(code: ErrorCode) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_unique() {
        assert!(TABLE.windows(2).all(|pair| pair[0].code < pair[1].code));
        let names: std::collections::HashSet<_> = TABLE.iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), TABLE.len());
        let meanings: std::collections::HashSet<_> =
            TABLE.iter().map(|entry| entry.meaning).collect();
        assert_eq!(meanings.len(), TABLE.len());
    }

    #[test]
    fn every_known_code_goes_to_the_wire_and_back() {
        assert_eq!(ErrorCode::ALL.len(), TABLE.len());
        for &code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from(i16::from(code)), code);
            let name = code.name().unwrap();
            assert_eq!(
                format!("{code}"),
                format!("{name} ({}): {}", code.0, code.meaning())
            );
            assert_eq!(format!("{code:?}"), format!("{name} ({})", code.0));
        }
    }

    #[test]
    fn meanings_are_phrases() {
        for entry in TABLE {
            assert!(
                entry.meaning.starts_with(char::is_lowercase),
                "{}",
                entry.meaning
            );
            assert!(!entry.meaning.ends_with('.'), "{}", entry.meaning);
        }
    }

    #[test]
    fn an_unknown_code_is_kept() {
        for unknown in [i16::MIN, -2, 999, i16::MAX] {
            let code = ErrorCode::from(unknown);
            assert_eq!(i16::from(code), unknown);
            assert_eq!(code.name(), None);
            assert_eq!(code.meaning(), "unknown error code");
            assert_eq!(code.to_string(), format!("unknown error code {unknown}"));
            assert_eq!(format!("{code:?}"), format!("ErrorCode({unknown})"));
            assert!(code.is_error() && !code.is_ok() && !code.is_retriable());
        }
    }

    #[test]
    fn success_is_the_default() {
        assert_eq!(ErrorCode::default(), ErrorCode::NONE);
        assert!(
            ErrorCode::NONE.is_ok()
                && !ErrorCode::NONE.is_error()
                && !ErrorCode::NONE.is_retriable()
        );
        assert_eq!(ErrorCode::UNKNOWN_SERVER_ERROR, ErrorCode(-1));
        assert!(ErrorCode::UNKNOWN_SERVER_ERROR.is_error());
    }

    #[test]
    fn retriable_as_in_java() {
        assert!(ErrorCode::NOT_LEADER_OR_FOLLOWER.is_retriable());
        assert!(ErrorCode::FENCED_LEADER_EPOCH.is_retriable());
        assert!(!ErrorCode::REBALANCE_IN_PROGRESS.is_retriable());
        assert!(!ErrorCode::TRANSACTION_ABORTABLE.is_retriable());
    }
}
