//! The cluster, its controllers, its features.

use milena::admin::{FeatureUpgrade, RaftEndpoint};
use milena::error::ErrorKind;
use milena::wire::error_code::ErrorCode;
use milena::wire::uuid::Uuid;

use super::{client, code};

#[tokio::test]
#[ignore = "asks a real cluster"]
async fn the_cluster_tells_of_itself() {
    let client = client().await;
    let admin = client.admin();
    let cluster = admin.describe_cluster().include_authorized_operations(true);
    let cluster = cluster.include_fenced_brokers(true).await.unwrap();
    assert_eq!(cluster.brokers.keys().collect::<Vec<_>>(), [&1, &2, &3]);
    assert!(
        cluster
            .brokers
            .values()
            .all(|broker| !broker.is_fenced && broker.port > 0)
    );
    assert!(cluster.authorized_operations.unwrap().len() > 3);
    assert_eq!(
        cluster.cluster_id.as_deref(),
        client.metadata().cluster_id()
    );
    assert_eq!(
        code(admin.describe_controllers().await),
        ErrorCode::MISMATCHED_ENDPOINT_TYPE
    );

    let quorum = admin.describe_metadata_quorum().await.unwrap();
    assert_eq!(quorum.voters.len(), 3);
    assert!(quorum.leader.is_some() && quorum.high_watermark > 0);
    assert!(
        quorum
            .voters
            .iter()
            .any(|voter| voter.last_caught_up_time.is_some())
    );
    assert_eq!(quorum.nodes.len(), 3);

    // Brokers without a receiver of metrics do not offer it.
    let refused = admin.client_instance_id().await.unwrap_err();
    assert!(
        matches!(refused.kind(), ErrorKind::UnsupportedApi),
        "{refused}"
    );
}

#[tokio::test]
#[ignore = "asks a real cluster"]
async fn features_are_told_and_changed() {
    let client = client().await;
    let admin = client.admin();
    let features = admin.describe_features().await.unwrap();
    let version = features.finalized["metadata.version"].1;
    assert!(features.supported["metadata.version"].1 >= version);
    assert!(features.finalized_epoch.is_some());
    let of_second = admin.describe_features().broker(2).await.unwrap();
    assert_eq!(of_second.finalized["metadata.version"].1, version);

    // What it has already; and more than there can be, with which none is changed.
    let same = [("metadata.version", version, FeatureUpgrade::Upgrade)];
    let same = admin.update_features(same).validate_only(true).await;
    same.all().unwrap();
    let too_high = [("metadata.version", 9_999, FeatureUpgrade::Upgrade)];
    let refused = admin.update_features(too_high).await;
    assert_eq!(code(refused.all()), ErrorCode::INVALID_UPDATE_VERSION);
}

#[tokio::test]
#[ignore = "asks a real cluster"]
async fn nodes_that_are_not_there_cannot_go() {
    let client = client().await;
    let admin = client.admin();
    assert_eq!(
        code(admin.unregister_broker(77).await),
        ErrorCode::BROKER_ID_NOT_REGISTERED
    );
    // The voters of this cluster are fixed.
    let endpoint = RaftEndpoint::new("CONTROLLER", "localhost", 1);
    let added = admin
        .add_raft_voter(77, Uuid::from_u128(7), [endpoint.clone()])
        .await;
    assert_eq!(code(added), ErrorCode::UNSUPPORTED_VERSION);
    let removed = admin.remove_raft_voter(77, Uuid::from_u128(7)).await;
    assert_eq!(code(removed), ErrorCode::UNSUPPORTED_VERSION);
    // And this is another cluster's.
    let added = admin
        .add_raft_voter(77, Uuid::from_u128(7), [endpoint])
        .cluster_id("other");
    assert_eq!(code(added.await), ErrorCode::INCONSISTENT_CLUSTER_ID);
    let removed = admin
        .remove_raft_voter(77, Uuid::from_u128(7))
        .cluster_id("other");
    assert_eq!(code(removed.await), ErrorCode::INCONSISTENT_CLUSTER_ID);
}
