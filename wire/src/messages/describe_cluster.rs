//! DescribeCluster: API key 60.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Asks for the brokers, or the controllers, of the cluster, without any topic.
///
/// Since KIP-700. Answered by [`DescribeClusterResponse`].
///
/// Versions 0-2, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = DESCRIBE_CLUSTER, versions = "0-2", flexible = "0+", response = DescribeClusterResponse)]
#[non_exhaustive]
pub struct DescribeClusterRequest {
    #[wire("0+")]
    pub include_cluster_authorized_operations: bool,
    #[wire("1+", default = 1)]
    pub endpoint_type: i8,
    #[wire("2+")]
    pub include_fenced_brokers: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// The cluster's id, its controller and its nodes with their addresses.
///
/// Answers [`DescribeClusterRequest`].
///
/// Versions 0-2, all flexible.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = DESCRIBE_CLUSTER, versions = "0-2", flexible = "0+")]
#[non_exhaustive]
pub struct DescribeClusterResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+", default = null)]
    pub error_message: Option<ByteString>,
    #[wire("1+", default = 1)]
    pub endpoint_type: i8,
    #[wire("0+")]
    pub cluster_id: ByteString,
    #[wire("0+", default = -1)]
    pub controller_id: i32,
    #[wire("0+")]
    pub brokers: Vec<DescribeClusterBroker>,
    #[wire("0+", default = i32::MIN)]
    pub cluster_authorized_operations: i32,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeClusterResponse.brokers`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-2")]
#[non_exhaustive]
pub struct DescribeClusterBroker {
    #[wire("0+")]
    pub broker_id: i32,
    #[wire("0+")]
    pub host: ByteString,
    #[wire("0+")]
    pub port: i32,
    #[wire("0+", nullable = "0+", default = null)]
    pub rack: Option<ByteString>,
    #[wire("2+")]
    pub is_fenced: bool,
    pub unknown_tagged_fields: TaggedFields,
}
