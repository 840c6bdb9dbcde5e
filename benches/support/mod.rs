//! What the benches share.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::future_not_send,
    reason = "a bench; each uses a part of it"
)]

pub mod bare;
pub mod broker;
pub mod chart;
pub mod child;
pub mod stub;

use std::sync::Arc;
use std::time::Duration;

use milena::wire::encode_request;
use milena::wire::messages::HeartbeatRequest;
use rustix::process::{Resource, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// The CPU time, user and system, that this process has used.
pub fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap(),
        u32::try_from(time.tv_nsec).unwrap(),
    )
}

/// A request of 64 bytes, as members of groups send it all the time.
pub fn heartbeat() -> HeartbeatRequest {
    HeartbeatRequest::default()
        .with_group_id("billing")
        .with_generation_id(17)
        .with_member_id("consumer-billing-7-0f1e2d3c")
}

/// The same as it goes over the wire.
pub fn heartbeat_frame() -> Vec<u8> {
    let client = "milena".into();
    let frame = encode_request(Vec::new(), &heartbeat(), 4, 7, Some(&client)).unwrap();
    frame.into_bytes().to_vec()
}

/// The two runtimes that programs have, by their names.
pub fn runtimes() -> [(&'static str, Runtime); 2] {
    let current_thread = Builder::new_current_thread().enable_all().build();
    let multi_thread = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    [
        ("current-thread", current_thread.unwrap()),
        ("multi-thread", multi_thread.unwrap()),
    ]
}

/// Bare TLS, as the client configures it: ring, and the session of before if there was one.
pub async fn tls_stream(ca: &str, stream: TcpStream) -> TlsStream<TcpStream> {
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(tls_config(ca))
        .connect(name, stream)
        .await
        .unwrap()
}

/// Trusts this authority alone.
pub fn tls_config(ca: &str) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// As many open files as this process may have.
pub fn raise_file_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
}

/// The memory of this process that is in use, in bytes.
pub fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
    kilobytes.unwrap().parse::<f64>().unwrap() * 1024.0
}

/// The middle one.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Whether the bench is only to show that it runs, as `cargo test --benches` asks.
pub fn is_test() -> bool {
    std::env::args().any(|argument| argument == "--test")
}
