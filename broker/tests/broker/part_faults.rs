//! Faults that one topic or partition of a request meets.

use milena_broker::{Action, ApiKey, Cluster, ErrorCode, Fault, Moment};
use milena_wire::compression::Compressor;
use milena_wire::messages::delete_records::{
    DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic,
};
use milena_wire::messages::describe_topic_partitions::{
    DescribeTopicPartitionsRequest, TopicRequest,
};
use milena_wire::messages::fetch::{FetchPartition, FetchRequest, FetchResponse};
use milena_wire::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic,
};
use milena_wire::messages::metadata::{MetadataRequest, MetadataResponseTopic};
use milena_wire::messages::offset_for_leader_epoch::{
    OffsetForLeaderEpochRequest, OffsetForLeaderPartition, OffsetForLeaderTopic,
};
use milena_wire::messages::produce::{PartitionProduceData, ProduceRequest, TopicProduceData};
use milena_wire::records::{BatchBuilder, Batches, Producer};
use tokio::time::Instant;

use crate::client::{AnyClient, batch, metadata_request};

const STALE: ErrorCode = ErrorCode::NOT_LEADER_OR_FOLLOWER;
/// One of two partitions of one of two topics.
const EXPECTED: [ErrorCode; 4] = [ErrorCode::NONE, STALE, ErrorCode::NONE, ErrorCode::NONE];

async fn start() -> (Cluster, AnyClient, [MetadataResponseTopic; 2]) {
    let cluster = Cluster::builder().in_memory().start().await.unwrap();
    let mut client = AnyClient::to(&cluster, 1).await;
    let orders = client.create_topic("orders", 2).await;
    let bills = client.create_topic("bills", 2).await;
    (cluster, client, [orders, bills])
}

fn produce(topics: &[MetadataResponseTopic]) -> ProduceRequest {
    let mut request = ProduceRequest::default();
    request.acks = -1;
    let topics = topics.iter().map(|topic| {
        let mut data = TopicProduceData::default();
        data.name = topic.name.clone().unwrap();
        data.topic_id = topic.topic_id;
        let partitions = (0..2).map(|index| {
            let mut data = PartitionProduceData::default();
            data.index = index;
            data.records = Some(batch(&["a"]));
            data
        });
        data.partition_data = partitions.collect();
        data
    });
    request.topic_data = topics.collect();
    request
}

async fn produced(
    client: &mut AnyClient,
    request: &ProduceRequest,
    version: i16,
) -> Vec<ErrorCode> {
    let response = client.call(request, version).await;
    let partitions = response
        .responses
        .iter()
        .flat_map(|topic| &topic.partition_responses);
    partitions.map(|partition| partition.error_code).collect()
}

fn fetch(topics: &[MetadataResponseTopic]) -> FetchRequest {
    let mut request = FetchRequest::default();
    request.min_bytes = 1;
    request.max_bytes = 1 << 20;
    let topics = topics.iter().map(|topic| {
        let mut asked = crate::client::fetch_request(topic, 0).topics.remove(0);
        let mut second = FetchPartition::clone(&asked.partitions[0]);
        second.partition = 1;
        asked.partitions.push(second);
        asked
    });
    request.topics = topics.collect();
    request
}

fn fetched(response: &FetchResponse) -> Vec<ErrorCode> {
    let partitions = response
        .responses
        .iter()
        .flat_map(|topic| &topic.partitions);
    partitions.map(|partition| partition.error_code).collect()
}

#[tokio::test(start_paused = true)]
async fn one_partition_is_refused_and_the_others_are_written() {
    let (cluster, mut client, topics) = start().await;
    for version in [9, 13] {
        let fault = Fault::on(ApiKey::PRODUCE, Action::Error(STALE));
        let fault = cluster.inject(fault.partition("orders", 1).times(1));
        let request = produce(&topics);
        assert_eq!(produced(&mut client, &request, version).await, EXPECTED);
        assert_eq!(fault.hits(), 1);
        assert_eq!(
            produced(&mut client, &request, version).await,
            [ErrorCode::NONE; 4]
        );
    }
    let response = client.call(&fetch(&topics), 18).await;
    let ends: Vec<_> = response
        .responses
        .iter()
        .flat_map(|topic| &topic.partitions)
        .map(|partition| partition.high_watermark)
        .collect();
    assert_eq!(ends, [4, 2, 4, 4]);

    let fault = Fault::on(ApiKey::PRODUCE, Action::ErrorAfterApplying(STALE));
    let _fault = cluster.inject(fault.topic("bills").times(1));
    let codes = produced(&mut client, &produce(&topics), 13).await;
    assert_eq!(codes, [ErrorCode::NONE, ErrorCode::NONE, STALE, STALE]);
    let response = client.call(&fetch(&topics), 18).await;
    assert_eq!(response.responses[1].partitions[0].high_watermark, 5);
}

#[tokio::test(start_paused = true)]
async fn requests_that_do_not_name_it_never_meet_it() {
    let (cluster, mut client, topics) = start().await;
    let fault = Fault::on(ApiKey::PRODUCE, Action::Error(STALE));
    let fault = cluster.inject(fault.partition("orders", 1).times(1));
    let others = produce(&topics[1..]);
    assert_eq!(
        produced(&mut client, &others, 13).await,
        [ErrorCode::NONE; 2]
    );
    assert_eq!(fault.hits(), 0);
    assert_eq!(produced(&mut client, &produce(&topics), 13).await, EXPECTED);
    assert_eq!(fault.hits(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_partition_cannot_be_read() {
    let (cluster, mut client, topics) = start().await;
    client.call(&produce(&topics), 13).await;
    let fault = Fault::on(ApiKey::FETCH, Action::Error(STALE)).partition("orders", 1);
    let _fault = cluster.inject(fault);
    for version in [4, 12, 18] {
        let response = client.call(&fetch(&topics), version).await;
        assert_eq!(fetched(&response), EXPECTED);
        let spoiled = &response.responses[0].partitions[1];
        assert_eq!(
            spoiled.current_leader.leader_id,
            if version < 16 { -1 } else { 1 }
        );
        assert!(
            !response.responses[0].partitions[0]
                .records
                .as_ref()
                .unwrap()
                .is_empty()
        );
    }
    // It does not wait for what is there to come.
    let mut request = fetch(&topics);
    request.min_bytes = 1 << 20;
    request.max_wait_ms = 60_000;
    let start = Instant::now();
    assert_eq!(fetched(&client.call(&request, 18).await), EXPECTED);
    assert_eq!(start.elapsed().as_secs(), 0);
}

#[tokio::test(start_paused = true)]
async fn every_api_that_names_partitions_has_it() {
    let (cluster, mut client, _) = start().await;
    let names = ["orders", "bills"];
    for api in [
        ApiKey::LIST_OFFSETS,
        ApiKey::OFFSET_FOR_LEADER_EPOCH,
        ApiKey::DELETE_RECORDS,
        ApiKey::DESCRIBE_TOPIC_PARTITIONS,
    ] {
        let fault = Fault::on(api, Action::Error(STALE)).partition("orders", 1);
        cluster.inject(fault).keep();
    }
    let mut request = ListOffsetsRequest::default();
    request.replica_id = -1;
    request.topics = names
        .map(|name| {
            let mut topic = ListOffsetsTopic::default();
            topic.name = name.into();
            topic.partitions = vec![ListOffsetsPartition::default(); 2];
            topic.partitions[1].partition_index = 1;
            topic
        })
        .into();
    let topics = client.call(&request, 11).await.topics;
    let found = topics.iter().flat_map(|topic| &topic.partitions);
    assert!(found.map(|partition| partition.error_code).eq(EXPECTED));

    let mut request = OffsetForLeaderEpochRequest::default();
    request.replica_id = -1;
    request.topics = names
        .map(|name| {
            let mut topic = OffsetForLeaderTopic::default();
            topic.topic = name.into();
            topic.partitions = vec![OffsetForLeaderPartition::default(); 2];
            topic.partitions[1].partition = 1;
            topic
        })
        .into();
    let topics = client.call(&request, 4).await.topics;
    let found = topics.iter().flat_map(|topic| &topic.partitions);
    assert!(found.map(|partition| partition.error_code).eq(EXPECTED));

    let mut request = DeleteRecordsRequest::default();
    request.topics = names
        .map(|name| {
            let mut topic = DeleteRecordsTopic::default();
            topic.name = name.into();
            topic.partitions = vec![DeleteRecordsPartition::default(); 2];
            topic.partitions[1].partition_index = 1;
            topic
        })
        .into();
    let topics = client.call(&request, 2).await.topics;
    let found = topics.iter().flat_map(|topic| &topic.partitions);
    assert!(found.map(|partition| partition.error_code).eq(EXPECTED));

    let mut request = DescribeTopicPartitionsRequest::default();
    request.response_partition_limit = 10;
    request.topics = names
        .map(|name| {
            let mut topic = TopicRequest::default();
            topic.name = name.into();
            topic
        })
        .into();
    let mut topics = client.call(&request, 0).await.topics;
    topics.reverse();
    let found = topics.iter().flat_map(|topic| &topic.partitions);
    assert!(found.map(|partition| partition.error_code).eq(EXPECTED));
}

#[tokio::test(start_paused = true)]
async fn metadata_tells_of_a_topic_or_a_partition_that_is_not_well() {
    let (cluster, mut client, topics) = start().await;
    let code = ErrorCode::LEADER_NOT_AVAILABLE;
    let on = |code| Fault::on(ApiKey::METADATA, Action::Error(code));
    let fault = cluster.inject(on(code).partition("orders", 1));
    let mut all = MetadataRequest::default();
    all.topics = None;
    for version in [1, 13] {
        let mut told = client.call(&all, version).await.topics;
        told.reverse();
        let codes = told.iter().flat_map(|topic| &topic.partitions);
        let codes: Vec<_> = codes
            .map(|partition| (partition.error_code, partition.leader_id))
            .collect();
        let ok = (ErrorCode::NONE, 1);
        assert_eq!(codes, [ok, (code, -1), ok, ok]);
    }
    drop(fault);
    let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    let _fault = cluster.inject(on(unknown).topic("bills"));
    let response = client
        .call(&metadata_request(&["orders", "bills"]), 13)
        .await;
    assert_eq!(response.topics[0], topics[0]);
    assert_eq!(
        (
            response.topics[1].error_code,
            response.topics[1].partitions.len()
        ),
        (unknown, 0)
    );
    assert_eq!(response.topics[1].name.as_deref(), Some("bills"));
    // Nothing is made that is spoiled before.
    let fault = cluster.inject(on(unknown).topic("fresh").times(1));
    client.metadata(&["fresh"], 13).await;
    assert_eq!(fault.hits(), 1);
    assert_eq!(cluster.leader("fresh", 0), None);
}

#[tokio::test(start_paused = true)]
async fn other_actions_take_the_whole_request() {
    let (cluster, mut client, topics) = start().await;
    for moment in [Moment::BeforeReading, Moment::AfterReading] {
        let fault = Fault::on(ApiKey::PRODUCE, Action::Close(moment));
        let fault = cluster.inject(fault.partition("orders", 0).times(1));
        assert_eq!(
            produced(&mut client, &produce(&topics[1..]), 13).await,
            [ErrorCode::NONE; 2]
        );
        client.send(&produce(&topics), 13).await;
        client.expect_close().await;
        assert_eq!(fault.hits(), 1);
        client = AnyClient::to(&cluster, 1).await;
    }
    // A fault for the whole request goes first, whichever is older.
    let part = Fault::on(ApiKey::PRODUCE, Action::Error(STALE)).topic("orders");
    let part = cluster.inject(part.times(1));
    let code = ErrorCode::REQUEST_TIMED_OUT;
    let whole = cluster.inject(Fault::on(ApiKey::PRODUCE, Action::Error(code)).times(1));
    let codes = produced(&mut client, &produce(&topics), 13).await;
    assert_eq!((codes, whole.hits(), part.hits()), (vec![code; 4], 1, 0));
    let codes = produced(&mut client, &produce(&topics[..1]), 13).await;
    assert_eq!((codes, part.hits()), (vec![STALE; 2], 1));
}

/// Whether each of the four partitions has batches whose checksums are right.
async fn intact(client: &mut AnyClient, request: &FetchRequest, version: i16) -> Vec<bool> {
    let response = client.call(request, version).await;
    let topics = response.responses.into_iter();
    let partitions = topics.flat_map(|topic| topic.partitions);
    let intact = partitions.map(|partition| {
        let batches: Vec<_> = Batches::new(partition.records.unwrap()).collect();
        assert!(!batches.is_empty());
        let mut batches = batches.into_iter();
        batches.all(|batch| batch.unwrap().verify_checksum().is_ok())
    });
    intact.collect()
}

#[tokio::test]
async fn records_are_corrupt_of_one_partition_once() {
    let (cluster, mut client, topics) = start().await;
    let fault = || Fault::on(ApiKey::FETCH, Action::CorruptRecords);
    let guard = cluster.inject(fault().partition("orders", 1).times(1));
    // A Fetch that finds nothing is not counted.
    client.call(&fetch(&topics), 18).await;
    assert_eq!(guard.hits(), 0);
    client.call(&produce(&topics), 13).await;
    let request = fetch(&topics);
    assert_eq!(
        intact(&mut client, &request, 18).await,
        [true, false, true, true]
    );
    assert_eq!(guard.hits(), 1);
    assert_eq!(intact(&mut client, &request, 18).await, [true; 4]);
    let guard = cluster.inject(fault().topic("orders").times(1));
    assert_eq!(
        intact(&mut client, &request, 12).await,
        [false, false, true, true]
    );
    drop(guard);
    let guard = cluster.inject(fault().times(1));
    assert_eq!(intact(&mut client, &request, 4).await, [false; 4]);
    assert_eq!(intact(&mut client, &request, 4).await, [true; 4]);
    assert_eq!(guard.hits(), 1);
}

#[tokio::test]
async fn an_append_that_failed_is_there_and_found_again() {
    for code in [
        ErrorCode::REQUEST_TIMED_OUT,
        ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    ] {
        let (cluster, mut client, topics) = start().await;
        let topic = &topics[0];
        let fault = Fault::on(ApiKey::PRODUCE, Action::ErrorAfterApplying(code));
        let guard = cluster.inject(fault.partition("orders", 0).times(1));
        let mut builder = BatchBuilder::new().with_producer(Producer {
            id: 7,
            epoch: 0,
            base_sequence: 0,
        });
        builder.append(1000, None, Some(b"a"), []).unwrap();
        let records = builder.seal(&mut Compressor::new()).unwrap();
        let answer = client.produce(topic, records.clone(), 13).await;
        assert_eq!((answer.error_code, answer.base_offset), (code, -1));
        assert_eq!(guard.hits(), 1);
        // Sent again, it is where it was, and there once.
        let answer = client.produce(topic, records.clone(), 13).await;
        assert_eq!((answer.error_code.0, answer.base_offset), (0, 0));
        let lost = Fault::on(ApiKey::PRODUCE, Action::Close(Moment::AfterApplying));
        let _lost = cluster.inject(lost.partition("orders", 0).times(1));
        let request = crate::client::produce_request(topic, 0, batch(&["b"]), 1);
        client.send(&request, 13).await;
        client.expect_close().await;
        let mut client = AnyClient::to(&cluster, 1).await;
        let response = client.call(&fetch(&topics), 18).await;
        assert_eq!(response.responses[0].partitions[0].high_watermark, 2);
    }
}
