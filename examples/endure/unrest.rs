//! What is done to the brokers, and when it is enough.

use std::io::BufRead as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use milena_broker::Cluster;

use crate::Result;

/// When it is enough.
#[derive(Clone)]
pub(crate) struct End {
    at: Instant,
    /// Whether standard input has ended, if that is waited for.
    is_told: Arc<AtomicBool>,
    phase: Phase,
}

/// What is done to the brokers now.
#[derive(Clone, Debug)]
pub(crate) struct Phase(Arc<Mutex<String>>);

impl Phase {
    pub(crate) fn name(&self) -> String {
        let name = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        name.clone()
    }

    fn begin(&self, name: &str) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        name.clone_into(&mut now);
    }
}

impl End {
    pub(crate) fn new(after: Duration, until_eof: bool) -> Self {
        let is_told = Arc::new(AtomicBool::new(!until_eof));
        let phase = Phase(Arc::new(Mutex::new("at first".to_owned())));
        if until_eof {
            let (told, phase) = (Arc::clone(&is_told), phase.clone());
            std::thread::spawn(move || {
                for line in std::io::stdin()
                    .lock()
                    .lines()
                    .map_while(std::io::Result::ok)
                {
                    phase.begin(&line);
                }
                told.store(true, Ordering::Relaxed);
            });
        }
        let at = Instant::now() + after;
        Self { at, is_told, phase }
    }

    pub(crate) fn has_come(&self) -> bool {
        Instant::now() >= self.at && self.is_told.load(Ordering::Relaxed)
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase.clone()
    }
}

/// Each node in turn is gone for a second.
pub(crate) async fn restart_one_after_the_other(cluster: Arc<Cluster>, end: End) -> Result<()> {
    end.phase.begin("stopped and restarted");
    loop {
        for node in cluster.nodes() {
            tokio::time::sleep(Duration::from_secs(2)).await;
            if end.has_come() {
                return Ok(());
            }
            cluster.stop_node(node.id).await?;
            tokio::time::sleep(Duration::from_secs(1)).await;
            cluster.restart_node(node.id).await?;
        }
    }
}
