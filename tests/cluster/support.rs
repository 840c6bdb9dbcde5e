//! What the tests share.

use milena::Client;
use milena::cluster::ClientBuilder;
use milena_broker::Cluster;

/// A client of this cluster, whichever way it is reached.
pub(crate) fn client(cluster: &Cluster) -> ClientBuilder {
    let dialer = cluster.dialer();
    Client::builder()
        .bootstrap(cluster.bootstrap().to_vec())
        .dialer(move |address: String| {
            let dialer = dialer.clone();
            async move { dialer.connect(&address).await }
        })
}
