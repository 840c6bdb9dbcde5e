//! Who may log in by SCRAM, and with what. It can change while the cluster runs.

use std::collections::{BTreeMap, HashMap};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::hash::Hash;
use super::scram_credential::ScramCredential;

/// The credentials of users, by mechanism and name.
#[derive(Debug, Default)]
pub(crate) struct ScramUsers {
    by_hash: RwLock<HashMap<Hash, BTreeMap<String, ScramCredential>>>,
}

/// A mechanism whose users can be changed, by its number in the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScramMechanism {
    Sha256 = 1,
    Sha512 = 2,
}

impl ScramMechanism {
    const ALL: [Self; 2] = [Self::Sha256, Self::Sha512];

    pub(crate) fn of(number: i8) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|mechanism| *mechanism as i8 == number)
    }

    fn hash(self) -> Hash {
        match self {
            Self::Sha256 => Hash::Sha256,
            Self::Sha512 => Hash::Sha512,
        }
    }
}

impl ScramUsers {
    pub(super) fn insert(&self, hash: Hash, name: &str, credential: ScramCredential) {
        let mut by_hash = self.write();
        let users = by_hash.entry(hash).or_default();
        users.insert(name.to_owned(), credential);
    }

    pub(super) fn find(&self, hash: Hash, name: &str) -> Option<ScramCredential> {
        self.read().get(&hash)?.get(name).cloned()
    }

    /// Sets what a user logs in with from now on, from the password that the client has salted.
    pub(crate) fn set(
        &self,
        mechanism: ScramMechanism,
        name: &str,
        salt: &[u8],
        iterations: u32,
        salted_password: &[u8],
    ) {
        let hash = mechanism.hash();
        let credential = ScramCredential::salted(hash, salted_password, salt.to_vec(), iterations);
        self.insert(hash, name, credential);
    }

    /// Takes what a user logs in with away; whether he had it.
    pub(crate) fn remove(&self, mechanism: ScramMechanism, name: &str) -> bool {
        let mut by_hash = self.write();
        let users = by_hash.get_mut(&mechanism.hash());
        users.is_some_and(|users| users.remove(name).is_some())
    }

    /// How often a user's password is hashed, by mechanism; none if there is no such user.
    pub(crate) fn iterations(&self, name: &str) -> Vec<(ScramMechanism, u32)> {
        let by_hash = self.read();
        let found = ScramMechanism::ALL.into_iter().filter_map(|mechanism| {
            let credential = by_hash.get(&mechanism.hash())?.get(name)?;
            Some((mechanism, credential.iterations))
        });
        found.collect()
    }

    /// The names of all users.
    pub(crate) fn names(&self) -> Vec<String> {
        let by_hash = self.read();
        let mut names: Vec<_> = by_hash.values().flat_map(BTreeMap::keys).cloned().collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<Hash, BTreeMap<String, ScramCredential>>> {
        // No code panics under this lock.
        self.by_hash.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<Hash, BTreeMap<String, ScramCredential>>> {
        self.by_hash.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_salted_password_is_as_good_as_a_password() {
        let users = ScramUsers::default();
        let known = ScramCredential::new(Hash::Sha256, "secret", b"salt".to_vec(), 10);
        users.insert(Hash::Sha256, "alice", known.clone());
        let salted = Hash::Sha256.salted(b"secret", b"salt", 10);
        users.set(ScramMechanism::Sha256, "bob", b"salt", 10, &salted);
        assert_eq!(users.find(Hash::Sha256, "bob"), Some(known));
        assert_eq!(users.find(Hash::Sha512, "bob"), None);
        assert_eq!(users.names(), ["alice", "bob"]);
        assert_eq!(users.iterations("bob"), [(ScramMechanism::Sha256, 10)]);
        assert!(users.remove(ScramMechanism::Sha256, "bob"));
        assert!(!users.remove(ScramMechanism::Sha256, "bob"));
        assert_eq!(users.iterations("bob"), []);
    }
}
