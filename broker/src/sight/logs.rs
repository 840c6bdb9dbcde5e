//! The logs that are kept of a cluster's requests.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::log::{Log, RequestLog, SeenRequest};

/// The logs that are kept. Where there are none, a request costs one relaxed load.
#[derive(Debug, Default)]
pub(crate) struct Logs {
    wanted: AtomicBool,
    logs: Mutex<Vec<Weak<Log>>>,
}

impl Logs {
    /// Begins a log of the last `capacity` requests.
    pub(crate) fn begin(&self, capacity: usize) -> RequestLog {
        let log = Arc::new(Log::new(capacity));
        let mut logs = self.logs();
        logs.push(Arc::downgrade(&log));
        self.wanted.store(true, Ordering::Relaxed);
        drop(logs);
        RequestLog::new(log)
    }

    /// Whether any log is kept.
    pub(crate) fn wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed)
    }

    /// Puts a request into all of them.
    pub(crate) fn push(&self, request: &SeenRequest) {
        let mut logs = self.logs();
        logs.retain(|log| match log.upgrade() {
            Some(log) => {
                log.push(request.clone());
                true
            }
            None => false,
        });
        self.wanted.store(!logs.is_empty(), Ordering::Relaxed);
    }

    fn logs(&self) -> MutexGuard<'_, Vec<Weak<Log>>> {
        // No code panics under this lock.
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::Requests;
    use milena_wire::api_key::ApiKey;
    use tokio::time::Instant;

    fn request(correlation_id: i32) -> SeenRequest {
        SeenRequest {
            api: ApiKey::FETCH,
            version: 18,
            correlation_id,
            client_id: None,
            node: 1,
            connection: 1,
            at: Instant::now(),
        }
    }

    fn ids(log: &RequestLog) -> Vec<i32> {
        log.seen(Requests::any())
            .iter()
            .map(|seen| seen.correlation_id)
            .collect()
    }

    #[test]
    fn a_log_keeps_the_newest_since_it_began() {
        let logs = Logs::default();
        assert!(!logs.wanted());
        let small = logs.begin(1);
        logs.push(&request(1));
        let large = logs.begin(10);
        logs.push(&request(2));
        logs.push(&request(3));
        assert_eq!(ids(&small), [3]);
        assert_eq!(ids(&large), [2, 3]);
        large.clear();
        assert!(ids(&large).is_empty());
        drop((small, large));
        assert!(logs.wanted());
        logs.push(&request(4));
        assert!(!logs.wanted());
    }
}
