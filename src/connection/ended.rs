//! Who learns at once that a connection has ended.

use std::fmt;

use crate::close_reason::CloseReason;

/// The layer above, which is to send nothing more over a connection that has ended.
pub(crate) trait Ended: Send + Sync {
    /// The connection takes no more requests. It is called once, by whoever ends the connection, and before those that were queued learn of
    /// it: it must not block. The socket may still be there. [`Connection::is_open`](super::Connection::is_open) says it a moment earlier.
    fn ended(&self, reason: &CloseReason);

    /// The task of the connection is over, and its socket is closed. It is called once, behind [`ended`](Self::ended).
    fn gone(&self) {}
}

impl fmt::Debug for dyn Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ended")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use milena_broker::Cluster;
    use milena_wire::messages::MetadataRequest;
    use tokio::io::duplex;

    use super::*;
    use crate::connection::Connection;
    use crate::error::ErrorKind;

    #[derive(Default)]
    struct Ends(Mutex<Vec<CloseReason>>, Mutex<usize>);

    impl Ends {
        fn count(&self) -> usize {
            self.0.lock().unwrap().len()
        }
    }

    impl Ended for Ends {
        fn ended(&self, reason: &CloseReason) {
            self.0.lock().unwrap().push(reason.clone());
        }

        fn gone(&self) {
            assert_eq!(self.count(), 1, "first it ends");
            *self.1.lock().unwrap() += 1;
        }
    }

    async fn connect(ends: &Arc<Ends>, idle: Duration) -> (Connection, Cluster) {
        let cluster = Cluster::builder().in_memory().start().await.unwrap();
        let dialer = cluster.dialer();
        let connection = Connection::builder()
            .connections_max_idle(idle)
            .on_end(Arc::clone(ends) as Arc<dyn Ended>)
            .dialer(move |address: String| {
                let dialer = dialer.clone();
                async move { dialer.connect(&address).await }
            })
            .connect(&cluster.bootstrap()[0])
            .await
            .unwrap();
        (connection, cluster)
    }

    /// The pool must not give a request that comes back the connection that it failed on.
    #[tokio::test]
    async fn the_end_is_told_before_those_who_wait_come_back() {
        let ends = Arc::new(Ends::default());
        let (connection, _cluster) = connect(&ends, Duration::MAX).await;
        assert!(connection.is_open());
        let waiting = connection.send(MetadataRequest::default());
        let waiting = tokio::spawn({
            let (connection, ends) = (connection.clone(), Arc::clone(&ends));
            async move {
                let error = waiting.await.unwrap_err();
                (error, connection.is_open(), ends.count())
            }
        });
        let closer = connection.clone();
        // Behind the request, before its answer: nothing is awaited between these two on this one thread.
        tokio::spawn(async move { closer.close() });
        let (error, is_open, count) = waiting.await.unwrap();
        assert!(matches!(
            error.kind(),
            ErrorKind::Closed(CloseReason::Shutdown)
        ));
        assert_eq!((is_open, count), (false, 1));
        connection.closed().await;
        connection.close();
        drop(connection);
        assert_eq!(ends.count(), 1, "told once");
        assert_eq!(*ends.1.lock().unwrap(), 1, "so is that it is gone");
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_that_closes_itself_is_told_too() {
        let ends = Arc::new(Ends::default());
        let (connection, _cluster) = connect(&ends, Duration::from_secs(60)).await;
        connection.closed().await;
        assert!(!connection.is_open());
        let reasons = ends.0.lock().unwrap().clone();
        assert!(matches!(*reasons, [CloseReason::IdleDrop]), "{reasons:?}");
    }

    #[tokio::test]
    async fn so_is_one_whose_broker_hangs_up() {
        let ends = Arc::new(Ends::default());
        let (connection, cluster) = connect(&ends, Duration::MAX).await;
        drop(cluster);
        connection.closed().await;
        assert!(!connection.is_open());
        let reasons = ends.0.lock().unwrap().clone();
        assert!(
            matches!(*reasons, [CloseReason::ConnectionBroken(_)]),
            "{reasons:?}"
        );
    }

    /// There was none to end.
    #[tokio::test]
    async fn a_connection_that_never_was_has_no_end() {
        let ends = Arc::new(Ends::default());
        let failed = Connection::builder()
            .on_end(Arc::clone(&ends) as Arc<dyn Ended>)
            .dialer(|_| async { Ok(duplex(64).0) })
            .connect("nowhere:1")
            .await;
        assert!(failed.is_err());
        assert_eq!(ends.count(), 0);
    }
}
