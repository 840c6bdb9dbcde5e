//! Requests that are one item as a whole, for one broker.

use bytestring::ByteString;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::{
    AddOffsetsToTxnRequest, AddRaftVoterRequest, AlterClientQuotasRequest,
    AlterReplicaLogDirsRequest, AlterUserScramCredentialsRequest, ApiVersionsRequest,
    ConsumerGroupHeartbeatRequest, CreateAclsRequest, CreateDelegationTokenRequest,
    DeleteAclsRequest, DescribeAclsRequest, DescribeClientQuotasRequest, DescribeClusterRequest,
    DescribeDelegationTokenRequest, DescribeQuorumRequest, DescribeTopicPartitionsRequest,
    EndTxnRequest, ExpireDelegationTokenRequest, GetTelemetrySubscriptionsRequest,
    HeartbeatRequest, InitProducerIdRequest, JoinGroupRequest, LeaveGroupRequest,
    ListConfigResourcesRequest, ListPartitionReassignmentsRequest, MetadataRequest,
    PushTelemetryRequest, RemoveRaftVoterRequest, RenewDelegationTokenRequest,
    SaslAuthenticateRequest, SaslHandshakeRequest, ShareGroupHeartbeatRequest,
    StreamsGroupHeartbeatRequest, SyncGroupRequest, UnregisterBrokerRequest, UpdateFeaturesRequest,
};

use super::routed::Routed;
use super::target::Target;

/// Tells the codes of the results in an answer to one item, if all of them failed.
pub(super) fn tell_if_all_failed(
    codes: impl Iterator<Item = ErrorCode> + Clone,
    visit: &mut dyn FnMut(Option<usize>, ErrorCode),
) {
    if codes.clone().all(|code| code != ErrorCode::NONE) {
        for code in codes {
            visit(Some(0), code);
        }
    }
}

/// Who gives a producer its id: its coordinator, or, as none coordinates those without a transactional id, any broker.
fn producer(transactional_id: Option<&ByteString>) -> Target {
    match transactional_id {
        Some(id) if !id.is_empty() => Target::transaction(id),
        _ => Target::Any,
    }
}

/// A request, whom it is for, the field of its answer with the code of all of it, the codes of single results, and whether the answer says
/// how long to wait.
macro_rules! whole {
    ($(
        $Request:ident: |$request:ident| $target:expr
        $(, code $code:ident)?
        $(, results |$response:ident| $results:expr)?
        $(, without $missing:ident)?;
    )*) => {$(
        impl Routed for $Request {
            fn targets(&self, visit: &mut dyn FnMut(Target)) {
                let $request = self;
                visit($target);
            }

            fn sole_target(&self) -> Option<Target> {
                let $request = self;
                Some($target)
            }

            fn part(&self, _: &[usize]) -> Self {
                self.clone()
            }

            fn errors(
                &self,
                _response: &Self::Response,
                _visit: &mut dyn FnMut(Option<usize>, ErrorCode),
            ) {
                $(
                    if _response.$code != ErrorCode::NONE {
                        return _visit(None, _response.$code);
                    }
                )?
                $(
                    let $response = _response;
                    tell_if_all_failed($results, _visit);
                )?
            }

            fn forget(&self, response: &mut Self::Response, items: &[usize]) {
                if !items.is_empty() {
                    *response = Default::default();
                }
            }

            fn merge(response: &mut Self::Response, other: Self::Response) {
                *response = other;
            }

            fn throttle_time_ms(_response: &Self::Response) -> i32 {
                whole!(@throttle _response $(without $missing)?)
            }
        }
    )*};
    (@throttle $response:ident) => { $response.throttle_time_ms };
    (@throttle $response:ident without $missing:ident) => { 0 };
}

// For any broker.
whole! {
    MetadataRequest: |_request| Target::Any, code error_code;
    ApiVersionsRequest: |_request| Target::Any, code error_code;
    SaslHandshakeRequest: |_request| Target::Any, code error_code, without throttle_time_ms;
    SaslAuthenticateRequest: |_request| Target::Any, code error_code, without throttle_time_ms;
    DescribeAclsRequest: |_request| Target::Any, code error_code;
    DescribeClientQuotasRequest: |_request| Target::Any, code error_code;
    DescribeClusterRequest: |_request| Target::Any, code error_code;
    DescribeDelegationTokenRequest: |_request| Target::Any, code error_code;
    // Topics may be left out of the answer: the next ones follow at its cursor.
    DescribeTopicPartitionsRequest: |_request| Target::Any;
    GetTelemetrySubscriptionsRequest: |_request| Target::Any, code error_code;
    PushTelemetryRequest: |_request| Target::Any, code error_code;
    ListConfigResourcesRequest: |_request| Target::Any, code error_code;
    // About the broker that is asked: who has a broker in mind asks that one.
    AlterReplicaLogDirsRequest: |_request| Target::Any,
        results |response| response.results.iter().flat_map(|topic| &topic.partitions).map(|partition| partition.error_code);
}

// For the controller.
whole! {
    CreateAclsRequest: |_request| Target::Controller,
        results |response| response.results.iter().map(|result| result.error_code);
    DeleteAclsRequest: |_request| Target::Controller,
        results |response| response.filter_results.iter().map(|result| result.error_code);
    AlterClientQuotasRequest: |_request| Target::Controller,
        results |response| response.entries.iter().map(|entry| entry.error_code);
    AlterUserScramCredentialsRequest: |_request| Target::Controller,
        results |response| response.results.iter().map(|result| result.error_code);
    UpdateFeaturesRequest: |_request| Target::Controller, code error_code,
        results |response| response.results.iter().map(|result| result.error_code);
    CreateDelegationTokenRequest: |_request| Target::Controller, code error_code;
    RenewDelegationTokenRequest: |_request| Target::Controller, code error_code;
    ExpireDelegationTokenRequest: |_request| Target::Controller, code error_code;
    ListPartitionReassignmentsRequest: |_request| Target::Controller, code error_code;
    DescribeQuorumRequest: |_request| Target::Controller, code error_code,
        results |response| response.topics.iter().flat_map(|topic| &topic.partitions).map(|partition| partition.error_code),
        without throttle_time_ms;
    UnregisterBrokerRequest: |_request| Target::Controller, code error_code;
    AddRaftVoterRequest: |_request| Target::Controller, code error_code;
    RemoveRaftVoterRequest: |_request| Target::Controller, code error_code;
}

// For the coordinator of a group.
whole! {
    JoinGroupRequest: |request| Target::group(&request.group_id), code error_code;
    SyncGroupRequest: |request| Target::group(&request.group_id), code error_code;
    HeartbeatRequest: |request| Target::group(&request.group_id), code error_code;
    LeaveGroupRequest: |request| Target::group(&request.group_id), code error_code,
        results |response| response.members.iter().map(|member| member.error_code);
    ConsumerGroupHeartbeatRequest: |request| Target::group(&request.group_id), code error_code;
    ShareGroupHeartbeatRequest: |request| Target::group(&request.group_id), code error_code;
    StreamsGroupHeartbeatRequest: |request| Target::group(&request.group_id), code error_code;
}

// For the coordinator of a transactional id.
whole! {
    InitProducerIdRequest: |request| producer(request.transactional_id.as_ref()), code error_code;
    AddOffsetsToTxnRequest: |request| Target::transaction(&request.transactional_id), code error_code;
    EndTxnRequest: |request| Target::transaction(&request.transactional_id), code error_code;
}
