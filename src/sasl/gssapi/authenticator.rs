//! The exchange.

use std::mem;

use libgssapi::context::{ClientCtx, CtxFlags, SecurityContext as _};
use libgssapi::credential::{Cred, CredUsage};
use libgssapi::error::Error as GssError;
use libgssapi::name::Name;
use libgssapi::oid::{GSS_MECH_KRB5, GSS_NT_HOSTBASED_SERVICE, GSS_NT_KRB5_PRINCIPAL, OidSet};
use tokio::runtime::Handle;

use super::security_layer::{CHOICE, read_offer};
use crate::sasl::authenticator::{SaslAuthenticator, SaslBroker, SaslFuture, SaslSession, Step};
use crate::sasl::error::SaslError;

/// GSSAPI: Kerberos, with the tickets that the system's library finds (RFC 4752).
///
/// The broker is `service/host` with the host name as it was dialled; unless `dns_canonicalize_hostname = false` stands in `krb5.conf`, the
/// library first asks DNS for the canonical one. The broker must prove who it is too. GSSAPI's own integrity and confidentiality layers are
/// not used, as Kafka has none: protect the connection by TLS.
///
/// # Credentials
///
/// They come from where MIT's library looks for them: the ticket cache that `kinit` fills (`KRB5CCNAME`, or `default_ccache_name` of
/// `krb5.conf`), and, for programs that run long, the client keytab (`KRB5_CLIENT_KTNAME`, or `default_client_keytab_name` of `krb5.conf`),
/// by which the library gets tickets and renews them without `kinit`. [`principal`](Self::principal) chooses between several identities.
/// These are settings of the process: GSSAPI's portable interface has no call that takes a keytab, and a library must not change the
/// environment of the program it is in.
///
/// # Blocking
///
/// The C library talks to the KDC in calls that block. They run on tokio's threads for blocking work. A call that is under way
/// when the connect future is dropped ends in its own time, and its result is thrown away.
#[derive(Clone, Debug)]
pub struct Gssapi {
    service: String,
    principal: Option<String>,
}

impl Gssapi {
    /// With the service name `kafka` and the default credentials.
    #[must_use]
    pub fn new() -> Self {
        Self {
            service: "kafka".to_owned(),
            principal: None,
        }
    }

    /// The first part of the brokers' principal, `kafka` by default. Java: `sasl.kerberos.service.name`.
    #[must_use]
    pub fn service(mut self, service: impl Into<String>) -> Self {
        self.service = service.into();
        self
    }

    /// Who to be, such as `alice@EXAMPLE.COM`, out of the ticket caches and the client keytab. By default the one of the default cache,
    /// else the first of the client keytab. Java: `principal` of `Krb5LoginModule`.
    #[must_use]
    pub fn principal(mut self, principal: impl Into<String>) -> Self {
        self.principal = Some(principal.into());
        self
    }
}

impl Default for Gssapi {
    fn default() -> Self {
        Self::new()
    }
}

impl SaslAuthenticator for Gssapi {
    fn mechanism(&self) -> &str {
        "GSSAPI"
    }

    fn session(&self, broker: &SaslBroker<'_>) -> Box<dyn SaslSession> {
        Box::new(Session::Begin {
            target: format!("{}@{}", self.service, broker.host),
            principal: self.principal.clone(),
        })
    }
}

/// What comes next.
enum Session {
    /// The client's first token.
    Begin {
        target: String,
        principal: Option<String>,
    },
    /// Tokens, until either side knows the other.
    Context(ClientCtx),
    /// The broker's offer of security layers.
    Layer(ClientCtx),
    Over,
}

impl SaslSession for Session {
    fn step<'a>(&'a mut self, challenge: Option<&'a [u8]>) -> SaslFuture<'a> {
        Box::pin(async move {
            match (mem::replace(self, Self::Over), challenge) {
                (Self::Begin { target, principal }, None) => {
                    let (context, token) =
                        off_the_reactor(move || begin(&target, principal.as_deref())).await?;
                    *self = Self::Context(context);
                    Ok(Step::respond(token))
                }
                (Self::Context(context), Some(token)) => {
                    let token = token.to_vec();
                    let (context, token) = off_the_reactor(move || go_on(context, &token)).await?;
                    *self = if context.is_complete() {
                        Self::Layer(context)
                    } else {
                        Self::Context(context)
                    };
                    Ok(Step::respond(token))
                }
                (Self::Layer(context), Some(offer)) => {
                    let answer = choose_layer(context, offer)?;
                    Ok(Step::Finish(answer.into()))
                }
                _ => Err(SaslError::InvalidChallenge(
                    "a challenge out of turn".into(),
                )),
            }
        })
    }
}

async fn off_the_reactor<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, SaslError> + Send + 'static,
) -> Result<T, SaslError> {
    let runtime = Handle::try_current().map_err(SaslError::provider)?;
    match runtime.spawn_blocking(call).await {
        Ok(result) => result,
        Err(error) => Err(SaslError::provider(error)),
    }
}

/// The context and its first token, for which the KDC may be asked.
fn begin(target: &str, principal: Option<&str>) -> Result<(ClientCtx, Vec<u8>), SaslError> {
    let failed = |error| no_ticket(target, error);
    let name = Name::new(target.as_bytes(), Some(GSS_NT_HOSTBASED_SERVICE)).map_err(failed)?;
    let credentials = principal.map(acquire).transpose()?;
    // The layer's messages are wrapped, so that they need integrity, and must not be replayed.
    let flags = CtxFlags::GSS_C_MUTUAL_FLAG
        | CtxFlags::GSS_C_INTEG_FLAG
        | CtxFlags::GSS_C_REPLAY_FLAG
        | CtxFlags::GSS_C_SEQUENCE_FLAG;
    let mut context = ClientCtx::new(credentials, name, flags, Some(GSS_MECH_KRB5));
    let token = context.step(None, None).map_err(failed)?;
    match token {
        Some(token) if !context.is_complete() => Ok((context, token.to_vec())),
        _ => Err(not_mutual()),
    }
}

fn acquire(principal: &str) -> Result<Cred, SaslError> {
    let failed = |error: GssError| {
        let text = format!("no Kerberos credentials for {principal}: {error}");
        SaslError::provider(text)
    };
    let name = Name::new(principal.as_bytes(), Some(GSS_NT_KRB5_PRINCIPAL)).map_err(failed)?;
    let mut mechanisms = OidSet::new();
    mechanisms.add(GSS_MECH_KRB5).map_err(failed)?;
    Cred::acquire(Some(&name), None, CredUsage::Initiate, Some(&mechanisms)).map_err(failed)
}

/// Takes the broker's token. The answer is empty when there is nothing more to prove, as RFC 4752 has it.
fn go_on(mut context: ClientCtx, token: &[u8]) -> Result<(ClientCtx, Vec<u8>), SaslError> {
    let answer = context.step(Some(token), None).map_err(refused)?;
    if context.is_complete() {
        let agreed = context.flags().map_err(refused)?;
        if !agreed.contains(CtxFlags::GSS_C_MUTUAL_FLAG | CtxFlags::GSS_C_INTEG_FLAG) {
            return Err(not_mutual());
        }
    }
    Ok((
        context,
        answer.map_or_else(Vec::new, |answer| answer.to_vec()),
    ))
}

fn choose_layer(mut context: ClientCtx, offer: &[u8]) -> Result<Vec<u8>, SaslError> {
    let offer = context.unwrap(offer).map_err(refused)?;
    read_offer(&offer)?;
    let answer = context.wrap(false, &CHOICE).map_err(refused)?;
    Ok(answer.to_vec())
}

/// The library keeps the words of an error by thread, so that they are taken where it happened.
fn no_ticket(target: &str, error: GssError) -> SaslError {
    SaslError::provider(format!("no Kerberos ticket for {target}: {error}"))
}

fn refused(error: GssError) -> SaslError {
    SaslError::InvalidChallenge(format!("the broker's GSSAPI token is refused: {error}"))
}

fn not_mutual() -> SaslError {
    SaslError::InvalidChallenge("the broker did not prove its identity".into())
}
