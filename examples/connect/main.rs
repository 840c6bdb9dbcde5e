//! Looks at any broker: connects to it, tells how that went and what it speaks, measures it, and says why the connection ended.
//!
//! ```text
//! cargo run --example connect                                   at the embedded broker, in this process
//! cargo run --example connect -- --bootstrap localhost:9092     at any Kafka
//! cargo run --example connect -- --help                         every option
//! ```

mod connecting;
mod failure;
mod load;
mod mechanism;
mod options;
mod sendable;
mod software;
mod versions;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use milena::CloseReason;
use milena::connection::Connection;
use milena_broker::Cluster;
use serde_json::{Map, Value, json};

use failure::Failure;
use options::{Options, Parsed};

#[tokio::main]
async fn main() -> ExitCode {
    let options = match options::parse(std::env::args().skip(1)) {
        Ok(Parsed::Run(options)) => *options,
        Ok(Parsed::Help) => {
            print(options::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(wrong) => {
            eprintln!("connect: {wrong}\n\n{}", options::USAGE.trim_end());
            return ExitCode::from(2);
        }
    };
    let mut output = Output {
        as_json: options.json,
        members: Map::new(),
    };
    let result = run(&options, &mut output).await;
    let failure = result.err();
    if let Some(failure) = &failure {
        eprintln!("connect: {failure}");
        output.member("error", failure.to_json());
    }
    output.finish();
    match failure {
        None => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
    }
}

async fn run(options: &Options, output: &mut Output) -> Result<(), Failure> {
    // The embedded broker lives as long as this variable.
    let mut embedded = None;
    let bootstrap = match &options.bootstrap {
        Some(address) => address.clone(),
        None => {
            let cluster = Cluster::builder().start().await;
            let cluster = cluster.map_err(|error| Failure::here("start", "io", &error))?;
            let address = cluster.bootstrap().first().cloned().unwrap_or_default();
            output.line(&format!(
                "embedded broker started on {address}, in this process"
            ));
            embedded = Some(cluster);
            address
        }
    };
    output.member("peer", bootstrap.as_str().into());
    output.member("embedded", embedded.is_some().into());

    let builder = connecting::builder(options).await?;
    let mut connection = connecting::connect(&builder, &bootstrap, options).await?;
    output.section("connect", &connecting::Connected::of(&connection));
    if options.again {
        close(&connection).await;
        connection = connecting::connect(&builder, &bootstrap, options).await?;
        output.section("again", &connecting::Connected::of(&connection));
    }
    output.section(
        "software",
        &software::guess(connection.connection.broker_versions()),
    );
    output.section(
        "versions",
        &versions::Table::of(connection.connection.broker_versions()),
    );

    let mut loads = Vec::new();
    for wanted in &load::wanted(options, &connection.connection) {
        let load = load::run(&connection.connection, wanted, options).await;
        output.text(&load);
        loads.push(load);
    }
    output.member("requests", loads.iter().map(Section::json).collect());
    let measured = load::judge(&loads, &connection.connection, options);

    let closed = end(&connection.connection, options, measured.is_ok()).await;
    output.section("close", &closed);
    drop(embedded);
    measured.and_then(|()| closed.judge(&bootstrap))
}

async fn close(connected: &connecting::Opened) {
    connected.connection.close();
    connected.connection.closed().await;
}

/// How the connection ended.
struct Closed {
    reason: CloseReason,
    after: Duration,
    /// The limit, if it was to end by itself.
    idle: Option<Duration>,
}

/// Closes the connection, or waits until it does so itself.
async fn end(connection: &Connection, options: &Options, wait: bool) -> Closed {
    let since = Instant::now();
    let idle = options.idle.filter(|_| wait);
    if idle.is_none() {
        connection.close();
    }
    // Far beyond the limit it is closed after all: this is not to wait for ever for what is being looked at.
    let patience = idle.unwrap_or_default() * 2 + Duration::from_secs(10);
    let reason = match tokio::time::timeout(patience, connection.closed()).await {
        Ok(reason) => reason,
        Err(_) => {
            connection.close();
            connection.closed().await
        }
    };
    Closed {
        reason,
        after: since.elapsed(),
        idle,
    }
}

impl Closed {
    /// The connection that was to end by itself must have done so.
    fn judge(&self, peer: &str) -> Result<(), Failure> {
        if self.idle.is_none() || matches!(self.reason, CloseReason::IdleDrop) {
            return Ok(());
        }
        let hint =
            "a broker's own limit is connections.max.idle.ms, 10 minutes unless it was changed";
        Err(Failure::new(Some(peer), "close", "not_idle_drop", &self.reason).hint(hint))
    }
}

impl Section for Closed {
    fn text(&self) -> String {
        let Some(idle) = self.idle else {
            return format!("closed: {}", self.reason);
        };
        let late = milliseconds(self.after) - milliseconds(idle);
        format!(
            "closed after {:.1} ms, {late:+.1} ms beside the limit: {}",
            milliseconds(self.after),
            self.reason
        )
    }

    fn json(&self) -> Value {
        json!({
            "reason": failure::close_kind(&self.reason),
            "text": self.reason.to_string(),
            "after_ms": milliseconds(self.after),
            "idle_limit_ms": self.idle.map(milliseconds),
        })
    }
}

/// A part of what is told.
trait Section {
    fn text(&self) -> String;
    fn json(&self) -> Value;
}

/// Text as it comes, or one JSON object at the end.
struct Output {
    as_json: bool,
    members: Map<String, Value>,
}

impl Output {
    fn line(&self, line: &str) {
        if !self.as_json {
            print(&format!("{line}\n"));
        }
    }

    fn text(&self, section: &impl Section) {
        self.line(&section.text());
    }

    fn member(&mut self, name: &str, value: Value) {
        self.members.insert(name.to_owned(), value);
    }

    fn section(&mut self, name: &str, section: &impl Section) {
        self.text(section);
        self.member(name, section.json());
    }

    fn finish(self) {
        if self.as_json {
            print(&format!("{}\n", Value::Object(self.members)));
        }
    }
}

/// Whoever reads may have heard enough, as `head` has: that is no failure.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// To the microsecond.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
