//! Clusters that want to know who is there, and clients that say it.

use std::sync::Arc;
use std::time::Duration;

use milena::connection::ConnectionBuilder;
use milena::error::{ConnectFailure, ErrorKind, Phase};
use milena::sasl::{OauthBearer, Plain, SaslAuthenticator, SaslError, ScramSha256, ScramSha512};
use milena::tls::{Tls, TlsProblem};
use milena::wire::messages::MetadataRequest;
use milena::{Connection, Error};
use milena_broker::{Cluster, ClusterBuilder, Sasl};

use crate::jwt::Claims;

pub(crate) const USER: &str = "alice";
pub(crate) const PASSWORD: &str = "alice-secret";
pub(crate) const TOKEN_ID: &str = "token-1";
pub(crate) const TOKEN_HMAC: &str = "dG9rZW4tc2VjcmV0";
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// What the broker is told: every mechanism, and alice by each of them.
pub(crate) fn every_mechanism() -> Sasl {
    Sasl::new()
        .plain()
        .scram_sha_256()
        .scram_sha_512()
        .oauth_bearer(milena_broker::OauthBearer::unsecured())
        .user(USER, PASSWORD)
        .delegation_token(TOKEN_ID, TOKEN_HMAC, USER)
}

/// What clients say to it: alice by each of them.
pub(crate) fn every_login() -> Vec<Arc<dyn SaslAuthenticator>> {
    vec![
        Arc::new(Plain::new(USER, PASSWORD)),
        Arc::new(ScramSha256::new(USER, PASSWORD)),
        Arc::new(ScramSha512::new(USER, PASSWORD)),
        Arc::new(ScramSha256::new(TOKEN_ID, TOKEN_HMAC).delegation_token()),
        Arc::new(ScramSha512::new(TOKEN_ID, TOKEN_HMAC).delegation_token()),
        Arc::new(bearer(&Claims::of(USER, HOUR).unsecured())),
    ]
}

pub(crate) fn bearer(token: &str) -> OauthBearer {
    OauthBearer::with_token(token.to_owned())
}

pub(crate) async fn start(builder: ClusterBuilder) -> Cluster {
    builder.start().await.unwrap()
}

/// One that logs in by `login` wherever that may be overheard.
pub(crate) fn with(login: impl SaslAuthenticator + 'static) -> ConnectionBuilder {
    shared(Arc::new(login))
}

pub(crate) fn shared(login: Arc<dyn SaslAuthenticator>) -> ConnectionBuilder {
    Connection::builder()
        .shared_sasl(login)
        .allow_plaintext_credentials(true)
}

/// What trusts the cluster.
pub(crate) fn trusting(cluster: &Cluster) -> Tls {
    Tls::from_pem(cluster.ca_pem().unwrap()).unwrap()
}

/// Connects to the first node, over TLS if the cluster has it.
pub(crate) async fn connect(
    cluster: &Cluster,
    mut builder: ConnectionBuilder,
) -> Result<Connection, Error> {
    if cluster.ca_pem().is_some() {
        builder = builder.tls(trusting(cluster));
    }
    builder.connect(&cluster.bootstrap()[0]).await
}

/// The same without a socket, so that time may be paused.
pub(crate) fn in_memory(cluster: &Cluster, builder: ConnectionBuilder) -> ConnectionBuilder {
    let dialer = cluster.dialer();
    builder.dialer(move |address: String| {
        let dialer = dialer.clone();
        async move { dialer.connect(&address).await }
    })
}

/// A request goes through.
pub(crate) async fn works(connection: &Connection) {
    let metadata = connection.send(MetadataRequest::default()).await.unwrap();
    assert_eq!(metadata.brokers[0].node_id, 1);
}

/// Where connecting failed, and by what. No secret of these tests is in what it shows.
pub(crate) fn failure(result: Result<Connection, Error>) -> (Phase, ConnectFailure) {
    let error = result.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("-secret"), "{shown}");
    assert!(
        !shown.contains(TOKEN_HMAC) && !shown.contains("eyJ"),
        "{shown}"
    );
    assert!(error.peer().is_some(), "{shown}");
    match error.kind() {
        ErrorKind::Connect { phase, cause } => (*phase, cause.clone()),
        other => panic!("{other}"),
    }
}

pub(crate) fn sasl_failure(result: Result<Connection, Error>) -> (Phase, SaslError) {
    match failure(result) {
        (phase, ConnectFailure::Sasl(error)) => (phase, error),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn tls_failure(result: Result<Connection, Error>) -> (Phase, TlsProblem) {
    match failure(result) {
        (phase, ConnectFailure::Tls(problem)) => (phase, problem),
        other => panic!("{other:?}"),
    }
}
