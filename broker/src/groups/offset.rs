//! An offset that was committed.

use uuid::Uuid;

/// An offset that was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommittedOffset {
    pub(crate) offset: i64,
    /// -1 if it was not told.
    pub(crate) leader_epoch: i32,
    pub(crate) metadata: String,
    /// Of the topic that there was then.
    pub(crate) topic_id: Uuid,
}

/// An offset that is to be committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewOffset {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) committed: CommittedOffset,
}
