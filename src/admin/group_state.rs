//! What kinds of groups there are, and what states they can be in.

use std::fmt;

/// Makes an enum of words in the protocol; one that this crate does not know is kept.
macro_rules! worded {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// One that this version of the crate does not know, as the broker calls it.
            Unknown(String),
        }

        impl $name {
            pub(super) fn from_word(word: &str) -> Self {
                match word {
                    $(word if word.eq_ignore_ascii_case($word) => Self::$variant,)*
                    _ => Self::Unknown(word.to_owned()),
                }
            }

            /// Its name in the protocol.
            #[must_use]
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Unknown(word) => word,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

pub(super) use worded;

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
