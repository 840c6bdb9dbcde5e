//! Brokers that answer what the test says.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use milena::Client;
use milena::cluster::ClientBuilder;
use milena::wire::api_key::ApiKey;
use milena::wire::codec::{Message as _, Request, Response, VersionRange};
use milena::wire::encode_response;
use milena::wire::messages::api_versions::ApiVersion;
use milena::wire::messages::find_coordinator::Coordinator;
use milena::wire::messages::metadata::MetadataResponseBroker;
use milena::wire::messages::{
    ApiVersionsResponse, FindCoordinatorRequest, FindCoordinatorResponse, MetadataResponse,
    RequestHeader,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::sleep;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) node: i32,
    pub(crate) api: ApiKey,
    pub(crate) version: i16,
    id: i32,
    frame: Bytes,
}

/// What becomes of a request.
pub(crate) enum Act {
    Answer(Bytes),
    /// After a while, during which nothing else is answered.
    Late(Duration, Bytes),
    Close,
    Ignore,
}

impl Ask {
    pub(crate) fn request<R: Request>(&self) -> R {
        let header = R::header_version(self.version);
        let (_, left) = RequestHeader::decode_prefix(&self.frame, header, 1024).unwrap();
        let body = self.frame.slice(self.frame.len() - left..);
        R::decode(&body, self.version).unwrap()
    }

    pub(crate) fn frame<R: Response + Sync>(&self, response: &R) -> Bytes {
        let frame = encode_response(Vec::new(), response, self.version, self.id).unwrap();
        frame.into_bytes()
    }

    pub(crate) fn answer<R: Response + Sync>(&self, response: &R) -> Act {
        Act::Answer(self.frame(response))
    }

    /// Metadata of these nodes and no topics.
    pub(crate) fn metadata(&self, nodes: impl IntoIterator<Item = i32>) -> MetadataResponse {
        let brokers: Vec<_> = nodes.into_iter().map(broker).collect();
        let controller = brokers.first().map_or(-1, |broker| broker.node_id);
        MetadataResponse::default()
            .with_brokers(brokers)
            .with_controller_id(controller)
            .with_cluster_id("scripted")
    }

    /// Says of all coordinators that are asked for that they are this node.
    pub(crate) fn coordinator(&self, node: i32) -> FindCoordinatorResponse {
        let broker = broker(node);
        if self.version < 4 {
            return FindCoordinatorResponse::default()
                .with_node_id(node)
                .with_host(broker.host)
                .with_port(broker.port);
        }
        let keys = self.request::<FindCoordinatorRequest>().coordinator_keys;
        let found = keys.into_iter().map(|key| {
            Coordinator::default()
                .with_key(key)
                .with_node_id(node)
                .with_host(broker.host.clone())
                .with_port(broker.port)
        });
        FindCoordinatorResponse::default().with_coordinators(found.collect::<Vec<_>>())
    }
}

pub(crate) fn broker(node: i32) -> MetadataResponseBroker {
    MetadataResponseBroker::default()
        .with_node_id(node)
        .with_host(format!("node-{node}"))
        .with_port(9092)
}

/// A cluster that follows a script.
#[derive(Clone)]
pub(crate) struct Script {
    inner: Arc<Inner>,
}

struct Inner {
    act: Box<dyn Fn(&Ask) -> Act + Send + Sync>,
    asked: Mutex<Vec<Ask>>,
    dialed: AtomicUsize,
    versions: Vec<ApiVersion>,
}

impl Script {
    /// Nodes that offer these APIs beside the usual ones, and do what `act` says. ApiVersions is answered without asking it.
    pub(crate) fn new(
        apis: &[(ApiKey, VersionRange)],
        act: impl Fn(&Ask) -> Act + Send + Sync + 'static,
    ) -> Self {
        let mut usual = vec![
            (ApiKey::API_VERSIONS, VersionRange::new(0, 4)),
            (ApiKey::METADATA, VersionRange::new(0, 13)),
            (ApiKey::FIND_COORDINATOR, VersionRange::new(0, 6)),
        ];
        usual.retain(|(key, _)| apis.iter().all(|(other, _)| other != key));
        usual.extend(apis);
        let served = usual.into_iter().filter(|(_, range)| !range.is_empty());
        let versions = served.map(|(key, range)| {
            ApiVersion::default()
                .with_api_key(key.0)
                .with_min_version(range.min)
                .with_max_version(range.max)
        });
        Self {
            inner: Arc::new(Inner {
                act: Box::new(act),
                asked: Mutex::default(),
                dialed: AtomicUsize::new(0),
                versions: versions.collect(),
            }),
        }
    }

    /// A client that begins with the first node.
    pub(crate) fn client(&self) -> ClientBuilder {
        let script = self.clone();
        Client::builder()
            .bootstrap(["node-1:9092"])
            .dialer(move |address| {
                let script = script.clone();
                async move { script.dial(&address) }
            })
    }

    /// The requests of this API that came, to whichever node, in their order.
    pub(crate) fn asked(&self, api: ApiKey) -> Vec<Ask> {
        let asked = self.inner.asked.lock().unwrap();
        asked.iter().filter(|ask| ask.api == api).cloned().collect()
    }

    /// The nodes that were asked, in order.
    pub(crate) fn nodes_asked(&self, api: ApiKey) -> Vec<i32> {
        self.asked(api).iter().map(|ask| ask.node).collect()
    }

    /// How often anybody has dialed.
    pub(crate) fn dialed(&self) -> usize {
        self.inner.dialed.load(Ordering::Relaxed)
    }

    pub(crate) fn dial(&self, address: &str) -> io::Result<DuplexStream> {
        self.inner.dialed.fetch_add(1, Ordering::Relaxed);
        let node = address
            .strip_prefix("node-")
            .and_then(|rest| rest.strip_suffix(":9092"))
            .and_then(|node| node.parse().ok())
            .ok_or(io::ErrorKind::ConnectionRefused)?;
        let (ours, theirs) = duplex(1 << 20);
        let inner = Arc::clone(&self.inner);
        tokio::spawn(async move {
            // It ends when the client hangs up.
            let _ = inner.serve(node, theirs).await;
        });
        Ok(ours)
    }
}

impl Inner {
    async fn serve(&self, node: i32, mut stream: DuplexStream) -> io::Result<()> {
        loop {
            let length = stream.read_i32().await?;
            let mut frame = vec![0; usize::try_from(length).unwrap()];
            stream.read_exact(&mut frame).await?;
            let frame = Bytes::from(frame);
            let mut head = &frame[..];
            let ask = Ask {
                node,
                api: ApiKey(head.get_i16()),
                version: head.get_i16(),
                id: head.get_i32(),
                frame: frame.clone(),
            };
            let act = if ask.api == ApiKey::API_VERSIONS {
                let response = ApiVersionsResponse::default().with_api_keys(self.versions.clone());
                ask.answer(&response)
            } else {
                let act = (self.act)(&ask);
                self.asked.lock().unwrap().push(ask);
                act
            };
            match act {
                Act::Answer(bytes) => stream.write_all(&bytes).await?,
                Act::Late(time, bytes) => {
                    sleep(time).await;
                    stream.write_all(&bytes).await?;
                }
                Act::Close => return Ok(()),
                Act::Ignore => {}
            }
        }
    }
}
