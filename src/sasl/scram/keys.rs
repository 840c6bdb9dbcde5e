//! The hashes of SCRAM, and what they make of a password.

use hmac::{Hmac, KeyInit, Mac};
use pbkdf2::pbkdf2;
use sha2::{Digest, Sha256, Sha512};
use zeroize::{Zeroize, Zeroizing};

use crate::sasl::error::SaslError;
use crate::secret::Secret;

/// Which SCRAM it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha512,
}

/// What a hash gives. As good as a password, whichever step it belongs to.
pub(crate) type Output = Zeroizing<Vec<u8>>;

impl Hash {
    pub(super) fn mechanism(self) -> &'static str {
        match self {
            Self::Sha256 => "SCRAM-SHA-256",
            Self::Sha512 => "SCRAM-SHA-512",
        }
    }

    fn digest(self, data: &[u8]) -> Output {
        match self {
            Self::Sha256 => take(&mut Sha256::digest(data)),
            Self::Sha512 => take(&mut Sha512::digest(data)),
        }
    }

    fn hmac(self, key: &[u8], message: &[u8]) -> Result<Output, SaslError> {
        fn run<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Result<Output, SaslError> {
            let mac = <M as KeyInit>::new_from_slice(key).map_err(|_| unusable())?;
            Ok(take(&mut mac.chain_update(message).finalize().into_bytes()))
        }
        match self {
            Self::Sha256 => run::<Hmac<Sha256>>(key, message),
            Self::Sha512 => run::<Hmac<Sha512>>(key, message),
        }
    }

    /// Whether it is the message's HMAC, in a time that does not depend on where they differ.
    fn verify(self, key: &[u8], message: &[u8], tag: &[u8]) -> bool {
        fn run<M: Mac + KeyInit>(key: &[u8], message: &[u8], tag: &[u8]) -> bool {
            <M as KeyInit>::new_from_slice(key)
                .is_ok_and(|mac| mac.chain_update(message).verify_slice(tag).is_ok())
        }
        match self {
            Self::Sha256 => run::<Hmac<Sha256>>(key, message, tag),
            Self::Sha512 => run::<Hmac<Sha512>>(key, message, tag),
        }
    }

    /// PBKDF2, RFC 5802's `Hi`.
    pub(crate) fn stretch(
        self,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
    ) -> Result<Output, SaslError> {
        let mut output = match self {
            Self::Sha256 => Zeroizing::new(vec![0; 32]),
            Self::Sha512 => Zeroizing::new(vec![0; 64]),
        };
        let done = match self {
            Self::Sha256 => pbkdf2::<Hmac<Sha256>>(password, salt, iterations, &mut output),
            Self::Sha512 => pbkdf2::<Hmac<Sha512>>(password, salt, iterations, &mut output),
        };
        done.map_err(|_| unusable())?;
        Ok(output)
    }
}

/// Moves a hash from the stack to where it is overwritten in the end.
fn take(array: &mut impl AsMut<[u8]>) -> Output {
    let bytes = array.as_mut();
    let output = Zeroizing::new(bytes.to_vec());
    bytes.zeroize();
    output
}

/// HMAC takes keys of any length, but its type does not say so.
fn unusable() -> SaslError {
    SaslError::InvalidCredentials("the password cannot be used as a key".to_owned())
}

/// What both sides make of password, salt and iterations. Whoever has it can log in like the owner of the password.
pub(super) struct Keys {
    hash: Hash,
    client: Output,
    server: Output,
}

impl Keys {
    /// Takes milliseconds, or as long as the broker's number of iterations makes it take.
    pub(super) fn derive(
        hash: Hash,
        password: &Secret,
        salt: &[u8],
        iterations: u32,
    ) -> Result<Self, SaslError> {
        let salted = hash.stretch(password.expose().as_bytes(), salt, iterations)?;
        Ok(Self {
            hash,
            client: hash.hmac(&salted, b"Client Key")?,
            server: hash.hmac(&salted, b"Server Key")?,
        })
    }

    /// What shows the broker that the client has the key.
    pub(super) fn client_proof(&self, auth_message: &[u8]) -> Result<Output, SaslError> {
        let stored = self.hash.digest(&self.client);
        let mut proof = self.hash.hmac(&stored, auth_message)?;
        for (byte, key) in proof.iter_mut().zip(self.client.iter()) {
            *byte ^= key;
        }
        Ok(proof)
    }

    /// Whether the broker has shown that it has the key too.
    pub(super) fn verify_server(&self, auth_message: &[u8], signature: &[u8]) -> bool {
        self.hash.verify(&self.server, auth_message, signature)
    }

    /// What a broker shows.
    #[cfg(test)]
    pub(super) fn server_signature(&self, auth_message: &[u8]) -> Vec<u8> {
        self.hash.hmac(&self.server, auth_message).unwrap().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers for PBKDF2 with HMAC-SHA-256 and -512 over the inputs of RFC 6070.
    #[test]
    fn stretching() {
        for (hash, iterations, head) in [
            (Hash::Sha256, 1, [0x12, 0x0f, 0xb6, 0xcf]),
            (Hash::Sha256, 4096, [0xc5, 0xe4, 0x78, 0xd5]),
            (Hash::Sha512, 1, [0x86, 0x7f, 0x70, 0xcf]),
            (Hash::Sha512, 4096, [0xd1, 0x97, 0xb1, 0xb3]),
        ] {
            let output = hash.stretch(b"password", b"salt", iterations).unwrap();
            assert_eq!(output[..4], head, "{hash:?} {iterations}");
        }
    }

    #[test]
    fn only_the_whole_signature_verifies() {
        for hash in [Hash::Sha256, Hash::Sha512] {
            let keys = Keys::derive(hash, &"pencil".into(), b"salt", 1).unwrap();
            let signature = keys.server_signature(b"message");
            assert!(keys.verify_server(b"message", &signature));
            assert!(!keys.verify_server(b"massage", &signature));
            assert!(!keys.verify_server(b"message", &[]));
            assert!(!keys.verify_server(b"message", &signature[1..]));
            for at in 0..signature.len() {
                assert!(!keys.verify_server(b"message", &signature[..at]));
                let mut wrong = signature.clone();
                wrong[at] ^= 1;
                assert!(!keys.verify_server(b"message", &wrong));
            }
        }
    }
}
