//! SCRAM-SHA-256 and SCRAM-SHA-512 (RFC 5802 and 7677).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::accounts::Accounts;
use super::hash::Hash;
use super::scram_credential::ScramCredential;
use super::scram_message::{ClientFinal, ClientFirst};
use super::step::{Failure, Identity, Step};

/// One exchange.
#[derive(Debug)]
pub(super) struct Scram {
    hash: Hash,
    state: State,
}

#[derive(Debug)]
enum State {
    /// With the server's part of the nonce.
    First(String),
    Final(Box<Begun>),
    Over,
}

/// What is remembered between the client's two messages.
#[derive(Debug)]
struct Begun {
    credential: ScramCredential,
    identity: Identity,
    client_first_bare: String,
    nonce: String,
    server_first: String,
}

impl Scram {
    /// `nonce` is the server's part, different for each exchange; printable and without a comma.
    pub(super) fn new(hash: Hash, nonce: String) -> Self {
        Self {
            hash,
            state: State::First(nonce),
        }
    }

    /// Takes the client's token, at a time in milliseconds since 1970.
    pub(super) fn step(
        &mut self,
        accounts: &Accounts,
        token: &[u8],
        now: i64,
    ) -> Result<Step, Failure> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::First(nonce) => {
                let begun = begin(self.hash, accounts, token, &nonce, now)?;
                let challenge = begun.server_first.clone().into_bytes();
                self.state = State::Final(Box::new(begun));
                Ok(Step::Challenge(challenge))
            }
            State::Final(begun) => match finish(self.hash, accounts, *begun, token) {
                Err((_, error)) if accounts.scram_errors() => {
                    Ok(Step::Challenge(format!("e={error}").into_bytes()))
                }
                result => result.map_err(|(failure, _)| failure),
            },
            State::Over => Err(Failure::Untold("a token after the last")),
        }
    }
}

fn begin(
    hash: Hash,
    accounts: &Accounts,
    token: &[u8],
    nonce: &str,
    now: i64,
) -> Result<Begun, Failure> {
    let first = ClientFirst::parse(token).ok_or(Failure::Untold("malformed first message"))?;
    let found = if first.token {
        accounts.delegation_token(hash, &first.name, now)
    } else {
        let credential = accounts.scram(hash, &first.name);
        credential.map(|credential| (first.name.clone(), credential, None))
    };
    let (name, credential, expires) =
        found.ok_or(Failure::Untold("unknown user or delegation token"))?;
    if !first.authorization.is_empty() && first.authorization != first.name {
        return Err(Failure::Told(
            "Authentication failed: Client requested an authorization id that is different from username"
                .to_owned(),
        ));
    }
    let nonce = format!("{}{nonce}", first.nonce);
    let server_first = format!(
        "r={nonce},s={},i={}",
        STANDARD.encode(&credential.salt),
        credential.iterations
    );
    Ok(Begun {
        identity: Identity {
            name,
            expires,
            by_token: first.token,
        },
        credential,
        client_first_bare: first.bare,
        nonce,
        server_first,
    })
}

/// A failure comes with its name in RFC 5802.
fn finish(
    hash: Hash,
    accounts: &Accounts,
    begun: Begun,
    token: &[u8],
) -> Result<Step, (Failure, &'static str)> {
    let failed = |why, name| (Failure::Untold(why), name);
    let last = ClientFinal::parse(token)
        .ok_or_else(|| failed("malformed last message", "invalid-encoding"))?;
    let same = if accounts.is_lenient_with_nonces() {
        last.nonce.ends_with(&begun.nonce)
    } else {
        last.nonce == begun.nonce
    };
    if !same {
        return Err(failed("another nonce", "other-error"));
    }
    let signed = format!(
        "{},{},{}",
        begun.client_first_bare, begun.server_first, last.without_proof
    );
    let credential = begun.credential;
    let signature = hash.hmac(&credential.stored_key, signed.as_bytes());
    if signature.len() != last.proof.len() {
        return Err(failed("a proof of another length", "invalid-proof"));
    }
    let client_key: Vec<u8> = signature
        .iter()
        .zip(&last.proof)
        .map(|(signature, proof)| signature ^ proof)
        .collect();
    // Nothing here is worth a comparison in constant time: the secrets are a test's.
    if hash.digest(&client_key) != credential.stored_key {
        return Err(failed("a wrong password", "invalid-proof"));
    }
    let signature = hash.hmac(&credential.server_key, signed.as_bytes());
    Ok(Step::Done {
        token: format!("v={}", STANDARD.encode(signature)).into_bytes(),
        identity: begun.identity,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sasl::settings::Sasl;

    const NONCE: &str = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const FIRST: &[u8] = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    const LAST: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

    /// The account of the example in RFC 7677.
    fn accounts(sasl: Sasl, lenient: bool) -> Accounts {
        let mut accounts = Accounts::new(&sasl.scram_sha_256(), lenient);
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let credential = ScramCredential::new(Hash::Sha256, "pencil", salt, 4096);
        accounts.insert_scram(Hash::Sha256, "user", credential);
        accounts
    }

    fn begun(accounts: &Accounts) -> Scram {
        let mut scram = Scram::new(Hash::Sha256, NONCE.to_owned());
        let challenge = Step::Challenge(
            b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
                .to_vec(),
        );
        assert_eq!(scram.step(accounts, FIRST, 0), Ok(challenge));
        scram
    }

    #[test]
    fn the_example_of_rfc_7677() {
        let accounts = accounts(Sasl::new(), false);
        let mut scram = begun(&accounts);
        let done = Step::Done {
            token: b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=".to_vec(),
            identity: Identity {
                name: "user".to_owned(),
                expires: None,
                by_token: false,
            },
        };
        assert_eq!(scram.step(&accounts, LAST.as_bytes(), 0), Ok(done));
        assert!(scram.step(&accounts, LAST.as_bytes(), 0).is_err());
    }

    #[test]
    fn what_is_wrong_is_not_told() {
        let accounts = accounts(Sasl::new(), false);
        for (last, reason) in [
            (LAST.replace("p=dH", "p=eH"), "a wrong password"),
            (LAST.replace("r=rOpr", "r=xOpr"), "another nonce"),
            (LAST.replace("p=dHzb", "p="), "a proof of another length"),
            (LAST.replace("c=", "d="), "malformed last message"),
        ] {
            let failure = begun(&accounts).step(&accounts, last.as_bytes(), 0);
            assert_eq!(failure, Err(Failure::Untold(reason)));
        }
        for first in ["n,,n=nobody,r=x", "n,,n=user,r=x,tokenauth=true"] {
            let mut scram = Scram::new(Hash::Sha256, NONCE.to_owned());
            let failure = scram.step(&accounts, first.as_bytes(), 0);
            assert_eq!(
                failure,
                Err(Failure::Untold("unknown user or delegation token"))
            );
        }
    }

    #[test]
    fn errors_of_the_rfc_are_told_if_wanted() {
        let accounts = accounts(Sasl::new().scram_errors(true), false);
        let wrong = LAST.replace("p=dH", "p=eH");
        let mut scram = begun(&accounts);
        let error = Step::Challenge(b"e=invalid-proof".to_vec());
        assert_eq!(scram.step(&accounts, wrong.as_bytes(), 0), Ok(error));
        assert!(scram.step(&accounts, LAST.as_bytes(), 0).is_err());
    }

    #[test]
    fn old_brokers_looked_at_the_end_of_the_nonce() {
        // librdkafka before 2.6 repeats its own part.
        let last = LAST.replace("r=", "r=rOprNGfwEbeRWgbNEkqO");
        let wrong_password = Err(Failure::Untold("a wrong password"));
        for (lenient, expected) in [
            (true, wrong_password),
            (false, Err(Failure::Untold("another nonce"))),
        ] {
            let accounts = accounts(Sasl::new(), lenient);
            // The nonce is signed, so the proof is another one; it is only reached if the nonce passes.
            assert_eq!(
                begun(&accounts).step(&accounts, last.as_bytes(), 0),
                expected
            );
        }
    }
}
