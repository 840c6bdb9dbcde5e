//! The one error of this crate.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use milena_wire::api_key::ApiKey;
use milena_wire::codec::{DecodeError, EncodeError, VersionRange};
use milena_wire::error_code::ErrorCode;
use milena_wire::records::RecordError;

use crate::close_reason::CloseReason;
use crate::sasl::SaslError;
use crate::tls::TlsProblem;

/// What every fallible call of this crate gives: one kind, where it happened, and what is behind it.
///
/// Cheap to clone, so that one failure can be told to many waiters.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    peer: Option<Arc<str>>,
    broker: Option<i32>,
    api: Option<(ApiKey, Option<i16>)>,
    may_have_been_sent: bool,
    attempts: Vec<Attempt>,
}

/// One try of a request that a cluster client tried several times.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// The id of the broker that was asked; `None` if it did not come so far that there was one.
    pub broker: Option<i32>,
    /// What became of it.
    pub error: Error,
    /// When it had failed.
    pub at: SystemTime,
}

/// What went wrong.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The connection could not be established.
    Connect {
        /// How far it came.
        phase: Phase,
        /// What stopped it.
        cause: ConnectFailure,
    },
    /// The connection ended before the answer came.
    Closed(CloseReason),
    /// The call's deadline passed.
    DeadlineExceeded,
    /// The broker does not know this API.
    UnsupportedApi,
    /// The broker and this crate have no version of the API in common, or none that can carry the request.
    UnsupportedVersion {
        /// The versions that this side could use.
        ours: VersionRange,
        /// The versions that the broker offers.
        theirs: VersionRange,
    },
    /// The request cannot be written.
    InvalidRequest(EncodeError),
    /// A produce request with acks 0 has no answer to wait for.
    NoAnswer,
    /// The answer cannot be read.
    InvalidResponse(DecodeError),
    /// There is no tokio runtime to run on.
    NoRuntime,
    /// None of the bootstrap addresses could be connected to: one error for each, in their order.
    Bootstrap(Vec<Error>),
    /// The client has as many connections as it may have, and none of them became free in time.
    PoolExhausted {
        /// How many it may have.
        max_connections: usize,
    },
    /// The broker has failed so often that nothing is sent to it for a while.
    CircuitOpen {
        /// The broker's id.
        broker: i32,
        /// When it will be tried again.
        retry_in: Duration,
    },
    /// The cluster has no broker of this id, as far as its metadata says.
    UnknownBroker(i32),
    /// No broker is there that could be asked.
    NoBroker,
    /// The topic has no such partition, or there is no such topic.
    UnknownPartition {
        /// The topic's name, or its id if the name is not known.
        topic: String,
        /// The number of the partition.
        partition: i32,
    },
    /// The partition has no leader at the moment.
    NoLeader {
        /// The topic's name, or its id if the name is not known.
        topic: String,
        /// The number of the partition.
        partition: i32,
    },
    /// A broker answered with this error code.
    Broker {
        /// The code.
        code: ErrorCode,
        /// What the broker says of it, if it says anything.
        message: Option<String>,
    },
    /// The client was closed.
    Shutdown,
    /// The records that were sent and are not written yet take all the memory that they may.
    BufferFull {
        /// How much that is, in bytes.
        buffer_memory: usize,
    },
    /// The record cannot be written.
    InvalidRecord(RecordError),
    /// The record's timestamp is before 1970.
    InvalidTimestamp {
        /// In milliseconds since 1970.
        timestamp: i64,
    },
    /// The partition has no record at the offset that was to be read next, and no reset policy says where to go on: it is not read until it is sought.
    OffsetOutOfRange {
        /// The topic's name.
        topic: String,
        /// The number of the partition.
        partition: i32,
        /// The offset that is not there.
        offset: i64,
    },
    /// Records that were read are no longer in the log, as a leader took over that did not have them (KIP-320), and no reset policy says where to go on:
    /// the partition is not read until it is sought.
    LogTruncated {
        /// The topic's name.
        topic: String,
        /// The number of the partition.
        partition: i32,
        /// The offset that was to be read next.
        offset: i64,
        /// From this offset on the log is another one; `None` if the leader cannot tell.
        diverges_at: Option<i64>,
    },
    /// Records that a broker sent cannot be read: their checksum does not match, they do not decompress, or they are not well-formed. The partition is not
    /// read until it is sought.
    UnreadableRecords {
        /// The topic's name.
        topic: String,
        /// The number of the partition.
        partition: i32,
        /// The offset that was to be read next.
        offset: i64,
        /// The offset behind the batch, from which on it can be read if the batch is to be left out; `None` if not even its end can be told.
        next_offset: Option<i64>,
        /// What is wrong with them.
        error: RecordError,
    },
    /// A broker will not answer for one partition, and to ask again would not help. The partition is not read until it is sought.
    Partition {
        /// The topic's name.
        topic: String,
        /// The number of the partition.
        partition: i32,
        /// The offset that was to be read next, if that is known.
        offset: Option<i64>,
        /// What the broker answered.
        code: ErrorCode,
    },
    /// The partition is not among those that the consumer reads.
    NotAssigned {
        /// The topic's name.
        topic: String,
        /// The number of the partition.
        partition: i32,
    },
    /// An option, or several together, cannot be.
    Config(ConfigError),
}

/// An option that cannot be as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigError {
    /// The name of the option: that of the builder's method, or the key of a map of properties.
    pub option: String,
    /// What is wrong with it, and which values it may have.
    pub problem: String,
}

impl ConfigError {
    pub(crate) fn new(option: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            option: option.into(),
            problem: problem.into(),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.option, self.problem)
    }
}

impl StdError for ConfigError {}

/// The steps of connecting, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Finding the addresses of a host name.
    Resolve,
    /// Opening the TCP connection.
    Tcp,
    /// The TLS handshake.
    Tls,
    /// Asking which versions the broker speaks.
    ApiVersions,
    /// Agreeing on a SASL mechanism.
    SaslHandshake,
    /// Authenticating by it.
    SaslAuthenticate,
}

/// What stopped a connection from being established.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ConnectFailure {
    /// The operating system's word.
    Io(Arc<std::io::Error>),
    /// Not done in time.
    TimedOut {
        /// The option that says how long it might take: `connect_timeout`, or that of the phase, such as `tls_timeout`.
        option: &'static str,
        /// How long that was.
        limit: Duration,
    },
    /// The address is not `host:port`.
    InvalidAddress,
    /// The program's own [dialer](crate::connection::ConnectionBuilder::dialer) panicked, and said this.
    DialerPanicked(String),
    /// What answers is no Kafka broker, or not on this port.
    NotKafka(String),
    /// The broker's answer cannot be used.
    Refused(String),
    /// The TLS handshake failed.
    Tls(TlsProblem),
    /// The authentication failed.
    Sasl(SaslError),
}

impl Phase {
    /// All of them, in their order.
    pub(crate) const ALL: [Self; 6] = [
        Self::Resolve,
        Self::Tcp,
        Self::Tls,
        Self::ApiVersions,
        Self::SaslHandshake,
        Self::SaslAuthenticate,
    ];
}

impl Error {
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self(Arc::new(Inner {
            kind,
            peer: None,
            broker: None,
            api: None,
            may_have_been_sent: false,
            attempts: Vec::new(),
        }))
    }

    pub(crate) fn connect(phase: Phase, cause: ConnectFailure) -> Self {
        Self::new(ErrorKind::Connect { phase, cause })
    }

    fn change(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    pub(crate) fn at(self, peer: &Arc<str>) -> Self {
        self.change(|inner| inner.peer = Some(Arc::clone(peer)))
    }

    pub(crate) fn during(self, api: ApiKey, version: Option<i16>) -> Self {
        self.change(|inner| inner.api = Some((api, version)))
    }

    /// Names the API unless that is known already, with its version.
    pub(crate) fn during_if_unknown(self, api: ApiKey) -> Self {
        if self.0.api.is_some() {
            return self;
        }
        self.during(api, None)
    }

    pub(crate) fn maybe_sent(self, sent: bool) -> Self {
        self.change(|inner| inner.may_have_been_sent = sent)
    }

    pub(crate) fn at_broker(self, broker: i32) -> Self {
        self.change(|inner| inner.broker = Some(broker))
    }

    /// What was tried before this, oldest first, and whether any of it may have been carried out.
    pub(crate) fn after(self, attempts: Vec<Attempt>) -> Self {
        self.change(|inner| {
            inner.may_have_been_sent |= attempts
                .iter()
                .any(|attempt| attempt.error.may_have_been_sent());
            inner.attempts = attempts;
        })
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The broker's address, as it was given.
    #[must_use]
    pub fn peer(&self) -> Option<&str> {
        self.0.peer.as_deref()
    }

    /// The id of the broker; `None` where no cluster client was at work, or no broker was chosen yet.
    #[must_use]
    pub fn broker(&self) -> Option<i32> {
        self.0.broker
    }

    /// The error code that a broker answered with, if that is what went wrong.
    #[must_use]
    pub fn broker_code(&self) -> Option<ErrorCode> {
        match self.0.kind {
            ErrorKind::Broker { code, .. } => Some(code),
            _ => None,
        }
    }

    /// The tries that failed, oldest first, if a cluster client tried more than once or ran out of time.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.attempts
    }

    /// The API of the request.
    #[must_use]
    pub fn api(&self) -> Option<ApiKey> {
        self.0.api.map(|(api, _)| api)
    }

    /// Whether the broker may have seen, and so carried out, the request.
    #[must_use]
    pub fn may_have_been_sent(&self) -> bool {
        self.0.may_have_been_sent
    }

    /// Whether the same call may succeed later, perhaps on another connection. It says nothing of whether the request was
    /// carried out: see [`may_have_been_sent`](Self::may_have_been_sent).
    #[must_use]
    pub fn is_retriable(&self) -> bool {
        match &self.0.kind {
            ErrorKind::Connect { cause, .. } => match cause {
                ConnectFailure::Io(_)
                | ConnectFailure::TimedOut { .. }
                | ConnectFailure::Tls(TlsProblem::HungUp) => true,
                ConnectFailure::Sasl(error) => error.is_retriable(),
                _ => false,
            },
            ErrorKind::Closed(CloseReason::AuthFailure(error)) => error.is_retriable(),
            ErrorKind::Closed(_)
            | ErrorKind::DeadlineExceeded
            | ErrorKind::PoolExhausted { .. }
            | ErrorKind::CircuitOpen { .. }
            | ErrorKind::NoBroker
            | ErrorKind::BufferFull { .. }
            | ErrorKind::NoLeader { .. } => true,
            ErrorKind::Bootstrap(errors) => errors.iter().any(Self::is_retriable),
            ErrorKind::Broker { code, .. } => code.is_retriable(),
            _ => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            kind,
            peer,
            broker,
            api,
            attempts,
            ..
        } = &*self.0;
        if let Some((api, version)) = api {
            write!(f, "{api}")?;
            if let Some(version) = version {
                write!(f, " v{version}")?;
            }
            f.write_str(": ")?;
        }
        write!(f, "{kind}")?;
        match (broker, peer) {
            (Some(broker), Some(peer)) => write!(f, " (broker {broker}, {peer})")?,
            (Some(broker), None) => write!(f, " (broker {broker})")?,
            (None, Some(peer)) => write!(f, " (broker {peer})")?,
            (None, None) => {}
        }
        if let Some(last) = attempts.last() {
            let count = attempts.len();
            write!(f, "; attempts: {count}, the last: {}", last.error)?;
        }
        if self.0.may_have_been_sent {
            f.write_str("; the request may have been carried out")?;
        }
        Ok(())
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect { phase, cause } => write!(f, "cannot connect, {phase}: {cause}"),
            Self::Closed(reason) => write!(f, "{reason}"),
            Self::DeadlineExceeded => f.write_str("not answered within the deadline"),
            Self::UnsupportedApi => f.write_str("the broker does not know this API"),
            Self::UnsupportedVersion { ours, theirs } => write!(
                f,
                "no version in common that can carry the request: this side {ours}, the broker {theirs}"
            ),
            Self::InvalidRequest(error) => write!(f, "the request cannot be written: {error}"),
            Self::NoAnswer => f.write_str("acks 0 has no answer to wait for: use send_oneway"),
            Self::InvalidResponse(error) => write!(f, "the answer cannot be read: {error}"),
            Self::NoRuntime => f.write_str("there is no tokio runtime to run on"),
            Self::Bootstrap(errors) => {
                f.write_str("no bootstrap address could be connected to")?;
                for error in errors {
                    write!(f, "; {error}")?;
                }
                Ok(())
            }
            Self::PoolExhausted { max_connections } => write!(
                f,
                "all {max_connections} connections that the client may have (max_connections) are in use"
            ),
            Self::CircuitOpen { broker, retry_in } => write!(
                f,
                "the circuit of broker {broker} is open, it is tried again in {} ms",
                retry_in.as_millis()
            ),
            Self::UnknownBroker(broker) => write!(f, "the cluster has no broker {broker}"),
            Self::NoBroker => f.write_str("no broker is there that could be asked"),
            Self::UnknownPartition { topic, partition } => {
                write!(f, "there is no partition {partition} of topic {topic}")
            }
            Self::NoLeader { topic, partition } => {
                write!(f, "partition {partition} of topic {topic} has no leader")
            }
            Self::Broker { code, message } => {
                write!(f, "{code}")?;
                match message {
                    Some(message) => write!(f, " ({message})"),
                    None => Ok(()),
                }
            }
            Self::Shutdown => f.write_str("the client was closed"),
            Self::BufferFull { buffer_memory } => write!(
                f,
                "the {buffer_memory} bytes of buffer_memory are full of records that are not written yet"
            ),
            Self::InvalidRecord(error) => write!(f, "the record cannot be written: {error}"),
            Self::InvalidTimestamp { timestamp } => {
                write!(f, "the timestamp {timestamp} is before 1970")
            }
            Self::OffsetOutOfRange {
                topic,
                partition,
                offset,
            } => write!(f, "{topic}-{partition} has no offset {offset}"),
            Self::LogTruncated {
                topic,
                partition,
                offset,
                diverges_at,
            } => {
                write!(
                    f,
                    "{topic}-{partition} was truncated before offset {offset}"
                )?;
                match diverges_at {
                    Some(end) => write!(f, ", its log is another one from {end} on"),
                    None => Ok(()),
                }
            }
            Self::UnreadableRecords {
                topic,
                partition,
                offset,
                error,
                ..
            } => write!(
                f,
                "the records of {topic}-{partition} at offset {offset} cannot be read: {error}"
            ),
            Self::Partition {
                topic,
                partition,
                offset,
                code,
            } => {
                write!(f, "{topic}-{partition}")?;
                if let Some(offset) = offset {
                    write!(f, " at offset {offset}")?;
                }
                write!(f, ": {code}")
            }
            Self::NotAssigned { topic, partition } => {
                write!(f, "{topic}-{partition} is not assigned")
            }
            Self::Config(error) => write!(f, "{error}"),
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "resolving the host name",
            Self::Tcp => "opening the TCP connection",
            Self::Tls => "the TLS handshake",
            Self::ApiVersions => "asking for API versions",
            Self::SaslHandshake => "agreeing on a SASL mechanism",
            Self::SaslAuthenticate => "authenticating",
        })
    }
}

impl fmt::Display for ConnectFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::TimedOut { option, limit } => write!(f, "timed out after {limit:?} ({option})"),
            Self::InvalidAddress => f.write_str("the address is not host:port"),
            Self::DialerPanicked(what) => write!(f, "the dialer panicked: {what}"),
            Self::NotKafka(what) => f.write_str(what),
            Self::Refused(why) => f.write_str(why),
            Self::Tls(problem) => write!(f, "{problem}"),
            Self::Sasl(error) => write!(f, "{error}"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("peer", &self.0.peer)
            .field("broker", &self.0.broker)
            .field("api", &self.0.api)
            .field("may_have_been_sent", &self.0.may_have_been_sent)
            .field("attempts", &self.0.attempts)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.kind {
            ErrorKind::InvalidRequest(error) => Some(error),
            ErrorKind::InvalidResponse(error) => Some(error),
            ErrorKind::InvalidRecord(error) | ErrorKind::UnreadableRecords { error, .. } => {
                Some(error)
            }
            ErrorKind::Closed(CloseReason::ConnectionBroken(error))
            | ErrorKind::Connect {
                cause: ConnectFailure::Io(error),
                ..
            } => Some(&**error),
            ErrorKind::Connect {
                cause: ConnectFailure::Tls(problem),
                ..
            } => Some(problem),
            ErrorKind::Connect {
                cause: ConnectFailure::Sasl(error),
                ..
            } => Some(error),
            ErrorKind::Closed(CloseReason::AuthFailure(error)) => Some(&**error),
            ErrorKind::Config(error) => Some(error),
            _ => match self.0.attempts.last() {
                Some(last) => Some(&last.error),
                None => None,
            },
        }
    }
}
