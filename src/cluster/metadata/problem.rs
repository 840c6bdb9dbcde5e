//! Answers that cannot be used at all.

use std::error::Error;
use std::fmt;

use milena_wire::error_code::ErrorCode;

/// Why a whole answer of Metadata cannot be used. What was known before stays.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetadataProblem {
    /// The broker says that the client knows a cluster that is no more: it is to begin again with its bootstrap addresses (KIP-1102).
    RebootstrapRequired,
    /// The broker refused the request as a whole.
    Refused(ErrorCode),
    /// There is no broker in it, or none that can be used.
    NoBrokers,
    /// There are more brokers in it than any cluster has.
    TooManyBrokers {
        /// How many.
        count: usize,
        /// How many are allowed.
        limit: usize,
    },
}

impl fmt::Display for MetadataProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RebootstrapRequired => {
                f.write_str("the broker asks to begin again with the bootstrap addresses")
            }
            Self::Refused(code) => write!(f, "the broker refused to tell its metadata: {code}"),
            Self::NoBrokers => f.write_str("the metadata has no broker that can be used"),
            Self::TooManyBrokers { count, limit } => {
                write!(f, "the metadata has {count} brokers, more than {limit}")
            }
        }
    }
}

impl Error for MetadataProblem {}
