//! Control records: what they say, and the key that says it.

use super::error::RecordError;

/// What a record of a control batch says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ControlType {
    /// The transaction was aborted.
    Abort,
    /// The transaction was committed.
    Commit,
    /// A leader of a Raft quorum took over.
    LeaderChange,
    /// A snapshot starts.
    SnapshotHeader,
    /// A snapshot ends.
    SnapshotFooter,
    /// The version of the Raft protocol.
    KRaftVersion,
    /// The voters of a Raft quorum.
    KRaftVoters,
    /// A type that is not known here, with its number.
    Unknown(i16),
}

impl ControlType {
    /// The type with this number.
    #[must_use]
    pub const fn from_id(id: i16) -> Self {
        match id {
            0 => ControlType::Abort,
            1 => ControlType::Commit,
            2 => ControlType::LeaderChange,
            3 => ControlType::SnapshotHeader,
            4 => ControlType::SnapshotFooter,
            5 => ControlType::KRaftVersion,
            6 => ControlType::KRaftVoters,
            other => ControlType::Unknown(other),
        }
    }

    /// Its number on the wire.
    #[must_use]
    pub const fn id(self) -> i16 {
        match self {
            ControlType::Abort => 0,
            ControlType::Commit => 1,
            ControlType::LeaderChange => 2,
            ControlType::SnapshotHeader => 3,
            ControlType::SnapshotFooter => 4,
            ControlType::KRaftVersion => 5,
            ControlType::KRaftVoters => 6,
            ControlType::Unknown(id) => id,
        }
    }

    /// The type that a control record's key names. Later versions may add to the key.
    ///
    /// # Errors
    /// [`RecordError::ControlKey`]: fewer than four bytes, or a negative version.
    pub fn from_key(key: &[u8]) -> Result<Self, RecordError> {
        match *key {
            [v0, v1, t0, t1, ..] if i16::from_be_bytes([v0, v1]) >= 0 => {
                Ok(Self::from_id(i16::from_be_bytes([t0, t1])))
            }
            _ => Err(RecordError::ControlKey { length: key.len() }),
        }
    }

    /// The key of a control record of this type, at version 0.
    #[must_use]
    pub const fn key(self) -> [u8; 4] {
        let [a, b] = self.id().to_be_bytes();
        [0, 0, a, b]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        for id in -1..10 {
            let control = ControlType::from_id(id);
            assert_eq!(control.id(), id);
            assert_eq!(ControlType::from_key(&control.key()), Ok(control));
        }
        assert_eq!(
            ControlType::from_key(&[0, 1, 0, 1, 9]),
            Ok(ControlType::Commit)
        );
        assert_eq!(
            ControlType::from_key(&[0, 0, 0]),
            Err(RecordError::ControlKey { length: 3 })
        );
        assert_eq!(
            ControlType::from_key(&[0xff, 0xff, 0, 1]),
            Err(RecordError::ControlKey { length: 4 })
        );
    }
}
