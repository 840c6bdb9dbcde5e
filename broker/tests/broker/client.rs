//! A client that knows frames and nothing else.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use milena_broker::Cluster;
use milena_wire::codec::{Message, Request, Response};
use milena_wire::compression::{Compression, Compressor};
use milena_wire::encode_request;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::create_topics::{CreatableTopic, CreateTopicsRequest};
use milena_wire::messages::fetch::{FetchPartition, FetchRequest, FetchTopic};
use milena_wire::messages::headers::ResponseHeader;
use milena_wire::messages::metadata::{
    MetadataRequest, MetadataRequestTopic, MetadataResponse, MetadataResponseTopic,
};
use milena_wire::messages::produce::{
    PartitionProduceData, PartitionProduceResponse, ProduceRequest, TopicProduceData,
};
use milena_wire::records::{BatchBuilder, Batches};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::net::TcpStream;
use tokio::time::timeout;
use uuid::Uuid;

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Client<S = TcpStream> {
    pub(crate) stream: S,
    last_id: i32,
}

impl Client {
    /// Connects to the node of this number, from 1.
    pub(crate) async fn connect(cluster: &Cluster, node: usize) -> Self {
        let stream = TcpStream::connect(&cluster.bootstrap()[node - 1])
            .await
            .unwrap();
        stream.set_nodelay(true).unwrap();
        Self::over(stream)
    }
}

impl Client<DuplexStream> {
    /// Connects to the node of this number without a socket.
    pub(crate) async fn in_memory(cluster: &Cluster, node: usize) -> Self {
        let address = &cluster.bootstrap()[node - 1];
        Self::over(cluster.connect(address).await.unwrap())
    }
}

/// A socket, or a connection without one.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

pub(crate) type AnyClient = Client<Box<dyn Stream>>;

impl AnyClient {
    /// Connects to an address as a client would that was told it.
    pub(crate) async fn dial(cluster: &Cluster, address: &str) -> io::Result<Self> {
        let stream: Box<dyn Stream> = if address.contains(".invalid:") {
            Box::new(cluster.connect(address).await?)
        } else {
            Box::new(TcpStream::connect(address).await?)
        };
        Ok(Self::over(stream))
    }

    /// Connects to the node of this id, where it listens now.
    pub(crate) async fn to(cluster: &Cluster, node: i32) -> Self {
        let address = address_of(cluster, node);
        Self::dial(cluster, &address).await.unwrap()
    }
}

/// Where a node listens now, or has listened last.
pub(crate) fn address_of(cluster: &Cluster, node: i32) -> String {
    let mut nodes = cluster.nodes().into_iter();
    nodes.find(|found| found.id == node).unwrap().address
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) fn over(stream: S) -> Self {
        Self { stream, last_id: 0 }
    }

    pub(crate) async fn call<R: Request>(&mut self, request: &R, version: i16) -> R::Response {
        let id = self.send(request, version).await;
        self.receive(id, version).await
    }

    /// The same with a broker that may go away.
    pub(crate) async fn try_call<R: Request>(
        &mut self,
        request: &R,
        version: i16,
    ) -> io::Result<R::Response> {
        let id = self.next_id();
        let frame = encode_request(Vec::new(), request, version, id, None).unwrap();
        self.stream.write_all(&frame.into_bytes()).await?;
        let answer = timeout(PATIENCE, async {
            let mut frame = vec![0; self.stream.read_u32().await? as usize];
            self.stream.read_exact(&mut frame).await?;
            io::Result::Ok(Bytes::from(frame))
        });
        let frame = answer.await.expect("no answer")?;
        let header_version = R::Response::header_version(version);
        let (_, left) = ResponseHeader::decode_prefix(&frame, header_version, 1 << 20).unwrap();
        Ok(R::Response::decode(&frame.slice(frame.len() - left..), version).unwrap())
    }

    pub(crate) async fn send<R: Request>(&mut self, request: &R, version: i16) -> i32 {
        let id = self.next_id();
        let frame = encode_request(Vec::new(), request, version, id, Some(&"test".into())).unwrap();
        self.stream.write_all(&frame.into_bytes()).await.unwrap();
        id
    }

    pub(crate) fn next_id(&mut self) -> i32 {
        self.last_id += 1;
        self.last_id
    }

    pub(crate) async fn receive<R: Response>(&mut self, id: i32, version: i16) -> R {
        let frame = self.receive_frame().await;
        let (header, left) =
            ResponseHeader::decode_prefix(&frame, R::header_version(version), 1 << 20).unwrap();
        assert_eq!(header.correlation_id, id);
        R::decode(&frame.slice(frame.len() - left..), version).unwrap()
    }

    pub(crate) async fn receive_frame(&mut self) -> Bytes {
        timeout(PATIENCE, async {
            let length = self.stream.read_u32().await.unwrap();
            let mut frame = vec![0; length as usize];
            self.stream.read_exact(&mut frame).await.unwrap();
            frame.into()
        })
        .await
        .expect("no answer")
    }

    /// Reads the rest of a frame of which these bytes were read; its length.
    pub(crate) async fn receive_rest(&mut self, start: &[u8]) -> usize {
        let mut length = [0; 4];
        length[..start.len()].copy_from_slice(start);
        let rest = self.stream.read_exact(&mut length[start.len()..]);
        timeout(PATIENCE, rest).await.unwrap().unwrap();
        let mut frame = vec![0; u32::from_be_bytes(length) as usize];
        let read = self.stream.read_exact(&mut frame);
        timeout(PATIENCE, read).await.unwrap().unwrap()
    }

    /// Waits for the broker to close, and makes sure that it says nothing before.
    pub(crate) async fn expect_close(&mut self) {
        let mut bytes = [0; 100];
        match timeout(PATIENCE, self.stream.read(&mut bytes))
            .await
            .expect("still open")
        {
            Ok(count) => assert_eq!(count, 0, "{bytes:?}"),
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
        }
    }

    /// Makes a topic whose partition 0 is led by node 1.
    pub(crate) async fn create_topic(
        &mut self,
        name: &str,
        partitions: i32,
    ) -> MetadataResponseTopic {
        self.create_topic_with(name, partitions, &[]).await
    }

    pub(crate) async fn create_topic_with(
        &mut self,
        name: &str,
        partitions: i32,
        configs: &[(&str, &str)],
    ) -> MetadataResponseTopic {
        self.create_replicated(name, partitions, 1, configs).await
    }

    pub(crate) async fn create_replicated(
        &mut self,
        name: &str,
        partitions: i32,
        replicas: i16,
        configs: &[(&str, &str)],
    ) -> MetadataResponseTopic {
        let mut topic = CreatableTopic::default();
        topic.name = name.into();
        topic.num_partitions = partitions;
        topic.replication_factor = replicas;
        for (name, value) in configs {
            let mut config = milena_wire::messages::create_topics::CreatableTopicConfig::default();
            config.name = (*name).into();
            config.value = Some((*value).into());
            topic.configs.push(config);
        }
        let mut request = CreateTopicsRequest::default();
        request.topics = vec![topic];
        let response = self.call(&request, 7).await;
        let result = &response.topics[0];
        assert_eq!(result.error_code, ErrorCode::NONE, "{result:?}");
        self.topic(name).await
    }

    pub(crate) async fn topic(&mut self, name: &str) -> MetadataResponseTopic {
        let mut response = self.metadata(&[name], 13).await;
        response.topics.remove(0)
    }

    pub(crate) async fn metadata(&mut self, names: &[&str], version: i16) -> MetadataResponse {
        self.call(&metadata_request(names), version).await
    }

    /// Produces to partition 0.
    pub(crate) async fn produce(
        &mut self,
        topic: &MetadataResponseTopic,
        records: Bytes,
        version: i16,
    ) -> PartitionProduceResponse {
        let request = produce_request(topic, 0, records, 1);
        let mut response = self.call(&request, version).await;
        response.responses.remove(0).partition_responses.remove(0)
    }
}

pub(crate) fn metadata_request(names: &[&str]) -> MetadataRequest {
    let mut request = MetadataRequest::default();
    let topics = names.iter().map(|name| {
        let mut topic = MetadataRequestTopic::default();
        topic.name = Some((*name).into());
        topic
    });
    request.topics = Some(topics.collect());
    request
}

pub(crate) fn produce_request(
    topic: &MetadataResponseTopic,
    partition: i32,
    records: Bytes,
    acks: i16,
) -> ProduceRequest {
    let mut data = PartitionProduceData::default();
    data.index = partition;
    data.records = Some(records);
    let mut topic_data = TopicProduceData::default();
    topic_data.name = topic.name.clone().unwrap_or_default();
    topic_data.topic_id = topic.topic_id;
    topic_data.partition_data = vec![data];
    let mut request = ProduceRequest::default();
    request.acks = acks;
    request.timeout_ms = 1000;
    request.topic_data = vec![topic_data];
    request
}

/// Fetches partition 0 from an offset on.
pub(crate) fn fetch_request(topic: &MetadataResponseTopic, offset: i64) -> FetchRequest {
    let mut partition = FetchPartition::default();
    partition.fetch_offset = offset;
    partition.partition_max_bytes = 1 << 20;
    let mut asked = FetchTopic::default();
    asked.topic = topic.name.clone().unwrap_or_default();
    asked.topic_id = topic.topic_id;
    asked.partitions = vec![partition];
    let mut request = FetchRequest::default();
    request.max_wait_ms = 0;
    request.min_bytes = 1;
    request.max_bytes = 50 << 20;
    request.topics = vec![asked];
    request
}

/// A topic that is not there.
pub(crate) fn no_topic() -> MetadataResponseTopic {
    let mut topic = MetadataResponseTopic::default();
    topic.name = Some("nowhere".into());
    topic.topic_id = Uuid::from_u128(77);
    topic
}

/// A batch of magic 2 with these values, their timestamps 1000, 1001, ...
pub(crate) fn batch(values: &[&str]) -> Bytes {
    batch_at(1000, values, Compression::None)
}

pub(crate) fn batch_at(time: i64, values: &[&str], compression: Compression) -> Bytes {
    let mut builder = BatchBuilder::new().with_compression(compression);
    for (time, value) in (time..).zip(values) {
        builder
            .append(time, Some(b"key"), Some(value.as_bytes()), [])
            .unwrap();
    }
    builder.seal(&mut Compressor::new()).unwrap()
}

/// Offsets and values of what was fetched; a batch that is cut short is left away.
pub(crate) fn values(records: &Bytes) -> Vec<(i64, String)> {
    let mut values = Vec::new();
    let mut decompressor = milena_wire::compression::Decompressor::new();
    for batch in Batches::new(records.clone()) {
        let records = batch
            .unwrap()
            .records(&mut decompressor)
            .unwrap()
            .check()
            .unwrap();
        for record in &records {
            let value = String::from_utf8(record.value.unwrap().to_vec()).unwrap();
            values.push((record.offset, value));
        }
    }
    values
}
