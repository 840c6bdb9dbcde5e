//! Whole authentications, against a broker that follows RFC 5802.

use std::collections::HashSet;
use std::sync::{Mutex, mpsc};
use std::task::{Context, Waker};

use super::*;
use crate::sasl::testing::{Random, ready, session, shown, step};

const SALT: &[u8] = b"0123456789abcdef";

/// The broker's side of one authentication.
struct Broker {
    hash: Hash,
    password: &'static str,
    nonce: &'static str,
    iterations: u32,
}

impl Broker {
    fn new(hash: Hash) -> Self {
        Self {
            hash,
            password: "pencil",
            nonce: "theirs",
            iterations: 4096,
        }
    }

    fn first(&self, client_first: &[u8]) -> String {
        let text = std::str::from_utf8(client_first).unwrap();
        let (_, nonce) = text.split_once(",r=").unwrap();
        let nonce = nonce.split(',').next().unwrap();
        let (salt, iterations) = (STANDARD.encode(SALT), self.iterations);
        format!("r={nonce}{},s={salt},i={iterations}", self.nonce)
    }

    /// `None` if the client's proof is wrong.
    fn last(&self, client_first: &[u8], server_first: &str, client_final: &[u8]) -> Option<String> {
        let bare = std::str::from_utf8(client_first).unwrap();
        let bare = bare.strip_prefix("n,,").unwrap();
        let client_final = std::str::from_utf8(client_final).unwrap();
        let (without_proof, proof) = client_final.rsplit_once(",p=").unwrap();
        let message = format!("{bare},{server_first},{without_proof}");
        let password = self.password.into();
        let keys = Keys::derive(self.hash, &password, SALT, self.iterations).unwrap();
        let good = keys.client_proof(message.as_bytes()).unwrap();
        (proof == STANDARD.encode(&*good)).then(|| {
            let signature = keys.server_signature(message.as_bytes());
            format!("v={}", STANDARD.encode(signature))
        })
    }
}

fn sent(step: Step) -> Vec<u8> {
    match step {
        Step::Respond(bytes) => bytes.to_vec(),
        other => panic!("{other:?}"),
    }
}

/// A whole authentication; what the client sent first.
async fn log_in(
    authenticator: &dyn SaslAuthenticator,
    broker: &Broker,
) -> Result<Vec<u8>, SaslError> {
    let mut session = session(authenticator);
    let client_first = sent(session.step(None).await?);
    let server_first = broker.first(&client_first);
    let client_final = sent(session.step(Some(server_first.as_bytes())).await?);
    let server_final = broker
        .last(&client_first, &server_first, &client_final)
        .unwrap_or_else(|| "e=invalid-proof".to_owned());
    let outcome = session.step(Some(server_final.as_bytes())).await?;
    assert!(matches!(outcome, Step::Done), "{outcome:?}");
    assert!(session.step(Some(b"")).await.is_err(), "it is over");
    Ok(client_first)
}

/// Statement 26: both mechanisms log in, with fresh nonces each time.
#[tokio::test]
async fn statement_26_both_log_in() {
    let mut nonces = HashSet::new();
    let sha256 = ScramSha256::new("user", "pencil");
    let sha512 = ScramSha512::new("user", "pencil");
    for _ in 0..2 {
        let first = log_in(&sha256, &Broker::new(Hash::Sha256)).await.unwrap();
        assert!(first.starts_with(b"n,,n=user,r="), "{first:?}");
        assert!(nonces.insert(first));
        let first = log_in(&sha512, &Broker::new(Hash::Sha512)).await.unwrap();
        assert!(nonces.insert(first));
    }
    assert_eq!(sha256.mechanism(), "SCRAM-SHA-256");
    assert_eq!(sha512.mechanism(), "SCRAM-SHA-512");
    assert!(!sha256.exposes_credentials() && !sha512.exposes_credentials());
}

/// Statement 26: delegation tokens log in through `tokenauth=true`.
#[tokio::test]
async fn statement_26_delegation_token() {
    let token = ScramSha512::new("id", "pencil").delegation_token();
    let first = log_in(&token, &Broker::new(Hash::Sha512)).await.unwrap();
    let first = String::from_utf8(first).unwrap();
    assert!(
        first.starts_with("n,,n=id,r=") && first.ends_with(",tokenauth=true"),
        "{first}"
    );
}

/// Statement 26: SASLprep is an option. The examples of RFC 4013, section 3.
#[cfg(feature = "saslprep")]
#[test]
fn statement_26_saslprep() {
    for (from, to) in [
        ("I\u{ad}X", Some("IX")),
        ("user", Some("user")),
        ("USER", Some("USER")),
        ("\u{aa}", Some("a")),
        ("\u{2168}", Some("IX")),
        ("\u{7}", None),
        ("\u{627}1", None),
    ] {
        let secret = Secret::from(from);
        let user = prepare(from, &"pencil".into()).ok();
        assert_eq!(user.map(|(user, _)| user).as_deref(), to, "{from:?}");
        let password = prepare("user", &secret).ok();
        let password = password.map(|(_, password)| password.expose().to_owned());
        assert_eq!(password.as_deref(), to, "{from:?}");
        let user = ScramSha256::with_saslprep(from, secret);
        assert_eq!(user.map(|user| user.0.user.to_string()).ok().as_deref(), to);
    }
    let error = ScramSha512::with_saslprep("user", "hunter\u{7}2").unwrap_err();
    assert!(matches!(error, SaslError::InvalidCredentials(_)));
    assert!(!format!("{error}{error:?}").contains('\u{7}'));
}

/// Statement 26: without SASLprep, names and passwords are sent and hashed as they are.
#[tokio::test]
async fn statement_26_no_saslprep() {
    let user = ScramSha256::new("\u{2168}", "p\u{ad}\u{e9}");
    let mut broker = Broker::new(Hash::Sha256);
    broker.password = "p\u{ad}\u{e9}";
    let first = log_in(&user, &broker).await.unwrap();
    assert!(first.starts_with("n,,n=\u{2168},r=".as_bytes()));
    broker.password = "p\u{e9}";
    assert!(log_in(&user, &broker).await.is_err());
}

/// Statement 26: a wrong password is refused with the broker's words.
#[tokio::test]
async fn statement_26_wrong_password() {
    let wrong = ScramSha256::new("user", "pen");
    let error = log_in(&wrong, &Broker::new(Hash::Sha256))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, SaslError::Refused { code: None, message: Some(message) } if message == "invalid-proof"),
        "{error:?}"
    );
    assert!(!error.is_retriable());
}

/// Statement 26: a broker that does not know the password, or keeps still about it, is not trusted.
#[tokio::test]
async fn statement_26_a_broker_without_the_password() {
    let user = ScramSha256::new("user", "pencil");
    let last = STANDARD.encode([0; 32]);
    for server_final in ["", &format!("v={last}"), "v=", "ok"] {
        let mut session = session(&user);
        let client_first = sent(session.step(None).await.unwrap());
        let server_first = Broker::new(Hash::Sha256).first(&client_first);
        sent(session.step(Some(server_first.as_bytes())).await.unwrap());
        let error = session
            .step(Some(server_final.as_bytes()))
            .await
            .unwrap_err();
        assert!(
            matches!(error, SaslError::InvalidChallenge(_)),
            "{server_final}: {error:?}"
        );
    }
}

/// Statement 26: a nonce that does not extend ours is noticed before the password is hashed.
#[test]
fn statement_26_refused_before_any_work() {
    let user = ScramSha256::new("user", "pencil");
    let hash = Hash::Sha256;
    for broker in [
        Broker {
            nonce: "",
            ..Broker::new(hash)
        },
        Broker {
            iterations: 1,
            ..Broker::new(hash)
        },
        Broker {
            iterations: 1_000_001,
            ..Broker::new(hash)
        },
    ] {
        let mut session = session(&user);
        let client_first = sent(step(&mut *session, None).unwrap());
        let server_first = broker.first(&client_first);
        let error = step(&mut *session, Some(server_first.as_bytes())).unwrap_err();
        assert!(matches!(error, SaslError::InvalidChallenge(_)), "{error:?}");
    }
}

/// Statement 22: steps out of turn are errors, and nothing of a session that failed can be used.
#[test]
fn statement_22_steps_out_of_turn() {
    let user = ScramSha256::new("user", "pencil");
    assert!(step(&mut *session(&user), Some(b"")).is_err());
    let mut session = session(&user);
    step(&mut *session, None).unwrap();
    assert!(step(&mut *session, None).is_err());
    assert!(step(&mut *session, None).is_err());
}

/// Statement 22: a step that was dropped is not taken up again.
#[test]
fn statement_22_a_dropped_step() {
    let (release, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let mut user = ScramSha256::new("user", "pencil");
    user.0.keys = Arc::new(Cache::new(move |_: &[u8], _| {
        let _ = gate.lock().unwrap().recv();
        invalid("released")
    }));
    let mut session = session(&user);
    let client_first = sent(step(&mut *session, None).unwrap());
    let server_first = Broker::new(Hash::Sha256).first(&client_first);
    let server_first = Some(server_first.as_bytes());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let guard = runtime.enter();
    let waits = session
        .step(server_first)
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
        .is_pending();
    assert!(waits);
    assert!(step(&mut *session, server_first).is_err());
    drop((guard, release));
}

/// The password is hashed once for an authenticator and its clones; after that no blocking task is needed, nor a runtime.
#[test]
fn a_second_login_hashes_nothing() {
    let user = ScramSha256::new("user", "pencil");
    let broker = Broker::new(Hash::Sha256);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(log_in(&user, &broker)).unwrap();
    drop(runtime);
    ready(log_in(&user.clone(), &broker)).unwrap();
    ready(log_in(&user.clone().delegation_token(), &broker)).unwrap();
    let own = ScramSha256::new("user", "pencil");
    assert!(ready(log_in(&own, &broker)).is_err());
}

/// Statement 32: neither what is printed nor an error shows the password.
#[test]
fn statement_32_nothing_shows_the_password() {
    let user = ScramSha256::new("alice", "hunter2").delegation_token();
    assert!(format!("{user:?}").contains("alice"));
    let shown = shown(&user, &[b"r=x,s=QSXC,i=4096", b"e=hm", b"", b"\xff"]);
    assert!(!shown.contains("hunter2"), "{shown}");
    let user = ScramSha256::new("a\0", "hunter2");
    let error = step(&mut *session(&user), None).unwrap_err();
    assert!(matches!(error, SaslError::InvalidCredentials(_)));
}

/// No bytes of a broker make a session panic, go on for ever, or end well.
#[test]
fn any_challenges_end_with_an_error() {
    let user = ScramSha256::new("user", "pencil");
    let mut random = Random::new(7677);
    for round in 0..5_000 {
        let mut session = session(&user);
        let first = sent(step(&mut *session, None).unwrap());
        let challenge = match round % 2 {
            0 => random.bytes(200),
            // Not hashed, as the first attribute is spoilt.
            _ => {
                let first = Broker::new(Hash::Sha256).first(&first);
                random.mutate(format!("x{first}").as_bytes())
            }
        };
        assert!(step(&mut *session, Some(&challenge)).is_err());
        assert!(step(&mut *session, Some(&random.bytes(200))).is_err());
    }
}
