//! From an address to a broker that has said which versions it speaks.

use std::io;
use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use milena_wire::api_key::ApiKey;
use milena_wire::codec::{Message as _, VersionRange};
use milena_wire::encode_request;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::{ApiVersionsRequest, ApiVersionsResponse, ResponseHeader};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, lookup_host};

use super::frames::Frames;
use super::settings::Settings;
use crate::close_reason::CloseReason;
use crate::error::{ConnectFailure, Error, Phase};
use crate::versions::BrokerVersions;

/// The longest frame that is accepted from a broker that has not proven to be one.
const MAX_FRAME: usize = 64 << 10;

/// The memory that such a broker's lists may take.
const MEMORY_BUDGET: usize = 1 << 20;

/// A broker that is ready for requests.
#[derive(Debug)]
pub(crate) struct Established {
    pub(crate) socket: TcpStream,
    /// What was read beyond the handshake.
    pub(crate) frames: Frames,
    pub(crate) versions: BrokerVersions,
    /// The first correlation id that was not used.
    pub(crate) next_id: i32,
}

/// Resolves, connects, and asks for versions, all within the connect time-out.
pub(crate) async fn establish(address: &str, settings: &Settings) -> Result<Established, Error> {
    // The phase is told from outside if the time-out cuts in.
    let mut phase = Phase::Resolve;
    let handshake = handshake(address, settings, &mut phase);
    let result = match tokio::time::timeout(settings.connect_timeout, handshake).await {
        Ok(result) => result,
        Err(_) => Err(ConnectFailure::TimedOut),
    };
    result.map_err(|cause| Error::connect(phase, cause).at(&Arc::from(address)))
}

async fn handshake(
    address: &str,
    settings: &Settings,
    phase: &mut Phase,
) -> Result<Established, ConnectFailure> {
    let (host, port) = split_address(address).ok_or(ConnectFailure::InvalidAddress)?;
    // A broker that hangs up on a version it does not know is asked for the oldest one on a fresh connection.
    let mut version = ApiVersionsRequest::VERSIONS.max;
    loop {
        *phase = Phase::Resolve;
        let addresses = lookup_host((host, port)).await.map_err(io_failure)?;
        *phase = Phase::Tcp;
        let mut socket = open(addresses).await.map_err(io_failure)?;
        *phase = Phase::ApiVersions;
        match negotiate(&mut socket, settings, version).await {
            Err(NegotiationFailure::HungUp) if version > 0 => version = 0,
            Err(NegotiationFailure::HungUp) => {
                let text = "the broker closed the connection; is this Kafka's port, and is it newer than 0.9?";
                return Err(ConnectFailure::Refused(text.into()));
            }
            Err(NegotiationFailure::Failed(cause)) => return Err(cause),
            Ok((frames, versions, next_id)) => {
                return Ok(Established {
                    socket,
                    frames,
                    versions,
                    next_id,
                });
            }
        }
    }
}

fn io_failure(error: io::Error) -> ConnectFailure {
    ConnectFailure::Io(Arc::new(error))
}

/// Host and port of `host:port`, `1.2.3.4:port` or `[::1]:port`.
fn split_address(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    let bracketed = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let host = match bracketed {
        Some(host) => host,
        None if host.contains(':') => return None,
        None => host,
    };
    let port = port.parse().ok().filter(|&port| port != 0)?;
    (!host.is_empty()).then_some((host, port))
}

/// The first address that accepts.
async fn open(addresses: impl Iterator<Item = std::net::SocketAddr>) -> io::Result<TcpStream> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host name has no address");
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(socket) => {
                // Requests leave in as few writes as possible already; to wait for more would only add latency.
                socket.set_nodelay(true)?;
                return Ok(socket);
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

enum NegotiationFailure {
    /// The peer closed the connection instead of answering.
    HungUp,
    Failed(ConnectFailure),
}

impl From<ConnectFailure> for NegotiationFailure {
    fn from(cause: ConnectFailure) -> Self {
        Self::Failed(cause)
    }
}

/// Asks for the broker's versions, stepping down as it demands.
async fn negotiate<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut S,
    settings: &Settings,
    first_version: i16,
) -> Result<(Frames, BrokerVersions, i32), NegotiationFailure> {
    let mut frames = Frames::new(MAX_FRAME);
    let mut version = first_version;
    let mut id = 1;
    loop {
        let body = ask(socket, &mut frames, settings, version, id).await?;
        id += 1;
        if error_code(&body) == Some(ErrorCode::UNSUPPORTED_VERSION) {
            version = lower_version(&body, version).ok_or_else(|| {
                ConnectFailure::Refused(format!(
                    "the broker refuses ApiVersions v{version}, and offers no lower one"
                ))
            })?;
            continue;
        }
        let (response, _) = ApiVersionsResponse::decode_prefix(&body, version, MEMORY_BUDGET)
            .map_err(|error| ConnectFailure::Refused(error.to_string()))?;
        if response.error_code != ErrorCode::NONE {
            let text = format!("the broker answers {}", response.error_code);
            return Err(ConnectFailure::Refused(text).into());
        }
        let versions = BrokerVersions::new(&response.api_keys).map_err(|api| {
            ConnectFailure::Refused(format!("the broker's versions of {api} are upside down"))
        })?;
        frames.set_max_frame(settings.max_response_size);
        return Ok((frames, versions, id));
    }
}

/// One ApiVersions request and the body of its answer.
async fn ask<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut S,
    frames: &mut Frames,
    settings: &Settings,
    version: i16,
    id: i32,
) -> Result<Bytes, NegotiationFailure> {
    let request = ApiVersionsRequest::default()
        .with_client_software_name("milena")
        .with_client_software_version(env!("CARGO_PKG_VERSION"));
    let client_id = settings.client_id.as_ref();
    let frame = encode_request(Vec::new(), &request, version, id, client_id)
        .map_err(|error| ConnectFailure::Refused(error.to_string()))?;
    let broken = |error: io::Error| match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => NegotiationFailure::HungUp,
        _ => NegotiationFailure::Failed(io_failure(error)),
    };
    socket
        .write_all(&frame.into_bytes())
        .await
        .map_err(broken)?;
    let mut answer = loop {
        let next = frames.next().map_err(|reason| not_a_broker(&reason))?;
        if let Some(answer) = next {
            break answer;
        }
        if socket.read_buf(frames.buffer()).await.map_err(broken)? == 0 {
            return Err(NegotiationFailure::HungUp);
        }
    };
    // The header of this answer is of version 0 for ever.
    let (header, left) = ResponseHeader::decode_prefix(&answer, 0, MEMORY_BUDGET)
        .map_err(|error| ConnectFailure::Refused(error.to_string()))?;
    if header.correlation_id != id {
        let text = format!(
            "the broker answers request {}, and {id} was asked",
            header.correlation_id
        );
        return Err(ConnectFailure::Refused(text).into());
    }
    answer.advance(answer.len() - left);
    Ok(answer)
}

/// What does not come in frames is no broker, and asking again does not make it one.
fn not_a_broker(reason: &CloseReason) -> ConnectFailure {
    match reason {
        CloseReason::ConnectionBroken(error) => ConnectFailure::NotKafka(error.to_string()),
        other => ConnectFailure::NotKafka(other.to_string()),
    }
}

/// The error code that an answer of any version begins with.
fn error_code(body: &Bytes) -> Option<ErrorCode> {
    let code = body.first_chunk()?;
    Some(ErrorCode(i16::from_be_bytes(*code)))
}

/// The version to ask next after the broker refused one: its highest, if its answer tells; else the oldest.
fn lower_version(body: &Bytes, refused: i16) -> Option<i16> {
    // Kafka answers in version 0, whatever was asked; others have been seen to send less than that.
    let hint = ApiVersionsResponse::decode_prefix(body, 0, MEMORY_BUDGET).ok();
    let range = hint.and_then(|(response, _)| {
        let mut apis = response.api_keys.into_iter();
        let own = apis.find(|api| ApiKey(api.api_key) == ApiKey::API_VERSIONS)?;
        let theirs = VersionRange::new(own.min_version, own.max_version);
        Some(theirs.intersection(ApiVersionsRequest::VERSIONS))
    });
    let next = match range {
        Some(range) if range.is_empty() => return None,
        Some(range) => range.max,
        None => 0,
    };
    (next < refused).then_some(next)
}

#[cfg(test)]
mod tests {
    use milena_wire::messages::api_versions::ApiVersion;

    use super::*;

    #[test]
    fn addresses_are_split() {
        let split = |address| split_address(address);
        assert_eq!(split("localhost:9092"), Some(("localhost", 9092)));
        assert_eq!(split("[::1]:9092"), Some(("::1", 9092)));
        for wrong in [
            "localhost",
            "localhost:",
            ":9092",
            "::1:9092",
            "h:0",
            "h:99999",
            "[]:1",
        ] {
            assert_eq!(split(wrong), None, "{wrong}");
        }
    }

    fn refusal(range: Option<(i16, i16)>) -> Bytes {
        let mut response =
            ApiVersionsResponse::default().with_error_code(ErrorCode::UNSUPPORTED_VERSION);
        response.api_keys.extend(range.map(|(min, max)| {
            ApiVersion::default()
                .with_api_key(ApiKey::API_VERSIONS.0)
                .with_min_version(min)
                .with_max_version(max)
        }));
        response.encode(0).unwrap().into_bytes()
    }

    #[test]
    fn the_next_version_is_the_brokers_highest_and_always_lower() {
        assert_eq!(lower_version(&refusal(Some((0, 2))), 4), Some(2));
        assert_eq!(lower_version(&refusal(None), 4), Some(0));
        assert_eq!(lower_version(&Bytes::from_static(&[0, 35]), 4), Some(0));
        assert_eq!(lower_version(&refusal(Some((0, 4))), 4), None, "no loop");
        assert_eq!(lower_version(&refusal(Some((7, 9))), 4), None);
        assert_eq!(lower_version(&refusal(None), 0), None);
    }
}
