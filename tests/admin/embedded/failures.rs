//! Brokers that fail: every operation ends in time, and what can be told is.

use std::time::Duration;

use milena::TopicPartition;
use milena::admin::{NewTopic, OffsetSpec, RecordsToDelete};
use milena::error::ErrorKind;
use milena::wire::error_code::ErrorCode;
use milena_broker::{Action, ApiKey, Fault, GroupType, Moment};
use tokio::time::Instant;

use super::{client, code, three, write};

#[tokio::test(start_paused = true)]
async fn a_broker_that_does_not_answer_hides_no_other() {
    let cluster = three().start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    for (group, node) in [("a", 1), ("b", 2), ("c", 3)] {
        assert!(cluster.create_group(group, GroupType::Classic));
        let what = milena_broker::Coordination::Group;
        cluster.move_coordinator(what, group, node).unwrap();
    }
    let close = Action::Close(Moment::AfterReading);
    let _closing = cluster.inject(Fault::on(ApiKey::LIST_GROUPS, close.clone()).node(2));
    let began = Instant::now();
    let listed = admin
        .list_groups()
        .deadline(Duration::from_secs(2))
        .await
        .unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(
        listed
            .successes()
            .map(|(broker, _)| *broker)
            .collect::<Vec<_>>(),
        [1, 3]
    );
    let (broker, error) = listed.failures().next().unwrap();
    assert_eq!((*broker, error.broker()), (2, Some(2)));
    assert!(!error.attempts().is_empty());
    assert!(listed.merged().is_err());

    // The same of what has an item for each group.
    let _closing = cluster.inject(Fault::on(ApiKey::DESCRIBE_GROUPS, close).node(3));
    let described = admin.describe_classic_groups(["a", "b", "c"]);
    let described = described.deadline(Duration::from_secs(2)).await;
    assert_eq!(
        described
            .successes()
            .map(|(group, _)| group.as_str())
            .collect::<Vec<_>>(),
        ["a", "b"]
    );
    assert_eq!(described.failures().next().unwrap().0, "c");
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_partition_that_fails_hides_no_other() {
    let cluster = three().start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    admin
        .create_topic(NewTopic::new("a").partitions(3))
        .await
        .unwrap();
    for partition in 0..3 {
        write(&client, "a", partition, [1, 2, 3]).await;
    }
    let refused = Action::Error(ErrorCode::POLICY_VIOLATION);
    let _refused = cluster.inject(Fault::on(ApiKey::DELETE_RECORDS, refused).partition("a", 1));
    // And one that is tried again.
    let stale = Action::Error(ErrorCode::NOT_LEADER_OR_FOLLOWER);
    let stale = cluster.inject(
        Fault::on(ApiKey::DELETE_RECORDS, stale)
            .partition("a", 2)
            .times(1),
    );
    let records = [0, 1, 2].map(|partition| (("a", partition), RecordsToDelete::All));
    let mut deleted = admin.delete_records(records).await;
    let failed = deleted.take(&TopicPartition::new("a", 1)).unwrap();
    assert_eq!(code(failed), ErrorCode::POLICY_VIOLATION);
    assert_eq!(
        deleted.all().unwrap().into_values().collect::<Vec<_>>(),
        [3, 3]
    );
    assert_eq!(stale.hits(), 1);
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn everything_ends_by_its_deadline() {
    let cluster = three().start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    admin
        .create_topic(NewTopic::new("a").partitions(3))
        .await
        .unwrap();
    let limit = Duration::from_secs(3);
    let _silent = cluster.inject(Fault::on(ApiKey::METADATA, Action::Silence));
    let began = Instant::now();
    let error = admin.list_topics().deadline(limit).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::DeadlineExceeded),
        "{error}"
    );
    // It takes several requests, and has one deadline.
    let error = admin.list_groups().deadline(limit).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::DeadlineExceeded),
        "{error}"
    );
    cluster.clear_faults();
    let _silent = cluster.inject(Fault::on(ApiKey::LIST_OFFSETS, Action::Silence));
    let partitions = [0, 1, 2].map(|partition| (("a", partition), OffsetSpec::Latest));
    let listed = admin.list_offsets(partitions).deadline(limit).await;
    assert_eq!(listed.failures().count(), 3);
    let elapsed = began.elapsed();
    assert!(
        elapsed >= 3 * limit && elapsed < 3 * limit + Duration::from_secs(1),
        "{elapsed:?}"
    );
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_closed_client_says_so() {
    let cluster = three().start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    let operation = admin.create_topics([NewTopic::new("a")]);
    client.close().await;
    let error = operation.await.all().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Shutdown), "{error}");
    let error = admin.list_topics().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Shutdown), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_is_about_nothing_asks_nobody() {
    let cluster = three().start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    let log = cluster.log_requests();
    assert!(admin.create_topics([]).await.is_empty());
    assert!(admin.delete_topics::<String>([]).await.is_empty());
    assert!(admin.describe_topics::<String>([]).await.is_empty());
    assert!(admin.create_acls([]).await.is_empty());
    assert!(admin.delete_acls([]).await.is_empty());
    assert!(admin.describe_log_dirs([]).await.is_empty());
    assert!(admin.alter_user_scram_credentials([]).await.is_empty());
    assert!(admin.fence_producers::<String>([]).await.is_empty());
    assert_eq!(log.seen(milena_broker::Requests::any()).len(), 0);
    client.close().await;
}
