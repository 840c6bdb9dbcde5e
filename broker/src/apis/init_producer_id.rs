//! InitProducerId.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::init_producer_id::{InitProducerIdRequest, InitProducerIdResponse};

use super::answer::Answer;
use super::coordination::coordinates;
use super::exchange::{Context, Incoming, Refusal};
use super::transactions_ended::{expire, mark};
use crate::nodes::Coordination;
use crate::transactions::Producer;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<InitProducerIdRequest>()?;
    let mut response = InitProducerIdResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    match init(context, &request) {
        Ok(producer) => {
            response.producer_id = producer.id;
            response.producer_epoch = producer.epoch;
        }
        // Which old clients do not know.
        Err(ErrorCode::PRODUCER_FENCED) if reply.version < 4 => {
            refuse(&mut response, ErrorCode::INVALID_PRODUCER_EPOCH);
        }
        Err(code) => refuse(&mut response, code),
    }
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<InitProducerIdRequest>()?;
    let mut response = InitProducerIdResponse::default();
    refuse(&mut response, code);
    Answer::now(reply, &response)
}

fn refuse(response: &mut InitProducerIdResponse, code: ErrorCode) {
    response.error_code = code;
    response.producer_id = -1;
    response.producer_epoch = -1;
}

fn init(context: &Context<'_>, request: &InitProducerIdRequest) -> Result<Producer, ErrorCode> {
    let transactions = &context.shared.transactions;
    let expected = match (request.producer_id, request.producer_epoch) {
        (-1, -1) => None,
        (-1, _) | (_, -1) => return Err(ErrorCode::INVALID_REQUEST),
        expected => Some(expected),
    };
    let Some(id) = &request.transactional_id else {
        return Ok(Producer {
            id: transactions.new_producer_id(),
            epoch: 0,
        });
    };
    if !coordinates(context, Coordination::Transaction, id) {
        return Err(ErrorCode::NOT_COORDINATOR);
    }
    // Two-phase commit (KIP-939) is off, as with Kafka unless somebody turns it on.
    if request.enable2_pc {
        return Err(ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    }
    if request.keep_prepared_txn {
        return Err(ErrorCode::UNSUPPORTED_VERSION);
    }
    expire(context);
    let (producer, ended) = transactions.init(id, request.transaction_timeout_ms, expected);
    mark(context, ended);
    producer
}
