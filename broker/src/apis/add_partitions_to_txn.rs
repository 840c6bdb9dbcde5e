//! AddPartitionsToTxn: of one transaction in the versions of clients, of many in those of brokers.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::add_partitions_to_txn::{
    AddPartitionsToTxnPartitionResult, AddPartitionsToTxnRequest, AddPartitionsToTxnResponse,
    AddPartitionsToTxnResult, AddPartitionsToTxnTopic, AddPartitionsToTxnTopicResult,
    AddPartitionsToTxnTransaction,
};

use super::answer::Answer;
use super::coordination::coordinates;
use super::exchange::{Context, Incoming, Refusal};
use super::transactions_ended::expire;
use crate::nodes::Coordination;
use crate::transactions::{Part, Producer};

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<AddPartitionsToTxnRequest>()?;
    let mut response = AddPartitionsToTxnResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    expire(context);
    if reply.version >= 4 {
        let results = request.transactions.into_iter().map(|transaction| {
            let mut result = AddPartitionsToTxnResult::default();
            result.topic_results = add(context, &transaction);
            result.transactional_id = transaction.transactional_id;
            result
        });
        response.results_by_transaction = results.collect();
        return Answer::now(reply, &response);
    }
    let mut results = add(context, &only(request));
    if reply.version < 2 {
        // Which old clients do not know.
        let partitions = results
            .iter_mut()
            .flat_map(|topic| &mut topic.results_by_partition);
        for partition in partitions {
            if partition.partition_error_code == ErrorCode::PRODUCER_FENCED.0 {
                partition.partition_error_code = ErrorCode::INVALID_PRODUCER_EPOCH.0;
            }
        }
    }
    response.results_by_topic_v3_and_below = results;
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<AddPartitionsToTxnRequest>()?;
    let mut response = AddPartitionsToTxnResponse::default();
    if reply.version >= 4 {
        response.error_code = code;
    } else {
        response.results_by_topic_v3_and_below = results(&only(request).topics, |_, _| code);
    }
    Answer::now(reply, &response)
}

/// The one transaction of an old version.
fn only(request: AddPartitionsToTxnRequest) -> AddPartitionsToTxnTransaction {
    let mut transaction = AddPartitionsToTxnTransaction::default();
    transaction.transactional_id = request.v3_and_below_transactional_id;
    transaction.producer_id = request.v3_and_below_producer_id;
    transaction.producer_epoch = request.v3_and_below_producer_epoch;
    transaction.topics = request.v3_and_below_topics;
    transaction
}

fn add(
    context: &Context<'_>,
    asked: &AddPartitionsToTxnTransaction,
) -> Vec<AddPartitionsToTxnTopicResult> {
    let shared = context.shared;
    let id = &*asked.transactional_id;
    let producer = Producer {
        id: asked.producer_id,
        epoch: asked.producer_epoch,
    };
    let all = |code| results(&asked.topics, |_, _| code);
    if !coordinates(context, Coordination::Transaction, id) {
        return all(ErrorCode::NOT_COORDINATOR);
    }
    let parts = asked.topics.iter().flat_map(|topic| {
        let partitions = topic.partitions.iter();
        partitions.map(|partition| Part {
            topic: topic.name.to_string(),
            partition: *partition,
        })
    });
    let parts: Vec<_> = parts.collect();
    if asked.verify_only {
        return match shared.transactions.contains(id, producer, &parts) {
            Err(code) => all(code),
            Ok(contained) => {
                let mut contained = contained.into_iter();
                results(&asked.topics, |_, _| match contained.next() {
                    Some(true) => ErrorCode::NONE,
                    _ => ErrorCode::TRANSACTION_ABORTABLE,
                })
            }
        };
    }
    let exists = |topic: &str, partition| {
        let topic = shared.catalog.by_name(topic);
        topic.is_some_and(|topic| topic.partition(partition).is_some())
    };
    if !parts.iter().all(|part| exists(&part.topic, part.partition)) {
        // All or nothing.
        return results(&asked.topics, |topic, partition| {
            match exists(topic, partition) {
                true => ErrorCode::OPERATION_NOT_ATTEMPTED,
                false => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            }
        });
    }
    let added = shared.transactions.add(id, producer, parts, context.now);
    all(added.err().unwrap_or(ErrorCode::NONE))
}

fn results(
    topics: &[AddPartitionsToTxnTopic],
    mut code: impl FnMut(&str, i32) -> ErrorCode,
) -> Vec<AddPartitionsToTxnTopicResult> {
    let topics = topics.iter().map(|topic| {
        let mut result = AddPartitionsToTxnTopicResult::default();
        result.name = topic.name.clone();
        for index in topic.partitions.iter() {
            let mut partition = AddPartitionsToTxnPartitionResult::default();
            partition.partition_index = *index;
            partition.partition_error_code = code(&topic.name, *index).0;
            result.results_by_partition.push(partition);
        }
        result
    });
    topics.collect()
}
