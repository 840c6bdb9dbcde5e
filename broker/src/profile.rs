//! Which APIs brokers of old served, and in which versions.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use milena_wire::api_key::ApiKey;
use milena_wire::codec::VersionRange;

/// What kind of broker a cluster passes for: the APIs that it lists and their versions. Anything else is refused as that broker did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// All that there is, in all versions, those included that Kafka 4 has dropped.
    #[default]
    Newest,
    /// Kafka 2.8, of 2021: the first without ZooKeeper; no topic ids in Produce and Fetch.
    V2_8,
    /// Kafka 1.1, of 2018: SASL tokens in requests, no flexible versions.
    V1_1,
    /// Kafka 0.10.2, of 2017: message sets of magic 1, and SASL tokens without headers.
    V0_10_2,
}

impl Profile {
    /// The versions that such a broker serves of an API.
    pub(crate) fn versions(self, key: ApiKey) -> VersionRange {
        let newest = match self {
            Self::Newest => Some(i16::MAX),
            Self::V2_8 => newest(V2_8, key),
            Self::V1_1 => newest(V1_1, key),
            Self::V0_10_2 => newest(V0_10_2, key),
        };
        newest.map_or(VersionRange::NONE, |max| VersionRange::new(0, max))
    }

    /// Whether SCRAM is content with how a nonce ends, as it was before CVE-2024-56128.
    pub(crate) fn is_lenient_with_nonces(self) -> bool {
        self != Self::Newest
    }

    /// Whether producers are forgotten with their last record, and told so, as it was before KIP-360.
    pub(crate) fn forgets_producers(self) -> bool {
        matches!(self, Self::V1_1 | Self::V0_10_2)
    }
}

/// By number: `newest`, `2.8`, `1.1`, `0.10.2`.
impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, UnknownProfile> {
        match name {
            "newest" => Ok(Self::Newest),
            "2.8" => Ok(Self::V2_8),
            "1.1" => Ok(Self::V1_1),
            "0.10.2" => Ok(Self::V0_10_2),
            _ => Err(UnknownProfile(())),
        }
    }
}

/// No [`Profile`] has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownProfile(());

impl fmt::Display for UnknownProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such profile: newest, 2.8, 1.1 and 0.10.2 are known")
    }
}

impl Error for UnknownProfile {}

/// Not served.
const NO: i16 = -1;

/// The newest version of each API by its key, as a Kafka 0.10.2.2 answers ApiVersions. All begin at 0, but for key 7, which only brokers use.
const V0_10_2: &[i16] = &[
    2, 3, 1, 2, 0, 0, 3, 1, 2, 2, // Produce to OffsetFetch
    0, 1, 0, 0, 0, 0, 0, 0, 0, 1, // FindCoordinator to CreateTopics
    0, // DeleteTopics
];

/// The same of a Kafka 1.1.1.
const V1_1: &[i16] = &[
    5, 7, 2, 5, 1, 0, 4, 1, 3, 3, // Produce to OffsetFetch
    1, 2, 1, 1, 1, 1, 1, 1, 1, 2, // FindCoordinator to CreateTopics
    1, 0, 0, 0, 0, 0, 0, 0, 0, 0, // DeleteTopics to DescribeAcls
    0, 0, 1, 0, 0, 0, 0, 0, 0, 0, // CreateAcls to RenewDelegationToken
    0, 0, 0, // ExpireDelegationToken to DeleteGroups
];

/// The same of a Kafka 2.8.2.
const V2_8: &[i16] = &[
    9, 12, 6, 11, 5, 3, 7, 3, 8, 7, // Produce to OffsetFetch
    3, 7, 4, 4, 5, 5, 4, 1, 3, 7, // FindCoordinator to CreateTopics
    6, 2, 4, 4, 3, 3, 3, 1, 3, 2, // DeleteTopics to DescribeAcls
    2, 2, 4, 2, 2, 2, 2, 3, 2, 2, // CreateAcls to RenewDelegationToken
    2, 2, 2, 2, 1, 0, 0, 0, 1, 1, // ExpireDelegationToken to AlterClientQuotas
    0, 0, NO, NO, NO, NO, 0, 0, NO, NO, // DescribeUserScramCredentials to FetchSnapshot
    0, 0, // DescribeCluster, DescribeProducers
];

fn newest(versions: &[i16], key: ApiKey) -> Option<i16> {
    let newest = versions.get(usize::try_from(key.0).ok()?)?;
    (*newest != NO).then_some(*newest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_those_of_the_real_brokers() {
        for (profile, key, expected) in [
            (Profile::Newest, ApiKey::FETCH, Some(i16::MAX)),
            (Profile::V2_8, ApiKey::FETCH, Some(12)),
            (Profile::V2_8, ApiKey::API_VERSIONS, Some(3)),
            (Profile::V2_8, ApiKey::SASL_AUTHENTICATE, Some(2)),
            (Profile::V2_8, ApiKey::INCREMENTAL_ALTER_CONFIGS, Some(1)),
            (Profile::V2_8, ApiKey::DESCRIBE_PRODUCERS, Some(0)),
            (Profile::V2_8, ApiKey::DESCRIBE_TRANSACTIONS, None),
            (Profile::V1_1, ApiKey::SASL_AUTHENTICATE, Some(0)),
            (Profile::V1_1, ApiKey::DELETE_GROUPS, Some(0)),
            (Profile::V1_1, ApiKey::ELECT_LEADERS, None),
            (Profile::V0_10_2, ApiKey::DELETE_TOPICS, Some(0)),
            (Profile::V0_10_2, ApiKey::SASL_HANDSHAKE, Some(0)),
            (Profile::V0_10_2, ApiKey::SASL_AUTHENTICATE, None),
            (Profile::V0_10_2, ApiKey(-5), None),
        ] {
            let versions = profile.versions(key);
            let newest = (!versions.is_empty()).then_some(versions.max);
            assert_eq!(newest, expected, "{profile:?} {key:?}");
        }
    }
}
