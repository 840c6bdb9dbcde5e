//! What the tests share.

use std::future::Future;
use std::time::Duration;

use milena::cluster::ClientBuilder;
use milena::wire::compression::Compressor;
use milena::wire::messages::ProduceRequest;
use milena::wire::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic,
};
use milena::wire::messages::produce::{PartitionProduceData, TopicProduceData};
use milena::wire::records::{BatchBuilder, Producer};
use milena::{Client, Error};
use milena_broker::{Cluster, ClusterBuilder};
use tokio::time::Instant;

/// A client of this cluster, whichever way it is reached.
pub(crate) fn client(cluster: &Cluster) -> ClientBuilder {
    let dialer = cluster.dialer();
    Client::builder()
        .bootstrap(cluster.bootstrap().to_vec())
        .dialer(move |address: String| {
            let dialer = dialer.clone();
            async move { dialer.connect(&address).await }
        })
}

/// A cluster of so many nodes in memory, to be changed further.
pub(crate) fn in_memory(nodes: u16) -> ClusterBuilder {
    Cluster::builder().nodes(nodes).in_memory()
}

/// Asks for the ends of these partitions of a topic, whose leaders must answer.
pub(crate) fn offsets(
    topic: &'static str,
    partitions: impl IntoIterator<Item = i32>,
) -> ListOffsetsRequest {
    let partitions = partitions.into_iter().map(|index| {
        ListOffsetsPartition::default()
            .with_partition_index(index)
            .with_timestamp(-1)
    });
    let topic = ListOffsetsTopic::default()
        .with_name(topic)
        .with_partitions(partitions.collect::<Vec<_>>());
    ListOffsetsRequest::default().with_topics(vec![topic])
}

/// Whether each of so many partitions was answered, without an error.
pub(crate) fn all_answered(
    response: &milena::wire::messages::ListOffsetsResponse,
    partitions: usize,
) -> bool {
    let mut all = response.topics.iter().flat_map(|topic| &topic.partitions);
    all.clone().count() == partitions && all.all(|partition| partition.error_code.is_ok())
}

/// One record for the first partition of a topic.
pub(crate) fn produce(topic: &'static str) -> ProduceRequest {
    // With an id, so that it may be sent twice.
    let mut batch = BatchBuilder::new().with_producer(Producer {
        id: 7,
        epoch: 0,
        base_sequence: 0,
    });
    let headers: [(&str, Option<&[u8]>); 0] = [];
    batch.append(7, None, Some(b"value"), headers).unwrap();
    let records = batch.seal(&mut Compressor::new()).unwrap();
    let data = PartitionProduceData::default().with_records(records);
    let topic = TopicProduceData::default()
        .with_name(topic)
        .with_partition_data(vec![data]);
    ProduceRequest::default()
        .with_acks(-1)
        .with_timeout_ms(1000)
        .with_topic_data(vec![topic])
}

/// How long it took, by the clock of the runtime.
pub(crate) async fn timed<T>(future: impl Future<Output = T>) -> (T, Duration) {
    let began = Instant::now();
    let outcome = future.await;
    (outcome, began.elapsed())
}

/// The text of an error, which is one line.
pub(crate) fn text(error: &Error) -> String {
    let text = error.to_string();
    assert!(!text.contains('\n'), "{text}");
    text
}
