//! What is logged: collected for the whole process, at every level.

use std::fmt::{self, Write as _};
use std::sync::{Mutex, OnceLock};

use milena::Connection;
use milena::error::ErrorKind;
use milena::wire::codec::DecodeErrorKind;
use milena::wire::encode_response;
use milena::wire::messages::{MetadataRequest, MetadataResponse};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::set_global_default;
use tracing::{Event, Level, Metadata, Subscriber};

use crate::peer::{Listener, Peer, soon};

/// An event, or what a span says.
#[derive(Clone, Debug)]
pub(crate) struct Logged {
    pub(crate) level: Level,
    /// Every field as `name=value`.
    pub(crate) text: String,
}

static LOGGED: Mutex<Vec<Logged>> = Mutex::new(Vec::new());

/// Begins to collect, if it has not begun: events of other tests are among them.
pub(crate) fn collect() {
    static BEGUN: OnceLock<()> = OnceLock::new();
    BEGUN.get_or_init(|| set_global_default(Collector).unwrap());
}

/// What was logged so far, and has this in it.
pub(crate) fn logged(what: &str) -> Vec<Logged> {
    let logged = LOGGED.lock().unwrap();
    let found = logged.iter().filter(|logged| logged.text.contains(what));
    found.cloned().collect()
}

struct Collector;

/// Writes fields down.
struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

impl Collector {
    fn push(level: Level, visit: impl FnOnce(&mut Fields<'_>)) {
        let mut text = String::new();
        visit(&mut Fields(&mut text));
        LOGGED.lock().unwrap().push(Logged { level, text });
    }
}

impl Subscriber for Collector {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn event(&self, event: &Event<'_>) {
        Self::push(*event.metadata().level(), |fields| event.record(fields));
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        Self::push(*span.metadata().level(), |fields| span.record(fields));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        Self::push(Level::TRACE, |fields| values.record(fields));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Answers a Metadata request with three bytes too many.
async fn answer_with_more(peer: &mut Peer) {
    let request = peer.request().await;
    let body = MetadataResponse::default().with_cluster_id("cluster");
    let version = request.header.request_api_version;
    let frame = encode_response(Vec::new(), &body, version, request.id()).unwrap();
    let mut frame = frame.into_bytes().to_vec();
    frame.extend(b"abc");
    let length = u32::try_from(frame.len() - 4).unwrap();
    frame[..4].copy_from_slice(&length.to_be_bytes());
    peer.send(&frame).await;
}

/// Statement 10: in use, bytes that are left over are logged for who looks, and the answer is given.
#[tokio::test]
async fn what_an_answer_leaves_over_is_a_trace_event() {
    collect();
    let listener = Listener::start().await;
    let (connection, mut peer) = listener
        .connected(|builder| builder.reject_trailing_bytes(false))
        .await;
    let call = tokio::spawn(connection.send(MetadataRequest::default()));
    answer_with_more(&mut peer).await;
    let answer = soon(call).await.unwrap().unwrap();
    assert_eq!(answer.cluster_id.as_deref(), Some("cluster"));
    let address = listener.address();
    let (_, port) = address.rsplit_once(':').unwrap();
    let about = format!("server.port={port} api=Metadata");
    let events = logged(&about);
    let [event] = &events[..] else {
        panic!("one event is due: {events:?}");
    };
    assert_eq!(event.level, Level::TRACE);
    assert!(event.text.contains("left=3 "), "{event:?}");
    assert!(event.text.contains("version=12 "), "{event:?}");
}

/// Statement 10: in tests it is an error, which says where they begin; of its request alone.
#[tokio::test]
async fn what_an_answer_leaves_over_is_an_error_if_so_chosen() {
    let listener = Listener::start().await;
    let (connection, mut peer) = listener
        .connected(|builder| builder.reject_trailing_bytes(true))
        .await;
    let call = tokio::spawn(connection.send(MetadataRequest::default()));
    answer_with_more(&mut peer).await;
    let error = soon(call).await.unwrap().unwrap_err();
    let ErrorKind::InvalidResponse(cause) = error.kind() else {
        panic!("{error:?}");
    };
    assert_eq!(cause.kind(), DecodeErrorKind::TrailingBytes(3));
    assert_eq!(cause.message(), "MetadataResponse");
    assert!(error.may_have_been_sent());
    assert!(connection.close_reason().is_none());
}

/// Statement 22 of the cluster: events have the names of OpenTelemetry's conventions for messaging, and what failed has its kind.
#[tokio::test]
async fn events_have_opentelemetrys_names() {
    collect();
    let listener = Listener::start().await;
    let address = listener.address();
    let (host, port) = address.rsplit_once(':').unwrap();
    let (connection, peer) = listener.connected(|builder| builder).await;
    drop(peer);
    soon(connection.closed()).await;
    let (connection, _peer) = listener.connected(|builder| builder).await;
    connection.close();
    soon(connection.closed()).await;
    drop(listener);
    let refused = Connection::builder().connect(&address).await;
    refused.unwrap_err();
    let broker = format!("messaging.system=\"kafka\" server.address={host:?} server.port={port} ");
    let events = logged(&broker);
    let of = |message: &str| -> Vec<_> {
        let message = format!("message={message} ");
        let found = events.iter().filter(|event| event.text.contains(&message));
        found.cloned().collect()
    };
    assert!(events.iter().all(|event| event.level == Level::DEBUG));
    assert_eq!(of("connected").len(), 2, "{events:?}");
    let closed = of("connection closed");
    let [broken, shut] = &closed[..] else {
        panic!("{events:?}");
    };
    assert!(broken.text.contains("error.type=\"connection_broken\""));
    assert!(!shut.text.contains("error.type"), "{shut:?}");
    let [failed] = &of("not connected")[..] else {
        panic!("{events:?}");
    };
    assert!(failed.text.contains("error.type=\"tcp\""), "{failed:?}");
}
