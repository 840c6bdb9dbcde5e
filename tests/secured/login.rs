//! Who is let in.

use std::sync::Arc;
use std::time::Duration;

use milena::error::Phase;
use milena::sasl::{Plain, SaslAuthenticator, ScramSha256};
use milena_broker::{ApiKey, Cluster, OauthBearer, Profile, Sasl, Tls};

use crate::jwt::Claims;
use crate::support::{
    HOUR, PASSWORD, USER, bearer, connect, every_login, every_mechanism, in_memory, shared, start,
    trusting, with, works,
};

/// Statements 1, 22, 23 and 25 to 27: every mechanism over SASL_PLAINTEXT and SASL_SSL, each phase in its order.
#[tokio::test]
async fn every_mechanism_with_and_without_tls() {
    for encrypted in [false, true] {
        let mut builder = Cluster::builder().sasl(every_mechanism());
        if encrypted {
            builder = builder.tls(Tls::new());
        }
        let cluster = start(builder).await;
        let log = cluster.log_requests();
        let logins = every_login();
        for login in &logins {
            let connection = connect(&cluster, shared(Arc::clone(login))).await.unwrap();
            works(&connection).await;
            let report = connection.report();
            assert_eq!(report.mechanism(), Some(login.mechanism()));
            assert_eq!(report.tls().is_some(), encrypted);
            let phases: Vec<_> = report.phases().map(|(phase, _)| phase).collect();
            let all = [
                Phase::Resolve,
                Phase::Tcp,
                Phase::Tls,
                Phase::ApiVersions,
                Phase::SaslHandshake,
                Phase::SaslAuthenticate,
            ];
            let expected = all
                .into_iter()
                .filter(|&phase| encrypted || phase != Phase::Tls);
            assert_eq!(phases, expected.collect::<Vec<_>>());
        }
        let counts = cluster.authentications();
        assert_eq!((counts.succeeded, counts.failed), (logins.len() as u64, 0));
        let newest = |api, version| log.seen(api).iter().all(|seen| seen.version == version);
        assert!(newest(ApiKey::SASL_HANDSHAKE, 1) && newest(ApiKey::SASL_AUTHENTICATE, 2));
    }
}

/// Statement 23: before Kafka 1.0, a mechanism's messages travel bare.
#[tokio::test]
async fn every_mechanism_by_bare_tokens() {
    let cluster = start(
        Cluster::builder()
            .profile(Profile::V0_10_2)
            .sasl(every_mechanism()),
    )
    .await;
    let log = cluster.log_requests();
    let logins = every_login();
    for login in &logins {
        let connection = connect(&cluster, shared(Arc::clone(login))).await.unwrap();
        works(&connection).await;
        assert_eq!(connection.report().session_lifetime(), None);
    }
    assert_eq!(cluster.authentications().succeeded, logins.len() as u64);
    let handshakes = log.seen(ApiKey::SASL_HANDSHAKE);
    assert_eq!(handshakes.len(), logins.len());
    assert!(handshakes.iter().all(|seen| seen.version == 0));
    assert!(log.seen(ApiKey::SASL_AUTHENTICATE).is_empty());
    // They take no correlation ids (statement 12): ApiVersions was asked twice, then the handshake, then Metadata.
    let metadata = log.seen(ApiKey::METADATA);
    assert!(
        metadata.iter().all(|seen| seen.correlation_id == 4),
        "{metadata:?}"
    );
}

/// Statement 23: SaslAuthenticate at each version of Kafkas since 1.0; the lifetime of a session is told from version 1 on.
#[tokio::test]
async fn every_version_of_the_exchange() {
    for (newest, lifetime) in [(0, None), (1, Some(HOUR)), (2, Some(HOUR))] {
        let sasl = every_mechanism().session_lifetime(HOUR);
        let builder = Cluster::builder().cap_api(ApiKey::SASL_AUTHENTICATE, newest);
        let cluster = start(builder.sasl(sasl)).await;
        let log = cluster.log_requests();
        let login = ScramSha256::new(USER, PASSWORD);
        let connection = connect(&cluster, with(login)).await.unwrap();
        works(&connection).await;
        assert_eq!(connection.report().session_lifetime(), lifetime);
        let messages = log.seen(ApiKey::SASL_AUTHENTICATE);
        assert_eq!(messages.len(), 2);
        assert!(messages.iter().all(|seen| seen.version == newest));
    }
}

/// Statement 27: tokens that a key has signed, with what they must allow.
#[tokio::test]
async fn signed_tokens() {
    let rules = OauthBearer::hs256("the key").required_scope(["produce"]);
    let sasl = Sasl::new().oauth_bearer(rules);
    let cluster = start(Cluster::builder().tls(Tls::new()).sasl(sasl)).await;
    let claims = Claims::of(USER, HOUR).scope(&["consume", "produce"]);
    let connection = connect(&cluster, with(bearer(&claims.signed("the key")))).await;
    let connection = connection.unwrap();
    works(&connection).await;
    // The token's own end is that of the session.
    let lifetime = connection.report().session_lifetime().unwrap();
    let late = lifetime.abs_diff(HOUR);
    assert!(late < Duration::from_secs(60), "{lifetime:?}");
}

/// Statements 1 and 33: TLS and SASL run over whatever was dialed.
#[tokio::test]
async fn over_a_transport_of_ones_own() {
    let builder = Cluster::builder().in_memory().tls(Tls::new());
    let cluster = start(builder.sasl(every_mechanism())).await;
    for login in every_login() {
        let builder = in_memory(&cluster, shared(login)).tls(trusting(&cluster));
        let connection = builder.connect(&cluster.bootstrap()[0]).await.unwrap();
        assert!(connection.peer().starts_with("node-1.invalid:"));
        works(&connection).await;
    }
}

/// Statement 22: one authenticator serves any number of connections at once, each with a session of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_authenticator_for_many_connections() {
    let builder = Cluster::builder().nodes(3).tls(Tls::new());
    let cluster = start(builder.sasl(every_mechanism())).await;
    let tls = trusting(&cluster);
    let mut tasks = tokio::task::JoinSet::new();
    for login in every_login() {
        for address in cluster.bootstrap().iter().cycle().take(9) {
            let builder = shared(Arc::clone(&login)).tls(tls.clone());
            let address = address.clone();
            tasks.spawn(async move { works(&builder.connect(&address).await.unwrap()).await });
        }
    }
    while let Some(result) = tasks.join_next().await {
        result.unwrap();
    }
    let counts = cluster.authentications();
    assert_eq!((counts.succeeded, counts.failed), (54, 0));
}

/// Statement 26: names and passwords are taken as they are, whatever is in them; with SCRAM, Kafka knows names of ASCII only.
#[tokio::test]
async fn names_of_all_kinds() {
    for (user, password) in [
        ("a=b,c", "p=w,d"),
        ("Zizka", "pässwörd\u{2168}"),
        ("x y", " "),
    ] {
        let sasl = every_mechanism().user(user, password);
        let cluster = start(Cluster::builder().tls(Tls::new()).sasl(sasl)).await;
        let logins: [Arc<dyn SaslAuthenticator>; 2] = [
            Arc::new(Plain::new(user, password)),
            Arc::new(ScramSha256::new(user, password)),
        ];
        for login in logins {
            works(&connect(&cluster, shared(login)).await.unwrap()).await;
        }
    }
}
