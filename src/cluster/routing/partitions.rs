//! Requests whose items are partitions, within topics, and whose answers have a code for each partition.

#[cfg(test)]
use milena_wire::codec::{Kind, Value};
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::{
    AlterPartitionReassignmentsRequest, AlterShareGroupOffsetsRequest, DeleteRecordsRequest,
    DescribeProducersRequest, ElectLeadersRequest, FetchRequest, ListOffsetsRequest,
    OffsetCommitRequest, OffsetDeleteRequest, OffsetForLeaderEpochRequest, ProduceRequest,
    ShareAcknowledgeRequest, ShareFetchRequest, TxnOffsetCommitRequest,
};
use milena_wire::uuid::Uuid;

use super::key::Key;
use super::new_leaders::NewLeaders;
use super::nowhere::{nothing_acknowledged, nothing_fetched};
use super::pairing::{Chosen, pair};
use super::parts::{Items, Partitions, merge_topics, pick_partitions};
use super::producer_ids::has_producer_ids;
use super::routed::Routed;
use super::target::{Target, TopicRef};

/// Of a request: whom it or `each` of its partitions is for; the list of its topics and what one is called; the list of partitions in it and
/// the number of one; its other fields; the same lists of the answer; the field of the answer with the code of all of it, and the one with
/// its message; a list of the answer that is the same kind of news from every broker; when partitions may be left out of the answer;
/// what decides whether it is idempotent, if the API alone does not; and what makes an answer for partitions that there are not, if that is needed.
macro_rules! partitions {
    ($(
        $Request:ident {
            to: $how:ident |$($to:ident),+| $target:expr;
            topics: $topics:ident |$topic:ident| $key:expr;
            partitions: $partitions:ident |$partition:ident| $number:expr;
            others: $($other:ident)*;
            answers: $answers:ident |$answer:ident| $answer_key:expr;
            results: $results:ident |$result:ident| $result_number:expr;
            $(code: $code:ident $($message:ident)?;)?
            $(news: $news:ident;)?
            $(silent: |$silent:ident| $silence:expr;)?
            $(idempotent: $idempotent:ident;)?
            $(unknown: $unknown:ident;)?
        }
    )*) => {$(
        impl Routed for $Request {
            fn targets(&self, visit: &mut dyn FnMut(Target)) {
                partitions!(@targets $how |$($to),+| $target; self, visit,
                    self.$topics.items(), $partitions, |$partition| $number);
            }

            partitions!(@sole $how |$($to),+| $target);

            fn part(&self, items: &[usize]) -> Self {
                let mut part = Self::default();
                $(part.$other = Clone::clone(&self.$other);)*
                part.$topics = pick_partitions(
                    &self.$topics,
                    items,
                    |topic| &topic.$partitions,
                    |topic| &mut topic.$partitions,
                );
                part
            }

            fn errors(
                &self,
                response: &Self::Response,
                visit: &mut dyn FnMut(Option<usize>, ErrorCode),
            ) {
                $(
                    if response.$code != ErrorCode::NONE {
                        return visit(None, response.$code);
                    }
                )?
                let silent = partitions!(@silent self $(|$silent| $silence)?);
                let items = self.$topics.items().iter().flat_map(|$topic| {
                    let key = $key;
                    $topic.$partitions.iter().map(move |$partition| key.partition($number))
                });
                let answers = response.$answers.iter().flat_map(|$answer| {
                    let key = $answer_key;
                    $answer
                        .$results
                        .iter()
                        .map(move |$result| (key.partition($result_number), $result.error_code))
                });
                pair(items, answers, |item, code| match code {
                    Some(ErrorCode::NONE) => {}
                    Some(code) => visit(Some(item), code),
                    None if silent => {}
                    None => visit(Some(item), ErrorCode::UNKNOWN_SERVER_ERROR),
                });
            }

            fn forget(&self, response: &mut Self::Response, items: &[usize]) {
                let names = self.$topics.items().iter().flat_map(|$topic| {
                    let key = $key;
                    $topic.$partitions.iter().map(move |$partition| key.partition($number))
                });
                let chosen = Chosen::new(names, items);
                response.$answers.retain_mut(|$answer| {
                    let key = $answer_key;
                    let before = $answer.$results.len();
                    $answer.$results.retain(|$result| !chosen.has(key.partition($result_number)));
                    $answer.$results.len() == before || !$answer.$results.is_empty()
                });
            }

            fn merge(response: &mut Self::Response, other: Self::Response) {
                merge_topics(
                    &mut response.$answers,
                    other.$answers,
                    |$answer| $answer_key,
                    |topic, other| topic.$results.extend(other.$results),
                );
                response.throttle_time_ms = response.throttle_time_ms.max(other.throttle_time_ms);
                $(
                    if response.$code == ErrorCode::NONE {
                        response.$code = other.$code;
                        $(response.$message = other.$message;)?
                    }
                )?
                $(
                    for element in other.$news {
                        if !response.$news.contains(&element) {
                            response.$news.push(element);
                        }
                    }
                )?
            }

            fn throttle_time_ms(response: &Self::Response) -> i32 {
                response.throttle_time_ms
            }

            $(
                fn new_leaders(response: &Self::Response) -> NewLeaders {
                    let mut news = NewLeaders::default();
                    for $answer in &response.$answers {
                        let key = $answer_key;
                        for $result in &$answer.$results {
                            let leader = &$result.current_leader;
                            let leader = (leader.leader_id, leader.leader_epoch);
                            news.leader(key.topic_key(), $result_number, $result.error_code, leader);
                        }
                    }
                    // Where those are that nobody was told of, is nobody's concern.
                    if !news.leaders.is_empty() {
                        for node in &response.$news {
                            news.broker(node.node_id, &node.host, node.port, node.rack.as_deref());
                        }
                    }
                    news
                }
            )?

            $(
                fn is_idempotent(&self) -> bool {
                    $idempotent(self)
                }
            )?

            $(
                fn unknown(&self, code: ErrorCode) -> Option<Self::Response> {
                    Some($unknown(self, code))
                }
            )?
        }
    )*

        /// The fields of each request that its parts have.
        #[cfg(test)]
        pub(super) const FIELDS: &[(Kind, &[&str])] = &[$(
            (<$Request as Value>::KIND, &[stringify!($topics), $(stringify!($other)),*]),
        )*];
    };
    (@targets one |$request:ident| $target:expr; $this:ident, $visit:ident, $topics:expr, $partitions:ident, |$partition:ident| $number:expr) => {
        let count: usize = $topics.iter().map(|topic| topic.$partitions.count()).sum();
        for _ in 0..count.max(1) {
            let $request = $this;
            $visit($target);
        }
    };
    (@targets each |$topic:ident, $index:ident| $target:expr; $this:ident, $visit:ident, $topics:expr, $partitions:ident, |$partition:ident| $number:expr) => {
        let mut none = true;
        for $topic in $topics {
            for $partition in &$topic.$partitions {
                let $index = $number;
                none = false;
                $visit($target);
            }
        }
        if none {
            $visit(Target::Any);
        }
    };
    (@sole one |$request:ident| $target:expr) => {
        fn sole_target(&self) -> Option<Target> {
            let $request = self;
            Some($target)
        }
    };
    (@sole each |$topic:ident, $index:ident| $target:expr) => {};
    (@silent $this:ident |$request:ident| $silence:expr) => {{
        let $request = $this;
        $silence
    }};
    (@silent $this:ident) => { false };
}

partitions! {
    // For the leaders of the partitions.
    ProduceRequest {
        to: each |topic, partition| Target::leader(&topic.name, topic.topic_id, partition);
        topics: topic_data |topic| Key::topic(&topic.name, topic.topic_id);
        partitions: partition_data |partition| partition.index;
        others: unknown_tagged_fields transactional_id acks timeout_ms;
        answers: responses |topic| Key::topic(&topic.name, topic.topic_id);
        results: partition_responses |partition| partition.index;
        news: node_endpoints;
        idempotent: has_producer_ids;
    }
    FetchRequest {
        to: each |topic, partition| Target::leader(&topic.topic, topic.topic_id, partition);
        topics: topics |topic| Key::topic(&topic.topic, topic.topic_id);
        partitions: partitions |partition| partition.partition;
        others: unknown_tagged_fields cluster_id replica_id replica_state max_wait_ms min_bytes max_bytes isolation_level
            session_id session_epoch forgotten_topics_data rack_id;
        answers: responses |topic| Key::topic(&topic.topic, topic.topic_id);
        results: partitions |partition| partition.partition_index;
        code: error_code;
        news: node_endpoints;
        // Within a session: nothing new.
        silent: |request| request.session_epoch > 0;
    }
    ListOffsetsRequest {
        to: each |topic, partition| Target::leader(&topic.name, Uuid::nil(), partition);
        topics: topics |topic| Key::name(&topic.name);
        partitions: partitions |partition| partition.partition_index;
        others: unknown_tagged_fields replica_id isolation_level timeout_ms;
        answers: topics |topic| Key::name(&topic.name);
        results: partitions |partition| partition.partition_index;
    }
    DeleteRecordsRequest {
        to: each |topic, partition| Target::leader(&topic.name, Uuid::nil(), partition);
        topics: topics |topic| Key::name(&topic.name);
        partitions: partitions |partition| partition.partition_index;
        others: unknown_tagged_fields timeout_ms;
        answers: topics |topic| Key::name(&topic.name);
        results: partitions |partition| partition.partition_index;
    }
    OffsetForLeaderEpochRequest {
        to: each |topic, partition| Target::leader(&topic.topic, Uuid::nil(), partition);
        topics: topics |topic| Key::name(&topic.topic);
        partitions: partitions |partition| partition.partition;
        others: unknown_tagged_fields replica_id;
        answers: topics |topic| Key::name(&topic.topic);
        results: partitions |partition| partition.partition;
    }
    DescribeProducersRequest {
        to: each |topic, partition| Target::leader(&topic.name, Uuid::nil(), partition);
        topics: topics |topic| Key::name(&topic.name);
        partitions: partition_indexes |partition| *partition;
        others: unknown_tagged_fields;
        answers: topics |topic| Key::name(&topic.name);
        results: partitions |partition| partition.partition_index;
    }
    ShareFetchRequest {
        to: each |topic, partition| Target::Leader(TopicRef::Id(topic.topic_id), partition);
        topics: topics |topic| Key::topic("", topic.topic_id);
        partitions: partitions |partition| partition.partition_index;
        others: unknown_tagged_fields group_id member_id share_session_epoch max_wait_ms min_bytes max_bytes max_records batch_size
            share_acquire_mode is_renew_ack forgotten_topics_data;
        answers: responses |topic| Key::topic("", topic.topic_id);
        results: partitions |partition| partition.partition_index;
        code: error_code error_message;
        news: node_endpoints;
        // No records were acquired.
        silent: |_request| true;
        unknown: nothing_fetched;
    }
    ShareAcknowledgeRequest {
        to: each |topic, partition| Target::Leader(TopicRef::Id(topic.topic_id), partition);
        topics: topics |topic| Key::topic("", topic.topic_id);
        partitions: partitions |partition| partition.partition_index;
        others: unknown_tagged_fields group_id member_id share_session_epoch is_renew_ack;
        answers: responses |topic| Key::topic("", topic.topic_id);
        results: partitions |partition| partition.partition_index;
        code: error_code error_message;
        news: node_endpoints;
        unknown: nothing_acknowledged;
    }

    // For the coordinator of a group.
    OffsetCommitRequest {
        to: one |request| Target::group(&request.group_id);
        topics: topics |topic| Key::topic(&topic.name, topic.topic_id);
        partitions: partitions |partition| partition.partition_index;
        others: unknown_tagged_fields group_id generation_id_or_member_epoch member_id group_instance_id retention_time_ms;
        answers: topics |topic| Key::topic(&topic.name, topic.topic_id);
        results: partitions |partition| partition.partition_index;
    }
    OffsetDeleteRequest {
        to: one |request| Target::group(&request.group_id);
        topics: topics |topic| Key::name(&topic.name);
        partitions: partitions |partition| partition.partition_index;
        others: group_id;
        answers: topics |topic| Key::name(&topic.name);
        results: partitions |partition| partition.partition_index;
        code: error_code;
    }
    TxnOffsetCommitRequest {
        to: one |request| Target::group(&request.group_id);
        topics: topics |topic| Key::name(&topic.name);
        partitions: partitions |partition| partition.partition_index;
        others: unknown_tagged_fields transactional_id group_id producer_id producer_epoch generation_id member_id group_instance_id;
        answers: topics |topic| Key::name(&topic.name);
        results: partitions |partition| partition.partition_index;
    }
    AlterShareGroupOffsetsRequest {
        to: one |request| Target::group(&request.group_id);
        topics: topics |topic| Key::name(&topic.topic_name);
        partitions: partitions |partition| partition.partition_index;
        others: unknown_tagged_fields group_id;
        answers: responses |topic| Key::topic(&topic.topic_name, topic.topic_id);
        results: partitions |partition| partition.partition_index;
        code: error_code error_message;
    }

    // For the controller.
    ElectLeadersRequest {
        to: one |_request| Target::Controller;
        topics: topic_partitions |topic| Key::name(&topic.topic);
        partitions: partitions |partition| *partition;
        others: unknown_tagged_fields election_type timeout_ms;
        answers: replica_election_results |topic| Key::name(&topic.topic);
        results: partition_result |partition| partition.partition_id;
        code: error_code;
    }
    AlterPartitionReassignmentsRequest {
        to: one |_request| Target::Controller;
        topics: topics |topic| Key::name(&topic.name);
        partitions: partitions |partition| partition.partition_index;
        others: unknown_tagged_fields timeout_ms allow_replication_factor_change;
        answers: responses |topic| Key::name(&topic.name);
        results: partitions |partition| partition.partition_index;
        code: error_code error_message;
    }
}
