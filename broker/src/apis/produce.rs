//! Produce.

use std::sync::Arc;

use bytes::Bytes;
use milena_wire::compression::Codec;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::produce::{
    BatchIndexAndErrorMessage, LeaderIdAndEpoch, NodeEndpoint, PartitionProduceResponse,
    ProduceRequest, ProduceResponse, TopicProduceData, TopicProduceResponse,
};
use milena_wire::records::{Batch, Batches};

use super::exchange::{Answer, Context, Incoming, Refusal};
use super::topic_reference::{code, find};
use crate::shared::Node;
use crate::storage::{AppendError, check};
use crate::topics::{Partition, PartitionError, Topic};

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<ProduceRequest>()?;
    let acks = request.acks;
    let partitions = request
        .topic_data
        .iter()
        .map(|topic| topic.partition_data.len());
    let produce = Produce {
        context,
        version: reply.version,
        acks,
        single: partitions.sum::<usize>() == 1,
    };
    let response = produce.response(request.topic_data);
    if acks != 0 {
        return reply.with(&response);
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

struct Produce<'a> {
    context: &'a Context<'a>,
    version: i16,
    acks: i16,
    /// Whether the request is for one partition only.
    single: bool,
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
        let mut elsewhere = Vec::new();
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
            response.node_endpoints = elsewhere.into_iter().map(endpoint).collect();
        }
        response
    }

    fn partition<'a>(
        &'a self,
        topic: &Result<Arc<Topic>, ErrorCode>,
        index: i32,
        records: Bytes,
        elsewhere: &mut Vec<&'a Node>,
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
                    if let (ErrorCode::NOT_LEADER_OR_FOLLOWER, Some(partition)) =
                        (error.code, partition)
                    {
                        self.name_leader(partition, &mut answer, elsewhere);
                    }
                    error
                }
            },
        };
        answer.error_code = error.code;
        if !error.message.is_empty() {
            answer.error_message = Some(error.message.into());
        }
        answer.record_errors = error.records.into_iter().map(blame).collect();
        answer
    }

    fn write(&self, topic: &Topic, index: i32, records: Bytes) -> Result<Written, AppendError> {
        let plain = |code| AppendError::new(code, "");
        if !matches!(self.acks, -1..=1) {
            return Err(plain(ErrorCode::INVALID_REQUIRED_ACKS));
        }
        if self.version >= 3 {
            check_version(self.version, &records)?;
        }
        let partition = topic.partition(index);
        let partition = partition.ok_or_else(|| plain(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION))?;
        let leadership = partition.leadership();
        if leadership.leader != self.context.node {
            return Err(plain(code(PartitionError::NotLeader)));
        }
        if self.acks == -1 && leadership.replicas.len() < topic.min_in_sync {
            return Err(AppendError::new(
                ErrorCode::NOT_ENOUGH_REPLICAS,
                format!(
                    "The size of the current ISR is insufficient to satisfy the min.isr requirement of {}",
                    topic.min_in_sync
                ),
            ));
        }
        let now = self.context.now;
        let mut checked = check(records, &topic.rules, now)?;
        if self.single {
            checked = checked.adoptable();
        }
        let is_empty = checked.is_empty();
        let log_append_time = topic.rules.log_append_time.then_some(now);
        let node = self.context.node;
        let appended = partition
            .append(node, checked, log_append_time, now)
            .map_err(|error| plain(code(error)))?;
        Ok(Written {
            base_offset: if is_empty { -1 } else { appended.base_offset },
            log_append_time: log_append_time.unwrap_or(-1),
            log_start_offset: appended.log_start_offset,
        })
    }

    /// Tells a producer that came to the wrong node which is the right one (KIP-951).
    fn name_leader<'a>(
        &'a self,
        partition: &Partition,
        answer: &mut PartitionProduceResponse,
        elsewhere: &mut Vec<&'a Node>,
    ) {
        if self.version < 10 {
            return;
        }
        let leadership = partition.leadership();
        let mut leader = LeaderIdAndEpoch::default();
        leader.leader_id = leadership.leader;
        leader.leader_epoch = leadership.epoch;
        answer.current_leader = leader;
        let known = elsewhere.iter().any(|node| node.id == leadership.leader);
        let node = self.context.shared.node(leadership.leader);
        elsewhere.extend(node.filter(|_| !known));
    }
}

/// Since version 3 there is just one batch, of magic 2.
fn check_version(version: i16, records: &Bytes) -> Result<(), AppendError> {
    let invalid = |what: &str| {
        let message = format!("Produce requests with version {version} {what}");
        Err(AppendError::new(ErrorCode::INVALID_RECORD, message))
    };
    // What the headers hold is looked at later, after the checksum; here only what kind of batches they are.
    let mut batches = Batches::new(records.clone()).map_while(Result::ok);
    let first: Option<Batch> = batches.next();
    match first {
        None if records.len() < SMALLEST_ENTRY => {
            invalid("must have at least one record batch per partition")
        }
        Some(batch) if batch.magic() != 2 => {
            invalid("are only allowed to contain record batches with magic version 2")
        }
        Some(batch) if version < 7 && batch.codec() == Ok(Codec::Zstd) => Err(AppendError::new(
            ErrorCode::UNSUPPORTED_COMPRESSION_TYPE,
            format!(
                "Produce requests with version {version} are not allowed to use ZStandard compression"
            ),
        )),
        Some(_) if batches.next().is_some() => {
            invalid("are only allowed to contain exactly one record batch per partition")
        }
        _ => Ok(()),
    }
}

/// The bytes up to the magic of a batch.
const SMALLEST_ENTRY: usize = 17;

fn blame((place, why): (i32, String)) -> BatchIndexAndErrorMessage {
    let mut blame = BatchIndexAndErrorMessage::default();
    blame.batch_index = place;
    blame.batch_index_error_message = Some(why.into());
    blame
}

fn endpoint(node: &Node) -> NodeEndpoint {
    let mut endpoint = NodeEndpoint::default();
    endpoint.node_id = node.id;
    endpoint.host = node.host.clone();
    endpoint.port = i32::from(node.port);
    endpoint
}
