//! DescribeTransactions.

use std::collections::BTreeMap;

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::describe_transactions::{
    DescribeTransactionsRequest, DescribeTransactionsResponse, TopicData,
    TransactionState as Described,
};

use super::answer::Answer;
use super::coordination::coordinates;
use super::exchange::{Context, Incoming, Refusal};
use super::transactions_ended::expire;
use crate::nodes::Coordination;
use crate::transactions::Transaction;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DescribeTransactionsRequest>()?;
    let mut response = DescribeTransactionsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    expire(context);
    let ids = request.transactional_ids.into_iter().map(|id| {
        let mut described = match find(context, &id) {
            Ok(transaction) => describe(&transaction),
            Err(code) => failed(code),
        };
        described.transactional_id = id;
        described
    });
    response.transaction_states = ids.collect();
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DescribeTransactionsRequest>()?;
    let mut response = DescribeTransactionsResponse::default();
    let ids = request.transactional_ids.into_iter().map(|id| {
        let mut described = failed(code);
        described.transactional_id = id;
        described
    });
    response.transaction_states = ids.collect();
    Answer::now(reply, &response)
}

fn failed(code: ErrorCode) -> Described {
    let mut described = Described::default();
    described.error_code = code;
    described
}

fn find(context: &Context<'_>, id: &str) -> Result<Transaction, ErrorCode> {
    if id.is_empty() {
        return Err(ErrorCode::INVALID_REQUEST);
    }
    if !coordinates(context, Coordination::Transaction, id) {
        return Err(ErrorCode::NOT_COORDINATOR);
    }
    let transaction = context.shared.transactions.transaction(id);
    transaction.ok_or(ErrorCode::TRANSACTIONAL_ID_NOT_FOUND)
}

fn describe(transaction: &Transaction) -> Described {
    let mut described = Described::default();
    described.transaction_state = transaction.state.name().into();
    described.transaction_timeout_ms = transaction.timeout_ms;
    described.transaction_start_time_ms = transaction.started.unwrap_or(-1);
    described.producer_id = transaction.producer_id;
    described.producer_epoch = transaction.epoch;
    let mut topics = BTreeMap::<&str, Vec<i32>>::new();
    for part in &transaction.partitions {
        topics.entry(&part.topic).or_default().push(part.partition);
    }
    let topics = topics.into_iter().map(|(name, partitions)| {
        let mut topic = TopicData::default();
        topic.topic = name.into();
        topic.partitions = partitions.as_slice().into();
        topic
    });
    described.topics = topics.collect();
    described
}
