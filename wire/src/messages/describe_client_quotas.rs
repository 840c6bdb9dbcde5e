//! DescribeClientQuotas: API key 48.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Asks which quotas are set for users, client ids and addresses that match a filter.
///
/// Since KIP-546. Answered by [`DescribeClientQuotasResponse`].
///
/// Versions 0-1, flexible from 1.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = DESCRIBE_CLIENT_QUOTAS, versions = "0-1", flexible = "1+", response = DescribeClientQuotasResponse)]
#[non_exhaustive]
pub struct DescribeClientQuotasRequest {
    #[wire("0+")]
    pub components: Vec<ComponentData>,
    #[wire("0+")]
    pub strict: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeClientQuotasRequest.components`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct ComponentData {
    #[wire("0+")]
    pub entity_type: ByteString,
    #[wire("0+")]
    pub match_type: i8,
    #[wire("0+", nullable = "0+")]
    pub r#match: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}

/// The matching entities, each with its quotas.
///
/// Answers [`DescribeClientQuotasRequest`].
///
/// Versions 0-1, flexible from 1.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = DESCRIBE_CLIENT_QUOTAS, versions = "0-1", flexible = "1+")]
#[non_exhaustive]
pub struct DescribeClientQuotasResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub error_message: Option<ByteString>,
    #[wire("0+", nullable = "0+")]
    pub entries: Option<Vec<EntryData>>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeClientQuotasResponse.entries`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct EntryData {
    #[wire("0+")]
    pub entity: Vec<EntityData>,
    #[wire("0+")]
    pub values: Vec<ValueData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeClientQuotasResponse.entries.entity`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct EntityData {
    #[wire("0+")]
    pub entity_type: ByteString,
    #[wire("0+", nullable = "0+")]
    pub entity_name: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `DescribeClientQuotasResponse.entries.values`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct ValueData {
    #[wire("0+")]
    pub key: ByteString,
    #[wire("0+")]
    pub value: f64,
    pub unknown_tagged_fields: TaggedFields,
}
