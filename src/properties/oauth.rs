//! OAUTHBEARER: tokens by client credentials.

use std::sync::Arc;

use super::given::Properties;
use super::login::Login;
use crate::error::ConfigError;
use crate::sasl::SaslAuthenticator;

#[cfg(not(feature = "oidc"))]
pub(super) fn authenticator(
    _: &Properties,
    _: Login<'_>,
) -> Result<Arc<dyn SaslAuthenticator>, ConfigError> {
    Err(ConfigError::new(
        "sasl.mechanism",
        "OAUTHBEARER needs milena's feature oidc, which fetches tokens; the builder takes any other way by OauthBearer::new",
    ))
}

#[cfg(feature = "oidc")]
pub(super) fn authenticator(
    properties: &Properties,
    mut login: Login<'_>,
) -> Result<Arc<dyn SaslAuthenticator>, ConfigError> {
    use std::time::Duration;

    use super::key::SaslPart;
    use crate::sasl::{OauthBearer, OidcClientCredentials, SaslError};

    const URL: &str = "sasl.oauthbearer.token.endpoint.url";
    const ID: &str = "sasl.oauthbearer.client.credentials.client.id";
    const SECRET: &str = "sasl.oauthbearer.client.credentials.client.secret";

    if let Some(handler) = properties.sasl(SaslPart::LoginHandler) {
        handler.check_class("OAuthBearerLoginCallbackHandler")?;
    }
    let url = properties.sasl(SaslPart::TokenUrl).ok_or_else(|| {
        let problem = "it is missing: OAUTHBEARER needs an endpoint that gives tokens";
        ConfigError::new(URL, problem)
    })?;
    let missing = |key: &str, option: &str| {
        let problem = format!("it is missing: it is needed, or {option} of sasl.jaas.config");
        ConfigError::new(key, problem)
    };
    let id = login
        .or_key("clientId", properties.sasl(SaslPart::ClientId))?
        .ok_or_else(|| missing(ID, "clientId"))?;
    let secret = login
        .or_key("clientSecret", properties.sasl(SaslPart::ClientSecret))?
        .ok_or_else(|| missing(SECRET, "clientSecret"))?;
    let provider = OidcClientCredentials::new(url.value(), id.expose(), secret);
    let mut provider = provider.map_err(|error| match error {
        // It says no more of the URL than what is wrong with it.
        SaslError::InvalidCredentials(what) => url.error(&what),
        error => url.error(&error.to_string()),
    })?;
    if let Some(scope) = login.or_key("scope", properties.sasl(SaslPart::Scope))? {
        provider = provider.scope(scope.expose());
    }
    for (name, value) in login.take_prefixed("extension_") {
        provider = provider.extension(name, value.expose());
    }
    if let Some(extensions) = properties.sasl(SaslPart::Extensions) {
        for extension in extensions.value().split(',') {
            let Some((name, value)) = extension.split_once('=') else {
                return Err(extensions.error("key=value is needed, several parted by commas"));
            };
            provider = provider.extension(name.trim(), value.trim());
        }
    }
    let times = [SaslPart::ConnectTimeout, SaslPart::ReadTimeout];
    let times = times.into_iter().filter_map(|part| properties.sasl(part));
    let times = times
        .map(|time| time.milliseconds(1, &[]))
        .collect::<Result<Vec<_>, _>>()?;
    // Here one time is for both.
    let whole = times.into_iter().reduce(Duration::saturating_add);
    if let Some(whole) = whole {
        provider = provider.timeout(whole);
    }
    login.finish()?;
    Ok(Arc::new(OauthBearer::new(provider)))
}
