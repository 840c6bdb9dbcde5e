//! AlterClientQuotas: API key 49.

use bytestring::ByteString;
use milena_wire_derive::Wire;

use crate::codec::TaggedFields;
use crate::error_code::ErrorCode;

/// Sets or removes quotas of users, client ids and addresses.
///
/// Since KIP-546. Answered by [`AlterClientQuotasResponse`].
///
/// Versions 0-1, flexible from 1.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(request = ALTER_CLIENT_QUOTAS, versions = "0-1", flexible = "1+", response = AlterClientQuotasResponse)]
#[non_exhaustive]
pub struct AlterClientQuotasRequest {
    #[wire("0+")]
    pub entries: Vec<EntryData>,
    #[wire("0+")]
    pub validate_only: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterClientQuotasRequest.entries`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct EntryData {
    #[wire("0+")]
    pub entity: Vec<EntityData>,
    #[wire("0+")]
    pub ops: Vec<OpData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterClientQuotasRequest.entries.entity`.
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

/// An element of `AlterClientQuotasRequest.entries.ops`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct OpData {
    #[wire("0+")]
    pub key: ByteString,
    #[wire("0+")]
    pub value: f64,
    #[wire("0+")]
    pub remove: bool,
    pub unknown_tagged_fields: TaggedFields,
}

/// For each entity, whether its quotas were changed.
///
/// Answers [`AlterClientQuotasRequest`].
///
/// Versions 0-1, flexible from 1.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(response = ALTER_CLIENT_QUOTAS, versions = "0-1", flexible = "1+")]
#[non_exhaustive]
pub struct AlterClientQuotasResponse {
    #[wire("0+")]
    pub throttle_time_ms: i32,
    #[wire("0+")]
    pub entries: Vec<AlterClientQuotasResponseEntryData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterClientQuotasResponse.entries`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct AlterClientQuotasResponseEntryData {
    #[wire("0+")]
    pub error_code: ErrorCode,
    #[wire("0+", nullable = "0+")]
    pub error_message: Option<ByteString>,
    #[wire("0+")]
    pub entity: Vec<AlterClientQuotasResponseEntityData>,
    pub unknown_tagged_fields: TaggedFields,
}

/// An element of `AlterClientQuotasResponse.entries.entity`.
#[derive(Clone, Debug, PartialEq, Wire)]
#[wire(versions = "0-1")]
#[non_exhaustive]
pub struct AlterClientQuotasResponseEntityData {
    #[wire("0+")]
    pub entity_type: ByteString,
    #[wire("0+", nullable = "0+")]
    pub entity_name: Option<ByteString>,
    pub unknown_tagged_fields: TaggedFields,
}
