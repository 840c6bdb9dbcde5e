//! What a connection counts: statement 21 of the cluster.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use milena_broker::{Action, Cluster, Fault, Moment};
use milena_wire::api_key::ApiKey;
use milena_wire::messages::produce::{PartitionProduceData, TopicProduceData};
use milena_wire::messages::{ApiVersionsRequest, MetadataRequest, ProduceRequest};
use milena_wire::{encode_request, encode_response};

use super::clock::now;
use super::{Connection, ConnectionBuilder};
use crate::error::Phase;
use crate::metrics::{
    BrokerSnapshot, CloseKind, ConnectionState, Meter, MetricsSnapshot, Recorder,
};

const MS: Duration = Duration::from_millis(1);

/// A cluster of one node without sockets, so that time can be paused, and what is counted of it.
struct Counted {
    cluster: Cluster,
    recorder: Arc<Recorder>,
}

impl Counted {
    async fn start(latency: Duration) -> Self {
        let cluster = Cluster::builder().in_memory().latency(latency);
        Self {
            cluster: cluster.start().await.unwrap(),
            recorder: Recorder::new("c", now()),
        }
    }

    fn builder(&self) -> ConnectionBuilder {
        let dialer = self.cluster.dialer();
        Connection::builder()
            .metered(Meter::new(&self.recorder, &self.recorder.broker(1)))
            .dialer(move |address: String| {
                let dialer = dialer.clone();
                async move { dialer.connect(&address).await }
            })
    }

    async fn connect(&self, builder: ConnectionBuilder) -> Connection {
        builder.connect(&self.cluster.bootstrap()[0]).await.unwrap()
    }

    fn read(&self) -> MetricsSnapshot {
        self.recorder.snapshot(now())
    }

    fn broker(&self) -> BrokerSnapshot {
        self.read().broker(1).unwrap().clone()
    }

    fn states(&self) -> Vec<u64> {
        let states = self.broker().connections.into_iter();
        states.map(|(_, count)| count).collect()
    }

    fn closed(&self, kind: CloseKind) -> u64 {
        let closed = self.read().closed;
        closed.iter().find(|(other, _)| *other == kind).unwrap().1
    }
}

#[tokio::test(start_paused = true)]
async fn requests_and_bytes_are_counted_to_the_byte() {
    const REQUESTS: u64 = 20;
    let counted = Counted::start(Duration::ZERO).await;
    let connection = counted.connect(counted.builder()).await;
    let version = connection.common_versions::<MetadataRequest>().unwrap().max;
    let (mut sent, mut received) = (0, 0);
    for _ in 0..REQUESTS {
        let request = MetadataRequest::default();
        sent += encode_request(Vec::new(), &request, version, 0, Some(&"milena".into()))
            .unwrap()
            .len();
        let answer = connection.send(request).await.unwrap();
        received += encode_response(Vec::new(), &answer, version, 0)
            .unwrap()
            .len();
    }
    connection.close();
    connection.closed().await;
    let broker = counted.broker();
    assert_eq!((broker.requests, broker.in_flight), (REQUESTS, 0));
    assert_eq!(broker.bytes_sent, sent as u64);
    assert_eq!(broker.bytes_received, received as u64);
    let read = counted.read();
    let metadata = read.api(ApiKey::METADATA).unwrap();
    assert_eq!(metadata.queue.count(), REQUESTS);
    assert_eq!(metadata.broker.count(), REQUESTS);
    assert!(
        read.api(ApiKey::API_VERSIONS).is_none(),
        "it made the connection"
    );
}

/// What it waits for the socket is the queue's, what it waits for the answer is the broker's.
#[tokio::test(start_paused = true)]
async fn queue_and_broker_are_told_apart() {
    let counted = Counted::start(30 * MS).await;
    let builder = counted.builder().max_in_flight(NonZeroUsize::MIN);
    let connection = counted.connect(builder).await;
    let (first, second) = tokio::join!(
        connection.send(MetadataRequest::default()),
        connection.send(ApiVersionsRequest::default()),
    );
    first.unwrap();
    second.unwrap();
    let read = counted.read();
    let first = read.api(ApiKey::METADATA).unwrap();
    assert!(first.queue.max() < MS, "{first:?}");
    assert!(
        (30 * MS..33 * MS).contains(&first.broker.max()),
        "{first:?}"
    );
    // It had to wait for the first one.
    let second = read.api(ApiKey::API_VERSIONS).unwrap();
    assert!(
        (30 * MS..33 * MS).contains(&second.queue.max()),
        "{second:?}"
    );
    assert!(
        (30 * MS..33 * MS).contains(&second.broker.max()),
        "{second:?}"
    );
    // And so is the time of the network.
    assert_eq!(read.network.count(), 1);
    assert!((30 * MS..33 * MS).contains(&read.network.max()), "{read:?}");
    assert_eq!(counted.broker().round_trip, Some(read.network.max()));
    assert_eq!(connection.report().round_trip(), Some(read.network.max()));
}

#[tokio::test(start_paused = true)]
async fn requests_that_are_lost_with_their_connection_are_not_in_flight_any_more() {
    let counted = Counted::start(Duration::ZERO).await;
    let connection = counted.connect(counted.builder()).await;
    let stall = Action::Stall(Moment::AfterReading);
    let stall = counted.cluster.inject(Fault::on(ApiKey::METADATA, stall));
    let log = counted.cluster.log_requests();
    let calls: Vec<_> = (0..5)
        .map(|_| tokio::spawn(connection.send(MetadataRequest::default())))
        .collect();
    log.until_seen(ApiKey::METADATA, 1).await;
    assert_eq!(counted.broker().in_flight, 5);
    assert_eq!(counted.states(), [0, 1, 0]);
    connection.count_as_draining();
    assert_eq!(counted.states(), [0, 0, 1]);
    connection.close();
    for call in calls {
        call.await.unwrap().unwrap_err();
    }
    connection.closed().await;
    let broker = counted.broker();
    assert_eq!((broker.requests, broker.in_flight), (5, 0));
    assert_eq!(counted.states(), [0, 0, 0]);
    assert_eq!(counted.closed(CloseKind::Shutdown), 1);
    assert_eq!(
        counted.read().api(ApiKey::METADATA).unwrap().broker.count(),
        0
    );
    drop(stall);
}

#[tokio::test(start_paused = true)]
async fn requests_without_an_answer_are_done_when_they_are_written() {
    let counted = Counted::start(Duration::ZERO).await;
    let connection = counted.connect(counted.builder()).await;
    let data = PartitionProduceData::default();
    let topic = TopicProduceData::default()
        .with_name("t")
        .with_partition_data(vec![data]);
    let request = ProduceRequest::default().with_topic_data(vec![topic]);
    let call = connection.send_oneway(request).await;
    call.unwrap();
    let broker = counted.broker();
    assert_eq!((broker.requests, broker.in_flight), (1, 0));
    let read = counted.read();
    let produce = read.api(ApiKey::PRODUCE).unwrap();
    assert_eq!((produce.queue.count(), produce.broker.count()), (1, 0));
}

/// One that is withdrawn was never handed to the socket.
#[tokio::test(start_paused = true)]
async fn what_is_withdrawn_is_not_counted() {
    let counted = Counted::start(Duration::ZERO).await;
    let connection = counted.connect(counted.builder()).await;
    let mut call = Box::pin(connection.send(MetadataRequest::default()));
    // It joins the queue, and the driver has not had its turn.
    std::future::poll_fn(|context| {
        assert!(call.as_mut().poll(context).is_pending());
        std::task::Poll::Ready(())
    })
    .await;
    drop(call);
    connection
        .send(ApiVersionsRequest::default())
        .await
        .unwrap();
    assert!(counted.read().api(ApiKey::METADATA).is_none());
    assert_eq!(counted.broker().requests, 1);
}

#[tokio::test(start_paused = true)]
async fn ends_are_counted_by_their_reason() {
    let counted = Counted::start(Duration::ZERO).await;
    let idle = counted.builder().connections_max_idle(60_000 * MS);
    let idle = counted.connect(idle).await;
    let broken = counted.connect(counted.builder()).await;
    assert_eq!(counted.states(), [0, 2, 0]);
    idle.closed().await;
    let close = Action::Close(Moment::AfterReading);
    let close = counted.cluster.inject(Fault::on(ApiKey::METADATA, close));
    broken.send(MetadataRequest::default()).await.unwrap_err();
    broken.closed().await;
    drop(close);
    assert_eq!(counted.states(), [0, 0, 0]);
    assert_eq!(counted.closed(CloseKind::IdleDrop), 1);
    assert_eq!(counted.closed(CloseKind::ConnectionBroken), 1);
    assert_eq!(counted.closed(CloseKind::Shutdown), 0);
    assert_eq!((counted.read().opened, counted.broker().in_flight), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn connections_that_do_not_come_about_are_counted_by_their_phase() {
    let counted = Counted::start(Duration::ZERO).await;
    let refused = counted.builder().dialer(|_| async {
        Err::<tokio::io::DuplexStream, _>(io::ErrorKind::ConnectionRefused.into())
    });
    refused.connect("nowhere:1").await.unwrap_err();
    // It accepts, and says nothing.
    let (ours, _theirs) = tokio::io::duplex(1 << 10);
    let ours = std::sync::Mutex::new(Some(ours));
    let silent = counted.builder().dialer(move |_| {
        let ours = ours.lock().unwrap().take();
        async move { Ok(ours.unwrap()) }
    });
    let silent = silent.connect("nowhere:1");
    let connecting = tokio::spawn(silent);
    tokio::task::yield_now().await;
    assert_eq!(counted.states(), [1, 0, 0]);
    connecting.await.unwrap().unwrap_err();
    // Nobody waits for this one any more.
    let hanging = counted
        .builder()
        .dialer(|_| std::future::pending::<io::Result<tokio::io::DuplexStream>>());
    let dropped = tokio::time::timeout(MS, hanging.connect("nowhere:1")).await;
    assert!(dropped.is_err());
    let read = counted.read();
    let failed = read.connect_failures.iter().filter(|(_, count)| *count > 0);
    assert_eq!(
        failed.collect::<Vec<_>>(),
        [&(Phase::Tcp, 1), &(Phase::ApiVersions, 1)]
    );
    assert_eq!((read.opened, read.network.count()), (0, 0));
    assert_eq!(
        counted.broker().connections[0],
        (ConnectionState::Connecting, 0)
    );
}
