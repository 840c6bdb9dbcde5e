//! How a consumer is asked for.

use std::sync::Arc;
use std::time::Duration;

use super::board::Terms;
use super::handle::Consumer;
use super::router::Router;
use super::settings::ConsumerSettings;
use super::shared::Shared;
use super::start::{Assignment, OffsetReset};
use crate::cluster::Client;
use crate::error::{ConfigError, Error, ErrorKind};
use crate::isolation_level::IsolationLevel;
use crate::metrics::Levels;

/// How a consumer is made and behaves; made by [`Client::consumer`]. Nothing is checked before it is built; then every option is: the error,
/// [`ErrorKind::Config`], names the option and the values that it may have.
#[derive(Clone, Debug)]
#[must_use = "nothing happens until it is built"]
pub struct ConsumerBuilder {
    client: Client,
    settings: ConsumerSettings,
}

impl ConsumerBuilder {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            settings: ConsumerSettings::default(),
        }
    }

    /// What is read, and from where: `(topic, partition, start)`, or `(topic, start)` for all partitions that a topic has when the consumer is built.
    /// May be said several times; more can be assigned later, by [`Control::assign`](super::Control::assign). Default: nothing.
    pub fn assign<A: Into<Assignment>>(mut self, assignments: impl IntoIterator<Item = A>) -> Self {
        let assignments = assignments.into_iter().map(Into::into);
        self.settings.assignments.extend(assignments);
        self
    }

    /// Where reading goes on when the offset is not there. Default: [`OffsetReset::Latest`]. Java: `auto.offset.reset`.
    pub fn offset_reset(mut self, reset: OffsetReset) -> Self {
        self.settings.offset_reset = reset;
        self
    }

    /// Whether records of transactions that are open or were aborted are read, too. Default:
    /// [`ReadUncommitted`](IsolationLevel::ReadUncommitted). Java: `isolation.level`.
    pub fn isolation_level(mut self, level: IsolationLevel) -> Self {
        self.settings.isolation_level = level;
        self
    }

    /// How long a broker holds an answer back until there are [`min_bytes`](Self::min_bytes). Default: 500 ms. Java: `fetch.max.wait.ms`.
    pub fn max_wait(mut self, time: Duration) -> Self {
        self.settings.max_wait = time;
        self
    }

    /// With less than this a broker holds its answer back, for [`max_wait`](Self::max_wait). Default: 1. Java: `fetch.min.bytes`.
    pub fn min_bytes(mut self, bytes: usize) -> Self {
        self.settings.min_bytes = bytes;
        self
    }

    /// Bytes of one answer; a first batch that is larger comes all the same (KIP-74). Default: 50 MiB. Java: `fetch.max.bytes`.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_bytes = bytes;
        self
    }

    /// Bytes of one partition in one answer; a first batch that is larger comes all the same (KIP-74), and where the last batch would be cut off, to be sent
    /// again later, somewhat less is asked for. Default: 1 MiB, in answers of 4 MiB for all partitions of a broker; and where the broker is so far away that
    /// the caller waits for answers, up to 64 times as much, as far as [`max_bytes`](Self::max_bytes) and half of the broker's share of
    /// [`prefetch`](Self::prefetch) go. Java: `max.partition.fetch.bytes`.
    pub fn max_partition_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_partition_bytes = Some(bytes);
        self
    }

    /// Bytes that are fetched before they are asked for, of all partitions together, as they come from the brokers. Memory is taken for no more, however
    /// slow the caller, but for one batch of each broker that is larger than what is left. An answer counts until all of its batches were handed out.
    /// Default: 64 MiB. librdkafka: `queued.max.messages.kbytes`.
    pub fn prefetch(mut self, bytes: usize) -> Self {
        self.settings.prefetch = bytes;
        self
    }

    /// How long a broker may take to answer one request, beyond the wait that the request asks for. Default: 30 s. Java: `request.timeout.ms`.
    pub fn request_timeout(mut self, time: Duration) -> Self {
        self.settings.request_timeout = time;
        self
    }

    /// Where this consumer is, as brokers' `broker.rack` has it: it reads from a replica there if the brokers allow it (KIP-392). Default: that of the
    /// [client](crate::cluster::ClientBuilder::rack). Java: `client.rack`.
    pub fn rack(mut self, rack: impl Into<String>) -> Self {
        self.settings.rack = Some(rack.into());
        self
    }

    /// Whether the checksums of batches are verified. Default: yes. Java: `check.crcs`.
    pub fn check_crcs(mut self, check: bool) -> Self {
        self.settings.check_crcs = check;
        self
    }

    /// Whether batches that cannot be read are left out, with a warning in the log, instead of the error
    /// [`UnreadableRecords`](ErrorKind::UnreadableRecords). Their records are lost to the caller. Default: no.
    pub fn skip_corrupt(mut self, skip: bool) -> Self {
        self.settings.skip_corrupt = skip;
        self
    }

    /// Bytes that a batch may have when it is decompressed; one that has more cannot be read. Default: 128 MiB.
    pub fn max_batch_size(mut self, bytes: usize) -> Self {
        self.settings.max_batch_size = bytes;
        self
    }

    /// Makes the consumer. It begins to fetch at once. Where partitions begin is found out beside: this does not wait for it.
    ///
    /// # Errors
    /// An option cannot be as it is; or one of the topics is not there, does not have the partition, or nobody could be asked within the client's
    /// deadline.
    ///
    /// # Cancel safety
    /// Dropping the future undoes everything.
    pub async fn build(self) -> Result<Consumer, Error> {
        let Self {
            client,
            mut settings,
        } = self;
        check(&settings).map_err(|error| Error::new(ErrorKind::Config(error)))?;
        let rack = settings.rack.clone().or_else(|| client.rack());
        let terms = Terms {
            reset: settings.offset_reset,
            isolation: settings.isolation_level,
            max_wait: settings.max_wait,
            min_bytes: i32::try_from(settings.min_bytes).unwrap_or(i32::MAX),
            max_bytes: settings.max_bytes,
            max_partition_bytes: settings.max_partition_bytes.unwrap_or(1 << 20),
            may_grow: settings.max_partition_bytes.is_none(),
            prefetch: settings.prefetch,
            rack: rack.unwrap_or_default(),
            skip_corrupt: settings.skip_corrupt,
            replica_age: client.metadata_max_age(),
        };
        let assignments = std::mem::take(&mut settings.assignments);
        let shared = Arc::new(Shared::new(client.clone(), terms, settings));
        shared.assign(assignments).await?;
        if let Some(recorder) = client.recorder() {
            let levels: Arc<dyn Levels> = shared.clone();
            recorder.consumer().came(Arc::downgrade(&levels));
        }
        client.spawn(Router::new(Arc::clone(&shared)).run());
        Ok(Consumer::new(shared))
    }
}

fn check(settings: &ConsumerSettings) -> Result<(), ConfigError> {
    let int = i32::MAX as usize;
    for (option, bytes, least, most) in [
        ("min_bytes", settings.min_bytes, 0, int),
        ("max_bytes", settings.max_bytes, 1, int),
        (
            "max_partition_bytes",
            settings.max_partition_bytes.unwrap_or(1),
            1,
            int,
        ),
        ("prefetch", settings.prefetch, 1, usize::MAX),
        ("max_batch_size", settings.max_batch_size, 1, usize::MAX),
    ] {
        if bytes < least || bytes > most {
            let problem = match bytes < least {
                true => format!("{bytes} is less than {least}"),
                false => format!("{bytes} is more than {most}"),
            };
            return Err(ConfigError::new(option, problem));
        }
    }
    if settings.min_bytes > settings.max_bytes {
        let problem = format!(
            "{} is more than a max_bytes of {}",
            settings.min_bytes, settings.max_bytes
        );
        return Err(ConfigError::new("min_bytes", problem));
    }
    if settings.request_timeout.is_zero() {
        let problem = "0 is not possible: more than 0";
        return Err(ConfigError::new("request_timeout", problem));
    }
    if settings.max_wait.as_millis() > int as u128 {
        let problem = format!("{:?} is more than {int} ms", settings.max_wait);
        return Err(ConfigError::new("max_wait", problem));
    }
    Ok(())
}
