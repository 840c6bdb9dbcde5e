//! Credentials of AWS, and who provides them.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::sasl::error::SaslError;
use crate::secret::Secret;

/// Credentials of AWS. They are their own [provider](AwsCredentialsProvider), for keys that stay the same.
#[derive(Clone, Debug)]
pub struct AwsCredentials {
    access_key_id: String,
    secret_access_key: Secret,
    session_token: Option<Secret>,
}

impl AwsCredentials {
    /// The keys of a user of IAM.
    #[must_use]
    pub fn new(access_key_id: impl Into<String>, secret_access_key: impl Into<Secret>) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            secret_access_key: secret_access_key.into(),
            session_token: None,
        }
    }

    /// The token that goes with temporary keys, such as those of an assumed role.
    #[must_use]
    pub fn with_session_token(mut self, session_token: impl Into<Secret>) -> Self {
        self.session_token = Some(session_token.into());
        self
    }

    /// The name of the keys, which is no secret.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// What signs.
    #[must_use]
    pub fn secret_access_key(&self) -> &Secret {
        &self.secret_access_key
    }

    /// The token that goes with temporary keys.
    #[must_use]
    pub fn session_token(&self) -> Option<&Secret> {
        self.session_token.as_ref()
    }
}

/// Provides credentials. It is asked once for each authentication, and so for each connection and each re-authentication: one that
/// asks a service keeps the answer until shortly before it expires.
pub trait AwsCredentialsProvider: fmt::Debug + Send + Sync {
    /// Credentials that are valid now.
    ///
    /// # Errors
    /// If there are none to be had: [`SaslError::provider`].
    ///
    /// # Cancel safety
    /// The future is dropped when the connect time-out passes.
    fn credentials(&self) -> AwsCredentialsFuture<'_>;
}

/// What [`AwsCredentialsProvider::credentials`] returns.
pub type AwsCredentialsFuture<'a> =
    Pin<Box<dyn Future<Output = Result<AwsCredentials, SaslError>> + Send + 'a>>;

impl AwsCredentialsProvider for AwsCredentials {
    fn credentials(&self) -> AwsCredentialsFuture<'_> {
        Box::pin(async { Ok(self.clone()) })
    }
}

/// Reads `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, if it is set, `AWS_SESSION_TOKEN`, anew for each authentication. An empty
/// variable counts as unset.
#[derive(Clone, Copy, Debug, Default)]
pub struct AwsEnvironmentCredentials;

impl AwsCredentialsProvider for AwsEnvironmentCredentials {
    fn credentials(&self) -> AwsCredentialsFuture<'_> {
        Box::pin(async { from_variables(|name| std::env::var(name).ok()) })
    }
}

fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<AwsCredentials, SaslError> {
    let optional = |name: &str| variable(name).filter(|value| !value.is_empty());
    let required = |name: &str| {
        let missing = || SaslError::provider(format!("the environment has no {name}"));
        optional(name).ok_or_else(missing)
    };
    let credentials = AwsCredentials::new(
        required("AWS_ACCESS_KEY_ID")?,
        required("AWS_SECRET_ACCESS_KEY")?,
    );
    Ok(match optional("AWS_SESSION_TOKEN") {
        Some(token) => credentials.with_session_token(token),
        None => credentials,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<AwsCredentials, SaslError> {
        from_variables(|wanted| {
            let mut found = variables.iter().filter(|(name, _)| *name == wanted);
            found.next().map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_gives_keys_and_perhaps_a_token() {
        let keys = [
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "key"),
            ("AWS_SESSION_TOKEN", ""),
        ];
        let credentials = read(&keys).unwrap();
        assert_eq!(credentials.access_key_id(), "id");
        assert_eq!(credentials.secret_access_key().expose(), "key");
        assert!(credentials.session_token().is_none());
        let [id, key, _] = keys;
        let credentials = read(&[id, key, ("AWS_SESSION_TOKEN", "token")]).unwrap();
        assert_eq!(credentials.session_token().unwrap().expose(), "token");
    }

    #[test]
    fn what_the_environment_lacks_is_named() {
        let error =
            read(&[("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "")]).unwrap_err();
        assert!(error.is_retriable());
        assert!(
            error.to_string().contains("AWS_SECRET_ACCESS_KEY"),
            "{error}"
        );
        let error = read(&[("AWS_SECRET_ACCESS_KEY", "key")]).unwrap_err();
        assert!(error.to_string().contains("AWS_ACCESS_KEY_ID"), "{error}");
    }

    #[test]
    fn debug_shows_no_secret() {
        let credentials = AwsCredentials::new("AKID", "hunter2").with_session_token("hunter3");
        let debug = format!("{credentials:?}");
        assert!(
            debug.contains("AKID") && !debug.contains("hunter"),
            "{debug}"
        );
    }
}
