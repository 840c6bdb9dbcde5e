//! What the answers say of errors.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::*;
use milena_wire::messages::{
    add_partitions_to_txn as add, create_acls, create_topics, list_offsets, offset_delete,
    offset_fetch, update_features,
};

use super::super::Routed;
use super::errors;

const FAILED: ErrorCode = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;

#[test]
fn errors_are_told_by_item_whatever_their_order() {
    let partitions = |count: i32| {
        let partitions = (0..count)
            .map(|at| list_offsets::ListOffsetsPartition::default().with_partition_index(at));
        partitions.collect::<Vec<_>>()
    };
    let topics = [("a", 2), ("b", 3)].map(|(name, count)| {
        list_offsets::ListOffsetsTopic::default()
            .with_name(name)
            .with_partitions(partitions(count))
    });
    let request = ListOffsetsRequest::default().with_topics(topics.to_vec());
    // The code of partition p of a is 10 + p, of b 20 + p; b 1 is fine.
    let topics = [("a", 2, 10), ("b", 3, 20)].map(|(name, count, base)| {
        let results = (0..count).map(|at| {
            let code = ErrorCode(if (base, at) == (20, 1) { 0 } else { base + at });
            list_offsets::ListOffsetsPartitionResponse::default()
                .with_partition_index(at.into())
                .with_error_code(code)
        });
        list_offsets::ListOffsetsTopicResponse::default()
            .with_name(name)
            .with_partitions(results.collect::<Vec<_>>())
    });
    let mut response = ListOffsetsResponse::default().with_topics(topics.to_vec());
    let expected =
        [(0, 10), (1, 11), (2, 20), (4, 22)].map(|(at, code)| (Some(at), ErrorCode(code)));
    assert_eq!(errors(&request, &response), expected);
    response.topics.reverse();
    for topic in &mut response.topics {
        topic.partitions.reverse();
    }
    let mut told = errors(&request, &response);
    told.sort();
    assert_eq!(told, expected);
    // One topic in two pieces is the same as well.
    let last = response.topics[0].partitions.pop().unwrap();
    let piece = list_offsets::ListOffsetsTopicResponse::default()
        .with_name("b")
        .with_partitions(vec![last]);
    response.topics.push(piece);
    let mut told = errors(&request, &response);
    told.sort();
    assert_eq!(told, expected);
}

#[test]
fn an_error_about_all_explains_what_is_missing() {
    let partitions = vec![offset_delete::OffsetDeleteRequestPartition::default()];
    let topic = offset_delete::OffsetDeleteRequestTopic::default().with_partitions(partitions);
    let request = OffsetDeleteRequest::default().with_topics(vec![topic]);
    let response = OffsetDeleteResponse::default().with_error_code(ErrorCode::GROUP_ID_NOT_FOUND);
    assert_eq!(
        errors(&request, &response),
        [(None, ErrorCode::GROUP_ID_NOT_FOUND)]
    );
    assert_eq!(
        errors(&request, &OffsetDeleteResponse::default()),
        [(Some(0), ErrorCode::UNKNOWN_SERVER_ERROR)]
    );
}

#[test]
fn merging_keeps_the_error() {
    let topic = || create_topics::CreatableTopicResult::default();
    let mut response = CreateTopicsResponse::default().with_topics(vec![topic()]);
    let other = CreateTopicsResponse::default()
        .with_topics(vec![topic().with_error_code(FAILED)])
        .with_throttle_time_ms(9);
    CreateTopicsRequest::merge(&mut response, other);
    assert_eq!(response.throttle_time_ms, 9);
    assert_eq!(response.topics[1].error_code, FAILED);
    let failed = || {
        AlterShareGroupOffsetsResponse::default()
            .with_error_code(FAILED)
            .with_error_message("why")
    };
    let mut response = failed();
    AlterShareGroupOffsetsRequest::merge(&mut response, AlterShareGroupOffsetsResponse::default());
    assert_eq!(response, failed());
    let mut response = AlterShareGroupOffsetsResponse::default();
    AlterShareGroupOffsetsRequest::merge(&mut response, failed());
    assert_eq!(response, failed());
}

#[test]
fn results_of_one_item_are_told_if_all_failed() {
    let request = CreateAclsRequest::default();
    let result = |code: ErrorCode| create_acls::AclCreationResult::default().with_error_code(code);
    let failed = result(ErrorCode::NOT_CONTROLLER);
    let both = CreateAclsResponse::default().with_results(vec![failed.clone(), failed.clone()]);
    let told = (Some(0), ErrorCode::NOT_CONTROLLER);
    assert_eq!(errors(&request, &both), [told, told]);
    let one = CreateAclsResponse::default().with_results(vec![result(ErrorCode::NONE), failed]);
    assert_eq!(errors(&request, &one), []);
    // What is about the answer as a whole comes first.
    let response = UpdateFeaturesResponse::default()
        .with_error_code(ErrorCode::NOT_CONTROLLER)
        .with_results(vec![
            update_features::UpdatableFeatureResult::default().with_error_code(FAILED),
        ]);
    assert_eq!(
        errors(&UpdateFeaturesRequest::default(), &response),
        [(None, ErrorCode::NOT_CONTROLLER)]
    );
}

fn fetch_group(
    name: &'static str,
    partitions: Option<&[i32]>,
) -> offset_fetch::OffsetFetchRequestGroup {
    let topics = partitions.map(|partitions| {
        let topic = offset_fetch::OffsetFetchRequestTopics::default()
            .with_name("orders")
            .with_partition_indexes(partitions);
        vec![topic]
    });
    let mut group = offset_fetch::OffsetFetchRequestGroup::default().with_group_id(name);
    group.topics = topics;
    group
}

fn fetched_group(
    name: &'static str,
    partitions: &[(i32, ErrorCode)],
) -> offset_fetch::OffsetFetchResponseGroup {
    let partitions = partitions.iter().map(|(index, code)| {
        offset_fetch::OffsetFetchResponsePartitions::default()
            .with_partition_index(*index)
            .with_error_code(*code)
    });
    let topic = offset_fetch::OffsetFetchResponseTopics::default()
        .with_name("orders")
        .with_partitions(partitions.collect::<Vec<_>>());
    offset_fetch::OffsetFetchResponseGroup::default()
        .with_group_id(name)
        .with_topics(vec![topic])
}

/// Row 28 of the faults: an OffsetFetch that omits a partition is an error, not offset 0.
#[test]
fn an_offset_that_the_answer_omits_is_an_error() {
    let request = OffsetFetchRequest::default().with_groups(vec![
        fetch_group("a", Some(&[0, 1])),
        fetch_group("b", Some(&[0])),
        fetch_group("c", None),
    ]);
    let fine = ErrorCode::NONE;
    let unstable = ErrorCode::UNSTABLE_OFFSET_COMMIT;
    let response = OffsetFetchResponse::default().with_groups(vec![
        fetched_group("a", &[(0, fine)]),
        fetched_group("b", &[(0, unstable)]),
        fetched_group("c", &[(7, fine), (8, unstable)]),
    ]);
    assert_eq!(
        errors(&request, &response),
        [
            (Some(0), ErrorCode::UNKNOWN_SERVER_ERROR),
            (Some(1), unstable),
            (Some(2), unstable)
        ]
    );
    // A group that has an error need not tell of its partitions.
    let refused = offset_fetch::OffsetFetchResponseGroup::default()
        .with_group_id("a")
        .with_error_code(ErrorCode::GROUP_AUTHORIZATION_FAILED);
    let response = OffsetFetchResponse::default().with_groups(vec![refused]);
    assert_eq!(
        errors(&request, &response),
        [
            (Some(0), ErrorCode::GROUP_AUTHORIZATION_FAILED),
            (Some(1), ErrorCode::UNKNOWN_SERVER_ERROR),
            (Some(2), ErrorCode::UNKNOWN_SERVER_ERROR)
        ]
    );
}

#[test]
fn the_old_form_of_an_offset_fetch_too() {
    let topic = offset_fetch::OffsetFetchRequestTopic::default()
        .with_name("orders")
        .with_partition_indexes(vec![0, 1]);
    let request = OffsetFetchRequest::default()
        .with_group_id("a")
        .with_topics(vec![topic]);
    let partition = |index: i32| {
        offset_fetch::OffsetFetchResponsePartition::default().with_partition_index(index)
    };
    let answer = |partitions: Vec<offset_fetch::OffsetFetchResponsePartition>| {
        let topic = offset_fetch::OffsetFetchResponseTopic::default()
            .with_name("orders")
            .with_partitions(partitions);
        OffsetFetchResponse::default().with_topics(vec![topic])
    };
    assert_eq!(
        errors(&request, &answer(vec![partition(0), partition(1)])),
        []
    );
    assert_eq!(
        errors(&request, &answer(vec![partition(1)])),
        [(Some(0), ErrorCode::UNKNOWN_SERVER_ERROR)]
    );
    let response =
        OffsetFetchResponse::default().with_error_code(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS);
    assert_eq!(
        errors(&request, &response),
        [(None, ErrorCode::COORDINATOR_LOAD_IN_PROGRESS)]
    );
}

#[test]
fn what_was_not_attempted_is_not_the_reason() {
    let topic = add::AddPartitionsToTxnTopic::default()
        .with_name("orders")
        .with_partitions(vec![0, 1]);
    let request = AddPartitionsToTxnRequest::default()
        .with_v3_and_below_transactional_id("t")
        .with_v3_and_below_topics(vec![topic]);
    let answer = |codes: [ErrorCode; 2]| {
        let partitions = codes.into_iter().zip(0..).map(|(code, index)| {
            add::AddPartitionsToTxnPartitionResult::default()
                .with_partition_index(index)
                .with_partition_error_code(code.0)
        });
        let topic = add::AddPartitionsToTxnTopicResult::default()
            .with_name("orders")
            .with_results_by_partition(partitions.collect::<Vec<_>>());
        AddPartitionsToTxnResponse::default().with_results_by_topic_v3_and_below(vec![topic])
    };
    let stopped = ErrorCode::OPERATION_NOT_ATTEMPTED;
    assert_eq!(
        errors(&request, &answer([FAILED, stopped])),
        [(Some(0), FAILED)]
    );
    assert_eq!(
        errors(&request, &answer([stopped, stopped])),
        [(Some(0), stopped)]
    );
}
