//! What the broker keeps in place of a password.

use super::hash::Hash;

/// What the broker keeps in place of a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ScramCredential {
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
    pub(super) stored_key: Vec<u8>,
    pub(super) server_key: Vec<u8>,
}

impl ScramCredential {
    /// Slow: see [`Hash::salted`].
    pub(super) fn new(hash: Hash, password: &str, salt: Vec<u8>, iterations: u32) -> Self {
        let salted = hash.salted(password.as_bytes(), &salt, iterations);
        Self::salted(hash, &salted, salt, iterations)
    }

    /// Of a password that was salted with `salt`, so many times.
    pub(super) fn salted(hash: Hash, password: &[u8], salt: Vec<u8>, iterations: u32) -> Self {
        Self {
            salt,
            iterations,
            stored_key: hash.digest(&hash.hmac(password, b"Client Key")),
            server_key: hash.hmac(password, b"Server Key"),
        }
    }
}
