//! Who may speak to the cluster, and how he proves who he is. No I/O.

mod accounts;
mod authentication;
mod counts;
mod delegation_tokens;
mod exchange;
mod hash;
mod jwt;
mod mechanism;
mod oauth_bearer;
mod plain;
mod scram;
mod scram_credential;
mod scram_message;
mod scram_users;
mod settings;
mod step;

pub(crate) use accounts::Accounts;
pub(crate) use authentication::{Authentication, Expected, Now};
pub use counts::Authentications;
pub(crate) use counts::Counters;
pub(crate) use delegation_tokens::{DelegationToken, DelegationTokens};
pub use mechanism::{Mechanism, UnknownMechanism};
pub(crate) use scram_users::{ScramMechanism, ScramUsers};
pub use settings::{OauthBearer, Sasl};
