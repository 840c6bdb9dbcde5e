//! How far a transaction is.

/// How far a transaction is. The states between are never seen here, since transactions end at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransactionState {
    /// There has been none since the producer was initialized.
    Empty,
    Ongoing,
    CompleteCommit,
    CompleteAbort,
}

impl TransactionState {
    /// As Kafka writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::Ongoing => "Ongoing",
            Self::CompleteCommit => "CompleteCommit",
            Self::CompleteAbort => "CompleteAbort",
        }
    }

    /// Whether Kafka knows a state of this name.
    pub(crate) fn is_known(name: &str) -> bool {
        const OTHERS: [&str; 4] = ["PrepareCommit", "PrepareAbort", "Dead", "PrepareEpochFence"];
        let own = [
            Self::Empty,
            Self::Ongoing,
            Self::CompleteCommit,
            Self::CompleteAbort,
        ];
        own.iter().any(|state| state.name() == name) || OTHERS.contains(&name)
    }
}
