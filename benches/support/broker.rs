//! The embedded broker in a process of its own.

use std::io::Write as _;

use milena_broker::{Cluster, Sasl, Tls};

use super::child::{Child, role};

/// What its clients must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    Plain,
    Tls,
    Scram,
}

/// A running broker on every address of this machine; it ends when this is dropped.
pub struct Broker {
    _process: Child,
    pub port: u16,
    /// Whom to trust, if it speaks TLS.
    pub ca: Option<String>,
}

impl Broker {
    pub fn start(security: Security) -> Self {
        let has_ca = security == Security::Tls;
        let mut process = Child::start(&format!("{security:?}"), has_ca);
        Self {
            port: process.line.parse().unwrap(),
            ca: process.pem.take(),
            _process: process,
        }
    }
}

/// Serves for ever if this process was started as a broker. To be called first.
pub fn serve_if_asked() {
    let Some(role) = role() else {
        return;
    };
    super::raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut builder = Cluster::builder().listen("0.0.0.0:0".parse().unwrap());
        if role == format!("{:?}", Security::Tls) {
            builder = builder.tls(Tls::new());
        }
        if role == format!("{:?}", Security::Scram) {
            let sasl = Sasl::new().scram_sha_256().user("alice", "alice-secret");
            builder = builder.sasl(sasl);
        }
        let cluster = builder.start().await.unwrap();
        let (_, port) = cluster.bootstrap()[0].rsplit_once(':').unwrap();
        println!("{port}");
        print!("{}", cluster.ca_pem().unwrap_or_default());
        std::io::stdout().flush().unwrap();
        std::future::pending::<()>().await;
    });
}
