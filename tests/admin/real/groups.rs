//! Groups of every kind, and their offsets.

use std::collections::BTreeSet;

use milena::TopicPartition;
use milena::admin::{
    Admin, CommittedOffset, ConfigChange, ConfigResource, GroupMember, GroupOffsets, GroupState,
    GroupType,
};
use milena::wire::error_code::ErrorCode;

use super::members::{classic, consumer, leave, share, streams};
use super::topics::write;
use super::{client, code, topic, unique, until};

async fn kinds(admin: &Admin, group: &str) -> Option<(GroupType, Option<GroupState>)> {
    let listed = admin.list_groups().await.unwrap().merged().unwrap();
    let found = listed.into_iter().find(|one| one.group_id == group)?;
    Some((found.group_type, found.state))
}

#[tokio::test]
#[ignore = "asks a real cluster"]
async fn classic_groups() {
    let client = client().await;
    let admin = client.admin();
    let topic = topic(&admin, "classic").await;
    let group = unique("classic");
    let member = classic(&client, &group, &topic, None).await;

    assert_eq!(
        kinds(&admin, &group).await,
        Some((GroupType::Classic, Some(GroupState::Stable)))
    );
    let only = admin
        .list_groups()
        .states([GroupState::Stable])
        .types([GroupType::Classic]);
    let only = only.await.unwrap().merged().unwrap();
    assert!(
        only.iter()
            .any(|one| one.group_id == group && one.protocol_type == "consumer")
    );
    let others = admin
        .list_groups()
        .types([GroupType::Share])
        .await
        .unwrap()
        .merged()
        .unwrap();
    assert!(others.iter().all(|one| one.group_id != group));

    let described = admin.describe_consumer_groups([&*group, "nothing-here"]);
    let mut described = described.include_authorized_operations(true).await;
    assert_eq!(
        code(described.take("nothing-here").unwrap()),
        ErrorCode::GROUP_ID_NOT_FOUND
    );
    let one = described.take(&*group).unwrap().unwrap();
    assert_eq!(
        (one.group_type, one.assignor.as_str()),
        (GroupType::Classic, "range")
    );
    let partitions = [0, 2].map(|partition| TopicPartition::new(&*topic, partition));
    assert_eq!(one.members[0].assignment, BTreeSet::from(partitions));
    assert!(one.authorized_operations.unwrap().len() > 2);
    assert_eq!(
        admin
            .describe_consumer_group(&*group)
            .await
            .unwrap()
            .members[0]
            .member_id,
        member
    );
    let classic_groups = admin
        .describe_classic_groups([&*group])
        .await
        .all()
        .unwrap();
    assert_eq!(classic_groups[&group].protocol_type, "consumer");
    assert!(!classic_groups[&group].members[0].assignment.is_empty());
    // Who has members is not deleted.
    assert_eq!(
        code(admin.delete_group(&*group).await),
        ErrorCode::NON_EMPTY_GROUP
    );

    let members = [GroupMember::Id(member), GroupMember::Id("nobody".into())];
    let removed = admin.remove_members_from_consumer_group(&*group, members);
    let mut removed = removed.reason("a test").await.unwrap();
    let nobody = removed.take(&GroupMember::Id("nobody".into())).unwrap();
    assert_eq!(code(nobody), ErrorCode::UNKNOWN_MEMBER_ID);
    removed.all().unwrap();
    classic(&client, &group, &topic, Some("instance")).await;
    let removed = admin
        .remove_all_members_from_consumer_group(&*group)
        .await
        .unwrap();
    let removed: Vec<_> = removed.all().unwrap().into_keys().collect();
    assert_eq!(removed, [GroupMember::Instance("instance".into())]);
    until("the group is empty", || async {
        kinds(&admin, &group).await == Some((GroupType::Classic, Some(GroupState::Empty)))
    })
    .await;
    admin.delete_group(&*group).await.unwrap();
    let mut again = admin.delete_groups([&*group]).await;
    assert_eq!(
        code(again.take(&*group).unwrap()),
        ErrorCode::GROUP_ID_NOT_FOUND
    );
    admin.delete_topic(topic).await.unwrap();
}

#[tokio::test]
#[ignore = "asks a real cluster"]
async fn groups_of_consumers_and_their_offsets() {
    let client = client().await;
    let admin = client.admin();
    let topic = topic(&admin, "offsets").await;
    let (group, other) = (unique("offsets"), unique("other"));
    let key = |partition| TopicPartition::new(&*topic, partition);

    // Offsets make a group.
    let offsets = [
        (
            key(0),
            CommittedOffset::new(7).metadata("a note").leader_epoch(0),
        ),
        (key(1), CommittedOffset::new(9)),
        (
            TopicPartition::new("nothing-here", 0),
            CommittedOffset::new(1),
        ),
    ];
    let altered = admin.alter_consumer_group_offsets(&*group, offsets);
    let mut altered = altered.deadline(std::time::Duration::from_secs(3)).await;
    let unknown = altered
        .take(&TopicPartition::new("nothing-here", 0))
        .unwrap();
    assert_eq!(code(unknown), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    altered.all().unwrap();
    admin
        .alter_streams_group_offsets(&*other, [(key(2), 5)])
        .await
        .all()
        .unwrap();

    let some = GroupOffsets::of(&*group).only([key(0), key(2)]);
    let listed = admin.list_consumer_group_offsets([some, GroupOffsets::of(&*other)]);
    let mut listed = listed.require_stable(true).await.all().unwrap();
    let of_group = listed.remove(&group).unwrap().all().unwrap();
    let noted = CommittedOffset::new(7).metadata("a note").leader_epoch(0);
    assert_eq!(of_group[&key(0)], Some(noted));
    assert_eq!(of_group[&key(2)], None);
    let of_other = listed.remove(&other).unwrap().all().unwrap();
    assert_eq!(
        of_other.into_iter().collect::<Vec<_>>(),
        [(key(2), Some(CommittedOffset::new(5)))]
    );
    let all = admin.consumer_group_offsets(&*group).await.unwrap();
    assert_eq!(all.len(), 2);
    let streams = admin
        .list_streams_group_offsets([&*other])
        .await
        .all()
        .unwrap();
    assert_eq!(streams[&other].len(), 1);

    let gone = [key(1), TopicPartition::new("nothing-here", 0)];
    let mut deleted = admin.delete_consumer_group_offsets(&*group, gone).await;
    let unknown = deleted
        .take(&TopicPartition::new("nothing-here", 0))
        .unwrap();
    assert_eq!(code(unknown), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    deleted.all().unwrap();
    let left = admin.consumer_group_offsets(&*group).await.unwrap();
    assert_eq!(
        left.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>(),
        [key(0)]
    );
    admin
        .delete_streams_group_offsets(&*other, [key(2)])
        .await
        .all()
        .unwrap();

    // A member makes it a group of KIP-848.
    let (member, _) = consumer(&client, &group, &topic).await;
    let described = admin
        .describe_consumer_groups([&*group])
        .await
        .all()
        .unwrap();
    assert_eq!(described[&group].group_type, GroupType::Consumer);
    assert_eq!(described[&group].members[0].member_id, member);
    assert_eq!(described[&group].members[0].is_classic, Some(false));
    assert!(described[&group].group_epoch.is_some());
    let consumers = admin
        .list_consumer_groups()
        .await
        .unwrap()
        .merged()
        .unwrap();
    let listed = consumers.iter().find(|one| one.group_id == group).unwrap();
    assert_eq!(listed.group_type, GroupType::Consumer);
    let refused = admin
        .alter_consumer_group_offsets(&*group, [(key(0), 1)])
        .await;
    assert_eq!(code(refused.all()), ErrorCode::UNKNOWN_MEMBER_ID);
    let refused = admin.delete_consumer_group_offsets(&*group, [key(0)]).await;
    assert_eq!(code(refused.all()), ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC);
    leave(&client, &group, &member).await;
    admin.delete_consumer_groups([&*group]).await.all().unwrap();
    admin.delete_topic(topic).await.unwrap();
}

#[tokio::test]
#[ignore = "asks a real cluster"]
async fn share_groups() {
    let client = client().await;
    let admin = client.admin();
    let topic = topic(&admin, "shared").await;
    let group = unique("shared");
    let changes = vec![("share.auto.offset.reset", ConfigChange::set("earliest"))];
    let configs = [(ConfigResource::group(&*group), changes)];
    admin
        .incremental_alter_configs(configs)
        .await
        .all()
        .unwrap();
    write(&client, &topic, &[1, 2, 3]).await;
    // Ids of these members are UUIDs, in Kafka's form.
    let member = "AAAAAAAAAAAAAAAAAAAABw";
    share(&client, &group, &topic, member, 0).await;

    assert_eq!(kinds(&admin, &group).await.unwrap().0, GroupType::Share);
    let described = admin.describe_share_groups([&*group, "nothing-here"]);
    let mut described = described.include_authorized_operations(true).await;
    assert_eq!(
        code(described.take("nothing-here").unwrap()),
        ErrorCode::GROUP_ID_NOT_FOUND
    );
    let one = described.take(&*group).unwrap().unwrap();
    assert_eq!(one.members[0].subscribed_topics, [&*topic]);
    assert_eq!(one.members[0].member_id, member);
    let key = |partition| TopicPartition::new(&*topic, partition);
    let refused = admin
        .alter_share_group_offsets(&*group, [(key(0), 1)])
        .await;
    assert_eq!(code(refused.all()), ErrorCode::NON_EMPTY_GROUP);
    share(&client, &group, &topic, member, -1).await;

    until("the group is empty", || async {
        kinds(&admin, &group).await == Some((GroupType::Share, Some(GroupState::Empty)))
    })
    .await;
    let offsets = [(key(0), 2), (TopicPartition::new("nothing-here", 0), 1)];
    let mut altered = admin.alter_share_group_offsets(&*group, offsets).await;
    let unknown = altered
        .take(&TopicPartition::new("nothing-here", 0))
        .unwrap();
    assert_eq!(code(unknown), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    altered.all().unwrap();
    let some = GroupOffsets::of(&*group).only([key(0)]);
    let mut listed = admin.list_share_group_offsets([some]).await.all().unwrap();
    let listed = listed.remove(&group).unwrap().all().unwrap();
    assert_eq!(listed[&key(0)].as_ref().unwrap().start_offset, 2);
    let all = admin
        .list_share_group_offsets([&*group])
        .await
        .all()
        .unwrap();
    assert!(all[&group].get(&key(0)).unwrap().is_ok());

    let mut deleted = admin
        .delete_share_group_offsets(&*group, [&*topic, "nothing-here"])
        .await;
    assert_eq!(
        code(deleted.take("nothing-here").unwrap()),
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
    );
    deleted.all().unwrap();
    admin.delete_share_groups([&*group]).await.all().unwrap();
    admin.delete_topic(topic).await.unwrap();
}

#[tokio::test]
#[ignore = "asks a real cluster"]
async fn groups_of_streams_applications() {
    let client = client().await;
    let admin = client.admin();
    let topic = topic(&admin, "streams").await;
    let (group, member) = (unique("streams"), unique("member"));
    streams(&client, &group, &topic, &member, 0).await;

    assert_eq!(kinds(&admin, &group).await.unwrap().0, GroupType::Streams);
    let described = admin.describe_streams_groups([&*group, "nothing-here"]);
    let mut described = described.include_authorized_operations(true).await;
    assert_eq!(
        code(described.take("nothing-here").unwrap()),
        ErrorCode::GROUP_ID_NOT_FOUND
    );
    let one = described.take(&*group).unwrap().unwrap();
    assert_eq!(one.topology_epoch, Some(1));
    assert_eq!(one.subtopologies[0].source_topics, [&*topic]);
    assert_eq!(
        (&*one.members[0].member_id, &*one.members[0].process_id),
        (&*member, "process")
    );
    streams(&client, &group, &topic, &member, -1).await;
    until("the group is empty", || async {
        kinds(&admin, &group).await == Some((GroupType::Streams, Some(GroupState::Empty)))
    })
    .await;
    admin.delete_streams_groups([&*group]).await.all().unwrap();
    admin.delete_topic(topic).await.unwrap();
}
