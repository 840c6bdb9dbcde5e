//! By which protocol the members of a group work together.

use std::fmt;

/// By which protocol the members of a group work together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum GroupType {
    /// JoinGroup and SyncGroup: the oldest protocol. Also what is made by offsets that a consumer commits who is in no group.
    Classic,
    /// ConsumerGroupHeartbeat (KIP-848).
    Consumer,
    /// ShareGroupHeartbeat (KIP-932).
    Share,
    /// StreamsGroupHeartbeat (KIP-1071).
    Streams,
}

impl GroupType {
    /// The type of this name, in whatever case.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let all = [Self::Classic, Self::Consumer, Self::Share, Self::Streams];
        let mut all = all.into_iter();
        all.find(|one| one.to_string().eq_ignore_ascii_case(name.trim()))
    }

    /// What members of such a group are, as far as its type says it.
    pub(super) fn protocol_type(self) -> &'static str {
        match self {
            Self::Classic => "",
            Self::Consumer => "consumer",
            Self::Share => "share",
            Self::Streams => "streams",
        }
    }
}

/// As Kafka writes it: `classic`, `consumer`, `share`, `streams`.
impl fmt::Display for GroupType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Classic => "classic",
            Self::Consumer => "consumer",
            Self::Share => "share",
            Self::Streams => "streams",
        })
    }
}
