//! From the options to a connection, and how that went.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use milena::connection::{ConnectReport, ConnectionBuilder};
use milena::error::Phase;
use milena::tls::Tls;
use milena::{BrokerVersions, Connection};
use serde_json::{Value, json};

use crate::failure::{Failure, phase_name};
use crate::options::{Options, TlsOptions};
use crate::{Section, mechanism, milliseconds};

/// A connection, and how long it took to make it.
pub(crate) struct Opened {
    pub(crate) connection: Connection,
    took: Duration,
}

pub(crate) async fn builder(options: &Options) -> Result<ConnectionBuilder, Failure> {
    let mut builder = Connection::builder()
        .client_id("milena-connect")
        .allow_plaintext_credentials(options.allow_plaintext_credentials);
    if let Some(time) = options.connect_timeout {
        builder = builder.connect_timeout(time);
    }
    if let Some(time) = options.idle {
        builder = builder.connections_max_idle(time);
    }
    if options.fallback {
        builder = builder.fallback_versions(BrokerVersions::kafka_0_9());
    }
    if let Some(files) = &options.tls {
        builder = builder.tls(tls(files)?);
    }
    if let Some(sasl) = &options.sasl {
        builder = builder.shared_sasl(mechanism::authenticator(sasl).await?);
    }
    Ok(builder)
}

fn tls(files: &TlsOptions) -> Result<Tls, Failure> {
    let mut tls = Tls::builder();
    if let Some(ca) = &files.ca {
        tls = tls.roots_file(ca);
    }
    if let Some((certificate, key)) = &files.identity {
        tls = tls.client_certificate_files(certificate, key);
    }
    let tls = tls.build();
    tls.map_err(|problem| Failure::here("options", "tls_configuration", &problem))
}

pub(crate) async fn connect(
    builder: &ConnectionBuilder,
    address: &str,
    options: &Options,
) -> Result<Opened, Failure> {
    let since = Instant::now();
    let connection = builder.clone().connect(address).await;
    let connection = connection.map_err(|error| Failure::connecting(&error, options))?;
    Ok(Opened {
        connection,
        took: since.elapsed(),
    })
}

/// How connecting went.
pub(crate) struct Connected<'a> {
    peer: &'a str,
    took: Duration,
    report: &'a ConnectReport,
}

impl<'a> Connected<'a> {
    pub(crate) fn of(opened: &'a Opened) -> Self {
        Self {
            peer: opened.connection.peer(),
            took: opened.took,
            report: opened.connection.report(),
        }
    }

    /// What a phase agreed on.
    fn agreed(&self, phase: Phase) -> Option<String> {
        match phase {
            Phase::Tls => self.report.tls().map(|tls| {
                let (version, suite) = (tls.version(), tls.cipher_suite());
                let handshake = if tls.resumed() {
                    "resumed"
                } else {
                    "a full handshake"
                };
                format!("{version}, {suite}, {handshake}")
            }),
            Phase::SaslHandshake => self.report.mechanism().map(ToOwned::to_owned),
            Phase::SaslAuthenticate => Some(match self.report.session_lifetime() {
                Some(time) => format!("lasts {} ms", time.as_millis()),
                None => "without end".to_owned(),
            }),
            _ => None,
        }
    }
}

impl Section for Connected<'_> {
    fn text(&self) -> String {
        let mut text = format!(
            "connected to {} in {:.1} ms",
            self.peer,
            milliseconds(self.took)
        );
        for (phase, time) in self.report.phases() {
            let _ = write!(
                text,
                "\n  {:<18} {:>8.2} ms  {}",
                phase_name(phase),
                milliseconds(time),
                self.agreed(phase).unwrap_or_default()
            );
            text.truncate(text.trim_end().len());
        }
        text
    }

    fn json(&self) -> Value {
        let phases = self
            .report
            .phases()
            .map(|(phase, time)| json!({ "phase": phase_name(phase), "ms": milliseconds(time) }));
        let tls = self.report.tls().map(|tls| {
            json!({
                "version": tls.version(),
                "cipher_suite": tls.cipher_suite(),
                "resumed": tls.resumed(),
            })
        });
        json!({
            "ms": milliseconds(self.took),
            "phases": phases.collect::<Value>(),
            "tls": tls,
            "mechanism": self.report.mechanism(),
            "session_lifetime_ms": self.report.session_lifetime().map(milliseconds),
        })
    }
}
