//! GSSAPI.

use std::sync::Arc;

use super::given::Properties;
use super::login::Login;
use crate::error::ConfigError;
use crate::sasl::SaslAuthenticator;

#[cfg(not(feature = "gssapi"))]
pub(super) fn authenticator(
    _: &Properties,
    _: Login<'_>,
) -> Result<Arc<dyn SaslAuthenticator>, ConfigError> {
    Err(ConfigError::new(
        "sasl.mechanism",
        "GSSAPI, which it is if it is not given, needs milena's feature gssapi",
    ))
}

#[cfg(feature = "gssapi")]
pub(super) fn authenticator(
    properties: &Properties,
    mut login: Login<'_>,
) -> Result<Arc<dyn SaslAuthenticator>, ConfigError> {
    use super::key::SaslPart;
    use crate::sasl::Gssapi;

    if login.switch("useKeyTab")? || login.take("keyTab").is_some() {
        return Err(login.error(
            "keytabs are told to the system's Kerberos library, by KRB5_CLIENT_KTNAME: leave useKeyTab and keyTab out",
        ));
    }
    // What happens anyhow, or is about Java's own store of tickets.
    for harmless in [
        "useTicketCache",
        "storeKey",
        "doNotPrompt",
        "renewTGT",
        "refreshKrb5Config",
        "debug",
    ] {
        login.switch(harmless)?;
    }
    let mut gssapi = Gssapi::new();
    let service = login.or_key("serviceName", properties.sasl(SaslPart::KerberosService))?;
    if let Some(service) = service {
        gssapi = gssapi.service(service.expose());
    }
    let principal = login.or_key("principal", properties.sasl(SaslPart::KerberosPrincipal))?;
    if let Some(principal) = principal {
        gssapi = gssapi.principal(principal.expose());
    }
    login.finish()?;
    Ok(Arc::new(gssapi))
}
