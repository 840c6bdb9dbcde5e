//! Who is trusted, and who is not.

use milena::error::{ConnectFailure, ErrorKind, Phase};
use milena::sasl::ScramSha256;
use milena::tls::{Tls, TlsProblem};
use milena::wire::messages::MetadataRequest;
use milena::{CloseReason, Connection, Error};
use milena_broker::{Action, ApiKey, ClientAuth, ClientCertificate, Cluster, Fault, Moment};
use milena_broker::{Tls as BrokerTls, TlsHandshakes};

use crate::support::{
    PASSWORD, USER, connect, every_mechanism, failure, start, tls_failure, trusting, with, works,
};

async fn dial(cluster: &Cluster, tls: &Tls) -> Result<Connection, Error> {
    let builder = Connection::builder().tls(tls.clone());
    builder.connect(&cluster.bootstrap()[0]).await
}

/// What trusts the cluster, and says who it is.
fn certified(cluster: &Cluster, identity: &ClientCertificate) -> Tls {
    Tls::builder()
        .roots_pem(cluster.ca_pem().unwrap())
        .client_certificate(identity.certificate.as_bytes(), identity.key.as_str())
        .build()
        .unwrap()
}

/// Statement 33: a client certificate, where it is wanted and where it is not; TLS 1.3 tells of a refusal only when something is read.
#[tokio::test]
async fn client_certificates() {
    let stranger = start(Cluster::builder().tls(BrokerTls::new())).await;
    let mallory = stranger.client_certificate("mallory").unwrap();
    for auth in [
        ClientAuth::None,
        ClientAuth::Requested,
        ClientAuth::Required,
    ] {
        let builder = Cluster::builder().tls(BrokerTls::new().client_auth(auth));
        let cluster = start(builder).await;
        let alice = cluster.client_certificate("alice").unwrap();
        works(&dial(&cluster, &certified(&cluster, &alice)).await.unwrap()).await;

        let without = dial(&cluster, &trusting(&cluster)).await;
        if auth == ClientAuth::Required {
            let (phase, problem) = tls_failure(without);
            assert_eq!(phase, Phase::ApiVersions);
            assert_eq!(problem, TlsProblem::CertificateRequired);
        } else {
            works(&without.unwrap()).await;
        }

        let unknown = dial(&cluster, &certified(&cluster, &mallory)).await;
        if auth == ClientAuth::None {
            works(&unknown.unwrap()).await;
        } else {
            let (phase, problem) = tls_failure(unknown);
            assert_eq!(phase, Phase::ApiVersions);
            assert_eq!(problem, TlsProblem::CertificateRefused);
        }
    }
}

/// Statement 33: mutual TLS and SASL on one connection.
#[tokio::test]
async fn a_client_certificate_and_a_password() {
    let tls = BrokerTls::new().client_auth(ClientAuth::Required);
    let cluster = start(Cluster::builder().tls(tls).sasl(every_mechanism())).await;
    let alice = cluster.client_certificate("alice").unwrap();
    let builder = with(ScramSha256::new(USER, PASSWORD)).tls(certified(&cluster, &alice));
    works(&builder.connect(&cluster.bootstrap()[0]).await.unwrap()).await;
}

/// Statement 33: what must be refused is, by its own name, before a byte of Kafka's is sent; trying again would not help.
#[tokio::test]
async fn certificates_that_prove_nothing() {
    let trusted = start(Cluster::builder().tls(BrokerTls::new())).await;
    for (tls, ca, expected) in [
        (BrokerTls::new().expired(), None, TlsProblem::Expired),
        (
            BrokerTls::new().host_names(["kafka.example"]),
            None,
            TlsProblem::WrongHost,
        ),
        (BrokerTls::new(), Some(&trusted), TlsProblem::UnknownIssuer),
    ] {
        let cluster = start(Cluster::builder().tls(tls)).await;
        let log = cluster.log_requests();
        let result = dial(&cluster, &trusting(ca.unwrap_or(&cluster))).await;
        assert!(result.as_ref().is_err_and(|error| !error.is_retriable()));
        assert_eq!(tls_failure(result), (Phase::Tls, expected));
        cluster.until_connections(|counts| counts.open == 0).await;
        assert!(log.seen(ApiKey::API_VERSIONS).is_empty());
    }
}

/// Statement 33: a rewriter of addresses may say which name counts.
#[tokio::test]
async fn a_certificate_for_the_name_that_is_wanted() {
    let builder = Cluster::builder().tls(BrokerTls::new().host_names(["kafka.example"]));
    let cluster = start(builder).await;
    let tls = trusting(&cluster).server_name("kafka.example").unwrap();
    works(&dial(&cluster, &tls).await.unwrap()).await;
    let tls = trusting(&cluster).server_name("other.example").unwrap();
    let refused = tls_failure(dial(&cluster, &tls).await);
    assert_eq!(refused, (Phase::Tls, TlsProblem::WrongHost));
}

fn counts(cluster: &Cluster) -> (u64, u64, u64) {
    let TlsHandshakes {
        full,
        resumed,
        failed,
        ..
    } = cluster.tls_handshakes();
    (full, resumed, failed)
}

/// Statement 33: who connects again takes up the session, at any node of the cluster; SASL is not spared by that.
#[tokio::test]
async fn sessions_resume() {
    let builder = Cluster::builder().nodes(3).tls(BrokerTls::new());
    let cluster = start(builder.sasl(every_mechanism())).await;
    let builder = with(ScramSha256::new(USER, PASSWORD)).tls(trusting(&cluster));
    for (index, address) in cluster.bootstrap().iter().cycle().take(6).enumerate() {
        let connection = builder.clone().connect(address).await.unwrap();
        let session = *connection.report().tls().unwrap();
        assert_eq!(session.version(), "TLSv1.3");
        assert_eq!(session.resumed(), index > 0, "{index}");
        connection.close();
        connection.closed().await;
    }
    assert_eq!(counts(&cluster), (1, 5, 0));
    assert_eq!(cluster.authentications().succeeded, 6);
    // Another `Tls` knows nothing of it.
    let stranger = dial(&cluster, &trusting(&cluster)).await.unwrap();
    assert!(!stranger.report().tls().unwrap().resumed());
}

/// Statement 33: neither side needs to.
#[tokio::test]
async fn sessions_that_are_not_remembered() {
    let forgetful = start(Cluster::builder().tls(BrokerTls::new().session_resumption(false))).await;
    let ordinary = start(Cluster::builder().tls(BrokerTls::new())).await;
    let roots = ordinary.ca_pem().unwrap();
    let none = Tls::builder().roots_pem(roots).sessions(0).build().unwrap();
    for (cluster, tls) in [(&forgetful, &trusting(&forgetful)), (&ordinary, &none)] {
        for _ in 0..3 {
            let connection = dial(cluster, tls).await.unwrap();
            works(&connection).await;
            assert!(!connection.report().tls().unwrap().resumed());
        }
        assert_eq!(counts(cluster), (3, 0, 0));
    }
}

/// Statement 34: the broker's authority has changed, and so has the file.
#[tokio::test]
async fn a_file_of_roots_is_read_again() {
    let folder = std::env::temp_dir().join(format!("milena-secured-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("ca.pem");
    let before = start(Cluster::builder().tls(BrokerTls::new())).await;
    let after = start(Cluster::builder().tls(BrokerTls::new())).await;
    std::fs::write(&file, before.ca_pem().unwrap()).unwrap();
    let tls = Tls::from_pem_file(&file).unwrap();
    let old = dial(&before, &tls).await.unwrap();
    let refused = tls_failure(dial(&after, &tls).await);
    assert_eq!(refused, (Phase::Tls, TlsProblem::UnknownIssuer));
    // A text of another length, as the clock of a file system may be coarse.
    std::fs::write(&file, format!("# new\n{}", after.ca_pem().unwrap())).unwrap();
    works(&dial(&after, &tls).await.unwrap()).await;
    // What is open stays so.
    works(&old).await;
    std::fs::remove_dir_all(folder).unwrap();
}

/// Statement 9: the error says what listens there.
#[tokio::test]
async fn plain_text_at_the_port_for_tls() {
    let cluster = start(Cluster::builder().tls(BrokerTls::new())).await;
    let builder = Connection::builder();
    let (phase, cause) = failure(builder.connect(&cluster.bootstrap()[0]).await);
    assert_eq!(phase, Phase::ApiVersions);
    assert!(
        matches!(&cause, ConnectFailure::NotKafka(what) if what.contains("TLS listener")),
        "{cause}"
    );
    cluster.until_connections(|counts| counts.open == 0).await;
    assert_eq!(counts(&cluster), (0, 0, 1));
}

/// Statements 2 and 9: and the other way round. A broker takes the hello for the head of a request that is too long, and hangs up.
#[tokio::test]
async fn tls_at_the_port_for_plain_text() {
    let encrypted = start(Cluster::builder().tls(BrokerTls::new())).await;
    let plain = start(Cluster::builder()).await;
    let refused = tls_failure(dial(&plain, &trusting(&encrypted)).await);
    assert_eq!(refused, (Phase::Tls, TlsProblem::HungUp));
}

/// Statements 3, 4 and 11: requests of all sizes go through the cipher, and the end of the connection is told.
#[tokio::test]
async fn an_encrypted_connection_that_ends() {
    let cluster = start(Cluster::builder().tls(BrokerTls::new())).await;
    let connection = connect(&cluster, Connection::builder()).await.unwrap();
    works(&connection).await;
    // The answer ends in the middle, and TLS takes its leave.
    let cut = Fault::on(ApiKey::METADATA, Action::Close(Moment::AfterBytes(9)));
    let _cut = cluster.inject(cut.times(1));
    let error = connection
        .send(MetadataRequest::default())
        .await
        .unwrap_err();
    let ErrorKind::Closed(CloseReason::ConnectionBroken(_)) = error.kind() else {
        panic!("{error}");
    };
    assert!(error.may_have_been_sent());

    // A crash takes no leave.
    let connection = connect(&cluster, Connection::builder()).await.unwrap();
    works(&connection).await;
    assert_eq!(cluster.drop_connections(1), 1);
    let reason = connection.closed().await;
    assert!(
        matches!(reason, CloseReason::ConnectionBroken(_)),
        "{reason}"
    );
}
