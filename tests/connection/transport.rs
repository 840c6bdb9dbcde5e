//! What a connection runs on, and how it writes.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use milena::Connection;
use milena::error::{ConnectFailure, Phase};
use milena::wire::messages::produce::{PartitionProduceData, TopicProduceData};
use milena::wire::messages::{MetadataRequest, MetadataResponse, ProduceRequest, ProduceResponse};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::task::JoinSet;

use crate::peer::{Listener, Memory, connect_failure, usual_versions};

/// Statement 1: a dialer of the user's takes the place of DNS and TCP.
#[tokio::test]
async fn a_connection_runs_over_what_the_user_dials() {
    let mut memory = Memory::new();
    let (connection, mut peer) = memory.connected(|builder| builder).await;
    let call = tokio::spawn(connection.send(MetadataRequest::default()));
    let request = peer.request().await;
    peer.answer(&request, &MetadataResponse::default()).await;
    call.await.unwrap().unwrap();
    let phases: Vec<Phase> = connection
        .report()
        .phases()
        .map(|(phase, _)| phase)
        .collect();
    assert_eq!(phases, [Phase::Resolve, Phase::Tcp, Phase::ApiVersions]);
}

#[tokio::test]
async fn a_dialer_that_fails_is_an_error_of_its_phase() {
    let error = Connection::builder()
        .dialer(|_| async { Err::<DuplexStream, _>(io::ErrorKind::HostUnreachable.into()) })
        .connect("peer.invalid:9092")
        .await
        .unwrap_err();
    let (phase, cause) = connect_failure(&error);
    assert_eq!(phase, Phase::Tcp);
    assert!(
        matches!(cause, ConnectFailure::Io(error) if error.kind() == io::ErrorKind::HostUnreachable)
    );
    assert!(error.is_retriable());
}

/// A name that resolves to several addresses of which the first refuses: `localhost` where only IPv4 listens.
#[tokio::test]
async fn a_host_name_is_resolved_and_whichever_address_answers_is_taken() {
    let listener = Listener::start().await;
    let port = listener.address().rsplit_once(':').unwrap().1.to_owned();
    let address = format!("localhost:{port}");
    let connect = Connection::builder().connect(&address);
    let serve = async {
        let mut peer = listener.accept().await;
        peer.answer_versions(&usual_versions()).await;
        peer
    };
    let (connection, _peer) = tokio::join!(connect, serve);
    assert_eq!(connection.unwrap().peer(), address);
}

/// What a stream was given to write: for each write, where its pieces lie and how long they are.
type Writes = Arc<Mutex<Vec<Vec<(usize, usize)>>>>;

/// Notes the writes.
struct Noting(DuplexStream, Writes);

impl AsyncRead for Noting {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Noting {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let pieces = slices
            .iter()
            .map(|piece| (piece.as_ptr() as usize, piece.len()));
        self.1.lock().unwrap().push(pieces.collect());
        Pin::new(&mut self.0).poll_write_vectored(context, slices)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

async fn noting() -> (Connection, crate::peer::Peer, Writes) {
    let writes = Writes::default();
    let noted = Arc::clone(&writes);
    let (peer, dialed) = tokio::io::duplex(16 << 20);
    let dialed = Mutex::new(Some(dialed));
    let connect = Connection::builder()
        .dialer(move |_| {
            let stream = Noting(dialed.lock().unwrap().take().unwrap(), Arc::clone(&noted));
            async move { Ok(stream) }
        })
        .connect("peer.invalid:9092");
    let serve = async {
        let mut peer = crate::peer::Peer::new(peer);
        peer.answer_versions(&usual_versions()).await;
        peer
    };
    let (connection, peer) = tokio::join!(connect, serve);
    writes.lock().unwrap().clear();
    (connection.unwrap(), peer, writes)
}

/// Statement 11: requests that wait together leave in one write.
#[tokio::test]
async fn requests_that_are_ready_together_leave_in_one_write() {
    let (connection, mut peer, writes) = noting().await;
    let mut calls = JoinSet::new();
    for _ in 0..100 {
        calls.spawn(connection.send(MetadataRequest::default()));
    }
    for _ in 0..100 {
        let request = peer.request().await;
        peer.answer(&request, &MetadataResponse::default()).await;
    }
    for answer in calls.join_all().await {
        answer.unwrap();
    }
    // The first may go alone, as nobody else was there when the connection was woken.
    let writes = writes.lock().unwrap().len();
    assert!(writes <= 2, "{writes} writes for 100 requests");
}

/// Statement 11: a payload of 4 KiB or more goes from where the caller has it to the system.
#[tokio::test]
async fn payloads_are_written_from_where_they_lie() {
    let (connection, mut peer, writes) = noting().await;
    for (size, is_copied) in [(4095, true), (4096, false), (1 << 20, false)] {
        let records = Bytes::from(vec![7; size]);
        let place = (records.as_ptr() as usize, size);
        let data = PartitionProduceData::default().with_records(records);
        let topic = TopicProduceData::default()
            .with_name("t")
            .with_partition_data(vec![data]);
        let request = ProduceRequest::default()
            .with_acks(1)
            .with_topic_data(vec![topic]);
        let call = tokio::spawn(connection.send(request));
        let request = peer.request().await;
        peer.answer(&request, &ProduceResponse::default()).await;
        call.await.unwrap().unwrap();
        let pieces: Vec<_> = writes.lock().unwrap().drain(..).flatten().collect();
        assert_eq!(pieces.contains(&place), !is_copied, "{size}: {pieces:?}");
    }
}
