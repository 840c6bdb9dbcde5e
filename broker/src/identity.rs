//! What is new each time: ids of clusters and topics, nonces.

use std::hash::{BuildHasher, RandomState};
use std::sync::{PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytestring::ByteString;
use uuid::{Builder, Uuid};

const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Random enough for ids: each `RandomState` has other keys, and the first come from the operating system.
fn random() -> u128 {
    let half = || RandomState::new().hash_one(0u8);
    u128::from(half()) << 64 | u128::from(half())
}

/// A topic's id.
pub(crate) fn topic_id() -> Uuid {
    Builder::from_random_bytes(random().to_be_bytes()).into_uuid()
}

/// The id of a directory of a controller.
pub(crate) fn directory_id() -> Uuid {
    topic_id()
}

/// A topic's id as Kafka writes it: 22 characters.
pub(crate) fn parse_id(text: &str) -> Option<Uuid> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    Uuid::from_slice(&bytes).ok()
}

/// A delegation token's id: 22 characters.
pub(crate) fn token_id() -> String {
    cluster_id()
}

/// Something that was never used before: the broker's part of a SCRAM exchange, and a salt.
pub(crate) fn nonce() -> String {
    format!("{:032x}", random())
}

/// The id of a cluster, which may change, as if its clients had come to another one.
#[derive(Debug)]
pub(crate) struct ClusterId(RwLock<ByteString>);

impl ClusterId {
    pub(crate) fn new() -> Self {
        Self(RwLock::new(cluster_id().into()))
    }

    pub(crate) fn get(&self) -> ByteString {
        // No code panics under this lock.
        let id = self.0.read().unwrap_or_else(PoisonError::into_inner);
        id.clone()
    }

    /// Another one from now on.
    pub(crate) fn change(&self) {
        let mut id = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *id = cluster_id().into();
    }
}

/// A cluster's id: 22 characters, as Kafka makes them of 16 random bytes.
fn cluster_id() -> String {
    let bits = random();
    let digit = |place: u32| {
        // The last character has the four lowest bits; a leading dash would look like an option.
        let (shift, width) = if place < 21 {
            (122 - 6 * place, 63)
        } else {
            (0, 15 << 2)
        };
        let index = if place < 21 { bits >> shift } else { bits << 2 } & width;
        let character = usize::try_from(index)
            .ok()
            .and_then(|index| URL_SAFE.get(index));
        match character.copied().map(char::from) {
            Some('-') if place == 0 => 'A',
            Some(character) => character,
            None => 'A',
        }
    };
    (0..22).map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_are_new_each_time() {
        let topics: HashSet<_> = (0..1000).map(|_| topic_id()).collect();
        assert_eq!(topics.len(), 1000);
        assert!(topics.iter().all(|id| id.get_version_num() == 4));
        let clusters: HashSet<_> = (0..1000).map(|_| cluster_id()).collect();
        assert_eq!(clusters.len(), 1000);
        let legal = |id: &String| id.len() == 22 && id.bytes().all(|byte| URL_SAFE.contains(&byte));
        assert!(clusters.iter().all(|id| legal(id) && !id.starts_with('-')));
    }
}
