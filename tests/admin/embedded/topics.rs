//! Topics, records, configs.

use milena::TopicPartition;
use milena::admin::{
    ConfigChange, ConfigResource, ConfigResourceType, NewPartitions, NewTopic, OffsetSpec,
    RecordsToDelete,
};
use milena::wire::error_code::ErrorCode;
use milena::wire::uuid::Uuid;
use milena_broker::ApiKey;

use super::{client, code, nodes, three, write};

#[tokio::test(start_paused = true)]
async fn a_bad_topic_hides_no_good_one() {
    let cluster = three().start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    let good = NewTopic::new("good").partitions(5).replication_factor(3);
    let placed = NewTopic::new("placed").replicas([vec![2, 3], vec![3, 1]]);
    let mut created = admin
        .create_topics([good, NewTopic::new("no/name"), placed])
        .await;
    assert_eq!(
        code(created.take("no/name").unwrap()),
        ErrorCode::INVALID_TOPIC_EXCEPTION
    );
    let created = created.all().unwrap();
    assert_eq!(created["good"].partitions, Some(5));
    let id = created["good"].topic_id.unwrap();
    assert_eq!(
        code(admin.create_topic(NewTopic::new("good")).await),
        ErrorCode::TOPIC_ALREADY_EXISTS
    );

    let described = admin.describe_topics(["good", "placed", "missing"]);
    let mut described = described.partitions_per_answer(2).await;
    assert_eq!(
        code(described.take("missing").unwrap()),
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
    );
    let described = described.all().unwrap();
    let numbers: Vec<_> = described["good"]
        .partitions
        .iter()
        .map(|one| one.partition)
        .collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4]);
    let places: Vec<_> = described["placed"]
        .partitions
        .iter()
        .map(|one| &one.replicas[..])
        .collect();
    assert_eq!(places, [[2, 3], [3, 1]]);
    let by_id = admin.describe_topics_by_id([id, Uuid::from_u128(7)]).await;
    assert_eq!(by_id.get(&id).unwrap().as_ref().unwrap().name, "good");
    assert_eq!(by_id.failures().count(), 1);
    let names: Vec<_> = admin
        .list_topics()
        .await
        .unwrap()
        .into_iter()
        .map(|one| one.name)
        .collect();
    assert_eq!(names, ["good", "placed"]);

    let more = [
        ("good", NewPartitions::increase_to(6)),
        ("missing", NewPartitions::increase_to(2)),
    ];
    let mut more = admin.create_partitions(more).await;
    assert_eq!(
        code(more.take("missing").unwrap()),
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
    );
    more.all().unwrap();
    assert_eq!(
        admin.describe_topic("good").await.unwrap().partitions.len(),
        6
    );
    let mut deleted = admin.delete_topics(["placed", "missing"]).await;
    assert_eq!(
        code(deleted.take("missing").unwrap()),
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
    );
    deleted.all().unwrap();
    admin.delete_topics_by_id([id]).await.all().unwrap();
    assert!(admin.list_topics().await.unwrap().is_empty());
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_for_the_leaders_is_split() {
    let cluster = three().start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    admin
        .create_topic(NewTopic::new("a").partitions(3))
        .await
        .unwrap();
    for partition in 0..3 {
        write(&client, "a", partition, [1_000, 3_000, 2_000]).await;
    }
    let log = cluster.log_requests();
    let specs = [
        (("a", 0), OffsetSpec::Latest),
        (("a", 1), OffsetSpec::AtTimestamp(2_500)),
        (("a", 2), OffsetSpec::AtTimestamp(9_000)),
    ];
    let listed = admin.list_offsets(specs).await.all().unwrap();
    assert_eq!(nodes(&log, ApiKey::LIST_OFFSETS), [1, 2, 3]);
    let offsets: Vec<_> = listed.values().map(|one| one.offset).collect();
    assert_eq!(offsets, [Some(3), Some(1), None]);

    let records = [
        (("a", 0), RecordsToDelete::BeforeOffset(2)),
        (("a", 1), RecordsToDelete::All),
        (("a", 2), RecordsToDelete::BeforeOffset(9)),
    ];
    let mut deleted = admin.delete_records(records).await;
    assert_eq!(nodes(&log, ApiKey::DELETE_RECORDS), [1, 2, 3]);
    let beyond = deleted.take(&TopicPartition::new("a", 2)).unwrap();
    assert_eq!(code(beyond), ErrorCode::OFFSET_OUT_OF_RANGE);
    let left: Vec<_> = deleted.all().unwrap().into_values().collect();
    assert_eq!(left, [2, 3]);
    let earliest = admin
        .list_offset(("a", 0), OffsetSpec::Earliest)
        .await
        .unwrap();
    assert_eq!(earliest.offset, Some(2));
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn configs_of_brokers_are_told_by_them() {
    let cluster = three().start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    admin
        .create_topic(NewTopic::new("a").config("retention.ms", "7"))
        .await
        .unwrap();
    let log = cluster.log_requests();
    let resources = [
        ConfigResource::topic("a"),
        ConfigResource::Broker(2),
        ConfigResource::BrokerLogger(3),
        ConfigResource::topic("missing"),
        ConfigResource::Broker(77),
    ];
    let described = admin
        .describe_configs(resources)
        .deadline(std::time::Duration::from_secs(2));
    let mut described = described.await;
    assert_eq!(
        code(described.take(&ConfigResource::topic("missing")).unwrap()),
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
    );
    assert!(
        described
            .take(&ConfigResource::Broker(77))
            .unwrap()
            .is_err()
    );
    let described = described.all().unwrap();
    assert_eq!(
        described[&ConfigResource::topic("a")]["retention.ms"]
            .value
            .as_deref(),
        Some("7")
    );
    assert!(!described[&ConfigResource::Broker(2)].is_empty());
    let seen = nodes(&log, ApiKey::DESCRIBE_CONFIGS);
    assert!(seen.contains(&2) && seen.contains(&3), "{seen:?}");

    let changes = vec![
        (
            ConfigResource::topic("a"),
            vec![("retention.ms", ConfigChange::set("9"))],
        ),
        (
            ConfigResource::topic("missing"),
            vec![("retention.ms", ConfigChange::Delete)],
        ),
    ];
    let mut altered = admin.incremental_alter_configs(changes).await;
    assert_eq!(
        code(altered.take(&ConfigResource::topic("missing")).unwrap()),
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
    );
    altered.all().unwrap();
    let entry = admin
        .describe_configs([ConfigResource::topic("a")])
        .only(["retention.ms"]);
    let entry = entry.include_synonyms(true).await.all().unwrap();
    assert_eq!(entry[&ConfigResource::topic("a")].len(), 1);
    assert_eq!(
        entry[&ConfigResource::topic("a")]["retention.ms"]
            .value
            .as_deref(),
        Some("9")
    );
    let listed = admin
        .list_config_resources([ConfigResourceType::Topic])
        .await
        .unwrap();
    assert_eq!(
        listed.into_iter().collect::<Vec<_>>(),
        [ConfigResource::topic("a")]
    );
    assert!(
        admin
            .list_client_metrics_resources()
            .await
            .unwrap()
            .is_empty()
    );
    client.close().await;
}
