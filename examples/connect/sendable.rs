//! Requests that change nothing at the broker.

use std::future::Future;
use std::pin::Pin;

use milena::wire::api_key::ApiKey;
use milena::wire::codec::{Request, VersionRange};
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::describe_quorum::{PartitionData, TopicData};
use milena::wire::messages::offset_fetch::OffsetFetchRequestGroup;
use milena::wire::messages::{
    ApiVersionsRequest, ConsumerGroupDescribeRequest, DescribeAclsRequest,
    DescribeClientQuotasRequest, DescribeClusterRequest, DescribeConfigsRequest,
    DescribeDelegationTokenRequest, DescribeGroupsRequest, DescribeLogDirsRequest,
    DescribeQuorumRequest, DescribeTopicPartitionsRequest, DescribeTransactionsRequest,
    DescribeUserScramCredentialsRequest, FindCoordinatorRequest, ListConfigResourcesRequest,
    ListGroupsRequest, ListOffsetsRequest, ListPartitionReassignmentsRequest,
    ListTransactionsRequest, MetadataRequest, OffsetFetchRequest,
};
use milena::{Connection, Error};

/// The group that is asked for. It need not exist.
const GROUP: &str = "milena-connect";

/// All that can be sent.
pub(crate) const ALL: &[Sendable] = &[
    Sendable::of::<ApiVersionsRequest>(),
    Sendable::of::<MetadataRequest>(),
    Sendable::of::<FindCoordinatorRequest>(),
    Sendable::of::<ListOffsetsRequest>(),
    Sendable::of::<OffsetFetchRequest>(),
    Sendable::of::<DescribeClusterRequest>(),
    Sendable::of::<DescribeTopicPartitionsRequest>(),
    Sendable::of::<DescribeConfigsRequest>(),
    Sendable::of::<DescribeLogDirsRequest>(),
    Sendable::of::<DescribeQuorumRequest>(),
    Sendable::of::<ListGroupsRequest>(),
    Sendable::of::<DescribeGroupsRequest>(),
    Sendable::of::<ConsumerGroupDescribeRequest>(),
    Sendable::of::<ListTransactionsRequest>(),
    Sendable::of::<DescribeTransactionsRequest>(),
    Sendable::of::<ListPartitionReassignmentsRequest>(),
    Sendable::of::<ListConfigResourcesRequest>(),
    Sendable::of::<DescribeClientQuotasRequest>(),
    Sendable::of::<DescribeAclsRequest>(),
    Sendable::of::<DescribeUserScramCredentialsRequest>(),
    Sendable::of::<DescribeDelegationTokenRequest>(),
];

/// A request of an API, and how to read the answer's error.
pub(crate) struct Sendable {
    pub(crate) api: ApiKey,
    pub(crate) versions: VersionRange,
    /// Sends it at no higher version than this.
    pub(crate) send: fn(&Connection, i16) -> Exchange,
}

/// Gives the error code that the answer has as a whole.
pub(crate) type Exchange = Pin<Box<dyn Future<Output = Result<ErrorCode, Error>> + Send>>;

impl Sendable {
    const fn of<R>() -> Self
    where
        R: Question + Send + 'static,
        R::Response: Send,
    {
        Self {
            api: R::API_KEY,
            versions: R::VERSIONS,
            send: |connection, version| {
                let answer = connection.send(R::at(version)).max_version(version);
                Box::pin(async move { Ok(R::error(&answer.await?)) })
            },
        }
    }
}

/// A request for its own sake.
trait Question: Request {
    /// As it can be said in a version: mostly by default values, which ask for nothing.
    fn at(_version: i16) -> Self {
        Self::default()
    }

    /// The error of the answer as a whole. Some have one only for each thing that was asked for.
    fn error(_answer: &Self::Response) -> ErrorCode {
        ErrorCode::NONE
    }
}

/// Requests whose answers have an error of their own.
macro_rules! told {
    ($($request:ty: $default:expr;)*) => {$(
        impl Question for $request {
            fn at(_version: i16) -> Self {
                $default
            }

            fn error(answer: &Self::Response) -> ErrorCode {
                answer.error_code
            }
        }
    )*};
}

told! {
    MetadataRequest: Self::default(); // of no topic; in version 0 that means all
    DescribeClusterRequest: Self::default();
    ListGroupsRequest: Self::default();
    ListTransactionsRequest: Self::default();
    ListConfigResourcesRequest: Self::default();
    DescribeClientQuotasRequest: Self::default();
    DescribeUserScramCredentialsRequest: Self::default();
    DescribeLogDirsRequest: made(|all: &mut Self| all.topics = None);
    ListPartitionReassignmentsRequest: made(|all: &mut Self| all.topics = None);
    DescribeDelegationTokenRequest: made(|all: &mut Self| all.owners = None);
}

impl Question for DescribeTopicPartitionsRequest {}
impl Question for DescribeConfigsRequest {}
impl Question for DescribeGroupsRequest {}
impl Question for ConsumerGroupDescribeRequest {}
impl Question for DescribeTransactionsRequest {}

impl Question for ListOffsetsRequest {
    fn at(_version: i16) -> Self {
        // A client, and no replica.
        Self::default().with_replica_id(-1)
    }
}

impl Question for ApiVersionsRequest {
    fn at(_version: i16) -> Self {
        Self::default()
            .with_client_software_name("milena-connect")
            .with_client_software_version(env!("CARGO_PKG_VERSION"))
    }

    fn error(answer: &Self::Response) -> ErrorCode {
        answer.error_code
    }
}

impl Question for FindCoordinatorRequest {
    fn at(version: i16) -> Self {
        match version {
            ..=3 => Self::default().with_key(GROUP),
            _ => Self::default().with_coordinator_keys(vec![GROUP.into()]),
        }
    }

    fn error(answer: &Self::Response) -> ErrorCode {
        let first = answer.coordinators.first();
        first.map_or(answer.error_code, |coordinator| coordinator.error_code)
    }
}

impl Question for OffsetFetchRequest {
    fn at(version: i16) -> Self {
        match version {
            ..=1 => Self::default().with_group_id(GROUP),
            2..=7 => made(|all: &mut Self| {
                all.group_id = GROUP.into();
                all.topics = None;
            }),
            _ => {
                let group = made(|all: &mut OffsetFetchRequestGroup| {
                    all.group_id = GROUP.into();
                    all.topics = None;
                });
                Self::default().with_groups(vec![group])
            }
        }
    }

    fn error(answer: &Self::Response) -> ErrorCode {
        let first = answer.groups.first();
        first.map_or(answer.error_code, |group| group.error_code)
    }
}

impl Question for DescribeQuorumRequest {
    fn at(_version: i16) -> Self {
        let topic = TopicData::default()
            .with_topic_name("__cluster_metadata")
            .with_partitions(vec![PartitionData::default()]);
        Self::default().with_topics(vec![topic])
    }

    fn error(answer: &Self::Response) -> ErrorCode {
        answer.error_code
    }
}

impl Question for DescribeAclsRequest {
    fn at(version: i16) -> Self {
        const ANY: i8 = 1;
        made(|all: &mut Self| {
            all.resource_type_filter = ANY;
            all.resource_name_filter = None;
            all.principal_filter = None;
            all.host_filter = None;
            all.operation = ANY;
            all.permission_type = ANY;
            if version > 0 {
                all.pattern_type_filter = ANY;
            }
        })
    }

    fn error(answer: &Self::Response) -> ErrorCode {
        answer.error_code
    }
}

/// For fields that are null to mean all: nothing else sets them so.
fn made<T: Default>(change: impl FnOnce(&mut T)) -> T {
    let mut made = T::default();
    change(&mut made);
    made
}
