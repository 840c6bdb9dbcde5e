//! What is asked in parts is answered as if it had been asked at once.

use std::fmt::Debug;

use milena_wire::ByteString;
use milena_wire::messages::{
    AddPartitionsToTxnRequest, AddPartitionsToTxnResponse, CreateTopicsRequest,
    CreateTopicsResponse, DeleteTopicsRequest, DeleteTopicsResponse, DescribeConfigsRequest,
    DescribeConfigsResponse, ElectLeadersRequest, ElectLeadersResponse, FetchRequest,
    FetchResponse, FindCoordinatorRequest, FindCoordinatorResponse, ListGroupsRequest,
    ListGroupsResponse, ListTransactionsRequest, ListTransactionsResponse, OffsetCommitRequest,
    OffsetCommitResponse, OffsetFetchRequest, OffsetFetchResponse, ProduceRequest, ProduceResponse,
};
use milena_wire::messages::{
    add_partitions_to_txn as add, create_topics, delete_topics, describe_configs, elect_leaders,
    fetch, find_coordinator, list_groups, list_transactions, offset_commit, offset_fetch, produce,
};
use milena_wire::uuid::Uuid;

use super::super::Routed;
use super::{errors, targets};

/// Asks for all, then for every choice of items and for the others, and compares. `settle` brings an answer into the one order.
fn splits<R>(request: &R, answer: impl Fn(&R) -> R::Response, settle: impl Fn(&mut R::Response))
where
    R: Routed,
    R::Response: Clone + PartialEq + Debug,
{
    let settled = |mut response: R::Response| {
        settle(&mut response);
        response
    };
    let whole = answer(request);
    assert_eq!(errors(request, &whole), [], "the answer is fine");
    let count = targets(request).len();
    assert!(count > 2, "nothing to split");
    for choice in 1..(1usize << count) - 1 {
        let (ours, others): (Vec<usize>, Vec<usize>) =
            (0..count).partition(|item| choice >> item & 1 == 1);
        let part = request.part(&ours);
        assert_eq!(targets(&part).len(), ours.len());
        for (of_part, &of_whole) in targets(&part).iter().zip(&ours) {
            assert_eq!(*of_part, targets(request)[of_whole]);
        }
        assert_eq!(errors(&part, &answer(&part)), []);

        let mut merged = answer(&part);
        R::merge(&mut merged, answer(&request.part(&others)));
        assert_eq!(errors(request, &merged), []);
        assert_eq!(settled(merged), settled(whole.clone()));

        let mut again = whole.clone();
        request.forget(&mut again, &ours);
        let omitted: Vec<usize> = errors(request, &again)
            .into_iter()
            .map(|(item, _)| item.expect("an item"))
            .collect();
        assert_eq!(omitted, ours, "what is forgotten is missing");
        R::merge(&mut again, answer(&part));
        assert_eq!(settled(again), settled(whole.clone()));
    }
}

fn name(number: usize) -> ByteString {
    format!("name-{number}").into()
}

fn id(number: usize) -> Uuid {
    Uuid::from_u128(number as u128 + 1)
}

#[test]
fn a_list() {
    let topics = (0..4).map(|at| create_topics::CreatableTopic::default().with_name(name(at)));
    let request = CreateTopicsRequest::default()
        .with_topics(topics.collect::<Vec<_>>())
        .with_timeout_ms(7)
        .with_validate_only(true);
    let answer = |request: &CreateTopicsRequest| {
        assert!(request.validate_only && request.timeout_ms == 7);
        let results = request.topics.iter().map(|topic| {
            create_topics::CreatableTopicResult::default().with_name(topic.name.clone())
        });
        CreateTopicsResponse::default().with_topics(results.collect::<Vec<_>>())
    };
    splits(&request, answer, |response| {
        response
            .topics
            .sort_by(|one, other| one.name.cmp(&other.name));
    });
}

#[test]
fn a_list_of_resources() {
    let resources = [(2, "1"), (4, "1"), (4, ""), (8, "1")].map(|(kind, name)| {
        describe_configs::DescribeConfigsResource::default()
            .with_resource_type(kind)
            .with_resource_name(name)
    });
    let request = DescribeConfigsRequest::default().with_resources(resources.to_vec());
    let answer = |request: &DescribeConfigsRequest| {
        let results = request.resources.iter().map(|resource| {
            describe_configs::DescribeConfigsResult::default()
                .with_resource_type(resource.resource_type)
                .with_resource_name(resource.resource_name.clone())
        });
        DescribeConfigsResponse::default().with_results(results.collect::<Vec<_>>())
    };
    splits(&request, answer, |response| {
        response
            .results
            .sort_by_key(|result| (result.resource_type, result.resource_name.to_string()));
    });
}

#[test]
fn topics_by_name_or_by_id() {
    let answer = |request: &DeleteTopicsRequest| {
        let asked = request.topics.iter();
        let asked = asked.map(|topic| (topic.name.clone(), topic.topic_id));
        let named = request.topic_names.iter();
        let named = named.map(|name| (Some(name.clone()), Uuid::nil()));
        // The broker tells both, as far as it knows them.
        let results = asked.chain(named).map(|(asked, topic_id)| {
            delete_topics::DeletableTopicResult::default()
                .with_name(asked.unwrap_or(topic_id.to_string().into()))
                .with_topic_id(if topic_id.is_nil() { id(99) } else { topic_id })
        });
        DeleteTopicsResponse::default().with_responses(results.collect::<Vec<_>>())
    };
    let settle = |response: &mut DeleteTopicsResponse| {
        response
            .responses
            .sort_by(|one, other| one.name.cmp(&other.name));
    };
    let names: Vec<_> = (0..3).map(name).collect();
    let by_name = DeleteTopicsRequest::default().with_topic_names(names.clone());
    splits(&by_name, answer, settle);
    let both = names
        .into_iter()
        .map(|name| delete_topics::DeleteTopicState::default().with_name(name));
    let ids =
        (0..2).map(|number| delete_topics::DeleteTopicState::default().with_topic_id(id(number)));
    let both = DeleteTopicsRequest::default().with_topics(both.chain(ids).collect::<Vec<_>>());
    splits(&both, answer, settle);
}

#[test]
fn coordinators() {
    let request = FindCoordinatorRequest::default()
        .with_coordinator_keys((0..4).map(name).collect::<Vec<_>>());
    let answer = |request: &FindCoordinatorRequest| {
        let keys = request.coordinator_keys.iter();
        let found = keys.map(|key| find_coordinator::Coordinator::default().with_key(key.clone()));
        FindCoordinatorResponse::default().with_coordinators(found.collect::<Vec<_>>())
    };
    splits(&request, answer, |response| {
        response
            .coordinators
            .sort_by(|one, other| one.key.cmp(&other.key));
    });
}

/// The partitions of three topics, in all their order.
fn layout() -> impl Iterator<Item = (usize, std::ops::Range<i32>)> {
    [(0, 0..3), (1, 5..6), (2, 0..2)].into_iter()
}

fn produce(by_id: bool) -> ProduceRequest {
    let topics = layout().map(|(number, partitions)| {
        let partitions = partitions.map(|index| {
            produce::PartitionProduceData::default()
                .with_index(index)
                .with_records("records")
        });
        let topic = produce::TopicProduceData::default()
            .with_partition_data(partitions.collect::<Vec<_>>());
        if by_id {
            topic.with_topic_id(id(number))
        } else {
            topic.with_name(name(number))
        }
    });
    ProduceRequest::default()
        .with_acks(-1)
        .with_topic_data(topics.collect::<Vec<_>>())
}

#[test]
fn partitions_of_topics_by_name_and_by_id() {
    let answer = |request: &ProduceRequest| {
        assert_eq!(request.acks, -1);
        let topics = request.topic_data.iter().map(|topic| {
            let partitions = topic.partition_data.iter().map(|partition| {
                produce::PartitionProduceResponse::default().with_index(partition.index)
            });
            produce::TopicProduceResponse::default()
                .with_name(topic.name.clone())
                .with_topic_id(topic.topic_id)
                .with_partition_responses(partitions.collect::<Vec<_>>())
        });
        ProduceResponse::default()
            .with_responses(topics.collect::<Vec<_>>())
            .with_node_endpoints(vec![produce::NodeEndpoint::default().with_node_id(1)])
    };
    let settle = |response: &mut ProduceResponse| {
        let topics = &mut response.responses;
        topics.sort_by_key(|topic| (topic.name.to_string(), topic.topic_id));
        for topic in topics {
            topic
                .partition_responses
                .sort_by_key(|partition| partition.index);
        }
    };
    splits(&produce(false), answer, settle);
    splits(&produce(true), answer, settle);
}

#[test]
fn fetched_partitions() {
    let topics = layout().map(|(number, partitions)| {
        let partitions =
            partitions.map(|index| fetch::FetchPartition::default().with_partition(index));
        fetch::FetchTopic::default()
            .with_topic(name(number))
            .with_topic_id(id(number))
            .with_partitions(partitions.collect::<Vec<_>>())
    });
    let request = FetchRequest::default()
        .with_topics(topics.collect::<Vec<_>>())
        .with_rack_id("a");
    // A version that has ids only.
    let answer = |request: &FetchRequest| {
        assert_eq!(&*request.rack_id, "a");
        let topics = request.topics.iter().map(|topic| {
            let partitions = topic.partitions.iter().map(|partition| {
                fetch::PartitionData::default().with_partition_index(partition.partition)
            });
            fetch::FetchableTopicResponse::default()
                .with_topic_id(topic.topic_id)
                .with_partitions(partitions.collect::<Vec<_>>())
        });
        FetchResponse::default().with_responses(topics.collect::<Vec<_>>())
    };
    splits(&request, answer, |response| {
        response.responses.sort_by_key(|topic| topic.topic_id);
        for topic in &mut response.responses {
            topic
                .partitions
                .sort_by_key(|partition| partition.partition_index);
        }
    });
}

#[test]
fn partitions_as_numbers_in_a_list_that_may_be_null() {
    let topics = layout().map(|(number, partitions)| {
        elect_leaders::TopicPartitions::default()
            .with_topic(name(number))
            .with_partitions(partitions.collect::<Vec<_>>())
    });
    let request = ElectLeadersRequest::default().with_topic_partitions(topics.collect::<Vec<_>>());
    let answer = |request: &ElectLeadersRequest| {
        let topics = request.topic_partitions.iter().flatten().map(|topic| {
            let partitions = topic.partitions.iter();
            let partitions = partitions
                .map(|index| elect_leaders::PartitionResult::default().with_partition_id(*index));
            elect_leaders::ReplicaElectionResult::default()
                .with_topic(topic.topic.clone())
                .with_partition_result(partitions.collect::<Vec<_>>())
        });
        ElectLeadersResponse::default().with_replica_election_results(topics.collect::<Vec<_>>())
    };
    splits(&request, answer, |response| {
        let topics = &mut response.replica_election_results;
        topics.sort_by(|one, other| one.topic.cmp(&other.topic));
        for topic in topics {
            topic
                .partition_result
                .sort_by_key(|partition| partition.partition_id);
        }
    });
}

#[test]
fn committed_partitions() {
    let topics = layout().map(|(number, partitions)| {
        let partitions = partitions.map(|index| {
            offset_commit::OffsetCommitRequestPartition::default().with_partition_index(index)
        });
        offset_commit::OffsetCommitRequestTopic::default()
            .with_name(name(number))
            .with_partitions(partitions.collect::<Vec<_>>())
    });
    let request = OffsetCommitRequest::default()
        .with_group_id("group")
        .with_topics(topics.collect::<Vec<_>>());
    let answer = |request: &OffsetCommitRequest| {
        assert_eq!(&*request.group_id, "group");
        let topics = request.topics.iter().map(|topic| {
            let partitions = topic.partitions.iter().map(|partition| {
                offset_commit::OffsetCommitResponsePartition::default()
                    .with_partition_index(partition.partition_index)
            });
            offset_commit::OffsetCommitResponseTopic::default()
                .with_name(topic.name.clone())
                .with_partitions(partitions.collect::<Vec<_>>())
        });
        OffsetCommitResponse::default().with_topics(topics.collect::<Vec<_>>())
    };
    splits(&request, answer, |response| {
        response
            .topics
            .sort_by(|one, other| one.name.cmp(&other.name));
        for topic in &mut response.topics {
            topic
                .partitions
                .sort_by_key(|partition| partition.partition_index);
        }
    });
}

#[test]
fn groups_with_partitions_inside() {
    let groups = (0..4).map(|number| {
        let topic = offset_fetch::OffsetFetchRequestTopics::default()
            .with_name("orders")
            .with_partition_indexes(vec![0, 1]);
        offset_fetch::OffsetFetchRequestGroup::default()
            .with_group_id(name(number))
            .with_topics(vec![topic])
    });
    let request = OffsetFetchRequest::default()
        .with_groups(groups.collect::<Vec<_>>())
        .with_require_stable(true);
    let answer = |request: &OffsetFetchRequest| {
        assert!(request.require_stable);
        let groups = request.groups.iter().map(|group| {
            let partitions = [0, 1].map(|index| {
                offset_fetch::OffsetFetchResponsePartitions::default().with_partition_index(index)
            });
            let topic = offset_fetch::OffsetFetchResponseTopics::default()
                .with_name("orders")
                .with_partitions(partitions.to_vec());
            offset_fetch::OffsetFetchResponseGroup::default()
                .with_group_id(group.group_id.clone())
                .with_topics(vec![topic])
        });
        OffsetFetchResponse::default().with_groups(groups.collect::<Vec<_>>())
    };
    splits(&request, answer, |response| {
        response
            .groups
            .sort_by(|one, other| one.group_id.cmp(&other.group_id));
    });
}

#[test]
fn transactions_with_partitions_inside() {
    let transactions = (0..3).map(|number| {
        let topic = add::AddPartitionsToTxnTopic::default()
            .with_name("orders")
            .with_partitions(vec![0, 1]);
        add::AddPartitionsToTxnTransaction::default()
            .with_transactional_id(name(number))
            .with_topics(vec![topic])
    });
    let request =
        AddPartitionsToTxnRequest::default().with_transactions(transactions.collect::<Vec<_>>());
    let answer = |request: &AddPartitionsToTxnRequest| {
        let results = request.transactions.iter().map(|transaction| {
            let partitions = [0, 1].map(|index| {
                add::AddPartitionsToTxnPartitionResult::default().with_partition_index(index)
            });
            let topic = add::AddPartitionsToTxnTopicResult::default()
                .with_name("orders")
                .with_results_by_partition(partitions.to_vec());
            add::AddPartitionsToTxnResult::default()
                .with_transactional_id(transaction.transactional_id.clone())
                .with_topic_results(vec![topic])
        });
        AddPartitionsToTxnResponse::default()
            .with_results_by_transaction(results.collect::<Vec<_>>())
    };
    splits(&request, answer, |response| {
        let results = &mut response.results_by_transaction;
        results.sort_by(|one, other| one.transactional_id.cmp(&other.transactional_id));
    });
}

#[test]
fn markers_with_topics_inside() {
    use milena_wire::messages::write_txn_markers as markers;
    use milena_wire::messages::{WriteTxnMarkersRequest, WriteTxnMarkersResponse};

    let producers = [7, 8].map(|producer_id| {
        let topics = [("a", vec![0, 1]), ("b", vec![1])].map(|(name, partitions)| {
            markers::WritableTxnMarkerTopic::default()
                .with_name(name)
                .with_partition_indexes(partitions)
        });
        markers::WritableTxnMarker::default()
            .with_producer_id(producer_id)
            .with_topics(topics.to_vec())
    });
    let request = WriteTxnMarkersRequest::default().with_markers(producers.to_vec());
    let answer = |request: &WriteTxnMarkersRequest| {
        let results = request.markers.iter().map(|marker| {
            let topics = marker.topics.iter().map(|topic| {
                let partitions = topic.partition_indexes.iter().map(|index| {
                    markers::WritableTxnMarkerPartitionResult::default()
                        .with_partition_index(*index)
                });
                markers::WritableTxnMarkerTopicResult::default()
                    .with_name(topic.name.clone())
                    .with_partitions(partitions.collect::<Vec<_>>())
            });
            markers::WritableTxnMarkerResult::default()
                .with_producer_id(marker.producer_id)
                .with_topics(topics.collect::<Vec<_>>())
        });
        WriteTxnMarkersResponse::default().with_markers(results.collect::<Vec<_>>())
    };
    splits(&request, answer, |response| {
        response.markers.sort_by_key(|marker| marker.producer_id);
        for marker in &mut response.markers {
            marker
                .topics
                .sort_by(|one, other| one.name.cmp(&other.name));
            for topic in &mut marker.topics {
                topic
                    .partitions
                    .sort_by_key(|partition| partition.partition_index);
            }
        }
    });
}

#[test]
fn answers_of_every_broker_are_one_list() {
    let group = |id: &str| list_groups::ListedGroup::default().with_group_id(id);
    let mut groups = ListGroupsResponse::default()
        .with_groups(vec![group("a")])
        .with_throttle_time_ms(5);
    let other = ListGroupsResponse::default()
        .with_groups(vec![group("b"), group("c")])
        .with_throttle_time_ms(3);
    ListGroupsRequest::merge(&mut groups, other);
    assert_eq!(groups.groups, [group("a"), group("b"), group("c")]);
    assert_eq!(ListGroupsRequest::throttle_time_ms(&groups), 5);

    let state = |id: &str| list_transactions::TransactionState::default().with_transactional_id(id);
    let of = |id: &str| {
        ListTransactionsResponse::default()
            .with_unknown_state_filters(vec!["Odd".into()])
            .with_transaction_states(vec![state(id)])
    };
    let mut transactions = of("a");
    ListTransactionsRequest::merge(&mut transactions, of("b"));
    assert_eq!(transactions.transaction_states, [state("a"), state("b")]);
    assert_eq!(transactions.unknown_state_filters.len(), 1);
}
