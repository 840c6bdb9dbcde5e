//! Statements 2 to 4: what is known of the cluster is kept fresh, is asked for no more than that takes, and is found again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

use milena::cluster::{ClientBuilder, ClientEvent};
use milena::error::ErrorKind;
use milena::wire::codec::VersionRange;
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::fetch::{FetchPartition, FetchRequest, FetchTopic};
use milena::wire::messages::metadata::{
    MetadataRequest, MetadataResponsePartition, MetadataResponseTopic,
};
use milena::wire::messages::{ListOffsetsRequest, ListOffsetsResponse};
use milena::{Client, Error};
use milena_broker::{Action, ApiKey, Cluster, Fault, Profile, RequestLog, Requests, Uuid};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::script::{Act, Ask, Script};
use crate::support::{all_answered, client, in_memory, offsets, produce, text, timed};

/// Reaches the nodes by bootstrap addresses that lead to wherever each node is.
fn by_names(cluster: &Cluster) -> ClientBuilder {
    let dialer = cluster.dialer();
    let names: Vec<_> = cluster
        .nodes()
        .iter()
        .map(|node| format!("name-{}:9092", node.id))
        .collect();
    Client::builder()
        .bootstrap(names)
        .dialer(move |address: String| {
            let dialer = dialer.clone();
            async move {
                let name = address.strip_prefix("name-");
                match name.and_then(|rest| rest.strip_suffix(":9092")?.parse().ok()) {
                    Some(node) => dialer.connect_to(node).await,
                    None => dialer.connect(&address).await,
                }
            }
        })
}

/// The waits between the questions in the log, in milliseconds.
fn gaps(log: &RequestLog) -> Vec<u128> {
    let times: Vec<_> = log
        .seen(ApiKey::METADATA)
        .iter()
        .map(|seen| seen.at)
        .collect();
    let pairs = times.windows(2);
    pairs.map(|pair| (pair[1] - pair[0]).as_millis()).collect()
}

/// Statement 2.
#[tokio::test(start_paused = true)]
async fn a_thousand_callers_that_miss_cause_one_request() {
    let cluster = in_memory(3).start().await.unwrap();
    cluster.create_topic("t", 3, 1).unwrap();
    let client = client(&cluster).build().await.unwrap();
    let log = cluster.log_requests();
    let mut callers = JoinSet::new();
    for caller in 0..1000 {
        let client = client.clone();
        callers.spawn(async move { client.send(offsets("t", [caller % 3])).await });
    }
    while let Some(answer) = callers.join_next().await {
        assert!(all_answered(&answer.unwrap().unwrap(), 1));
    }
    assert_eq!(log.seen(ApiKey::METADATA).len(), 1);
    client.close().await;
}

/// Statement 2.
#[tokio::test(start_paused = true)]
async fn metadata_is_asked_for_by_age() {
    let cluster = in_memory(1).start().await.unwrap();
    let client = client(&cluster).build().await.unwrap();
    let log = cluster.log_requests();
    sleep(Duration::from_secs(3601)).await;
    // Each up to a tenth early.
    let count = log.seen(ApiKey::METADATA).len();
    assert!((12..=13).contains(&count), "{count}");
    let age = client.describe().metadata_age.unwrap();
    assert!(age <= Duration::from_secs(300), "{age:?}");
    client.close().await;
}

/// Statement 2: who begins with a topic does not wait for the back-off behind another request.
#[tokio::test(start_paused = true)]
async fn a_topic_that_was_not_in_use_is_asked_for_at_once() {
    let cluster = in_memory(1).start().await.unwrap();
    cluster.create_topic("a", 1, 1).unwrap();
    cluster.create_topic("b", 1, 1).unwrap();
    let client = client(&cluster).build().await.unwrap();
    for topic in ["a", "b"] {
        let (answer, time) = timed(client.send(offsets(topic, [0]))).await;
        assert!(all_answered(&answer.unwrap(), 1));
        assert!(time < Duration::from_millis(10), "{time:?}");
    }
    client.close().await;
}

/// Statement 2, and row 19 as far as it shows here.
#[tokio::test(start_paused = true)]
async fn a_moved_leader_is_followed_within_one_back_off() {
    let cluster = in_memory(3).start().await.unwrap();
    cluster.create_topic("t", 1, 3).unwrap();
    let client = client(&cluster).build().await.unwrap();
    client.send(offsets("t", [0])).await.unwrap();
    let log = cluster.log_requests();
    let old = cluster.leader("t", 0).unwrap();
    let new = old % 3 + 1;
    cluster.move_leader("t", 0, new).unwrap();
    let (answer, time) = timed(client.send(offsets("t", [0]))).await;
    assert!(all_answered(&answer.unwrap(), 1));
    // 100 ms, a fifth more or less; the news come meanwhile.
    assert!(time < Duration::from_millis(130), "{time:?}");
    let asked: Vec<_> = log
        .seen(ApiKey::LIST_OFFSETS)
        .iter()
        .map(|seen| seen.node)
        .collect();
    assert_eq!(asked, [old, new]);
    assert_eq!(log.seen(ApiKey::METADATA).len(), 1);
    // Who comes later goes to the right one at once.
    client.send(offsets("t", [0])).await.unwrap();
    assert_eq!(log.seen(ApiKey::LIST_OFFSETS).len(), 3);
    client.close().await;
}

/// Statement 2 (KIP-951): the answer that refuses a request names the leader, and nobody needs to ask for it.
#[tokio::test(start_paused = true)]
async fn the_leader_that_a_produce_answer_names_is_asked_at_once() {
    // By name, as no id has to be found out.
    let builder = in_memory(3).cap_api(ApiKey::PRODUCE, 12);
    let cluster = builder.start().await.unwrap();
    cluster.create_topic("t", 1, 3).unwrap();
    let client = client(&cluster).build().await.unwrap();
    client.send(offsets("t", [0])).await.unwrap();
    let old = cluster.leader("t", 0).unwrap();
    cluster.move_leader("t", 0, old % 3 + 1).unwrap();
    let log = cluster.log_requests();
    let (answer, time) = timed(client.send(produce("t"))).await;
    assert!(
        answer.unwrap().responses[0].partition_responses[0]
            .error_code
            .is_ok()
    );
    assert!(time < Duration::from_millis(10), "{time:?}");
    let asked: Vec<_> = log
        .seen(ApiKey::PRODUCE)
        .iter()
        .map(|seen| seen.node)
        .collect();
    assert_eq!(asked, [old, old % 3 + 1]);
    client.close().await;
}

/// The first records of a partition, of which there are none, by the id of the topic.
fn fetch(topic: Uuid) -> FetchRequest {
    let topic = FetchTopic::default()
        .with_topic_id(topic)
        .with_partitions(vec![FetchPartition::default()]);
    FetchRequest::default()
        .with_max_bytes(1 << 20)
        .with_topics(vec![topic])
}

/// Statement 2: whatever it is that says that what is known is not so any more.
#[tokio::test(start_paused = true)]
async fn each_sign_that_metadata_is_stale_refreshes_it() {
    let offsets_codes = [
        ErrorCode::NOT_LEADER_OR_FOLLOWER,
        ErrorCode::FENCED_LEADER_EPOCH,
        ErrorCode::UNKNOWN_LEADER_EPOCH,
        ErrorCode::LEADER_NOT_AVAILABLE,
        ErrorCode::KAFKA_STORAGE_ERROR,
    ];
    let fetch_codes = [
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        ErrorCode::UNKNOWN_TOPIC_ID,
        ErrorCode::INCONSISTENT_TOPIC_ID,
        ErrorCode::FENCED_LEADER_EPOCH,
    ];
    let offsets_codes = offsets_codes.map(|code| (ApiKey::LIST_OFFSETS, code));
    let fetch_codes = fetch_codes.map(|code| (ApiKey::FETCH, code));
    for (api, code) in offsets_codes.into_iter().chain(fetch_codes) {
        let cluster = in_memory(1).start().await.unwrap();
        let id = cluster.create_topic("t", 1, 1).unwrap();
        let client = client(&cluster).build().await.unwrap();
        let ask = async || {
            if api == ApiKey::FETCH {
                let answer = client.send(fetch(id)).await.unwrap();
                assert_eq!(answer.error_code, ErrorCode::NONE, "{code}");
                answer.responses[0].partitions[0].error_code
            } else {
                let answer = client.send(offsets("t", [0])).await.unwrap();
                answer.topics[0].partitions[0].error_code
            }
        };
        assert_eq!(ask().await, ErrorCode::NONE);
        sleep(Duration::from_secs(10)).await;
        let log = cluster.log_requests();
        let fault = Fault::on(api, Action::Error(code)).partition("t", 0);
        let fault = cluster.inject(fault.times(1));
        // A fenced epoch is final, as it is the caller's; that others lead is news all the same.
        let is_final = code == ErrorCode::FENCED_LEADER_EPOCH;
        let expected = if is_final { code } else { ErrorCode::NONE };
        assert_eq!(ask().await, expected, "{code}");
        assert_eq!(fault.hits(), 1, "{code}");
        assert_eq!(log.seen(api).len(), 2 - usize::from(is_final), "{code}");
        log.until_seen(ApiKey::METADATA, 1).await;
        sleep(Duration::from_secs(1)).await;
        assert_eq!(log.seen(ApiKey::METADATA).len(), 1, "{code}");
        client.close().await;
    }
}

/// Statement 2: never more often than the back-off.
#[tokio::test(start_paused = true)]
async fn however_many_are_told_that_nobody_leads_the_back_off_is_kept() {
    let cluster = in_memory(3).start().await.unwrap();
    cluster.create_topic("t", 1, 3).unwrap();
    let client = client(&cluster).build().await.unwrap();
    let nobody = cluster.leaderless("t", 0).unwrap();
    sleep(Duration::from_secs(10)).await;
    let log = cluster.log_requests();
    let mut callers = JoinSet::new();
    for _ in 0..100 {
        let client = client.clone();
        callers.spawn(async move {
            let call = client.send(offsets("t", [0]));
            call.deadline(Duration::from_secs(8)).await
        });
    }
    sleep(Duration::from_secs(5)).await;
    let gaps = gaps(&log);
    assert!(gaps.len() >= 5, "it is looked again and again: {gaps:?}");
    assert!(gaps.iter().all(|gap| *gap >= 79), "{gaps:?}");
    // 5 s by 80 ms.
    assert!(gaps.len() <= 62, "{gaps:?}");
    drop(nobody);
    let (answer, time) = timed(callers.join_next()).await;
    assert!(all_answered(&answer.unwrap().unwrap().unwrap(), 1));
    assert!(time < Duration::from_millis(1300), "{time:?}");
    while let Some(answer) = callers.join_next().await {
        answer.unwrap().unwrap();
    }
    client.close().await;
}

/// Statement 2: a deadline that passes while nobody leads says so.
#[tokio::test(start_paused = true)]
async fn who_waits_in_vain_for_a_leader_is_told_at_his_deadline() {
    let cluster = in_memory(1).start().await.unwrap();
    cluster.create_topic("t", 1, 1).unwrap();
    let client = client(&cluster).build().await.unwrap();
    let _nobody = cluster.leaderless("t", 0).unwrap();
    let call = client.send(offsets("t", [0]));
    let (answer, time) = timed(call.deadline(Duration::from_secs(3))).await;
    let error = answer.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::NoLeader { topic, partition: 0 } if topic == "t"),
        "{error:?}"
    );
    assert!(time <= Duration::from_millis(3010), "{time:?}");
    client.close().await;
}

/// Statement 2 (KIP-516).
#[tokio::test(start_paused = true)]
async fn a_topic_that_is_made_anew_is_an_event() {
    let cluster = in_memory(1).start().await.unwrap();
    let old = cluster.create_topic("t", 1, 1).unwrap();
    let client = client(&cluster).build().await.unwrap();
    client.send(offsets("t", [0])).await.unwrap();
    let mut events = client.events();
    let new = cluster.recreate_topic("t").unwrap();
    client.refresh_metadata().await.unwrap();
    let expected = ClientEvent::TopicRecreated {
        topic: "t".into(),
        from: old,
        to: new,
    };
    assert_eq!(events.try_next(), Some(expected));
    assert_eq!(client.metadata().topic("t").unwrap().id(), Some(new));
    client.close().await;
}

/// Statement 2.
#[tokio::test(start_paused = true)]
async fn another_cluster_id_is_an_event() {
    let cluster = in_memory(1).start().await.unwrap();
    let from = cluster.id();
    let client = client(&cluster).build().await.unwrap();
    let mut events = client.events();
    let to = cluster.change_cluster_id();
    client.refresh_metadata().await.unwrap();
    let expected = ClientEvent::ClusterChanged {
        from,
        to: to.clone(),
    };
    assert_eq!(events.try_next(), Some(expected));
    assert_eq!(client.describe().cluster_id, Some(to));
    client.close().await;
}

/// Statement 2: a lost connection makes it worth asking, even if nobody does.
#[tokio::test(start_paused = true)]
async fn a_lost_connection_refreshes() {
    let cluster = in_memory(3).start().await.unwrap();
    cluster.create_topic("t", 1, 3).unwrap();
    let client = client(&cluster).build().await.unwrap();
    client.send(offsets("t", [0])).await.unwrap();
    let leader = cluster.leader("t", 0).unwrap();
    sleep(Duration::from_secs(10)).await;
    let log = cluster.log_requests();
    cluster.stop_node(leader).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert!(!log.seen(ApiKey::METADATA).is_empty());
    let metadata = client.metadata();
    let known = metadata.topic("t").unwrap().leader(0).unwrap();
    assert_ne!(known.id, leader);
    let (answer, time) = timed(client.send(offsets("t", [0]))).await;
    answer.unwrap();
    assert!(time < Duration::from_millis(10), "{time:?}");
    client.close().await;
}

/// Statement 3.
#[tokio::test(start_paused = true)]
async fn only_topics_in_use_are_asked_for() {
    let script = Script::new(&[(ApiKey::LIST_OFFSETS, VersionRange::new(1, 8))], tell_all);
    let client = script.client().build().await.unwrap();
    let first = script.asked(ApiKey::METADATA)[0].request::<MetadataRequest>();
    assert_eq!(first.topics, Some(vec![]), "no topic is in use yet");
    client.send(offsets("a", [0])).await.unwrap();
    client.send(offsets("b", [0])).await.unwrap();
    client.refresh_metadata().await.unwrap();
    let names = |ask: &Ask| {
        let request = ask.request::<MetadataRequest>();
        assert!(!request.allow_auto_topic_creation);
        let topics = request.topics.unwrap().into_iter();
        let mut names: Vec<_> = topics.map(|t| t.name.unwrap().to_string()).collect();
        names.sort();
        names
    };
    let asked = script.asked(ApiKey::METADATA);
    assert_eq!(names(&asked[1]), ["a"]);
    assert_eq!(names(&asked[2]), ["b"]);
    assert_eq!(names(&asked[3]), ["a", "b"]);
    // What nobody uses for a while is not asked for any more.
    let used = async {
        for _ in 0..30 {
            sleep(Duration::from_secs(30)).await;
            client.send(offsets("a", [0])).await.unwrap();
        }
    };
    used.await;
    client.refresh_metadata().await.unwrap();
    let asked = script.asked(ApiKey::METADATA);
    assert_eq!(names(asked.last().unwrap()), ["a"]);
    assert!(client.metadata().topic("b").is_none());
    client.close().await;
}

/// Node 1 leads every topic that is asked for.
fn tell_all(ask: &Ask) -> Act {
    match ask.api {
        ApiKey::METADATA => {
            let topics = ask.request::<MetadataRequest>().topics.unwrap_or_default();
            let topics = topics.into_iter().map(|topic| {
                let partition = MetadataResponsePartition::default().with_leader_id(1);
                let mut answer = MetadataResponseTopic::default();
                answer.name = topic.name;
                answer.with_partitions(vec![partition])
            });
            let topics: Vec<_> = topics.collect();
            ask.answer(&ask.metadata([1]).with_topics(topics))
        }
        _ => ask.answer(&zero(&ask.request::<ListOffsetsRequest>())),
    }
}

/// The answer that all is well.
fn zero(request: &ListOffsetsRequest) -> ListOffsetsResponse {
    use milena::wire::messages::list_offsets::{
        ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
    };
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|partition| {
            ListOffsetsPartitionResponse::default().with_partition_index(partition.partition_index)
        });
        ListOffsetsTopicResponse::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect::<Vec<_>>())
    });
    ListOffsetsResponse::default().with_topics(topics.collect::<Vec<_>>())
}

/// Statement 3; row 15 of the faults, as far as it shows here.
#[tokio::test(start_paused = true)]
async fn a_topic_that_an_answer_omits_is_not_forgotten() {
    let cluster = in_memory(1).start().await.unwrap();
    cluster.create_topic("t", 2, 1).unwrap();
    let client = client(&cluster).build().await.unwrap();
    client.send(offsets("t", [0, 1])).await.unwrap();
    let omitted = cluster.omit_topic("t");
    client.refresh_metadata().await.unwrap();
    assert!(client.metadata().topic("t").unwrap().leader(0).is_some());
    let (answer, time) = timed(client.send(offsets("t", [0, 1]))).await;
    assert!(all_answered(&answer.unwrap(), 2));
    assert!(time < Duration::from_millis(10), "{time:?}");
    omitted.end();
    let part = cluster.omit_partition("t", 1);
    client.refresh_metadata().await.unwrap();
    let answer = client.send(offsets("t", [0, 1])).await.unwrap();
    assert!(all_answered(&answer, 2));
    part.end();
    client.close().await;
}

fn is_unknown(error: &Error, name: &str) -> bool {
    matches!(error.kind(), ErrorKind::UnknownPartition { topic, partition: 0 } if topic == name)
}

/// Statement 3: by every age of brokers, one that would make what is asked for below Metadata 4 included.
#[tokio::test(start_paused = true)]
async fn asking_for_a_topic_does_not_make_it_unless_that_is_wanted() {
    for profile in [Profile::Newest, Profile::V2_8, Profile::V0_10_2] {
        let cluster = in_memory(1).profile(profile).start().await.unwrap();
        let shy = client(&cluster).build().await.unwrap();
        let call = shy.send(offsets("nowhere", [0]));
        let answer = call.deadline(Duration::from_secs(2)).await;
        let error = answer.unwrap_err();
        assert!(is_unknown(&error, "nowhere"), "{error:?}");
        sleep(Duration::from_secs(1)).await;
        assert_eq!(cluster.leader("nowhere", 0), None, "{profile:?}");
        shy.close().await;

        let bold = client(&cluster).allow_auto_topic_creation(true);
        let bold = bold.build().await.unwrap();
        let answer = bold.send(offsets("wanted", [0])).await.unwrap();
        assert!(all_answered(&answer, 1));
        assert!(cluster.leader("wanted", 0).is_some(), "{profile:?}");
        bold.close().await;
    }
}

/// Statement 4 and row 8: every known broker is replaced.
#[tokio::test(start_paused = true)]
async fn when_all_brokers_are_elsewhere_the_bootstrap_addresses_lead_to_them() {
    let cluster = in_memory(3).start().await.unwrap();
    cluster.create_topic("t", 3, 3).unwrap();
    let client = by_names(&cluster).build().await.unwrap();
    client.send(offsets("t", [0, 1, 2])).await.unwrap();
    for node in 1..=3 {
        cluster.readdress_node(node).await.unwrap();
    }
    let (answer, time) = timed(client.send(offsets("t", [0, 1, 2]))).await;
    assert!(all_answered(&answer.unwrap(), 3));
    assert!(time < Duration::from_secs(5), "{time:?}");
    for broker in client.describe().brokers {
        assert!(broker.address.ends_with("-2.invalid:9092"), "{broker}");
    }
    client.close().await;
    cluster.until_connections(|counts| counts.open == 0).await;
}

/// Statement 4: nobody sends anything, and it is found all the same.
#[tokio::test(start_paused = true)]
async fn an_idle_client_finds_its_cluster_again() {
    let cluster = in_memory(3).start().await.unwrap();
    cluster.create_topic("t", 3, 3).unwrap();
    let client = by_names(&cluster).build().await.unwrap();
    client.send(offsets("t", [0, 1, 2])).await.unwrap();
    for node in 1..=3 {
        cluster.readdress_node(node).await.unwrap();
    }
    sleep(Duration::from_secs(5)).await;
    let (answer, time) = timed(client.send(offsets("t", [0, 1, 2]))).await;
    answer.unwrap();
    assert!(time < Duration::from_millis(10), "{time:?}");
    client.close().await;
}

/// Statement 4: brokers that were down and are where they were are taken for up again.
#[tokio::test(start_paused = true)]
async fn brokers_that_come_back_where_they_were_are_not_looked_for_for_ever() {
    let cluster = in_memory(2).start().await.unwrap();
    let client = client(&cluster).build().await.unwrap();
    client.warm_up(2).await;
    for node in 1..=2 {
        cluster.stop_node(node).await.unwrap();
    }
    sleep(Duration::from_secs(30)).await;
    assert!(
        client
            .describe()
            .brokers
            .iter()
            .all(|broker| broker.is_down)
    );
    for node in 1..=2 {
        cluster.restart_node(node).await.unwrap();
    }
    sleep(Duration::from_secs(5)).await;
    let before = cluster.connection_counts().accepted;
    let log = cluster.log_requests();
    sleep(Duration::from_secs(60)).await;
    assert_eq!(cluster.connection_counts().accepted, before);
    assert!(log.seen(Requests::any()).is_empty());
    client.send(MetadataRequest::default()).await.unwrap();
    client.close().await;
}

/// Statement 4 (KIP-1102).
#[tokio::test(start_paused = true)]
async fn a_broker_can_send_its_clients_back_to_the_bootstrap_addresses() {
    let cluster = in_memory(2).start().await.unwrap();
    let client = by_names(&cluster).build().await.unwrap();
    let before = cluster.connection_counts().accepted;
    let fault = cluster.inject(Fault::rebootstrap_required().times(2));
    let (metadata, time) = timed(client.refresh_metadata()).await;
    metadata.unwrap();
    assert!(time < Duration::from_secs(2), "{time:?}");
    assert_eq!(fault.hits(), 2);
    assert!(cluster.connection_counts().accepted > before);
    client.close().await;
}

/// Statement 4 (KIP-899): brokers that take everything and say nothing are not down by any sign but this.
#[tokio::test(start_paused = true)]
async fn after_five_minutes_without_metadata_the_bootstrap_addresses_are_asked() {
    // After the first answer, nodes 1 and 2 never tell of the cluster again; node 3 knows better.
    let is_mute = Arc::new(AtomicBool::new(false));
    let mute = Arc::clone(&is_mute);
    let script = Script::new(&[], move |ask| match ask.node {
        3 => ask.answer(&ask.metadata([3])),
        _ if mute.load(Ordering::Relaxed) => Act::Ignore,
        _ => ask.answer(&ask.metadata([1, 2])),
    });
    let client = script
        .client()
        .bootstrap(["node-1:9092", "node-3:9092"])
        .build()
        .await
        .unwrap();
    assert_eq!(client.describe().brokers.len(), 2);
    is_mute.store(true, Ordering::Relaxed);
    sleep(Duration::from_secs(12 * 60)).await;
    let brokers: Vec<_> = client.describe().brokers.iter().map(|b| b.id).collect();
    assert_eq!(brokers, [3]);
    client.close().await;
}

/// Statement 4: whoever does not want it does not get it.
#[tokio::test(start_paused = true)]
async fn without_leave_the_bootstrap_addresses_are_never_asked_again() {
    let cluster = in_memory(1).start().await.unwrap();
    let client = by_names(&cluster)
        .rebootstrap_after(None)
        .build()
        .await
        .unwrap();
    cluster.readdress_node(1).await.unwrap();
    let answer = client.send(MetadataRequest::default());
    let answer = answer.deadline(Duration::from_secs(20)).await;
    assert!(answer.is_err());
    assert_eq!(client.describe().brokers[0].address, "node-1.invalid:9092");
    client.close().await;
}

/// Of the bad input: brokers that lie in metadata.
#[tokio::test(start_paused = true)]
async fn metadata_that_cannot_be_true_hangs_nobody() {
    /// What is wrong with the answer.
    const LIES: i32 = 9;
    for lie in 0..LIES {
        let is_honest = Arc::new(AtomicBool::new(false));
        let honest = Arc::clone(&is_honest);
        let apis = [(ApiKey::LIST_OFFSETS, VersionRange::new(1, 8))];
        let script = Script::new(&apis, move |ask| {
            if ask.api != ApiKey::METADATA || honest.load(Ordering::Relaxed) {
                return tell_all(ask);
            }
            let mut metadata = ask.metadata([1]);
            let topics = ask.request::<MetadataRequest>().topics.unwrap_or_default();
            let partition = |index, leader| {
                MetadataResponsePartition::default()
                    .with_partition_index(index)
                    .with_leader_id(leader)
            };
            let mut topic = MetadataResponseTopic::default().with_name("t");
            topic.partitions = vec![partition(0, 1)];
            match lie {
                // A leader that there is not, by a number that there cannot be, or out of reach.
                0 => topic.partitions = vec![partition(0, 77)],
                1 => topic.partitions = vec![partition(0, -7)],
                2 => {
                    metadata.brokers.push(crate::script::broker(2));
                    metadata.brokers[1].host = "not/a?host".into();
                    topic.partitions = vec![partition(0, 2)];
                }
                // Partitions that were not there, or twice.
                3 => topic.partitions = vec![partition(i32::MAX, 1), partition(-1, 1)],
                4 => topic.partitions = vec![partition(0, 5), partition(0, 6)],
                // Another topic than was asked for, the same twice, or none.
                5 => topic.name = Some("other".into()),
                6 => topic.name = None,
                // Nobody is there; or somebody at no port.
                7 if !topics.is_empty() => metadata.brokers.clear(),
                8 if !topics.is_empty() => metadata.brokers[0].port = 70_000,
                _ => {}
            }
            if topics.is_empty() {
                return ask.answer(&metadata);
            }
            ask.answer(&metadata.with_topics(vec![topic]))
        });
        let client = script.client().build().await.unwrap();
        let call = client.send(offsets("t", [0]));
        let (answer, time) = timed(call.deadline(Duration::from_secs(4))).await;
        let error = answer.unwrap_err();
        assert!(time <= Duration::from_millis(4100), "{lie}: {time:?}");
        assert!(
            matches!(
                error.kind(),
                ErrorKind::NoLeader { .. }
                    | ErrorKind::UnknownPartition { .. }
                    | ErrorKind::DeadlineExceeded
                    // What is wrong with the answer.
                    | ErrorKind::Broker { .. }
            ),
            "{lie}: {error:?}"
        );
        let _ = text(&error);
        let asked = script.asked(ApiKey::METADATA).len();
        assert!(asked <= 60, "{lie}: {asked} requests in 4 s");
        // Who tells the truth again is believed again.
        is_honest.store(true, Ordering::Relaxed);
        let (answer, time) = timed(client.send(offsets("t", [0]))).await;
        assert!(all_answered(&answer.unwrap(), 1), "{lie}");
        assert!(time < Duration::from_secs(3), "{lie}: {time:?}");
        client.close().await;
    }
}

/// Of the bad input: leaders that send each other's clients to and fro.
#[tokio::test(start_paused = true)]
async fn a_loop_of_redirections_is_no_spin() {
    let leader = AtomicI32::new(1);
    let apis = [(ApiKey::LIST_OFFSETS, VersionRange::new(1, 8))];
    let script = Script::new(&apis, move |ask| match ask.api {
        ApiKey::METADATA => {
            let next = leader.load(Ordering::Relaxed) % 3 + 1;
            leader.store(next, Ordering::Relaxed);
            let partition = MetadataResponsePartition::default().with_leader_id(next);
            let topic = MetadataResponseTopic::default()
                .with_name("t")
                .with_partitions(vec![partition]);
            ask.answer(&ask.metadata([1, 2, 3]).with_topics(vec![topic]))
        }
        _ => {
            let mut response = zero(&ask.request::<ListOffsetsRequest>());
            response.topics[0].partitions[0].error_code = ErrorCode::NOT_LEADER_OR_FOLLOWER;
            ask.answer(&response)
        }
    });
    let client = script.client().build().await.unwrap();
    let call = client
        .send(offsets("t", [0]))
        .deadline(Duration::from_secs(10));
    let (answer, time) = timed(call).await;
    // The error that stayed until the deadline is in the answer.
    let code = answer.unwrap().topics[0].partitions[0].error_code;
    assert_eq!(code, ErrorCode::NOT_LEADER_OR_FOLLOWER);
    assert!(time <= Duration::from_millis(10_100), "{time:?}");
    let asked = script.asked(ApiKey::LIST_OFFSETS).len();
    assert!((5..=25).contains(&asked), "{asked} in 10 s");
    client.close().await;
}

/// Row 7, for metadata: a node that takes connections and never answers holds nobody up for long who needs to know something.
#[tokio::test(start_paused = true)]
async fn a_silent_node_does_not_keep_metadata_from_anybody() {
    let cluster = in_memory(3).start().await.unwrap();
    cluster.create_topic("t", 1, 3).unwrap();
    cluster.move_leader("t", 0, 2).unwrap();
    let client = client(&cluster).build().await.unwrap();
    client.warm_up(3).await;
    let _silent = cluster.inject(Fault::on(Requests::any(), Action::Silence).node(1));
    for _ in 0..10 {
        let (answer, time) = timed(client.refresh_metadata()).await;
        answer.unwrap();
        assert!(time < Duration::from_millis(1800), "{time:?}");
    }
    let (answer, time) = timed(client.send(offsets("t", [0]))).await;
    answer.unwrap();
    assert!(time < Duration::from_millis(1500), "{time:?}");
    client.close().await;
}

/// Of the bad input: with every broker down an idle client connects a few times a second, and no more.
#[tokio::test(start_paused = true)]
async fn with_every_broker_down_an_idle_client_connects_seldom() {
    let script = Script::new(&[], |ask| ask.answer(&ask.metadata([1, 2, 3])));
    let is_down = Arc::new(AtomicBool::new(false));
    let (dial, down) = (script.clone(), Arc::clone(&is_down));
    let dials = Arc::new(AtomicI32::new(0));
    let count = Arc::clone(&dials);
    let client = script
        .client()
        .bootstrap(["node-1:9092", "node-2:9092"])
        .dialer(move |address| {
            count.fetch_add(1, Ordering::Relaxed);
            let stream = match down.load(Ordering::Relaxed) {
                true => Err(std::io::ErrorKind::ConnectionRefused.into()),
                false => dial.dial(&address),
            };
            async move { stream }
        })
        .build()
        .await
        .unwrap();
    is_down.store(true, Ordering::Relaxed);
    // What it has is lost by the next question, and then nothing is there any more.
    let began = Instant::now();
    let refused = timeout(Duration::from_secs(60), client.refresh_metadata()).await;
    assert!(refused.unwrap().is_err());
    sleep(Duration::from_secs(30)).await;
    let before = dials.load(Ordering::Relaxed);
    sleep(Duration::from_secs(60)).await;
    let dialed = dials.load(Ordering::Relaxed) - before;
    // Two bootstrap addresses and three brokers, by turns, each turn a second behind the last.
    assert!((30..=300).contains(&dialed), "{dialed} in a minute");
    is_down.store(false, Ordering::Relaxed);
    let (answer, time) = timed(client.send(MetadataRequest::default())).await;
    answer.unwrap();
    assert!(
        time < Duration::from_secs(5),
        "{time:?} after {:?}",
        began.elapsed()
    );
    client.close().await;
}

/// Of the bad input: neither does it spin. Over sockets, by the clock of the processor.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn with_every_broker_down_an_idle_client_takes_less_than_a_hundredth_of_a_processor() {
    let cluster = Cluster::builder().nodes(3).start().await.unwrap();
    let client = Client::builder()
        .bootstrap(cluster.bootstrap().to_vec())
        .build()
        .await
        .unwrap();
    client.warm_up(3).await;
    for node in 1..=3 {
        cluster.stop_node(node).await.unwrap();
    }
    sleep(Duration::from_secs(1)).await;
    let before = thread_time();
    let span = Duration::from_secs(4);
    sleep(span).await;
    let spent = thread_time() - before;
    assert!(spent < span / 100, "{spent:?} in {span:?}");
    client.close().await;
}

/// How long this thread, on which the runtime of a test is all alone, has been at work.
#[cfg(target_os = "linux")]
fn thread_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanoseconds = text.split_whitespace().next().unwrap();
    Duration::from_nanos(nanoseconds.parse().unwrap())
}
