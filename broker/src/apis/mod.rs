//! What the broker answers: one file for each API, none of which does I/O.

mod acls;
mod add_offsets_to_txn;
mod add_partitions_to_txn;
mod alter_configs;
mod alter_replica_log_dirs;
mod answer;
mod api_versions;
mod broker_configs;
mod client_quotas;
mod controller;
mod coordination;
mod create_partitions;
mod create_topics;
mod current_leader;
mod delegation_tokens;
mod delete_groups;
mod delete_records;
mod delete_topics;
mod describe_cluster;
mod describe_configs;
mod describe_groups;
mod describe_log_dirs;
mod describe_modern_groups;
mod describe_producers;
mod describe_quorum;
mod describe_topic_partitions;
mod describe_transactions;
mod elect_leaders;
mod end_txn;
mod exchange;
mod fetch;
mod find_coordinator;
mod group_operations;
mod incremental_alter_configs;
mod init_producer_id;
mod list_config_resources;
mod list_groups;
mod list_offsets;
mod list_transactions;
mod login;
mod metadata;
mod offset_commit;
mod offset_delete;
mod offset_fetch;
mod offset_for_leader_epoch;
mod partition_reassignments;
mod pending_fetch;
mod produce;
mod raft_voters;
mod resource_type;
mod sasl_authenticate;
mod sasl_handshake;
mod share_group_offsets;
mod topic_reference;
mod transactions_ended;
mod unregister_broker;
mod update_features;
mod user_scram_credentials;
mod write_txn_markers;

use bytes::Bytes;
use milena_wire::api_key::ApiKey;
use milena_wire::codec::{Request, VersionRange};
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::add_offsets_to_txn::AddOffsetsToTxnRequest;
use milena_wire::messages::add_partitions_to_txn::AddPartitionsToTxnRequest;
use milena_wire::messages::add_raft_voter::AddRaftVoterRequest;
use milena_wire::messages::alter_client_quotas::AlterClientQuotasRequest;
use milena_wire::messages::alter_configs::AlterConfigsRequest;
use milena_wire::messages::alter_partition_reassignments::AlterPartitionReassignmentsRequest;
use milena_wire::messages::alter_replica_log_dirs::AlterReplicaLogDirsRequest;
use milena_wire::messages::alter_share_group_offsets::AlterShareGroupOffsetsRequest;
use milena_wire::messages::alter_user_scram_credentials::AlterUserScramCredentialsRequest;
use milena_wire::messages::api_versions::ApiVersionsRequest;
use milena_wire::messages::consumer_group_describe::ConsumerGroupDescribeRequest;
use milena_wire::messages::create_acls::CreateAclsRequest;
use milena_wire::messages::create_delegation_token::CreateDelegationTokenRequest;
use milena_wire::messages::create_partitions::CreatePartitionsRequest;
use milena_wire::messages::create_topics::CreateTopicsRequest;
use milena_wire::messages::delete_acls::DeleteAclsRequest;
use milena_wire::messages::delete_groups::DeleteGroupsRequest;
use milena_wire::messages::delete_records::DeleteRecordsRequest;
use milena_wire::messages::delete_share_group_offsets::DeleteShareGroupOffsetsRequest;
use milena_wire::messages::delete_topics::DeleteTopicsRequest;
use milena_wire::messages::describe_acls::DescribeAclsRequest;
use milena_wire::messages::describe_client_quotas::DescribeClientQuotasRequest;
use milena_wire::messages::describe_cluster::DescribeClusterRequest;
use milena_wire::messages::describe_configs::DescribeConfigsRequest;
use milena_wire::messages::describe_delegation_token::DescribeDelegationTokenRequest;
use milena_wire::messages::describe_groups::DescribeGroupsRequest;
use milena_wire::messages::describe_log_dirs::DescribeLogDirsRequest;
use milena_wire::messages::describe_producers::DescribeProducersRequest;
use milena_wire::messages::describe_quorum::DescribeQuorumRequest;
use milena_wire::messages::describe_share_group_offsets::DescribeShareGroupOffsetsRequest;
use milena_wire::messages::describe_topic_partitions::DescribeTopicPartitionsRequest;
use milena_wire::messages::describe_transactions::DescribeTransactionsRequest;
use milena_wire::messages::describe_user_scram_credentials::DescribeUserScramCredentialsRequest;
use milena_wire::messages::elect_leaders::ElectLeadersRequest;
use milena_wire::messages::end_txn::EndTxnRequest;
use milena_wire::messages::expire_delegation_token::ExpireDelegationTokenRequest;
use milena_wire::messages::fetch::FetchRequest;
use milena_wire::messages::find_coordinator::FindCoordinatorRequest;
use milena_wire::messages::incremental_alter_configs::IncrementalAlterConfigsRequest;
use milena_wire::messages::init_producer_id::InitProducerIdRequest;
use milena_wire::messages::list_config_resources::ListConfigResourcesRequest;
use milena_wire::messages::list_groups::ListGroupsRequest;
use milena_wire::messages::list_offsets::ListOffsetsRequest;
use milena_wire::messages::list_partition_reassignments::ListPartitionReassignmentsRequest;
use milena_wire::messages::list_transactions::ListTransactionsRequest;
use milena_wire::messages::metadata::MetadataRequest;
use milena_wire::messages::offset_commit::OffsetCommitRequest;
use milena_wire::messages::offset_delete::OffsetDeleteRequest;
use milena_wire::messages::offset_fetch::OffsetFetchRequest;
use milena_wire::messages::offset_for_leader_epoch::OffsetForLeaderEpochRequest;
use milena_wire::messages::produce::ProduceRequest;
use milena_wire::messages::remove_raft_voter::RemoveRaftVoterRequest;
use milena_wire::messages::renew_delegation_token::RenewDelegationTokenRequest;
use milena_wire::messages::sasl_authenticate::SaslAuthenticateRequest;
use milena_wire::messages::sasl_handshake::SaslHandshakeRequest;
use milena_wire::messages::share_group_describe::ShareGroupDescribeRequest;
use milena_wire::messages::streams_group_describe::StreamsGroupDescribeRequest;
use milena_wire::messages::unregister_broker::UnregisterBrokerRequest;
use milena_wire::messages::update_features::UpdateFeaturesRequest;
use milena_wire::messages::write_txn_markers::WriteTxnMarkersRequest;

pub(crate) use answer::Answer;
use exchange::Incoming;
pub(crate) use exchange::{Context, Refusal};
pub(crate) use pending_fetch::PendingFetch;

use crate::head::Head;
use crate::sasl::Authentication;
use crate::shared::Served;
use crate::topic_part::TopicPart;

/// An API with what answers it.
struct Api {
    key: ApiKey,
    versions: VersionRange,
    header_version: fn(i16) -> i16,
    answer: fn(&Context<'_>, Incoming) -> Result<Answer, Refusal>,
    /// Answers that the request has failed as a whole, if the API has a way to say so.
    fail: Option<Fail>,
    /// The topics and partitions that a request names, if it names any.
    names: Option<Names>,
}

type Names = fn(&Context<'_>, Incoming) -> Result<Vec<TopicPart>, Refusal>;
type Fail = fn(&Context<'_>, Incoming, ErrorCode) -> Result<Answer, Refusal>;

impl Api {
    const fn new<R: Request>(
        answer: fn(&Context<'_>, Incoming) -> Result<Answer, Refusal>,
    ) -> Self {
        Self {
            key: R::API_KEY,
            versions: R::VERSIONS,
            header_version: R::header_version,
            answer,
            fail: None,
            names: None,
        }
    }

    const fn naming(mut self, names: Names) -> Self {
        self.names = Some(names);
        self
    }

    const fn failing(mut self, fail: Fail) -> Self {
        self.fail = Some(fail);
        self
    }
}

/// All that is served: an ApiVersions answer lists just these.
static APIS: &[Api] = &[
    Api::new::<ProduceRequest>(produce::answer)
        .failing(produce::fail)
        .naming(produce::names),
    Api::new::<FetchRequest>(fetch::answer)
        .failing(fetch::fail)
        .naming(fetch::names),
    Api::new::<ListOffsetsRequest>(list_offsets::answer)
        .failing(list_offsets::fail)
        .naming(list_offsets::names),
    Api::new::<MetadataRequest>(metadata::answer)
        .failing(metadata::fail)
        .naming(metadata::names),
    Api::new::<OffsetCommitRequest>(offset_commit::answer).failing(offset_commit::fail),
    Api::new::<OffsetFetchRequest>(offset_fetch::answer).failing(offset_fetch::fail),
    Api::new::<FindCoordinatorRequest>(find_coordinator::answer).failing(find_coordinator::fail),
    Api::new::<DescribeGroupsRequest>(describe_groups::answer).failing(describe_groups::fail),
    Api::new::<ListGroupsRequest>(list_groups::answer).failing(list_groups::fail),
    Api::new::<SaslHandshakeRequest>(sasl_handshake::answer).failing(sasl_handshake::fail),
    Api::new::<ApiVersionsRequest>(api_versions::answer).failing(api_versions::fail),
    Api::new::<CreateTopicsRequest>(create_topics::answer).failing(create_topics::fail),
    Api::new::<DeleteTopicsRequest>(delete_topics::answer).failing(delete_topics::fail),
    Api::new::<DeleteRecordsRequest>(delete_records::answer)
        .failing(delete_records::fail)
        .naming(delete_records::names),
    Api::new::<InitProducerIdRequest>(init_producer_id::answer).failing(init_producer_id::fail),
    Api::new::<OffsetForLeaderEpochRequest>(offset_for_leader_epoch::answer)
        .failing(offset_for_leader_epoch::fail)
        .naming(offset_for_leader_epoch::names),
    Api::new::<AddPartitionsToTxnRequest>(add_partitions_to_txn::answer)
        .failing(add_partitions_to_txn::fail),
    Api::new::<AddOffsetsToTxnRequest>(add_offsets_to_txn::answer)
        .failing(add_offsets_to_txn::fail),
    Api::new::<EndTxnRequest>(end_txn::answer).failing(end_txn::fail),
    Api::new::<WriteTxnMarkersRequest>(write_txn_markers::answer).failing(write_txn_markers::fail),
    Api::new::<DescribeAclsRequest>(acls::answer_describe).failing(acls::fail_describe),
    Api::new::<CreateAclsRequest>(acls::answer_create).failing(acls::fail_create),
    Api::new::<DeleteAclsRequest>(acls::answer_delete).failing(acls::fail_delete),
    Api::new::<DescribeConfigsRequest>(describe_configs::answer).failing(describe_configs::fail),
    Api::new::<AlterConfigsRequest>(alter_configs::answer).failing(alter_configs::fail),
    Api::new::<AlterReplicaLogDirsRequest>(alter_replica_log_dirs::answer)
        .failing(alter_replica_log_dirs::fail),
    Api::new::<DescribeLogDirsRequest>(describe_log_dirs::answer).failing(describe_log_dirs::fail),
    Api::new::<SaslAuthenticateRequest>(sasl_authenticate::answer).failing(sasl_authenticate::fail),
    Api::new::<CreatePartitionsRequest>(create_partitions::answer).failing(create_partitions::fail),
    Api::new::<CreateDelegationTokenRequest>(delegation_tokens::answer_create)
        .failing(delegation_tokens::fail_create),
    Api::new::<RenewDelegationTokenRequest>(delegation_tokens::answer_renew)
        .failing(delegation_tokens::fail_renew),
    Api::new::<ExpireDelegationTokenRequest>(delegation_tokens::answer_expire)
        .failing(delegation_tokens::fail_expire),
    Api::new::<DescribeDelegationTokenRequest>(delegation_tokens::answer_describe)
        .failing(delegation_tokens::fail_describe),
    Api::new::<DeleteGroupsRequest>(delete_groups::answer).failing(delete_groups::fail),
    Api::new::<ElectLeadersRequest>(elect_leaders::answer).failing(elect_leaders::fail),
    Api::new::<IncrementalAlterConfigsRequest>(incremental_alter_configs::answer)
        .failing(incremental_alter_configs::fail),
    Api::new::<AlterPartitionReassignmentsRequest>(partition_reassignments::answer_alter)
        .failing(partition_reassignments::fail_alter),
    Api::new::<ListPartitionReassignmentsRequest>(partition_reassignments::answer_list)
        .failing(partition_reassignments::fail_list),
    Api::new::<OffsetDeleteRequest>(offset_delete::answer).failing(offset_delete::fail),
    Api::new::<DescribeClientQuotasRequest>(client_quotas::answer_describe)
        .failing(client_quotas::fail_describe),
    Api::new::<AlterClientQuotasRequest>(client_quotas::answer_alter)
        .failing(client_quotas::fail_alter),
    Api::new::<DescribeUserScramCredentialsRequest>(user_scram_credentials::answer_describe)
        .failing(user_scram_credentials::fail_describe),
    Api::new::<AlterUserScramCredentialsRequest>(user_scram_credentials::answer_alter)
        .failing(user_scram_credentials::fail_alter),
    Api::new::<DescribeQuorumRequest>(describe_quorum::answer).failing(describe_quorum::fail),
    Api::new::<UpdateFeaturesRequest>(update_features::answer).failing(update_features::fail),
    Api::new::<DescribeClusterRequest>(describe_cluster::answer).failing(describe_cluster::fail),
    Api::new::<DescribeProducersRequest>(describe_producers::answer)
        .failing(describe_producers::fail),
    Api::new::<UnregisterBrokerRequest>(unregister_broker::answer).failing(unregister_broker::fail),
    Api::new::<DescribeTransactionsRequest>(describe_transactions::answer)
        .failing(describe_transactions::fail),
    Api::new::<ListTransactionsRequest>(list_transactions::answer).failing(list_transactions::fail),
    Api::new::<ConsumerGroupDescribeRequest>(describe_modern_groups::answer_consumer)
        .failing(describe_modern_groups::fail_consumer),
    Api::new::<ListConfigResourcesRequest>(list_config_resources::answer)
        .failing(list_config_resources::fail),
    Api::new::<DescribeTopicPartitionsRequest>(describe_topic_partitions::answer)
        .failing(describe_topic_partitions::fail)
        .naming(describe_topic_partitions::names),
    Api::new::<ShareGroupDescribeRequest>(describe_modern_groups::answer_share)
        .failing(describe_modern_groups::fail_share),
    Api::new::<AddRaftVoterRequest>(raft_voters::answer_add).failing(raft_voters::fail_add),
    Api::new::<RemoveRaftVoterRequest>(raft_voters::answer_remove)
        .failing(raft_voters::fail_remove),
    Api::new::<StreamsGroupDescribeRequest>(describe_modern_groups::answer_streams)
        .failing(describe_modern_groups::fail_streams),
    Api::new::<DescribeShareGroupOffsetsRequest>(share_group_offsets::answer_describe)
        .failing(share_group_offsets::fail_describe),
    Api::new::<AlterShareGroupOffsetsRequest>(share_group_offsets::answer_alter)
        .failing(share_group_offsets::fail_alter),
    Api::new::<DeleteShareGroupOffsetsRequest>(share_group_offsets::answer_delete)
        .failing(share_group_offsets::fail_delete),
];

/// The APIs that are served, by key, in the versions that `limits` leaves of each.
pub(crate) fn served(limits: impl Fn(ApiKey) -> VersionRange) -> Vec<Served> {
    let served = APIS.iter().map(|api| Served {
        key: api.key,
        versions: api.versions.intersection(limits(api.key)),
    });
    served.filter(|api| !api.versions.is_empty()).collect()
}

/// Answers a request: everything of its frame but the length.
pub(crate) fn answer(
    context: &Context<'_>,
    authentication: &mut Authentication,
    frame: Bytes,
) -> Result<Answer, Refusal> {
    if let Some(accounts) = &context.shared.accounts {
        if let Some(answer) = login::answer(context, accounts, authentication, &frame)? {
            return Ok(answer);
        }
    }
    let context = &Context {
        user: authentication.user(),
        ..*context
    };
    match open(context, frame)? {
        Opened::Request(api, incoming) => match api.fail {
            Some(fail) if controller::is_elsewhere(context, api.key) => {
                fail(context, incoming, ErrorCode::NOT_CONTROLLER)
            }
            _ => (api.answer)(context, incoming),
        },
        Opened::Answered(answer) => Ok(answer),
    }
}

/// Whether a request may be asked by a client who is so far with his login.
pub(crate) fn admits(context: &Context<'_>, authentication: &Authentication, frame: &[u8]) -> bool {
    Head::parse(frame).is_none_or(|head| login::admits(authentication, head.api, context.instant))
}

/// Answers that a request has failed as a whole, without looking whether it would, or who asks. As Kafka, this says so for each of the topics and
/// partitions that it is about, where the answer has no place for it at the top.
pub(crate) fn fail(
    context: &Context<'_>,
    frame: Bytes,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    match open(context, frame)? {
        Opened::Request(api, incoming) => match api.fail {
            Some(fail) => fail(context, incoming, code),
            None => Err(Refusal::NoPlaceForError(api.key)),
        },
        Opened::Answered(answer) => Ok(answer),
    }
}

/// The topics and partitions that a request names; none if it is of an API that names none, or cannot be read.
pub(crate) fn named(context: &Context<'_>, frame: Bytes) -> Vec<TopicPart> {
    match open(context, frame) {
        Ok(Opened::Request(api, incoming)) => {
            let names = api.names.map(|names| names(context, incoming));
            names.and_then(Result::ok).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// A request whose header was read.
enum Opened {
    Request(&'static Api, Incoming),
    /// There was nothing to look at behind the header.
    Answered(Answer),
}

fn open(context: &Context<'_>, frame: Bytes) -> Result<Opened, Refusal> {
    let Head {
        api: key,
        version,
        correlation_id,
        ..
    } = Head::parse(&frame).ok_or(Refusal::NoHeader)?;
    let served = context.shared.served(key);
    let api = APIS.iter().find(|api| api.key == key);
    let (Some(api), Some(served)) = (api, served) else {
        return Err(Refusal::UnknownApi(key));
    };
    if !served.versions.contains(version) {
        // The client cannot know better before it has this answer, so it gets one that every client can read.
        if key == ApiKey::API_VERSIONS {
            return api_versions::unsupported(served, correlation_id).map(Opened::Answered);
        }
        return Err(Refusal::UnsupportedVersion(key, version));
    }
    let incoming = Incoming::open(frame, api.header_version)?;
    Ok(Opened::Request(api, incoming))
}
