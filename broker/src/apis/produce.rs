//! Produce.

use std::sync::Arc;

use bytes::Bytes;
use milena_wire::compression::Codec;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::produce::{
    BatchIndexAndErrorMessage, NodeEndpoint, PartitionProduceResponse, ProduceRequest,
    ProduceResponse, TopicProduceData, TopicProduceResponse,
};
use milena_wire::records::{Batches, RecordError};

use super::answer::Answer;
use super::current_leader::Endpoints;
use super::exchange::{Context, Incoming, Refusal};
use super::topic_reference::{code, find, parts};
use crate::nodes::Node;
use crate::storage::{AppendError, Checked, Destination, check, record_error};
use crate::topic_part::TopicPart;
use crate::topics::{Append, Partition, PartitionError, Topic};
use crate::transactions::{Part, Producer};

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<ProduceRequest>()?;
    let acks = request.acks;
    // A copy, and nothing else of it: a slice of the request would keep it from being taken over as it lies.
    let transactional_id = request.transactional_id.as_deref().map(str::to_owned);
    drop(request.transactional_id);
    let partitions = request
        .topic_data
        .iter()
        .map(|topic| topic.partition_data.len());
    let produce = Produce {
        context,
        version: reply.version,
        acks,
        single: partitions.sum::<usize>() == 1,
        transactional_id,
    };
    let response = produce.response(request.topic_data);
    if acks != 0 {
        return Answer::now(reply, &response);
    }
    let partitions = response
        .responses
        .iter()
        .flat_map(|topic| &topic.partition_responses);
    if partitions
        .clone()
        .any(|partition| partition.error_code.is_error())
    {
        // As Kafka does, so that the producer refreshes its metadata.
        return Err(Refusal::UnacknowledgedFailure);
    }
    Ok(Answer::None)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<ProduceRequest>()?;
    if request.acks == 0 {
        return Err(Refusal::UnacknowledgedFailure);
    }
    let mut response = ProduceResponse::default();
    let topics = request.topic_data.into_iter().map(|asked| {
        let mut answer = TopicProduceResponse::default();
        answer.name = asked.name;
        answer.topic_id = asked.topic_id;
        let partitions = asked.partition_data.into_iter().map(|data| {
            let mut partition = PartitionProduceResponse::default();
            partition.index = data.index;
            partition.base_offset = -1;
            partition.error_code = code;
            partition
        });
        answer.partition_responses = partitions.collect();
        answer
    });
    response.responses = topics.collect();
    Answer::now(reply, &response)
}

pub(super) fn names(context: &Context<'_>, incoming: Incoming) -> Result<Vec<TopicPart>, Refusal> {
    let (request, reply) = incoming.decode::<ProduceRequest>()?;
    let (catalog, by_id) = (&context.shared.catalog, reply.version >= 13);
    let named = request.topic_data.iter().flat_map(|asked| {
        let partitions = asked.partition_data.iter().map(|data| data.index);
        parts(catalog, by_id, &asked.name, asked.topic_id, partitions)
    });
    Ok(named.collect())
}

struct Produce<'a> {
    context: &'a Context<'a>,
    version: i16,
    acks: i16,
    /// Whether the request is for one partition only.
    single: bool,
    transactional_id: Option<String>,
}

/// What comes of a partition's records.
struct Written {
    base_offset: i64,
    log_append_time: i64,
    log_start_offset: i64,
}

impl Produce<'_> {
    fn response(&self, topics: Vec<TopicProduceData>) -> ProduceResponse {
        let mut response = ProduceResponse::default();
        response.throttle_time_ms = self.context.throttle_ms;
        let mut elsewhere = Endpoints::default();
        for asked in topics {
            let by_id = self.version >= 13;
            let catalog = &self.context.shared.catalog;
            let topic = find(catalog, by_id, &asked.name, asked.topic_id);
            let mut answer = TopicProduceResponse::default();
            // A copy: a slice of the request would keep it from being taken over as it lies.
            answer.name = (&*asked.name).into();
            answer.topic_id = asked.topic_id;
            let TopicProduceData {
                partition_data,
                name,
                ..
            } = asked;
            drop(name);
            for data in partition_data {
                let records = data.records.unwrap_or_default();
                let mut partition = self.partition(&topic, data.index, records, &mut elsewhere);
                partition.index = data.index;
                answer.partition_responses.push(partition);
            }
            response.responses.push(answer);
        }
        if self.version >= 10 {
            response.node_endpoints = elsewhere.into_nodes().map(endpoint).collect();
        }
        response
    }

    fn partition(
        &self,
        topic: &Result<Arc<Topic>, ErrorCode>,
        index: i32,
        records: Bytes,
        elsewhere: &mut Endpoints,
    ) -> PartitionProduceResponse {
        let mut answer = PartitionProduceResponse::default();
        answer.base_offset = -1;
        let error = match topic {
            Err(code) => AppendError::new(*code, ""),
            Ok(topic) => match self.write(topic, index, records) {
                Ok(written) => {
                    answer.base_offset = written.base_offset;
                    answer.log_append_time_ms = written.log_append_time;
                    answer.log_start_offset = written.log_start_offset;
                    return answer;
                }
                Err(error) => {
                    let partition = topic.partition(index);
                    if let (ErrorCode::NOT_LEADER_OR_FOLLOWER, Some(partition), 10..) =
                        (error.code, partition, self.version)
                    {
                        let leader = elsewhere.name(self.context, partition);
                        answer.current_leader.leader_id = leader.id;
                        answer.current_leader.leader_epoch = leader.epoch;
                    }
                    error
                }
            },
        };
        let (code, reason) = (error.code, error.reason);
        tracing::debug!(?code, partition = index, reason, "records refused");
        answer.error_code = code;
        answer.log_start_offset = error.log_start_offset;
        if error.told {
            answer.error_message = Some(reason.into());
        }
        answer.record_errors = error.records.into_iter().map(blame).collect();
        answer
    }

    fn log_start_offset(&self, partition: &Partition) -> i64 {
        let extent = partition.extent(self.context.reader(-1));
        extent.map_or(-1, |extent| extent.start_offset)
    }

    fn write(&self, topic: &Topic, index: i32, records: Bytes) -> Result<Written, AppendError> {
        let plain = |code| AppendError::new(code, "");
        if self.version >= 3 {
            check_version(self.version, &records)?;
        }
        let partition = topic.partition(index);
        let partition = partition.ok_or_else(|| plain(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION))?;
        if !matches!(self.acks, -1..=1) {
            return Err(plain(ErrorCode::INVALID_REQUIRED_ACKS));
        }
        if let Some(code) = self.context.spoiled_before(&topic.name, Some(index)) {
            return Err(plain(code));
        }
        if partition.leader() != self.context.node {
            return Err(plain(code(PartitionError::NotLeader)));
        }
        if self.acks == -1 && !partition.has_in_sync(topic.durability.min_isr) {
            let mut error = plain(ErrorCode::NOT_ENOUGH_REPLICAS);
            error.log_start_offset = self.log_start_offset(partition);
            return Err(error);
        }
        let now = self.context.now;
        let destination = Destination {
            topic: &topic.name,
            partition: index,
        };
        let mut checked = check(records, destination, &topic.rules, now).map_err(|mut error| {
            if knows_log(error.code) {
                error.log_start_offset = self.log_start_offset(partition);
            }
            error
        })?;
        if checked.is_transactional() {
            self.enlist(&topic.name, index, &checked).map_err(plain)?;
        }
        if self.single {
            checked = checked.adoptable();
        }
        let is_empty = checked.is_empty();
        let log_append_time = topic.rules.log_append_time.then_some(now);
        let append = Append {
            node: self.context.node,
            begins_transactions: self.version >= 12,
            log_append_time,
            now,
        };
        let appended = partition.append(checked, append).map_err(|error| {
            let mut refused = plain(code(error));
            if let PartitionError::Producer(_) = error {
                refused.log_start_offset = self.log_start_offset(partition);
            }
            refused
        })?;
        if let Some(code) = self.context.spoiled_after(&topic.name, Some(index)) {
            return Err(plain(code));
        }
        Ok(Written {
            base_offset: if is_empty { -1 } else { appended.base_offset },
            // Of what is there already Kafka tells the largest time, whoever has given it.
            log_append_time: appended.duplicate_of.or(log_append_time).unwrap_or(-1),
            log_start_offset: appended.log_start_offset,
        })
    }

    /// A transaction goes on in a partition, and has begun there, unless the client is so new that it begins by producing (KIP-890).
    fn enlist(&self, topic: &str, index: i32, records: &Checked) -> Result<(), ErrorCode> {
        let id = self.transactional_id.as_deref();
        let id = id.ok_or(ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED)?;
        for batch in records.producers() {
            let producer = Producer {
                id: batch.producer_id,
                epoch: batch.epoch,
            };
            let part = Part {
                topic: topic.to_owned(),
                partition: index,
            };
            let transactions = &self.context.shared.transactions;
            let begins = self.version >= 12;
            let enlisted = transactions.enlist(id, producer, part, begins, self.context.now);
            enlisted.map_err(|code| match code {
                ErrorCode::PRODUCER_FENCED => ErrorCode::INVALID_PRODUCER_EPOCH,
                code => code,
            })?;
        }
        Ok(())
    }
}

/// Whether Kafka comes to the records themselves before it finds the error, and tells where the log begins.
fn knows_log(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::INVALID_RECORD | ErrorCode::INVALID_TIMESTAMP | ErrorCode::UNKNOWN_SERVER_ERROR
    )
}

/// Since version 3 there is just one batch, of magic 2.
fn check_version(version: i16, records: &Bytes) -> Result<(), AppendError> {
    let invalid = |what: &str| {
        let reason = format!("Produce requests with version {version} {what}");
        Err(AppendError::invalid(reason))
    };
    let mut batches = Batches::new(records.clone());
    let first = match batches.next() {
        None | Some(Err(RecordError::NoWholeBatch { .. })) => {
            return invalid("must have at least one record batch per partition");
        }
        Some(Err(error @ (RecordError::UnknownMagic { .. } | RecordError::BatchLength { .. }))) => {
            return Err(record_error(&error));
        }
        // What else the header holds is looked at after the checksum.
        Some(Err(_)) => return Ok(()),
        Some(Ok(batch)) => batch,
    };
    if first.magic() != 2 {
        return invalid("are only allowed to contain record batches with magic version 2");
    }
    if version < 7 && first.codec() == Ok(Codec::Zstd) {
        return Err(AppendError::new(
            ErrorCode::UNSUPPORTED_COMPRESSION_TYPE,
            format!(
                "Produce requests with version {version} are not allowed to use ZStandard compression"
            ),
        ));
    }
    if batches.next().is_some() {
        return invalid("are only allowed to contain exactly one record batch per partition");
    }
    Ok(())
}

fn blame((place, why): (i32, String)) -> BatchIndexAndErrorMessage {
    let mut blame = BatchIndexAndErrorMessage::default();
    blame.batch_index = place;
    blame.batch_index_error_message = Some(why.into());
    blame
}

fn endpoint(node: Node) -> NodeEndpoint {
    let mut endpoint = NodeEndpoint::default();
    endpoint.node_id = node.id;
    endpoint.host = node.host;
    endpoint.port = i32::from(node.port);
    endpoint
}
