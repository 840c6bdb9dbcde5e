//! What a call carries along.

use std::time::Duration;

use milena_broker::Cluster;
use milena_wire::messages::ListOffsetsRequest;
use tracing::Span;

use super::Client;
use super::send::{Terms, settle};
use crate::connection::{after, now};

/// Of calls there are many at a time, each with a future of its own: beyond a kilobyte, malloc takes a slow way, too.
#[tokio::test]
async fn the_future_of_a_call_is_small() {
    let cluster = Cluster::builder().start().await.unwrap();
    let bootstrap = cluster.bootstrap().to_vec();
    let client = Client::builder().bootstrap(bootstrap);
    let client = client.build().await.unwrap();
    let terms = Terms {
        deadline: after(now(), Duration::from_secs(1)),
        key: None,
        span: Span::none(),
    };
    let request = ListOffsetsRequest::default();
    let of_request = size_of_val(&request);
    let future = settle(client.core(), request, None, &terms);
    let size = size_of_val(&future);
    println!("{size} bytes, the request has {of_request}");
    assert!(size <= 1024, "{size}");
}
