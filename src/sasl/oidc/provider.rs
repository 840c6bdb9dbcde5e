//! The provider.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::{self, HeaderValue};
use rustls::ClientConfig;
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

use super::answer::{Grant, read};
use super::endpoint::Endpoint;
use super::failure::Failure;
use super::flight::{Fetched, Flight};
use super::http::ask;
use super::roots::{platform, speaking_http};
use crate::sasl::error::SaslError;
use crate::sasl::percent::percent_encode;
use crate::sasl::token::{Token, TokenProvider};
use crate::secret::Secret;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// Longer than anybody waits, and short enough to be added to any time.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(86_400);

/// Tokens by the client credentials grant of OAuth 2.0 (RFC 6749, section 4.4), for OAUTHBEARER (KIP-768).
///
/// A token is kept for 80 % of the `expires_in` that came with it, and then asked for anew by the next authentication; if the endpoint
/// cannot be reached then, the old one is used for as long as it is valid. A token that came without `expires_in` is not kept. However many
/// connections authenticate at once, one request is made. Redirects are not followed, and proxies not used.
///
/// The client authenticates by HTTP Basic, its id and secret percent-encoded as RFC 6749, section 2.3.1, has it.
///
/// ```
/// use milena::sasl::OidcClientCredentials;
///
/// # fn example() -> Result<(), milena::sasl::SaslError> {
/// let provider = OidcClientCredentials::new("https://idp.example.com/oauth2/token", "billing", "secret")?
///     .scope("kafka");
/// # Ok(())
/// # }
/// ```
pub struct OidcClientCredentials {
    endpoint: Endpoint,
    client_id: String,
    client_secret: Secret,
    scope: Option<String>,
    parameters: Vec<(String, Secret)>,
    extensions: Vec<(String, String)>,
    timeout: Duration,
    allow_plaintext_credentials: bool,
    tls: Option<Arc<ClientConfig>>,
    platform: OnceCell<Arc<ClientConfig>>,
    flight: Flight,
}

impl OidcClientCredentials {
    /// With the URL of the token endpoint (Java: `sasl.oauthbearer.token.endpoint.url`), and what the client is known by there (Java:
    /// `sasl.oauthbearer.client.credentials.client.id` and `.client.secret`).
    ///
    /// # Errors
    /// [`SaslError::InvalidCredentials`] if the URL is not an `https` or `http` one, or has a user in it.
    pub fn new(
        token_endpoint_url: &str,
        client_id: impl Into<String>,
        client_secret: impl Into<Secret>,
    ) -> Result<Self, SaslError> {
        Ok(Self {
            endpoint: Endpoint::parse(token_endpoint_url)?,
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            scope: None,
            parameters: Vec::new(),
            extensions: Vec::new(),
            timeout: DEFAULT_TIMEOUT,
            allow_plaintext_credentials: false,
            tls: None,
            platform: OnceCell::new(),
            flight: Flight::default(),
        })
    }

    /// The scopes to ask for, separated by spaces; by default whichever the endpoint gives. Java: `sasl.oauthbearer.scope`.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// Adds a parameter to the request, such as the `audience` that some endpoints want.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<Secret>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// Adds a SASL extension to the tokens (KIP-342), such as the `logicalCluster` of Confluent Cloud.
    #[must_use]
    pub fn extension(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.extensions.push((name.into(), value.into()));
        self
    }

    /// How long a token may take, from resolving the endpoint's name to the last byte of its answer; 10 s by default. Java:
    /// `sasl.login.connect.timeout.ms` and `sasl.login.read.timeout.ms`.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Whom to trust and who to be in TLS, instead of the platform's roots and no client certificate. Its ALPN is set to HTTP/1.1.
    #[must_use]
    pub fn rustls_config(mut self, config: Arc<ClientConfig>) -> Self {
        self.tls = Some(speaking_http(Arc::unwrap_or_clone(config)));
        self
    }

    /// Lets the secret go over `http` to other machines. Without this only loopback may be asked so.
    #[must_use]
    pub fn allow_plaintext_credentials(mut self) -> Self {
        self.allow_plaintext_credentials = true;
        self
    }

    async fn fetch(&self, deadline: Instant) -> Result<Fetched, SaslError> {
        if self.endpoint.is_exposed() && !self.allow_plaintext_credentials {
            let text = format!(
                "the token endpoint {} would get the client's secret readable for all: use https, or allow_plaintext_credentials",
                self.endpoint
            );
            return Err(SaslError::InvalidCredentials(text));
        }
        // The life is counted from before the question, so that it never seems longer than it is.
        let (since, wall) = (Instant::now(), SystemTime::now());
        let grant = match timeout_at(deadline, self.request()).await {
            Ok(result) => result,
            Err(_) => Err(Failure::TimedOut(self.timeout)),
        };
        let Grant { token, expires_in } = grant.map_err(|failure| failure.at(&self.endpoint))?;
        let mut token = Token::new(token);
        if let Some(end) = expires_in.and_then(|life| wall.checked_add(life)) {
            token = token.with_expires_at(end);
        }
        for (name, value) in &self.extensions {
            token = token.with_extension(name, value);
        }
        Ok(Fetched {
            token,
            lifetime: expires_in.map(|life| (since, life)),
        })
    }

    async fn request(&self) -> Result<Grant, Failure> {
        let tls = match &self.tls {
            _ if !self.endpoint.is_tls => None,
            Some(config) => Some(Arc::clone(config)),
            None => Some(self.platform().await?),
        };
        let request = Request::post(&*self.endpoint.path)
            .header(header::HOST, &*self.endpoint.authority)
            .header(
                header::USER_AGENT,
                concat!("milena/", env!("CARGO_PKG_VERSION")),
            )
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::CONNECTION, "close")
            .header(header::AUTHORIZATION, self.authorization()?)
            .body(Full::new(self.form()))
            .map_err(|error| Failure::Setup(error.to_string()))?;
        let (status, body) = ask(&self.endpoint, tls, request).await?;
        read(status, &body, &self.client_secret)
    }

    async fn platform(&self) -> Result<Arc<ClientConfig>, Failure> {
        let load = || async {
            let loaded = tokio::task::spawn_blocking(platform).await;
            loaded.unwrap_or_else(|error| Err(Failure::Setup(error.to_string())))
        };
        self.platform.get_or_try_init(load).await.cloned()
    }

    fn authorization(&self) -> Result<HeaderValue, Failure> {
        let (id, secret) = (&self.client_id, self.client_secret.expose());
        // Long enough never to move: moving would leave copies.
        let mut pair = Zeroizing::new(String::with_capacity(3 * (id.len() + secret.len()) + 1));
        percent_encode(id, &mut pair);
        pair.push(':');
        percent_encode(secret, &mut pair);
        let mut basic = Zeroizing::new(String::with_capacity(pair.len() * 4 / 3 + 16));
        basic.push_str("Basic ");
        STANDARD.encode_string(&*pair, &mut basic);
        let mut value =
            HeaderValue::from_str(&basic).map_err(|error| Failure::Setup(error.to_string()))?;
        value.set_sensitive(true);
        Ok(value)
    }

    fn form(&self) -> Bytes {
        let mut form = String::from("grant_type=client_credentials");
        let scope = self.scope.as_deref().map(|scope| ("scope", scope));
        let others = self
            .parameters
            .iter()
            .map(|(name, value)| (&**name, value.expose()));
        for (name, value) in scope.into_iter().chain(others) {
            form.push('&');
            percent_encode(name, &mut form);
            form.push('=');
            percent_encode(value, &mut form);
        }
        form.into()
    }
}

impl TokenProvider for OidcClientCredentials {
    fn token(&self) -> Pin<Box<dyn Future<Output = Result<Token, SaslError>> + Send + '_>> {
        Box::pin(async {
            // Who waits for another's request has begun after it, and so is never late because of it.
            let deadline = Instant::now() + self.timeout.min(LONGEST_TIMEOUT);
            self.flight.token(|| self.fetch(deadline)).await
        })
    }
}

impl fmt::Debug for OidcClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcClientCredentials")
            .field("endpoint", &self.endpoint)
            .field("client_id", &self.client_id)
            .field("scope", &self.scope)
            .field("extensions", &self.extensions)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
