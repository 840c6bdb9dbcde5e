//! GSSAPI against the acceptor of the C library, with tickets of a real KDC: `scripts/check-gssapi.sh` starts one and runs this.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use libgssapi::context::{SecurityContext as _, ServerCtx};
use libgssapi::credential::{Cred, CredUsage};
use libgssapi::oid::{GSS_MECH_KRB5, OidSet};
use milena::sasl::{Gssapi, SaslAuthenticator as _, SaslBroker, SaslError, SaslSession, Step};

fn session(gssapi: &Gssapi) -> Box<dyn SaslSession> {
    for name in [
        "KRB5_CONFIG",
        "KRB5_KTNAME",
        "KRB5_CLIENT_KTNAME",
        "KRB5CCNAME",
    ] {
        assert!(
            std::env::var_os(name).is_some(),
            "{name} is not set: run scripts/check-gssapi.sh, which starts a KDC"
        );
    }
    gssapi.session(&SaslBroker::new("localhost", 9092))
}

/// The broker's side.
fn acceptor() -> ServerCtx {
    let mut mechanisms = OidSet::new();
    mechanisms.add(GSS_MECH_KRB5).unwrap();
    let credentials = Cred::acquire(None, None, CredUsage::Accept, Some(&mechanisms));
    ServerCtx::new(Some(credentials.unwrap()))
}

async fn respond(session: &mut dyn SaslSession, challenge: Option<&[u8]>) -> Vec<u8> {
    match session.step(challenge).await.unwrap() {
        Step::Respond(bytes) => bytes.to_vec(),
        other => panic!("{other:?}"),
    }
}

async fn fail(session: &mut dyn SaslSession, challenge: Option<&[u8]>) -> SaslError {
    session.step(challenge).await.unwrap_err()
}

/// Up to where the broker makes its offer of security layers.
async fn establish(gssapi: &Gssapi) -> (Box<dyn SaslSession>, ServerCtx) {
    let mut session = session(gssapi);
    let mut acceptor = acceptor();
    let first = respond(&mut *session, None).await;
    let proof = acceptor.step(&first, None).unwrap().unwrap();
    assert!(acceptor.is_complete());
    let empty = respond(&mut *session, Some(&proof)).await;
    assert_eq!(empty, [0_u8; 0], "RFC 4752: nothing is left to prove");
    (session, acceptor)
}

/// The whole exchange; gives who the broker takes the client for.
async fn authenticate(gssapi: &Gssapi) -> String {
    let (mut session, mut acceptor) = establish(gssapi).await;
    let offer = acceptor.wrap(false, &[1, 0, 1, 0]).unwrap();
    let answer = match session.step(Some(&offer)).await.unwrap() {
        Step::Finish(bytes) => bytes,
        other => panic!("{other:?}"),
    };
    assert_eq!(&*acceptor.unwrap(&answer).unwrap(), [1, 0, 0, 0]);
    let who = acceptor.source_name().unwrap().display_name().unwrap();
    String::from_utf8(who.to_vec()).unwrap()
}

#[tokio::test]
async fn the_default_is_the_ticket_cache() {
    assert_eq!(authenticate(&Gssapi::new()).await, "alice@TEST.LOCAL");
}

#[tokio::test]
async fn one_authenticator_serves_many_sessions_at_once() {
    let gssapi = Gssapi::new();
    let both = tokio::join!(authenticate(&gssapi), authenticate(&gssapi));
    assert_eq!(both.0, both.1);
}

#[tokio::test]
async fn a_principal_of_the_client_keytab_needs_no_kinit() {
    let gssapi = Gssapi::new().principal("bob@TEST.LOCAL");
    assert_eq!(authenticate(&gssapi).await, "bob@TEST.LOCAL");
}

#[tokio::test]
async fn another_service_is_another_principal() {
    let gssapi = Gssapi::new().service("streams");
    let mut session = session(&gssapi);
    let error = fail(&mut *session, None).await;
    assert!(error.is_retriable(), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("streams@localhost"), "{text}");
    assert!(text.contains("not found in Kerberos database"), "{text}");
}

#[tokio::test]
async fn a_principal_without_credentials_is_named() {
    let gssapi = Gssapi::new().principal("nobody@TEST.LOCAL");
    let mut session = session(&gssapi);
    let error = fail(&mut *session, None).await;
    assert!(matches!(error, SaslError::Provider(_)), "{error:?}");
    assert!(error.to_string().contains("nobody@TEST.LOCAL"), "{error}");
}

#[tokio::test]
async fn a_broker_that_proves_nothing_is_refused() {
    for wrong in [&b""[..], b"not a token"] {
        let mut session = session(&Gssapi::new());
        respond(&mut *session, None).await;
        let error = fail(&mut *session, Some(wrong)).await;
        assert!(matches!(error, SaslError::InvalidChallenge(_)), "{error:?}");
        let error = fail(&mut *session, Some(wrong)).await;
        assert!(error.to_string().contains("out of turn"), "{error}");
    }
}

#[tokio::test]
async fn the_proof_of_another_session_is_refused() {
    let mut acceptor = acceptor();
    let mut ours = session(&Gssapi::new());
    respond(&mut *ours, None).await;
    let mut other = session(&Gssapi::new());
    let theirs = respond(&mut *other, None).await;
    let proof = acceptor.step(&theirs, None).unwrap().unwrap();
    let error = fail(&mut *ours, Some(&proof)).await;
    assert!(matches!(error, SaslError::InvalidChallenge(_)), "{error:?}");
}

#[tokio::test]
async fn a_layer_is_not_agreed_to() {
    let (mut session, mut acceptor) = establish(&Gssapi::new()).await;
    let offer = acceptor.wrap(false, &[6, 0, 1, 0]).unwrap();
    let error = fail(&mut *session, Some(&offer)).await;
    assert!(error.to_string().contains("insists"), "{error}");
}

#[tokio::test]
async fn an_offer_that_is_not_wrapped_is_refused() {
    let (mut session, _acceptor) = establish(&Gssapi::new()).await;
    let error = fail(&mut *session, Some(&[1, 0, 0, 0])).await;
    assert!(matches!(error, SaslError::InvalidChallenge(_)), "{error:?}");
}
