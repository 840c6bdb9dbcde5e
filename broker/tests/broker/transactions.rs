//! Producers' ids and transactions, as admin clients see them.

use bytes::Bytes;
use milena_broker::{Action, ApiKey, Cluster, Fault};
use milena_wire::compression::Compressor;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::add_offsets_to_txn::AddOffsetsToTxnRequest;
use milena_wire::messages::add_partitions_to_txn::{
    AddPartitionsToTxnRequest, AddPartitionsToTxnTopic, AddPartitionsToTxnTransaction,
};
use milena_wire::messages::describe_producers::{
    DescribeProducersRequest, PartitionResponse, TopicRequest,
};
use milena_wire::messages::describe_transactions::{DescribeTransactionsRequest, TransactionState};
use milena_wire::messages::end_txn::EndTxnRequest;
use milena_wire::messages::init_producer_id::{InitProducerIdRequest, InitProducerIdResponse};
use milena_wire::messages::list_transactions::ListTransactionsRequest;
use milena_wire::messages::metadata::MetadataResponseTopic;
use milena_wire::messages::write_txn_markers::{
    WritableTxnMarker, WritableTxnMarkerTopic, WriteTxnMarkersRequest,
};
use milena_wire::records::{Batch, BatchBuilder, Batches, Producer};

use crate::client::{Client, fetch_request, produce_request};

const FENCED: ErrorCode = ErrorCode::PRODUCER_FENCED;

fn init(id: Option<&str>) -> InitProducerIdRequest {
    let mut request = InitProducerIdRequest::default();
    request.transactional_id = id.map(Into::into);
    request.transaction_timeout_ms = 60_000;
    request
}

/// Begins under the id `x`.
async fn begin(client: &mut Client) -> InitProducerIdResponse {
    let begun = client.call(&init(Some("x")), 5).await;
    assert_eq!(begun.error_code, ErrorCode::NONE);
    begun
}

fn add(producer: &InitProducerIdResponse, partitions: &[i32]) -> AddPartitionsToTxnRequest {
    let mut topic = AddPartitionsToTxnTopic::default();
    topic.name = "t".into();
    topic.partitions = partitions.into();
    let mut request = AddPartitionsToTxnRequest::default();
    request.v3_and_below_transactional_id = "x".into();
    request.v3_and_below_producer_id = producer.producer_id;
    request.v3_and_below_producer_epoch = producer.producer_epoch;
    request.v3_and_below_topics = vec![topic];
    request
}

async fn added(
    client: &mut Client,
    request: &AddPartitionsToTxnRequest,
    version: i16,
) -> Vec<ErrorCode> {
    let response = client.call(request, version).await;
    let topics = response.results_by_topic_v3_and_below.iter();
    let partitions = topics.flat_map(|topic| &topic.results_by_partition);
    partitions
        .map(|one| ErrorCode(one.partition_error_code))
        .collect()
}

fn end(producer: &InitProducerIdResponse, committed: bool) -> EndTxnRequest {
    let mut request = EndTxnRequest::default();
    request.transactional_id = "x".into();
    request.producer_id = producer.producer_id;
    request.producer_epoch = producer.producer_epoch;
    request.committed = committed;
    request
}

fn records(producer: &InitProducerIdResponse, sequence: i32, transactional: bool) -> Bytes {
    let producer = Producer {
        id: producer.producer_id,
        epoch: producer.producer_epoch,
        base_sequence: sequence,
    };
    let mut builder = BatchBuilder::new()
        .with_transactional(transactional)
        .with_producer(producer);
    for value in ["a", "b"] {
        builder
            .append(1000, None, Some(value.as_bytes()), [])
            .unwrap();
    }
    builder.seal(&mut Compressor::new()).unwrap()
}

async fn produce(
    client: &mut Client,
    topic: &MetadataResponseTopic,
    records: Bytes,
    version: i16,
) -> ErrorCode {
    let mut request = produce_request(topic, 0, records, -1);
    request.transactional_id = Some("x".into());
    let response = client.call(&request, version).await;
    response.responses[0].partition_responses[0].error_code
}

async fn describe(client: &mut Client, id: &str) -> TransactionState {
    let mut request = DescribeTransactionsRequest::default();
    request.transactional_ids = vec![id.into()];
    let mut response = client.call(&request, 0).await;
    assert_eq!(response.transaction_states.len(), 1);
    response.transaction_states.remove(0)
}

async fn producers(client: &mut Client, topic: &str, partition: i32) -> PartitionResponse {
    let mut asked = TopicRequest::default();
    asked.name = topic.into();
    asked.partition_indexes = [partition][..].into();
    let mut request = DescribeProducersRequest::default();
    request.topics = vec![asked];
    let mut response = client.call(&request, 0).await;
    response.topics.remove(0).partitions.remove(0)
}

/// How many batches partition 0 has, and whether the last is a marker.
async fn batches(client: &mut Client, topic: &MetadataResponseTopic) -> (usize, bool) {
    let response = client.call(&fetch_request(topic, 0), 18).await;
    let records = response.responses[0].partitions[0].records.clone().unwrap();
    let batches: Vec<_> = Batches::new(records).map(Result::unwrap).collect();
    (batches.len(), batches.last().is_some_and(Batch::is_control))
}

#[tokio::test]
async fn every_version_gives_ids() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let mut last = -1;
    for version in 0..=6 {
        let given = client.call(&init(None), version).await;
        assert_eq!(
            (given.error_code, given.producer_epoch),
            (ErrorCode::NONE, 0)
        );
        assert!(given.producer_id > last);
        last = given.producer_id;
    }
    for version in 0..=6 {
        let given = client.call(&init(Some("x")), version).await;
        assert_eq!(given.error_code, ErrorCode::NONE);
        assert_eq!(
            (given.producer_id, given.producer_epoch),
            (last + 1, version)
        );
    }
    let mut known = init(Some("x"));
    (known.producer_id, known.producer_epoch) = (last + 1, 6);
    let bumped = client.call(&known, 5).await;
    assert_eq!(
        (bumped.error_code, bumped.producer_epoch),
        (ErrorCode::NONE, 7)
    );
    known.producer_epoch = 3;
    for (version, code) in [(3, ErrorCode::INVALID_PRODUCER_EPOCH), (4, FENCED)] {
        assert_eq!(client.call(&known, version).await.error_code, code);
    }
    known.producer_epoch = -1;
    assert_eq!(
        client.call(&known, 5).await.error_code,
        ErrorCode::INVALID_REQUEST
    );
    let mut slow = init(Some("x"));
    slow.transaction_timeout_ms = 900_001;
    let refused = client.call(&slow, 5).await;
    assert_eq!(refused.error_code, ErrorCode::INVALID_TRANSACTION_TIMEOUT);
    let mut prepared = init(Some("x"));
    prepared.keep_prepared_txn = true;
    let refused = client.call(&prepared, 6).await;
    assert_eq!(refused.error_code, ErrorCode::UNSUPPORTED_VERSION);
}

#[tokio::test]
async fn a_transaction_is_seen_from_its_begin_to_its_end() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("t", 2).await;
    for (round, first_offset, version) in [(0, 0, 0), (1, 3, 3)] {
        let producer = begin(&mut client).await;
        assert_eq!(describe(&mut client, "x").await.transaction_state, "Empty");
        let early = produce(&mut client, &topic, records(&producer, 0, true), 11).await;
        assert_eq!(early, ErrorCode::INVALID_TXN_STATE);
        let codes = added(&mut client, &add(&producer, &[0, 1]), version).await;
        assert_eq!(codes, [ErrorCode::NONE; 2]);
        let late = produce(&mut client, &topic, records(&producer, 0, true), 11).await;
        assert_eq!(late, ErrorCode::NONE);
        let described = describe(&mut client, "x").await;
        assert_eq!(described.transaction_state, "Ongoing");
        assert!(described.transaction_start_time_ms > 0);
        assert_eq!(described.transaction_timeout_ms, 60_000);
        assert_eq!(described.topics[0].partitions[..], [0, 1]);
        let active = producers(&mut client, "t", 0).await.active_producers;
        assert_eq!(active.len(), 1);
        assert_eq!(active[0].producer_id, producer.producer_id);
        assert_eq!(
            (active[0].last_sequence, active[0].last_timestamp),
            (1, 1000)
        );
        assert_eq!(active[0].current_txn_start_offset, first_offset);

        let ended = client.call(&end(&producer, round == 0), 4).await;
        assert_eq!(ended.error_code, ErrorCode::NONE);
        let state = if round == 0 {
            "CompleteCommit"
        } else {
            "CompleteAbort"
        };
        let described = describe(&mut client, "x").await;
        assert_eq!(described.transaction_state, state);
        assert!(described.topics.is_empty());
        let active = producers(&mut client, "t", 0).await.active_producers;
        assert_eq!(active[0].current_txn_start_offset, -1);
        assert_eq!(active[0].coordinator_epoch, 0);
        assert_eq!(batches(&mut client, &topic).await, (2 * (round + 1), true));
    }
}

#[tokio::test]
async fn new_producers_begin_by_producing_and_end_an_epoch_each_time() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("t", 1).await;
    let mut producer = begin(&mut client).await;
    for _ in 0..2 {
        let code = produce(&mut client, &topic, records(&producer, 0, true), 13).await;
        assert_eq!(code, ErrorCode::NONE);
        let ended = client.call(&end(&producer, true), 5).await;
        assert_eq!(ended.error_code, ErrorCode::NONE);
        assert_eq!(ended.producer_epoch, producer.producer_epoch + 1);
        let again = client.call(&end(&producer, true), 5).await;
        assert_eq!(again.producer_epoch, ended.producer_epoch);
        producer.producer_epoch = ended.producer_epoch;
    }
    let mut old = producer.clone();
    old.producer_epoch -= 2;
    let code = produce(&mut client, &topic, records(&old, 0, true), 13).await;
    assert_eq!(code, ErrorCode::INVALID_PRODUCER_EPOCH);
}

#[tokio::test]
async fn what_is_no_transaction_of_this_producer_is_refused() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("t", 1).await;
    let producer = begin(&mut client).await;
    assert_eq!(
        added(&mut client, &add(&producer, &[0, 9]), 3).await,
        [
            ErrorCode::OPERATION_NOT_ATTEMPTED,
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
        ]
    );
    let ended = client.call(&end(&producer, true), 4).await;
    assert_eq!(ended.error_code, ErrorCode::INVALID_TXN_STATE);
    let mut other = producer.clone();
    other.producer_id += 50;
    assert_eq!(
        added(&mut client, &add(&other, &[0]), 3).await,
        [ErrorCode::INVALID_PRODUCER_ID_MAPPING]
    );
    let newer = begin(&mut client).await;
    for (version, code) in [(0, ErrorCode::INVALID_PRODUCER_EPOCH), (3, FENCED)] {
        assert_eq!(
            added(&mut client, &add(&producer, &[0]), version).await,
            [code]
        );
    }
    for (version, code) in [(1, ErrorCode::INVALID_PRODUCER_EPOCH), (4, FENCED)] {
        assert_eq!(
            client
                .call(&end(&producer, false), version)
                .await
                .error_code,
            code
        );
    }
    let mut offsets = AddOffsetsToTxnRequest::default();
    offsets.transactional_id = "x".into();
    offsets.producer_id = producer.producer_id;
    offsets.producer_epoch = producer.producer_epoch;
    offsets.group_id = "g".into();
    for (version, code) in [(0, ErrorCode::INVALID_PRODUCER_EPOCH), (4, FENCED)] {
        assert_eq!(client.call(&offsets, version).await.error_code, code);
    }
    offsets.producer_epoch = newer.producer_epoch;
    assert_eq!(client.call(&offsets, 4).await.error_code, ErrorCode::NONE);
    let described = describe(&mut client, "x").await;
    assert_eq!(described.topics[0].topic, "__consumer_offsets");
    // A transactional batch needs a transactional id.
    let request = produce_request(&topic, 0, records(&newer, 0, true), -1);
    let response = client.call(&request, 13).await;
    assert_eq!(
        response.responses[0].partition_responses[0].error_code,
        ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED
    );
    for (id, code) in [
        ("none", ErrorCode::TRANSACTIONAL_ID_NOT_FOUND),
        ("", ErrorCode::INVALID_REQUEST),
    ] {
        assert_eq!(describe(&mut client, id).await.error_code, code);
    }
}

#[tokio::test]
async fn brokers_ask_for_many_and_only_whether_they_are_there() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    client.create_topic("t", 2).await;
    let producer = begin(&mut client).await;
    let mut asked = AddPartitionsToTxnTransaction::default();
    asked.transactional_id = "x".into();
    asked.producer_id = producer.producer_id;
    asked.producer_epoch = producer.producer_epoch;
    asked.topics = add(&producer, &[0, 1]).v3_and_below_topics;
    let mut request = AddPartitionsToTxnRequest::default();
    request.transactions = vec![asked];
    for (version, verify_only, code) in [
        (4, true, ErrorCode::TRANSACTION_ABORTABLE),
        (4, false, ErrorCode::NONE),
        (5, true, ErrorCode::NONE),
    ] {
        request.transactions[0].verify_only = verify_only;
        let response = client.call(&request, version).await;
        let result = &response.results_by_transaction[0];
        let partitions = result.topic_results[0].results_by_partition.iter();
        let codes: Vec<_> = partitions.map(|one| one.partition_error_code).collect();
        assert_eq!(codes, [code.0; 2]);
    }
}

#[tokio::test]
async fn who_begins_anew_aborts_what_was_left_open() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("t", 1).await;
    let producer = begin(&mut client).await;
    produce(&mut client, &topic, records(&producer, 0, true), 13).await;
    let refused = client.call(&init(Some("x")), 5).await;
    assert_eq!(refused.error_code, ErrorCode::CONCURRENT_TRANSACTIONS);
    assert_eq!(batches(&mut client, &topic).await, (2, true));
    let newer = begin(&mut client).await;
    assert_eq!(newer.producer_epoch, producer.producer_epoch + 2);
}

#[tokio::test]
async fn an_admin_client_aborts_what_hangs() {
    let cluster = Cluster::builder().nodes(3).start().await.unwrap();
    let mut leader = Client::connect(&cluster, 1).await;
    let topic = leader.create_topic("t", 1).await;
    cluster.reassign_partition("t", 0, &[1, 2]).unwrap();
    cluster.move_leader("t", 0, 1).unwrap();
    let producer = leader.call(&init(None), 5).await;
    let idempotent = leader
        .produce(&topic, records(&producer, 0, false), 13)
        .await;
    assert_eq!(idempotent.error_code, ErrorCode::NONE);
    let before = producers(&mut leader, "t", 0).await.active_producers;
    let mut asked = WritableTxnMarkerTopic::default();
    asked.name = "t".into();
    asked.partition_indexes = [0, 9][..].into();
    let mut marker = WritableTxnMarker::default();
    marker.producer_id = before[0].producer_id;
    marker.producer_epoch = i16::try_from(before[0].producer_epoch).unwrap();
    marker.coordinator_epoch = 7;
    marker.topics = vec![asked];
    let mut request = WriteTxnMarkersRequest::default();
    request.markers = vec![marker];
    let codes = async |client: &mut Client, request: &WriteTxnMarkersRequest, version| {
        let response = client.call(request, version).await;
        let partitions = response.markers[0].topics[0].partitions.iter();
        partitions.map(|one| one.error_code).collect::<Vec<_>>()
    };
    let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    let mut other = Client::connect(&cluster, 2).await;
    let elsewhere = [ErrorCode::NOT_LEADER_OR_FOLLOWER, unknown];
    assert_eq!(codes(&mut other, &request, 1).await, elsewhere);
    for version in 0..=2 {
        assert_eq!(
            codes(&mut leader, &request, version).await,
            [ErrorCode::NONE, unknown]
        );
    }
    let after = producers(&mut leader, "t", 0).await.active_producers;
    assert_eq!((after[0].coordinator_epoch, after[0].last_sequence), (7, 1));
    assert_eq!(batches(&mut leader, &topic).await, (4, true));
    request.markers[0].coordinator_epoch = 6;
    let fenced = [ErrorCode::TRANSACTION_COORDINATOR_FENCED, unknown];
    assert_eq!(codes(&mut leader, &request, 2).await, fenced);
    request.markers[0].producer_epoch = -1;
    let fenced = [ErrorCode::INVALID_PRODUCER_EPOCH, unknown];
    assert_eq!(codes(&mut leader, &request, 2).await, fenced);

    // Followers tell, too; others cannot.
    let told = producers(&mut leader, "t", 0).await.active_producers;
    let follower = producers(&mut other, "t", 0).await;
    assert_eq!(
        (follower.error_code, follower.active_producers),
        (ErrorCode::NONE, told)
    );
    let mut third = Client::connect(&cluster, 3).await;
    let elsewhere = producers(&mut third, "t", 0).await;
    assert_eq!(elsewhere.error_code, ErrorCode::NOT_LEADER_OR_FOLLOWER);
    for (topic, partition, code) in [
        ("t", 9, unknown),
        ("none", 0, unknown),
        ("no ne", 0, ErrorCode::INVALID_TOPIC_EXCEPTION),
    ] {
        assert_eq!(
            producers(&mut leader, topic, partition).await.error_code,
            code
        );
    }
}

#[tokio::test]
async fn transactions_are_listed_by_state_producer_duration_and_pattern() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    client.create_topic("t", 1).await;
    let producer = begin(&mut client).await;
    client.call(&init(Some("y")), 5).await;
    added(&mut client, &add(&producer, &[0]), 3).await;
    for version in 0..=2 {
        let listed = client
            .call(&ListTransactionsRequest::default(), version)
            .await;
        let states = listed.transaction_states.iter();
        let states: Vec<_> = states
            .map(|one| (&*one.transactional_id, &*one.transaction_state))
            .collect();
        assert_eq!(states, [("x", "Ongoing"), ("y", "Empty")]);
    }
    type Change = fn(&mut ListTransactionsRequest, i64);
    let filters: [(Change, &[&str]); 6] = [
        (
            |request, _| request.state_filters = vec!["Empty".into()],
            &["y"],
        ),
        (|request, id| request.producer_id_filters = vec![id], &["x"]),
        (|request, _| request.duration_filter = 3_600_000, &["y"]),
        (
            |request, _| request.transactional_id_pattern = Some("[xz]".into()),
            &["x"],
        ),
        (
            |request, _| request.transactional_id_pattern = Some("".into()),
            &["x", "y"],
        ),
        (
            |request, _| request.transactional_id_pattern = Some(".x".into()),
            &[],
        ),
    ];
    for (change, expected) in filters {
        let mut request = ListTransactionsRequest::default();
        change(&mut request, producer.producer_id);
        let listed = client.call(&request, 2).await;
        let states = listed.transaction_states.iter();
        let states: Vec<_> = states.map(|one| &*one.transactional_id).collect();
        assert_eq!(states, expected, "{request:?}");
    }
    let mut request = ListTransactionsRequest::default();
    request.state_filters = vec!["Dead".into(), "Gone".into()];
    let listed = client.call(&request, 2).await;
    assert_eq!(listed.unknown_state_filters, ["Gone"]);
    assert!(listed.transaction_states.is_empty());
    request.transactional_id_pattern = Some("(".into());
    let refused = client.call(&request, 2).await;
    assert_eq!(refused.error_code, ErrorCode::INVALID_REGULAR_EXPRESSION);
}

#[tokio::test]
async fn only_the_coordinator_answers() {
    let cluster = Cluster::builder().nodes(2).start().await.unwrap();
    let mut clients = [
        Client::connect(&cluster, 1).await,
        Client::connect(&cluster, 2).await,
    ];
    let mut codes = Vec::new();
    for client in &mut clients {
        codes.push(client.call(&init(Some("x")), 5).await.error_code);
    }
    codes.sort_unstable_by_key(|code| code.0);
    assert_eq!(codes, [ErrorCode::NONE, ErrorCode::NOT_COORDINATOR]);
    let mut codes = Vec::new();
    let mut listed = 0;
    for client in &mut clients {
        let mut all = vec![describe(client, "x").await.error_code];
        all.extend(added(client, &add(&InitProducerIdResponse::default(), &[0]), 3).await);
        all.push(
            client
                .call(&end(&InitProducerIdResponse::default(), true), 5)
                .await
                .error_code,
        );
        codes.push(
            all.iter()
                .filter(|code| **code == ErrorCode::NOT_COORDINATOR)
                .count(),
        );
        let response = client.call(&ListTransactionsRequest::default(), 2).await;
        listed += response.transaction_states.len();
    }
    codes.sort_unstable();
    assert_eq!((codes, listed), (vec![0, 3], 1));
}

#[tokio::test]
async fn all_of_it_can_be_made_to_fail() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let code = ErrorCode::COORDINATOR_NOT_AVAILABLE;
    let keys = [
        ApiKey::INIT_PRODUCER_ID,
        ApiKey::ADD_PARTITIONS_TO_TXN,
        ApiKey::ADD_OFFSETS_TO_TXN,
        ApiKey::END_TXN,
        ApiKey::WRITE_TXN_MARKERS,
        ApiKey::DESCRIBE_PRODUCERS,
        ApiKey::LIST_TRANSACTIONS,
        ApiKey::DESCRIBE_TRANSACTIONS,
    ];
    let _faults = keys.map(|key| cluster.inject(Fault::on(key, Action::Error(code))));
    let none = InitProducerIdResponse::default();
    assert_eq!(client.call(&init(None), 0).await.error_code, code);
    assert_eq!(added(&mut client, &add(&none, &[0, 1]), 3).await, [code; 2]);
    let response = client.call(&AddPartitionsToTxnRequest::default(), 5).await;
    assert_eq!(response.error_code, code);
    let response = client.call(&AddOffsetsToTxnRequest::default(), 4).await;
    assert_eq!(response.error_code, code);
    assert_eq!(client.call(&end(&none, true), 5).await.error_code, code);
    assert_eq!(producers(&mut client, "t", 0).await.error_code, code);
    assert_eq!(describe(&mut client, "x").await.error_code, code);
    let response = client.call(&ListTransactionsRequest::default(), 0).await;
    assert_eq!(response.error_code, code);
    let mut topic = WritableTxnMarkerTopic::default();
    topic.partition_indexes = [3][..].into();
    let mut marker = WritableTxnMarker::default();
    marker.topics = vec![topic];
    let mut request = WriteTxnMarkersRequest::default();
    request.markers = vec![marker];
    let response = client.call(&request, 1).await;
    assert_eq!(response.markers[0].topics[0].partitions[0].error_code, code);
}
