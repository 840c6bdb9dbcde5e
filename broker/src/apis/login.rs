//! What is answered before a client has logged in, and when he logs in anew.

use std::time::Instant;

use bytes::Bytes;
use milena_wire::api_key::ApiKey;
use milena_wire::codec::{Request, Response};
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::api_versions::{ApiVersionsRequest, ApiVersionsResponse};
use milena_wire::messages::sasl_authenticate::{SaslAuthenticateRequest, SaslAuthenticateResponse};
use milena_wire::messages::sasl_handshake::{SaslHandshakeRequest, SaslHandshakeResponse};

use super::answer::Answer;
use super::api_versions;
use super::exchange::{Context, Incoming, Refusal, Reply};
use crate::head::Head;
use crate::identity;
use crate::sasl::{Accounts, Authentication, Expected, Now};

/// The largest frame before a client has logged in. (Kafka: `sasl.server.max.receive.size`)
const MAX_FRAME: usize = 512 << 10;

/// A fault lets a step of a login fail. As with Kafka, a login that fails is the last that is answered.
pub(super) fn fail<R: Response>(
    context: &Context<'_>,
    reply: Reply,
    response: &R,
) -> Result<Answer, Refusal> {
    if context.shared.accounts.is_none() {
        return Answer::now(reply, response);
    }
    let refusal = Refusal::Authentication("a fault lets the login fail".to_owned());
    Answer::last(reply, response, refusal)
}

/// Answers what belongs to a login; `None` if it is a request of a client who has logged in.
pub(super) fn answer(
    context: &Context<'_>,
    accounts: &Accounts,
    authentication: &mut Authentication,
    frame: &Bytes,
) -> Result<Option<Answer>, Refusal> {
    let renewal = authentication.is_renewal();
    if authentication.expected() == Expected::Request {
        let begins = parse(frame)?.api == ApiKey::SASL_HANDSHAKE;
        if !(begins && authentication.renew(context.instant)) {
            if authentication.is_expired(context.instant) {
                context.shared.authentications.expired();
                return Err(Refusal::SessionExpired);
            }
            return Ok(None);
        }
    }
    let login = Login {
        context,
        accounts,
        authentication,
    };
    let answer = login.answer(frame);
    if let Err(_) | Ok(Answer::Last(..)) = &answer {
        context.shared.authentications.failed(renewal);
    }
    answer.map(Some)
}

/// Whether `answer` would take a request of this API: as one of a login, or of a client who has logged in.
pub(super) fn admits(authentication: &Authentication, api: ApiKey, now: Instant) -> bool {
    match authentication.expected() {
        Expected::Handshake { versions: true } if api == ApiKey::API_VERSIONS => true,
        Expected::Handshake { .. } => api == ApiKey::SASL_HANDSHAKE,
        Expected::Authenticate => api == ApiKey::SASL_AUTHENTICATE,
        Expected::Request => api == ApiKey::SASL_HANDSHAKE || !authentication.is_expired(now),
        Expected::Token | Expected::Nothing => false,
    }
}

/// One frame of a login.
struct Login<'a, 'c> {
    context: &'a Context<'c>,
    accounts: &'a Accounts,
    authentication: &'a mut Authentication,
}

impl Login<'_, '_> {
    fn answer(self, frame: &Bytes) -> Result<Answer, Refusal> {
        if frame.len() > MAX_FRAME {
            let length = frame.len();
            return refuse(&format!("{length} bytes during authentication"));
        }
        match self.authentication.expected() {
            Expected::Handshake { versions } => {
                let head = parse(frame)?;
                match head.api {
                    ApiKey::API_VERSIONS if versions => self.versions(frame, head),
                    ApiKey::SASL_HANDSHAKE => {
                        let incoming = self.incoming::<SaslHandshakeRequest>(frame, head)?;
                        self.handshake(incoming)
                    }
                    other => Err(Refusal::Unauthenticated(other)),
                }
            }
            Expected::Authenticate => {
                let head = parse(frame)?;
                if head.api == ApiKey::SASL_AUTHENTICATE {
                    let incoming = self.incoming::<SaslAuthenticateRequest>(frame, head)?;
                    self.authenticate(incoming)
                } else {
                    self.out_of_order(frame, head)
                }
            }
            Expected::Token => {
                let token = self.token(frame)?;
                Ok(Answer::Token(token.0))
            }
            Expected::Nothing => refuse("SASL mechanism changed during re-authentication"),
            // Asked for before.
            Expected::Request => refuse("a login that nobody has begun"),
        }
    }

    /// A request of a kind that is known, in a version that is served.
    fn incoming<R: Request>(&self, frame: &Bytes, head: Head<'_>) -> Result<Incoming, Refusal> {
        let served = self.context.shared.served(head.api);
        let served = served.ok_or(Refusal::UnknownApi(head.api))?;
        if !served.versions.contains(head.version) {
            return Err(Refusal::UnsupportedVersion(head.api, head.version));
        }
        Incoming::open(frame.clone(), R::header_version)
    }

    fn versions(self, frame: &Bytes, head: Head<'_>) -> Result<Answer, Refusal> {
        let served = self.context.shared.served(head.api);
        let served = served.ok_or(Refusal::UnknownApi(head.api))?;
        if !served.versions.contains(head.version) {
            return api_versions::unsupported(served, head.correlation_id);
        }
        let incoming = self.incoming::<ApiVersionsRequest>(frame, head)?;
        let (request, reply) = incoming.decode::<ApiVersionsRequest>()?;
        let response = api_versions::response(self.context, &request, reply.version);
        if response.error_code == ErrorCode::NONE {
            self.authentication.versions_told();
        }
        Answer::now(reply, &response)
    }

    fn handshake(self, incoming: Incoming) -> Result<Answer, Refusal> {
        let (request, reply) = incoming.decode::<SaslHandshakeRequest>()?;
        let renewal = self.authentication.is_renewal();
        let enabled = self.authentication.choose(
            self.accounts,
            &request.mechanism,
            reply.version,
            identity::nonce(),
        );
        let mut response = SaslHandshakeResponse::default();
        let mechanisms = self.accounts.mechanisms().iter();
        response.mechanisms = mechanisms
            .map(|mechanism| mechanism.name().into())
            .collect();
        if enabled {
            return Answer::now(reply, &response);
        }
        response.error_code = ErrorCode::UNSUPPORTED_SASL_MECHANISM;
        let reason = format!("Unsupported SASL mechanism {}", request.mechanism);
        let refusal = Refusal::Authentication(reason);
        if renewal {
            // Kafka finds out while it still decides who is to answer, and closes.
            return Err(refusal);
        }
        Answer::last(reply, &response, refusal)
    }

    fn authenticate(self, incoming: Incoming) -> Result<Answer, Refusal> {
        let (request, reply) = incoming.decode::<SaslAuthenticateRequest>()?;
        let mut response = SaslAuthenticateResponse::default();
        match self.token(&request.auth_bytes) {
            Ok((token, lifetime)) => {
                response.auth_bytes = token.into();
                response.session_lifetime_ms = lifetime;
                Answer::now(reply, &response)
            }
            Err(refusal) => {
                response.error_code = ErrorCode::SASL_AUTHENTICATION_FAILED;
                response.error_message = Some(refusal.to_string().into());
                Answer::last(reply, &response, refusal)
            }
        }
    }

    /// The broker's token, and for how many milliseconds the client is logged in.
    fn token(self, token: &[u8]) -> Result<(Vec<u8>, i64), Refusal> {
        let now = Now {
            instant: self.context.instant,
            millis: self.context.now,
        };
        let renewal = self.authentication.is_renewal();
        let progress = self.authentication.token(self.accounts, token, now);
        let progress = progress.map_err(Refusal::Authentication)?;
        if progress.lifetime.is_some() {
            self.context.shared.authentications.succeeded(renewal);
        }
        let lifetime = progress.lifetime.unwrap_or_default().as_millis();
        Ok((progress.token, i64::try_from(lifetime).unwrap_or(i64::MAX)))
    }

    /// Another request than SaslAuthenticate. Kafka answers each in its own way; here only those of the login are, others just close.
    fn out_of_order(self, frame: &Bytes, head: Head<'_>) -> Result<Answer, Refusal> {
        let refusal = Refusal::Unauthenticated(head.api);
        match head.api {
            ApiKey::SASL_HANDSHAKE => {
                let incoming = self.incoming::<SaslHandshakeRequest>(frame, head)?;
                let (_, reply) = incoming.decode::<SaslHandshakeRequest>()?;
                let mut response = SaslHandshakeResponse::default();
                response.error_code = ErrorCode::ILLEGAL_SASL_STATE;
                Answer::last(reply, &response, refusal)
            }
            ApiKey::API_VERSIONS => {
                let incoming = self.incoming::<ApiVersionsRequest>(frame, head)?;
                let (_, reply) = incoming.decode::<ApiVersionsRequest>()?;
                let mut response = ApiVersionsResponse::default();
                response.error_code = ErrorCode::ILLEGAL_SASL_STATE;
                Answer::last(reply, &response, refusal)
            }
            _ => Err(refusal),
        }
    }
}

fn parse(frame: &[u8]) -> Result<Head<'_>, Refusal> {
    Head::parse(frame).ok_or(Refusal::NoHeader)
}

fn refuse(reason: &str) -> Result<Answer, Refusal> {
    Err(Refusal::Authentication(reason.to_owned()))
}
