//! How a producer is asked for.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use milena_wire::compression::Compression;

use super::buffers::Buffers;
use super::clock::Clock;
use super::handle::Producer;
use super::memory::Memory;
use super::partitioner::{Chosen, Partitioner};
use super::queue::Terms;
use super::router::Router;
use super::settings::{Acks, ProducerSettings};
use super::shared::Shared;
use crate::cluster::Client;
use crate::error::{ConfigError, Error, ErrorKind};

/// Records have the time of the first one in their batch if it waits no longer than this.
const SHARED_TIME: Duration = Duration::from_millis(10);
/// Memory of batches that are done is kept up to this.
const KEPT: usize = 16 << 20;

/// How a producer is made and behaves; made by [`Client::producer`]. Nothing is checked before it is built; then every option is, and those that
/// contradict each other: the error, [`ErrorKind::Config`], names the option and the values that it may have.
#[derive(Clone, Debug)]
#[must_use = "nothing happens until it is built"]
pub struct ProducerBuilder {
    client: Client,
    settings: ProducerSettings,
}

impl ProducerBuilder {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            settings: ProducerSettings::default(),
        }
    }

    /// How many replicas must have a record before it counts as written. Default: [`Acks::All`]. Java: `acks`.
    pub fn acks(mut self, acks: Acks) -> Self {
        self.settings.acks = acks;
        self
    }

    /// Whether brokers know a batch that comes twice, and the order of batches, so that retries double and reorder nothing (KIP-98). Needs
    /// [`Acks::All`] and Kafka 0.11. Default: yes with [`Acks::All`] if the cluster knows of it, else no. Java: `enable.idempotence`.
    pub fn idempotence(mut self, idempotence: bool) -> Self {
        self.settings.idempotence = Some(idempotence);
        self
    }

    /// How long a batch waits for more records before it is sent; one that is full does not wait, and none does while
    /// [`buffer_memory`](Self::buffer_memory) is short. 0 is not at all: a batch is what comes while others are under way. Default: 5 ms. Java: `linger.ms`.
    pub fn linger(mut self, time: Duration) -> Self {
        self.settings.linger = time;
        self
    }

    /// Bytes of a batch, compressed: one that is as large is sent. A record that is larger has a batch of its own. 1 KiB or more. Default: 1 MiB,
    /// which is what brokers take (`message.max.bytes`); a batch that is too large for the broker is sent in halves. Java: `batch.size` (16 KiB).
    pub fn batch_size(mut self, bytes: usize) -> Self {
        self.settings.batch_size = bytes;
        self
    }

    /// Bytes of all batches that are not written yet; who sends more waits. [`batch_size`](Self::batch_size) or more. Default: 64 MiB. Java: `buffer.memory`.
    pub fn buffer_memory(mut self, bytes: usize) -> Self {
        self.settings.buffer_memory = bytes;
        self
    }

    /// Bytes of a record, before compression; larger ones are refused. Default: 1 MiB. Java: `max.request.size`.
    pub fn max_record_size(mut self, bytes: usize) -> Self {
        self.settings.max_record_size = bytes;
        self
    }

    /// How many batches of a partition, and how many requests to a broker, are under way at most. 1 to 5 with idempotence, as brokers remember so
    /// many. Default: 5. Java: `max.in.flight.requests.per.connection`.
    pub fn max_in_flight(mut self, count: usize) -> Self {
        self.settings.max_in_flight = count;
        self
    }

    /// How long the delivery of a record may take from its sending on, retries included. More than [`linger`](Self::linger). Default: 2 min.
    /// Java: `delivery.timeout.ms`.
    pub fn delivery_timeout(mut self, time: Duration) -> Self {
        self.settings.delivery_timeout = time;
        self
    }

    /// How long a broker may take to answer one request. Default: 30 s. Java: `request.timeout.ms`.
    pub fn request_timeout(mut self, time: Duration) -> Self {
        self.settings.request_timeout = time;
        self
    }

    /// How long [`Producer::send`] waits for room in the buffer, and for a topic that is not known. Default: 60 s. Java: `max.block.ms`.
    pub fn max_block(mut self, time: Duration) -> Self {
        self.settings.max_block = time;
        self
    }

    /// How batches are compressed. Default: not at all. Java: `compression.type`, and its levels (KIP-390).
    pub fn compression(mut self, compression: Compression) -> Self {
        self.settings.compression = compression;
        self
    }

    /// Chooses the partitions of records that do not name one. Default: [`ByKey`](super::ByKey). Java: `partitioner.class`.
    pub fn partitioner(mut self, partitioner: impl Partitioner + 'static) -> Self {
        self.settings.partitioner = Chosen::Other(Arc::new(partitioner));
        self
    }

    /// Makes the producer. It asks for its id at once.
    ///
    /// # Errors
    /// An option cannot be as it is.
    pub fn build(self) -> Result<Producer, Error> {
        let Self { client, settings } = self;
        let is_idempotent =
            check(&settings).map_err(|error| Error::new(ErrorKind::Config(error)))?;
        let recorder = client.recorder().cloned();
        let terms = Terms {
            batch_size: settings.batch_size,
            max_record_size: settings.max_record_size,
            linger: settings.linger,
            delivery_timeout: settings.delivery_timeout,
            max_in_flight: settings.max_in_flight,
            compression: settings.compression,
            is_idempotent: AtomicBool::new(is_idempotent),
            shares_time: settings.linger <= SHARED_TIME,
            clock: Clock::default(),
            memory: Arc::new(Memory::new(settings.buffer_memory, recorder.clone())),
            recorder,
            buffers: Buffers::new(KEPT),
        };
        let shared = Arc::new(Shared::new(client.clone(), terms, settings));
        client.spawn(Router::new(Arc::clone(&shared)).run());
        Ok(Producer::new(shared))
    }
}

/// Whether the producer is idempotent.
fn check(settings: &ProducerSettings) -> Result<bool, ConfigError> {
    let problem = |option: &str, problem: String| Err(ConfigError::new(option, problem));
    if settings.batch_size < 1024 {
        return problem(
            "batch_size",
            format!("{} is less than 1,024 bytes", settings.batch_size),
        );
    }
    if settings.buffer_memory < settings.batch_size {
        return problem(
            "buffer_memory",
            format!(
                "{} is less than a batch_size of {}",
                settings.buffer_memory, settings.batch_size
            ),
        );
    }
    if settings.max_in_flight == 0 {
        return problem("max_in_flight", "0 is not possible: 1 or more".to_owned());
    }
    if settings.delivery_timeout <= settings.linger {
        return problem(
            "delivery_timeout",
            format!(
                "{:?} is not more than a linger of {:?}",
                settings.delivery_timeout, settings.linger
            ),
        );
    }
    for (option, time) in [
        ("request_timeout", settings.request_timeout),
        ("max_block", settings.max_block),
    ] {
        if time.is_zero() {
            return problem(option, "0 is not possible: more than 0".to_owned());
        }
    }
    let is_idempotent = settings.idempotence.unwrap_or(settings.acks == Acks::All);
    if is_idempotent && settings.acks != Acks::All {
        return problem("idempotence", "needs acks to be Acks::All".to_owned());
    }
    if is_idempotent && settings.max_in_flight > 5 {
        return problem(
            "max_in_flight",
            format!(
                "{} is more than 5, which is all that brokers remember with idempotence",
                settings.max_in_flight
            ),
        );
    }
    Ok(is_idempotent)
}
