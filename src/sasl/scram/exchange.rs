//! One SCRAM authentication, step by step. No I/O.
//!
//! Each step is a type that the next one consumes, so none can be left out or done twice.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::keys::Keys;
use super::messages::{ServerFirst, escape, invalid, server_final};
use crate::sasl::error::SaslError;

/// No channel binding, as Kafka knows none, and no other name to act as.
const HEADER: &str = "n,,";
/// The header in base64, which makes it part of what is signed.
const BINDING: &str = "c=biws";

/// The client has named the user.
pub(super) struct Begun {
    /// The message without its header.
    bare: String,
    nonce: String,
}

/// The broker has told how the keys are made.
pub(super) struct Challenged {
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
    /// All that was said so far, and the client's last message without its proof.
    auth_message: String,
    /// Where that last message begins.
    last_at: usize,
}

/// The client has proved that it has the keys.
pub(super) struct Proved {
    keys: Arc<Keys>,
    auth_message: String,
}

impl Begun {
    /// The nonce has to be printable and without commas, and never used before.
    pub(super) fn new(
        user: &str,
        delegation_token: bool,
        nonce: String,
    ) -> Result<Self, SaslError> {
        // KIP-48: the broker is to look among the tokens, not the users.
        let extension = if delegation_token {
            ",tokenauth=true"
        } else {
            ""
        };
        let bare = format!("n={},r={nonce}{extension}", escape(user)?);
        Ok(Self { bare, nonce })
    }

    /// What to send.
    pub(super) fn message(&self) -> Vec<u8> {
        format!("{HEADER}{}", self.bare).into_bytes()
    }

    /// Takes the broker's answer to it.
    pub(super) fn challenge(self, message: &[u8]) -> Result<Challenged, SaslError> {
        let (text, first) = ServerFirst::parse(message)?;
        let nonce = first.nonce;
        // Without a part of the broker's own, an old exchange could be replayed to it.
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return invalid("the broker's nonce does not extend the client's");
        }
        let begin = format!("{},{text},", self.bare);
        let auth_message = format!("{begin}{BINDING},r={nonce}");
        Ok(Challenged {
            salt: first.salt,
            iterations: first.iterations,
            last_at: begin.len(),
            auth_message,
        })
    }
}

impl Challenged {
    /// What to send, and what is left to do.
    pub(super) fn prove(self, keys: Arc<Keys>) -> Result<(Zeroizing<Vec<u8>>, Proved), SaslError> {
        let proof = keys.client_proof(self.auth_message.as_bytes())?;
        let last = self.auth_message.get(self.last_at..).unwrap_or_default();
        let message = format!("{last},p={}", STANDARD.encode(&*proof));
        let proved = Proved {
            keys,
            auth_message: self.auth_message,
        };
        Ok((Zeroizing::new(message.into_bytes()), proved))
    }
}

impl Proved {
    /// Takes the broker's last message, in which it has to prove the same.
    pub(super) fn conclude(self, message: &[u8]) -> Result<(), SaslError> {
        let signature = server_final(message)?;
        if !self
            .keys
            .verify_server(self.auth_message.as_bytes(), &signature)
        {
            return invalid("the broker does not prove that it knows the password");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::Hash;
    use super::*;
    use crate::sasl::testing::Random;

    /// A whole exchange by the user `user` with the password `pencil`.
    struct Vector {
        hash: Hash,
        server_first: &'static str,
        client_final: &'static str,
        server_final: &'static str,
    }

    const NONCE: &str = "rOprNGfwEbeRWgbNEkqO";

    const VECTORS: [Vector; 2] = [
        // RFC 7677, section 3.
        Vector {
            hash: Hash::Sha256,
            server_first: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            client_final: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            server_final: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
        },
        // No RFC has one for SHA-512. This one is used by several implementations, and Python's hashlib agrees with it.
        Vector {
            hash: Hash::Sha512,
            server_first: "r=rOprNGfwEbeRWgbNEkqO02431b08-2f89-4bad-a4e6-80c0564ec865,s=Yin2FuHTt/M0kJWb0t9OI32n2VmOGi3m+JfjOvuDF88=,i=4096",
            client_final: "c=biws,r=rOprNGfwEbeRWgbNEkqO02431b08-2f89-4bad-a4e6-80c0564ec865,p=Hc5yec3NmCD7t+kFRw4/3yD6/F3SQHc7AVYschRja+Bc3sbdjlA0eH1OjJc0DD4ghn1tnXN5/Wr6qm9xmaHt4A==",
            server_final: "v=BQuhnKHqYDwQWS5jAw4sZed+C9KFUALsbrq81bB0mh+bcUUbbMPNNmBIupnS2AmyyDnG5CTBQtkjJ9kyY4kzmw==",
        },
    ];

    fn begun() -> Begun {
        Begun::new("user", false, NONCE.to_owned()).unwrap()
    }

    fn proved(vector: &Vector) -> (String, impl Fn() -> Proved) {
        let challenged = begun().challenge(vector.server_first.as_bytes()).unwrap();
        let Challenged {
            salt, iterations, ..
        } = &challenged;
        let keys = Keys::derive(vector.hash, &"pencil".into(), salt, *iterations).unwrap();
        let (message, Proved { keys, auth_message }) = challenged.prove(Arc::new(keys)).unwrap();
        let again = move || Proved {
            keys: Arc::clone(&keys),
            auth_message: auth_message.clone(),
        };
        (String::from_utf8(message.to_vec()).unwrap(), again)
    }

    /// Statement 26: the vectors pass.
    #[test]
    fn statement_26_vectors() {
        assert_eq!(begun().message(), b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        for vector in VECTORS {
            let (client_final, proved) = proved(&vector);
            assert_eq!(client_final, vector.client_final);
            proved().conclude(vector.server_final.as_bytes()).unwrap();
        }
    }

    /// Statement 26: delegation tokens log in through `tokenauth=true`, and names are escaped.
    #[test]
    fn statement_26_the_first_message() {
        let begun = Begun::new("to=k,n", true, "abc".to_owned()).unwrap();
        assert_eq!(begun.message(), b"n,,n=to=3Dk=2Cn,r=abc,tokenauth=true");
        let challenged = begun.challenge(b"r=abcX,s=QSXC,i=4096").unwrap();
        assert_eq!(
            challenged.auth_message,
            "n=to=3Dk=2Cn,r=abc,tokenauth=true,r=abcX,s=QSXC,i=4096,c=biws,r=abcX"
        );
    }

    /// Statement 26: the broker's nonce must extend ours.
    #[test]
    fn statement_26_the_nonce() {
        for (nonce, good) in [
            ("rOprNGfwEbeRWgbNEkqOx", true),
            ("rOprNGfwEbeRWgbNEkqO", false),
            ("rOprNGfwEbeRWgbNEkq", false),
            ("ROprNGfwEbeRWgbNEkqOx", false),
            ("xrOprNGfwEbeRWgbNEkqO", false),
            ("x", false),
        ] {
            let message = format!("r={nonce},s=QSXC,i=4096");
            let outcome = begun().challenge(message.as_bytes());
            assert_eq!(outcome.is_ok(), good, "{nonce}");
        }
    }

    /// Statement 26: the signature is required, and has to be right.
    #[test]
    fn statement_26_the_signature() {
        for vector in VECTORS {
            let (_, proved) = proved(&vector);
            for message in ["", "v=", "v=AAAA", VECTORS[0].client_final] {
                assert!(proved().conclude(message.as_bytes()).is_err(), "{message}");
            }
            let other = VECTORS.iter().find(|other| other.hash != vector.hash);
            let other = other.unwrap().server_final;
            assert!(proved().conclude(other.as_bytes()).is_err());
            let signature = server_final(vector.server_final.as_bytes()).unwrap();
            for at in 0..signature.len() {
                let mut wrong = signature.clone();
                wrong[at] ^= 0x80;
                let message = format!("v={}", STANDARD.encode(wrong));
                let error = proved().conclude(message.as_bytes()).unwrap_err();
                assert!(matches!(error, SaslError::InvalidChallenge(_)));
            }
        }
    }

    /// No bytes but the right ones end an exchange well.
    #[test]
    fn any_bytes_are_taken_or_refused() {
        let mut random = Random::new(5802);
        let vector = &VECTORS[0];
        let (_, proved) = proved(vector);
        for _ in 0..20_000 {
            let first = random.mutate(vector.server_first.as_bytes());
            if let Ok(challenged) = begun().challenge(&first) {
                assert!(challenged.auth_message.contains(NONCE));
            }
            let _ = begun().challenge(&random.bytes(100));
            let last = random.mutate(vector.server_final.as_bytes());
            if proved().conclude(&last).is_ok() {
                assert!(last.starts_with(vector.server_final.as_bytes()));
            }
            assert!(proved().conclude(&random.bytes(100)).is_err());
        }
    }
}
