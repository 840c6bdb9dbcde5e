//! A fetch that reads until it has enough, or its time is over.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use milena_wire::codec::Frame;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::fetch::{
    AbortedTransaction, EpochEndOffset, FetchPartition, FetchRequest, FetchResponse, FetchTopic,
    FetchableTopicResponse, NodeEndpoint, PartitionData,
};

use super::current_leader::Endpoints;
use super::exchange::{Context, Refusal, Reply};
use super::topic_reference::{code, find};
use super::transactions_ended::expire;
use crate::fetch_sessions::Opened;
use crate::nodes::Node;
use crate::storage::{Entry, ReadSize};
use crate::topics::{
    Aborted, Extent, Partition, PartitionError, Read, Reader, Registration, Topic, Waiter,
};

/// Kafka's `fetch.max.bytes`.
const MAX_BYTES: usize = 55 << 20;
const READ_COMMITTED: i8 = 1;
/// Where the checksum lies in a batch, and in a message of magic 0 or 1.
const CHECKSUM_AT: usize = 17;
const OLD_CHECKSUM_AT: usize = 12;

/// A fetch that has been read from the wire and not been answered yet.
#[derive(Debug)]
pub(crate) struct PendingFetch {
    reply: Reply,
    opened: Opened,
    topics: Vec<Asked>,
    read_committed: bool,
    /// Where the client stands, empty if it does not say.
    rack: String,
    min_bytes: usize,
    max_bytes: usize,
    max_wait: Duration,
    waiter: Arc<Waiter>,
    registrations: Vec<Registration>,
    /// When so many bytes have come to the partitions, it is worth reading again.
    target: u64,
}

/// A topic as it was asked for, and as it was found.
#[derive(Debug)]
struct Asked {
    request: FetchTopic,
    topic: Result<Arc<Topic>, ErrorCode>,
}

/// What one pass over the partitions gave.
struct Pass<'a> {
    context: &'a Context<'a>,
    version: i16,
    read_committed: bool,
    rack: &'a str,
    /// What the answer may still take.
    room: usize,
    bytes: usize,
    min_bytes: usize,
    /// Whether the client is so far away that answers are to be full, at the price of a copy.
    is_far: bool,
    /// Whether there is something to tell that must not wait.
    urgent: bool,
    /// Whether any partition could be read, now or later.
    served: bool,
    elsewhere: Endpoints,
}

impl PendingFetch {
    pub(super) fn new(
        context: &Context<'_>,
        opened: Opened,
        request: FetchRequest,
        reply: Reply,
    ) -> Self {
        let by_id = reply.version >= 13;
        let catalog = &context.shared.catalog;
        let topics = match &opened {
            Opened::Sessionless | Opened::Full => request.topics,
            Opened::Incremental { session, .. } => {
                let session = session.lock();
                session.unwrap_or_else(PoisonError::into_inner).topics()
            }
        };
        let topics = topics.into_iter().map(|request| Asked {
            topic: find(catalog, by_id, &request.topic, request.topic_id),
            request,
        });
        let max_bytes = usize::try_from(request.max_bytes)
            .unwrap_or(0)
            .min(MAX_BYTES);
        Self {
            reply,
            opened,
            topics: topics.collect(),
            read_committed: request.isolation_level == READ_COMMITTED,
            rack: request.rack_id.to_string(),
            min_bytes: usize::try_from(request.min_bytes)
                .unwrap_or(0)
                .min(max_bytes),
            max_bytes,
            max_wait: Duration::from_millis(u64::try_from(request.max_wait_ms).unwrap_or(0)),
            waiter: Arc::default(),
            registrations: Vec::new(),
            target: 0,
        }
    }

    /// From now on, whatever comes to the partitions counts.
    pub(super) fn register(&mut self) {
        for asked in &self.topics {
            let Ok(topic) = &asked.topic else { continue };
            let partitions = asked.request.partitions.iter();
            let partitions = partitions.filter_map(|asked| topic.partition(asked.partition));
            self.registrations
                .extend(partitions.map(|partition| partition.register(&self.waiter)));
        }
        // What came since the last pass was counted by nobody.
        self.target = 0;
    }

    /// How long the client is ready to wait, from the arrival of the request on.
    pub(crate) fn max_wait(&self) -> Duration {
        self.max_wait
    }

    /// Ends when another [`try_answer`](Self::try_answer) is worth it.
    pub(crate) async fn more(&self) {
        self.waiter.reach(self.target).await;
    }

    /// Answers if there is enough, or anyway if its time is `over`.
    pub(crate) fn try_answer(
        &mut self,
        context: &Context<'_>,
        over: bool,
    ) -> Result<Option<Frame>, Refusal> {
        let before = self.waiter.arrived();
        if self.read_committed {
            expire(context);
        }
        let latency = context.shared.nodes.latency(context.node);
        let mut pass = Pass {
            context,
            version: self.reply.version,
            read_committed: self.read_committed,
            rack: &self.rack,
            room: self.max_bytes,
            bytes: 0,
            min_bytes: self.min_bytes,
            is_far: latency.is_some_and(|latency| !latency.get().is_zero()),
            urgent: false,
            served: false,
            elsewhere: Endpoints::default(),
        };
        let mut response = FetchResponse::default();
        response.throttle_time_ms = context.throttle_ms;
        response.responses = self.topics.iter().map(|asked| pass.topic(asked)).collect();
        let enough = pass.bytes >= self.min_bytes || pass.urgent || !pass.served;
        if !over && !enough && !self.max_wait.is_zero() {
            self.target = before.saturating_add((self.min_bytes - pass.bytes) as u64);
            return Ok(None);
        }
        self.close(context, &mut response);
        if self.reply.version >= 16 {
            response.node_endpoints = pass.elsewhere.into_nodes().map(endpoint).collect();
        }
        self.reply.frame(&response).map(Some)
    }
}

impl PendingFetch {
    /// Makes the session one of what was answered, and leaves out what the client knows from it.
    fn close(&self, context: &Context<'_>, response: &mut FetchResponse) {
        match &self.opened {
            Opened::Sessionless => {}
            Opened::Full => {
                let asked = self.topics.iter().map(|asked| asked.request.clone());
                response.session_id = context.shared.fetch_sessions.create(
                    context.node,
                    self.reply.version,
                    &asked.collect::<Vec<_>>(),
                    &response.responses,
                    context.instant,
                );
            }
            Opened::Incremental { session, epoch } => {
                let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
                let answered = std::mem::take(&mut response.responses);
                match session.answer(*epoch, answered) {
                    Some(told) => {
                        response.responses = told;
                        response.session_id = session.id();
                    }
                    None => response.error_code = ErrorCode::INVALID_FETCH_SESSION_EPOCH,
                }
            }
        }
    }
}

impl Pass<'_> {
    fn topic(&mut self, asked: &Asked) -> FetchableTopicResponse {
        let mut answer = FetchableTopicResponse::default();
        answer.topic = asked.request.topic.clone();
        answer.topic_id = asked.request.topic_id;
        let partitions = asked.request.partitions.iter();
        answer.partitions = partitions
            .map(|request| {
                let mut partition = match &asked.topic {
                    Err(code) => failed(*code),
                    Ok(topic) => match topic.partition(request.partition) {
                        None => failed(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
                        Some(partition) => {
                            self.served = true;
                            self.partition(topic, partition, request)
                        }
                    },
                };
                partition.partition_index = request.partition;
                partition
            })
            .collect();
        answer
    }

    fn partition(
        &mut self,
        topic: &Topic,
        partition: &Partition,
        asked: &FetchPartition,
    ) -> PartitionData {
        let reader = Reader {
            // Since version 11 a client may know which replica is near to it (KIP-392).
            from_follower: self.version >= 11,
            committed: self.read_committed,
            ..self.context.reader(asked.current_leader_epoch)
        };
        if asked.partition_max_bytes < 0 {
            // Kafka has no code for it.
            self.urgent = true;
            return unread(ErrorCode::UNKNOWN_SERVER_ERROR);
        }
        if let Some(code) = self.context.spoiled(&topic.name, Some(asked.partition)) {
            self.urgent = true;
            let mut answer = unread(code);
            self.name_leader(code, partition, &mut answer);
            return answer;
        }
        if let Some(elsewhere) = self.sent_elsewhere(topic, partition, reader, asked) {
            self.urgent = true;
            return elsewhere;
        }
        if let Some(diverging) = diverging(partition, reader, asked) {
            self.urgent = true;
            return diverging;
        }
        let limit = usize::try_from(asked.partition_max_bytes)
            .unwrap_or(0)
            .min(self.room);
        // Old versions have hard limits; later the first batch of an answer comes whole, so that a client cannot get stuck (KIP-74).
        let size = ReadSize {
            max_bytes: limit,
            min_bytes: match self.is_far {
                true => limit,
                false => self.min_bytes.saturating_sub(self.bytes),
            },
            whole_first: self.version >= 3 && self.bytes == 0,
        };
        match partition.read(reader, asked.fetch_offset, size) {
            Err(error) => {
                self.urgent = true;
                let code = match error {
                    PartitionError::Deleted if self.is_replaced(topic) => {
                        ErrorCode::INCONSISTENT_TOPIC_ID
                    }
                    error => code(error),
                };
                let mut answer = unread(code);
                self.name_leader(code, partition, &mut answer);
                answer
            }
            Ok(read) => {
                let mut answer = self.answer(read);
                if let Some(records) = answer.records.as_mut() {
                    if !records.is_empty() && self.context.corrupts(&topic.name, asked.partition) {
                        *records = corrupted(records);
                    }
                }
                answer
            }
        }
    }

    /// What a client is told that the leader sends to another replica, near to it.
    fn sent_elsewhere(
        &self,
        topic: &Topic,
        partition: &Partition,
        reader: Reader,
        asked: &FetchPartition,
    ) -> Option<PartitionData> {
        let shared = self.context.shared;
        let node = self.context.node;
        if !reader.from_follower || partition.leader() != node {
            return None;
        }
        let offset = asked.fetch_offset;
        let preferred = shared.replica_selection.select(
            &topic.name,
            asked.partition,
            self.rack,
            node,
            || partition.followers_with(offset),
            |node| shared.nodes.rack_of(node),
        )?;
        let extent = partition.extent(reader).ok()?;
        if !(extent.start_offset..=extent.high_watermark).contains(&offset) {
            return None;
        }
        let mut answer = empty(&extent);
        answer.preferred_read_replica = preferred;
        Some(answer)
    }

    /// Tells a client that came to the wrong node which is the right one (KIP-951).
    fn name_leader(&mut self, code: ErrorCode, partition: &Partition, answer: &mut PartitionData) {
        let is_stale = matches!(
            code,
            ErrorCode::NOT_LEADER_OR_FOLLOWER | ErrorCode::FENCED_LEADER_EPOCH
        );
        if is_stale && self.version >= 16 {
            let leader = self.elsewhere.name(self.context, partition);
            answer.current_leader.leader_id = leader.id;
            answer.current_leader.leader_epoch = leader.epoch;
        }
    }

    /// Whether the topic that was asked for by its id is another one by now.
    fn is_replaced(&self, topic: &Topic) -> bool {
        let catalog = &self.context.shared.catalog;
        self.version >= 13 && catalog.by_name(&topic.name).is_some()
    }

    fn answer(&mut self, read: Read) -> PartitionData {
        let mut answer = PartitionData::default();
        let Read {
            mut records,
            extent,
            aborted,
        } = read;
        // A piece of a batch at the start would be of no use.
        if self.version >= 3 && Entry::peek(&records).is_none() {
            records.clear();
        }
        match readable(&records, self.version) {
            length if length == records.len() => {}
            0 => {
                self.urgent = true;
                return unread(ErrorCode::UNSUPPORTED_VERSION);
            }
            length => records.truncate(length),
        }
        self.bytes += records.len();
        self.room = self.room.saturating_sub(records.len());
        answer.high_watermark = extent.high_watermark;
        answer.last_stable_offset = extent.last_stable_offset;
        answer.log_start_offset = extent.start_offset;
        answer.aborted_transactions =
            aborted.map(|aborted| aborted.into_iter().map(told).collect());
        answer.records = Some(records);
        answer
    }
}

/// Whether the client's log goes on where the leader's has ended: then it has to truncate its own (KIP-595).
fn diverging(
    partition: &Partition,
    reader: Reader,
    asked: &FetchPartition,
) -> Option<PartitionData> {
    // -1: the client does not say with which epoch its log ends.
    let last_epoch = asked.last_fetched_epoch;
    let extent = partition.extent(reader).ok()?;
    if last_epoch < 0 {
        return None;
    }
    let end = partition.end_of_epoch(reader, last_epoch).ok()?;
    let Some(known) = end.filter(|_| asked.fetch_offset >= extent.start_offset) else {
        return Some(unread(ErrorCode::OFFSET_OUT_OF_RANGE));
    };
    if known.epoch >= last_epoch && known.end_offset >= asked.fetch_offset {
        return None;
    }
    let mut answer = empty(&extent);
    let mut end = EpochEndOffset::default();
    end.epoch = known.epoch;
    end.end_offset = known.end_offset;
    answer.diverging_epoch = end;
    Some(answer)
}

/// A partition of which nothing was read.
fn empty(extent: &Extent) -> PartitionData {
    let mut answer = PartitionData::default();
    answer.high_watermark = extent.high_watermark;
    answer.last_stable_offset = extent.last_stable_offset;
    answer.log_start_offset = extent.start_offset;
    answer.aborted_transactions = None;
    answer.records = Some(Bytes::new());
    answer
}

fn told(aborted: Aborted) -> AbortedTransaction {
    let mut told = AbortedTransaction::default();
    told.producer_id = aborted.producer_id;
    told.first_offset = aborted.first_offset;
    told
}

/// The records, of which the first batch has a wrong checksum.
fn corrupted(records: &[u8]) -> Bytes {
    let is_old = Entry::peek(records).is_some_and(|entry| entry.magic < 2);
    let at = if is_old { OLD_CHECKSUM_AT } else { CHECKSUM_AT };
    let mut records = BytesMut::from(records);
    if let Some(byte) = records.get_mut(at) {
        *byte ^= 1;
    }
    records.freeze()
}

/// How many of the bytes are in a format that a client of this version knows.
fn readable(records: &[u8], version: i16) -> usize {
    let newest = match version {
        ..2 => 0,
        2..4 => 1,
        4.. => return records.len(),
    };
    let mut length = 0;
    loop {
        match Entry::peek(records.get(length..).unwrap_or_default()) {
            Some(entry) if entry.magic <= newest => length += entry.length,
            Some(_) => return length,
            // The last one is cut off, and its format may be too.
            None if length == 0 => return records.len(),
            None => return length,
        }
    }
}

/// A partition that is there and could not be read.
fn unread(code: ErrorCode) -> PartitionData {
    let mut partition = failed(code);
    partition.aborted_transactions = None;
    partition
}

pub(super) fn failed(code: ErrorCode) -> PartitionData {
    let mut partition = PartitionData::default();
    partition.error_code = code;
    partition.high_watermark = -1;
    partition.records = Some(Bytes::new());
    partition
}

fn endpoint(node: Node) -> NodeEndpoint {
    let mut endpoint = NodeEndpoint::default();
    endpoint.node_id = node.id;
    endpoint.host = node.host;
    endpoint.port = i32::from(node.port);
    endpoint
}
