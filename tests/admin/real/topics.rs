//! Topics, records, elections, moves, directories.

use std::collections::BTreeSet;

use milena::TopicPartition;
use milena::admin::{
    ElectionType, IsolationLevel, NewPartitions, NewTopic, OffsetSpec, PartitionDescription,
    Reassignment, RecordsToDelete, Replica,
};
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::ProduceRequest;
use milena::wire::messages::produce::{PartitionProduceData, TopicProduceData};
use milena::wire::records::BatchBuilder;
use milena::wire::uuid::Uuid;

use super::{client, code, settle, topic, unique, until};

/// Writes records with these timestamps to partition 0.
pub(super) async fn write(client: &milena::Client, topic: &str, timestamps: &[i64]) {
    let mut batch = BatchBuilder::new();
    for timestamp in timestamps {
        let none: [(&str, Option<&[u8]>); 0] = [];
        batch
            .append(*timestamp, None, Some(b"value"), none)
            .unwrap();
    }
    let records = batch.seal(&mut Default::default()).unwrap();
    let partition = PartitionProduceData::default().with_records(records);
    let topic = TopicProduceData::default()
        .with_name(topic.to_owned())
        .with_partition_data(vec![partition]);
    let request = ProduceRequest::default()
        .with_acks(-1)
        .with_timeout_ms(10_000)
        .with_topic_data(vec![topic]);
    let answer = client.send(request).await.unwrap();
    let result = &answer.responses[0].partition_responses[0];
    assert_eq!(result.error_code, ErrorCode::NONE);
}

#[tokio::test]
#[ignore = "asks a real cluster"]
async fn topics_are_made_described_grown_and_deleted() {
    let client = client().await;
    let admin = client.admin();
    let (one, other) = (unique("one"), unique("other"));

    let plan = NewTopic::new(&*one).partitions(2).replication_factor(3);
    let plan = plan.config("retention.ms", "3600000");
    let valid = admin
        .create_topics([plan.clone()])
        .validate_only(true)
        .await;
    valid.all().unwrap();
    let replicas = NewTopic::new(&*other).replicas([vec![1, 2], vec![2, 3]]);
    let bad = NewTopic::new("no/name");
    let mut created = admin.create_topics([plan.clone(), replicas, bad]).await;
    assert_eq!(
        code(created.take("no/name").unwrap()),
        ErrorCode::INVALID_TOPIC_EXCEPTION
    );
    let made = created.take(&*one).unwrap().unwrap();
    assert_eq!(
        (made.partitions, made.replication_factor),
        (Some(2), Some(3))
    );
    let configs = made.configs.unwrap();
    assert_eq!(configs["retention.ms"].value.as_deref(), Some("3600000"));
    assert!(!configs["retention.ms"].is_default() && configs["segment.bytes"].is_default());
    let id = made.topic_id.unwrap();
    assert!(created.all().unwrap().contains_key(&*other));
    assert_eq!(
        code(admin.create_topic(plan).await),
        ErrorCode::TOPIC_ALREADY_EXISTS
    );

    settle(&admin).await;
    let listed = admin.list_topics().await.unwrap();
    let names: BTreeSet<_> = listed.iter().map(|topic| topic.name.as_str()).collect();
    assert!(names.contains(&*one) && names.contains(&*other));
    let internal = admin.list_topics().include_internal(true).await.unwrap();
    assert!(internal.iter().any(|topic| topic.topic_id == Some(id)));

    // Pages of one partition each.
    let described = admin.describe_topics([&*one, &*other, "nothing-here"]);
    let described = described
        .partitions_per_answer(1)
        .include_authorized_operations(true);
    let mut described = described.await;
    assert_eq!(
        code(described.take("nothing-here").unwrap()),
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
    );
    let described = described.all().unwrap();
    assert_eq!(described[&one].topic_id, Some(id));
    assert_eq!(described[&one].partitions.len(), 2);
    assert!(
        described[&one]
            .authorized_operations
            .as_ref()
            .unwrap()
            .len()
            > 3
    );
    let places: Vec<_> = described[&other]
        .partitions
        .iter()
        .map(|one| one.replicas.clone())
        .collect();
    assert_eq!(places, [vec![1, 2], vec![2, 3]]);
    assert!(
        described[&one].partitions[0]
            .eligible_leader_replicas
            .is_some()
    );
    let mut by_id = admin.describe_topics_by_id([id, Uuid::from_u128(7)]).await;
    assert_eq!(by_id.take(&id).unwrap().unwrap().name, one);
    assert_eq!(
        code(by_id.take(&Uuid::from_u128(7)).unwrap()),
        ErrorCode::UNKNOWN_TOPIC_ID
    );
    assert_eq!(admin.describe_topic(&*one).await.unwrap().name, one);

    let grown = [
        (&*one, NewPartitions::increase_to(3)),
        (&*other, NewPartitions::increase_to(1)),
    ];
    let mut grown = admin.create_partitions(grown).await;
    assert_eq!(
        code(grown.take(&*other).unwrap()),
        ErrorCode::INVALID_PARTITIONS
    );
    grown.all().unwrap();
    let placed = NewPartitions::increase_to(4).replicas([vec![3, 1, 2]]);
    let valid = admin
        .create_partitions([(&*one, placed)])
        .validate_only(true);
    valid.await.all().unwrap();

    let mut deleted = admin.delete_topics([&*other, "nothing-here"]).await;
    assert_eq!(
        code(deleted.take("nothing-here").unwrap()),
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
    );
    deleted.all().unwrap();
    assert_eq!(
        code(admin.delete_topic(&*other).await),
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
    );
    admin.delete_topics_by_id([id]).await.all().unwrap();
}

#[tokio::test]
#[ignore = "asks a real cluster"]
async fn offsets_are_found_and_records_deleted() {
    let client = client().await;
    let admin = client.admin();
    let topic = topic(&admin, "records").await;
    write(&client, &topic, &[1_000, 5_000, 3_000]).await;

    let specs = [
        (OffsetSpec::Earliest, Some(0)),
        (OffsetSpec::Latest, Some(3)),
        (OffsetSpec::AtTimestamp(2_000), Some(1)),
        (OffsetSpec::AtTimestamp(9_000), None),
        (OffsetSpec::MaxTimestamp, Some(1)),
        (OffsetSpec::EarliestLocal, Some(0)),
    ];
    for (spec, expected) in specs {
        let found = admin.list_offset((&*topic, 0), spec).await.unwrap();
        assert_eq!(found.offset, expected, "{spec:?}");
    }
    // Nothing is in remote storage.
    let tiered = admin
        .list_offset((&*topic, 0), OffsetSpec::LatestTiered)
        .await
        .unwrap();
    assert_eq!(tiered.offset, None);
    let pending = admin
        .list_offset((&*topic, 0), OffsetSpec::EarliestPendingUpload)
        .await;
    assert_eq!(pending.unwrap().offset, None);
    let partitions = (0..3).map(|partition| ((&*topic, partition), OffsetSpec::Latest));
    let listed = admin.list_offsets(partitions);
    let listed = listed
        .isolation_level(IsolationLevel::ReadCommitted)
        .await
        .all()
        .unwrap();
    let offsets: Vec<_> = listed.values().map(|one| one.offset).collect();
    assert_eq!(offsets, [Some(3), Some(0), Some(0)]);

    let records = [
        ((&*topic, 0), RecordsToDelete::BeforeOffset(2)),
        ((&*topic, 1), RecordsToDelete::BeforeOffset(9)),
        ((&*topic, 2), RecordsToDelete::All),
    ];
    let mut deleted = admin.delete_records(records).await;
    let beyond = deleted.take(&TopicPartition::new(&*topic, 1)).unwrap();
    assert_eq!(code(beyond), ErrorCode::OFFSET_OUT_OF_RANGE);
    let left: Vec<_> = deleted.all().unwrap().into_values().collect();
    assert_eq!(left, [2, 0]);
    let earliest = admin.list_offset((&*topic, 0), OffsetSpec::Earliest).await;
    assert_eq!(earliest.unwrap().offset, Some(2));
    admin.delete_topic(topic).await.unwrap();
}

#[tokio::test]
#[ignore = "asks a real cluster"]
async fn partitions_move_and_change_their_leaders() {
    let client = client().await;
    let admin = client.admin();
    let name = unique("moves");
    let new = NewTopic::new(&*name).replicas([vec![1, 2], vec![1, 2]]);
    admin.create_topic(new).await.unwrap();
    // Of a broker that does not know it yet: nothing.
    let partition = || async {
        let described = admin.describe_topic(&*name).await.ok()?;
        described.partitions.first().cloned()
    };
    let partition = &partition;
    let is = |check: fn(&PartitionDescription) -> bool| async move {
        partition().await.as_ref().is_some_and(check)
    };
    until("it is in sync", || {
        is(|one| one.in_sync_replicas.len() == 2)
    })
    .await;

    let moves = [
        ((&*name, 0), Reassignment::To(vec![3, 2])),
        ((&*name, 1), Reassignment::Cancel),
        ((&*name, 9), Reassignment::To(vec![1])),
    ];
    let mut begun = admin.alter_partition_reassignments(moves).await;
    assert_eq!(
        code(begun.take(&TopicPartition::new(&*name, 1)).unwrap()),
        ErrorCode::NO_REASSIGNMENT_IN_PROGRESS
    );
    assert_eq!(
        code(begun.take(&TopicPartition::new(&*name, 9)).unwrap()),
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
    );
    begun.all().unwrap();
    until("nothing is moving", || async {
        let of_it = admin.list_partition_reassignments().only([(&*name, 0)]);
        let ongoing = of_it.await.unwrap();
        for reassignment in ongoing.values() {
            assert_eq!(reassignment.adding_replicas, [3]);
            assert_eq!(reassignment.removing_replicas, [1]);
        }
        ongoing.is_empty()
    })
    .await;
    assert!(
        admin
            .list_partition_reassignments()
            .await
            .unwrap()
            .keys()
            .all(|one| one.topic != name)
    );
    until("it has moved", || is(|one| one.replicas == [3, 2])).await;
    let fewer = [((&*name, 0), Reassignment::To(vec![3]))];
    let refused = admin.alter_partition_reassignments(fewer);
    let refused = refused.allow_replication_factor_change(false).await;
    assert_eq!(code(refused.all()), ErrorCode::INVALID_REPLICATION_FACTOR);

    until("its preferred replica leads", || {
        is(|one| one.leader == Some(3))
    })
    .await;
    let mut elected = admin
        .elect_leaders(ElectionType::Preferred, [(&*name, 0), ("nothing-here", 0)])
        .await;
    let unknown = elected
        .take(&TopicPartition::new("nothing-here", 0))
        .unwrap();
    assert_eq!(code(unknown), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(code(elected.all()), ErrorCode::ELECTION_NOT_NEEDED);
    // Those that needed it, if there are any.
    admin
        .elect_all_leaders(ElectionType::Preferred)
        .await
        .unwrap()
        .all()
        .unwrap();
    admin.delete_topic(name).await.unwrap();
}

#[tokio::test]
#[ignore = "asks a real cluster"]
async fn directories_are_told_and_replicas_move_between_them() {
    let client = client().await;
    let admin = client.admin();
    let topic = topic(&admin, "directories").await;
    super::topics::write(&client, &topic, &[1]).await;

    let mut dirs = admin.describe_log_dirs([1, 2, 3, 77]).await;
    assert!(dirs.take(&77).unwrap().is_err(), "there is no broker 77");
    let dirs = dirs.all().unwrap();
    assert_eq!(dirs.len(), 3);
    let of_first = &dirs[&1];
    assert_eq!(
        of_first.len(),
        2,
        "scripts/kafka.sh gives each node two directories"
    );
    assert!(
        of_first
            .values()
            .all(|dir| dir.error.is_none() && dir.total_bytes > Some(0))
    );
    let replica = Replica::new((&*topic, 0), 1);
    let partition = replica.partition.clone();
    let from = of_first
        .iter()
        .find(|(_, dir)| dir.replicas.contains_key(&partition))
        .unwrap()
        .0;
    let to = of_first.keys().find(|path| *path != from).unwrap();

    let place = || async {
        let places = admin.describe_replica_log_dirs([replica.clone()]).await;
        places.all().unwrap()[&replica].clone()
    };
    assert_eq!(place().await.current.unwrap().0, *from);
    let moves = [
        (replica.clone(), &**to),
        (Replica::new((&*topic, 1), 1), "/nowhere"),
    ];
    let mut moved = admin.alter_replica_log_dirs(moves).await;
    let nowhere = moved.take(&Replica::new((&*topic, 1), 1)).unwrap();
    assert_eq!(code(nowhere), ErrorCode::LOG_DIR_NOT_FOUND);
    moved.all().unwrap();
    until("it has moved", || async {
        let place = place().await;
        place.future.is_none() && place.current.is_some_and(|(path, _)| path == *to)
    })
    .await;
    admin.delete_topic(topic).await.unwrap();
}
