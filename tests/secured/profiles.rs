//! Brokers of old: what is typed goes out at versions that they know.

use bytes::Bytes;
use milena::bytes;
use milena::error::ErrorKind;
use milena::sasl::ScramSha256;
use milena::wire::compression::{Compressor, Decompressor};
use milena::wire::messages::create_topics::CreatableTopic;
use milena::wire::messages::fetch::{FetchPartition, FetchTopic};
use milena::wire::messages::list_offsets::{ListOffsetsPartition, ListOffsetsTopic};
use milena::wire::messages::metadata::MetadataRequestTopic;
use milena::wire::messages::produce::{PartitionProduceData, TopicProduceData};
use milena::wire::messages::{
    CreateTopicsRequest, DescribeTopicPartitionsRequest, FetchRequest, ListOffsetsRequest,
    MetadataRequest, ProduceRequest,
};
use milena::wire::records::{BatchBuilder, Batches, MessageSetBuilder};
use milena::wire::uuid::Uuid;
use milena::{Connection, Error};
use milena_broker::{ApiKey, Cluster, ErrorCode, Profile};

use crate::support::{PASSWORD, USER, connect, every_mechanism, start, with};

const TOPIC: &str = "orders";
const KEY: &[u8] = b"key";
const VALUE: &[u8] = b"value";

/// As brokers of that age keep them.
fn records(profile: Profile) -> Bytes {
    let mut compressor = Compressor::new();
    if profile == Profile::V0_10_2 {
        let mut set = MessageSetBuilder::magic_1();
        set.append(7, Some(KEY), Some(VALUE)).unwrap();
        return set.seal(&mut compressor).unwrap();
    }
    let mut batch = BatchBuilder::new();
    let headers: [(&str, Option<&[u8]>); 0] = [];
    batch.append(7, Some(KEY), Some(VALUE), headers).unwrap();
    batch.seal(&mut compressor).unwrap()
}

async fn round_trip(connection: &Connection, records: Bytes) {
    let topic = CreatableTopic::default()
        .with_name(TOPIC)
        .with_num_partitions(1)
        .with_replication_factor(1);
    let request = CreateTopicsRequest::default().with_topics(vec![topic]);
    let created = connection.send(request).await.unwrap();
    assert_eq!(created.topics[0].error_code, ErrorCode::NONE);

    let topic = MetadataRequestTopic::default().with_name(TOPIC);
    let request = MetadataRequest::default().with_topics(vec![topic]);
    let metadata = connection.send(request).await.unwrap();
    assert_eq!(metadata.topics[0].partitions[0].leader_id, 1);

    let data = PartitionProduceData::default().with_records(records);
    let data = TopicProduceData::default()
        .with_name(TOPIC)
        .with_partition_data(vec![data]);
    let request = ProduceRequest::default()
        .with_acks(-1)
        .with_timeout_ms(1000)
        .with_topic_data(vec![data]);
    let produced = connection.send(request).await.unwrap();
    let partition = &produced.responses[0].partition_responses[0];
    assert_eq!(
        (partition.error_code, partition.base_offset),
        (ErrorCode::NONE, 0)
    );

    let partition = ListOffsetsPartition::default().with_timestamp(-1);
    let topic = ListOffsetsTopic::default()
        .with_name(TOPIC)
        .with_partitions(vec![partition]);
    let request = ListOffsetsRequest::default()
        .with_replica_id(-1)
        .with_topics(vec![topic]);
    let offsets = connection.send(request).await.unwrap();
    assert_eq!(offsets.topics[0].partitions[0].offset, 1);

    let partition = FetchPartition::default().with_partition_max_bytes(1 << 20);
    let topic = FetchTopic::default()
        .with_topic(TOPIC)
        .with_partitions(vec![partition]);
    let request = FetchRequest::default()
        .with_replica_id(-1)
        .with_max_wait_ms(1000)
        .with_min_bytes(1)
        .with_max_bytes(1 << 20)
        .with_topics(vec![topic]);
    let fetched = connection.send(request).await.unwrap();
    let bytes = fetched.responses[0].partitions[0].records.clone().unwrap();
    let batch = Batches::new(bytes).next().unwrap().unwrap();
    let set = batch.records(&mut Decompressor::new()).unwrap();
    let all = set.check().unwrap();
    let record = (&all).into_iter().next().unwrap();
    assert_eq!((record.key, record.value), (Some(KEY), Some(VALUE)));
}

/// Statements 20, 21 and 23: each request at the highest version in common, which is the broker's; and what is asked first, too.
#[tokio::test]
async fn requests_go_out_at_versions_of_old() {
    for (profile, versions, asked) in [
        // Kafka tells its highest in the refusal from 2.x on; before that, the oldest is asked next.
        (Profile::V2_8, [9, 12, 6, 11, 7], vec![4, 3]),
        (Profile::V1_1, [5, 7, 2, 5, 2], vec![4, 0]),
        (Profile::V0_10_2, [2, 3, 1, 2, 1], vec![4, 0]),
    ] {
        let builder = Cluster::builder().profile(profile);
        let cluster = start(builder.sasl(every_mechanism())).await;
        let log = cluster.log_requests();
        let login = with(ScramSha256::new(USER, PASSWORD));
        let connection = connect(&cluster, login).await.unwrap();
        round_trip(&connection, records(profile)).await;
        let apis = [
            ApiKey::PRODUCE,
            ApiKey::FETCH,
            ApiKey::LIST_OFFSETS,
            ApiKey::METADATA,
            ApiKey::CREATE_TOPICS,
        ];
        let seen = |api| -> Vec<i16> { log.seen(api).iter().map(|seen| seen.version).collect() };
        for (api, version) in apis.into_iter().zip(versions) {
            assert_eq!(seen(api), [version], "{profile:?} {api}");
        }
        assert_eq!(seen(ApiKey::API_VERSIONS), asked, "{profile:?}");
        assert_eq!(cluster.connection_counts().accepted, 1);
    }
}

/// Statement 21: what no common version can say is an error before anything is sent, and the connection goes on.
#[tokio::test]
async fn what_an_old_broker_cannot_be_told() {
    for profile in [Profile::V2_8, Profile::V1_1, Profile::V0_10_2] {
        let cluster = start(Cluster::builder().profile(profile)).await;
        let log = cluster.log_requests();
        let connection = connect(&cluster, Connection::builder()).await.unwrap();
        let unsent = |error: &Error| !error.may_have_been_sent() && !error.is_retriable();

        let error = connection
            .send(DescribeTopicPartitionsRequest::default())
            .await
            .unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::UnsupportedApi) && unsent(&error),
            "{error}"
        );

        let topic = MetadataRequestTopic::default().with_topic_id(Uuid::from_u128(1));
        let request = MetadataRequest::default().with_topics(vec![topic]);
        let error = connection.send(request).await.unwrap_err();
        let ErrorKind::UnsupportedVersion { ours, theirs } = error.kind() else {
            panic!("{error}");
        };
        assert!(
            ours.min == 12 && theirs.max < 12 && unsent(&error),
            "{error}"
        );

        // A ceiling for one call.
        let request = MetadataRequest::default();
        connection.send(request).max_version(1).await.unwrap();
        let sent = log.seen(ApiKey::METADATA);
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].version, 1);
        assert!(log.seen(ApiKey::DESCRIBE_TOPIC_PARTITIONS).is_empty());
    }
}
