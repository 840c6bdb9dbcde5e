//! Groups without members: their offsets, and what admin clients ask of them.

use milena_broker::{Action, ApiKey, Cluster, Fault, GroupType};
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::consumer_group_describe::ConsumerGroupDescribeRequest;
use milena_wire::messages::delete_groups::DeleteGroupsRequest;
use milena_wire::messages::delete_topics::DeleteTopicsRequest;
use milena_wire::messages::describe_groups::DescribeGroupsRequest;
use milena_wire::messages::list_groups::ListGroupsRequest;
use milena_wire::messages::metadata::MetadataResponseTopic;
use milena_wire::messages::offset_commit::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use milena_wire::messages::offset_delete::{
    OffsetDeleteRequest, OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};
use milena_wire::messages::offset_fetch::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use milena_wire::messages::share_group_describe::ShareGroupDescribeRequest;
use milena_wire::messages::streams_group_describe::StreamsGroupDescribeRequest;

use crate::client::{Client, no_topic};

/// `offset` for partition 0, in the terms of a version.
fn commit(
    group: &str,
    topic: &MetadataResponseTopic,
    offset: i64,
    version: i16,
) -> OffsetCommitRequest {
    let mut partition = OffsetCommitRequestPartition::default();
    partition.committed_offset = offset;
    partition.committed_leader_epoch = 4;
    partition.committed_metadata = Some("note".into());
    let mut asked = OffsetCommitRequestTopic::default();
    if version >= 10 {
        asked.topic_id = topic.topic_id;
    } else {
        asked.name = topic.name.clone().unwrap();
    }
    asked.partitions = vec![partition];
    let mut request = OffsetCommitRequest::default();
    request.group_id = group.into();
    request.topics = vec![asked];
    request
}

async fn committed(client: &mut Client, request: &OffsetCommitRequest, version: i16) -> ErrorCode {
    let response = client.call(request, version).await;
    assert_eq!(response.topics.len(), 1);
    response.topics[0].partitions[0].error_code
}

/// For one group: these partitions of a topic, or all there are.
fn fetch(
    group: &str,
    topic: Option<(&MetadataResponseTopic, &[i32])>,
    version: i16,
) -> OffsetFetchRequest {
    let mut request = OffsetFetchRequest::default();
    if version < 8 {
        request.group_id = group.into();
        request.topics = topic.map(|(topic, partitions)| {
            let mut asked = OffsetFetchRequestTopic::default();
            asked.name = topic.name.clone().unwrap();
            asked.partition_indexes = partitions.into();
            vec![asked]
        });
        return request;
    }
    let mut asked_group = OffsetFetchRequestGroup::default();
    asked_group.group_id = group.into();
    asked_group.topics = topic.map(|(topic, partitions)| {
        let mut asked = OffsetFetchRequestTopics::default();
        asked.name = topic.name.clone().unwrap();
        asked.topic_id = topic.topic_id;
        asked.partition_indexes = partitions.into();
        vec![asked]
    });
    request.groups = vec![asked_group];
    request
}

/// Offset, epoch, metadata and error of each partition; and the error of the group.
async fn fetched(
    client: &mut Client,
    request: &OffsetFetchRequest,
    version: i16,
) -> (Vec<(i64, i32, String, ErrorCode)>, ErrorCode) {
    let response = client.call(request, version).await;
    if version < 8 {
        let partitions = response.topics.iter().flat_map(|topic| &topic.partitions);
        let partitions = partitions.map(|one| {
            let metadata = one.metadata.clone().unwrap().to_string();
            (
                one.committed_offset,
                one.committed_leader_epoch,
                metadata,
                one.error_code,
            )
        });
        return (partitions.collect(), response.error_code);
    }
    assert_eq!(response.groups.len(), 1);
    let group = &response.groups[0];
    let partitions = group.topics.iter().flat_map(|topic| &topic.partitions);
    let partitions = partitions.map(|one| {
        let metadata = one.metadata.clone().unwrap().to_string();
        (
            one.committed_offset,
            one.committed_leader_epoch,
            metadata,
            one.error_code,
        )
    });
    (partitions.collect(), group.error_code)
}

#[tokio::test]
async fn every_version_commits_and_fetches() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("t", 2).await;
    for version in 0..=10 {
        let offset = 100 + i64::from(version);
        let request = commit("g", &topic, offset, version);
        assert_eq!(
            committed(&mut client, &request, version).await,
            ErrorCode::NONE
        );
        for fetch_version in 0..=10 {
            let epoch = if version >= 6 && fetch_version >= 5 {
                4
            } else {
                -1
            };
            let none = match fetch_version {
                0 => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
                _ => ErrorCode::NONE,
            };
            let request = fetch("g", Some((&topic, &[0, 1])), fetch_version);
            let (partitions, code) = fetched(&mut client, &request, fetch_version).await;
            assert_eq!(code, ErrorCode::NONE);
            assert_eq!(
                partitions,
                [
                    (offset, epoch, "note".to_owned(), ErrorCode::NONE),
                    (-1, -1, String::new(), none)
                ]
            );
            if fetch_version >= 2 {
                let all = fetch("g", None, fetch_version);
                let (partitions, _) = fetched(&mut client, &all, fetch_version).await;
                assert_eq!(partitions.len(), 1);
                assert_eq!(partitions[0].0, offset);
            }
        }
    }
    let (partitions, code) = fetched(&mut client, &fetch("none", None, 9), 9).await;
    assert_eq!((partitions.len(), code), (0, ErrorCode::NONE));
}

#[tokio::test]
async fn what_cannot_be_committed_or_fetched_is_told_for_each_partition() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("t", 1).await;
    let nowhere = no_topic();
    for (version, code) in [
        (9, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        (10, ErrorCode::UNKNOWN_TOPIC_ID),
    ] {
        let request = commit("g", &nowhere, 1, version);
        assert_eq!(committed(&mut client, &request, version).await, code);
    }
    let mut request = commit("g", &topic, 1, 9);
    let mut other = request.topics[0].partitions[0].clone();
    request.topics[0].partitions[0].committed_metadata = Some("x".repeat(4097).into());
    other.partition_index = 9;
    request.topics[0].partitions.push(other);
    let response = client.call(&request, 9).await;
    let partitions = &response.topics[0].partitions;
    let codes: Vec<_> = partitions.iter().map(|one| one.error_code).collect();
    assert_eq!(
        codes,
        [
            ErrorCode::OFFSET_METADATA_TOO_LARGE,
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
        ]
    );
    let request = fetch("g", Some((&nowhere, &[0])), 10);
    let (partitions, code) = fetched(&mut client, &request, 10).await;
    assert_eq!(code, ErrorCode::NONE);
    assert_eq!(partitions[0].3, ErrorCode::UNKNOWN_TOPIC_ID);

    // Who claims to be a member, where nobody is.
    let mut request = commit("new", &topic, 1, 9);
    request.generation_id_or_member_epoch = 3;
    request.member_id = "me".into();
    assert_eq!(
        committed(&mut client, &request, 8).await,
        ErrorCode::ILLEGAL_GENERATION
    );
    assert_eq!(
        committed(&mut client, &request, 9).await,
        ErrorCode::GROUP_ID_NOT_FOUND
    );
    assert_eq!(
        committed(&mut client, &commit("new", &topic, 1, 9), 9).await,
        ErrorCode::NONE
    );
    assert_eq!(
        committed(&mut client, &request, 9).await,
        ErrorCode::UNKNOWN_MEMBER_ID
    );
}

#[tokio::test]
async fn offsets_are_deleted_alone_with_their_group_and_with_their_topic() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("t", 2).await;
    client.call(&commit("g", &topic, 5, 9), 9).await;
    let mut asked = OffsetDeleteRequestTopic::default();
    asked.name = "t".into();
    asked.partitions = [0, 1, 9]
        .map(|index| {
            let mut partition = OffsetDeleteRequestPartition::default();
            partition.partition_index = index;
            partition
        })
        .to_vec();
    let mut request = OffsetDeleteRequest::default();
    request.group_id = "g".into();
    request.topics = vec![asked];
    let response = client.call(&request, 0).await;
    let partitions = response.topics[0].partitions.iter();
    let codes: Vec<_> = partitions.map(|one| one.error_code).collect();
    assert_eq!(
        codes,
        [
            ErrorCode::NONE,
            ErrorCode::NONE,
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
        ]
    );
    assert!(
        fetched(&mut client, &fetch("g", None, 9), 9)
            .await
            .0
            .is_empty()
    );
    for (group, code) in [
        ("none", ErrorCode::GROUP_ID_NOT_FOUND),
        ("", ErrorCode::INVALID_GROUP_ID),
    ] {
        request.group_id = group.into();
        let response = client.call(&request, 0).await;
        assert_eq!((response.error_code, response.topics.len()), (code, 0));
    }

    client.call(&commit("g", &topic, 5, 9), 9).await;
    let mut delete = DeleteTopicsRequest::default();
    delete.topic_names = vec!["t".into()];
    client.call(&delete, 5).await;
    client.create_topic("t", 1).await;
    assert!(
        fetched(&mut client, &fetch("g", None, 9), 9)
            .await
            .0
            .is_empty()
    );

    let mut request = DeleteGroupsRequest::default();
    request.groups_names = vec!["g".into(), "none".into(), "g".into()];
    for (version, first) in [
        (0, ErrorCode::NONE),
        (1, ErrorCode::GROUP_ID_NOT_FOUND),
        (2, ErrorCode::GROUP_ID_NOT_FOUND),
    ] {
        let response = client.call(&request, version).await;
        let results = response.results.iter();
        let results: Vec<_> = results
            .map(|one| (&*one.group_id, one.error_code))
            .collect();
        assert_eq!(
            results,
            [("g", first), ("none", ErrorCode::GROUP_ID_NOT_FOUND)]
        );
    }
}

#[tokio::test]
async fn groups_are_listed_by_state_and_type() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("t", 1).await;
    client.call(&commit("simple", &topic, 5, 9), 9).await;
    assert!(cluster.create_group("new", GroupType::Consumer));
    assert!(!cluster.create_group("new", GroupType::Share));
    for version in 0..=5 {
        let response = client.call(&ListGroupsRequest::default(), version).await;
        let groups = response.groups.iter();
        let groups: Vec<_> = groups
            .map(|one| {
                (
                    &*one.group_id,
                    &*one.protocol_type,
                    &*one.group_state,
                    &*one.group_type,
                )
            })
            .collect();
        let state = if version >= 4 { "Empty" } else { "" };
        let types = if version >= 5 {
            ["consumer", "classic"]
        } else {
            ["", ""]
        };
        assert_eq!(
            groups,
            [
                ("new", "consumer", state, types[0]),
                ("simple", "", state, types[1])
            ]
        );
    }
    for (states, types, expected) in [
        (&["empty"][..], &[][..], &["new", "simple"][..]),
        (&["Stable", "nonsense"], &[], &[]),
        (&[], &["Classic"], &["simple"]),
        (&["Empty"], &["consumer", "share"], &["new"]),
        (&[], &["nonsense"], &[]),
    ] {
        let mut request = ListGroupsRequest::default();
        request.states_filter = states.iter().map(|one| (*one).into()).collect();
        request.types_filter = types.iter().map(|one| (*one).into()).collect();
        let response = client.call(&request, 5).await;
        let groups: Vec<_> = response.groups.iter().map(|one| &*one.group_id).collect();
        assert_eq!(groups, expected, "{states:?} {types:?}");
    }
}

#[tokio::test]
async fn each_type_of_group_is_described_by_its_own_api() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    cluster.create_group("classic", GroupType::Classic);
    cluster.create_group("consumer", GroupType::Consumer);
    cluster.create_group("share", GroupType::Share);
    cluster.create_group("streams", GroupType::Streams);
    let ids = ["classic", "consumer", "share", "streams", "none"];
    let ids: Vec<bytestring::ByteString> = ids.map(Into::into).to_vec();
    let expected = |group_type: &str| {
        let ids = ["classic", "consumer", "share", "streams"].map(|id| {
            let other = format!("Group {id} is not a {group_type} group.");
            (id != group_type).then_some(other)
        });
        let mut all = ids.to_vec();
        all.push(Some("Group none not found.".to_owned()));
        all
    };
    let message =
        |message: &Option<bytestring::ByteString>| message.as_ref().map(ToString::to_string);
    for version in 0..=6 {
        let mut request = DescribeGroupsRequest::default();
        request.groups = ids.clone();
        request.include_authorized_operations = version >= 3;
        let groups = client.call(&request, version).await.groups;
        let operations = if version >= 3 { 3400 } else { i32::MIN };
        assert_eq!(
            (&*groups[0].group_state, groups[0].authorized_operations),
            ("Empty", operations)
        );
        assert!(groups[1..].iter().all(|one| &*one.group_state == "Dead"));
        let code = if version >= 6 {
            ErrorCode::GROUP_ID_NOT_FOUND
        } else {
            ErrorCode::NONE
        };
        assert!(groups[1..].iter().all(|one| one.error_code == code));
        if version >= 6 {
            let messages: Vec<_> = groups
                .iter()
                .map(|one| message(&one.error_message))
                .collect();
            assert_eq!(messages, expected("classic"));
        }
    }
    for version in 0..=1 {
        let mut request = ConsumerGroupDescribeRequest::default();
        request.group_ids = ids.clone();
        let groups = client.call(&request, version).await.groups;
        let messages: Vec<_> = groups
            .iter()
            .map(|one| message(&one.error_message))
            .collect();
        assert_eq!(messages, expected("consumer"));
        assert_eq!(
            (&*groups[1].group_state, &*groups[1].assignor_name),
            ("Empty", "uniform")
        );
    }
    let mut request = ShareGroupDescribeRequest::default();
    request.group_ids = ids.clone();
    let groups = client.call(&request, 1).await.groups;
    let messages: Vec<_> = groups
        .iter()
        .map(|one| message(&one.error_message))
        .collect();
    assert_eq!(messages, expected("share"));
    assert_eq!(&*groups[2].group_state, "Empty");
    let mut request = StreamsGroupDescribeRequest::default();
    request.group_ids = ids.clone();
    let groups = client.call(&request, 0).await.groups;
    let messages: Vec<_> = groups
        .iter()
        .map(|one| message(&one.error_message))
        .collect();
    assert_eq!(messages, expected("streams"));
    assert_eq!(&*groups[3].group_state, "Empty");
}

#[tokio::test]
async fn only_the_coordinator_answers() {
    let cluster = Cluster::builder().nodes(3).start().await.unwrap();
    let mut clients = Vec::new();
    for node in 1..=3 {
        clients.push(Client::connect(&cluster, node).await);
    }
    let topic = clients[0].create_topic("t", 1).await;
    let mut coordinators = std::collections::BTreeSet::new();
    for group in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        let mut codes = Vec::new();
        for client in &mut clients {
            codes.push(committed(client, &commit(group, &topic, 1, 9), 9).await);
        }
        let place = codes.iter().position(|code| code.is_ok()).unwrap();
        coordinators.insert(place);
        for (node, client) in clients.iter_mut().enumerate() {
            let code = if node == place {
                ErrorCode::NONE
            } else {
                ErrorCode::NOT_COORDINATOR
            };
            assert_eq!(codes[node], code);
            assert_eq!(fetched(client, &fetch(group, None, 9), 9).await.1, code);
            assert_eq!(fetched(client, &fetch(group, None, 7), 7).await.1, code);
            let mut request = DescribeGroupsRequest::default();
            request.groups = vec![group.into()];
            assert_eq!(client.call(&request, 6).await.groups[0].error_code, code);
            let listed = client.call(&ListGroupsRequest::default(), 5).await.groups;
            assert_eq!(listed.iter().any(|one| one.group_id == group), code.is_ok());
        }
    }
    assert!(coordinators.len() > 1, "{coordinators:?}");
}

#[tokio::test]
async fn all_of_it_can_be_made_to_fail() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("t", 1).await;
    let code = ErrorCode::COORDINATOR_LOAD_IN_PROGRESS;
    let keys = [
        ApiKey::OFFSET_COMMIT,
        ApiKey::OFFSET_FETCH,
        ApiKey::OFFSET_DELETE,
        ApiKey::DELETE_GROUPS,
        ApiKey::LIST_GROUPS,
        ApiKey::DESCRIBE_GROUPS,
        ApiKey::CONSUMER_GROUP_DESCRIBE,
        ApiKey::SHARE_GROUP_DESCRIBE,
        ApiKey::STREAMS_GROUP_DESCRIBE,
    ];
    let _faults = keys.map(|key| cluster.inject(Fault::on(key, Action::Error(code))));
    for version in [0, 9, 10] {
        let request = commit("g", &topic, 1, version);
        assert_eq!(committed(&mut client, &request, version).await, code);
    }
    for version in [0, 1] {
        let request = fetch("g", Some((&topic, &[0])), version);
        let (partitions, _) = fetched(&mut client, &request, version).await;
        assert_eq!(partitions[0].3, code);
    }
    for version in [2, 7, 8, 10] {
        assert_eq!(
            fetched(&mut client, &fetch("g", None, version), version)
                .await
                .1,
            code
        );
    }
    let response = client.call(&OffsetDeleteRequest::default(), 0).await;
    assert_eq!(response.error_code, code);
    let mut request = DeleteGroupsRequest::default();
    request.groups_names = vec!["g".into()];
    assert_eq!(client.call(&request, 2).await.results[0].error_code, code);
    let response = client.call(&ListGroupsRequest::default(), 0).await;
    assert_eq!(response.error_code, code);
    let mut request = DescribeGroupsRequest::default();
    request.groups = vec!["g".into()];
    assert_eq!(client.call(&request, 0).await.groups[0].error_code, code);
    let mut request = ConsumerGroupDescribeRequest::default();
    request.group_ids = vec!["g".into()];
    assert_eq!(client.call(&request, 1).await.groups[0].error_code, code);
    let mut request = ShareGroupDescribeRequest::default();
    request.group_ids = vec!["g".into()];
    assert_eq!(client.call(&request, 1).await.groups[0].error_code, code);
    let mut request = StreamsGroupDescribeRequest::default();
    request.group_ids = vec!["g".into()];
    assert_eq!(client.call(&request, 0).await.groups[0].error_code, code);
}

mod share {
    //! Where share groups begin.

    use milena_wire::messages::alter_share_group_offsets::{
        AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsRequestPartition,
        AlterShareGroupOffsetsRequestTopic,
    };
    use milena_wire::messages::delete_share_group_offsets::{
        DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsRequestTopic,
    };
    use milena_wire::messages::describe_share_group_offsets::{
        DescribeShareGroupOffsetsRequest, DescribeShareGroupOffsetsRequestGroup,
        DescribeShareGroupOffsetsRequestTopic,
    };

    use super::*;
    use crate::client::batch;

    fn alter(group: &str, topic: &str, offsets: &[(i32, i64)]) -> AlterShareGroupOffsetsRequest {
        let mut asked = AlterShareGroupOffsetsRequestTopic::default();
        asked.topic_name = topic.into();
        for (index, offset) in offsets {
            let mut partition = AlterShareGroupOffsetsRequestPartition::default();
            partition.partition_index = *index;
            partition.start_offset = *offset;
            asked.partitions.push(partition);
        }
        let mut request = AlterShareGroupOffsetsRequest::default();
        request.group_id = group.into();
        request.topics = vec![asked];
        request
    }

    fn describe(group: &str, topic: Option<&str>) -> DescribeShareGroupOffsetsRequest {
        let mut asked = DescribeShareGroupOffsetsRequestGroup::default();
        asked.group_id = group.into();
        asked.topics = topic.map(|name| {
            let mut topic = DescribeShareGroupOffsetsRequestTopic::default();
            topic.topic_name = name.into();
            topic.partitions = [0, 1][..].into();
            vec![topic]
        });
        let mut request = DescribeShareGroupOffsetsRequest::default();
        request.groups = vec![asked];
        request
    }

    fn delete(group: &str, topics: &[&str]) -> DeleteShareGroupOffsetsRequest {
        let mut request = DeleteShareGroupOffsetsRequest::default();
        request.group_id = group.into();
        for name in topics {
            let mut topic = DeleteShareGroupOffsetsRequestTopic::default();
            topic.topic_name = (*name).into();
            request.topics.push(topic);
        }
        request
    }

    #[tokio::test]
    async fn it_is_said_told_and_forgotten() {
        let cluster = Cluster::builder().start().await.unwrap();
        let mut client = Client::connect(&cluster, 1).await;
        let topic = client.create_topic("t", 2).await;
        client.produce(&topic, batch(&["a", "b", "c"]), 13).await;
        let response = client.call(&alter("s", "t", &[(0, 1), (9, 0)]), 0).await;
        assert_eq!(response.error_code, ErrorCode::NONE);
        let partitions = response.responses[0].partitions.iter();
        let codes: Vec<_> = partitions.map(|one| one.error_code).collect();
        assert_eq!(
            codes,
            [ErrorCode::NONE, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION]
        );
        for version in 0..=1 {
            for asked in [Some("t"), None] {
                let mut response = client.call(&describe("s", asked), version).await;
                let told = response.groups.remove(0).topics.remove(0);
                assert_eq!(told.topic_id, topic.topic_id);
                let first = &told.partitions[0];
                let lag = if version >= 1 { 2 } else { -1 };
                assert_eq!((first.start_offset, first.lag), (1, lag));
                assert_eq!(told.partitions.len(), if asked.is_some() { 2 } else { 1 });
                assert!(
                    told.partitions[1..]
                        .iter()
                        .all(|one| one.start_offset == -1)
                );
            }
        }
        client.create_topic("u", 1).await;
        let response = client.call(&delete("s", &["t", "u", "none"]), 0).await;
        let results = response.responses.iter();
        let results: Vec<_> = results
            .map(|one| (one.topic_id.is_nil(), one.error_message.as_deref()))
            .collect();
        assert_eq!(
            results,
            [
                (false, None),
                (true, Some("There is no offset information to delete.")),
                (
                    true,
                    Some("This server does not host this topic-partition.")
                )
            ]
        );
        let response = client.call(&describe("s", None), 1).await;
        assert!(response.groups[0].topics.is_empty());
    }

    #[tokio::test]
    async fn other_groups_have_none_of_it() {
        let cluster = Cluster::builder().nodes(2).start().await.unwrap();
        let mut client = Client::connect(&cluster, 1).await;
        let mut other = Client::connect(&cluster, 2).await;
        client.create_topic("t", 1).await;
        cluster.create_group("c", GroupType::Classic);
        let response = client.call(&alter("c", "t", &[(0, 1)]), 0).await;
        if response.error_code == ErrorCode::NOT_COORDINATOR {
            std::mem::swap(&mut client, &mut other);
        }
        let elsewhere = other.call(&describe("c", None), 1).await;
        assert_eq!(elsewhere.groups[0].error_code, ErrorCode::NOT_COORDINATOR);
        let elsewhere = other.call(&delete("c", &["t"]), 0).await;
        assert_eq!(elsewhere.error_code, ErrorCode::NOT_COORDINATOR);
        let response = client.call(&alter("c", "t", &[(0, 1)]), 0).await;
        assert_eq!(response.error_code, ErrorCode::GROUP_ID_NOT_FOUND);
        assert_eq!(
            response.error_message.as_deref(),
            Some("Group c is not a share group.")
        );
        let response = client.call(&delete("c", &["t"]), 0).await;
        assert_eq!(
            response.error_message.as_deref(),
            Some("Group c is not a share group.")
        );
        let response = client.call(&describe("c", Some("t")), 1).await;
        assert_eq!(response.groups[0].topics[0].partitions[0].start_offset, -1);
    }

    #[tokio::test]
    async fn it_can_be_made_to_fail() {
        let cluster = Cluster::builder().start().await.unwrap();
        let mut client = Client::connect(&cluster, 1).await;
        let code = ErrorCode::COORDINATOR_NOT_AVAILABLE;
        let keys = [
            ApiKey::ALTER_SHARE_GROUP_OFFSETS,
            ApiKey::DESCRIBE_SHARE_GROUP_OFFSETS,
            ApiKey::DELETE_SHARE_GROUP_OFFSETS,
        ];
        let _faults = keys.map(|key| cluster.inject(Fault::on(key, Action::Error(code))));
        assert_eq!(client.call(&alter("s", "t", &[]), 0).await.error_code, code);
        let response = client.call(&describe("s", None), 0).await;
        assert_eq!(response.groups[0].error_code, code);
        assert_eq!(client.call(&delete("s", &[]), 0).await.error_code, code);
    }
}
