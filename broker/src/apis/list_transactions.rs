//! ListTransactions: those that the node coordinates.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::list_transactions::{
    ListTransactionsRequest, ListTransactionsResponse, TransactionState as State,
};
use regex_lite::Regex;

use super::answer::Answer;
use super::coordination::coordinates;
use super::exchange::{Context, Incoming, Refusal};
use super::transactions_ended::expire;
use crate::nodes::Coordination;
use crate::transactions::{Filter, TransactionState};

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<ListTransactionsRequest>()?;
    let mut response = ListTransactionsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    let pattern = request
        .transactional_id_pattern
        .as_deref()
        .unwrap_or_default();
    let pattern = match pattern {
        "" => None,
        pattern => match Regex::new(&format!("^(?:{pattern})$")) {
            Ok(pattern) => Some(pattern),
            Err(_) => {
                response.error_code = ErrorCode::INVALID_REGULAR_EXPRESSION;
                return Answer::now(reply, &response);
            }
        },
    };
    expire(context);
    let states = request.state_filters.iter();
    let states: Vec<_> = states.map(ToString::to_string).collect();
    let filter = Filter {
        states: &states,
        producer_ids: &request.producer_id_filters,
        duration_ms: request.duration_filter,
    };
    for listed in context.shared.transactions.list(filter, context.now) {
        let id = &*listed.transactional_id;
        let fits = pattern.as_ref().is_none_or(|pattern| pattern.is_match(id));
        if !fits || !coordinates(context, Coordination::Transaction, id) {
            continue;
        }
        let mut state = State::default();
        state.producer_id = listed.producer_id;
        state.transaction_state = listed.state.name().into();
        state.transactional_id = listed.transactional_id.into();
        response.transaction_states.push(state);
    }
    let unknown = request.state_filters.into_iter();
    response.unknown_state_filters = unknown
        .filter(|name| !TransactionState::is_known(name))
        .collect();
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<ListTransactionsRequest>()?;
    let mut response = ListTransactionsResponse::default();
    response.error_code = code;
    Answer::now(reply, &response)
}
