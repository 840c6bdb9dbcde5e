//! Nodes that come, go and move.

use std::io;

use super::handle::Cluster;
use super::topics::not_up;
use crate::nodes::{Coordination, Endpoint, NodeInfo};

/// # Nodes
impl Cluster {
    /// All nodes, up or not, by id.
    #[must_use]
    pub fn nodes(&self) -> Vec<NodeInfo> {
        self.shared.nodes.infos()
    }

    /// Adds a node, and starts it: on a free port, or on the one behind those of the others if the first has a fixed one. It leads nothing before topics are
    /// made, and has the next id that no node has ever had, which this gives.
    ///
    /// # Errors
    /// What binding its socket gave.
    ///
    /// # Cancel safety
    /// If the future is dropped, there is no new node.
    pub async fn add_node(&self) -> io::Result<i32> {
        self.stations.add().await
    }

    /// Stops a node as a crash does: its connections end, whatever they are about, and who connects is refused. Other nodes lead what it led, each partition
    /// the first of its replicas that is in sync, one leader epoch later; where there is none, nobody does. Metadata does not name the node any more. Nothing
    /// happens to one that is down. The address stays its own.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let cluster = milena_broker::Cluster::builder().nodes(3).start().await?;
    /// // Let clients work, and
    /// cluster.stop_node(2).await?;
    /// // see whether they go on, and then again:
    /// cluster.restart_node(2).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) if there is no such node.
    ///
    /// # Cancel safety
    /// If the future is dropped after it was polled, the node may have stopped or not; never half.
    pub async fn stop_node(&self, node: i32) -> io::Result<()> {
        self.stations.stop(node).await
    }

    /// Starts a node where it was. It is in sync at once, and leads what nobody else could; what others lead it does not take back. Nothing happens to one
    /// that is up.
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) if there is no such node; else what binding its socket gave.
    ///
    /// # Cancel safety
    /// If the future is dropped, the node may have started or not; never half.
    pub async fn restart_node(&self, node: i32) -> io::Result<()> {
        self.stations.restart(node).await
    }

    /// Stops a node, if it is up, and starts it elsewhere under the same id: on a free port or, without sockets, as `node-1-2.invalid:9092`, then
    /// `node-1-3.invalid:9092` and so on. Where it was, nothing listens any more. What was [advertised](Self::advertise) of it is forgotten.
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) if there is no such node; else what binding its socket gave, and then the node is down.
    ///
    /// # Cancel safety
    /// If the future is dropped, the node may be where it was, down, or elsewhere; never half.
    pub async fn readdress_node(&self, node: i32) -> io::Result<()> {
        self.stations.move_elsewhere(node).await
    }

    /// Stops a node for good. Partitions keep it as a replica that is offline, as with Kafka.
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) if there is no such node.
    ///
    /// # Cancel safety
    /// As that of [`stop_node`](Self::stop_node).
    pub async fn remove_node(&self, node: i32) -> io::Result<()> {
        self.stations.remove(node).await
    }

    /// Clients are told from now on that a node listens there, whatever it really does: a proxy may, or nobody. If connections are encrypted, the
    /// certificate is good for the host too, unless `Tls::host_names` has chosen its names. (Kafka: `advertised.listeners`)
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) if there is no such node; [`InvalidInput`](io::ErrorKind::InvalidInput) if no certificate can have such a host.
    pub fn advertise(&self, node: i32, host: &str, port: u16) -> io::Result<()> {
        self.stations.certify(host)?;
        let host = host.into();
        self.tell(node, Some(Endpoint { host, port }))
    }

    /// Takes [`advertise`](Self::advertise) back: clients are told the truth.
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) if there is no such node.
    pub fn advertise_truly(&self, node: i32) -> io::Result<()> {
        self.tell(node, None)
    }

    fn tell(&self, node: i32, endpoint: Option<Endpoint>) -> io::Result<()> {
        if self.shared.nodes.advertise(node, endpoint) {
            return Ok(());
        }
        let message = format!("there is no node {node}");
        Err(io::Error::new(io::ErrorKind::NotFound, message))
    }

    /// The node that clients are told is the controller: see [`ClusterBuilder::zookeeper`](crate::ClusterBuilder::zookeeper). `None` if all are down.
    #[must_use]
    pub fn controller(&self) -> Option<i32> {
        self.shared.nodes.controller()
    }

    /// Another node is the controller from now on, until it stops; then it is the first that is up.
    ///
    /// # Errors
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if there is no such node, or it is down.
    pub fn set_controller(&self, node: i32) -> io::Result<()> {
        match self.shared.nodes.set_controller(node) {
            true => Ok(()),
            false => not_up(node),
        }
    }

    /// The node that coordinates a group, or what else it is; `None` if all are down. As with Kafka, a key belongs to one of 50 partitions of an internal topic,
    /// by its hash; when the node stops that leads it, the next one does, and goes on with it when the other comes back.
    ///
    /// ```
    /// use milena_broker::{Cluster, Coordination};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let cluster = Cluster::builder().nodes(3).start().await?;
    /// let node = cluster.coordinator(Coordination::Group, "orders").unwrap();
    /// cluster.move_coordinator(Coordination::Group, "orders", node % 3 + 1)?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn coordinator(&self, what: Coordination, key: &str) -> Option<i32> {
        let node = self.shared.nodes.coordinator(what, key)?;
        Some(node.id)
    }

    /// Another node coordinates a group from now on, or what else it is, until it stops. Other keys stay where they are.
    ///
    /// # Errors
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if there is no such node, or it is down.
    pub fn move_coordinator(&self, what: Coordination, key: &str, node: i32) -> io::Result<()> {
        match self.shared.nodes.move_coordinator(what, key, node) {
            true => Ok(()),
            false => not_up(node),
        }
    }

    /// Gives the cluster another id, as if its clients had come to another cluster; the new one.
    pub fn change_cluster_id(&self) -> String {
        self.shared.cluster_id.change();
        self.id()
    }
}
