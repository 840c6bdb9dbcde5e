//! OffsetFetch: of one group in old versions, of many in new ones.

use bytestring::ByteString;
use milena_wire::codec::Int32Array;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::offset_fetch::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopics, OffsetFetchResponse,
    OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};
use uuid::Uuid;

use super::answer::Answer;
use super::coordination::coordinates;
use super::exchange::{Context, Incoming, Refusal, Reply};
use super::topic_reference::find;
use crate::groups::{CommittedOffset, Group, GroupType};
use crate::nodes::Coordination;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<OffsetFetchRequest>()?;
    let by_id = reply.version >= 10;
    let groups = asked(request, reply.version).into_iter();
    let groups = groups.map(|group| fetch(context, &group, by_id)).collect();
    respond(groups, reply, context.throttle_ms)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<OffsetFetchRequest>()?;
    let groups = asked(request, reply.version).into_iter();
    let groups = groups.map(|group| refused(&group, code)).collect();
    respond(groups, reply, 0)
}

/// The groups of a request, as new versions have them.
fn asked(request: OffsetFetchRequest, version: i16) -> Vec<OffsetFetchRequestGroup> {
    if version >= 8 {
        return request.groups;
    }
    let mut group = OffsetFetchRequestGroup::default();
    group.group_id = request.group_id;
    let topics = request.topics.map(|topics| {
        let topics = topics.into_iter().map(|asked| {
            let mut topic = OffsetFetchRequestTopics::default();
            topic.name = asked.name;
            topic.partition_indexes = asked.partition_indexes;
            topic
        });
        topics.collect()
    });
    group.topics = topics;
    vec![group]
}

/// The answer, in the form of its version.
fn respond(
    groups: Vec<OffsetFetchResponseGroup>,
    reply: Reply,
    throttle_ms: i32,
) -> Result<Answer, Refusal> {
    let mut response = OffsetFetchResponse::default();
    response.throttle_time_ms = throttle_ms;
    if reply.version >= 8 {
        response.groups = groups;
        return Answer::now(reply, &response);
    }
    for group in groups {
        response.error_code = group.error_code;
        // The oldest versions have no place for an error but at the partitions.
        let topics = group.topics.into_iter();
        let topics = topics.filter(|_| group.error_code.is_ok() || reply.version < 2);
        response.topics.extend(topics.map(|topic| {
            let mut answer = OffsetFetchResponseTopic::default();
            answer.name = topic.name;
            let partitions = topic.partitions.into_iter();
            answer.partitions = partitions.map(|one| old(one, reply.version)).collect();
            answer
        }));
    }
    Answer::now(reply, &response)
}

fn old(partition: OffsetFetchResponsePartitions, version: i16) -> OffsetFetchResponsePartition {
    let mut old = OffsetFetchResponsePartition::default();
    old.partition_index = partition.partition_index;
    old.committed_offset = partition.committed_offset;
    old.committed_leader_epoch = partition.committed_leader_epoch;
    old.metadata = partition.metadata;
    old.error_code = partition.error_code;
    if version == 0 && old.error_code.is_ok() && old.committed_offset < 0 {
        // As long as offsets lay in ZooKeeper, there was a code for it.
        old.error_code = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    }
    old
}

fn fetch(
    context: &Context<'_>,
    asked: &OffsetFetchRequestGroup,
    by_id: bool,
) -> OffsetFetchResponseGroup {
    let shared = context.shared;
    if !coordinates(context, Coordination::Group, &asked.group_id) {
        return refused(asked, ErrorCode::NOT_COORDINATOR);
    }
    let group = shared.groups.group(&asked.group_id);
    // Nobody is a member.
    let is_member = asked.member_id.is_some() && asked.member_epoch >= 0;
    let new =
        |group: &Group| matches!(group.group_type(), GroupType::Consumer | GroupType::Streams);
    if is_member && group.as_ref().is_some_and(new) {
        return refused(asked, ErrorCode::UNKNOWN_MEMBER_ID);
    }
    let mut answer = OffsetFetchResponseGroup::default();
    answer.group_id = asked.group_id.clone();
    answer.topics = match &asked.topics {
        None => all(context, group.as_ref(), by_id),
        Some(topics) => {
            let topics = topics.iter();
            topics
                .map(|topic| one(context, group.as_ref(), topic, by_id))
                .collect()
        }
    };
    answer
}

fn refused(asked: &OffsetFetchRequestGroup, code: ErrorCode) -> OffsetFetchResponseGroup {
    let mut answer = OffsetFetchResponseGroup::default();
    answer.group_id = asked.group_id.clone();
    answer.error_code = code;
    let topics = asked.topics.iter().flatten();
    answer.topics = topics
        .map(|topic| {
            without(
                topic.name.clone(),
                topic.topic_id,
                &topic.partition_indexes,
                code,
            )
        })
        .collect();
    answer
}

/// A topic of whose partitions there is nothing to tell.
fn without(
    name: ByteString,
    id: Uuid,
    indexes: &Int32Array,
    code: ErrorCode,
) -> OffsetFetchResponseTopics {
    let mut answer = OffsetFetchResponseTopics::default();
    answer.name = name;
    answer.topic_id = id;
    let partitions = indexes.iter().map(|index| {
        let mut partition = partition(*index, None);
        partition.error_code = code;
        partition
    });
    answer.partitions = partitions.collect();
    answer
}

fn one(
    context: &Context<'_>,
    group: Option<&Group>,
    asked: &OffsetFetchRequestTopics,
    by_id: bool,
) -> OffsetFetchResponseTopics {
    let (name, indexes) = (asked.name.clone(), &asked.partition_indexes);
    let mut known = name.clone();
    if by_id {
        match find(&context.shared.catalog, true, "", asked.topic_id) {
            Err(code) => return without(name, asked.topic_id, indexes, code),
            Ok(topic) => known = topic.name.clone(),
        }
    }
    let mut answer = OffsetFetchResponseTopics::default();
    answer.name = name;
    answer.topic_id = asked.topic_id;
    let partitions = indexes.iter().map(|index| {
        let committed = group.and_then(|group| group.offset(&known, *index));
        partition(*index, committed)
    });
    answer.partitions = partitions.collect();
    answer
}

fn all(
    context: &Context<'_>,
    group: Option<&Group>,
    by_id: bool,
) -> Vec<OffsetFetchResponseTopics> {
    let Some(group) = group else {
        return Vec::new();
    };
    let topics = group.offsets().iter().filter_map(|(name, partitions)| {
        let mut answer = OffsetFetchResponseTopics::default();
        answer.name = name.as_str().into();
        if by_id {
            answer.topic_id = context.shared.catalog.by_name(name)?.id;
        }
        let partitions = partitions.iter();
        answer.partitions = partitions
            .map(|(index, committed)| partition(*index, Some(committed)))
            .collect();
        Some(answer)
    });
    topics.collect()
}

fn partition(index: i32, committed: Option<&CommittedOffset>) -> OffsetFetchResponsePartitions {
    let mut partition = OffsetFetchResponsePartitions::default();
    partition.partition_index = index;
    partition.committed_offset = committed.map_or(-1, |committed| committed.offset);
    partition.committed_leader_epoch = committed.map_or(-1, |committed| committed.leader_epoch);
    let metadata = committed.map_or("", |committed| committed.metadata.as_str());
    partition.metadata = Some(metadata.into());
    partition
}
