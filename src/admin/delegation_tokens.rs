//! Delegation tokens (KIP-48).

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use milena_wire::messages::create_delegation_token::CreatableRenewers;
use milena_wire::messages::describe_delegation_token::DescribeDelegationTokenOwner;
use milena_wire::messages::{
    CreateDelegationTokenRequest, DescribeDelegationTokenRequest, ExpireDelegationTokenRequest,
    RenewDelegationTokenRequest,
};

use super::answer::check;
use super::handle::Admin;
use super::operation::{Caller, Operation, Spec, is_unsupported};
use crate::error::Error;
use crate::secret::Secret;

/// Who somebody is to brokers: a type, which is `User`, and a name (Java: `KafkaPrincipal`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Principal {
    /// The type.
    pub principal_type: String,
    /// The name.
    pub name: String,
}

impl Principal {
    /// The user of this name.
    pub fn user(name: impl Into<String>) -> Self {
        Self::new("User", name)
    }

    /// One of another type, as authorizers may have them.
    pub fn new(principal_type: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            principal_type: principal_type.into(),
            name: name.into(),
        }
    }

    /// One that a version of the protocol may lack.
    fn known(principal_type: &str, name: &str) -> Option<Self> {
        (!principal_type.is_empty()).then(|| Self::new(principal_type, name))
    }
}

/// As access rules have it: `User:alice`.
impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.principal_type, self.name)
    }
}

/// The secret of a delegation token, by which it is known to brokers. Whoever has it can use the token.
#[derive(Clone)]
pub struct TokenHmac(Secret);

impl TokenHmac {
    /// From bytes, as brokers have it.
    #[must_use]
    pub fn from_bytes(hmac: &[u8]) -> Self {
        Self(STANDARD.encode(hmac).into())
    }

    /// In base64: the password of a SCRAM login with the token, whose user name is the token's id
    /// ([`delegation_token`](crate::sasl::ScramSha256::delegation_token)).
    #[must_use]
    pub fn password(&self) -> Secret {
        self.0.clone()
    }

    fn bytes(&self) -> Bytes {
        // What is not base64 is no token's, and the broker says so.
        STANDARD.decode(self.0.expose()).unwrap_or_default().into()
    }
}

/// From base64, as tools print it.
impl From<Secret> for TokenHmac {
    fn from(base64: Secret) -> Self {
        Self(base64)
    }
}

impl fmt::Debug for TokenHmac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHmac(..)")
    }
}

/// A delegation token (Java: `DelegationToken`). Times are in milliseconds since 1970.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DelegationToken {
    /// Its id: the user name of a login with it.
    pub token_id: String,
    /// Its secret.
    pub hmac: TokenHmac,
    /// As whom its users act.
    pub owner: Principal,
    /// Who asked for it; `None` before Kafka 3.3.
    pub requester: Option<Principal>,
    /// Who may renew it, beside its owner.
    pub renewers: Vec<Principal>,
    /// When it was made.
    pub issue_time: i64,
    /// When it ends, unless it is renewed.
    pub expiry_time: i64,
    /// When it ends in any case.
    pub max_time: i64,
}

fn milliseconds(time: Option<Duration>) -> i64 {
    time.map_or(-1, |time| {
        i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
    })
}

/// Makes a token: see [`Admin::create_delegation_token`].
#[derive(Clone, Debug)]
pub struct CreateDelegationToken {
    owner: Option<Principal>,
    renewers: Vec<Principal>,
    max_lifetime: Option<Duration>,
}

impl Operation<CreateDelegationToken> {
    /// As whom its users act (since Kafka 3.3). Default: the caller.
    pub fn owner(mut self, owner: Principal) -> Self {
        self.spec.owner = Some(owner);
        self
    }

    /// Who may renew it. Default: only its owner.
    pub fn renewers(mut self, renewers: impl IntoIterator<Item = Principal>) -> Self {
        self.spec.renewers = renewers.into_iter().collect();
        self
    }

    /// How long it can live, renewed or not. Default, and at most: the brokers' `delegation.token.max.lifetime.ms`.
    pub fn max_lifetime(mut self, time: Duration) -> Self {
        self.spec.max_lifetime = Some(time);
        self
    }
}

impl Spec for CreateDelegationToken {
    type Output = Result<DelegationToken, Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        let renewers = self.renewers.iter().map(|renewer| {
            CreatableRenewers::default()
                .with_principal_type(renewer.principal_type.clone())
                .with_principal_name(renewer.name.clone())
        });
        let mut request = CreateDelegationTokenRequest::default()
            .with_renewers(renewers.collect::<Vec<_>>())
            .with_max_lifetime_ms(milliseconds(self.max_lifetime));
        let (owner_type, owner_name) = match self.owner {
            Some(owner) => (Some(owner.principal_type), Some(owner.name)),
            None => (None, None),
        };
        request.owner_principal_type = owner_type.map(Into::into);
        request.owner_principal_name = owner_name.map(Into::into);
        let response = match caller.send(request.clone()).await {
            // Before version 3 the field is not there, and what stands for the caller is empty.
            Err(error) if request.owner_principal_type.is_none() && is_unsupported(&error) => {
                request.owner_principal_type = Some("".into());
                request.owner_principal_name = Some("".into());
                caller.send(request).await?
            }
            answer => answer?,
        };
        check::<CreateDelegationTokenRequest>(response.error_code, None)?;
        Ok(DelegationToken {
            token_id: response.token_id.to_string(),
            hmac: TokenHmac::from_bytes(&response.hmac),
            owner: Principal::new(&*response.principal_type, &*response.principal_name),
            requester: Principal::known(
                &response.token_requester_principal_type,
                &response.token_requester_principal_name,
            ),
            renewers: self.renewers,
            issue_time: response.issue_timestamp_ms,
            expiry_time: response.expiry_timestamp_ms,
            max_time: response.max_timestamp_ms,
        })
    }
}

/// Puts off the end of a token: see [`Admin::renew_delegation_token`].
#[derive(Clone, Debug)]
pub struct RenewDelegationToken {
    hmac: TokenHmac,
    time: Option<Duration>,
}

impl Operation<RenewDelegationToken> {
    /// For how long, from now on. Default: the brokers' `delegation.token.expiry.time.ms`.
    pub fn period(mut self, time: Duration) -> Self {
        self.spec.time = Some(time);
        self
    }
}

impl Spec for RenewDelegationToken {
    type Output = Result<i64, Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        let request = RenewDelegationTokenRequest::default()
            .with_hmac(self.hmac.bytes())
            .with_renew_period_ms(milliseconds(self.time));
        let response = caller.send(request).await?;
        check::<RenewDelegationTokenRequest>(response.error_code, None)?;
        Ok(response.expiry_timestamp_ms)
    }
}

/// Brings forward the end of a token: see [`Admin::expire_delegation_token`].
#[derive(Clone, Debug)]
pub struct ExpireDelegationToken {
    hmac: TokenHmac,
    time: Option<Duration>,
}

impl Operation<ExpireDelegationToken> {
    /// In how long it ends. Default: at once.
    pub fn period(mut self, time: Duration) -> Self {
        self.spec.time = Some(time);
        self
    }
}

impl Spec for ExpireDelegationToken {
    type Output = Result<i64, Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        let request = ExpireDelegationTokenRequest::default()
            .with_hmac(self.hmac.bytes())
            .with_expiry_time_period_ms(milliseconds(self.time));
        let response = caller.send(request).await?;
        check::<ExpireDelegationTokenRequest>(response.error_code, None)?;
        Ok(response.expiry_timestamp_ms)
    }
}

/// Asks for tokens: see [`Admin::describe_delegation_tokens`].
#[derive(Clone, Debug)]
pub struct DescribeDelegationTokens(Option<BTreeSet<Principal>>);

impl Operation<DescribeDelegationTokens> {
    /// Only those of these owners. Default: all that the caller may see.
    pub fn owners(mut self, owners: impl IntoIterator<Item = Principal>) -> Self {
        self.spec.0 = Some(owners.into_iter().collect());
        self
    }
}

impl Spec for DescribeDelegationTokens {
    type Output = Result<Vec<DelegationToken>, Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        let mut request = DescribeDelegationTokenRequest::default();
        request.owners = self.0.map(|owners| {
            let owners = owners.into_iter().map(|owner| {
                DescribeDelegationTokenOwner::default()
                    .with_principal_type(owner.principal_type)
                    .with_principal_name(owner.name)
            });
            owners.collect()
        });
        let response = caller.send(request).await?;
        check::<DescribeDelegationTokenRequest>(response.error_code, None)?;
        let tokens = response.tokens.iter().map(|token| {
            let renewers = token.renewers.iter();
            let renewers = renewers
                .map(|renewer| Principal::new(&*renewer.principal_type, &*renewer.principal_name));
            DelegationToken {
                token_id: token.token_id.to_string(),
                hmac: TokenHmac::from_bytes(&token.hmac),
                owner: Principal::new(&*token.principal_type, &*token.principal_name),
                requester: Principal::known(
                    &token.token_requester_principal_type,
                    &token.token_requester_principal_name,
                ),
                renewers: renewers.collect(),
                issue_time: token.issue_timestamp,
                expiry_time: token.expiry_timestamp,
                max_time: token.max_timestamp,
            }
        });
        Ok(tokens.collect())
    }
}

impl Admin {
    /// Makes a token by which others can log in as its owner (Java: `createDelegationToken`). Only for callers that have logged in, and not by a token.
    ///
    /// # Errors
    /// When awaited: if it was not made.
    pub fn create_delegation_token(&self) -> Operation<CreateDelegationToken> {
        self.operation(CreateDelegationToken {
            owner: None,
            renewers: Vec::new(),
            max_lifetime: None,
        })
    }

    /// Puts off the end of a token; gives when that is now, in milliseconds since 1970 (Java: `renewDelegationToken`).
    ///
    /// # Errors
    /// When awaited: if it was not renewed.
    pub fn renew_delegation_token(&self, hmac: TokenHmac) -> Operation<RenewDelegationToken> {
        self.operation(RenewDelegationToken { hmac, time: None })
    }

    /// Brings forward the end of a token; gives when that is now, in milliseconds since 1970 (Java: `expireDelegationToken`).
    ///
    /// # Errors
    /// When awaited: if it was not ended.
    pub fn expire_delegation_token(&self, hmac: TokenHmac) -> Operation<ExpireDelegationToken> {
        self.operation(ExpireDelegationToken { hmac, time: None })
    }

    /// Asks for the tokens that the caller may see (Java: `describeDelegationToken`).
    ///
    /// # Errors
    /// When awaited: if they are not told.
    pub fn describe_delegation_tokens(&self) -> Operation<DescribeDelegationTokens> {
        self.operation(DescribeDelegationTokens(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hmac_is_shown_to_those_who_ask() {
        let hmac = TokenHmac::from_bytes(&[0xfb, 0xff, 0x00]);
        assert_eq!(hmac.password().expose(), "+/8A");
        assert_eq!(hmac.bytes(), [0xfb, 0xff, 0x00].as_slice());
        assert_eq!(TokenHmac::from(Secret::from("+/8A")).bytes(), hmac.bytes());
        assert_eq!(format!("{hmac:?}"), "TokenHmac(..)");
    }

    #[test]
    fn no_time_is_the_brokers_own() {
        assert_eq!(milliseconds(None), -1);
        assert_eq!(milliseconds(Some(Duration::from_secs(1))), 1000);
        assert_eq!(milliseconds(Some(Duration::MAX)), i64::MAX);
    }
}
