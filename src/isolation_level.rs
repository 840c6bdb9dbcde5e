//! Which records count as readable.

/// Which records count as readable. Java: `isolation.level`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IsolationLevel {
    /// All that all in-sync replicas have.
    #[default]
    ReadUncommitted,
    /// Those before the first that belongs to an open transaction.
    ReadCommitted,
}

impl IsolationLevel {
    /// As requests have it.
    pub(crate) fn number(self) -> i8 {
        match self {
            Self::ReadUncommitted => 0,
            Self::ReadCommitted => 1,
        }
    }
}
