//! The cluster, its controllers, its features.

use milena::admin::{FeatureUpgrade, RaftEndpoint};
use milena::error::ErrorKind;
use milena::wire::error_code::ErrorCode;
use milena::wire::uuid::Uuid;
use milena_broker::{Action, ApiKey, Fault};

use super::{client, code, nodes, three};

#[tokio::test(start_paused = true)]
async fn brokers_are_told_of_until_they_are_unregistered() {
    let cluster = three().start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    let described = admin.describe_cluster().await.unwrap();
    assert_eq!(described.brokers.keys().collect::<Vec<_>>(), [&1, &2, &3]);
    assert_eq!(described.cluster_id, Some(cluster.id()));
    cluster.stop_node(3).await.unwrap();
    let fenced = || admin.describe_cluster().include_fenced_brokers(true);
    let described = fenced().await.unwrap();
    let down = described.brokers.iter().filter(|(_, one)| one.is_fenced);
    assert_eq!(down.map(|(id, _)| *id).collect::<Vec<_>>(), [3]);
    admin.unregister_broker(3).await.unwrap();
    assert_eq!(fenced().await.unwrap().brokers.len(), 2);
    let refused = admin.unregister_broker(3).await;
    assert_eq!(code(refused), ErrorCode::BROKER_ID_NOT_REGISTERED);
    cluster.restart_node(3).await.unwrap();
    assert_eq!(fenced().await.unwrap().brokers.len(), 3);

    // One that runs is gone, too: nothing is sent there, and others do what it did.
    admin.unregister_broker(1).await.unwrap();
    let log = cluster.log_requests();
    let listed = admin.list_groups().await.unwrap();
    assert_eq!(listed.merged().unwrap(), []);
    assert_eq!(nodes(&log, ApiKey::LIST_GROUPS), [2, 3]);
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn features_are_changed_all_or_none() {
    let cluster = three().start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    let before = admin.describe_features().await.unwrap();
    assert_eq!(before.finalized["share.version"], (1, 1));
    assert_eq!(before.supported["transaction.version"], (0, 2));

    let down = |level| ("transaction.version", level, FeatureUpgrade::SafeDowngrade);
    let valid = admin.update_features([down(1)]).validate_only(true);
    valid.await.all().unwrap();
    // The one that cannot be stops the other, and both are told of it.
    let bad = ("share.version", 9, FeatureUpgrade::Upgrade);
    let refused = admin.update_features([down(1), bad]).await;
    assert_eq!(refused.failures().count(), 2);
    let (_, error) = refused.failures().next().unwrap();
    assert_eq!(error.broker_code(), Some(ErrorCode::INVALID_UPDATE_VERSION));
    assert!(error.to_string().contains("versions 0-1"), "{error}");
    assert_eq!(admin.describe_features().await.unwrap(), before);

    let away = ("share.version", 0, FeatureUpgrade::SafeDowngrade);
    let changed = admin.update_features([down(1), away]).await.all().unwrap();
    assert_eq!(changed.len(), 2);
    for broker in [1, 2, 3] {
        let after = admin.describe_features().broker(broker).await.unwrap();
        assert_eq!(after.finalized["transaction.version"], (1, 1));
        assert!(!after.finalized.contains_key("share.version"));
        assert!(after.finalized_epoch > before.finalized_epoch);
    }
    let again = ("transaction.version", 2, FeatureUpgrade::Upgrade);
    admin.update_features([again]).await.all().unwrap();
    client.close().await;
}

/// Before version 2 each feature had a result of its own.
#[tokio::test(start_paused = true)]
async fn older_brokers_tell_of_each_feature() {
    let cluster = three().cap_api(ApiKey::UPDATE_FEATURES, 1);
    let cluster = cluster.start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    let down = [("group.version", 0, FeatureUpgrade::SafeDowngrade)];
    let changed = admin.update_features(down).await.all().unwrap();
    assert_eq!(changed.into_keys().collect::<Vec<_>>(), ["group.version"]);
    let after = admin.describe_features().await.unwrap();
    assert!(!after.finalized.contains_key("group.version"));
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn controllers_come_and_go_once_their_quorum_lets_them() {
    let cluster = three().start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    let quorum = admin.describe_metadata_quorum().await.unwrap();
    assert_eq!((quorum.voters.len(), quorum.nodes.len()), (3, 3));
    let leader = quorum.leader.unwrap();
    assert!(quorum.nodes.contains_key(&leader));
    assert!(quorum.voters.iter().all(|one| one.directory_id.is_none()));
    let brokers = quorum.observers.iter().map(|one| one.replica_id);
    assert_eq!(brokers.collect::<Vec<_>>(), [1, 2, 3]);

    let (directory, other) = (Uuid::from_u128(7), Uuid::from_u128(8));
    let endpoint = RaftEndpoint::new("CONTROLLER", "localhost", 9093);
    let add = || admin.add_raft_voter(77, directory, [endpoint.clone()]);
    assert_eq!(code(add().await), ErrorCode::UNSUPPORTED_VERSION);
    let elsewhere = add().cluster_id("other").await;
    assert_eq!(code(elsewhere), ErrorCode::INCONSISTENT_CLUSTER_ID);
    let upgrade = [("kraft.version", 1, FeatureUpgrade::Upgrade)];
    admin.update_features(upgrade).await.all().unwrap();
    add().cluster_id(cluster.id()).await.unwrap();
    assert_eq!(code(add().await), ErrorCode::DUPLICATE_VOTER);

    let quorum = admin.describe_metadata_quorum().await.unwrap();
    let mut voters = quorum.voters.iter();
    let added = voters.find(|one| one.replica_id == 77).unwrap();
    assert_eq!(added.directory_id, Some(directory));
    assert_eq!(quorum.nodes[&77], [endpoint]);
    let mut voters = quorum.voters.iter();
    let led = voters.find(|one| one.replica_id == leader).unwrap();
    admin
        .remove_raft_voter(leader, led.directory_id.unwrap())
        .await
        .unwrap();
    let gone = admin.remove_raft_voter(77, other).await;
    assert_eq!(code(gone), ErrorCode::VOTER_NOT_FOUND);
    let after = admin.describe_metadata_quorum().await.unwrap();
    assert_ne!(after.leader, Some(leader));
    assert!(after.leader_epoch > quorum.leader_epoch);
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn what_the_cluster_refuses_is_said_and_what_it_lacks_too() {
    let lacking = three().without_api(ApiKey::ADD_RAFT_VOTER);
    let cluster = lacking.start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    let refused = Action::Error(ErrorCode::CLUSTER_AUTHORIZATION_FAILED);
    let _refused = [ApiKey::UNREGISTER_BROKER, ApiKey::DESCRIBE_QUORUM]
        .map(|key| cluster.inject(Fault::on(key, refused.clone())));
    let unregistered = admin.unregister_broker(1).await;
    assert_eq!(code(unregistered), ErrorCode::CLUSTER_AUTHORIZATION_FAILED);
    let described = admin.describe_metadata_quorum().await;
    assert_eq!(code(described), ErrorCode::CLUSTER_AUTHORIZATION_FAILED);
    let endpoint = RaftEndpoint::new("CONTROLLER", "localhost", 9093);
    let added = admin.add_raft_voter(77, Uuid::from_u128(7), [endpoint]);
    let lacking = added.await.unwrap_err();
    assert!(
        matches!(lacking.kind(), ErrorKind::UnsupportedApi),
        "{lacking}"
    );
    // No broker here takes metrics from clients.
    let lacking = admin.client_instance_id().await.unwrap_err();
    assert!(
        matches!(lacking.kind(), ErrorKind::UnsupportedApi),
        "{lacking}"
    );
    client.close().await;
}
