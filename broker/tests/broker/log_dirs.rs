//! DescribeLogDirs and AlterReplicaLogDirs.

use milena_broker::{Action, ApiKey, Cluster, ErrorCode, Fault};
use milena_wire::messages::alter_replica_log_dirs::{
    AlterReplicaLogDir, AlterReplicaLogDirTopic, AlterReplicaLogDirsRequest,
};
use milena_wire::messages::describe_log_dirs::{
    DescribableLogDirTopic, DescribeLogDirsRequest, DescribeLogDirsResponse,
};

use crate::client::{AnyClient, batch};

const FIRST: &str = "/memory/node-1/disk-0";
const SECOND: &str = "/memory/node-1/disk-1";

async fn start() -> Cluster {
    let builder = Cluster::builder().in_memory().nodes(2);
    builder.start().await.unwrap()
}

fn of(topics: Option<&[(&str, &[i32])]>) -> DescribeLogDirsRequest {
    let mut request = DescribeLogDirsRequest::default();
    request.topics = topics.map(|topics| {
        let topics = topics.iter().map(|(name, partitions)| {
            let mut topic = DescribableLogDirTopic::default();
            topic.topic = (*name).into();
            topic.partitions = (*partitions).into();
            topic
        });
        topics.collect()
    });
    request
}

fn to(path: &str, topic: &str, partitions: &[i32]) -> AlterReplicaLogDirsRequest {
    let mut moved = AlterReplicaLogDirTopic::default();
    moved.name = topic.into();
    moved.partitions = partitions.into();
    let mut directory = AlterReplicaLogDir::default();
    directory.path = path.into();
    directory.topics = vec![moved];
    let mut request = AlterReplicaLogDirsRequest::default();
    request.dirs = vec![directory];
    request
}

async fn moved(
    client: &mut AnyClient,
    request: &AlterReplicaLogDirsRequest,
    version: i16,
) -> Vec<(i32, ErrorCode)> {
    let response = client.call(request, version).await;
    let partitions = response.results.into_iter().flat_map(|it| it.partitions);
    partitions
        .map(|partition| (partition.partition_index, partition.error_code))
        .collect()
}

/// Directory, topic and partition of all that is described.
fn places(response: &DescribeLogDirsResponse) -> Vec<(&str, &str, i32)> {
    let mut places = Vec::new();
    for directory in &response.results {
        for topic in &directory.topics {
            let partitions = topic.partitions.iter();
            let partitions = partitions.map(|it| it.partition_index);
            places.extend(partitions.map(|index| (&*directory.log_dir, &*topic.name, index)));
        }
    }
    places
}

#[tokio::test]
async fn each_node_tells_of_its_own_replicas_in_every_version() {
    let cluster = start().await;
    cluster.create_topic("both", 2, 2).unwrap();
    cluster.create_topic("one", 1, 1).unwrap();
    cluster.reassign_partition("one", 0, &[2]).unwrap();
    let mut client = AnyClient::to(&cluster, 1).await;
    let topic = client.topic("both").await;
    cluster.move_leader("both", 0, 1).unwrap();
    let records = batch(&["a", "b"]);
    let size = i64::try_from(records.len()).unwrap();
    let mut writer = AnyClient::to(&cluster, 1).await;
    let written = writer.produce(&topic, records, 13).await;
    assert_eq!(written.error_code, ErrorCode::NONE);
    for version in 0..=5 {
        let all = client.call(&of(None), version).await;
        assert_eq!(places(&all), [(FIRST, "both", 0), (FIRST, "both", 1)]);
        assert_eq!(all.results.len(), 2);
        let partition = &all.results[0].topics[0].partitions[0];
        assert_eq!((partition.partition_size, partition.offset_lag), (size, 0));
        assert!(!partition.is_future_key);
        let (total, usable) = (all.results[0].total_bytes, all.results[0].usable_bytes);
        match version {
            ..4 => assert_eq!((total, usable), (-1, -1)),
            4.. => assert_eq!(total - usable, size),
        }
        let asked = of(Some(&[("both", &[1, 9]), ("one", &[0]), ("none", &[0])]));
        let some = client.call(&asked, version).await;
        assert_eq!(places(&some), [(FIRST, "both", 1)]);
        let none = client.call(&of(Some(&[])), version).await;
        assert_eq!((none.results.len(), places(&none).len()), (2, 0));
    }
    let mut other = AnyClient::to(&cluster, 2).await;
    let all = other.call(&of(None), 5).await;
    let disk = "/memory/node-2/disk-0";
    assert_eq!(
        places(&all),
        [(disk, "both", 0), (disk, "both", 1), (disk, "one", 0)]
    );
}

#[tokio::test]
async fn partitions_move_to_other_directories_in_every_version() {
    let cluster = start().await;
    cluster.create_topic("t", 2, 2).unwrap();
    cluster.create_topic("one", 1, 1).unwrap();
    cluster.reassign_partition("one", 0, &[2]).unwrap();
    let mut client = AnyClient::to(&cluster, 1).await;
    for version in 0..=2 {
        let none = ErrorCode::NONE;
        let there = moved(&mut client, &to(SECOND, "t", &[1]), version).await;
        assert_eq!(there, [(1, none)]);
        let all = client.call(&of(None), 5).await;
        assert_eq!(places(&all), [(FIRST, "t", 0), (SECOND, "t", 1)]);
        let back = moved(&mut client, &to(FIRST, "t", &[0, 1]), version).await;
        assert_eq!(back, [(0, none), (1, none)]);
        let all = client.call(&of(None), 5).await;
        assert_eq!(places(&all), [(FIRST, "t", 0), (FIRST, "t", 1)]);
        for (path, topic, partition, code) in [
            ("/nowhere", "t", 0, ErrorCode::LOG_DIR_NOT_FOUND),
            ("/nowhere", "none", 0, ErrorCode::LOG_DIR_NOT_FOUND),
            (SECOND, "none", 0, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
            (SECOND, "t", 9, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
            (SECOND, "one", 0, ErrorCode::REPLICA_NOT_AVAILABLE),
        ] {
            let refused = moved(&mut client, &to(path, topic, &[partition]), version).await;
            assert_eq!(refused, [(partition, code)]);
        }
    }
    // The node has kept in mind where it is to lie.
    cluster.reassign_partition("one", 0, &[1]).unwrap();
    let one = client.call(&of(Some(&[("one", &[0])])), 5).await;
    assert_eq!(places(&one), [(SECOND, "one", 0)]);
    // Another topic of the name is another topic.
    cluster.delete_topic("one").unwrap();
    cluster.create_topic("one", 1, 2).unwrap();
    let one = client.call(&of(Some(&[("one", &[0])])), 5).await;
    assert_eq!(places(&one), [(FIRST, "one", 0)]);
}

#[tokio::test]
async fn both_can_be_made_to_fail() {
    let cluster = start().await;
    let mut client = AnyClient::to(&cluster, 1).await;
    let code = ErrorCode::CLUSTER_AUTHORIZATION_FAILED;
    let keys = [ApiKey::DESCRIBE_LOG_DIRS, ApiKey::ALTER_REPLICA_LOG_DIRS];
    let _faults = keys.map(|key| cluster.inject(Fault::on(key, Action::Error(code))));
    let refused = client.call(&of(None), 5).await;
    assert_eq!((refused.error_code, refused.results.len()), (code, 0));
    assert!(client.call(&of(None), 0).await.results.is_empty());
    let refused = moved(&mut client, &to(SECOND, "t", &[0, 3]), 2).await;
    assert_eq!(refused, [(0, code), (3, code)]);
}
