//! Statement 11: how a client ends, and that nothing of it is left.

use std::io;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use milena::Client;
use milena::cluster::ClientBuilder;
use milena::cluster::breaker::BreakerSettings;
use milena::error::ErrorKind;
use milena::wire::messages::DescribeClusterRequest;
use milena_broker::{AcceptAction, Action, ApiKey, Cluster, Fault, Moment, Requests};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::support::{client, in_memory, offsets, timed};

fn ask() -> DescribeClusterRequest {
    DescribeClusterRequest::default()
}

fn tasks() -> usize {
    tokio::runtime::Handle::current()
        .metrics()
        .num_alive_tasks()
}

/// Waits until there are only so many tasks left.
async fn until_tasks(before: usize) {
    let limit = Instant::now() + Duration::from_secs(60);
    while tasks() > before {
        assert!(
            Instant::now() < limit,
            "{} tasks, and {before} before",
            tasks()
        );
        sleep(Duration::from_millis(1)).await;
    }
}

/// Asks a node something that it answers after a second.
async fn slow(cluster: &Cluster, client: &Client, node: i32, time: Duration) -> Call {
    let fault = Fault::on(ApiKey::DESCRIBE_CLUSTER, Action::Delay(time));
    cluster.inject(fault.node(node).times(1)).keep();
    let log = cluster.log_requests();
    let call = tokio::spawn(client.send_to(node, ask()));
    log.until_seen(ApiKey::DESCRIBE_CLUSTER, 1).await;
    call
}

type Call = JoinHandle<Result<milena::wire::messages::DescribeClusterResponse, milena::Error>>;

/// Statement 11.
#[tokio::test(start_paused = true)]
async fn closing_waits_for_what_is_under_way_and_takes_nothing_new() {
    let cluster = in_memory(3).start().await.unwrap();
    let before = tasks();
    let client = client(&cluster).build().await.unwrap();
    let mut events = client.events();
    client.warm_up(3).await;
    let call = slow(&cluster, &client, 2, Duration::from_secs(2)).await;
    let closing = tokio::spawn({
        let client = client.clone();
        async move { timed(client.close()).await.1 }
    });
    sleep(Duration::from_millis(100)).await;
    assert!(client.is_closed());
    let refused = client.send(ask()).await.unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::Shutdown), "{refused:?}");
    assert!(!refused.may_have_been_sent());
    let refused = client.refresh_metadata().await.unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::Shutdown), "{refused:?}");
    assert!(!closing.is_finished());
    let time = closing.await.unwrap();
    assert!(
        time >= Duration::from_millis(1900) && time < Duration::from_millis(2010),
        "{time:?}"
    );
    call.await.unwrap().unwrap();
    assert_eq!(events.next().await, None);
    cluster.until_connections(|counts| counts.open == 0).await;
    until_tasks(before).await;
}

/// A socket that is counted for as long as it is there.
struct Socket {
    stream: TcpStream,
    open: Arc<AtomicUsize>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Statement 11: not a moment after closing has returned. On several threads, as then nothing happens in one order only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_closing_returns_no_socket_is_left() {
    let cluster = Cluster::builder().nodes(3).start().await.unwrap();
    let open = Arc::new(AtomicUsize::new(0));
    for round in 0..50 {
        let count = Arc::clone(&open);
        let client = Client::builder()
            .bootstrap(cluster.bootstrap().to_vec())
            .health_check_interval(Duration::from_millis(1))
            .dialer(move |address: String| {
                let open = Arc::clone(&count);
                async move {
                    let stream = TcpStream::connect(address).await?;
                    open.fetch_add(1, Ordering::SeqCst);
                    Ok(Socket { stream, open })
                }
            })
            .build()
            .await
            .unwrap();
        // In the middle of connecting, or behind it.
        let warm = {
            let client = client.clone();
            tokio::spawn(async move { client.warm_up(3).await })
        };
        if round % 2 == 0 {
            assert_eq!(warm.await.unwrap(), 3);
            assert!(open.load(Ordering::SeqCst) >= 3);
        }
        client.close().await;
        assert_eq!(open.load(Ordering::SeqCst), 0, "in round {round}");
    }
    cluster.until_connections(|counts| counts.open == 0).await;
}

/// Statement 11.
#[tokio::test(start_paused = true)]
async fn what_takes_longer_than_the_drain_timeout_ends_with_shutdown() {
    let cluster = in_memory(3).start().await.unwrap();
    let before = tasks();
    let client = client(&cluster)
        .drain_timeout(Duration::from_secs(2))
        .build()
        .await
        .unwrap();
    let call = slow(&cluster, &client, 2, Duration::from_secs(60)).await;
    let ((), time) = timed(client.close()).await;
    assert!(
        time >= Duration::from_secs(2) && time < Duration::from_millis(2010),
        "{time:?}"
    );
    let error = call.await.unwrap().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Shutdown), "{error:?}");
    assert!(error.may_have_been_sent());
    drop(client);
    cluster.clear_faults();
    cluster.until_connections(|counts| counts.open == 0).await;
    until_tasks(before).await;
}

/// What a call may wait for when its client is closed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Waiting {
    Connecting,
    Answer,
    Leader,
    Topic,
    Retry,
    Room,
    Circuit,
    Silence,
    Metadata,
}

/// Brings a call to where it waits for this.
async fn wait_for(what: Waiting, cluster: &Cluster, client: &Client) -> JoinHandle<milena::Error> {
    // It does not hold the client.
    let call = |node| {
        let call = client.send_to(node, ask());
        tokio::spawn(async move { call.await.unwrap_err() })
    };
    let general = |action| Fault::on(ApiKey::DESCRIBE_CLUSTER, action).node(2);
    match what {
        Waiting::Connecting => {
            cluster
                .inject(Fault::at_accept(AcceptAction::Stall).node(2))
                .keep();
            call(2)
        }
        Waiting::Answer => {
            cluster
                .inject(general(Action::Stall(Moment::AfterReading)))
                .keep();
            call(2)
        }
        Waiting::Leader | Waiting::Topic => {
            cluster.leaderless("t", 0).unwrap().keep();
            let topic = if what == Waiting::Leader {
                "t"
            } else {
                "unknown"
            };
            let call = client.send(offsets(topic, [0]));
            tokio::spawn(async move { call.await.unwrap_err() })
        }
        Waiting::Retry => {
            cluster
                .inject(Fault::at_accept(AcceptAction::Close).node(2))
                .keep();
            call(2)
        }
        Waiting::Room => {
            cluster
                .inject(Fault::on(
                    Requests::of(ApiKey::DESCRIBE_CLUSTER),
                    Action::Silence,
                ))
                .keep();
            for node in 1..=4 {
                drop(tokio::spawn(client.send_to(node, ask())));
            }
            sleep(Duration::from_millis(10)).await;
            call(5)
        }
        Waiting::Circuit => {
            cluster
                .inject(Fault::at_accept(AcceptAction::Close).node(2))
                .keep();
            while client.describe().brokers[1].transitions.is_empty() {
                let call = client
                    .send_to(2, ask())
                    .deadline(Duration::from_millis(300));
                call.await.unwrap_err();
            }
            call(2)
        }
        Waiting::Silence => {
            cluster
                .inject(general(Action::Throttle(Duration::from_secs(20))).times(1))
                .keep();
            client.send_to(2, ask()).await.unwrap();
            call(2)
        }
        Waiting::Metadata => {
            cluster
                .inject(Fault::on(
                    ApiKey::METADATA,
                    Action::Stall(Moment::AfterReading),
                ))
                .keep();
            let client = client.clone();
            tokio::spawn(async move { client.refresh_metadata().await.unwrap_err() })
        }
    }
}

const ALL: [Waiting; 9] = [
    Waiting::Connecting,
    Waiting::Answer,
    Waiting::Leader,
    Waiting::Topic,
    Waiting::Retry,
    Waiting::Room,
    Waiting::Circuit,
    Waiting::Silence,
    Waiting::Metadata,
];

fn stubborn(cluster: &Cluster) -> ClientBuilder {
    client(cluster)
        .bootstrap([&cluster.bootstrap()[0]])
        .deadline(Duration::from_secs(3600))
        .max_connections(NonZeroUsize::new(4))
        .circuit_breaker(
            BreakerSettings::default()
                .reset_timeout(Duration::from_secs(600))
                .max_reset_timeout(Duration::from_secs(600)),
        )
}

/// Statement 11: whatever a call waits for.
#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_anything_at_all_ends_with_shutdown() {
    for what in ALL {
        let cluster = in_memory(5).start().await.unwrap();
        cluster.create_topic("t", 1, 1).unwrap();
        // Whatever starting the cluster took is over.
        sleep(Duration::from_millis(1)).await;
        let before = tasks();
        let client = stubborn(&cluster)
            .drain_timeout(Duration::from_millis(500))
            .build()
            .await
            .unwrap();
        let call = wait_for(what, &cluster, &client).await;
        sleep(Duration::from_millis(50)).await;
        assert!(!call.is_finished(), "{what:?}");
        let ((), time) = timed(client.close()).await;
        assert!(time < Duration::from_millis(520), "{what:?}: {time:?}");
        let (error, time) = timed(call).await;
        let error = error.unwrap();
        assert!(
            matches!(error.kind(), ErrorKind::Shutdown),
            "{what:?}: {error:?}"
        );
        assert!(time < Duration::from_millis(10), "{what:?}: {time:?}");
        drop(client);
        cluster.clear_faults();
        cluster.until_connections(|counts| counts.open == 0).await;
        until_tasks(before).await;
    }
}

/// Statement 11: the client is just dropped.
#[tokio::test(start_paused = true)]
async fn a_client_that_is_dropped_in_the_middle_of_anything_leaves_nothing() {
    // Who refreshes holds the client.
    for what in ALL.into_iter().filter(|what| *what != Waiting::Metadata) {
        let cluster = in_memory(5).start().await.unwrap();
        cluster.create_topic("t", 1, 1).unwrap();
        // Whatever starting the cluster took is over.
        sleep(Duration::from_millis(1)).await;
        let before = tasks();
        let client = stubborn(&cluster).build().await.unwrap();
        let mut events = client.events();
        let call = wait_for(what, &cluster, &client).await;
        sleep(Duration::from_millis(50)).await;
        assert!(!call.is_finished(), "{what:?}");
        drop(client);
        let (error, time) = timed(call).await;
        let error = error.unwrap();
        assert!(
            matches!(error.kind(), ErrorKind::Shutdown),
            "{what:?}: {error:?}"
        );
        assert!(time < Duration::from_millis(10), "{what:?}: {time:?}");
        while events.next().await.is_some() {}
        cluster.clear_faults();
        cluster.until_connections(|counts| counts.open == 0).await;
        until_tasks(before).await;
    }
}

/// Statement 11: nobody polls the call any more, and closing does not wait for that.
#[tokio::test(start_paused = true)]
async fn closing_does_not_wait_for_ever_for_a_call_that_is_not_polled() {
    let cluster = in_memory(1).start().await.unwrap();
    let client = client(&cluster)
        .drain_timeout(Duration::from_secs(1))
        .build()
        .await
        .unwrap();
    let delay = Action::Delay(Duration::from_secs(60));
    let _slow = cluster.inject(Fault::on(ApiKey::DESCRIBE_CLUSTER, delay));
    let mut call = Box::pin(client.send(ask()));
    assert!(timeout(Duration::from_millis(10), &mut call).await.is_err());
    let ((), time) = timed(client.close()).await;
    assert!(time <= Duration::from_millis(2010), "{time:?}");
    let error = call.await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Shutdown), "{error:?}");
}

/// Statement 11: twice, by many, and given up in the middle.
#[tokio::test(start_paused = true)]
async fn closing_can_be_done_by_many_and_given_up() {
    let cluster = in_memory(2).start().await.unwrap();
    let before = tasks();
    let client = client(&cluster).build().await.unwrap();
    let call = slow(&cluster, &client, 2, Duration::from_secs(3)).await;
    let other = client.clone();
    let given_up = timeout(Duration::from_millis(100), client.close()).await;
    assert!(given_up.is_err());
    // That ended it without waiting.
    let error = call.await.unwrap().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Shutdown), "{error:?}");
    tokio::join!(client.close(), other.close());
    client.close().await;
    drop((client, other));
    cluster.clear_faults();
    cluster.until_connections(|counts| counts.open == 0).await;
    until_tasks(before).await;
}

/// Statement 11: no time to drain is no time.
#[tokio::test(start_paused = true)]
async fn without_a_drain_timeout_closing_is_at_once() {
    let cluster = in_memory(2).start().await.unwrap();
    let client = client(&cluster)
        .drain_timeout(Duration::ZERO)
        .build()
        .await
        .unwrap();
    let call = slow(&cluster, &client, 2, Duration::from_secs(3)).await;
    let began = Instant::now();
    client.close().await;
    assert!(call.await.unwrap().is_err());
    assert!(began.elapsed() < Duration::from_millis(10));
}
