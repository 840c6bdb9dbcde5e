//! Requests find their brokers.

use milena::wire::messages::create_topics::{CreatableTopic, CreateTopicsRequest};
use milena::wire::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic,
};
use milena_broker::Cluster;

use crate::support::client;

#[tokio::test(start_paused = true)]
async fn a_request_over_many_leaders_is_split_and_merged() {
    let cluster = Cluster::builder()
        .nodes(3)
        .in_memory()
        .start()
        .await
        .unwrap();
    let client = client(&cluster).build().await.unwrap();
    let topic = CreatableTopic::default()
        .with_name("t")
        .with_num_partitions(12)
        .with_replication_factor(1);
    let created = client
        .send(
            CreateTopicsRequest::default()
                .with_topics(vec![topic])
                .with_timeout_ms(1000),
        )
        .await
        .unwrap();
    assert!(created.topics[0].error_code.is_ok());
    let partitions: Vec<_> = (0..12)
        .map(|index| {
            ListOffsetsPartition::default()
                .with_partition_index(index)
                .with_timestamp(-1)
        })
        .collect();
    let topic = ListOffsetsTopic::default()
        .with_name("t")
        .with_partitions(partitions);
    let offsets = client
        .send(ListOffsetsRequest::default().with_topics(vec![topic]))
        .await
        .unwrap();
    let mut seen: Vec<_> = offsets
        .topics
        .iter()
        .flat_map(|topic| &topic.partitions)
        .collect();
    seen.sort_by_key(|partition| partition.partition_index);
    assert_eq!(seen.len(), 12);
    assert!(
        seen.iter()
            .all(|partition| partition.error_code.is_ok() && partition.offset == 0)
    );
    client.close().await;
    cluster.until_connections(|counts| counts.open == 0).await;
}
