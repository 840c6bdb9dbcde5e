//! A client by the text of a Java `.properties` file.

use milena::cluster::ClientBuilder;
use milena::error::ErrorKind;
use milena::properties::parse;
use milena::wire::messages::MetadataRequest;
use milena_broker::{Cluster, Tls};

use crate::support::{PASSWORD, USER, every_mechanism, start};

/// As programs of Java have it: the certificate in one line, with its line feeds escaped.
fn text(cluster: &Cluster, mechanism: &str, module: &str, password: &str) -> String {
    let certificates = cluster.ca_pem().unwrap().replace('\n', "\\n");
    let bootstrap = cluster.bootstrap().join(",");
    format!(
        "# made by a test
bootstrap.servers = {bootstrap}
client.id         : tester
security.protocol = SASL_SSL
ssl.truststore.type = PEM
ssl.truststore.certificates = {certificates}
sasl.mechanism    = {mechanism}
sasl.jaas.config  = org.apache.kafka.common.security.{module} required \\
    username=\"{USER}\" \\
    password=\"{password}\";
request.timeout.ms = 20000
default.api.timeout.ms = 25000
"
    )
}

/// Statement 20.
#[tokio::test]
async fn a_client_by_a_properties_file() {
    let cluster = start(Cluster::builder().tls(Tls::new()).sasl(every_mechanism())).await;
    for (mechanism, module) in [
        ("PLAIN", "plain.PlainLoginModule"),
        ("SCRAM-SHA-256", "scram.ScramLoginModule"),
        ("SCRAM-SHA-512", "scram.ScramLoginModule"),
    ] {
        let text = text(&cluster, mechanism, module, PASSWORD);
        let builder = ClientBuilder::from_properties(parse(&text).unwrap()).unwrap();
        let client = builder.build().await.unwrap();
        let metadata = client.send(MetadataRequest::default()).await.unwrap();
        assert_eq!(metadata.brokers[0].node_id, 1, "{mechanism}");
        client.close().await;
    }
    cluster.until_connections(|counts| counts.open == 0).await;
}

#[tokio::test]
async fn a_password_that_is_wrong_is_not_shown() {
    let cluster = start(Cluster::builder().tls(Tls::new()).sasl(every_mechanism())).await;
    let text = text(&cluster, "PLAIN", "plain.PlainLoginModule", "hunter2");
    let builder = ClientBuilder::from_properties(parse(&text).unwrap()).unwrap();
    assert!(!format!("{builder:?}").contains("hunter2"));
    let error = builder.build().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Bootstrap(_)), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}
