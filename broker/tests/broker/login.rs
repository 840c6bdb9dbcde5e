//! The client's side of SASL.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::sasl_authenticate::{SaslAuthenticateRequest, SaslAuthenticateResponse};
use milena_wire::messages::sasl_handshake::{SaslHandshakeRequest, SaslHandshakeResponse};
use sha2::{Digest, Sha256, Sha512};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use crate::client::Client;

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) async fn handshake(
        &mut self,
        mechanism: &str,
        version: i16,
    ) -> SaslHandshakeResponse {
        let mut request = SaslHandshakeRequest::default();
        request.mechanism = mechanism.into();
        self.call(&request, version).await
    }

    pub(crate) async fn authenticate(&mut self, token: &[u8]) -> SaslAuthenticateResponse {
        self.call(&authenticate_request(token), 2).await
    }

    /// Expects that the mechanism is enabled, and sends a first token.
    pub(crate) async fn begin(
        &mut self,
        mechanism: &str,
        token: &[u8],
    ) -> SaslAuthenticateResponse {
        let response = self.handshake(mechanism, 1).await;
        assert_eq!(response.error_code, ErrorCode::NONE);
        self.authenticate(token).await
    }

    pub(crate) async fn log_in(&mut self, name: &str, password: &str) -> SaslAuthenticateResponse {
        self.begin("PLAIN", &plain(name, password)).await
    }

    /// A token after a handshake of version 0.
    pub(crate) async fn raw_token(&mut self, token: &[u8]) {
        let length = u32::try_from(token.len()).unwrap();
        let frame = [&length.to_be_bytes(), token].concat();
        self.stream.write_all(&frame).await.unwrap();
    }
}

pub(crate) fn authenticate_request(token: &[u8]) -> SaslAuthenticateRequest {
    let mut request = SaslAuthenticateRequest::default();
    request.auth_bytes = Bytes::copy_from_slice(token);
    request
}

pub(crate) fn plain(name: &str, password: &str) -> Vec<u8> {
    format!("\0{name}\0{password}").into_bytes()
}

/// A client's first message for OAUTHBEARER.
pub(crate) fn bearer(token: &str) -> Vec<u8> {
    format!("n,,\x01auth=Bearer {token}\x01\x01").into_bytes()
}

/// A JSON Web Token that nobody has signed.
pub(crate) fn unsecured(claims: &str) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
    format!("{header}.{}.", URL_SAFE_NO_PAD.encode(claims))
}

/// One by HMAC-SHA-256.
pub(crate) fn signed(claims: &str, key: &str) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#);
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
    let signature = mac::<Hmac<Sha256>>(key.as_bytes(), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[derive(Clone, Copy)]
pub(crate) enum Hash {
    Sha256,
    Sha512,
}

/// A client of SCRAM that trusts nobody.
pub(crate) struct Scram {
    hash: Hash,
    password: String,
    bare: String,
    server_signature: Vec<u8>,
}

impl Scram {
    const NONCE: &str = "client-nonce";

    /// `extensions` are put behind the nonce, each with a comma before.
    pub(crate) fn new(hash: Hash, name: &str, password: &str, extensions: &str) -> Self {
        Self {
            hash,
            password: password.to_owned(),
            bare: format!("n={name},r={}{extensions}", Self::NONCE),
            server_signature: Vec::new(),
        }
    }

    pub(crate) fn first(&self) -> Vec<u8> {
        format!("n,,{}", self.bare).into_bytes()
    }

    /// Answers the broker's first message, which must want this many iterations.
    pub(crate) fn last(&mut self, server_first: &[u8], expected_iterations: u32) -> Vec<u8> {
        let server_first = std::str::from_utf8(server_first).unwrap();
        let fields: Vec<_> = server_first.split(',').collect();
        let nonce = fields[0].strip_prefix("r=").unwrap();
        let salt = STANDARD
            .decode(fields[1].strip_prefix("s=").unwrap())
            .unwrap();
        let iterations: u32 = fields[2].strip_prefix("i=").unwrap().parse().unwrap();
        assert!(nonce.len() > Self::NONCE.len() + 10 && nonce.starts_with(Self::NONCE));
        assert_eq!((fields.len(), iterations), (3, expected_iterations));
        let salted = self.salted(&salt, iterations);
        let client_key = self.hmac(&salted, b"Client Key");
        let stored_key = match self.hash {
            Hash::Sha256 => Sha256::digest(&client_key).to_vec(),
            Hash::Sha512 => Sha512::digest(&client_key).to_vec(),
        };
        let signed = format!("{},{server_first},c=biws,r={nonce}", self.bare);
        let signature = self.hmac(&stored_key, signed.as_bytes());
        let proof: Vec<u8> = client_key
            .iter()
            .zip(&signature)
            .map(|(a, b)| a ^ b)
            .collect();
        let server_key = self.hmac(&salted, b"Server Key");
        self.server_signature = self.hmac(&server_key, signed.as_bytes());
        format!("c=biws,r={nonce},p={}", STANDARD.encode(proof)).into_bytes()
    }

    pub(crate) fn check(&self, server_final: &[u8]) {
        let expected = format!("v={}", STANDARD.encode(&self.server_signature));
        assert_eq!(server_final, expected.as_bytes());
    }

    fn hmac(&self, key: &[u8], message: &[u8]) -> Vec<u8> {
        match self.hash {
            Hash::Sha256 => mac::<Hmac<Sha256>>(key, message),
            Hash::Sha512 => mac::<Hmac<Sha512>>(key, message),
        }
    }

    /// PBKDF2 as RFC 5802 writes it, not by the crate that the broker has.
    fn salted(&self, salt: &[u8], iterations: u32) -> Vec<u8> {
        let mut last = self.hmac(self.password.as_bytes(), &[salt, &[0, 0, 0, 1]].concat());
        let mut sum = last.clone();
        for _ in 1..iterations {
            last = self.hmac(self.password.as_bytes(), &last);
            sum = sum.iter().zip(&last).map(|(a, b)| a ^ b).collect();
        }
        sum
    }
}

fn mac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mac = M::new_from_slice(key).unwrap();
    mac.chain_update(message).finalize().into_bytes().to_vec()
}
