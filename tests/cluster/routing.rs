//! Statement 5: each request goes to whom the API demands; what several must answer is split, and only what fails is asked again.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use milena::Client;
use milena::error::ErrorKind;
use milena::wire::codec::VersionRange;
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::create_topics::CreatableTopic;
use milena::wire::messages::delete_records::{
    DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic,
};
use milena::wire::messages::describe_cluster::DescribeClusterBroker;
use milena::wire::messages::describe_configs::{
    DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResponse, DescribeConfigsResult,
};
use milena::wire::messages::list_groups::ListedGroup;
use milena::wire::messages::metadata::{MetadataResponsePartition, MetadataResponseTopic};
use milena::wire::messages::share_fetch::{self, ShareFetchableTopicResponse};
use milena::wire::messages::{
    CreateTopicsRequest, DescribeClusterRequest, DescribeClusterResponse, DescribeQuorumRequest,
    DescribeQuorumResponse, ListGroupsRequest, ListGroupsResponse, MetadataRequest,
    ShareFetchRequest, ShareFetchResponse,
};
use milena::wire::uuid::Uuid;
use milena_broker::{Action, ApiKey, Fault, Profile, RequestLog};

use crate::script::{Act, Script};
use crate::support::{all_answered, client, in_memory, offsets, produce, timed};

fn nodes(log: &RequestLog, api: ApiKey) -> Vec<i32> {
    log.seen(api).iter().map(|seen| seen.node).collect()
}

fn create(topic: &'static str) -> CreateTopicsRequest {
    let topic = CreatableTopic::default()
        .with_name(topic)
        .with_num_partitions(1)
        .with_replication_factor(1);
    CreateTopicsRequest::default()
        .with_topics(vec![topic])
        .with_timeout_ms(1000)
}

/// Statement 5.
#[tokio::test(start_paused = true)]
async fn what_is_for_the_controller_follows_it() {
    let cluster = in_memory(3).zookeeper(true).start().await.unwrap();
    cluster.set_controller(2).unwrap();
    let client = client(&cluster).build().await.unwrap();
    let log = cluster.log_requests();
    let created = client.send(create("a")).await.unwrap();
    assert!(created.topics[0].error_code.is_ok());
    assert_eq!(nodes(&log, ApiKey::CREATE_TOPICS), [2]);
    // It moves: the old one says NOT_CONTROLLER, and whoever it is now is found out.
    cluster.set_controller(3).unwrap();
    let (created, time) = timed(client.send(create("b"))).await;
    assert!(created.unwrap().topics[0].error_code.is_ok());
    assert_eq!(nodes(&log, ApiKey::CREATE_TOPICS), [2, 2, 3]);
    assert!(time < Duration::from_millis(300), "{time:?}");
    // It is gone altogether.
    cluster.stop_node(3).await.unwrap();
    let (created, time) = timed(client.send(create("c"))).await;
    assert!(created.unwrap().topics[0].error_code.is_ok());
    assert!(time < Duration::from_millis(500), "{time:?}");
    client.close().await;
}

/// Statement 5: under KRaft whoever is named forwards.
#[tokio::test(start_paused = true)]
async fn by_kraft_any_broker_does_what_is_for_the_controller() {
    let cluster = in_memory(3).start().await.unwrap();
    cluster.set_controller(2).unwrap();
    let client = client(&cluster).build().await.unwrap();
    cluster.set_controller(3).unwrap();
    let created = client.send(create("a")).await.unwrap();
    assert!(created.topics[0].error_code.is_ok());
    client.close().await;
}

/// Statement 5.
#[tokio::test(start_paused = true)]
async fn a_given_node_is_asked_and_one_that_there_is_not_is_an_error() {
    let cluster = in_memory(3).start().await.unwrap();
    let client = client(&cluster).build().await.unwrap();
    let log = cluster.log_requests();
    for node in [3, 1, 2] {
        let request = DescribeClusterRequest::default();
        client.send_to(node, request).await.unwrap();
    }
    assert_eq!(nodes(&log, ApiKey::DESCRIBE_CLUSTER), [3, 1, 2]);
    let call = client.send_to(9, DescribeClusterRequest::default());
    let (answer, time) = timed(call).await;
    let error = answer.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::UnknownBroker(9)),
        "{error:?}"
    );
    // It was looked for once more.
    assert!(time < Duration::from_millis(300), "{time:?}");
    // One that came after the client began is found.
    let new = cluster.add_node().await.unwrap();
    let request = DescribeClusterRequest::default();
    client.send_to(new, request).await.unwrap();
    client.close().await;
}

/// Statement 5: any broker means one that is there.
#[tokio::test(start_paused = true)]
async fn what_any_broker_may_answer_goes_to_one_that_is_up() {
    let cluster = in_memory(3).start().await.unwrap();
    let client = client(&cluster).build().await.unwrap();
    client.warm_up(3).await;
    for down in 1..=3 {
        cluster.stop_node(down).await.unwrap();
        for _ in 0..20 {
            let call = client.send(DescribeClusterRequest::default());
            call.deadline(Duration::from_secs(2)).await.unwrap();
        }
        cluster.restart_node(down).await.unwrap();
    }
    client.close().await;
}

/// Statement 5.
#[tokio::test(start_paused = true)]
async fn a_request_over_many_leaders_asks_each_once_and_at_once() {
    let latency = Duration::from_millis(40);
    let cluster = in_memory(3).latency(latency).start().await.unwrap();
    cluster.create_topic("t", 12, 1).unwrap();
    let client = client(&cluster).build().await.unwrap();
    client.send(offsets("t", 0..12)).await.unwrap();
    let log = cluster.log_requests();
    let (answer, time) = timed(client.send(offsets("t", 0..12))).await;
    assert!(all_answered(&answer.unwrap(), 12));
    let mut asked = nodes(&log, ApiKey::LIST_OFFSETS);
    asked.sort_unstable();
    assert_eq!(asked, [1, 2, 3]);
    assert!(time < latency * 3 / 2, "side by side: {time:?}");
    client.close().await;
}

/// Statement 5: a part that fails is tried again alone.
#[tokio::test(start_paused = true)]
async fn only_the_partition_that_failed_is_asked_again() {
    let cluster = in_memory(3).start().await.unwrap();
    cluster.create_topic("t", 6, 1).unwrap();
    let client = client(&cluster).build().await.unwrap();
    client.send(offsets("t", 0..6)).await.unwrap();
    let code = ErrorCode::NOT_LEADER_OR_FOLLOWER;
    let fault = Fault::on(ApiKey::LIST_OFFSETS, Action::Error(code));
    let fault = cluster.inject(fault.partition("t", 4).times(2));
    let log = cluster.log_requests();
    let answer = client.send(offsets("t", 0..6)).await.unwrap();
    assert!(all_answered(&answer, 6));
    assert_eq!(fault.hits(), 2);
    // Three parts, and one of them, with this partition only, twice more.
    let asked = nodes(&log, ApiKey::LIST_OFFSETS);
    assert_eq!(asked.len(), 5, "{asked:?}");
    let leader = cluster.leader("t", 4).unwrap();
    assert_eq!(asked[3..], [leader, leader]);
    client.close().await;
}

/// Statement 5: of a part that has failed for good the others' answers are not lost.
#[tokio::test(start_paused = true)]
async fn what_some_answered_is_told_beside_what_others_did_not() {
    let cluster = in_memory(3).start().await.unwrap();
    cluster.create_topic("t", 3, 1).unwrap();
    let client = client(&cluster).build().await.unwrap();
    client.send(offsets("t", 0..3)).await.unwrap();
    let dead = cluster.leader("t", 1).unwrap();
    cluster.stop_node(dead).await.unwrap();
    let call = client.scatter(offsets("t", 0..3));
    let scattered = call.deadline(Duration::from_secs(3)).await;
    assert_eq!(scattered.answers.len(), 2);
    assert_eq!(scattered.failures.len(), 1);
    let partitions = &scattered.failures[0].request.topics[0].partitions;
    assert_eq!(partitions.len(), 1);
    assert_eq!(partitions[0].partition_index, 1);
    assert!(scattered.clone().merged().is_err());
    client.close().await;
}

/// Statement 5: other requests that are split by leader.
#[tokio::test(start_paused = true)]
async fn records_are_deleted_by_the_leaders_of_their_partitions() {
    let cluster = in_memory(3).start().await.unwrap();
    cluster.create_topic("t", 3, 1).unwrap();
    let client = client(&cluster).build().await.unwrap();
    client.send(produce("t")).await.unwrap();
    let partitions = (0..3).map(|index| {
        DeleteRecordsPartition::default()
            .with_partition_index(index)
            .with_offset(-1)
    });
    let topic = DeleteRecordsTopic::default()
        .with_name("t")
        .with_partitions(partitions.collect::<Vec<_>>());
    let log = cluster.log_requests();
    let request = DeleteRecordsRequest::default()
        .with_topics(vec![topic])
        .with_timeout_ms(1000);
    let answer = client.send(request).await.unwrap();
    let mut watermarks: Vec<_> = answer.topics[0]
        .partitions
        .iter()
        .map(|partition| (partition.partition_index, partition.low_watermark))
        .collect();
    watermarks.sort_unstable();
    assert_eq!(watermarks, [(0, 1), (1, 0), (2, 0)]);
    let asked: BTreeSet<_> = nodes(&log, ApiKey::DELETE_RECORDS).into_iter().collect();
    assert_eq!(asked.len(), 3);
    client.close().await;
}

/// Statement 5.
#[tokio::test(start_paused = true)]
async fn groups_are_listed_by_every_broker_and_those_that_fail_are_asked_again() {
    let has_failed = AtomicBool::new(false);
    let apis = [(ApiKey::LIST_GROUPS, VersionRange::new(0, 5))];
    let script = Script::new(&apis, move |ask| match ask.api {
        ApiKey::METADATA => ask.answer(&ask.metadata([1, 2, 3])),
        _ if ask.node == 2 && !has_failed.swap(true, Ordering::Relaxed) => {
            let loading = ErrorCode::COORDINATOR_LOAD_IN_PROGRESS;
            ask.answer(&ListGroupsResponse::default().with_error_code(loading))
        }
        _ => {
            let group = ListedGroup::default().with_group_id(format!("group-{}", ask.node));
            ask.answer(&ListGroupsResponse::default().with_groups(vec![group]))
        }
    });
    let client = script.client().build().await.unwrap();
    let listed = client.send(ListGroupsRequest::default()).await.unwrap();
    let groups: BTreeSet<_> = listed
        .groups
        .iter()
        .map(|g| g.group_id.to_string())
        .collect();
    let expected = ["group-1", "group-2", "group-3"].map(str::to_owned);
    assert_eq!(groups, BTreeSet::from(expected));
    let mut asked = script.nodes_asked(ApiKey::LIST_GROUPS);
    assert_eq!(asked.pop(), Some(2));
    asked.sort_unstable();
    assert_eq!(asked, [1, 2, 3]);
    client.close().await;
}

/// Statement 5: the configs of a broker, and of its logger, are that broker's to tell; others anybody's.
#[tokio::test(start_paused = true)]
async fn configs_of_a_broker_are_asked_of_that_broker() {
    let apis = [(ApiKey::DESCRIBE_CONFIGS, VersionRange::new(1, 4))];
    let script = Script::new(&apis, |ask| match ask.api {
        ApiKey::METADATA => ask.answer(&ask.metadata([1, 2, 3])),
        _ => {
            let request = ask.request::<DescribeConfigsRequest>();
            let results = request.resources.into_iter().map(|resource| {
                if resource.resource_type != 2 {
                    assert_eq!(*resource.resource_name, ask.node.to_string());
                }
                DescribeConfigsResult::default()
                    .with_resource_type(resource.resource_type)
                    .with_resource_name(resource.resource_name)
            });
            let results: Vec<_> = results.collect();
            ask.answer(&DescribeConfigsResponse::default().with_results(results))
        }
    });
    let client = script.client().build().await.unwrap();
    let resource = |kind, name: &'static str| {
        DescribeConfigsResource::default()
            .with_resource_type(kind)
            .with_resource_name(name)
    };
    let resources = vec![
        resource(4, "3"),
        resource(2, "topic"),
        resource(8, "2"),
        resource(4, "2"),
    ];
    let request = DescribeConfigsRequest::default().with_resources(resources);
    let described = client.send(request).await.unwrap();
    assert_eq!(described.results.len(), 4);
    let asked = script.nodes_asked(ApiKey::DESCRIBE_CONFIGS);
    assert!(asked.contains(&2) && asked.contains(&3), "{asked:?}");
    assert!(asked.len() <= 3, "{asked:?}");
    client.close().await;
}

/// Statement 5 (KIP-919): a client of the quorum speaks with the controllers.
#[tokio::test(start_paused = true)]
async fn a_client_of_the_quorum_asks_the_controller_that_leads() {
    let apis = [
        (ApiKey::DESCRIBE_CLUSTER, VersionRange::new(0, 2)),
        (ApiKey::DESCRIBE_QUORUM, VersionRange::new(0, 2)),
        (ApiKey::METADATA, VersionRange::NONE),
    ];
    let script = Script::new(&apis, |ask| match ask.api {
        ApiKey::DESCRIBE_CLUSTER => {
            let request = ask.request::<DescribeClusterRequest>();
            assert_eq!(request.endpoint_type, 2, "the controllers' endpoints");
            let brokers = (1..=3).map(|node| {
                DescribeClusterBroker::default()
                    .with_broker_id(node)
                    .with_host(format!("node-{node}"))
                    .with_port(9092)
            });
            let response = DescribeClusterResponse::default()
                .with_cluster_id("quorum")
                .with_endpoint_type(2)
                .with_controller_id(2)
                .with_brokers(brokers.collect::<Vec<_>>());
            ask.answer(&response)
        }
        ApiKey::DESCRIBE_QUORUM => ask.answer(&DescribeQuorumResponse::default()),
        _ => Act::Close,
    });
    let dial = script.clone();
    let client = Client::builder()
        .bootstrap_controllers(["node-1:9092"])
        .dialer(move |address| {
            let stream = dial.dial(&address);
            async move { stream }
        })
        .build()
        .await
        .unwrap();
    assert_eq!(client.describe().cluster_id.as_deref(), Some("quorum"));
    client.send(DescribeQuorumRequest::default()).await.unwrap();
    assert_eq!(script.nodes_asked(ApiKey::DESCRIBE_QUORUM), [2]);
    client.refresh_metadata().await.unwrap();
    assert!(script.asked(ApiKey::METADATA).is_empty());
    client.close().await;
}

/// Statement 5: the same by the brokers of every age.
#[tokio::test(start_paused = true)]
async fn old_brokers_are_spoken_with_as_they_understand() {
    for profile in [Profile::V0_10_2, Profile::V1_1, Profile::V2_8] {
        let cluster = in_memory(3).profile(profile).start().await.unwrap();
        let client = client(&cluster).build().await.unwrap();
        let created = client.send(create("t")).await.unwrap();
        assert!(created.topics[0].error_code.is_ok(), "{profile:?}");
        let answer = client.send(offsets("t", [0])).await.unwrap();
        assert!(all_answered(&answer, 1), "{profile:?}");
        client.close().await;
    }
}

/// Statement 5: what is sent to a leader goes there from many tasks at once, however often it moves.
#[tokio::test(start_paused = true)]
async fn nothing_is_lost_while_leaders_move_about() {
    let cluster = Arc::new(in_memory(3).start().await.unwrap());
    cluster.create_topic("t", 6, 3).unwrap();
    let client = client(&cluster)
        .connections_per_purpose(milena::cluster::Purpose::General, NonZeroUsize::MIN)
        .build()
        .await
        .unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..50 {
        let client = client.clone();
        tasks.spawn(async move {
            for round in 0..20 {
                let answer = client
                    .send(offsets("t", [(task + round) % 6]))
                    .await
                    .unwrap();
                assert!(all_answered(&answer, 1));
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
    }
    for step in 0..30 {
        tokio::time::sleep(Duration::from_millis(40)).await;
        cluster.move_leader("t", step % 6, step % 3 + 1).unwrap();
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
    client.close().await;
}

/// Statement 5: what there is not is told beside what there is: records of a share group that were given out are not lost with it.
#[tokio::test(start_paused = true)]
async fn a_partition_that_there_is_not_takes_nothing_from_others() {
    let (here, nowhere) = (Uuid::from_u128(7), Uuid::from_u128(8));
    let apis = [(ApiKey::SHARE_FETCH, VersionRange::new(1, 1))];
    let script = Script::new(&apis, move |ask| {
        if ask.api == ApiKey::SHARE_FETCH {
            let topics = ask.request::<ShareFetchRequest>().topics.into_iter();
            let topics = topics.map(|topic| {
                let partitions = topic.partitions.iter().map(|partition| {
                    let answer = share_fetch::PartitionData::default();
                    answer.with_partition_index(partition.partition_index)
                });
                ShareFetchableTopicResponse::default()
                    .with_topic_id(topic.topic_id)
                    .with_partitions(partitions.collect::<Vec<_>>())
            });
            let answer = ShareFetchResponse::default();
            return ask.answer(&answer.with_responses(topics.collect::<Vec<_>>()));
        }
        let topics = ask.request::<MetadataRequest>().topics.unwrap_or_default();
        let topics = topics.into_iter().map(|topic| {
            let answer = MetadataResponseTopic::default().with_topic_id(topic.topic_id);
            if topic.topic_id == nowhere {
                return answer.with_error_code(ErrorCode::UNKNOWN_TOPIC_ID);
            }
            let partitions = (0..2).map(|index| {
                MetadataResponsePartition::default()
                    .with_partition_index(index)
                    .with_leader_id(index + 1)
            });
            answer
                .with_topic_id(here)
                .with_name("t")
                .with_partitions(partitions.collect::<Vec<_>>())
        });
        ask.answer(&ask.metadata([1, 2]).with_topics(topics.collect::<Vec<_>>()))
    });
    let client = script.client().build().await.unwrap();
    let of = |topic, partitions: &[i32]| {
        let partitions = partitions
            .iter()
            .map(|index| share_fetch::FetchPartition::default().with_partition_index(*index));
        share_fetch::FetchTopic::default()
            .with_topic_id(topic)
            .with_partitions(partitions.collect::<Vec<_>>())
    };
    let request = ShareFetchRequest::default()
        .with_topics(vec![of(here, &[99, 0, 98, 1]), of(nowhere, &[0])]);
    // Of the first nothing is known beforehand, of the second all that there is to know.
    for round in 1..=2 {
        let (answer, time) = timed(client.send(request.clone())).await;
        let answer = answer.unwrap();
        let told = answer.responses.iter().flat_map(|topic| {
            let partitions = topic.partitions.iter();
            partitions.map(|one| (topic.topic_id, one.partition_index, one.error_code))
        });
        let mut told: Vec<_> = told.collect();
        told.sort_unstable_by_key(|(topic, index, _)| (*topic, *index));
        let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
        let expected = [
            (here, 0, ErrorCode::NONE),
            (here, 1, ErrorCode::NONE),
            (here, 98, unknown),
            (here, 99, unknown),
            (nowhere, 0, ErrorCode::UNKNOWN_TOPIC_ID),
        ];
        assert_eq!(told, expected);
        assert!(time < Duration::from_millis(500), "{time:?}");
        let mut asked = script.nodes_asked(ApiKey::SHARE_FETCH);
        asked.sort_unstable();
        assert_eq!(asked, [[1].repeat(round), [2].repeat(round)].concat());
    }
    client.close().await;
}
