//! What kinds of groups there are, and what states they can be in.

use super::worded::worded;

worded! {
    /// What kind of group it is (Java: `GroupType`).
    GroupType {
        /// Members agree among themselves who reads what.
        Classic = "classic",
        /// The broker says who reads what (KIP-848).
        Consumer = "consumer",
        /// Members share partitions (KIP-932).
        Share = "share",
        /// The instances of a Kafka Streams application (KIP-1071).
        Streams = "streams",
    }
}

worded! {
    /// What a group is about (Java: `GroupState`).
    GroupState {
        /// Waiting for all members to come.
        PreparingRebalance = "PreparingRebalance",
        /// Waiting for the leader to say who reads what.
        CompletingRebalance = "CompletingRebalance",
        /// Everybody knows what to read.
        Stable = "Stable",
        /// It is not there, or about to go.
        Dead = "Dead",
        /// It has no members, and perhaps offsets.
        Empty = "Empty",
        /// The broker finds out who shall read what.
        Assigning = "Assigning",
        /// Members are giving up and taking over.
        Reconciling = "Reconciling",
        /// Topics that it needs are not there.
        NotReady = "NotReady",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_there_and_back() {
        assert_eq!(GroupType::from_word("Consumer"), GroupType::Consumer);
        assert_eq!(GroupState::from_word("Stable"), GroupState::Stable);
        let new = GroupState::from_word("Dreaming");
        assert_eq!(new, GroupState::Unknown("Dreaming".into()));
        assert_eq!(new.to_string(), "Dreaming");
    }
}
