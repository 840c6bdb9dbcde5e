//! Groups and their offsets.

use milena::TopicPartition;
use milena::admin::{CommittedOffset, GroupMember, GroupOffsets, GroupState, GroupType, NewTopic};
use milena::wire::error_code::ErrorCode;
use milena_broker::{ApiKey, Coordination, GroupType as Kind};

use super::{client, code, nodes, three};

#[tokio::test(start_paused = true)]
async fn groups_are_described_by_their_coordinators() {
    let cluster = three().start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    let kinds = [
        ("classic", Kind::Classic),
        ("consumer", Kind::Consumer),
        ("share", Kind::Share),
        ("streams", Kind::Streams),
    ];
    for ((id, kind), node) in kinds.into_iter().zip([1, 2, 3, 1]) {
        assert!(cluster.create_group(id, kind));
        cluster
            .move_coordinator(Coordination::Group, id, node)
            .unwrap();
    }
    let log = cluster.log_requests();
    let by_broker = admin.list_groups().await.unwrap();
    assert_eq!(nodes(&log, ApiKey::LIST_GROUPS), [1, 2, 3]);
    assert_eq!(by_broker.len(), 3);
    let mut listed = by_broker.merged().unwrap();
    listed.sort_by(|one, other| one.group_id.cmp(&other.group_id));
    let found: Vec<_> = listed
        .iter()
        .map(|one| (one.group_id.as_str(), one.group_type.clone()))
        .collect();
    let expected = [
        ("classic", GroupType::Classic),
        ("consumer", GroupType::Consumer),
        ("share", GroupType::Share),
        ("streams", GroupType::Streams),
    ];
    assert_eq!(found, expected);
    let consumers = admin
        .list_consumer_groups()
        .await
        .unwrap()
        .merged()
        .unwrap();
    assert_eq!(consumers.len(), 2);
    let empty = admin
        .list_groups()
        .states([GroupState::Empty])
        .types([GroupType::Share]);
    assert_eq!(empty.await.unwrap().merged().unwrap().len(), 1);
    let stable = admin
        .list_groups()
        .states([GroupState::Stable])
        .await
        .unwrap();
    assert_eq!(stable.merged().unwrap(), []);

    let mut described = admin
        .describe_consumer_groups(["classic", "consumer", "missing"])
        .await;
    assert_eq!(
        code(described.take("missing").unwrap()),
        ErrorCode::GROUP_ID_NOT_FOUND
    );
    let described = described.all().unwrap();
    assert_eq!(
        (
            &described["classic"].group_type,
            described["classic"].coordinator
        ),
        (&GroupType::Classic, 1)
    );
    assert_eq!(
        (
            &described["consumer"].group_type,
            described["consumer"].coordinator
        ),
        (&GroupType::Consumer, 2)
    );
    let share = admin.describe_share_groups(["share", "classic"]).await;
    assert_eq!(share.successes().next().unwrap().1.coordinator, 3);
    assert_eq!(share.failures().count(), 1);
    let streams = admin
        .describe_streams_groups(["streams"])
        .await
        .all()
        .unwrap();
    assert_eq!(streams["streams"].coordinator, 1);
    let classic = admin
        .describe_classic_groups(["classic"])
        .await
        .all()
        .unwrap();
    assert_eq!(classic["classic"].state, GroupState::Empty);

    let nobody = [GroupMember::Id("nobody".into())];
    let removed = admin
        .remove_members_from_consumer_group("classic", nobody)
        .await;
    if let Ok(removed) = removed {
        assert_eq!(code(removed.all()), ErrorCode::UNKNOWN_MEMBER_ID);
    }
    let mut deleted = admin
        .delete_groups(["classic", "consumer", "share", "missing"])
        .await;
    assert_eq!(
        code(deleted.take("missing").unwrap()),
        ErrorCode::GROUP_ID_NOT_FOUND
    );
    assert_eq!(deleted.all().unwrap().len(), 3);
    admin.delete_group("streams").await.unwrap();
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn offsets_are_set_told_and_deleted() {
    let cluster = three().start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    admin
        .create_topic(NewTopic::new("a").partitions(3))
        .await
        .unwrap();
    for (group, node) in [("one", 1), ("other", 2)] {
        cluster
            .move_coordinator(Coordination::Group, group, node)
            .unwrap();
    }
    let key = |partition| TopicPartition::new("a", partition);
    let noted = CommittedOffset::new(7).metadata("a note");
    let offsets = [(key(0), noted.clone()), (key(1), CommittedOffset::new(9))];
    admin
        .alter_consumer_group_offsets("one", offsets)
        .await
        .all()
        .unwrap();
    admin
        .alter_consumer_group_offsets("other", [(key(2), 5)])
        .await
        .all()
        .unwrap();

    let log = cluster.log_requests();
    let some = GroupOffsets::of("one").only([key(0), key(2)]);
    let listed = admin
        .list_consumer_group_offsets([some, "other".into()])
        .await;
    assert_eq!(nodes(&log, ApiKey::OFFSET_FETCH), [1, 2]);
    let mut listed = listed.all().unwrap();
    let one = listed.remove("one").unwrap().all().unwrap();
    assert_eq!((&one[&key(0)], &one[&key(2)]), (&Some(noted), &None));
    let other = listed.remove("other").unwrap().all().unwrap();
    assert_eq!(other[&key(2)].as_ref().unwrap().offset, 5);

    admin
        .delete_consumer_group_offsets("one", [key(1)])
        .await
        .all()
        .unwrap();
    assert_eq!(admin.consumer_group_offsets("one").await.unwrap().len(), 1);
    let refused = admin
        .delete_consumer_group_offsets("missing", [key(0), key(1)])
        .await;
    assert_eq!(refused.failures().count(), 2);
    assert_eq!(code(refused.all()), ErrorCode::GROUP_ID_NOT_FOUND);
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn share_groups_have_offsets_of_their_own() {
    let cluster = three().start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    admin
        .create_topic(NewTopic::new("a").partitions(2))
        .await
        .unwrap();
    assert!(cluster.create_group("g", Kind::Share));
    let key = |partition| TopicPartition::new("a", partition);
    admin
        .alter_share_group_offsets("g", [(key(0), 3)])
        .await
        .all()
        .unwrap();
    let some = GroupOffsets::of("g").only([key(0), key(1)]);
    let mut listed = admin.list_share_group_offsets([some]).await.all().unwrap();
    let listed = listed.remove("g").unwrap().all().unwrap();
    assert_eq!(listed[&key(0)].as_ref().unwrap().start_offset, 3);
    let mut deleted = admin
        .delete_share_group_offsets("g", ["a", "missing"])
        .await;
    assert_eq!(
        code(deleted.take("missing").unwrap()),
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
    );
    deleted.all().unwrap();
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn groups_of_each_kind_go() {
    let cluster = three().start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    admin.create_topic(NewTopic::new("a")).await.unwrap();
    let key = TopicPartition::new("a", 0);
    let offsets = [(key.clone(), 5)];
    let altered = admin.alter_streams_group_offsets("plain", offsets).await;
    altered.all().unwrap();
    let listed = admin.list_streams_group_offsets(["plain"]).await;
    let mut listed = listed.all().unwrap();
    let listed = listed.remove("plain").unwrap().all().unwrap();
    assert_eq!(listed[&key].as_ref().unwrap().offset, 5);
    let deleted = admin.delete_streams_group_offsets("plain", [key]).await;
    deleted.all().unwrap();
    let left = admin.consumer_group_offsets("plain").await.unwrap();
    assert!(left.is_empty());

    for (id, kind) in [
        ("classic", Kind::Classic),
        ("consumer", Kind::Consumer),
        ("share", Kind::Share),
        ("streams", Kind::Streams),
    ] {
        assert!(cluster.create_group(id, kind));
    }
    for group in ["classic", "consumer"] {
        let removed = admin.remove_all_members_from_consumer_group(group);
        assert!(removed.reason("maintenance").await.unwrap().is_empty());
    }
    let refused = admin.remove_all_members_from_consumer_group("share").await;
    assert_eq!(code(refused), ErrorCode::GROUP_ID_NOT_FOUND);
    let consumer = admin.delete_consumer_groups(["classic", "consumer"]).await;
    let share = admin.delete_share_groups(["share"]).await;
    let streams = admin.delete_streams_groups(["streams"]).await;
    for deleted in [consumer, share, streams] {
        deleted.all().unwrap();
    }
    let left = admin.list_groups().await.unwrap().merged().unwrap();
    assert!(left.iter().all(|one| one.group_id == "plain"), "{left:?}");
    client.close().await;
}
