//! Who leads partitions, which brokers have them, and in which directories.

use std::collections::BTreeSet;

use milena::TopicPartition;
use milena::admin::{Admin, ElectionType, NewTopic, Reassignment, Replica};
use milena::wire::error_code::ErrorCode;
use milena_broker::{ApiKey, Cluster, Profile};

use super::{client, code, nodes, three, write};

fn of_a(partition: i32) -> TopicPartition {
    TopicPartition::new("a", partition)
}

/// The topic `a` with three partitions on the brokers 1, 2 and 3, led by 1.
async fn topic(admin: &Admin) {
    let new = NewTopic::new("a").replicas(vec![vec![1, 2, 3]; 3]);
    admin.create_topic(new).await.unwrap();
}

async fn replicas(admin: &Admin, partition: usize) -> Vec<i32> {
    let described = admin.describe_topic("a").await.unwrap();
    described.partitions[partition].replicas.clone()
}

#[tokio::test(start_paused = true)]
async fn preferred_leaders_lead_again() {
    let cluster = three().start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    topic(&admin).await;
    for (partition, node) in [(0, 2), (1, 3)] {
        cluster.move_leader("a", partition, node).unwrap();
    }
    let wanted = [of_a(0), of_a(2), of_a(9), TopicPartition::new("missing", 0)];
    let mut elected = admin.elect_leaders(ElectionType::Preferred, wanted).await;
    let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    for (partition, expected) in [
        (of_a(2), ErrorCode::ELECTION_NOT_NEEDED),
        (of_a(9), unknown),
        (TopicPartition::new("missing", 0), unknown),
    ] {
        assert_eq!(code(elected.take(&partition).unwrap()), expected);
    }
    assert_eq!(
        elected.all().unwrap().into_keys().collect::<Vec<_>>(),
        [of_a(0)]
    );
    assert_eq!(cluster.leader("a", 0), Some(1));
    // Of all partitions only the one that needed it is told of.
    let all = admin
        .elect_all_leaders(ElectionType::Preferred)
        .await
        .unwrap();
    assert_eq!(
        all.all().unwrap().into_keys().collect::<Vec<_>>(),
        [of_a(1)]
    );
    assert_eq!(cluster.leader("a", 1), Some(1));
    let nothing = admin
        .elect_all_leaders(ElectionType::Preferred)
        .await
        .unwrap();
    assert!(nothing.is_empty());
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn who_was_not_in_sync_leads_only_if_that_is_asked_for() {
    let cluster = three().start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    let new = NewTopic::new("a").replicas([vec![2, 3]]);
    admin.create_topic(new).await.unwrap();
    cluster.stop_node(2).await.unwrap();
    let elect = |election| admin.elect_leaders(election, [("a", 0)]);
    let refused = elect(ElectionType::Preferred).await.all();
    assert_eq!(code(refused), ErrorCode::PREFERRED_LEADER_NOT_AVAILABLE);
    cluster.stop_node(3).await.unwrap();
    let refused = elect(ElectionType::Unclean).await.all();
    assert_eq!(code(refused), ErrorCode::ELIGIBLE_LEADERS_NOT_AVAILABLE);
    cluster.restart_node(2).await.unwrap();
    let refused = elect(ElectionType::Preferred).await.all();
    assert_eq!(code(refused), ErrorCode::PREFERRED_LEADER_NOT_AVAILABLE);
    assert_eq!(cluster.leader("a", 0), None);
    elect(ElectionType::Unclean).await.all().unwrap();
    assert_eq!(cluster.leader("a", 0), Some(2));
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn partitions_move_to_other_brokers_and_back() {
    let cluster = three().nodes(4).start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    topic(&admin).await;
    cluster.stop_node(4).await.unwrap();
    let to = |brokers: &[i32]| Reassignment::To(brokers.to_vec());
    let moves = [
        (of_a(0), to(&[3, 2, 1])),
        (of_a(1), to(&[4, 2])),
        (of_a(2), to(&[4])),
        (of_a(9), to(&[1])),
        (TopicPartition::new("missing", 0), Reassignment::Cancel),
    ];
    let mut begun = admin.alter_partition_reassignments(moves).await;
    let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    for partition in [of_a(9), TopicPartition::new("missing", 0)] {
        assert_eq!(code(begun.take(&partition).unwrap()), unknown);
    }
    assert_eq!(begun.all().unwrap().len(), 3);
    // The first is there already; the others wait for the broker that is down.
    assert_eq!(replicas(&admin, 0).await, [3, 2, 1]);
    let mut ongoing = admin.list_partition_reassignments().await.unwrap();
    assert_eq!(ongoing.keys().collect::<Vec<_>>(), [&of_a(1), &of_a(2)]);
    let second = ongoing.remove(&of_a(1)).unwrap();
    assert_eq!(second.replicas, [4, 2, 1, 3]);
    assert_eq!(second.adding_replicas, [4]);
    assert_eq!(second.removing_replicas, [1, 3]);
    let only = admin
        .list_partition_reassignments()
        .only([("a", 0), ("a", 2)]);
    assert_eq!(
        only.await.unwrap().into_keys().collect::<Vec<_>>(),
        [of_a(2)]
    );

    let cancel = [0, 2].map(|partition| (of_a(partition), Reassignment::Cancel));
    let mut ended = admin.alter_partition_reassignments(cancel).await;
    assert_eq!(
        code(ended.take(&of_a(0)).unwrap()),
        ErrorCode::NO_REASSIGNMENT_IN_PROGRESS
    );
    ended.all().unwrap();
    let placed: BTreeSet<_> = replicas(&admin, 2).await.into_iter().collect();
    assert_eq!(placed, BTreeSet::from([1, 2, 3]));
    cluster.restart_node(4).await.unwrap();
    assert!(
        admin
            .list_partition_reassignments()
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(replicas(&admin, 1).await, [4, 2]);

    // And with as many replicas as before, if no others are allowed.
    let fewer = [(of_a(0), to(&[1])), (of_a(1), to(&[1, 3]))];
    let fewer = admin.alter_partition_reassignments(fewer);
    let mut fewer = fewer.allow_replication_factor_change(false).await;
    assert_eq!(
        code(fewer.take(&of_a(0)).unwrap()),
        ErrorCode::INVALID_REPLICATION_FACTOR
    );
    fewer.all().unwrap();
    assert_eq!(replicas(&admin, 1).await, [1, 3]);
    client.close().await;
}

/// Where brokers do not forward it, only the controller takes it, wherever that has gone.
#[tokio::test(start_paused = true)]
async fn the_controller_is_asked_and_followed() {
    let cluster = three().profile(Profile::V2_8).start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    topic(&admin).await;
    let log = cluster.log_requests();
    cluster.set_controller(2).unwrap();
    let to = [(of_a(0), Reassignment::To(vec![3, 1]))];
    admin.alter_partition_reassignments(to).await.all().unwrap();
    cluster.set_controller(3).unwrap();
    assert!(
        admin
            .list_partition_reassignments()
            .await
            .unwrap()
            .is_empty()
    );
    cluster.set_controller(1).unwrap();
    let elected = admin
        .elect_leaders(ElectionType::Preferred, [of_a(0)])
        .await;
    elected.all().unwrap();
    assert_eq!(cluster.leader("a", 0), Some(3));
    for (api, controller) in [
        (ApiKey::ALTER_PARTITION_REASSIGNMENTS, 2),
        (ApiKey::LIST_PARTITION_REASSIGNMENTS, 3),
        (ApiKey::ELECT_LEADERS, 1),
    ] {
        assert_eq!(log.seen(api).last().unwrap().node, controller);
    }
    client.close().await;
}

async fn directory(admin: &Admin, replica: &Replica) -> Option<String> {
    let places = admin.describe_replica_log_dirs([replica.clone()]).await;
    let mut places = places.all().unwrap();
    let place = places.remove(replica).unwrap();
    assert_eq!(place.future, None);
    place.current.map(|(directory, lag)| {
        assert_eq!(lag, 0);
        directory
    })
}

#[tokio::test(start_paused = true)]
async fn replicas_move_between_the_directories_of_their_broker() {
    let cluster: Cluster = three().start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    let new = NewTopic::new("a").replicas([vec![1, 2], vec![2, 3]]);
    admin.create_topic(new).await.unwrap();
    write(&client, "a", 0, [1, 2, 3]).await;

    let log = cluster.log_requests();
    let mut dirs = admin.describe_log_dirs([1, 2, 3]).await.all().unwrap();
    assert_eq!(nodes(&log, ApiKey::DESCRIBE_LOG_DIRS), [1, 2, 3]);
    let mut of_first = dirs.remove(&1).unwrap().into_iter();
    let (from, description) = of_first.next().unwrap();
    let (to, empty) = of_first.next().unwrap();
    assert!(empty.replicas.is_empty() && empty.error.is_none());
    let size = description.replicas[&of_a(0)][0].size;
    assert!(size > 0);
    let (total, usable) = (description.total_bytes, description.usable_bytes);
    assert_eq!(total.unwrap() - usable.unwrap(), size);
    let second: Vec<_> = dirs[&2]
        .values()
        .flat_map(|dir| dir.replicas.keys())
        .collect();
    assert_eq!(second, [&of_a(0), &of_a(1)]);

    let moved = Replica::new(of_a(0), 1);
    let elsewhere = Replica::new(of_a(1), 1);
    assert_eq!(directory(&admin, &moved).await, Some(from));
    let nowhere = Replica::new(of_a(1), 2);
    let unknown = Replica::new(of_a(9), 3);
    let log = cluster.log_requests();
    let changes = [
        (moved.clone(), &*to),
        (elsewhere.clone(), &*to),
        (nowhere.clone(), "/nowhere"),
        (unknown.clone(), "/memory/node-3/disk-1"),
    ];
    let mut altered = admin.alter_replica_log_dirs(changes).await;
    assert_eq!(nodes(&log, ApiKey::ALTER_REPLICA_LOG_DIRS), [1, 2, 3]);
    for (replica, expected) in [
        (&elsewhere, ErrorCode::REPLICA_NOT_AVAILABLE),
        (&nowhere, ErrorCode::LOG_DIR_NOT_FOUND),
        (&unknown, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
    ] {
        assert_eq!(code(altered.take(replica).unwrap()), expected, "{replica}");
    }
    altered.all().unwrap();
    assert_eq!(directory(&admin, &moved).await, Some(to));
    assert_eq!(directory(&admin, &elsewhere).await, None);
    client.close().await;
}
