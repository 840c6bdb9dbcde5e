//! The leaders that an answer names (KIP-951).

use milena_wire::error_code::ErrorCode;

use crate::cluster::metadata::{Broker, LeaderHint, TopicKey};

/// The leaders that an answer names of partitions that its broker does not lead, or not in the epoch that it was asked for (KIP-951).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewLeaders {
    /// Who leads what.
    pub leaders: Vec<LeaderHint>,
    /// Where the leaders are reached, as far as the answer says so.
    pub brokers: Vec<Broker>,
}

impl NewLeaders {
    /// The answer says of a partition that this broker leads it. It counts beside the codes only that say that another one does.
    pub(super) fn leader(
        &mut self,
        topic: TopicKey,
        partition: i32,
        code: ErrorCode,
        (leader, epoch): (i32, i32),
    ) {
        let is_news = matches!(
            code,
            ErrorCode::NOT_LEADER_OR_FOLLOWER | ErrorCode::FENCED_LEADER_EPOCH
        );
        if is_news && leader >= 0 && epoch >= 0 {
            self.leaders.push(LeaderHint {
                topic,
                partition,
                leader,
                epoch,
            });
        }
    }

    /// The answer says where a broker is. One that cannot be is left out.
    pub(super) fn broker(&mut self, id: i32, host: &str, port: i32, rack: Option<&str>) {
        self.brokers.extend(Broker::new(id, host, port, rack));
    }
}
