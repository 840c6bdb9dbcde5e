//! How far the client of one connection has proven who he is: the states of Kafka's `SaslServerAuthenticator`.

use std::time::{Duration, Instant};

use super::accounts::Accounts;
use super::exchange::Exchange;
use super::mechanism::Mechanism;
use super::step::{Failure, Identity, Step};

/// A client that logs in anew sooner than this after the last time he did is answered as if he could not.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(1);

/// The time, by both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    /// Sessions end by this one.
    pub(crate) instant: Instant,
    /// Milliseconds since 1970, by which tokens expire.
    pub(crate) millis: i64,
}

/// What the next frame of a connection may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// SaslHandshake, or ApiVersions unless it was answered before.
    Handshake { versions: bool },
    /// SaslAuthenticate.
    Authenticate,
    /// A token without a header.
    Token,
    /// Any request.
    Request,
    /// Whatever comes, the connection is closed.
    Nothing,
}

/// What comes of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The broker's own token.
    pub(crate) token: Vec<u8>,
    /// For how long the client is logged in now, if he is; 0 if for ever.
    pub(crate) lifetime: Option<Duration>,
}

/// How far the client of one connection has proven who he is.
#[derive(Debug)]
pub(crate) struct Authentication {
    state: State,
    /// Whether tokens come in SaslAuthenticate requests.
    wrapped: bool,
    session: Option<Session>,
    /// When the client last began to log in anew.
    renewed: Option<Instant>,
}

#[derive(Debug)]
enum State {
    Start,
    VersionsTold,
    Exchange(Mechanism, Exchange),
    /// The client has no need to log in, or has done so.
    Done,
    Over,
}

/// A login that has succeeded.
#[derive(Clone, Debug)]
struct Session {
    mechanism: Mechanism,
    principal: String,
    /// Whether a delegation token was enough.
    by_token: bool,
    expires: Option<Instant>,
}

impl Authentication {
    /// For a connection on which nobody needs to log in if `needed` is false.
    pub(crate) fn new(needed: bool) -> Self {
        Self {
            state: if needed { State::Start } else { State::Done },
            wrapped: false,
            session: None,
            renewed: None,
        }
    }

    pub(crate) fn expected(&self) -> Expected {
        match self.state {
            State::Start => Expected::Handshake { versions: true },
            State::VersionsTold => Expected::Handshake { versions: false },
            State::Exchange(..) if self.wrapped => Expected::Authenticate,
            State::Exchange(..) => Expected::Token,
            State::Done => Expected::Request,
            State::Over => Expected::Nothing,
        }
    }

    /// Whether the next frame is a token without a header, if anybody still looks at it.
    pub(crate) fn expects_bare_token(&self) -> bool {
        !self.wrapped && matches!(self.state, State::Exchange(..) | State::Over)
    }

    /// Whether somebody has logged in before, so that what happens now is a renewal.
    pub(crate) fn is_renewal(&self) -> bool {
        self.session.is_some()
    }

    /// The name of the user who has logged in, if anybody has, and whether a delegation token was enough.
    pub(crate) fn user(&self) -> Option<(&str, bool)> {
        let session = self.session.as_ref()?;
        Some((&session.principal, session.by_token))
    }

    /// ApiVersions was answered, and not by an error.
    pub(crate) fn versions_told(&mut self) {
        if let State::Start = self.state {
            self.state = State::VersionsTold;
        }
    }

    /// A SaslHandshake has come from a client who is logged in: whether he may begin anew. Only a session that expires can be renewed.
    pub(crate) fn renew(&mut self, now: Instant) -> bool {
        let expires = self
            .session
            .as_ref()
            .is_some_and(|session| session.expires.is_some());
        let soon = |last: Instant| now.saturating_duration_since(last) < RENEWAL_INTERVAL;
        let granted = expires && !self.renewed.is_some_and(soon);
        if granted {
            self.renewed = Some(now);
            self.state = State::VersionsTold;
        }
        granted
    }

    /// Whether the client had to log in anew before now.
    pub(crate) fn is_expired(&self, now: Instant) -> bool {
        let expires = self.session.as_ref().and_then(|session| session.expires);
        expires.is_some_and(|expires| now > expires)
    }

    /// The client names a mechanism, by a SaslHandshake of this version. Whether it is enabled; if not, this is the end. `nonce` is one that was never
    /// used before.
    pub(crate) fn choose(
        &mut self,
        accounts: &Accounts,
        name: &str,
        version: i16,
        nonce: String,
    ) -> bool {
        let mut enabled = accounts.mechanisms().iter().copied();
        let mechanism = enabled.find(|mechanism| mechanism.name() == name);
        self.wrapped = version >= 1;
        self.state = match (mechanism, &self.session) {
            // As with Kafka, who renews by another mechanism learns of it when he sends a token.
            (Some(chosen), Some(session)) if chosen != session.mechanism => State::Over,
            (Some(chosen), _) => State::Exchange(chosen, Exchange::new(chosen, nonce)),
            (None, _) => State::Over,
        };
        mechanism.is_some()
    }

    /// The client's token. The error is what he is told if there is a way to; it is the end.
    pub(crate) fn token(
        &mut self,
        accounts: &Accounts,
        token: &[u8],
        now: Now,
    ) -> Result<Progress, String> {
        let State::Exchange(mechanism, exchange) = &mut self.state else {
            self.state = State::Over;
            return Err("SASL token without a handshake".to_owned());
        };
        let mechanism = *mechanism;
        let result = match exchange.step(accounts, token, now.millis) {
            Ok(Step::Challenge(token)) => Ok(Progress {
                token,
                lifetime: None,
            }),
            Ok(Step::Done { token, identity }) => self
                .finish(accounts, mechanism, identity, now)
                .map(|lifetime| Progress {
                    token,
                    lifetime: Some(lifetime),
                }),
            Err(failure) => Err(failure),
        };
        result.map_err(|failure| {
            self.state = State::Over;
            match failure {
                Failure::Told(message) => message,
                Failure::Untold(reason) => {
                    tracing::debug!(reason, "invalid credentials");
                    let what = if self.is_renewal() {
                        "re-authentication"
                    } else {
                        "authentication"
                    };
                    format!(
                        "Authentication failed during {what} due to invalid credentials with SASL mechanism {mechanism}"
                    )
                }
            }
        })
    }

    fn finish(
        &mut self,
        accounts: &Accounts,
        mechanism: Mechanism,
        identity: Identity,
        now: Now,
    ) -> Result<Duration, Failure> {
        if let Some(session) = &self.session {
            if session.principal != identity.name {
                return Err(Failure::Told(format!(
                    "Cannot change principals during re-authentication from User.{}: User.{}",
                    session.principal, identity.name
                )));
            }
        }
        let until_expiry = identity.expires.map(|expires| {
            let millis = u64::try_from(expires.saturating_sub(now.millis));
            Duration::from_millis(millis.unwrap_or(0))
        });
        let limits = [until_expiry, accounts.session_lifetime()];
        let lifetime = limits.into_iter().flatten().min();
        tracing::debug!(principal = %identity.name, %mechanism, ?lifetime, "logged in");
        self.session = Some(Session {
            mechanism,
            principal: identity.name,
            by_token: identity.by_token,
            expires: lifetime.and_then(|lifetime| now.instant.checked_add(lifetime)),
        });
        self.state = State::Done;
        Ok(lifetime.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sasl::settings::{OauthBearer, Sasl};

    const ALICE: &[u8] = b"\0alice\0secret";

    /// A clock that stands until it is moved.
    struct Clock(Instant);

    impl Clock {
        fn at(&self, millis: u64) -> Now {
            Now {
                instant: self.0 + Duration::from_millis(millis),
                millis: i64::try_from(millis).unwrap(),
            }
        }
    }

    fn accounts(sasl: Sasl) -> Accounts {
        Accounts::new(&sasl.plain().user("alice", "secret"), false)
    }

    fn log_in(
        authentication: &mut Authentication,
        accounts: &Accounts,
        now: Now,
    ) -> Result<Progress, String> {
        assert!(authentication.choose(accounts, "PLAIN", 1, String::new()));
        authentication.token(accounts, ALICE, now)
    }

    #[test]
    fn the_states_of_a_login() {
        let clock = Clock(Instant::now());
        let accounts = accounts(Sasl::new());
        let mut authentication = Authentication::new(true);
        assert_eq!(
            authentication.expected(),
            Expected::Handshake { versions: true }
        );
        authentication.versions_told();
        assert_eq!(
            authentication.expected(),
            Expected::Handshake { versions: false }
        );
        assert!(authentication.choose(&accounts, "PLAIN", 0, String::new()));
        assert_eq!(authentication.expected(), Expected::Token);
        let progress = authentication.token(&accounts, ALICE, clock.at(0)).unwrap();
        assert_eq!(progress.lifetime, Some(Duration::ZERO));
        assert_eq!(authentication.expected(), Expected::Request);
        // Without a lifetime there is nothing to renew, ever.
        assert!(!authentication.renew(clock.at(1 << 40).instant));
        assert!(!authentication.is_expired(clock.at(1 << 40).instant));
        assert_eq!(Authentication::new(false).expected(), Expected::Request);
    }

    #[test]
    fn a_failure_is_the_end() {
        let clock = Clock(Instant::now());
        let accounts = accounts(Sasl::new());
        let mut authentication = Authentication::new(true);
        assert!(authentication.choose(&accounts, "PLAIN", 1, String::new()));
        assert_eq!(authentication.expected(), Expected::Authenticate);
        let wrong = authentication.token(&accounts, b"\0alice\0wrong", clock.at(0));
        assert!(wrong.is_err());
        assert_eq!(authentication.expected(), Expected::Nothing);
        assert!(authentication.token(&accounts, ALICE, clock.at(0)).is_err());
        let mut authentication = Authentication::new(true);
        assert!(!authentication.choose(&accounts, "OAUTHBEARER", 1, String::new()));
        assert_eq!(authentication.expected(), Expected::Nothing);
    }

    #[test]
    fn sessions_end_and_are_renewed_at_most_once_a_second() {
        let clock = Clock(Instant::now());
        let accounts = accounts(Sasl::new().session_lifetime(Duration::from_millis(500)));
        let mut authentication = Authentication::new(true);
        let progress = log_in(&mut authentication, &accounts, clock.at(0)).unwrap();
        assert_eq!(progress.lifetime, Some(Duration::from_millis(500)));
        assert!(!authentication.is_expired(clock.at(500).instant));
        assert!(authentication.is_expired(clock.at(501).instant));
        // The first renewal may come at once.
        assert!(authentication.renew(clock.at(600).instant));
        assert_eq!(
            authentication.expected(),
            Expected::Handshake { versions: false }
        );
        assert!(log_in(&mut authentication, &accounts, clock.at(600)).is_ok());
        assert!(!authentication.is_expired(clock.at(1100).instant));
        assert!(!authentication.renew(clock.at(1599).instant));
        assert_eq!(authentication.expected(), Expected::Request);
        assert!(authentication.renew(clock.at(1600).instant));
    }

    #[test]
    fn the_shorter_of_session_and_token_counts() {
        let clock = Clock(Instant::now());
        // Both expire: the token 2,000 ms after the beginning of time.
        let token = b"n,,\x01auth=Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIiwiZXhwIjoyfQ.\x01\x01";
        for (lifetime, at, expected) in [(0, 500, 1500), (1000, 500, 1000), (1000, 1500, 500)] {
            let lifetime = Duration::from_millis(lifetime);
            let sasl = Sasl::new().session_lifetime(lifetime);
            let accounts = accounts(sasl.oauth_bearer(OauthBearer::unsecured()));
            let mut authentication = Authentication::new(true);
            assert!(authentication.choose(&accounts, "OAUTHBEARER", 1, String::new()));
            let progress = authentication
                .token(&accounts, token, clock.at(at))
                .unwrap();
            assert_eq!(progress.lifetime, Some(Duration::from_millis(expected)));
        }
    }

    #[test]
    fn one_who_renews_stays_who_he_is() {
        let clock = Clock(Instant::now());
        let sasl = Sasl::new().session_lifetime(Duration::from_secs(5));
        let accounts = accounts(sasl.user("bob", "secret").scram_sha_256());
        let logged_in = || {
            let mut authentication = Authentication::new(true);
            log_in(&mut authentication, &accounts, clock.at(0)).unwrap();
            assert!(authentication.renew(clock.at(0).instant));
            authentication
        };
        let mut authentication = logged_in();
        assert!(authentication.choose(&accounts, "PLAIN", 1, String::new()));
        let error = authentication.token(&accounts, b"\0bob\0secret", clock.at(0));
        assert_eq!(
            error.unwrap_err(),
            "Cannot change principals during re-authentication from User.alice: User.bob"
        );
        let mut authentication = logged_in();
        assert!(authentication.choose(&accounts, "SCRAM-SHA-256", 1, String::new()));
        assert_eq!(authentication.expected(), Expected::Nothing);
    }
}
