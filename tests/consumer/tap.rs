//! Sees the Fetches of a client and their answers, and may change these.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{BufMut as _, Bytes, BytesMut};
use milena::wire::api_key::ApiKey;
use milena::wire::codec::{Message as _, Request as _};
use milena::wire::encode_response;
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::fetch::PartitionData;
use milena::wire::messages::headers::RequestHeader;
use milena::wire::messages::{FetchRequest, FetchResponse};
use milena::wire::records::Batches;
use milena::wire::split_response;
use milena_broker::Dialer;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::support::LONG;

/// A Fetch, and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Fetch {
    pub(crate) node: i32,
    pub(crate) request: FetchRequest,
    /// As the client got it.
    pub(crate) response: Option<FetchResponse>,
}

impl Fetch {
    /// The session that it is of, and which request of it.
    pub(crate) fn session(&self) -> (i32, i32) {
        (self.request.session_id, self.request.session_epoch)
    }

    /// What it asks for anew: partitions, and from where on.
    pub(crate) fn asked(&self) -> Vec<(i32, i64)> {
        let topics = self.request.topics.iter();
        let partitions = topics.flat_map(|topic| &topic.partitions);
        partitions
            .map(|one| (one.partition, one.fetch_offset))
            .collect()
    }

    /// What it asks for no more.
    pub(crate) fn forgotten(&self) -> Vec<i32> {
        let topics = self.request.forgotten_topics_data.iter();
        topics.flat_map(|topic| topic.partitions.to_vec()).collect()
    }

    /// What it was answered; it must have been.
    pub(crate) fn answer(&self) -> &FetchResponse {
        self.response.as_ref().expect("an answer")
    }

    /// What it was told of partitions.
    pub(crate) fn told(&self) -> impl Iterator<Item = &PartitionData> {
        let topics = self.response.iter().flat_map(|answer| &answer.responses);
        topics.flat_map(|topic| &topic.partitions)
    }

    /// The error codes in its answer, of partitions or of all of it.
    pub(crate) fn codes(&self) -> Vec<ErrorCode> {
        let whole = self.response.iter().map(|answer| answer.error_code);
        let all = whole.chain(self.told().map(|one| one.error_code));
        all.filter(|code| code.is_error()).collect()
    }
}

/// No test has as many Fetches. Who asks without a pause is not answered beyond them: else paused time would stand still, and the test with it.
const MOST: usize = 2_000;

type Edit = Box<dyn FnMut(&FetchRequest, &mut FetchResponse) + Send>;

#[derive(Default)]
struct State {
    fetches: Vec<Fetch>,
    /// How many are not answered, by node.
    open: HashMap<i32, usize>,
    most_open: usize,
    edit: Option<Edit>,
}

/// Sees the Fetches of a client and their answers.
#[derive(Clone, Default)]
pub(crate) struct Tap {
    state: Arc<Mutex<State>>,
    changes: watch::Sender<()>,
}

impl Tap {
    /// Changes what is answered from now on.
    pub(crate) fn edit(
        &self,
        edit: impl FnMut(&FetchRequest, &mut FetchResponse) + Send + 'static,
    ) {
        self.state().edit = Some(Box::new(edit));
    }

    /// All that were sent, in their order.
    pub(crate) fn fetches(&self) -> Vec<Fetch> {
        self.state().fetches.clone()
    }

    /// Waits until what was seen is as it should be, and gives it.
    pub(crate) async fn until(&self, is_so: impl Fn(&[Fetch]) -> bool + Send + Sync) -> Vec<Fetch> {
        let mut changes = self.changes.subscribe();
        let seen = async {
            loop {
                changes.mark_unchanged();
                let fetches = self.fetches();
                if is_so(&fetches) {
                    return fetches;
                }
                changes.changed().await.unwrap();
            }
        };
        let seen = timeout(LONG, seen).await;
        seen.unwrap_or_else(|_| panic!("seen: {:#?}", self.fetches()))
    }

    /// How many went to one node at a time, at most.
    pub(crate) fn most_in_flight(&self) -> usize {
        self.state().most_open
    }

    /// The first offsets of the batches of a partition that were sent to the client, in their order, and who has sent them.
    pub(crate) fn sent(&self, partition: i32) -> Vec<(i32, i64)> {
        let mut sent = Vec::new();
        for fetch in self.fetches() {
            for told in fetch.told().filter(|one| one.partition_index == partition) {
                for batch in Batches::new(told.records.clone().unwrap_or_default()) {
                    sent.push((fetch.node, batch.unwrap().base_offset()));
                }
            }
        }
        sent
    }

    /// Connects to a broker for a client.
    pub(crate) async fn dial(self, dialer: Dialer, address: String) -> io::Result<DuplexStream> {
        let broker = dialer.connect(&address).await?;
        let node = address
            .split(['-', '.'])
            .nth(1)
            .and_then(|id| id.parse().ok());
        let (near, far) = tokio::io::duplex(1 << 20);
        tokio::spawn(self.carry(far, broker, node.expect("node-1.invalid:9092")));
        Ok(near)
    }

    async fn carry(self, client: DuplexStream, broker: DuplexStream, node: i32) {
        let (mut from_client, mut to_client) = tokio::io::split(client);
        let (mut from_broker, mut to_broker) = tokio::io::split(broker);
        let open = Mutex::new(HashMap::new());
        let _ended = tokio::select! {
            ended = self.requests(&mut from_client, &mut to_broker, node, &open) => ended,
            ended = self.answers(&mut from_broker, &mut to_client, node, &open) => ended,
        };
        // Nobody waits any more for what is open, which is known before the two sides are closed.
        let lost = open.lock().unwrap().len();
        *self.state().open.entry(node).or_default() -= lost;
    }

    async fn requests(
        &self,
        from: &mut (impl AsyncRead + Unpin),
        to: &mut (impl AsyncWrite + Unpin),
        node: i32,
        open: &Mutex<HashMap<i32, (usize, i16)>>,
    ) -> io::Result<()> {
        loop {
            let frame = read(from).await?;
            let number = |at: usize| i16::from_be_bytes([frame[at], frame[at + 1]]);
            if ApiKey(number(0)) == ApiKey::FETCH {
                let version = number(2);
                let header_version = FetchRequest::header_version(version);
                let header = RequestHeader::decode_prefix(&frame, header_version, 1 << 20);
                let (header, left) = header.unwrap();
                let body = frame.slice(frame.len() - left..);
                let request = FetchRequest::decode(&body, version).unwrap();
                let is_over = {
                    let mut state = self.state();
                    let place = (state.fetches.len(), version);
                    open.lock().unwrap().insert(header.correlation_id, place);
                    let count = state.open.entry(node).or_default();
                    *count += 1;
                    let count = *count;
                    state.most_open = state.most_open.max(count);
                    state.fetches.push(Fetch {
                        node,
                        request,
                        response: None,
                    });
                    state.fetches.len() > MOST
                };
                self.changes.send_replace(());
                if is_over {
                    std::future::pending::<()>().await;
                }
            }
            write(to, &frame).await?;
        }
    }

    async fn answers(
        &self,
        from: &mut (impl AsyncRead + Unpin),
        to: &mut (impl AsyncWrite + Unpin),
        node: i32,
        open: &Mutex<HashMap<i32, (usize, i16)>>,
    ) -> io::Result<()> {
        loop {
            let mut frame = read(from).await?;
            let id = i32::from_be_bytes([frame[0], frame[1], frame[2], frame[3]]);
            let found = open.lock().unwrap().remove(&id);
            if let Some((place, version)) = found {
                let (_, body) = split_response::<FetchResponse>(frame, version).unwrap();
                let mut response = FetchResponse::decode(&body, version).unwrap();
                let mut state = self.state();
                let mut edit = state.edit.take();
                if let Some(edit) = &mut edit {
                    edit(&state.fetches[place].request, &mut response);
                }
                state.edit = edit;
                let encoded = encode_response(Vec::new(), &response, version, id).unwrap();
                frame = encoded.into_bytes().slice(4..);
                state.fetches[place].response = Some(response);
                *state.open.entry(node).or_default() -= 1;
                drop(state);
                self.changes.send_replace(());
            }
            write(to, &frame).await?;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a frame, without its length.
async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Bytes> {
    let mut frame = vec![0; usize::try_from(from.read_u32().await?).unwrap()];
    from.read_exact(&mut frame).await?;
    Ok(frame.into())
}

async fn write(to: &mut (impl AsyncWrite + Unpin), frame: &[u8]) -> io::Result<()> {
    let mut bytes = BytesMut::with_capacity(4 + frame.len());
    bytes.put_u32(u32::try_from(frame.len()).unwrap());
    bytes.put_slice(frame);
    to.write_all(&bytes).await
}
