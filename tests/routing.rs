//! Asking where a request goes and what its answer says takes no allocation, as long as the answer keeps the order.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use allocation_counter::measure;
use milena::cluster::routing::Routed;
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::offset_commit::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic, OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
};
use milena::wire::messages::{
    DescribeGroupsRequest, DescribeGroupsResponse, OffsetCommitRequest, OffsetCommitResponse,
    describe_groups,
};

/// Looks at everything that each request and its answer are asked.
fn allocations<R: Routed>(request: &R, response: &R::Response) -> u64 {
    let (mut targets, mut failed) = (0, 0);
    // The first clone of a string that was made here moves it behind a counter, as one out of an answer lies already.
    request.targets(&mut |_| ());
    let measured = measure(|| {
        request.targets(&mut |_| targets += 1);
        request.errors(response, &mut |_, _| failed += 1);
        assert!(R::throttle_time_ms(response) == 0 && request.is_idempotent());
    });
    assert!(
        targets > 0 && failed == 1,
        "{targets} targets, {failed} errors"
    );
    measured.count_total
}

#[test]
fn partitions_in_order_take_none() {
    let topics = (0..10).map(|topic| {
        let partitions = (0..100).map(|partition| {
            OffsetCommitRequestPartition::default().with_partition_index(partition)
        });
        OffsetCommitRequestTopic::default()
            .with_name(format!("topic-{topic}"))
            .with_partitions(partitions.collect::<Vec<_>>())
    });
    let request = OffsetCommitRequest::default()
        .with_group_id("group")
        .with_topics(topics.collect::<Vec<_>>());
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|partition| {
            OffsetCommitResponsePartition::default().with_partition_index(partition.partition_index)
        });
        OffsetCommitResponseTopic::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect::<Vec<_>>())
    });
    let mut response = OffsetCommitResponse::default().with_topics(topics.collect::<Vec<_>>());
    let last = response.topics.last_mut().unwrap();
    last.partitions.last_mut().unwrap().error_code = ErrorCode::REQUEST_TIMED_OUT;
    assert_eq!(allocations(&request, &response), 0);
}

#[test]
fn one_item_takes_none() {
    let request = DescribeGroupsRequest::default().with_groups(vec!["group".into()]);
    let group = describe_groups::DescribedGroup::default()
        .with_group_id("group")
        .with_error_code(ErrorCode::NOT_COORDINATOR);
    let response = DescribeGroupsResponse::default().with_groups(vec![group]);
    assert_eq!(allocations(&request, &response), 0);
}
