//! Who is told that a connection has ended.

use std::sync::{Arc, Mutex};

use milena::CloseReason;
use milena::connection::ConnectionBuilder;
use milena::wire::messages::MetadataRequest;
use tokio::runtime::Builder;
use tokio::sync::mpsc;

use crate::logs::{collect, logged};
use crate::peer::{Listener, reason, soon};

/// What an observer was told: peers and reasons. It ends when nobody is left who could tell more.
type Told = mpsc::UnboundedReceiver<(String, CloseReason)>;

fn observed() -> (impl FnOnce(ConnectionBuilder) -> ConnectionBuilder, Told) {
    let (tell, told) = mpsc::unbounded_channel();
    let observe = |builder: ConnectionBuilder| {
        builder.on_close(move |peer, reason| {
            tell.send((peer.to_owned(), reason.clone())).unwrap();
        })
    };
    (observe, told)
}

/// The one reason that was and ever will be told, which came from this peer.
async fn only(mut told: Told, peer: &str) -> CloseReason {
    let (address, reason) = soon(told.recv()).await.expect("he is told");
    assert_eq!(address, peer);
    let again = soon(told.recv()).await;
    assert!(again.is_none(), "told twice: {again:?}");
    reason
}

/// Statements 3 and 4: once, however often it is closed and whoever lets go of it.
#[tokio::test]
async fn an_observer_is_told_once_when_the_connection_is_closed_twice_and_dropped() {
    let listener = Listener::start().await;
    let (observe, mut told) = observed();
    let (connection, _peer) = listener.connected(observe).await;
    assert!(told.try_recv().is_err(), "it has not ended");
    let clone = connection.clone();
    connection.close();
    clone.close();
    soon(connection.closed()).await;
    connection.close();
    drop((connection, clone));
    let reason = only(told, &listener.address()).await;
    assert!(matches!(reason, CloseReason::Shutdown), "{reason}");
}

/// Statements 3, 4 and 5.
#[tokio::test]
async fn an_observer_is_told_once_when_the_last_handle_is_dropped() {
    let listener = Listener::start().await;
    let (observe, mut told) = observed();
    let (connection, mut peer) = listener.connected(observe).await;
    let clone = connection.clone();
    drop(connection);
    tokio::task::yield_now().await;
    assert!(told.try_recv().is_err(), "a handle is left");
    drop(clone);
    assert!(peer.is_closed().await);
    let reason = only(told, &listener.address()).await;
    assert!(matches!(reason, CloseReason::Shutdown), "{reason}");
}

/// Statements 3 and 4: the first reason is the one, for everybody.
#[tokio::test]
async fn an_observer_and_the_waiters_are_told_the_same_reason() {
    let listener = Listener::start().await;
    let (observe, told) = observed();
    let (connection, mut peer) = listener.connected(observe).await;
    let call = tokio::spawn(connection.send(MetadataRequest::default()));
    peer.request().await;
    peer.send(&(-7i32).to_be_bytes()).await;
    let error = soon(call).await.unwrap().unwrap_err();
    let closed = soon(connection.closed()).await;
    connection.close();
    drop(connection);
    let told = only(told, &listener.address()).await;
    for reason in [&told, &closed, reason(&error)] {
        assert!(
            matches!(reason, CloseReason::ConnectionBroken(_)),
            "{reason}"
        );
        assert!(reason.to_string().contains("-7"), "{reason}");
    }
}

/// Statements 3 and 4: a runtime that shuts down ends its connections, and does not forget who wanted to know.
#[test]
fn an_observer_is_told_once_when_the_runtime_ends() {
    for threads in [0, 1] {
        let runtime = match threads {
            0 => Builder::new_current_thread().enable_all().build(),
            _ => Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build(),
        };
        let runtime = runtime.unwrap();
        let (observe, mut told) = observed();
        let (connection, peer) = runtime.block_on(async {
            let listener = Listener::start().await;
            listener.connected(observe).await
        });
        drop(runtime);
        drop((connection, peer));
        let (_, reason) = told.blocking_recv().expect("he is told");
        assert!(matches!(reason, CloseReason::Shutdown), "{reason}");
        assert!(told.blocking_recv().is_none(), "told twice");
    }
}

/// A connection that was never made has no end.
#[tokio::test]
async fn an_observer_is_not_told_of_a_failed_connect() {
    let (observe, mut told) = observed();
    let listener = Listener::start().await;
    let (result, _peer) = listener
        .meet(observe, async |peer| peer.send(b"HTTP/1.1 400").await)
        .await;
    result.unwrap_err();
    assert!(soon(told.recv()).await.is_none());
}

/// Statement 4: a panic of the observer is his own: nobody else's task ends by it, and everybody has been told.
#[tokio::test]
async fn a_panicking_observer_disturbs_nothing() {
    collect();
    let listener = Listener::start().await;
    let (tell, mut told) = mpsc::unbounded_channel::<()>();
    let (connection, mut peer) = listener
        .connected(|builder| {
            builder.on_close(move |_, _| {
                tell.send(()).unwrap();
                panic!("as the test wants it");
            })
        })
        .await;
    let calls: Vec<_> = (0..3)
        .map(|_| tokio::spawn(connection.send(MetadataRequest::default())))
        .collect();
    peer.request().await;
    connection.close();
    assert!(matches!(
        soon(connection.closed()).await,
        CloseReason::Shutdown
    ));
    for call in calls {
        let error = soon(call).await.unwrap().unwrap_err();
        assert!(matches!(reason(&error), CloseReason::Shutdown));
    }
    while peer.try_request().await.is_some() {}
    drop(connection);
    assert_eq!(soon(told.recv()).await, Some(()));
    assert_eq!(soon(told.recv()).await, None, "he is told once");
    let address = listener.address();
    let warned = logged("the observer of a connection's end panicked");
    let own = warned.iter().filter(|event| event.text.contains(&address));
    assert_eq!(own.count(), 1);
    // The runtime is as good as before.
    let (connection, _peer) = listener.connected(|builder| builder).await;
    assert!(connection.close_reason().is_none());
}

/// Statement 4: everybody else has been told and goes on while the observer takes his time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_observer_holds_nobody_up() {
    let listener = Listener::start().await;
    for _ in 0..20 {
        let (release, gate) = std::sync::mpsc::channel::<()>();
        let (begin, mut begun) = mpsc::unbounded_channel();
        let gate = Mutex::new(gate);
        let (connection, mut peer) = listener
            .connected(|builder| {
                builder.on_close(move |_, _| {
                    begin.send(()).unwrap();
                    let _ = gate.lock().unwrap().recv();
                })
            })
            .await;
        let calls: Vec<_> = (0..3)
            .map(|_| tokio::spawn(connection.send(MetadataRequest::default())))
            .collect();
        for _ in 0..3 {
            peer.request().await;
        }
        // In a task, as any program would have it, and not on the thread of the test.
        let own = connection.clone();
        let closed = tokio::spawn(async move { own.closed().await });
        let own = connection.clone();
        tokio::spawn(async move { own.close() });
        for call in calls {
            let error = soon(call).await.unwrap().unwrap_err();
            assert!(matches!(reason(&error), CloseReason::Shutdown));
        }
        assert!(matches!(soon(closed).await.unwrap(), CloseReason::Shutdown));
        assert!(peer.is_closed().await);
        assert_eq!(soon(begun.recv()).await, Some(()));
        drop(release);
    }
}

/// Statement 4: an observer that drops the last handle, or closes again, does not wait for itself.
#[tokio::test]
async fn an_observer_may_close_and_drop_the_connection() {
    let listener = Listener::start().await;
    let held: Arc<Mutex<Option<milena::Connection>>> = Arc::default();
    let (own, (tell, mut told)) = (Arc::clone(&held), mpsc::unbounded_channel());
    let (connection, peer) = listener
        .connected(|builder| {
            builder.on_close(move |_, _| {
                let connection = own.lock().unwrap().take().unwrap();
                connection.close();
                let reason = connection.close_reason();
                drop(connection);
                tell.send(reason).unwrap();
            })
        })
        .await;
    *held.lock().unwrap() = Some(connection);
    drop(peer);
    let reason = soon(told.recv()).await.unwrap().unwrap();
    assert!(
        matches!(reason, CloseReason::ConnectionBroken(_)),
        "{reason}"
    );
}
