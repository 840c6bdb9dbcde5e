//! AddOffsetsToTxn.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::add_offsets_to_txn::{AddOffsetsToTxnRequest, AddOffsetsToTxnResponse};

use super::answer::Answer;
use super::coordination::coordinates;
use super::exchange::{Context, Incoming, Refusal};
use super::transactions_ended::expire;
use crate::nodes::{Coordination, key_partition};
use crate::transactions::{Part, Producer};

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<AddOffsetsToTxnRequest>()?;
    let mut response = AddOffsetsToTxnResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    response.error_code = match add(context, &request) {
        Ok(()) => ErrorCode::NONE,
        // Which old clients do not know.
        Err(ErrorCode::PRODUCER_FENCED) if reply.version < 2 => ErrorCode::INVALID_PRODUCER_EPOCH,
        Err(code) => code,
    };
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<AddOffsetsToTxnRequest>()?;
    let mut response = AddOffsetsToTxnResponse::default();
    response.error_code = code;
    Answer::now(reply, &response)
}

fn add(context: &Context<'_>, request: &AddOffsetsToTxnRequest) -> Result<(), ErrorCode> {
    if !coordinates(
        context,
        Coordination::Transaction,
        &request.transactional_id,
    ) {
        return Err(ErrorCode::NOT_COORDINATOR);
    }
    expire(context);
    let producer = Producer {
        id: request.producer_id,
        epoch: request.producer_epoch,
    };
    let offsets = Part {
        topic: "__consumer_offsets".to_owned(),
        partition: key_partition(&request.group_id),
    };
    let (id, transactions) = (&request.transactional_id, &context.shared.transactions);
    transactions.add(id, producer, [offsets], context.now)
}
