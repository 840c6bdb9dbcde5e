//! From what was chosen to a client that runs.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::time::{Instant, sleep_until};

use super::backoff::Backoff;
use super::builder::ClientBuilder;
use super::calls::Calls;
use super::client::Client;
use super::coordinators::Coordinators;
use super::core::Core;
use super::exchange::Exchange;
use super::health;
use super::pool::{Nodes, Pool};
use super::random::Random;
use super::refresher::Refresher;
use super::retry::Budget;
use super::settings::ClientSettings;
use super::signals::Signals;
use super::tasks::Tasks;
use crate::connection::now;
use crate::error::{Error, ErrorKind};
use crate::metrics::Recorder;

impl ClientBuilder {
    /// Finds the cluster: the bootstrap addresses are tried side by side, each 250 ms after the one before, and the first that answers tells of the
    /// others.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for options that cannot be as they are; [`ErrorKind::NoRuntime`] outside of a tokio runtime;
    /// [`ErrorKind::Bootstrap`], with one error for each address, if none of them could be connected to, unless the client is to
    /// [wait](Self::wait_for_cluster).
    ///
    /// # Cancel safety
    /// Dropping the future leaves no task and no socket behind.
    pub async fn build(self) -> Result<Client, Error> {
        let settings = self.check()?;
        let Ok(runtime) = Handle::try_current() else {
            return Err(Error::new(ErrorKind::NoRuntime));
        };
        let core = Arc::new(core(settings, runtime));
        // From here on its drop ends everything.
        let client = Client::new(Arc::clone(&core));
        let mut failures = 0;
        while let Err(error) = core.refresher.bootstrap().await {
            if !core.settings.wait_for_cluster || !error.is_retriable() {
                return Err(error);
            }
            tracing::info!(%error, "waiting for the cluster");
            let backoff = Backoff::new(
                core.settings.connect_backoff,
                core.settings.connect_backoff_max,
            );
            let wait = backoff.delay(failures, Random::any());
            failures += 1;
            sleep_until(Instant::from(now() + wait)).await;
        }
        let worker = Arc::clone(&core.refresher).run(core.tasks.clone());
        core.tasks.spawn(worker);
        let request_timeout = core.settings.connection.settings.request_timeout;
        let exchange = Arc::clone(&core.exchange);
        let waits = core.settings.breaker.resets();
        let revive = health::revive(exchange, waits, request_timeout, core.tasks.clone());
        core.tasks.spawn(revive);
        if let Some(interval) = core.settings.health_check_interval {
            let exchange = Arc::clone(&core.exchange);
            let watch = health::watch(exchange, interval, request_timeout, core.tasks.clone());
            core.tasks.spawn(watch);
        }
        Ok(client)
    }
}

fn core(settings: ClientSettings, runtime: Handle) -> Core {
    let client_id = settings.connection.settings.client_id.as_deref();
    let recorder = settings
        .metrics
        .then(|| Recorder::new(client_id.unwrap_or_default(), now()));
    let signals = Arc::new(Signals::new(recorder));
    let tasks = Tasks::new(runtime);
    let connections = settings.connections_per_purpose.map(Into::into);
    let exchange = Arc::new(Exchange {
        pool: Pool::new(
            settings.connection.clone(),
            settings.rewriter.clone(),
            Backoff::new(settings.connect_backoff, settings.connect_backoff_max),
            settings.drain_timeout,
            settings.max_connections.map(Into::into),
            Arc::clone(&signals),
            tasks.clone(),
        ),
        nodes: Nodes::new(settings.breaker.clone(), connections),
        signals,
        selection: Arc::clone(&settings.selection),
        when_open: settings.breaker.behaviour_when_open(),
        rack: settings.rack.clone(),
        local_address: settings.local_address,
    });
    Core {
        refresher: Refresher::new(&settings, Arc::clone(&exchange)),
        exchange,
        coordinators: Coordinators::default(),
        budget: Budget::new(settings.retry_budget, settings.retry_budget_floor, now()),
        backoff: Backoff::new(settings.retry_backoff, settings.retry_backoff_max),
        calls: Calls::default(),
        tasks,
        settings,
    }
}
