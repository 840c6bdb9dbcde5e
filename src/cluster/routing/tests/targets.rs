//! Whom requests are for.

use milena_wire::messages::*;
use milena_wire::messages::{
    describe_configs, incremental_alter_configs, list_offsets, offset_commit, produce,
};
use milena_wire::records::{BatchBuilder, Producer};
use milena_wire::uuid::Uuid;

use super::super::{CoordinatorKind, Routed, Target, TopicRef};
use super::targets;

fn group(id: &'static str) -> Target {
    Target::Coordinator(CoordinatorKind::Group, id.into())
}

fn transaction(id: &'static str) -> Target {
    Target::Coordinator(CoordinatorKind::Transaction, id.into())
}

#[test]
fn configs_of_a_broker_are_for_that_broker() {
    let resources = [
        (2, "orders"),
        (4, "3"),
        (4, ""),
        (8, "1"),
        (4, "x"),
        (32, "group"),
    ];
    let describe = resources.map(|(kind, name)| {
        describe_configs::DescribeConfigsResource::default()
            .with_resource_type(kind)
            .with_resource_name(name)
    });
    let expected = |otherwise: Target| {
        [
            otherwise.clone(),
            Target::Broker(3),
            otherwise.clone(),
            Target::Broker(1),
            otherwise.clone(),
            otherwise,
        ]
    };
    let request = DescribeConfigsRequest::default().with_resources(describe.to_vec());
    assert_eq!(targets(&request), expected(Target::Any));
    let alter = resources.map(|(kind, name)| {
        incremental_alter_configs::AlterConfigsResource::default()
            .with_resource_type(kind)
            .with_resource_name(name)
    });
    let request = IncrementalAlterConfigsRequest::default().with_resources(alter.to_vec());
    assert_eq!(targets(&request), expected(Target::Controller));
}

#[test]
fn partitions_are_for_their_leaders() {
    let partitions = [0, 4]
        .map(|index| list_offsets::ListOffsetsPartition::default().with_partition_index(index));
    let topic = list_offsets::ListOffsetsTopic::default()
        .with_name("orders")
        .with_partitions(partitions.to_vec());
    let request = ListOffsetsRequest::default().with_topics(vec![topic]);
    let orders = || TopicRef::Name("orders".into());
    assert_eq!(
        targets(&request),
        [Target::Leader(orders(), 0), Target::Leader(orders(), 4)]
    );
    assert_eq!(request.sole_target(), None);

    // By id where there is one.
    let id = Uuid::from_u128(9);
    let topic = produce::TopicProduceData::default()
        .with_name("orders")
        .with_topic_id(id)
        .with_partition_data(vec![produce::PartitionProduceData::default().with_index(2)]);
    let request = ProduceRequest::default().with_topic_data(vec![topic]);
    assert_eq!(targets(&request), [Target::Leader(TopicRef::Id(id), 2)]);
}

#[test]
fn groups_and_transactions_are_for_their_coordinators() {
    let request = DescribeGroupsRequest::default().with_groups(vec!["a".into(), "b".into()]);
    assert_eq!(targets(&request), [group("a"), group("b")]);
    let request =
        DescribeTransactionsRequest::default().with_transactional_ids(vec!["t".into(), "u".into()]);
    assert_eq!(targets(&request), [transaction("t"), transaction("u")]);
    assert_eq!(
        targets(&EndTxnRequest::default().with_transactional_id("t")),
        [transaction("t")]
    );
    let partitions = vec![offset_commit::OffsetCommitRequestPartition::default(); 3];
    let topic = offset_commit::OffsetCommitRequestTopic::default().with_partitions(partitions);
    let request = OffsetCommitRequest::default()
        .with_group_id("a")
        .with_topics(vec![topic]);
    assert_eq!(request.sole_target(), Some(group("a")));
    assert_eq!(targets(&request), [group("a"), group("a"), group("a")]);
    // The old form of one group.
    let request = OffsetFetchRequest::default().with_group_id("a");
    assert_eq!(targets(&request), [group("a")]);
    // A producer without a transactional id gets its id from anybody.
    let request = InitProducerIdRequest::default();
    assert_eq!(request.sole_target(), Some(Target::Any));
    let request = request.with_transactional_id("t");
    assert_eq!(request.sole_target(), Some(transaction("t")));
}

#[test]
fn what_changes_the_cluster_is_for_the_controller() {
    let controller = |request: &dyn Fn() -> Option<Target>| {
        assert_eq!(request(), Some(Target::Controller));
    };
    controller(&|| CreateTopicsRequest::default().sole_target());
    controller(&|| DeleteTopicsRequest::default().sole_target());
    controller(&|| CreatePartitionsRequest::default().sole_target());
    controller(&|| ElectLeadersRequest::default().sole_target());
    controller(&|| AlterPartitionReassignmentsRequest::default().sole_target());
    controller(&|| ListPartitionReassignmentsRequest::default().sole_target());
    controller(&|| CreateAclsRequest::default().sole_target());
    controller(&|| AlterClientQuotasRequest::default().sole_target());
    controller(&|| AlterUserScramCredentialsRequest::default().sole_target());
    controller(&|| UpdateFeaturesRequest::default().sole_target());
    controller(&|| DescribeQuorumRequest::default().sole_target());
}

#[test]
fn every_broker_knows_its_own_groups_transactions_and_directories() {
    assert_eq!(targets(&ListGroupsRequest::default()), [Target::Every]);
    assert_eq!(
        targets(&ListTransactionsRequest::default()),
        [Target::Every]
    );
    assert_eq!(targets(&DescribeLogDirsRequest::default()), [Target::Every]);
}

fn produce<const N: usize>(batches: [BatchBuilder; N]) -> ProduceRequest {
    let mut records = Vec::new();
    for mut batch in batches {
        let none: [(&str, Option<&[u8]>); 0] = [];
        batch.append(0, None, Some(b"value"), none).unwrap();
        records.extend(batch.seal(&mut Default::default()).unwrap());
    }
    let partition = produce::PartitionProduceData::default().with_records(records);
    let topic = produce::TopicProduceData::default().with_partition_data(vec![partition]);
    ProduceRequest::default().with_topic_data(vec![topic])
}

#[test]
fn produce_is_idempotent_if_every_batch_has_a_producer_id() {
    let without = BatchBuilder::new;
    let with = || {
        let producer = Producer {
            id: 7,
            epoch: 0,
            base_sequence: 0,
        };
        BatchBuilder::new().with_producer(producer)
    };
    assert!(!produce([without()]).is_idempotent());
    assert!(produce([with()]).is_idempotent());
    assert!(produce([with(), with()]).is_idempotent());
    assert!(!produce([with(), without()]).is_idempotent());
    // What is cut short is no batch.
    let mut cut = produce([with()]);
    let records = &mut cut.topic_data[0].partition_data[0].records;
    *records = records
        .as_ref()
        .map(|records| records.slice(..records.len() - 1));
    assert!(!cut.is_idempotent());
    cut.topic_data[0].partition_data[0].records = Some("odd".into());
    assert!(!cut.is_idempotent());
}

#[test]
fn apis_are_idempotent_or_not() {
    assert!(MetadataRequest::default().is_idempotent());
    assert!(OffsetCommitRequest::default().is_idempotent());
    assert!(InitProducerIdRequest::default().is_idempotent());
    assert!(EndTxnRequest::default().is_idempotent());
    assert!(!CreateTopicsRequest::default().is_idempotent());
}
