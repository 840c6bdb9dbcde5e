//! Statement 5: coordinators of groups and transactions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use milena::error::ErrorKind;
use milena::wire::codec::VersionRange;
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::describe_groups::DescribedGroup;
use milena::wire::messages::offset_fetch::{OffsetFetchRequestGroup, OffsetFetchResponseGroup};
use milena::wire::messages::{
    DescribeGroupsRequest, DescribeGroupsResponse, EndTxnRequest, EndTxnResponse,
    FindCoordinatorRequest, HeartbeatRequest, HeartbeatResponse, OffsetFetchRequest,
    OffsetFetchResponse,
};
use milena_broker::ApiKey;
use tokio::task::JoinSet;

use crate::script::{Act, Ask, Script};
use crate::support::timed;

const APIS: [(ApiKey, VersionRange); 3] = [
    (ApiKey::HEARTBEAT, VersionRange::new(0, 4)),
    (ApiKey::DESCRIBE_GROUPS, VersionRange::new(0, 6)),
    (ApiKey::END_TXN, VersionRange::new(0, 5)),
];

fn heartbeat(group: &'static str) -> HeartbeatRequest {
    HeartbeatRequest::default()
        .with_group_id(group)
        .with_member_id("m")
}

/// Three nodes, of which the second coordinates everything; what it says to the next heartbeats, NONE when that is over.
fn scripted(codes: impl IntoIterator<Item = ErrorCode>) -> (Script, Arc<AtomicI32>) {
    let coordinator = Arc::new(AtomicI32::new(2));
    let codes = Mutex::new(codes.into_iter().collect::<Vec<_>>().into_iter());
    let node = Arc::clone(&coordinator);
    let script = Script::new(&APIS, move |ask| match ask.api {
        ApiKey::METADATA => ask.answer(&ask.metadata([1, 2, 3])),
        ApiKey::FIND_COORDINATOR => ask.answer(&ask.coordinator(node.load(Ordering::Relaxed))),
        ApiKey::HEARTBEAT => {
            let code = codes.lock().unwrap().next();
            let code = code.unwrap_or(ErrorCode::NONE);
            ask.answer(&HeartbeatResponse::default().with_error_code(code))
        }
        ApiKey::END_TXN => ask.answer(&EndTxnResponse::default()),
        _ => describe_groups(ask),
    });
    (script, coordinator)
}

fn describe_groups(ask: &Ask) -> Act {
    let groups = ask.request::<DescribeGroupsRequest>().groups.into_iter();
    let groups = groups.map(|group| DescribedGroup::default().with_group_id(group));
    ask.answer(&DescribeGroupsResponse::default().with_groups(groups.collect::<Vec<_>>()))
}

/// Statement 5.
#[tokio::test(start_paused = true)]
async fn of_a_thousand_callers_one_looks_for_the_coordinator() {
    let (script, _) = scripted([]);
    let client = script.client().build().await.unwrap();
    let mut callers = JoinSet::new();
    for _ in 0..1000 {
        let client = client.clone();
        callers.spawn(async move { client.send(heartbeat("g")).await });
    }
    while let Some(answer) = callers.join_next().await {
        answer.unwrap().unwrap();
    }
    assert_eq!(script.asked(ApiKey::FIND_COORDINATOR).len(), 1);
    assert!(
        script
            .nodes_asked(ApiKey::HEARTBEAT)
            .iter()
            .all(|node| *node == 2)
    );
    // It is remembered.
    client.send(heartbeat("g")).await.unwrap();
    assert_eq!(script.asked(ApiKey::FIND_COORDINATOR).len(), 1);
    client.close().await;
}

/// Statement 5.
#[tokio::test(start_paused = true)]
async fn not_coordinator_and_not_available_are_looked_for_again() {
    for code in [
        ErrorCode::NOT_COORDINATOR,
        ErrorCode::COORDINATOR_NOT_AVAILABLE,
    ] {
        let (script, coordinator) = scripted([ErrorCode::NONE, code]);
        let client = script.client().build().await.unwrap();
        client.send(heartbeat("g")).await.unwrap();
        coordinator.store(3, Ordering::Relaxed);
        let (answer, time) = timed(client.send(heartbeat("g"))).await;
        assert!(answer.unwrap().error_code.is_ok());
        assert!(time < Duration::from_millis(130), "{time:?}");
        assert_eq!(script.nodes_asked(ApiKey::HEARTBEAT), [2, 2, 3], "{code}");
        assert_eq!(script.asked(ApiKey::FIND_COORDINATOR).len(), 2);
        client.close().await;
    }
}

/// Statement 5: it is the right one, and needs time.
#[tokio::test(start_paused = true)]
async fn a_coordinator_that_loads_is_kept() {
    let loading = ErrorCode::COORDINATOR_LOAD_IN_PROGRESS;
    let (script, _) = scripted([loading; 3]);
    let client = script.client().build().await.unwrap();
    let answer = client.send(heartbeat("g")).await.unwrap();
    assert!(answer.error_code.is_ok());
    assert_eq!(script.nodes_asked(ApiKey::HEARTBEAT), [2; 4]);
    assert_eq!(script.asked(ApiKey::FIND_COORDINATOR).len(), 1);
    client.close().await;
}

/// Statement 5: what is said for good is said to the caller, and is nothing to look for another one by.
#[tokio::test(start_paused = true)]
async fn an_error_of_the_group_is_the_callers() {
    let (script, _) = scripted([ErrorCode::UNKNOWN_MEMBER_ID]);
    let client = script.client().build().await.unwrap();
    let answer = client.send(heartbeat("g")).await.unwrap();
    assert_eq!(answer.error_code, ErrorCode::UNKNOWN_MEMBER_ID);
    client.send(heartbeat("g")).await.unwrap();
    assert_eq!(script.asked(ApiKey::FIND_COORDINATOR).len(), 1);
    client.close().await;
}

/// Statement 5.
#[tokio::test(start_paused = true)]
async fn a_lost_connection_makes_it_worth_asking_who_coordinates() {
    let is_lost = Mutex::new(vec![true, false].into_iter());
    let coordinator = Arc::new(AtomicI32::new(2));
    let node = Arc::clone(&coordinator);
    let script = Script::new(&APIS, move |ask| match ask.api {
        ApiKey::METADATA => ask.answer(&ask.metadata([1, 2, 3])),
        ApiKey::FIND_COORDINATOR => ask.answer(&ask.coordinator(node.load(Ordering::Relaxed))),
        _ => {
            if is_lost.lock().unwrap().next().unwrap_or(false) {
                node.store(3, Ordering::Relaxed);
                return Act::Close;
            }
            ask.answer(&HeartbeatResponse::default())
        }
    });
    let client = script.client().build().await.unwrap();
    client.send(heartbeat("g")).await.unwrap();
    assert_eq!(script.nodes_asked(ApiKey::HEARTBEAT), [2, 3]);
    assert_eq!(script.asked(ApiKey::FIND_COORDINATOR).len(), 2);
    client.close().await;
}

/// Statement 5: a group and a transaction of the same name have coordinators of their own.
#[tokio::test(start_paused = true)]
async fn groups_and_transactions_are_told_apart() {
    let script = Script::new(&APIS, |ask| match ask.api {
        ApiKey::METADATA => ask.answer(&ask.metadata([1, 2, 3])),
        ApiKey::FIND_COORDINATOR => {
            let kind = ask.request::<FindCoordinatorRequest>().key_type;
            ask.answer(&ask.coordinator(i32::from(kind) + 2))
        }
        ApiKey::HEARTBEAT => ask.answer(&HeartbeatResponse::default()),
        _ => ask.answer(&EndTxnResponse::default()),
    });
    let client = script.client().build().await.unwrap();
    client.send(heartbeat("same")).await.unwrap();
    let end = EndTxnRequest::default().with_transactional_id("same");
    client.send(end).await.unwrap();
    assert_eq!(script.nodes_asked(ApiKey::HEARTBEAT), [2]);
    assert_eq!(script.nodes_asked(ApiKey::END_TXN), [3]);
    client.close().await;
}

fn describe(groups: &[&'static str]) -> DescribeGroupsRequest {
    let groups: Vec<_> = groups.iter().map(|group| (*group).into()).collect();
    DescribeGroupsRequest::default().with_groups(groups)
}

/// Each group by the node that its name ends with.
fn by_name(versions: VersionRange) -> Script {
    let apis: Vec<_> = APIS
        .into_iter()
        .chain([(ApiKey::FIND_COORDINATOR, versions)])
        .collect();
    Script::new(&apis, |ask| match ask.api {
        ApiKey::METADATA => ask.answer(&ask.metadata([1, 2, 3])),
        ApiKey::FIND_COORDINATOR => {
            let node = |key: &str| key.rsplit('-').next().unwrap().parse().unwrap();
            let request = ask.request::<FindCoordinatorRequest>();
            let mut found =
                ask.coordinator(node(if ask.version < 4 { &request.key } else { "-1" }));
            for coordinator in &mut found.coordinators {
                coordinator.node_id = node(&coordinator.key);
                coordinator.host = format!("node-{}", coordinator.node_id).into();
            }
            ask.answer(&found)
        }
        _ => describe_groups(ask),
    })
}

/// Statement 5: split by coordinator and merged; looked for all at once where the broker can (KIP-699).
#[tokio::test(start_paused = true)]
async fn many_groups_are_looked_for_at_once_and_asked_of_their_coordinators() {
    let groups = ["a-1", "b-2", "c-3", "d-1", "e-2"];
    let script = by_name(VersionRange::new(0, 6));
    let client = script.client().build().await.unwrap();
    let described = client.send(describe(&groups)).await.unwrap();
    let names: BTreeSet<_> = described.groups.iter().map(|g| &*g.group_id).collect();
    assert_eq!(names, BTreeSet::from(groups));
    assert_eq!(script.asked(ApiKey::FIND_COORDINATOR).len(), 1);
    let mut asked = BTreeMap::new();
    for ask in script.asked(ApiKey::DESCRIBE_GROUPS) {
        let groups = ask.request::<DescribeGroupsRequest>().groups.len();
        *asked.entry(ask.node).or_insert(0) += groups;
    }
    assert_eq!(asked, BTreeMap::from([(1, 2), (2, 2), (3, 1)]));
    client.close().await;
}

/// Statement 5: one at a time where it cannot.
#[tokio::test(start_paused = true)]
async fn old_brokers_are_asked_for_one_coordinator_at_a_time() {
    let groups = ["a-1", "b-2", "c-3"];
    let script = by_name(VersionRange::new(0, 3));
    let client = script.client().build().await.unwrap();
    let described = client.send(describe(&groups)).await.unwrap();
    assert_eq!(described.groups.len(), 3);
    assert_eq!(script.asked(ApiKey::FIND_COORDINATOR).len(), 3);
    client.close().await;
}

/// Statement 5: nobody coordinates yet, and then somebody does.
#[tokio::test(start_paused = true)]
async fn a_coordinator_that_is_not_there_yet_is_waited_for() {
    let tries = AtomicI32::new(0);
    let script = Script::new(&APIS, move |ask| match ask.api {
        ApiKey::METADATA => ask.answer(&ask.metadata([1, 2])),
        ApiKey::FIND_COORDINATOR => {
            let mut found = ask.coordinator(2);
            if tries.fetch_add(1, Ordering::Relaxed) < 4 {
                found.coordinators[0].error_code = ErrorCode::COORDINATOR_NOT_AVAILABLE;
                found.coordinators[0].node_id = -1;
            }
            ask.answer(&found)
        }
        _ => ask.answer(&HeartbeatResponse::default()),
    });
    let client = script.client().build().await.unwrap();
    let (answer, time) = timed(client.send(heartbeat("g"))).await;
    answer.unwrap();
    // 100 + 200 + 400 + 800 ms, a fifth more or less.
    assert!(
        time > Duration::from_millis(1190) && time < Duration::from_millis(1830),
        "{time:?}"
    );
    client.close().await;
}

/// Of the bad input: coordinators that are nowhere, or that nobody asked for.
#[tokio::test(start_paused = true)]
async fn a_coordinator_that_cannot_be_hangs_nobody() {
    for lie in 0..3 {
        let script = Script::new(&APIS, move |ask| match ask.api {
            ApiKey::METADATA => ask.answer(&ask.metadata([1, 2])),
            ApiKey::FIND_COORDINATOR => {
                let mut found = ask.coordinator(2);
                match lie {
                    0 => found.coordinators[0].node_id = 99,
                    1 => found.coordinators[0].key = "another".into(),
                    _ => found.coordinators.clear(),
                }
                ask.answer(&found)
            }
            _ => ask.answer(&HeartbeatResponse::default()),
        });
        let client = script.client().build().await.unwrap();
        let call = client.send(heartbeat("g")).deadline(Duration::from_secs(5));
        let (answer, time) = timed(call).await;
        let error = answer.unwrap_err();
        assert!(
            matches!(
                error.kind(),
                ErrorKind::UnknownBroker(99) | ErrorKind::NoBroker | ErrorKind::DeadlineExceeded
            ),
            "{lie}: {error:?}"
        );
        assert!(time <= Duration::from_millis(5010), "{lie}: {time:?}");
        let asked = script.asked(ApiKey::FIND_COORDINATOR).len();
        assert!(asked <= 60, "{lie}: {asked} in 5 s");
        client.close().await;
    }
}

/// Row 7: a node that says nothing is not waited for to find a coordinator by another.
#[tokio::test(start_paused = true)]
async fn a_silent_node_does_not_keep_the_coordinator_from_anybody() {
    let script = Script::new(&APIS, move |ask| match ask.api {
        ApiKey::METADATA => ask.answer(&ask.metadata([1, 2, 3])),
        ApiKey::FIND_COORDINATOR if ask.node == 1 => Act::Ignore,
        ApiKey::FIND_COORDINATOR => ask.answer(&ask.coordinator(2)),
        _ => ask.answer(&HeartbeatResponse::default()),
    });
    let client = script.client().build().await.unwrap();
    for group in ["a", "b", "c", "d", "e"] {
        let (answer, time) = timed(client.send(heartbeat(group))).await;
        answer.unwrap();
        assert!(time < Duration::from_millis(700), "{time:?}");
    }
    client.close().await;
}

/// Statements 4 and 5: of one answer that asks for several remedies none is passed over, whichever comes last, and they are for those that need them.
#[tokio::test(start_paused = true)]
async fn all_that_the_codes_of_one_answer_ask_for_is_done() {
    let (elsewhere, outdated) = (ErrorCode::NOT_COORDINATOR, ErrorCode::REBOOTSTRAP_REQUIRED);
    for told in [[elsewhere, outdated], [outdated, elsewhere]] {
        let apis = [(ApiKey::OFFSET_FETCH, VersionRange::new(8, 8))];
        let codes = Arc::new(Mutex::new(None));
        let next = Arc::clone(&codes);
        let script = Script::new(&apis, move |ask| match ask.api {
            ApiKey::METADATA => ask.answer(&ask.metadata([1])),
            ApiKey::FIND_COORDINATOR => ask.answer(&ask.coordinator(1)),
            _ => {
                let groups = ask.request::<OffsetFetchRequest>().groups;
                let codes = next.lock().unwrap().take();
                let codes = codes.unwrap_or([ErrorCode::NONE; 2]);
                let groups = groups.into_iter().zip(codes).map(|(group, code)| {
                    OffsetFetchResponseGroup::default()
                        .with_group_id(group.group_id)
                        .with_error_code(code)
                });
                let answer = OffsetFetchResponse::default();
                ask.answer(&answer.with_groups(groups.collect::<Vec<_>>()))
            }
        });
        let client = script.client().build().await.unwrap();
        let groups = ["a", "b"].map(|group| {
            OffsetFetchRequestGroup::default()
                .with_group_id(group)
                .with_topics(vec![])
        });
        let request = OffsetFetchRequest::default().with_groups(groups.to_vec());
        // Then their coordinator is known, and both are asked for at once.
        client.send(request.clone()).await.unwrap();
        *codes.lock().unwrap() = Some(told);
        let dialed = script.dialed();
        let answer = client.send(request).await.unwrap();
        assert_eq!(answer.groups.len(), 2);
        assert!(answer.groups.iter().all(|group| group.error_code.is_ok()));
        let keys = script.asked(ApiKey::FIND_COORDINATOR);
        let keys = keys.iter().map(|ask| {
            let keys = ask.request::<FindCoordinatorRequest>().coordinator_keys;
            keys.iter().map(ToString::to_string).collect::<Vec<_>>()
        });
        let keys: Vec<_> = keys.collect();
        let moved = if told[0] == elsewhere { "a" } else { "b" };
        assert_eq!(keys, [vec!["a", "b"], vec![moved]], "{told:?}");
        // The bootstrap address is tried again, and only it needs a connection of its own.
        let deadline = tokio::time::Instant::now() + Duration::from_secs(2);
        while script.dialed() == dialed {
            assert!(tokio::time::Instant::now() < deadline, "{told:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        client.close().await;
    }
}
