//! What has configs, by its number in the protocol.

/// What has configs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResourceType {
    Topic = 2,
    Broker = 4,
    BrokerLogger = 8,
    ClientMetrics = 16,
    Group = 32,
}

impl ResourceType {
    pub(super) const ALL: [Self; 5] = [
        Self::Group,
        Self::ClientMetrics,
        Self::BrokerLogger,
        Self::Broker,
        Self::Topic,
    ];

    pub(super) fn of(number: i8) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|one| *one as i8 == number)
    }
}
