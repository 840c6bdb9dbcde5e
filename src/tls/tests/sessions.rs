//! Sessions that are resumed: statement 33.

use super::authority::Authority;
use super::server::{TLS12, TLS13, config, meet};
use crate::tls::Tls;

/// 33: a connection after the first resumes its session, on a clone too.
#[tokio::test]
async fn the_second_connection_resumes() {
    let authority = Authority::new("ca");
    let tls = Tls::from_pem(authority.pem()).unwrap();
    for (host, versions) in [("one", TLS12), ("two", TLS13)] {
        let server = config(&authority.issue(host), versions, None);
        assert!(!meet(&tls, host, &server).await.unwrap().resumed());
        assert!(meet(&tls, host, &server).await.unwrap().resumed());
        assert!(meet(&tls.clone(), host, &server).await.unwrap().resumed());
    }
}

/// 33: a server that has forgotten the session is not a failure.
#[tokio::test]
async fn a_session_that_is_not_known_any_more() {
    let authority = Authority::new("ca");
    let tls = Tls::from_pem(authority.pem()).unwrap();
    for _ in 0..2 {
        let restarted = config(&authority.issue("localhost"), TLS13, None);
        let session = meet(&tls, "localhost", &restarted).await.unwrap();
        assert!(!session.resumed());
    }
}

#[tokio::test]
async fn sessions_are_forgotten_if_so_told() {
    let authority = Authority::new("ca");
    let none = Tls::builder().roots_pem(authority.pem()).sessions(0);
    let one = Tls::builder().roots_pem(authority.pem()).sessions(1);
    let (none, one) = (none.build().unwrap(), one.build().unwrap());
    for versions in [TLS12, TLS13] {
        let first = config(&authority.issue("first"), versions, None);
        let second = config(&authority.issue("second"), versions, None);
        for _ in 0..2 {
            assert!(!meet(&none, "first", &first).await.unwrap().resumed());
        }
        for (host, server) in [("first", &first), ("second", &second), ("first", &first)] {
            assert!(!meet(&one, host, server).await.unwrap().resumed(), "{host}");
        }
        assert!(meet(&one, "first", &first).await.unwrap().resumed());
    }
}
