//! Tokens, and who provides them.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::SystemTime;

use super::error::SaslError;
use crate::secret::Secret;

/// A bearer token.
#[derive(Clone, Debug)]
pub struct Token {
    value: Secret,
    expires_at: Option<SystemTime>,
    extensions: Vec<(String, String)>,
}

impl Token {
    /// A token without known end and without extensions.
    #[must_use]
    pub fn new(value: impl Into<Secret>) -> Self {
        Self {
            value: value.into(),
            expires_at: None,
            extensions: Vec::new(),
        }
    }

    /// When it ends.
    #[must_use]
    pub fn with_expires_at(mut self, expires_at: SystemTime) -> Self {
        self.expires_at = Some(expires_at);
        self
    }

    /// Adds a SASL extension (KIP-342).
    #[must_use]
    pub fn with_extension(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.extensions.push((name.into(), value.into()));
        self
    }

    /// The token itself.
    #[must_use]
    pub fn value(&self) -> &Secret {
        &self.value
    }

    /// When it ends, if that is known.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// The SASL extensions that go with it (KIP-342).
    #[must_use]
    pub fn extensions(&self) -> &[(String, String)] {
        &self.extensions
    }
}

/// Provides tokens: one for each authentication.
pub trait TokenProvider: fmt::Debug + Send + Sync {
    /// A token that is valid now.
    ///
    /// # Errors
    /// If there is none to be had.
    fn token(&self) -> Pin<Box<dyn Future<Output = Result<Token, SaslError>> + Send + '_>>;
}
