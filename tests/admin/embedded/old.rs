//! Brokers that lack what the newest have: older requests do, or the error says that there is none.

use milena::TopicPartition;
use milena::admin::{CommittedOffset, GroupOffsets, GroupState, GroupType, NewTopic, OffsetSpec};
use milena::error::ErrorKind;
use milena::wire::error_code::ErrorCode;
use milena_broker::{ApiKey, GroupType as Kind};

use super::{client, code, nodes, three};

#[tokio::test(start_paused = true)]
async fn topics_and_the_cluster() {
    let cluster = three()
        .without_api(ApiKey::DESCRIBE_TOPIC_PARTITIONS)
        .without_api(ApiKey::DESCRIBE_CLUSTER)
        .cap_api(ApiKey::DELETE_TOPICS, 5)
        .cap_api(ApiKey::LIST_OFFSETS, 6);
    let cluster = cluster.start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    let created = admin
        .create_topics(["a", "b"].map(NewTopic::new))
        .await
        .all()
        .unwrap();
    let described = admin.describe_topics(["a", "missing"]).await;
    assert_eq!(described.successes().next().unwrap().1.name, "a");
    assert_eq!(
        described.failures().next().unwrap().1.broker_code(),
        Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
    );
    let told = admin.describe_cluster().await.unwrap();
    assert_eq!(told.brokers.len(), 3);
    assert_eq!(told.cluster_id, Some(cluster.id()));
    // The old one knows no brokers that are fenced.
    let refused = admin
        .describe_cluster()
        .include_fenced_brokers(true)
        .await
        .unwrap_err();
    assert!(
        matches!(refused.kind(), ErrorKind::UnsupportedApi),
        "{refused}"
    );

    // Names go by the old field, and ids not at all.
    let mut deleted = admin.delete_topics(["a", "missing"]).await;
    assert_eq!(
        code(deleted.take("missing").unwrap()),
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
    );
    deleted.all().unwrap();
    let id = created["b"].topic_id.unwrap();
    let refused = admin.delete_topics_by_id([id]).await.all().unwrap_err();
    assert!(
        matches!(refused.kind(), ErrorKind::InvalidRequest(_)),
        "{refused}"
    );
    let left: Vec<_> = admin.list_topics().await.unwrap();
    assert_eq!(left.len(), 1);

    // What an old broker would take for a time is not sent.
    let log = cluster.log_requests();
    let refused = admin
        .list_offset(("b", 0), OffsetSpec::MaxTimestamp)
        .await
        .unwrap_err();
    assert!(
        matches!(refused.kind(), ErrorKind::UnsupportedVersion { .. }),
        "{refused}"
    );
    assert_eq!(nodes(&log, ApiKey::LIST_OFFSETS), [0; 0]);
    admin
        .list_offset(("b", 0), OffsetSpec::Latest)
        .await
        .unwrap();
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn groups() {
    let cluster = three()
        .without_api(ApiKey::CONSUMER_GROUP_DESCRIBE)
        .cap_api(ApiKey::LIST_GROUPS, 3)
        .cap_api(ApiKey::OFFSET_FETCH, 7)
        .cap_api(ApiKey::FIND_COORDINATOR, 3);
    let cluster = cluster.start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    admin
        .create_topic(NewTopic::new("a").partitions(2))
        .await
        .unwrap();
    for group in ["one", "other"] {
        assert!(cluster.create_group(group, Kind::Classic));
    }
    // States and kinds cannot be asked for; what is not told does not count as wanted.
    let all = admin
        .list_consumer_groups()
        .await
        .unwrap()
        .merged()
        .unwrap();
    assert_eq!(all.len(), 2);
    assert!(
        all.iter()
            .all(|one| one.state.is_none() && one.group_type == GroupType::Classic)
    );
    let empty = admin
        .list_groups()
        .states([GroupState::Empty])
        .await
        .unwrap();
    assert_eq!(empty.merged().unwrap(), []);
    let described = admin
        .describe_consumer_groups(["one", "other"])
        .await
        .all()
        .unwrap();
    assert_eq!(described.len(), 2);

    let key = |partition| TopicPartition::new("a", partition);
    admin
        .alter_consumer_group_offsets("one", [(key(0), 7)])
        .await
        .all()
        .unwrap();
    let some = GroupOffsets::of("one").only([key(0), key(1)]);
    let mut listed = admin
        .list_consumer_group_offsets([some, "other".into()])
        .await
        .all()
        .unwrap();
    let one = listed.remove("one").unwrap().all().unwrap();
    assert_eq!(
        (&one[&key(0)], &one[&key(1)]),
        (&Some(CommittedOffset::new(7)), &None)
    );
    assert!(listed["other"].is_empty());
    client.close().await;
}
