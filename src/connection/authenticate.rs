//! The SASL exchange: when a connection is made, and again before its session ends.

use std::time::Duration;

use bytes::Bytes;
use milena_wire::api_key::ApiKey;
use milena_wire::codec::{Message as _, VersionRange};
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::{SaslAuthenticateRequest, SaslHandshakeRequest};
use zeroize::Zeroizing;

use super::address::Address;
use super::channel::{AskError, Channel};
use super::settings::Settings;
use crate::error::Phase;
use crate::sasl::{SaslAuthenticator, SaslBroker, SaslError, Step, one_line};
use crate::versions::BrokerVersions;

/// Why an authentication did not come to its end.
#[derive(Debug)]
pub(crate) enum AuthenticateError {
    Ask(AskError),
    Sasl(SaslError),
}

impl From<AskError> for AuthenticateError {
    fn from(error: AskError) -> Self {
        Self::Ask(error)
    }
}

impl From<SaslError> for AuthenticateError {
    fn from(error: SaslError) -> Self {
        Self::Sasl(error)
    }
}

/// How the mechanism's messages travel.
#[derive(Clone, Copy, Debug)]
enum Carrier {
    /// As SaslAuthenticate requests, in this version.
    Requests(i16),
    /// Bare, behind their length: before Kafka 1.0.
    Raw,
}

/// Authenticates by the mechanism of the settings; without one there is nothing to do. Gives how long the broker lets that last.
/// `enter` is told what begins.
pub(crate) async fn authenticate(
    channel: &mut Channel,
    settings: &Settings,
    versions: &BrokerVersions,
    address: &Address,
    mut enter: impl FnMut(Phase),
) -> Result<Option<Duration>, AuthenticateError> {
    let Some(authenticator) = &settings.sasl else {
        return Ok(None);
    };
    enter(Phase::SaslHandshake);
    let carrier = agree(channel, settings, versions, &**authenticator).await?;
    enter(Phase::SaslAuthenticate);
    let broker = SaslBroker::new(address.host(), address.port());
    let mut session = authenticator.session(&broker);
    let mut lifetime = None;
    let mut challenge: Option<Bytes> = None;
    loop {
        match session.step(challenge.as_deref()).await? {
            Step::Respond(bytes) => {
                let (answer, lasts) = respond(channel, settings, carrier, bytes, true).await?;
                challenge = Some(answer);
                lifetime = lasts;
            }
            Step::Finish(bytes) => {
                // Of its own accord a broker says nothing more, but a request has an answer.
                let (answer, lasts) = respond(channel, settings, carrier, bytes, false).await?;
                if !answer.is_empty() {
                    let text = "the broker goes on after the end of the authentication";
                    return Err(SaslError::InvalidChallenge(text.into()).into());
                }
                return Ok(lasts);
            }
            Step::Abort(bytes, error) => {
                // Whatever the broker says to that, the mechanism knows better why it failed; so that he has time to take it, it is
                // awaited all the same.
                let _ = respond(channel, settings, carrier, bytes, false).await;
                return Err(error.into());
            }
            Step::Done => return Ok(lifetime),
        }
    }
}

/// Room for a request with whatever is copied into it, so that a secret leaves no trace in a buffer that was outgrown: payloads of 4 KiB and
/// more are not copied, and the rest of a request is short.
fn room_for_secrets() -> Vec<u8> {
    Vec::with_capacity(5 << 10)
}

/// Agrees on the mechanism.
async fn agree(
    channel: &mut Channel,
    settings: &Settings,
    versions: &BrokerVersions,
    authenticator: &dyn SaslAuthenticator,
) -> Result<Carrier, AuthenticateError> {
    let mechanism = authenticator.mechanism();
    let common = |api: ApiKey, ours: VersionRange| {
        let common = versions.range(api)?.intersection(ours);
        (!common.is_empty()).then_some(common.max)
    };
    let by_request = common(ApiKey::SASL_AUTHENTICATE, SaslAuthenticateRequest::VERSIONS);
    let Some(version) = common(ApiKey::SASL_HANDSHAKE, SaslHandshakeRequest::VERSIONS) else {
        // Before 0.10 there was one mechanism, and nothing to agree on.
        if mechanism == "GSSAPI" {
            return Ok(Carrier::Raw);
        }
        let (mechanism, offered) = (mechanism.to_owned(), Vec::new());
        return Err(SaslError::UnsupportedMechanism { mechanism, offered }.into());
    };
    // Version 0 announces bare messages.
    let (version, carrier) = match by_request {
        Some(authenticate) if version >= 1 => (version, Carrier::Requests(authenticate)),
        _ => (0, Carrier::Raw),
    };
    let request = SaslHandshakeRequest::default().with_mechanism(mechanism);
    let client_id = settings.client_id.as_ref();
    let answer = channel
        .ask(&request, version, client_id, Vec::new())
        .await?;
    match answer.error_code {
        ErrorCode::NONE => Ok(carrier),
        ErrorCode::UNSUPPORTED_SASL_MECHANISM => {
            let offered = answer.mechanisms.iter().map(|name| one_line(name));
            let offered = offered.collect();
            let mechanism = mechanism.to_owned();
            Err(SaslError::UnsupportedMechanism { mechanism, offered }.into())
        }
        code => {
            let (code, message) = (Some(code), None);
            Err(SaslError::Refused { code, message }.into())
        }
    }
}

/// Sends a message of the mechanism. Gives the broker's next one and how long the session lasts, if he says so; without `awaits_raw`
/// no bare message is waited for.
async fn respond(
    channel: &mut Channel,
    settings: &Settings,
    carrier: Carrier,
    bytes: Zeroizing<Vec<u8>>,
    awaits_raw: bool,
) -> Result<(Bytes, Option<Duration>), AuthenticateError> {
    match carrier {
        Carrier::Requests(version) => {
            let sent = Bytes::from_owner(bytes);
            let request = SaslAuthenticateRequest::default().with_auth_bytes(sent.clone());
            let client_id = settings.client_id.as_ref();
            let answer = channel
                .ask(&request, version, client_id, room_for_secrets())
                .await?;
            if answer.error_code != ErrorCode::NONE {
                let shown = settings
                    .sasl
                    .as_ref()
                    .is_some_and(|authenticator| authenticator.exposes_credentials());
                let sent = if shown { &*sent } else { &[] };
                return Err(SaslError::Refused {
                    code: Some(answer.error_code),
                    message: answer
                        .error_message
                        .map(|text| one_line(&conceal(&text, sent))),
                }
                .into());
            }
            let milliseconds = u64::try_from(answer.session_lifetime_ms).unwrap_or(0);
            let lifetime = (milliseconds > 0).then(|| Duration::from_millis(milliseconds));
            Ok((answer.auth_bytes, lifetime))
        }
        Carrier::Raw => {
            let mut frame = Zeroizing::new(Vec::with_capacity(4 + bytes.len()));
            let length = i32::try_from(bytes.len()).map_err(|_| {
                SaslError::InvalidCredentials("a message of 2 GiB cannot be sent".into())
            })?;
            frame.extend_from_slice(&length.to_be_bytes());
            frame.extend_from_slice(&bytes);
            let exchange = async {
                channel.write(&frame).await?;
                if awaits_raw {
                    channel.read_frame().await
                } else {
                    Ok(Bytes::new())
                }
            };
            match exchange.await {
                Ok(answer) => Ok((answer, None)),
                // This is how they refuse.
                Err(AskError::HungUp(_)) => Err(SaslError::Refused {
                    code: None,
                    message: Some("it closed the connection".into()),
                }
                .into()),
                Err(error) => Err(error.into()),
            }
        }
    }
}

/// What a broker says of what it was sent, without it: one that repeats a password or a token must not bring it into a log. Names that
/// stand beside it are hidden, too, as only the mechanism knows which is which.
fn conceal(text: &str, sent: &[u8]) -> String {
    let mut pieces: Vec<_> = sent
        .split(|byte| byte.is_ascii_control() || *byte == b' ')
        .filter(|piece| !piece.is_empty())
        .collect();
    // The longer ones first, for one may be a part of another.
    pieces.sort_unstable_by_key(|piece| std::cmp::Reverse(piece.len()));
    pieces.iter().fold(text.to_owned(), |text, piece| {
        text.replace(&*String::from_utf8_lossy(piece), "...")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Statement 32.
    #[test]
    fn what_was_sent_is_not_repeated() {
        for (text, sent, shown) in [
            ("no such user", &b"\0alice\0secret"[..], "no such user"),
            (
                "\"secret\" is wrong for alice",
                b"\0alice\0secret",
                "\"...\" is wrong for ...",
            ),
            ("wrong: pass1234", b"\0pass\0pass1234", "wrong: ..."),
            ("wrong: two words", b"\0alice\0two words", "wrong: ... ..."),
            (
                "expired: e30.e30.",
                b"n,,\x01auth=Bearer e30.e30.\x01\x01",
                "expired: ...",
            ),
            (
                "gr\u{f6}\u{df}er",
                "\0a\0\u{f6}\u{df}".as_bytes(),
                "gr...er",
            ),
            ("as it is", b"", "as it is"),
        ] {
            assert_eq!(conceal(text, sent), shown);
        }
    }
}
