//! `sasl.*`: the mechanism, and its credentials.

use std::sync::Arc;

use super::given::Properties;
use super::kerberos;
use super::key::SaslPart;
use super::login::Login;
use super::oauth;
use crate::error::ConfigError;
use crate::sasl::{Plain, SaslAuthenticator, ScramSha256, ScramSha512};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mechanism {
    Plain,
    ScramSha256,
    ScramSha512,
    OauthBearer,
    Gssapi,
    AwsMskIam,
}

impl Mechanism {
    const ALL: [(&'static str, Self); 6] = [
        ("PLAIN", Self::Plain),
        ("SCRAM-SHA-256", Self::ScramSha256),
        ("SCRAM-SHA-512", Self::ScramSha512),
        ("OAUTHBEARER", Self::OauthBearer),
        ("GSSAPI", Self::Gssapi),
        ("AWS_MSK_IAM", Self::AwsMskIam),
    ];

    fn name(self) -> &'static str {
        let mut all = Self::ALL.into_iter();
        all.find(|(_, mechanism)| *mechanism == self)
            .map_or("", |(name, _)| name)
    }

    /// The login module that goes with it in Java.
    fn module(self) -> &'static str {
        match self {
            Self::Plain => "PlainLoginModule",
            Self::ScramSha256 | Self::ScramSha512 => "ScramLoginModule",
            Self::OauthBearer => "OAuthBearerLoginModule",
            Self::Gssapi => "Krb5LoginModule",
            Self::AwsMskIam => "IAMLoginModule",
        }
    }

    /// What it takes beside the mechanism and the login module.
    fn parts(self) -> &'static [SaslPart] {
        match self {
            Self::Plain | Self::ScramSha256 | Self::ScramSha512 => {
                &[SaslPart::Username, SaslPart::Password]
            }
            Self::OauthBearer => &[
                SaslPart::TokenUrl,
                SaslPart::ClientId,
                SaslPart::ClientSecret,
                SaslPart::Scope,
                SaslPart::Extensions,
                SaslPart::ConnectTimeout,
                SaslPart::ReadTimeout,
                SaslPart::LoginHandler,
            ],
            Self::Gssapi => &[SaslPart::KerberosService, SaslPart::KerberosPrincipal],
            Self::AwsMskIam => &[SaslPart::ClientHandler],
        }
    }
}

pub(super) fn authenticator(
    properties: &Properties,
) -> Result<Arc<dyn SaslAuthenticator>, ConfigError> {
    let mechanism = match properties.sasl(SaslPart::Mechanism) {
        Some(given) => {
            let mut all = Mechanism::ALL.into_iter();
            // Kafka's names of mechanisms are in capitals only.
            let found = all.find(|(name, _)| *name == given.value());
            let names = Mechanism::ALL.map(|(name, _)| name).join(", ");
            found
                .ok_or_else(|| given.error(&format!("one of {names} is needed")))?
                .1
        }
        // The default of both.
        None => Mechanism::Gssapi,
    };
    let common = [SaslPart::Mechanism, SaslPart::Jaas];
    let parts = [&common, mechanism.parts()].concat();
    if let Some(other) = properties.any_sasl_but(&parts) {
        let default = match properties.sasl(SaslPart::Mechanism) {
            Some(_) => "",
            None => ", as it is not given",
        };
        let problem = format!(
            "it says nothing of {}, which is the sasl.mechanism{default}",
            mechanism.name()
        );
        return Err(ConfigError::new(other.name(), problem));
    }
    let login = Login::of(properties, mechanism.name(), mechanism.module())?;
    match mechanism {
        Mechanism::Plain => {
            let (user, password) = login.user_and_password(properties)?;
            Ok(Arc::new(Plain::new(user, password)))
        }
        Mechanism::ScramSha256 | Mechanism::ScramSha512 => scram(mechanism, login, properties),
        Mechanism::OauthBearer => oauth::authenticator(properties, login),
        Mechanism::Gssapi => kerberos::authenticator(properties, login),
        Mechanism::AwsMskIam => {
            if let Some(handler) = properties.sasl(SaslPart::ClientHandler) {
                handler.check_class("IAMClientCallbackHandler")?;
            }
            login.finish()?;
            aws_msk_iam()
        }
    }
}

fn scram(
    mechanism: Mechanism,
    mut login: Login<'_>,
    properties: &Properties,
) -> Result<Arc<dyn SaslAuthenticator>, ConfigError> {
    let delegation_token = login.switch("tokenauth")?;
    let (user, password) = login.user_and_password(properties)?;
    Ok(if mechanism == Mechanism::ScramSha256 {
        let scram = ScramSha256::new(user, password);
        Arc::new(if delegation_token {
            scram.delegation_token()
        } else {
            scram
        })
    } else {
        let scram = ScramSha512::new(user, password);
        Arc::new(if delegation_token {
            scram.delegation_token()
        } else {
            scram
        })
    })
}

#[cfg(feature = "aws-msk-iam")]
#[allow(clippy::unnecessary_wraps, reason = "fails without the feature")]
fn aws_msk_iam() -> Result<Arc<dyn SaslAuthenticator>, ConfigError> {
    use crate::sasl::{AwsEnvironmentCredentials, AwsMskIam};
    Ok(Arc::new(AwsMskIam::new(AwsEnvironmentCredentials)))
}

#[cfg(not(feature = "aws-msk-iam"))]
fn aws_msk_iam() -> Result<Arc<dyn SaslAuthenticator>, ConfigError> {
    Err(ConfigError::new(
        "sasl.mechanism",
        "AWS_MSK_IAM needs milena's feature aws-msk-iam",
    ))
}
