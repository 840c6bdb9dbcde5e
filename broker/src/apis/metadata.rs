//! Metadata.

use std::collections::{BTreeSet, HashSet};

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::metadata::{
    MetadataRequest, MetadataRequestTopic, MetadataResponse, MetadataResponseBroker,
    MetadataResponsePartition, MetadataResponseTopic,
};
use uuid::Uuid;

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use crate::nodes::Node;
use crate::topic_part::TopicPart;
use crate::topics::{
    Leadership, NO_LEADER, NewTopic, Omissions, Topic, TopicConfig, validate_name,
};

/// Everything that can be done to the cluster, as bits by operation: there are no access rules.
pub(super) const CLUSTER_OPERATIONS: i32 = bits(&[5, 7, 8, 9, 10, 11, 12]);
/// Everything that can be done to a topic.
pub(super) const TOPIC_OPERATIONS: i32 = bits(&[3, 4, 5, 6, 7, 8, 10, 11]);

const fn bits(operations: &[u8]) -> i32 {
    let (mut bits, mut rest) = (0, operations);
    while let [operation, behind @ ..] = rest {
        bits |= 1 << *operation;
        rest = behind;
    }
    bits
}

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<MetadataRequest>()?;
    let shared = context.shared;
    let mut response = MetadataResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    if !is_possible(&request, reply.version) {
        let topics = request.topics.unwrap_or_default();
        response.topics = topics
            .into_iter()
            .map(|topic| refused(topic, ErrorCode::INVALID_REQUEST))
            .collect();
        return Answer::now(reply, &response);
    }
    let alive = shared.nodes.alive();
    response.cluster_id = Some(shared.cluster_id.get());
    response.controller_id = shared.nodes.controller().unwrap_or(-1);
    if request.include_cluster_authorized_operations {
        response.cluster_authorized_operations = CLUSTER_OPERATIONS;
    }
    let view = View {
        omissions: &shared.omissions,
        alive: alive.iter().map(|node| node.id).collect(),
        version: reply.version,
    };
    response.topics = match asked(&request, reply.version) {
        None => {
            let topics = shared.catalog.all();
            let topics = topics.iter().map(|topic| view.topic(topic));
            topics.collect()
        }
        Some(topics) => topics
            .into_iter()
            .map(|topic| look_up(context, &view, &request, topic))
            .collect(),
    };
    response.topics.retain(|topic| {
        let name = topic.name.as_deref().unwrap_or_default();
        !shared.omissions.omit(name, None)
    });
    response.brokers = alive.into_iter().map(broker).collect();
    for topic in &mut response.topics {
        spoil(context, topic);
    }
    if request.include_topic_authorized_operations {
        for topic in &mut response.topics {
            if topic.error_code.is_ok() {
                topic.topic_authorized_operations = TOPIC_OPERATIONS;
            }
        }
    }
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<MetadataRequest>()?;
    let mut response = MetadataResponse::default();
    let topics = request.topics.unwrap_or_default().into_iter();
    response.topics = topics.map(|topic| refused(topic, code)).collect();
    response.error_code = code;
    Answer::now(reply, &response)
}

pub(super) fn names(context: &Context<'_>, incoming: Incoming) -> Result<Vec<TopicPart>, Refusal> {
    let (request, reply) = incoming.decode::<MetadataRequest>()?;
    let catalog = &context.shared.catalog;
    let names: Vec<_> = match asked(&request, reply.version) {
        None => catalog
            .all()
            .iter()
            .map(|topic| topic.name.clone())
            .collect(),
        Some(topics) => topics
            .into_iter()
            .filter_map(|topic| match &topic.name {
                Some(name) => Some(name.clone()),
                None => Some(catalog.by_id(topic.topic_id)?.name.clone()),
            })
            .collect(),
    };
    let named = names.into_iter().map(|name| TopicPart::new(name, None));
    Ok(named.collect())
}

/// Versions 10 and 11 have a field for ids that no broker has ever answered.
fn is_possible(request: &MetadataRequest, version: i16) -> bool {
    let mut topics = request.topics.iter().flatten();
    version >= 12 || topics.all(|topic| topic.name.is_some() && topic.topic_id.is_nil())
}

fn refused(topic: MetadataRequestTopic, code: ErrorCode) -> MetadataResponseTopic {
    let mut answer = failed(code);
    answer.name = Some(topic.name.unwrap_or_default());
    answer.topic_id = topic.topic_id;
    answer
}

/// The topics that are asked for, each once; `None` for all.
fn asked(request: &MetadataRequest, version: i16) -> Option<Vec<&MetadataRequestTopic>> {
    let topics = request.topics.as_ref()?;
    // Version 0 has no null: no topics means all of them.
    if version == 0 && topics.is_empty() {
        return None;
    }
    let mut seen = HashSet::new();
    let first_time =
        |topic: &&MetadataRequestTopic| seen.insert((topic.topic_id, topic.name.clone()));
    Some(topics.iter().filter(first_time).collect())
}

fn look_up(
    context: &Context<'_>,
    view: &View<'_>,
    request: &MetadataRequest,
    topic: &MetadataRequestTopic,
) -> MetadataResponseTopic {
    let catalog = &context.shared.catalog;
    if !topic.topic_id.is_nil() {
        return catalog
            .by_id(topic.topic_id)
            .map_or_else(|| unknown_id(topic.topic_id), |topic| view.topic(&topic));
    }
    let name = topic.name.clone().unwrap_or_default();
    if let Some(topic) = catalog.by_name(&name) {
        return view.topic(&topic);
    }
    let mut answer = if let Some(code) = context.spoiled_before(&name, None) {
        failed(code)
    } else if validate_name(&name).is_err() {
        failed(ErrorCode::INVALID_TOPIC_EXCEPTION)
    } else {
        // Kafka makes the topic behind the answer, which does not have it yet: clients ask again.
        let create = request.allow_auto_topic_creation && context.shared.auto_create_topics;
        let created = if create {
            auto_create(context, &name)
        } else {
            Ok(())
        };
        failed(
            created
                .err()
                .unwrap_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        )
    };
    answer.name = Some(name);
    answer
}

fn auto_create(context: &Context<'_>, name: &str) -> Result<(), ErrorCode> {
    let new = NewTopic {
        name,
        partitions: -1,
        replication_factor: -1,
        assignments: Vec::new(),
        config: Ok(TopicConfig::default()),
    };
    match context.shared.catalog.create(&new, false, context.now) {
        Ok(_) => Ok(()),
        // Another connection was faster.
        Err(error) if error.code == ErrorCode::TOPIC_ALREADY_EXISTS => Ok(()),
        Err(error) => Err(error.code),
    }
}

/// Puts errors where a fault wants them.
fn spoil(context: &Context<'_>, topic: &mut MetadataResponseTopic) {
    let name = topic.name.clone().unwrap_or_default();
    if let Some(code) = context.spoiled(&name, None) {
        let mut spoiled = failed(code);
        spoiled.name = topic.name.take();
        spoiled.topic_id = topic.topic_id;
        *topic = spoiled;
    }
    for partition in &mut topic.partitions {
        if let Some(code) = context.spoiled(&name, Some(partition.partition_index)) {
            partition.error_code = code;
            // This one says that a replica is missing, and no more.
            if code != ErrorCode::REPLICA_NOT_AVAILABLE {
                partition.leader_id = NO_LEADER;
            }
        }
    }
}

fn unknown_id(id: Uuid) -> MetadataResponseTopic {
    let mut answer = failed(ErrorCode::UNKNOWN_TOPIC_ID);
    answer.topic_id = id;
    answer
}

fn failed(code: ErrorCode) -> MetadataResponseTopic {
    let mut topic = MetadataResponseTopic::default();
    topic.error_code = code;
    topic.name = None;
    topic
}

/// The nodes that are up, as all of an answer sees them.
struct View<'a> {
    omissions: &'a Omissions,
    alive: BTreeSet<i32>,
    version: i16,
}

impl View<'_> {
    fn topic(&self, topic: &Topic) -> MetadataResponseTopic {
        let mut answer = MetadataResponseTopic::default();
        answer.name = Some(topic.name.clone());
        answer.topic_id = topic.id;
        answer.is_internal = topic.is_internal();
        let partitions = (0..).zip(&topic.partitions);
        let told = |index| !self.omissions.omit(&topic.name, Some(index));
        answer.partitions = partitions
            .filter(|(index, _)| told(*index))
            .map(|(index, partition)| {
                let mut answer = self.partition(partition.leadership());
                answer.partition_index = index;
                answer
            })
            .collect();
        answer
    }

    fn partition(&self, leadership: Leadership) -> MetadataResponsePartition {
        let mut answer = MetadataResponsePartition::default();
        let Leadership {
            leader,
            epoch,
            mut replicas,
            mut isr,
            ..
        } = leadership;
        let is_down = |id: &i32| !self.alive.contains(id);
        let down: Vec<_> = replicas.iter().copied().filter(is_down).collect();
        answer.leader_epoch = epoch;
        if self.alive.contains(&leader) {
            answer.leader_id = leader;
        } else {
            answer.leader_id = NO_LEADER;
            answer.error_code = ErrorCode::LEADER_NOT_AVAILABLE;
        }
        // The first clients took a node that is not listed for a mistake.
        if self.version == 0 && !down.is_empty() {
            replicas.retain(|id| !is_down(id));
            isr.retain(|id| !is_down(id));
            if answer.error_code.is_ok() {
                answer.error_code = ErrorCode::REPLICA_NOT_AVAILABLE;
            }
        }
        answer.replica_nodes = replicas.into();
        answer.isr_nodes = isr.into();
        answer.offline_replicas = down.into();
        answer
    }
}

fn broker(node: Node) -> MetadataResponseBroker {
    let mut broker = MetadataResponseBroker::default();
    broker.node_id = node.id;
    broker.host = node.host;
    broker.port = i32::from(node.port);
    broker.rack = node.rack;
    broker
}
