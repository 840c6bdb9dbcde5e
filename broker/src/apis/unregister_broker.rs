//! UnregisterBroker.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::unregister_broker::{UnregisterBrokerRequest, UnregisterBrokerResponse};

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<UnregisterBrokerRequest>()?;
    let mut response = UnregisterBrokerResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    if !context.shared.unregister(request.broker_id) {
        response.error_code = ErrorCode::BROKER_ID_NOT_REGISTERED;
        let id = request.broker_id;
        let message = format!("Broker ID {id} is not currently registered");
        response.error_message = Some(message.into());
    }
    Answer::now(reply, &response)
}

pub(super) fn fail(
    context: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<UnregisterBrokerRequest>()?;
    let mut response = UnregisterBrokerResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    response.error_code = code;
    Answer::now(reply, &response)
}
