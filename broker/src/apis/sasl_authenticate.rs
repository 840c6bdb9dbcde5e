//! SaslAuthenticate.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::sasl_authenticate::{SaslAuthenticateRequest, SaslAuthenticateResponse};

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use super::login;

/// Where nobody needs to log in, or the client has.
pub(super) fn answer(_: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<SaslAuthenticateRequest>()?;
    let mut response = SaslAuthenticateResponse::default();
    response.error_code = ErrorCode::ILLEGAL_SASL_STATE;
    response.error_message =
        Some("SaslAuthenticate request received after successful authentication".into());
    Answer::now(reply, &response)
}

/// That it fails.
pub(super) fn fail(
    context: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<SaslAuthenticateRequest>()?;
    let mut response = SaslAuthenticateResponse::default();
    response.error_code = code;
    login::fail(context, reply, &response)
}
