//! EndTxn.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::end_txn::{EndTxnRequest, EndTxnResponse};

use super::answer::Answer;
use super::coordination::coordinates;
use super::exchange::{Context, Incoming, Refusal};
use super::transactions_ended::{expire, mark};
use crate::nodes::Coordination;
use crate::transactions::Producer;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<EndTxnRequest>()?;
    let mut response = EndTxnResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    // Since version 5 each end is the end of an epoch as well (KIP-890).
    match end(context, &request, reply.version >= 5) {
        Ok(producer) => {
            response.producer_id = producer.id;
            response.producer_epoch = producer.epoch;
        }
        // Which old clients do not know.
        Err(ErrorCode::PRODUCER_FENCED) if reply.version < 2 => {
            response.error_code = ErrorCode::INVALID_PRODUCER_EPOCH;
        }
        Err(code) => response.error_code = code,
    }
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<EndTxnRequest>()?;
    let mut response = EndTxnResponse::default();
    response.error_code = code;
    Answer::now(reply, &response)
}

fn end(context: &Context<'_>, request: &EndTxnRequest, bumps: bool) -> Result<Producer, ErrorCode> {
    let id = &*request.transactional_id;
    if !coordinates(context, Coordination::Transaction, id) {
        return Err(ErrorCode::NOT_COORDINATOR);
    }
    expire(context);
    let by = Producer {
        id: request.producer_id,
        epoch: request.producer_epoch,
    };
    let transactions = &context.shared.transactions;
    let (producer, ended) = transactions.end(id, by, request.committed, bumps);
    mark(context, ended);
    producer
}
