//! From an address to a broker that answers: each phase in its order, all of them within one time-out.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use milena_wire::codec::Message as _;
use milena_wire::messages::ApiVersionsRequest;
use tokio::net::lookup_host;

use super::address::Address;
use super::authenticate::{AuthenticateError, authenticate};
use super::channel::{AskError, Channel};
use super::clock::now;
use super::dial::open;
use super::negotiate::{NegotiateError, negotiate};
use super::report::ConnectReport;
use super::session::Session;
use super::settings::Settings;
use super::stream::BoxedStream;
use crate::close_reason::CloseReason;
use crate::error::{ConnectFailure, Error, Phase};
use crate::sasl::SaslError;
#[cfg(feature = "tls")]
use crate::tls::{HandshakeFailure, TlsSession};
use crate::versions::BrokerVersions;

/// A broker that is ready for requests.
pub(crate) struct Established {
    pub(crate) channel: Channel,
    pub(crate) versions: BrokerVersions,
    pub(crate) session: Session,
    pub(crate) report: ConnectReport,
}

/// Where connecting is, and how long it took to get there.
struct Progress {
    phase: Phase,
    since: Instant,
    report: ConnectReport,
}

impl Progress {
    fn enter(&mut self, phase: Phase) {
        let now = now();
        self.report.took(self.phase, now - self.since);
        (self.phase, self.since) = (phase, now);
    }
}

/// Connects, asks for versions and authenticates.
pub(crate) async fn establish(
    address: &Address,
    settings: &Settings,
) -> Result<Established, Error> {
    // The phase is told from outside if the time-out cuts in.
    let mut progress = Progress {
        phase: Phase::Resolve,
        since: now(),
        report: ConnectReport::default(),
    };
    let handshake = handshake(address, settings, &mut progress);
    let result = match tokio::time::timeout(settings.connect_timeout, handshake).await {
        Ok(result) => result,
        Err(_) => Err(timed_out("connect_timeout", settings.connect_timeout)),
    };
    match result {
        Ok((channel, versions, session)) => {
            progress.enter(progress.phase);
            Ok(Established {
                channel,
                versions,
                session,
                report: progress.report,
            })
        }
        Err(cause) => Err(Error::connect(progress.phase, cause).at(address.text())),
    }
}

async fn handshake(
    address: &Address,
    settings: &Settings,
    progress: &mut Progress,
) -> Result<(Channel, BrokerVersions, Session), ConnectFailure> {
    check_credentials(settings, progress)?;
    // A broker that hangs up on a version it does not know is asked for the oldest one on a fresh connection, and one that knows not
    // even that is taken for what the user says.
    let mut asked = Some(ApiVersionsRequest::VERSIONS.max);
    let (mut channel, versions) = loop {
        let mut channel = Channel::new(connect(address, settings, progress).await?);
        progress.enter(Phase::ApiVersions);
        let Some(version) = asked else {
            break (
                channel,
                settings.fallback_versions.clone().unwrap_or_default(),
            );
        };
        let answer = negotiate(&mut channel, settings, version);
        // Kafka 0.9 neither answers nor hangs up.
        let patience = settings.fallback_versions.as_ref();
        let patience = patience.map_or(Duration::MAX, |_| settings.connect_timeout / 4);
        let Ok(answer) = tokio::time::timeout(patience, answer).await else {
            asked = None;
            continue;
        };
        match answer {
            Ok((versions, round_trip)) => {
                progress.report.round_trip = Some(round_trip);
                break (channel, versions);
            }
            Err(NegotiateError::Ask(AskError::HungUp(_))) if version > 0 => asked = Some(0),
            Err(NegotiateError::Ask(AskError::HungUp(_))) => {
                if settings.fallback_versions.is_none() {
                    // One that is just stopping does so, too, and so does a proxy that has no broker: another try may do better.
                    let text = "the broker closed the connection; is this Kafka's port, and is it newer than 0.9?";
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text).into());
                }
                asked = None;
            }
            Err(NegotiateError::Ask(error)) => return Err(failure_of(error, settings)),
            Err(NegotiateError::Refused(text)) => return Err(ConnectFailure::Refused(text)),
        }
    };
    let enter = |phase| progress.enter(phase);
    let login = async {
        let login = authenticate(&mut channel, settings, &versions, address, enter);
        login.await.map_err(|error| match error {
            AuthenticateError::Ask(error) => failure_of(error, settings),
            AuthenticateError::Sasl(error) => ConnectFailure::Sasl(error),
        })
    };
    let limit = settings.authentication_timeout;
    let lifetime = within("authentication_timeout", limit, login).await?;
    progress.report.session_lifetime = lifetime;
    progress.report.mechanism = settings
        .sasl
        .as_ref()
        .map(|authenticator| authenticator.mechanism().to_owned());
    channel.frames.set_max_frame(settings.max_response_size);
    Ok((channel, versions, Session::begin(now(), lifetime)))
}

/// What everybody could read is not sent, unless that was said to be meant.
fn check_credentials(settings: &Settings, progress: &mut Progress) -> Result<(), ConnectFailure> {
    let Some(authenticator) = &settings.sasl else {
        return Ok(());
    };
    let is_safe = !authenticator.exposes_credentials() || settings.is_encrypted();
    if is_safe || settings.allow_plaintext_credentials {
        return Ok(());
    }
    progress.phase = Phase::SaslHandshake;
    let mechanism = authenticator.mechanism().to_owned();
    Err(SaslError::PlaintextCredentials { mechanism }.into())
}

/// A stream to the broker, with TLS if that is asked for.
async fn connect(
    address: &Address,
    settings: &Settings,
    progress: &mut Progress,
) -> Result<BoxedStream, ConnectFailure> {
    let dialed = settings.dial_to.as_ref().unwrap_or(address);
    let stream: BoxedStream = if let Some(dialer) = &settings.dialer {
        progress.enter(Phase::Tcp);
        let dialing = dialer.dial(dialed.text());
        let dialed = within("tcp_connect_timeout", settings.tcp_connect_timeout, dialing).await?;
        progress.report.local_address = dialed.local_address;
        dialed.stream
    } else {
        progress.enter(Phase::Resolve);
        let lookup = lookup_host((dialed.host(), dialed.port()));
        let addresses = within("resolve_timeout", settings.resolve_timeout, lookup).await?;
        progress.enter(Phase::Tcp);
        let opening = open(addresses.collect(), &settings.socket);
        let limit = settings.tcp_connect_timeout;
        let stream = within("tcp_connect_timeout", limit, opening).await?;
        progress.report.local_address = stream.local_addr().ok();
        Box::new(stream)
    };
    #[cfg(feature = "tls")]
    if let Some(tls) = &settings.tls {
        progress.enter(Phase::Tls);
        let shaking = tls.connect(address.host(), stream);
        let stream = within("tls_timeout", settings.tls_timeout, shaking).await?;
        progress.report.tls = Some(TlsSession::of(&stream));
        return Ok(Box::new(stream));
    }
    Ok(stream)
}

/// A phase that may have a time of its own. Without one, nothing is spent on a timer.
async fn within<T, E: Into<ConnectFailure>>(
    option: &'static str,
    limit: Option<Duration>,
    phase: impl Future<Output = Result<T, E>>,
) -> Result<T, ConnectFailure> {
    let Some(limit) = limit else {
        return phase.await.map_err(Into::into);
    };
    match tokio::time::timeout(limit, phase).await {
        Ok(result) => result.map_err(Into::into),
        Err(_) => Err(timed_out(option, limit)),
    }
}

fn timed_out(option: &'static str, limit: Duration) -> ConnectFailure {
    ConnectFailure::TimedOut { option, limit }
}

/// What it means for connecting that there is no answer.
fn failure_of(error: AskError, settings: &Settings) -> ConnectFailure {
    #[cfg(not(feature = "tls"))]
    let _ = settings;
    match error {
        AskError::HungUp(error) | AskError::Io(error) => {
            // A TLS server may refuse a client's certificate after the handshake, when the first answer is read.
            #[cfg(feature = "tls")]
            if let Some(problem) = settings.tls.as_ref().and_then(|tls| tls.problem_of(&error)) {
                return ConnectFailure::Tls(problem);
            }
            error.into()
        }
        // What does not come in frames is no broker, and asking again does not make it one.
        AskError::NotAFrame(CloseReason::ConnectionBroken(error)) => {
            ConnectFailure::NotKafka(error.to_string())
        }
        AskError::NotAFrame(reason) => ConnectFailure::NotKafka(reason.to_string()),
        AskError::WrongId { expected, received } => ConnectFailure::Refused(format!(
            "the broker answers request {received}, and {expected} was asked"
        )),
        AskError::Request(error) => ConnectFailure::Refused(error.to_string()),
        AskError::Response(error) => ConnectFailure::Refused(error.to_string()),
    }
}

impl From<io::Error> for ConnectFailure {
    fn from(error: io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

#[cfg(feature = "tls")]
impl From<HandshakeFailure> for ConnectFailure {
    fn from(failure: HandshakeFailure) -> Self {
        match failure {
            HandshakeFailure::Io(error) => error.into(),
            HandshakeFailure::Problem(problem) => Self::Tls(problem),
        }
    }
}

impl From<SaslError> for ConnectFailure {
    fn from(error: SaslError) -> Self {
        Self::Sasl(error)
    }
}
