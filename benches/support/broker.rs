//! The embedded broker in a process of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use milena_broker::{Cluster, Sasl, Tls};

/// Set in the environment of the process that is to be the broker.
const ROLE: &str = "MILENA_BENCH_BROKER";

/// What its clients must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    Plain,
    Tls,
    Scram,
}

/// A running broker on every address of this machine; it ends when this is dropped.
pub struct Broker {
    process: Child,
    pub port: u16,
    /// Whom to trust, if it speaks TLS.
    pub ca: Option<String>,
}

impl Broker {
    /// Starts this program again, as a broker.
    pub fn start(security: Security) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .env(ROLE, format!("{security:?}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut port = String::new();
        output.read_line(&mut port).unwrap();
        let ca = (security == Security::Tls).then(|| {
            let mut pem = String::new();
            while !pem.contains("END CERTIFICATE") {
                assert!(output.read_line(&mut pem).unwrap() > 0, "the broker ended");
            }
            pem
        });
        Self {
            process,
            port: port.trim().parse().unwrap(),
            ca,
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves for ever if this process was started as a broker. To be called first.
pub fn serve_if_asked() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    super::raise_file_limit();
    // The parent is gone when its end of the pipe is.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
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
