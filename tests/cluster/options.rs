//! Options at their edges, at work.

use std::time::Duration;

use milena::error::ErrorKind;
use milena::wire::messages::MetadataRequest;
use milena::wire::messages::describe_groups::DescribeGroupsRequest;
use milena::wire::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic,
};
use milena_broker::Cluster;

use crate::support::client;

/// Statement 20: `Duration::MAX` is "never", and no overflow, wherever a time is added to another.
#[tokio::test(start_paused = true)]
async fn times_without_end() {
    const NEVER: Duration = Duration::MAX;
    let cluster = Cluster::builder().in_memory().start().await.unwrap();
    let client = client(&cluster)
        .metadata_max_age(NEVER)
        .metadata_max_idle(NEVER)
        .rebootstrap_after(NEVER)
        .retry_backoff_max(NEVER)
        .connect_backoff_max(NEVER)
        .health_check_interval(NEVER)
        .drain_timeout(NEVER)
        .deadline(NEVER)
        .connect_timeout(NEVER)
        .request_timeout(NEVER)
        .connections_max_idle(NEVER)
        .connection(|connection| {
            connection
                .tcp_connect_timeout(NEVER)
                .tls_timeout(NEVER)
                .authentication_timeout(NEVER)
        })
        .build()
        .await
        .unwrap();
    let metadata = client.send(MetadataRequest::default()).await.unwrap();
    assert_eq!(metadata.brokers.len(), 1);
    // It has to look for the coordinator first, which has the client's time.
    let groups = DescribeGroupsRequest::default().with_groups(vec!["g".into()]);
    let described = client.send(groups).deadline(Duration::from_secs(5));
    let described = described.await.unwrap();
    assert_eq!(&*described.groups[0].group_id, "g");
    // It is tried again and again, as a topic that was just made may not be known yet.
    let partition = ListOffsetsPartition::default().with_timestamp(-1);
    let topic = ListOffsetsTopic::default()
        .with_name("nowhere")
        .with_partitions(vec![partition]);
    let offsets = ListOffsetsRequest::default().with_topics(vec![topic]);
    let error = client
        .send(offsets)
        .deadline(Duration::from_secs(5))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::UnknownPartition { .. } | ErrorKind::DeadlineExceeded
        ),
        "{error}"
    );
    client.close().await;
    cluster.until_connections(|counts| counts.open == 0).await;
}

/// Statement 20: what cannot be is told before anything is opened.
#[tokio::test]
async fn nothing_is_opened_for_options_that_cannot_be() {
    let cluster = Cluster::builder().in_memory().start().await.unwrap();
    let builder = client(&cluster).retry_backoff(Duration::ZERO);
    let error = builder.build().await.unwrap_err();
    let ErrorKind::Config(config) = error.kind() else {
        panic!("{error}");
    };
    assert_eq!(config.option, "retry_backoff");
    assert!(cluster.connections().is_empty());
}
