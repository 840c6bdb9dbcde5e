//! PLAIN (RFC 4616).

use super::accounts::Accounts;
use super::step::{Failure, Identity, Step};

/// Answers the client's only token: `authorization id NUL name NUL password`.
pub(super) fn step(accounts: &Accounts, token: &[u8]) -> Result<Step, Failure> {
    let told = |message: &str| Failure::Told(message.to_owned());
    let text = String::from_utf8_lossy(token);
    // As Java counts them: what lies behind the fourth is not looked at.
    let parts: Vec<_> = text.splitn(5, '\0').take(4).collect();
    let [authorization, name, password] = parts[..] else {
        return Err(Failure::Told(format!(
            "Invalid SASL/PLAIN response: expected 3 tokens, got {}",
            parts.len()
        )));
    };
    if name.is_empty() {
        return Err(told("Authentication failed: username not specified"));
    }
    if password.is_empty() {
        return Err(told("Authentication failed: password not specified"));
    }
    if !accounts.knows_password(name, password) {
        return Err(told("Authentication failed: Invalid username or password"));
    }
    if !authorization.is_empty() && authorization != name {
        return Err(told(
            "Authentication failed: Client requested an authorization id that is different from username",
        ));
    }
    let identity = Identity {
        name: name.to_owned(),
        expires: None,
        by_token: false,
    };
    Ok(Step::Done {
        token: Vec::new(),
        identity,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sasl::settings::Sasl;

    #[test]
    fn only_the_right_password_passes() {
        let accounts = Accounts::new(&Sasl::new().plain().user("alice", "secret"), false);
        for token in ["\0alice\0secret", "alice\0alice\0secret"] {
            let step = step(&accounts, token.as_bytes()).unwrap();
            assert!(
                matches!(&step, Step::Done { token, identity } if token.is_empty() && identity.name == "alice")
            );
        }
        for (token, message) in [
            (
                "\0alice\0wrong",
                "Authentication failed: Invalid username or password",
            ),
            (
                "\0bob\0secret",
                "Authentication failed: Invalid username or password",
            ),
            (
                "bob\0alice\0secret",
                "Authentication failed: Client requested an authorization id that is different from username",
            ),
            (
                "\0\0secret",
                "Authentication failed: username not specified",
            ),
            ("\0alice\0", "Authentication failed: password not specified"),
            ("", "Invalid SASL/PLAIN response: expected 3 tokens, got 1"),
            (
                "a\0b\0c\0d\0e\0f",
                "Invalid SASL/PLAIN response: expected 3 tokens, got 4",
            ),
        ] {
            let failure = step(&accounts, token.as_bytes()).unwrap_err();
            assert_eq!(failure, Failure::Told(message.to_owned()), "{token:?}");
        }
    }
}
