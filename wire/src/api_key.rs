//! The number of each API.
//!
//! Written by `scripts/messages.py` from Kafka's schemas.

use std::fmt;

/// What tells one API of the protocol from another; an unknown one is kept as it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ApiKey(pub i16);

impl ApiKey {
    /// Appends record batches to partitions. It goes to the leader of each partition; with `acks` 0 the broker sends no answer at all.
    pub const PRODUCE: Self = Self(0);
    /// Reads record batches of partitions from given offsets on, and may wait at the broker until enough bytes are there. Consumers and follower replicas both send it.
    pub const FETCH: Self = Self(1);
    /// Asks the leaders of partitions for an offset: the earliest, the latest, or the first record at or after a point in time.
    pub const LIST_OFFSETS: Self = Self(2);
    /// Asks for the brokers of the cluster and for topics: ids, partitions, leaders, replicas. It may ask for some topics or for all, and may let the broker create missing ones.
    pub const METADATA: Self = Self(3);
    /// Told a broker, under ZooKeeper, which partitions it led or followed. No version of it is left in Kafka 4.
    pub const LEADER_AND_ISR: Self = Self(4);
    /// Told a broker, under ZooKeeper, to stop or delete replicas. No version of it is left in Kafka 4.
    pub const STOP_REPLICA: Self = Self(5);
    /// Told a broker, under ZooKeeper, of the state of the cluster. No version of it is left in Kafka 4.
    pub const UPDATE_METADATA: Self = Self(6);
    /// Asked the controller, under ZooKeeper, to move a broker's leaderships away before it stopped. No version of it is left in Kafka 4.
    pub const CONTROLLED_SHUTDOWN: Self = Self(7);
    /// Stores how far a group has read. It goes to the group's coordinator.
    pub const OFFSET_COMMIT: Self = Self(8);
    /// Asks how far groups have read, for some partitions or for all. It goes to the groups' coordinator.
    pub const OFFSET_FETCH: Self = Self(9);
    /// Asks which broker coordinates a group, a transactional id or a share group's partition.
    pub const FIND_COORDINATOR: Self = Self(10);
    /// Enters a group of the classic protocol, or enters it again when it rebalances, with the assignment strategies that the member knows. The answer waits until all members have come.
    pub const JOIN_GROUP: Self = Self(11);
    /// Tells the coordinator of a classic group that the member is alive.
    pub const HEARTBEAT: Self = Self(12);
    /// Leaves a classic group, so that the others need not wait for a timeout. From version 3 on several members can be removed at once.
    pub const LEAVE_GROUP: Self = Self(13);
    /// Asks for the member's share of the work after a join. The leader's request carries the assignment of all members.
    pub const SYNC_GROUP: Self = Self(14);
    /// Asks the coordinator for the state and the members of classic groups.
    pub const DESCRIBE_GROUPS: Self = Self(15);
    /// Asks one broker for the groups that it coordinates, if wanted only those of some states and types.
    pub const LIST_GROUPS: Self = Self(16);
    /// Chooses the SASL mechanism before a client logs in. In version 0 bare tokens follow it, from version 1 on `SaslAuthenticate`.
    pub const SASL_HANDSHAKE: Self = Self(17);
    /// Asks which APIs the broker speaks and in which versions. It is the first request of a connection, even before authentication.
    pub const API_VERSIONS: Self = Self(18);
    /// Creates topics with a number of partitions and replicas or with a given placement, and with configs. It can only be validated, too.
    pub const CREATE_TOPICS: Self = Self(19);
    /// Deletes topics by name or, from version 6 on, by id.
    pub const DELETE_TOPICS: Self = Self(20);
    /// Deletes all records of partitions that lie before given offsets. It goes to the partitions' leaders.
    pub const DELETE_RECORDS: Self = Self(21);
    /// Gets a producer id for an idempotent or transactional producer, or a higher epoch for one that has an id. With a transactional id it fences older producers of that name and ends what they left open.
    pub const INIT_PRODUCER_ID: Self = Self(22);
    /// Asks the leaders of partitions where the records of a leader epoch end. A consumer or follower finds out by it whether the log was truncated behind its back.
    pub const OFFSET_FOR_LEADER_EPOCH: Self = Self(23);
    /// Tells the transaction's coordinator to which partitions the producer is going to write. From version 4 on brokers send it too, many transactions at a time, and a producer may leave it to them.
    pub const ADD_PARTITIONS_TO_TXN: Self = Self(24);
    /// Tells the transaction's coordinator that offsets of a group are going to be committed in the transaction.
    pub const ADD_OFFSETS_TO_TXN: Self = Self(25);
    /// Commits or aborts the producer's open transaction.
    pub const END_TXN: Self = Self(26);
    /// Between brokers, and to abort transactions that hang: writes the markers that end transactions into partitions.
    pub const WRITE_TXN_MARKERS: Self = Self(27);
    /// Commits offsets of a group as part of a transaction: they count once it commits. It goes to the group's coordinator.
    pub const TXN_OFFSET_COMMIT: Self = Self(28);
    /// Asks for the access rules that match a filter.
    pub const DESCRIBE_ACLS: Self = Self(29);
    /// Adds access rules: who may, or may not, do what with which resource from where.
    pub const CREATE_ACLS: Self = Self(30);
    /// Deletes the access rules that match any of some filters.
    pub const DELETE_ACLS: Self = Self(31);
    /// Asks for the configs of topics, brokers, loggers, groups or client metrics. What belongs to one broker is asked of that broker.
    pub const DESCRIBE_CONFIGS: Self = Self(32);
    /// Replaces all configs of resources: what is not named falls back to its default. Prefer `IncrementalAlterConfigs`.
    pub const ALTER_CONFIGS: Self = Self(33);
    /// Moves replicas of one broker from one of its log directories to another. It goes to that broker.
    pub const ALTER_REPLICA_LOG_DIRS: Self = Self(34);
    /// Asks one broker about its log directories and the replicas in them.
    pub const DESCRIBE_LOG_DIRS: Self = Self(35);
    /// Carries one token of the SASL exchange from client to broker.
    pub const SASL_AUTHENTICATE: Self = Self(36);
    /// Raises the number of partitions of topics; it can never be lowered.
    pub const CREATE_PARTITIONS: Self = Self(37);
    /// Makes a token by which others may log in on behalf of its owner for a while.
    pub const CREATE_DELEGATION_TOKEN: Self = Self(38);
    /// Puts off the expiry of a delegation token, up to the end of its life.
    pub const RENEW_DELEGATION_TOKEN: Self = Self(39);
    /// Brings forward the expiry of a delegation token, or ends it at once.
    pub const EXPIRE_DELEGATION_TOKEN: Self = Self(40);
    /// Asks for the delegation tokens of some owners, or for all that the caller may see.
    pub const DESCRIBE_DELEGATION_TOKEN: Self = Self(41);
    /// Deletes groups that have no members, with their offsets.
    pub const DELETE_GROUPS: Self = Self(42);
    /// Asks for new leaders of partitions: the preferred replica, or, at the risk of losing records, one that is not in sync.
    pub const ELECT_LEADERS: Self = Self(43);
    /// Changes single configs of resources: sets or deletes them, appends to lists or takes from them.
    pub const INCREMENTAL_ALTER_CONFIGS: Self = Self(44);
    /// Starts moving partitions to other sets of replicas, or cancels such a move.
    pub const ALTER_PARTITION_REASSIGNMENTS: Self = Self(45);
    /// Asks which partitions are just being moved.
    pub const LIST_PARTITION_REASSIGNMENTS: Self = Self(46);
    /// Deletes committed offsets of a group for partitions that none of its members is subscribed to.
    pub const OFFSET_DELETE: Self = Self(47);
    /// Asks which quotas are set for users, client ids and addresses that match a filter.
    pub const DESCRIBE_CLIENT_QUOTAS: Self = Self(48);
    /// Sets or removes quotas of users, client ids and addresses.
    pub const ALTER_CLIENT_QUOTAS: Self = Self(49);
    /// Asks which SCRAM credentials users have.
    pub const DESCRIBE_USER_SCRAM_CREDENTIALS: Self = Self(50);
    /// Sets or deletes SCRAM credentials of users. The client salts and hashes the password; the broker never sees it.
    pub const ALTER_USER_SCRAM_CREDENTIALS: Self = Self(51);
    /// Between controllers: a candidate asks for a vote in a new epoch, or, as a pre-vote, whether it would get one.
    pub const VOTE: Self = Self(52);
    /// Between controllers: a newly elected leader announces its epoch to the voters.
    pub const BEGIN_QUORUM_EPOCH: Self = Self(53);
    /// Between controllers: a leader steps down in good order and names those who should follow it.
    pub const END_QUORUM_EPOCH: Self = Self(54);
    /// Asks the leader of the metadata quorum for its voters and observers.
    pub const DESCRIBE_QUORUM: Self = Self(55);
    /// From broker to controller: the leader of partitions wishes to change their sets of in-sync replicas.
    pub const ALTER_PARTITION: Self = Self(56);
    /// Raises or lowers the finalized level of features of the cluster, such as `metadata.version`.
    pub const UPDATE_FEATURES: Self = Self(57);
    /// From broker to controller: forwards a client's request together with who sent it and from where.
    pub const ENVELOPE: Self = Self(58);
    /// Between the nodes of a quorum: reads a piece of a snapshot of the metadata log.
    pub const FETCH_SNAPSHOT: Self = Self(59);
    /// Asks for the brokers, or the controllers, of the cluster, without any topic.
    pub const DESCRIBE_CLUSTER: Self = Self(60);
    /// Asks the leaders of partitions which idempotent and transactional producers are active on them. It helps to find transactions that hang.
    pub const DESCRIBE_PRODUCERS: Self = Self(61);
    /// From broker to controller: a starting broker registers with its addresses, features and log directories.
    pub const BROKER_REGISTRATION: Self = Self(62);
    /// From broker to controller: the broker is alive, how far it has read the metadata, and whether it wishes to be fenced or to shut down.
    pub const BROKER_HEARTBEAT: Self = Self(63);
    /// Removes a broker that has gone for good from the cluster's metadata.
    pub const UNREGISTER_BROKER: Self = Self(64);
    /// Asks the coordinator for the state of transactions.
    pub const DESCRIBE_TRANSACTIONS: Self = Self(65);
    /// Asks one broker for the transactions that it coordinates, if wanted filtered by state, producer, duration or name.
    pub const LIST_TRANSACTIONS: Self = Self(66);
    /// From broker to controller: asks for a block of producer ids to hand out.
    pub const ALLOCATE_PRODUCER_IDS: Self = Self(67);
    /// The only request by which a consumer joins, stays in and leaves a group of the newer protocol: it says what it is subscribed to and which partitions it owns. What has not changed is left out.
    pub const CONSUMER_GROUP_HEARTBEAT: Self = Self(68);
    /// Asks the coordinator for the state and the members of groups of the newer consumer protocol.
    pub const CONSUMER_GROUP_DESCRIBE: Self = Self(69);
    /// Between controllers: a controller registers its addresses and features with the active one.
    pub const CONTROLLER_REGISTRATION: Self = Self(70);
    /// Asks which of the client's metrics the cluster wishes to get. The first request also asks for an id of the client's instance.
    pub const GET_TELEMETRY_SUBSCRIPTIONS: Self = Self(71);
    /// Sends the subscribed metrics to the broker, as OpenTelemetry protobuf, compressed or not.
    pub const PUSH_TELEMETRY: Self = Self(72);
    /// From broker to controller: says in which of its log directories the broker keeps which replicas.
    pub const ASSIGN_REPLICAS_TO_DIRS: Self = Self(73);
    /// Asks for the names of the resources that have configs; in version 0 only those of client metrics.
    pub const LIST_CONFIG_RESOURCES: Self = Self(74);
    /// Asks for topics and their partitions page by page, so that a large cluster need not answer in one piece.
    pub const DESCRIBE_TOPIC_PARTITIONS: Self = Self(75);
    /// Joins, stays in and leaves a share group, whose members read the same partitions side by side, as from a queue.
    pub const SHARE_GROUP_HEARTBEAT: Self = Self(76);
    /// Asks the coordinator for the state and the members of share groups.
    pub const SHARE_GROUP_DESCRIBE: Self = Self(77);
    /// Acquires records of partitions for a member of a share group, and may acknowledge earlier ones on the way. Its fetch session is incremental.
    pub const SHARE_FETCH: Self = Self(78);
    /// Settles records that a member of a share group has acquired: accepted, released for another delivery, rejected, or, from version 2 on, locked for longer.
    pub const SHARE_ACKNOWLEDGE: Self = Self(79);
    /// Adds a controller to the voters of the metadata quorum.
    pub const ADD_RAFT_VOTER: Self = Self(80);
    /// Removes a controller from the voters of the metadata quorum.
    pub const REMOVE_RAFT_VOTER: Self = Self(81);
    /// Between controllers: a voter tells the leader of its addresses and of the protocol versions that it supports.
    pub const UPDATE_RAFT_VOTER: Self = Self(82);
    /// Between brokers: the group's coordinator has the share coordinator begin the persistent state of partitions of a share group.
    pub const INITIALIZE_SHARE_GROUP_STATE: Self = Self(83);
    /// Between brokers: the leader of partitions reads the persistent delivery state of a share group from the share coordinator.
    pub const READ_SHARE_GROUP_STATE: Self = Self(84);
    /// Between brokers: the leader of partitions writes the persistent delivery state of a share group to the share coordinator.
    pub const WRITE_SHARE_GROUP_STATE: Self = Self(85);
    /// Between brokers: deletes the persistent delivery state of partitions of a share group.
    pub const DELETE_SHARE_GROUP_STATE: Self = Self(86);
    /// Between brokers: reads the start offsets of partitions of a share group, without the state of the single records.
    pub const READ_SHARE_GROUP_STATE_SUMMARY: Self = Self(87);
    /// By it a Kafka Streams application joins, stays in and leaves its group: its topology, its tasks, its endpoint.
    pub const STREAMS_GROUP_HEARTBEAT: Self = Self(88);
    /// Asks the coordinator for the state, the topology and the members of streams groups.
    pub const STREAMS_GROUP_DESCRIBE: Self = Self(89);
    /// Asks from which offset on share groups still deliver records.
    pub const DESCRIBE_SHARE_GROUP_OFFSETS: Self = Self(90);
    /// Sets the start offsets of a share group that has no members.
    pub const ALTER_SHARE_GROUP_OFFSETS: Self = Self(91);
    /// Makes a share group without members forget its start offsets for some topics.
    pub const DELETE_SHARE_GROUP_OFFSETS: Self = Self(92);

    /// Every API that this crate knows, in ascending order.
    pub const ALL: &'static [Self] = &[
        Self::PRODUCE,
        Self::FETCH,
        Self::LIST_OFFSETS,
        Self::METADATA,
        Self::LEADER_AND_ISR,
        Self::STOP_REPLICA,
        Self::UPDATE_METADATA,
        Self::CONTROLLED_SHUTDOWN,
        Self::OFFSET_COMMIT,
        Self::OFFSET_FETCH,
        Self::FIND_COORDINATOR,
        Self::JOIN_GROUP,
        Self::HEARTBEAT,
        Self::LEAVE_GROUP,
        Self::SYNC_GROUP,
        Self::DESCRIBE_GROUPS,
        Self::LIST_GROUPS,
        Self::SASL_HANDSHAKE,
        Self::API_VERSIONS,
        Self::CREATE_TOPICS,
        Self::DELETE_TOPICS,
        Self::DELETE_RECORDS,
        Self::INIT_PRODUCER_ID,
        Self::OFFSET_FOR_LEADER_EPOCH,
        Self::ADD_PARTITIONS_TO_TXN,
        Self::ADD_OFFSETS_TO_TXN,
        Self::END_TXN,
        Self::WRITE_TXN_MARKERS,
        Self::TXN_OFFSET_COMMIT,
        Self::DESCRIBE_ACLS,
        Self::CREATE_ACLS,
        Self::DELETE_ACLS,
        Self::DESCRIBE_CONFIGS,
        Self::ALTER_CONFIGS,
        Self::ALTER_REPLICA_LOG_DIRS,
        Self::DESCRIBE_LOG_DIRS,
        Self::SASL_AUTHENTICATE,
        Self::CREATE_PARTITIONS,
        Self::CREATE_DELEGATION_TOKEN,
        Self::RENEW_DELEGATION_TOKEN,
        Self::EXPIRE_DELEGATION_TOKEN,
        Self::DESCRIBE_DELEGATION_TOKEN,
        Self::DELETE_GROUPS,
        Self::ELECT_LEADERS,
        Self::INCREMENTAL_ALTER_CONFIGS,
        Self::ALTER_PARTITION_REASSIGNMENTS,
        Self::LIST_PARTITION_REASSIGNMENTS,
        Self::OFFSET_DELETE,
        Self::DESCRIBE_CLIENT_QUOTAS,
        Self::ALTER_CLIENT_QUOTAS,
        Self::DESCRIBE_USER_SCRAM_CREDENTIALS,
        Self::ALTER_USER_SCRAM_CREDENTIALS,
        Self::VOTE,
        Self::BEGIN_QUORUM_EPOCH,
        Self::END_QUORUM_EPOCH,
        Self::DESCRIBE_QUORUM,
        Self::ALTER_PARTITION,
        Self::UPDATE_FEATURES,
        Self::ENVELOPE,
        Self::FETCH_SNAPSHOT,
        Self::DESCRIBE_CLUSTER,
        Self::DESCRIBE_PRODUCERS,
        Self::BROKER_REGISTRATION,
        Self::BROKER_HEARTBEAT,
        Self::UNREGISTER_BROKER,
        Self::DESCRIBE_TRANSACTIONS,
        Self::LIST_TRANSACTIONS,
        Self::ALLOCATE_PRODUCER_IDS,
        Self::CONSUMER_GROUP_HEARTBEAT,
        Self::CONSUMER_GROUP_DESCRIBE,
        Self::CONTROLLER_REGISTRATION,
        Self::GET_TELEMETRY_SUBSCRIPTIONS,
        Self::PUSH_TELEMETRY,
        Self::ASSIGN_REPLICAS_TO_DIRS,
        Self::LIST_CONFIG_RESOURCES,
        Self::DESCRIBE_TOPIC_PARTITIONS,
        Self::SHARE_GROUP_HEARTBEAT,
        Self::SHARE_GROUP_DESCRIBE,
        Self::SHARE_FETCH,
        Self::SHARE_ACKNOWLEDGE,
        Self::ADD_RAFT_VOTER,
        Self::REMOVE_RAFT_VOTER,
        Self::UPDATE_RAFT_VOTER,
        Self::INITIALIZE_SHARE_GROUP_STATE,
        Self::READ_SHARE_GROUP_STATE,
        Self::WRITE_SHARE_GROUP_STATE,
        Self::DELETE_SHARE_GROUP_STATE,
        Self::READ_SHARE_GROUP_STATE_SUMMARY,
        Self::STREAMS_GROUP_HEARTBEAT,
        Self::STREAMS_GROUP_DESCRIBE,
        Self::DESCRIBE_SHARE_GROUP_OFFSETS,
        Self::ALTER_SHARE_GROUP_OFFSETS,
        Self::DELETE_SHARE_GROUP_OFFSETS,
    ];

    /// The name in Kafka's protocol guide, such as `Metadata`; `None` if this crate does not know the API.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::PRODUCE => "Produce",
            Self::FETCH => "Fetch",
            Self::LIST_OFFSETS => "ListOffsets",
            Self::METADATA => "Metadata",
            Self::LEADER_AND_ISR => "LeaderAndIsr",
            Self::STOP_REPLICA => "StopReplica",
            Self::UPDATE_METADATA => "UpdateMetadata",
            Self::CONTROLLED_SHUTDOWN => "ControlledShutdown",
            Self::OFFSET_COMMIT => "OffsetCommit",
            Self::OFFSET_FETCH => "OffsetFetch",
            Self::FIND_COORDINATOR => "FindCoordinator",
            Self::JOIN_GROUP => "JoinGroup",
            Self::HEARTBEAT => "Heartbeat",
            Self::LEAVE_GROUP => "LeaveGroup",
            Self::SYNC_GROUP => "SyncGroup",
            Self::DESCRIBE_GROUPS => "DescribeGroups",
            Self::LIST_GROUPS => "ListGroups",
            Self::SASL_HANDSHAKE => "SaslHandshake",
            Self::API_VERSIONS => "ApiVersions",
            Self::CREATE_TOPICS => "CreateTopics",
            Self::DELETE_TOPICS => "DeleteTopics",
            Self::DELETE_RECORDS => "DeleteRecords",
            Self::INIT_PRODUCER_ID => "InitProducerId",
            Self::OFFSET_FOR_LEADER_EPOCH => "OffsetForLeaderEpoch",
            Self::ADD_PARTITIONS_TO_TXN => "AddPartitionsToTxn",
            Self::ADD_OFFSETS_TO_TXN => "AddOffsetsToTxn",
            Self::END_TXN => "EndTxn",
            Self::WRITE_TXN_MARKERS => "WriteTxnMarkers",
            Self::TXN_OFFSET_COMMIT => "TxnOffsetCommit",
            Self::DESCRIBE_ACLS => "DescribeAcls",
            Self::CREATE_ACLS => "CreateAcls",
            Self::DELETE_ACLS => "DeleteAcls",
            Self::DESCRIBE_CONFIGS => "DescribeConfigs",
            Self::ALTER_CONFIGS => "AlterConfigs",
            Self::ALTER_REPLICA_LOG_DIRS => "AlterReplicaLogDirs",
            Self::DESCRIBE_LOG_DIRS => "DescribeLogDirs",
            Self::SASL_AUTHENTICATE => "SaslAuthenticate",
            Self::CREATE_PARTITIONS => "CreatePartitions",
            Self::CREATE_DELEGATION_TOKEN => "CreateDelegationToken",
            Self::RENEW_DELEGATION_TOKEN => "RenewDelegationToken",
            Self::EXPIRE_DELEGATION_TOKEN => "ExpireDelegationToken",
            Self::DESCRIBE_DELEGATION_TOKEN => "DescribeDelegationToken",
            Self::DELETE_GROUPS => "DeleteGroups",
            Self::ELECT_LEADERS => "ElectLeaders",
            Self::INCREMENTAL_ALTER_CONFIGS => "IncrementalAlterConfigs",
            Self::ALTER_PARTITION_REASSIGNMENTS => "AlterPartitionReassignments",
            Self::LIST_PARTITION_REASSIGNMENTS => "ListPartitionReassignments",
            Self::OFFSET_DELETE => "OffsetDelete",
            Self::DESCRIBE_CLIENT_QUOTAS => "DescribeClientQuotas",
            Self::ALTER_CLIENT_QUOTAS => "AlterClientQuotas",
            Self::DESCRIBE_USER_SCRAM_CREDENTIALS => "DescribeUserScramCredentials",
            Self::ALTER_USER_SCRAM_CREDENTIALS => "AlterUserScramCredentials",
            Self::VOTE => "Vote",
            Self::BEGIN_QUORUM_EPOCH => "BeginQuorumEpoch",
            Self::END_QUORUM_EPOCH => "EndQuorumEpoch",
            Self::DESCRIBE_QUORUM => "DescribeQuorum",
            Self::ALTER_PARTITION => "AlterPartition",
            Self::UPDATE_FEATURES => "UpdateFeatures",
            Self::ENVELOPE => "Envelope",
            Self::FETCH_SNAPSHOT => "FetchSnapshot",
            Self::DESCRIBE_CLUSTER => "DescribeCluster",
            Self::DESCRIBE_PRODUCERS => "DescribeProducers",
            Self::BROKER_REGISTRATION => "BrokerRegistration",
            Self::BROKER_HEARTBEAT => "BrokerHeartbeat",
            Self::UNREGISTER_BROKER => "UnregisterBroker",
            Self::DESCRIBE_TRANSACTIONS => "DescribeTransactions",
            Self::LIST_TRANSACTIONS => "ListTransactions",
            Self::ALLOCATE_PRODUCER_IDS => "AllocateProducerIds",
            Self::CONSUMER_GROUP_HEARTBEAT => "ConsumerGroupHeartbeat",
            Self::CONSUMER_GROUP_DESCRIBE => "ConsumerGroupDescribe",
            Self::CONTROLLER_REGISTRATION => "ControllerRegistration",
            Self::GET_TELEMETRY_SUBSCRIPTIONS => "GetTelemetrySubscriptions",
            Self::PUSH_TELEMETRY => "PushTelemetry",
            Self::ASSIGN_REPLICAS_TO_DIRS => "AssignReplicasToDirs",
            Self::LIST_CONFIG_RESOURCES => "ListConfigResources",
            Self::DESCRIBE_TOPIC_PARTITIONS => "DescribeTopicPartitions",
            Self::SHARE_GROUP_HEARTBEAT => "ShareGroupHeartbeat",
            Self::SHARE_GROUP_DESCRIBE => "ShareGroupDescribe",
            Self::SHARE_FETCH => "ShareFetch",
            Self::SHARE_ACKNOWLEDGE => "ShareAcknowledge",
            Self::ADD_RAFT_VOTER => "AddRaftVoter",
            Self::REMOVE_RAFT_VOTER => "RemoveRaftVoter",
            Self::UPDATE_RAFT_VOTER => "UpdateRaftVoter",
            Self::INITIALIZE_SHARE_GROUP_STATE => "InitializeShareGroupState",
            Self::READ_SHARE_GROUP_STATE => "ReadShareGroupState",
            Self::WRITE_SHARE_GROUP_STATE => "WriteShareGroupState",
            Self::DELETE_SHARE_GROUP_STATE => "DeleteShareGroupState",
            Self::READ_SHARE_GROUP_STATE_SUMMARY => "ReadShareGroupStateSummary",
            Self::STREAMS_GROUP_HEARTBEAT => "StreamsGroupHeartbeat",
            Self::STREAMS_GROUP_DESCRIBE => "StreamsGroupDescribe",
            Self::DESCRIBE_SHARE_GROUP_OFFSETS => "DescribeShareGroupOffsets",
            Self::ALTER_SHARE_GROUP_OFFSETS => "AlterShareGroupOffsets",
            Self::DELETE_SHARE_GROUP_OFFSETS => "DeleteShareGroupOffsets",
            _ => return None,
        })
    }
}

impl fmt::Display for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "unknown API {}", self.0),
        }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} ({})", self.0)
    }
}
