//! What a socket is for.

use milena_wire::api_key::ApiKey;

/// What a socket is for: a broker answers the requests of one socket in their order, so that what takes long has a socket of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// Everything else: metadata, admin, offsets.
    General,
    /// Writing records.
    Produce,
    /// Reading records, which the broker may hold back until there are some.
    Fetch,
    /// Groups and transactions: heartbeats, commits, and what must never wait behind anything else.
    Coordination,
}

impl Purpose {
    /// How many there are.
    pub(crate) const COUNT: usize = 4;

    /// All of them.
    pub const ALL: [Self; Self::COUNT] = [
        Self::General,
        Self::Produce,
        Self::Fetch,
        Self::Coordination,
    ];

    pub(crate) fn index(self) -> usize {
        match self {
            Self::General => 0,
            Self::Produce => 1,
            Self::Fetch => 2,
            Self::Coordination => 3,
        }
    }

    /// The name, as metrics and logs have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Produce => "produce",
            Self::Fetch => "fetch",
            Self::Coordination => "coordination",
        }
    }

    /// Which socket the requests of an API go over.
    #[must_use]
    pub fn of(api: ApiKey) -> Self {
        match api {
            ApiKey::PRODUCE => Self::Produce,
            ApiKey::FETCH | ApiKey::SHARE_FETCH | ApiKey::SHARE_ACKNOWLEDGE => Self::Fetch,
            ApiKey::JOIN_GROUP
            | ApiKey::SYNC_GROUP
            | ApiKey::HEARTBEAT
            | ApiKey::LEAVE_GROUP
            | ApiKey::OFFSET_COMMIT
            | ApiKey::OFFSET_FETCH
            | ApiKey::CONSUMER_GROUP_HEARTBEAT
            | ApiKey::SHARE_GROUP_HEARTBEAT
            | ApiKey::STREAMS_GROUP_HEARTBEAT
            | ApiKey::INIT_PRODUCER_ID
            | ApiKey::ADD_PARTITIONS_TO_TXN
            | ApiKey::ADD_OFFSETS_TO_TXN
            | ApiKey::TXN_OFFSET_COMMIT
            | ApiKey::END_TXN => Self::Coordination,
            _ => Self::General,
        }
    }
}
