//! Where the nodes listen, and what runs there: the I/O of starting and stopping them.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use crate::nodes::Endpoint;
use crate::server::{Dialer, Doors, Reserved, Running, bind};
use crate::shared::Shared;

/// Where the nodes of a cluster listen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) listen: SocketAddr,
    /// They have no sockets.
    pub(super) in_memory: bool,
}

impl Place {
    /// Where a new node listens.
    pub(super) fn first(&self, id: i32) -> io::Result<(Endpoint, Option<TcpListener>)> {
        if self.in_memory {
            return Ok((Endpoint::in_memory(id, 0), None));
        }
        let mut address = self.listen;
        if address.port() != 0 {
            let offset = u16::try_from(id.saturating_sub(1)).unwrap_or(u16::MAX);
            let port = address.port().checked_add(offset);
            let no_port = || {
                let message = format!("node {id} would listen on a port past 65535");
                io::Error::new(io::ErrorKind::InvalidInput, message)
            };
            address.set_port(port.ok_or_else(no_port)?);
        }
        self.bind(address)
    }

    /// Somewhere else, for a node that has moved so many times before.
    fn next(&self, id: i32, moves: u32) -> io::Result<(Endpoint, Option<TcpListener>)> {
        if self.in_memory {
            let moves = moves.saturating_add(1);
            return Ok((Endpoint::in_memory(id, moves), None));
        }
        self.bind(SocketAddr::new(self.listen.ip(), 0))
    }

    fn bind(&self, address: SocketAddr) -> io::Result<(Endpoint, Option<TcpListener>)> {
        let listener = bind(address)?;
        let endpoint = Endpoint::of_socket(listener.local_addr()?);
        Ok((endpoint, Some(listener)))
    }
}

/// What runs of each node, and how the rest is brought up.
#[derive(Debug)]
pub(super) struct Stations {
    place: Place,
    shared: Arc<Shared>,
    doors: Arc<Doors>,
    /// Where the cluster was started, and where all its tasks run.
    runtime: Handle,
    /// One node at a time starts or stops.
    stations: Mutex<BTreeMap<i32, Station>>,
}

/// What there is of a node.
#[derive(Debug, Default)]
struct Station {
    running: Option<Running>,
    /// It was told to stop, and may not be gone yet.
    stopping: Option<Running>,
    /// The port of its socket.
    port: Option<u16>,
    /// Held while it is down, so that it can come back to where it was.
    reserved: Option<Reserved>,
}

impl Stations {
    /// Call this on the runtime on which the cluster is to live.
    pub(super) fn new(place: Place, shared: Arc<Shared>) -> Self {
        Self {
            place,
            shared,
            doors: Arc::default(),
            runtime: Handle::current(),
            stations: Mutex::default(),
        }
    }

    pub(super) fn dialer(&self) -> Dialer {
        Dialer::new(self.doors.clone())
    }

    /// A node that is in the table starts for the first time.
    pub(super) async fn open_first(&self, id: i32, listener: Option<TcpListener>) {
        let mut stations = self.stations.lock().await;
        let station = stations.entry(id).or_default();
        self.open(id, station, listener);
    }

    /// Adds a node, and starts it; its id.
    pub(super) async fn add(&self) -> io::Result<i32> {
        let mut stations = self.stations.lock().await;
        let (endpoint, listener) = {
            let _on = self.runtime.enter();
            self.place.first(self.shared.nodes.next_id())?
        };
        self.certify(&endpoint.host)?;
        let id = self.shared.nodes.add(endpoint);
        self.open(id, stations.entry(id).or_default(), listener);
        Ok(id)
    }

    /// Stops a node, if it is up, and waits until nothing of it is left.
    pub(super) async fn stop(&self, id: i32) -> io::Result<()> {
        let mut stations = self.stations.lock().await;
        let station = stations.get_mut(&id).ok_or_else(|| unknown(id))?;
        self.close(id, station);
        self.settle(station).await;
        Ok(())
    }

    /// Stops a node for good.
    pub(super) async fn remove(&self, id: i32) -> io::Result<()> {
        let mut stations = self.stations.lock().await;
        let mut station = stations.remove(&id).ok_or_else(|| unknown(id))?;
        self.close(id, &mut station);
        self.shared.nodes.remove(id);
        self.shared.catalog.node_removed(id);
        self.settle(&mut station).await;
        Ok(())
    }

    /// Starts a node that is down, where it was.
    pub(super) async fn restart(&self, id: i32) -> io::Result<()> {
        let mut stations = self.stations.lock().await;
        let station = stations.get_mut(&id).ok_or_else(|| unknown(id))?;
        if station.running.is_some() {
            return Ok(());
        }
        self.settle(station).await;
        let listener = {
            let _on = self.runtime.enter();
            match (station.reserved.take(), station.port) {
                (Some(reserved), _) => Some(reserved.listen()?),
                (None, Some(port)) => Some(bind(SocketAddr::new(self.place.listen.ip(), port))?),
                (None, None) => None,
            }
        };
        self.open(id, station, listener);
        Ok(())
    }

    /// Stops a node, if it is up, and starts it where it was not.
    pub(super) async fn move_elsewhere(&self, id: i32) -> io::Result<()> {
        let mut stations = self.stations.lock().await;
        let station = stations.get_mut(&id).ok_or_else(|| unknown(id))?;
        self.close(id, station);
        self.settle(station).await;
        let moves = self.shared.nodes.moves(id).unwrap_or(0);
        let (endpoint, listener) = {
            let _on = self.runtime.enter();
            self.place.next(id, moves)?
        };
        self.certify(&endpoint.host)?;
        // Not before: else it could get the same port again.
        station.reserved = None;
        self.shared.nodes.set_endpoint(id, endpoint);
        self.open(id, station, listener);
        Ok(())
    }

    /// Ends everything, and waits until it is gone.
    pub(super) async fn shutdown(self) {
        let mut stations = self.stations.into_inner();
        for station in stations.values_mut() {
            station.stopping = station.stopping.take().or(station.running.take());
            station.stopping.iter().for_each(Running::stop);
        }
        for station in stations.values_mut() {
            if let Some(stopping) = &mut station.stopping {
                stopping.stopped().await;
            }
        }
    }

    /// Clients who trust the cluster trust what is at this host.
    pub(super) fn certify(&self, host: &str) -> io::Result<()> {
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.shared.tls {
            return tls.add_host(host);
        }
        let _ = host;
        Ok(())
    }

    /// Brings a node up, whose listener nobody waits for.
    fn open(&self, id: i32, station: &mut Station, listener: Option<TcpListener>) {
        let Some(endpoint) = self.shared.nodes.endpoint(id) else {
            return;
        };
        station.port = listener.as_ref().map(|_| endpoint.port);
        let door = self.doors.open(id, endpoint.to_string());
        // Who hears of it and comes at once waits to be accepted.
        self.shared.node_started(id);
        let shared = self.shared.clone();
        let running = Running::start(&self.runtime, listener, door, shared, id);
        station.running = Some(running);
    }

    /// Takes it down. Nobody waits here, so that this is never half done.
    fn close(&self, id: i32, station: &mut Station) {
        let Some(running) = station.running.take() else {
            return;
        };
        self.doors.close(id);
        running.stop();
        self.shared.connections.close(id);
        station.stopping = Some(running);
        self.shared.node_stopped(id);
    }

    /// Waits until nothing is left of a node that was told to stop. If the future is dropped, this can be done again.
    async fn settle(&self, station: &mut Station) {
        let Some(stopping) = &mut station.stopping else {
            return;
        };
        stopping.stopped().await;
        station.stopping = None;
        if let Some(port) = station.port {
            let _on = self.runtime.enter();
            // Without it another process may be there when the node comes back, and then that fails.
            let address = SocketAddr::new(self.place.listen.ip(), port);
            station.reserved = Reserved::new(address).ok();
        }
    }
}

fn unknown(id: i32) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("there is no node {id}"))
}
