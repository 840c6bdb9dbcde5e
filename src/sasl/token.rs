//! Bearer tokens, and where they come from.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use super::error::SaslError;
use crate::secret::Secret;

/// Gives the tokens for [`OauthBearer`](super::OauthBearer). A [`Token`] is a provider of itself.
///
/// Asked for each authentication, many at once perhaps, and within the time that connecting may take. Keeping a token for as long as it
/// lives is the provider's own affair. What `Debug` shows of it, the authenticator shows too: no secrets.
pub trait TokenProvider: fmt::Debug + Send + Sync {
    /// A token that is valid now.
    ///
    /// # Errors
    /// [`SaslError::provider`] makes one of any other error; it says that trying again may help. An error must not show the token.
    ///
    /// # Cancel safety
    /// The future is dropped when the connection is given up.
    fn token(&self) -> TokenFuture<'_>;
}

/// What [`TokenProvider::token`] returns.
pub type TokenFuture<'a> = Pin<Box<dyn Future<Output = Result<Token, SaslError>> + Send + 'a>>;

/// A bearer token.
#[derive(Clone, Debug)]
pub struct Token {
    value: Secret,
    expires_at: Option<SystemTime>,
    extensions: Vec<(String, String)>,
}

impl Token {
    /// The token as it is sent, such as a JWT in its compact form.
    pub fn new(value: impl Into<Secret>) -> Self {
        Self {
            value: value.into(),
            expires_at: None,
            extensions: Vec::new(),
        }
    }

    /// When it ends, if that is known. Only the broker decides whether it still is good, as clocks differ; but the error of a refused one
    /// says so if it was over.
    #[must_use]
    pub fn with_expires_at(mut self, time: SystemTime) -> Self {
        self.expires_at = Some(time);
        self
    }

    /// Tells the broker more (KIP-342). The key has letters only and is not `auth`; the value is not empty, of ASCII that can be printed,
    /// or white space. Both are sent readable, and shown by `Debug`. In Java: `extension_KEY` in `sasl.jaas.config`.
    #[must_use]
    pub fn with_extension(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.extensions.push((key.into(), value.into()));
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

    /// What else the broker is told, as keys and values.
    #[must_use]
    pub fn extensions(&self) -> &[(String, String)] {
        &self.extensions
    }
}

impl TokenProvider for Token {
    fn token(&self) -> TokenFuture<'_> {
        let token = self.clone();
        Box::pin(std::future::ready(Ok(token)))
    }
}

impl<P: TokenProvider + ?Sized> TokenProvider for Arc<P> {
    fn token(&self) -> TokenFuture<'_> {
        (**self).token()
    }
}

/// A function as a provider.
pub(super) struct FromFn<F>(pub(super) F);

impl<F, Fut> TokenProvider for FromFn<F>
where
    F: Fn() -> Fut + Send + Sync,
    Fut: Future<Output = Result<Token, SaslError>> + Send + 'static,
{
    fn token(&self) -> TokenFuture<'_> {
        Box::pin((self.0)())
    }
}

impl<F> fmt::Debug for FromFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FromFn(..)")
    }
}
