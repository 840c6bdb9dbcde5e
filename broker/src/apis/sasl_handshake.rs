//! SaslHandshake.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::sasl_handshake::{SaslHandshakeRequest, SaslHandshakeResponse};

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use super::login;

/// Where nobody can log in, or not now.
pub(super) fn answer(_: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<SaslHandshakeRequest>()?;
    let mut response = SaslHandshakeResponse::default();
    response.error_code = ErrorCode::ILLEGAL_SASL_STATE;
    Answer::now(reply, &response)
}

/// That it fails.
pub(super) fn fail(
    context: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<SaslHandshakeRequest>()?;
    let mut response = SaslHandshakeResponse::default();
    response.error_code = code;
    login::fail(context, reply, &response)
}
