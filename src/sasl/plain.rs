//! PLAIN (RFC 4616).

use std::fmt;

use zeroize::Zeroizing;

use super::authenticator::{SaslAuthenticator, SaslBroker, SaslFuture, SaslSession, Step};
use super::error::SaslError;
use crate::secret::Secret;

/// User and password as they are. The broker, and without TLS everybody on the way, learns both.
///
/// In Java: `PlainLoginModule` with `username` and `password` in `sasl.jaas.config`.
#[derive(Clone)]
pub struct Plain {
    user: String,
    password: Secret,
    authorization_id: String,
}

impl Plain {
    /// For this user.
    pub fn new(user: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self {
            user: user.into(),
            password: password.into(),
            authorization_id: String::new(),
        }
    }

    /// Whom to act as. Empty by default, which means the user himself; Kafka's own broker accepts nobody else.
    #[must_use]
    pub fn authorization_id(mut self, id: impl Into<String>) -> Self {
        self.authorization_id = id.into();
        self
    }

    /// The one message.
    fn message(&self) -> Result<Zeroizing<Vec<u8>>, SaslError> {
        let invalid = |what: &str| Err(SaslError::InvalidCredentials(what.to_owned()));
        let parts = [&self.authorization_id, &self.user, self.password.expose()];
        if parts.iter().any(|part| part.contains('\0')) {
            return invalid("PLAIN cannot carry a NUL in a name or a password");
        }
        if self.user.is_empty() || self.password.expose().is_empty() {
            return invalid("PLAIN needs a user and a password");
        }
        // Of its final size at once: growing would leave copies of the password behind.
        let length = parts.iter().map(|part| part.len()).sum::<usize>() + 2;
        let mut message = Zeroizing::new(Vec::with_capacity(length));
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                message.push(0);
            }
            message.extend_from_slice(part.as_bytes());
        }
        Ok(message)
    }
}

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plain")
            .field("user", &self.user)
            .field("authorization_id", &self.authorization_id)
            .finish_non_exhaustive()
    }
}

impl SaslAuthenticator for Plain {
    fn mechanism(&self) -> &str {
        "PLAIN"
    }

    fn exposes_credentials(&self) -> bool {
        true
    }

    fn session(&self, _broker: &SaslBroker<'_>) -> Box<dyn SaslSession> {
        Box::new(Session::Begin(self.clone()))
    }
}

enum Session {
    Begin(Plain),
    Sent,
    Over,
}

impl Session {
    fn advance(&mut self, challenge: Option<&[u8]>) -> Result<Step, SaslError> {
        let broken = |what: &str| Err(SaslError::InvalidChallenge(what.to_owned()));
        match (std::mem::replace(self, Self::Over), challenge) {
            (Self::Begin(plain), None) => {
                let message = plain.message()?;
                *self = Self::Sent;
                Ok(Step::Respond(message))
            }
            (Self::Sent, Some([])) => Ok(Step::Done),
            (Self::Sent, Some(_)) => broken("the broker answers PLAIN with a challenge"),
            _ => broken("PLAIN has no such step"),
        }
    }
}

impl SaslSession for Session {
    fn step<'a>(&'a mut self, challenge: Option<&'a [u8]>) -> SaslFuture<'a> {
        Box::pin(async move { self.advance(challenge) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sasl::testing::{session, shown, step};

    fn first(plain: &Plain) -> Result<Vec<u8>, SaslError> {
        match step(&mut *session(plain), None)? {
            Step::Respond(bytes) => Ok(bytes.to_vec()),
            other => panic!("{other:?}"),
        }
    }

    /// Statement 25: `authzid NUL authcid NUL password`, as in RFC 4616's examples.
    #[test]
    fn statement_25_the_message() {
        let plain = Plain::new("tim", "tanstaaftanstaaf");
        assert_eq!(first(&plain).unwrap(), b"\0tim\0tanstaaftanstaaf");
        let plain = Plain::new("Kurt", "xipj3plmq").authorization_id("Ursel");
        assert_eq!(first(&plain).unwrap(), b"Ursel\0Kurt\0xipj3plmq");
        let plain = Plain::new("größe", "pässword");
        assert_eq!(first(&plain).unwrap(), "\0größe\0pässword".as_bytes());
        assert_eq!(plain.mechanism(), "PLAIN");
        assert!(plain.exposes_credentials());
    }

    /// Statement 25: a NUL would move the border between the fields.
    #[test]
    fn statement_25_nul_is_refused() {
        for plain in [
            Plain::new("a\0b", "password"),
            Plain::new("user", "pass\0word"),
            Plain::new("user", "password").authorization_id("\0"),
            Plain::new("", "password"),
            Plain::new("user", ""),
        ] {
            let error = first(&plain).unwrap_err();
            assert!(
                matches!(error, SaslError::InvalidCredentials(_)),
                "{error:?}"
            );
            assert!(!error.is_retriable());
        }
    }

    /// Statement 25: the broker has nothing to say but yes.
    #[test]
    fn statement_25_a_final_challenge_is_refused() {
        let plain = Plain::new("user", "password");
        for (answer, good) in [(&b""[..], true), (b"\0", false), (b"ok", false)] {
            let mut session = session(&plain);
            step(&mut *session, None).unwrap();
            let outcome = step(&mut *session, Some(answer));
            match outcome {
                Ok(Step::Done) => assert!(good),
                Err(SaslError::InvalidChallenge(_)) => assert!(!good),
                other => panic!("{other:?}"),
            }
            assert!(step(&mut *session, Some(b"")).is_err(), "it is over");
        }
        assert!(step(&mut *session(&plain), Some(b"")).is_err());
    }

    /// Statement 22: nothing of one session is in the next.
    #[test]
    fn statement_22_every_session_is_fresh() {
        let plain = Plain::new("user", "password");
        for _ in 0..2 {
            let mut session = session(&plain);
            assert!(matches!(
                step(&mut *session, None).unwrap(),
                Step::Respond(_)
            ));
            assert!(matches!(
                step(&mut *session, Some(b"")).unwrap(),
                Step::Done
            ));
        }
    }

    #[test]
    fn nothing_shows_the_password() {
        let plain = Plain::new("alice", "hunter2");
        assert!(format!("{plain:?}").contains("alice"));
        assert!(!shown(&plain, &[b"hunter2 is it?", b""]).contains("hunter2"));
    }
}
