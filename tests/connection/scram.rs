//! A broker's side of SCRAM-SHA-256, which lies where it is told to.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

const SALT: &[u8] = b"0123456789abcdef";

/// What the broker says, and where it departs from RFC 5802.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) password: &'static str,
    /// Makes its first message of the client's nonce, and of the salt in base64.
    pub(crate) first: fn(&str, &str) -> String,
    /// Makes its last message of the good signature in base64; `None`: the connection is closed instead.
    pub(crate) last: fn(&str) -> Option<String>,
}

impl Script {
    /// A broker that keeps the rules.
    pub(crate) fn honest(password: &'static str) -> Self {
        Self {
            password,
            first: |nonce, salt| format!("r={nonce}theirs,s={salt},i=4096"),
            last: |signature| Some(format!("v={signature}")),
        }
    }

    /// The answer to the client's first message.
    pub(crate) fn first(&self, client_first: &[u8]) -> String {
        let text = std::str::from_utf8(client_first).unwrap();
        let nonce = text.split_once(",r=").unwrap().1;
        (self.first)(nonce, &STANDARD.encode(SALT))
    }

    /// The answer to its last one, whatever its proof is.
    pub(crate) fn last(
        &self,
        client_first: &[u8],
        server_first: &str,
        client_last: &[u8],
    ) -> Option<String> {
        let bare = std::str::from_utf8(&client_first[3..]).unwrap();
        let last = std::str::from_utf8(client_last).unwrap();
        let without_proof = last.rsplit_once(",p=").unwrap().0;
        let message = format!("{bare},{server_first},{without_proof}");
        let iterations = server_first.rsplit_once("i=").unwrap().1.parse().unwrap();
        let mut salted = [0; 32];
        pbkdf2::pbkdf2::<Hmac<Sha256>>(self.password.as_bytes(), SALT, iterations, &mut salted)
            .unwrap();
        let key = hmac(&salted, b"Server Key");
        (self.last)(&STANDARD.encode(hmac(&key, message.as_bytes())))
    }
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.chain_update(message).finalize().into_bytes().to_vec()
}
