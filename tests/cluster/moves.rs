//! Statement 9, and rows 6, 7 and 9 of the faults: connections that end, and brokers that go elsewhere.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use milena::cluster::breaker::{BreakerSettings, BreakerState};
use milena::cluster::{ClientBuilder, ClientEvent};
use milena::error::ErrorKind;
use milena::metrics::Health;
use milena::wire::codec::VersionRange;
use milena::wire::messages::create_topics::CreatableTopic;
use milena::wire::messages::{CreateTopicsRequest, CreateTopicsResponse, DescribeClusterRequest};
use milena::{Client, CloseReason};
use milena_broker::{AcceptAction, Action, ApiKey, Cluster, Fault, Moment, Requests};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::script::{Act, Script};
use crate::support::{all_answered, client, in_memory, offsets, timed};

fn ask() -> DescribeClusterRequest {
    DescribeClusterRequest::default()
}

/// Statement 9: brokers close what rests, and that is nobody's failure.
#[tokio::test(start_paused = true)]
async fn a_connection_that_the_broker_closed_is_replaced() {
    let cluster = in_memory(2)
        .connections_max_idle(Duration::from_secs(60))
        .start()
        .await
        .unwrap();
    let client = client(&cluster).build().await.unwrap();
    let mut events = client.events();
    for round in 1..=5 {
        let before = cluster.connection_counts().accepted;
        let (answer, time) = timed(client.send_to(2, ask())).await;
        answer.unwrap();
        assert!(time < Duration::from_millis(10), "{time:?}");
        assert_eq!(cluster.connection_counts().accepted, before + 1, "{round}");
        cluster.until_connections(|counts| counts.open == 0).await;
    }
    let metrics = client.metrics().unwrap();
    let describe = client.describe();
    assert!(
        metrics.brokers.iter().all(|broker| broker.failures == 0),
        "{describe}"
    );
    assert_eq!(events.try_next(), None);
    client.close().await;
}

/// Statements 2 and 9: nor is it a reason to ask for news, which an idle client would do for ever; the end of what was in use a moment ago is.
#[tokio::test(start_paused = true)]
async fn a_connection_that_rested_is_no_reason_to_ask_for_metadata() {
    let cluster = in_memory(2)
        .connections_max_idle(Duration::from_secs(60))
        .start()
        .await
        .unwrap();
    let client = client(&cluster)
        .metadata_max_age(Duration::MAX)
        .build()
        .await
        .unwrap();
    client.send_to(2, ask()).await.unwrap();
    let log = cluster.log_requests();
    let accepted = cluster.connection_counts().accepted;
    let closed = cluster.until_connections(|counts| counts.open == 0);
    timeout(Duration::from_secs(600), closed).await.unwrap();
    sleep(Duration::from_secs(600)).await;
    assert!(log.seen(Requests::any()).is_empty());
    assert_eq!(cluster.connection_counts().accepted, accepted);
    client.send_to(2, ask()).await.unwrap();
    sleep(Duration::from_secs(10)).await;
    cluster.drop_connections(2);
    log.until_seen(ApiKey::METADATA, 1).await;
    client.close().await;
}

/// Statement 9: neither is what this side closes.
#[tokio::test(start_paused = true)]
async fn a_connection_that_rested_too_long_is_replaced() {
    let cluster = in_memory(1).start().await.unwrap();
    let client = client(&cluster)
        .connections_max_idle(Duration::from_secs(30))
        .build()
        .await
        .unwrap();
    for _ in 0..5 {
        client.send_to(1, ask()).await.unwrap();
        sleep(Duration::from_secs(31)).await;
        assert!(client.describe().brokers[0].connections.is_empty());
    }
    client.send_to(1, ask()).await.unwrap();
    assert_eq!(client.metrics().unwrap().brokers[0].failures, 0);
    client.close().await;
}

fn create(topic: String) -> CreateTopicsRequest {
    let topic = CreatableTopic::default()
        .with_name(topic)
        .with_num_partitions(1)
        .with_replication_factor(1);
    CreateTopicsRequest::default()
        .with_topics(vec![topic])
        .with_timeout_ms(1000)
}

/// Statement 9: what was not sent moves to the next connection, whatever it is; what may have been sent does not if doing it twice is not the same.
#[tokio::test(start_paused = true)]
async fn requests_that_were_not_sent_move_over() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (noted, lost) = (Arc::clone(&asked), AtomicI32::new(0));
    let apis = [(ApiKey::CREATE_TOPICS, VersionRange::new(2, 6))];
    let script = Script::new(&apis, move |ask| match ask.api {
        ApiKey::METADATA => ask.answer(&ask.metadata([1])),
        _ => {
            let request = ask.request::<CreateTopicsRequest>();
            noted
                .lock()
                .unwrap()
                .push(request.topics[0].name.to_string());
            if lost.fetch_add(1, Ordering::Relaxed) == 0 {
                return Act::Close;
            }
            ask.answer(&CreateTopicsResponse::default())
        }
    });
    let one = NonZeroUsize::MIN;
    let client = script
        .client()
        .connection(|connection| connection.max_in_flight(one))
        .build()
        .await
        .unwrap();
    let mut calls = JoinSet::new();
    for number in 0..50 {
        let call = client.send(create(format!("t{number}")));
        calls.spawn(async move { (number, call.await) });
    }
    let mut failed = Vec::new();
    while let Some(ended) = calls.join_next().await {
        let (number, answer) = ended.unwrap();
        if let Err(error) = answer {
            assert!(error.may_have_been_sent(), "{error:?}");
            assert!(matches!(
                error.kind(),
                ErrorKind::Closed(CloseReason::ConnectionBroken(_))
            ));
            failed.push(number);
        }
    }
    assert_eq!(failed.len(), 1);
    let mut asked = asked.lock().unwrap().clone();
    assert_eq!(asked[0], format!("t{}", failed[0]));
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), 50, "each was asked once");
    client.close().await;
}

/// Reaches node 1 by whatever names it is told to have.
fn by_any_name(cluster: &Cluster) -> ClientBuilder {
    let dialer = cluster.dialer();
    client(cluster).dialer(move |address: String| {
        let dialer = dialer.clone();
        async move {
            match dialer.connect(&address).await {
                Ok(stream) => Ok(stream),
                Err(_) => dialer.connect_to(1).await,
            }
        }
    })
}

/// Statement 9 and row 6.
#[tokio::test(start_paused = true)]
async fn a_broker_at_another_address_gets_new_connections_and_the_old_ones_drain() {
    let cluster = in_memory(1).start().await.unwrap();
    let client = by_any_name(&cluster).build().await.unwrap();
    client.send_to(1, ask()).await.unwrap();
    let old = cluster.connections()[0].number;
    let delay = Action::Delay(Duration::from_secs(3));
    cluster
        .inject(Fault::on(ApiKey::DESCRIBE_CLUSTER, delay).times(1))
        .keep();
    let log = cluster.log_requests();
    let slow = tokio::spawn({
        let call = client.send_to(1, ask());
        async move { timed(call).await }
    });
    log.until_seen(ApiKey::DESCRIBE_CLUSTER, 1).await;
    cluster.advertise(1, "elsewhere.example", 9092).unwrap();
    // It is learned of over another socket than the busy one: that answers in order.
    client
        .send(milena::wire::messages::HeartbeatRequest::default())
        .await
        .unwrap_err();
    client.refresh_metadata().await.unwrap();
    assert_eq!(
        client.describe().brokers[0].address,
        "elsewhere.example:9092"
    );
    let (answer, time) = timed(client.send_to(1, ask())).await;
    answer.unwrap();
    assert!(time < Duration::from_millis(10), "{time:?}");
    let (answer, time) = slow.await.unwrap();
    answer.unwrap();
    assert!(time < Duration::from_millis(3100), "{time:?}");
    let new = cluster.connections();
    assert!(
        new.iter().all(|connection| connection.number != old),
        "{new:?}"
    );
    client.close().await;
}

/// Statement 9: who takes too long on the old connection is moved over.
#[tokio::test(start_paused = true)]
async fn what_takes_too_long_at_the_old_address_moves_over() {
    let cluster = in_memory(2).start().await.unwrap();
    let client = by_any_name(&cluster)
        .drain_timeout(Duration::from_secs(2))
        .build()
        .await
        .unwrap();
    let stall = Action::Stall(Moment::AfterReading);
    let fault = Fault::on(ApiKey::DESCRIBE_CLUSTER, stall).node(1).times(1);
    let _stalled = cluster.inject(fault);
    let log = cluster.log_requests();
    let call = tokio::spawn(client.send_to(1, ask()));
    log.until_seen(ApiKey::DESCRIBE_CLUSTER, 1).await;
    cluster.advertise(1, "elsewhere.example", 9092).unwrap();
    client.refresh_metadata().await.unwrap();
    let (answer, time) = timed(call).await;
    answer.unwrap().unwrap();
    assert!(
        time >= Duration::from_millis(1900) && time < Duration::from_millis(2300),
        "{time:?}"
    );
    client.close().await;
}

/// Opens the circuit of node 1: it says nothing to one request.
async fn open_circuit(cluster: &Cluster, client: &Client) {
    let mut events = client.events();
    let silence = Fault::on(ApiKey::DESCRIBE_CLUSTER, Action::Silence).node(1);
    let _silent = cluster.inject(silence.times(1));
    let call = tokio::spawn(client.send_to(1, ask()).deadline(Duration::from_secs(100)));
    let expected = ClientEvent::CircuitChanged {
        broker: 1,
        from: BreakerState::Closed,
        to: BreakerState::Open,
    };
    assert_eq!(events.next().await, Some(expected));
    call.abort();
}

/// Statements 9 and 13, and row 6: who waits for the circuit of a broker that moves looks again at once, and what was held against its old address is
/// told to be over.
#[tokio::test(start_paused = true)]
async fn who_waits_for_a_circuit_goes_where_the_broker_moves_to() {
    let cluster = in_memory(2).start().await.unwrap();
    let minute = Duration::from_secs(60);
    let breaker = BreakerSettings::default()
        .failure_threshold(1)
        .reset_timeout(minute)
        .max_reset_timeout(minute);
    let client = by_any_name(&cluster)
        .circuit_breaker(breaker)
        .request_timeout(Duration::from_secs(1))
        // What is not sent is not held against anybody's budget.
        .retry_budget(0.0)
        .retry_budget_floor(1)
        .build()
        .await
        .unwrap();
    open_circuit(&cluster, &client).await;
    let mut events = client.events();
    let mut calls = JoinSet::new();
    for _ in 0..100 {
        calls.spawn(client.send_to(1, ask()).deadline(2 * minute));
    }
    sleep(Duration::from_secs(2)).await;
    assert!(calls.try_join_next().is_none(), "they wait");
    cluster.advertise(1, "elsewhere.example", 9092).unwrap();
    let began = Instant::now();
    client.refresh_metadata().await.unwrap();
    while let Some(answer) = calls.join_next().await {
        answer.unwrap().unwrap();
    }
    let time = began.elapsed();
    assert!(time < Duration::from_millis(50), "{time:?}");
    let expected = ClientEvent::CircuitChanged {
        broker: 1,
        from: BreakerState::Open,
        to: BreakerState::Closed,
    };
    assert_eq!(events.try_next(), Some(expected));
    assert_eq!(events.try_next(), None);
    assert_eq!(client.describe().brokers[0].circuit, BreakerState::Closed);
    let metrics = client.metrics().unwrap();
    assert_eq!(metrics.broker(1).unwrap().breaker, BreakerState::Closed);
    client.close().await;
}

/// Statements 9 and 10, and row 6: nor is a connection waited for that is made to where the broker was, and one that was down there is not down any more.
#[tokio::test(start_paused = true)]
async fn who_waits_for_a_connection_goes_where_the_broker_moves_to() {
    let cluster = in_memory(2).start().await.unwrap();
    let old = cluster.nodes()[0].address.clone();
    let dialing = Arc::new(AtomicI32::new(0));
    let no_breaker = BreakerSettings::default()
        .failure_threshold(10_000)
        .failure_rate(1.0)
        .min_requests(10_000);
    let (dialer, hanging) = (cluster.dialer(), Arc::clone(&dialing));
    let client = client(&cluster)
        .bootstrap([cluster.nodes()[1].address.clone()])
        .connect_timeout(Duration::from_secs(2))
        // It is the connection that is waited for.
        .circuit_breaker(no_breaker)
        .dialer(move |address: String| {
            let (dialer, hanging) = (dialer.clone(), Arc::clone(&hanging));
            let is_old = address == old;
            async move {
                if is_old {
                    hanging.fetch_add(1, Ordering::Relaxed);
                    std::future::pending::<()>().await;
                }
                match dialer.connect(&address).await {
                    Ok(stream) => Ok(stream),
                    Err(_) => dialer.connect_to(1).await,
                }
            }
        })
        .build()
        .await
        .unwrap();
    let mut events = client.events();
    let call = client.send_to(1, ask()).deadline(Duration::from_secs(20));
    call.await.unwrap_err();
    let down = ClientEvent::BrokerDown { broker: 1 };
    let told: Vec<_> = std::iter::from_fn(|| events.try_next()).collect();
    assert!(told.contains(&down), "{told:?}");
    let before = dialing.load(Ordering::Relaxed);
    let call = tokio::spawn(client.send_to(1, ask()));
    while dialing.load(Ordering::Relaxed) == before {
        sleep(Duration::from_millis(10)).await;
    }
    assert!(!call.is_finished());
    cluster.advertise(1, "elsewhere.example", 9092).unwrap();
    let began = Instant::now();
    client.refresh_metadata().await.unwrap();
    call.await.unwrap().unwrap();
    let time = began.elapsed();
    assert!(time < Duration::from_millis(50), "{time:?}");
    let told: Vec<_> = std::iter::from_fn(|| events.try_next()).collect();
    assert!(
        told.contains(&ClientEvent::BrokerUp { broker: 1 }),
        "{told:?}"
    );
    assert_eq!(
        client.metrics().unwrap().broker(1).unwrap().health,
        Health::Up
    );
    client.close().await;
}

/// Statements 9 and 17: nor is the silence that the broker asked for where it was.
#[tokio::test(start_paused = true)]
async fn who_is_throttled_goes_where_the_broker_moves_to() {
    let cluster = in_memory(2).start().await.unwrap();
    let client = by_any_name(&cluster).build().await.unwrap();
    let throttle = Action::Throttle(Duration::from_secs(15));
    let _throttle = cluster.inject(
        Fault::on(ApiKey::DESCRIBE_CLUSTER, throttle)
            .node(1)
            .times(1),
    );
    client.send_to(1, ask()).await.unwrap();
    let call = tokio::spawn(client.send_to(1, ask()));
    sleep(Duration::from_secs(1)).await;
    assert!(!call.is_finished());
    cluster.advertise(1, "elsewhere.example", 9092).unwrap();
    let began = Instant::now();
    client.refresh_metadata().await.unwrap();
    call.await.unwrap().unwrap();
    let time = began.elapsed();
    assert!(time < Duration::from_millis(50), "{time:?}");
    client.close().await;
}

/// Row 6, over sockets: the old socket goes, and the node is found where it is.
#[tokio::test]
async fn a_node_that_moves_to_another_port_is_followed() {
    let cluster = Cluster::builder().nodes(3).start().await.unwrap();
    cluster.create_topic("t", 3, 3).unwrap();
    let client = Client::builder()
        .bootstrap(cluster.bootstrap().to_vec())
        .build()
        .await
        .unwrap();
    client.send(offsets("t", 0..3)).await.unwrap();
    for node in 1..=2 {
        cluster.readdress_node(node).await.unwrap();
        let address = cluster.nodes()[usize::try_from(node - 1).unwrap()]
            .address
            .clone();
        let call = client.send_to(node, ask());
        call.deadline(Duration::from_secs(5)).await.unwrap();
        let call = client.send(offsets("t", 0..3));
        let answer = call.deadline(Duration::from_secs(5)).await.unwrap();
        assert!(all_answered(&answer, 3));
        let brokers = client.describe().brokers;
        let broker = brokers.iter().find(|broker| broker.id == node).unwrap();
        assert_eq!(broker.address, address);
    }
    client.close().await;
    cluster.until_connections(|counts| counts.open == 0).await;
}

/// Row 9: the same name leads elsewhere.
#[tokio::test(start_paused = true)]
async fn when_the_answer_of_dns_changes_the_new_address_is_used() {
    let cluster = in_memory(2).start().await.unwrap();
    let leads_to = Arc::new(AtomicI32::new(1));
    let (dialer, node) = (cluster.dialer(), Arc::clone(&leads_to));
    let client = Client::builder()
        .bootstrap(["kafka.example:9092"])
        .dialer(move |_: String| {
            let (dialer, node) = (dialer.clone(), node.load(Ordering::Relaxed));
            async move { dialer.connect_to(node).await }
        })
        .build()
        .await
        .unwrap();
    client.send(ask()).await.unwrap();
    leads_to.store(2, Ordering::Relaxed);
    cluster.stop_node(1).await.unwrap();
    let (answer, time) = timed(client.send(ask())).await;
    answer.unwrap();
    assert!(time < Duration::from_millis(300), "{time:?}");
    assert!(
        cluster
            .connections()
            .iter()
            .all(|connection| connection.node == 2)
    );
    client.close().await;
}

/// Row 7: neither one that does not accept, nor one that does and says nothing.
#[tokio::test(start_paused = true)]
async fn a_dead_node_delays_nothing_that_is_for_a_healthy_one() {
    let refuses = Fault::at_accept(AcceptAction::Close);
    let ignores = Fault::at_accept(AcceptAction::Stall);
    let silent = Fault::on(Requests::any(), Action::Silence);
    for fault in [refuses, ignores, silent] {
        let cluster = in_memory(3).start().await.unwrap();
        cluster.create_topic("t", 3, 1).unwrap();
        let client = client(&cluster)
            .bootstrap([&cluster.bootstrap()[0]])
            .build()
            .await
            .unwrap();
        client.send(offsets("t", 0..3)).await.unwrap();
        let _dead = cluster.inject(fault.node(3));
        cluster.drop_connections(3);
        let of = |node| {
            (0..3)
                .find(|index| cluster.leader("t", *index) == Some(node))
                .unwrap()
        };
        let mut dead = JoinSet::new();
        for _ in 0..50 {
            dead.spawn(
                client
                    .send(offsets("t", [of(3)]))
                    .deadline(Duration::from_secs(25)),
            );
        }
        for _ in 0..200 {
            for node in 1..=2 {
                let (answer, time) = timed(client.send(offsets("t", [of(node)]))).await;
                assert!(all_answered(&answer.unwrap(), 1));
                assert!(time < Duration::from_millis(10), "{time:?}");
            }
            sleep(Duration::from_millis(50)).await;
        }
        while let Some(ended) = dead.join_next().await {
            ended.unwrap().unwrap_err();
        }
        client.close().await;
    }
}

/// Statement 9: a crash of a broker in the middle of everything, over sockets.
#[tokio::test]
async fn calls_go_on_while_nodes_crash_and_come_back() {
    let cluster = Cluster::builder().nodes(3).start().await.unwrap();
    cluster.create_topic("t", 12, 3).unwrap();
    let client = Client::builder()
        .bootstrap(cluster.bootstrap().to_vec())
        .build()
        .await
        .unwrap();
    let end = Instant::now() + Duration::from_secs(3);
    let mut tasks = JoinSet::new();
    for task in 0..16 {
        let client = client.clone();
        tasks.spawn(async move {
            let mut answered = 0;
            while Instant::now() < end {
                let call = client
                    .send(offsets("t", [task % 12]))
                    .deadline(Duration::from_secs(5));
                // Every call ends by its deadline and a second.
                let answer = timeout(Duration::from_secs(6), call).await.unwrap();
                assert!(all_answered(&answer.unwrap(), 1));
                answered += 1;
                tokio::task::yield_now().await;
            }
            answered
        });
    }
    for node in [1, 2, 3, 1] {
        sleep(Duration::from_millis(300)).await;
        cluster.stop_node(node).await.unwrap();
        sleep(Duration::from_millis(300)).await;
        cluster.restart_node(node).await.unwrap();
    }
    let mut answered = 0;
    while let Some(task) = tasks.join_next().await {
        answered += task.unwrap();
    }
    assert!(answered > 100, "{answered}");
    client.close().await;
    cluster.until_connections(|counts| counts.open == 0).await;
}

/// Statement 9: more brokers than any machine of a test has processors, over sockets; each is connected to once, and all is closed.
#[tokio::test]
async fn tens_of_connections_are_made_and_closed() {
    let cluster = Cluster::builder().nodes(40).start().await.unwrap();
    cluster.create_topic("t", 80, 1).unwrap();
    let client = Client::builder()
        .bootstrap([&cluster.bootstrap()[0]])
        .build()
        .await
        .unwrap();
    let before = cluster.connection_counts().accepted;
    let answer = client.send(offsets("t", 0..80)).await.unwrap();
    assert!(all_answered(&answer, 80));
    let answer = client.send(offsets("t", 0..80)).await.unwrap();
    assert!(all_answered(&answer, 80));
    let made = cluster.connection_counts().accepted - before;
    assert_eq!(made, 40);
    let mut events = client.events();
    client.close().await;
    assert_eq!(events.next().await, None::<ClientEvent>);
    cluster.until_connections(|counts| counts.open == 0).await;
}
