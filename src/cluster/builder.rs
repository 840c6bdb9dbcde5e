//! How a client is asked for.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use bytestring::ByteString;
use tokio::io::{AsyncRead, AsyncWrite};

use super::breaker::BreakerSettings;
use super::purpose::Purpose;
use super::rewriter::Rewriter;
use super::selection::BrokerSelection;
use super::settings::ClientSettings;
use crate::connection::ConnectionBuilder;
use crate::sasl::SaslAuthenticator;
#[cfg(feature = "tls")]
use crate::tls::Tls;

/// How a client is made and behaves. Nothing is checked before it is built; then every option is, and those that contradict each other: the
/// error, [`ErrorKind::Config`](crate::error::ErrorKind::Config), names the option and the values that it may have.
///
/// What a client and a connection both have, such as [`tls`](Self::tls), stands here under the same name; the rest of what a connection has is
/// reached by [`connection`](Self::connection).
#[derive(Clone, Debug, Default)]
#[must_use = "nothing happens until it is built"]
pub struct ClientBuilder {
    pub(crate) settings: ClientSettings,
    pub(crate) bootstrap: Option<Vec<String>>,
    pub(crate) controllers: Option<Vec<String>>,
}

impl ClientBuilder {
    /// Where the cluster is found: `host:port` of one broker or several, of which one that answers is enough; the others are learned from it.
    /// No default: this or [`bootstrap_controllers`](Self::bootstrap_controllers) is needed. Java: `bootstrap.servers`.
    pub fn bootstrap<A: Into<String>>(mut self, addresses: impl IntoIterator<Item = A>) -> Self {
        self.bootstrap = Some(addresses.into_iter().map(Into::into).collect());
        self
    }

    /// Speaks with the controllers of a KRaft quorum in place of its brokers, and serves the few admin operations that they do (KIP-919): for when
    /// the brokers cannot be reached. `host:port` of one controller or several. Not together with [`bootstrap`](Self::bootstrap). Default: none.
    /// Java: `bootstrap.controllers`.
    pub fn bootstrap_controllers<A: Into<String>>(
        mut self,
        addresses: impl IntoIterator<Item = A>,
    ) -> Self {
        self.controllers = Some(addresses.into_iter().map(Into::into).collect());
        self
    }

    /// Whether starting goes on, backed off by [`connect_backoff`](Self::connect_backoff), when none of the bootstrap addresses can be connected
    /// to, for as long as the caller waits. What waiting does not mend, such as a wrong password, ends it all the same. Default: false, and
    /// starting fails as soon as each was tried once.
    pub fn wait_for_cluster(mut self, wait: bool) -> Self {
        self.settings.wait_for_cluster = wait;
        self
    }

    /// Connects to other addresses than those that brokers are known by: the function gets host (without brackets) and port as the bootstrap
    /// list or the metadata have them, and gives those to dial. For port-forwards and proxies. TLS and Kerberos still hold a broker to the name
    /// that it is known by; [`Tls::server_name`](crate::tls) gives TLS another. It is called often and must not block. Default: none. Java: none.
    pub fn rewrite_addresses(
        mut self,
        rewrite: impl Fn(&str, u16) -> (String, u16) + Send + Sync + 'static,
    ) -> Self {
        self.settings.rewriter = Some(Rewriter::new(rewrite));
        self
    }

    /// How old metadata may grow before it is asked for again, without any sign that it is wrong. More than 0. Default: 5 min. Java:
    /// `metadata.max.age.ms`.
    pub fn metadata_max_age(mut self, time: Duration) -> Self {
        self.settings.metadata_max_age = time;
        self
    }

    /// How long a topic that nobody uses is kept among those that metadata is asked for. More than 0. Default: 5 min. Java:
    /// `metadata.max.idle.ms`.
    pub fn metadata_max_idle(mut self, time: Duration) -> Self {
        self.settings.metadata_max_idle = time;
        self
    }

    /// For how long no metadata may be had from the brokers that are known before the client begins anew with the bootstrap addresses (KIP-899,
    /// KIP-1102); it also does so at once when all of them are down, or a broker says so. `None`: never, whatever happens. More than 0.
    /// Default: 5 min. Java: `metadata.recovery.rebootstrap.trigger.ms`; `None` is `metadata.recovery.strategy=none`.
    pub fn rebootstrap_after(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.settings.rebootstrap_after = time.into();
        self
    }

    /// Whether asking for the metadata of a topic that is not there makes the broker create it, if that allows it. Default: false. Java:
    /// `allow.auto.create.topics`, which is true for consumers.
    pub fn allow_auto_topic_creation(mut self, allow: bool) -> Self {
        self.settings.allow_auto_topic_creation = allow;
        self
    }

    /// How long to wait before the first retry of a request; each further wait is twice as long, up to
    /// [`retry_backoff_max`](Self::retry_backoff_max), and 20 % more or less by chance (KIP-580). More than 0. Default: 100 ms. Java:
    /// `retry.backoff.ms`.
    pub fn retry_backoff(mut self, time: Duration) -> Self {
        self.settings.retry_backoff = time;
        self
    }

    /// The longest wait before a retry. At least [`retry_backoff`](Self::retry_backoff). Default: 1 s. Java:
    /// `retry.backoff.max.ms`.
    pub fn retry_backoff_max(mut self, time: Duration) -> Self {
        self.settings.retry_backoff_max = time;
        self
    }

    /// How many retries a request may cause on the average, over all of the client, from 0 to 1: when many requests fail, their retries wait until
    /// there is room, and the cluster is spared. Nothing fails by it but by its deadline. Produce, Fetch, coordination and metadata are exempt.
    /// Default: 0.1, one retry for ten requests. Java: none.
    pub fn retry_budget(mut self, ratio: f64) -> Self {
        self.settings.retry_budget = ratio;
        self
    }

    /// How many retries a second are allowed whatever [`retry_budget`](Self::retry_budget) says, so that a client with little to do need not
    /// wait. 1 or more. Default: 10. Java: none.
    pub fn retry_budget_floor(mut self, retries_per_second: u32) -> Self {
        self.settings.retry_budget_floor = retries_per_second;
        self
    }

    /// How many connections to each broker there may be for a purpose; each is made when it is needed first. Default: 1 for each purpose. Java: 1
    /// for everything.
    pub fn connections_per_purpose(mut self, purpose: Purpose, connections: NonZeroUsize) -> Self {
        if let Some(place) = self
            .settings
            .connections_per_purpose
            .get_mut(purpose.index())
        {
            *place = connections;
        }
        self
    }

    /// How many connections the whole client may have, to all brokers together. When it has so many, that which was idle for longest makes room
    /// for another; if none is idle, the call waits in line within its deadline
    /// ([`PoolExhausted`](crate::error::ErrorKind::PoolExhausted)). At least as many as one broker's
    /// [`connections_per_purpose`](Self::connections_per_purpose) together. Default: no limit. Java: none.
    pub fn max_connections(mut self, connections: impl Into<Option<NonZeroUsize>>) -> Self {
        self.settings.max_connections = connections.into();
        self
    }

    /// How long to wait before a broker that could not be connected to is tried again; each further wait is twice as long, up to
    /// [`connect_backoff_max`](Self::connect_backoff_max), and 20 % more or less by chance. A refused login is not tried again before that, either.
    /// More than 0. Default: 50 ms. Java: `reconnect.backoff.ms`.
    pub fn connect_backoff(mut self, time: Duration) -> Self {
        self.settings.connect_backoff = time;
        self
    }

    /// The longest wait before a broker is tried again. At least
    /// [`connect_backoff`](Self::connect_backoff). Default: 1 s. Java: `reconnect.backoff.max.ms`.
    pub fn connect_backoff_max(mut self, time: Duration) -> Self {
        self.settings.connect_backoff_max = time;
        self
    }

    /// How many connections are opened side by side when connections are opened ahead of use. Default: 8. Java: none.
    pub fn warm_up_parallelism(mut self, connections: NonZeroUsize) -> Self {
        self.settings.warm_up_parallelism = connections;
        self
    }

    /// How often a broker that nothing is sent to is asked whether it is there. More than 0. Default: `None`, never; what becomes of requests tells
    /// enough. One that is down is asked whether it is back in any case, as often as an open circuit is tried
    /// ([`reset_timeout`](BreakerSettings::reset_timeout)). Java: none.
    pub fn health_check_interval(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.settings.health_check_interval = time.into();
        self
    }

    /// How long requests that are under way when the client is closed, or their broker has moved, have to be answered. 0 waits for none. Default:
    /// 5 s. Java: the time that is given to `close`.
    pub fn drain_timeout(mut self, time: Duration) -> Self {
        self.settings.drain_timeout = time;
        self
    }

    /// When the [circuit breaker](super::breaker) of a broker opens and closes, and what becomes of requests meanwhile. Default:
    /// [`BreakerSettings::default`]. Java: none.
    pub fn circuit_breaker(mut self, settings: BreakerSettings) -> Self {
        self.settings.breaker = settings;
        self
    }

    /// Which broker is asked where any may answer: one of the policies of [`selection`](super::selection), or one of the program's own. Default:
    /// [`LeastLoaded`](super::selection::LeastLoaded), the one with the fewest requests in flight, of those the fastest. Java: the one with the fewest
    /// requests in flight.
    pub fn selection(mut self, policy: impl BrokerSelection + 'static) -> Self {
        self.settings.selection = Arc::new(policy);
        self
    }

    /// Where this client is, as brokers' `broker.rack` has it: brokers of the same rack are preferred where there is a choice. Not empty. Default:
    /// none. Java: `client.rack`.
    pub fn rack(mut self, rack: impl Into<String>) -> Self {
        self.settings.rack = Some(rack.into());
        self
    }

    /// This machine's address, for policies that go by it, as [`SourceHash`](super::selection::SourceHash) does. Default: that of this side of the
    /// client's first TCP connection, so that all clients of a machine have the same; to be given where that says nothing, as behind a tunnel or in
    /// a container, or where a [`dialer`](Self::dialer) opens streams that are no TCP sockets. Java: none.
    pub fn local_address(mut self, address: impl Into<IpAddr>) -> Self {
        self.settings.local_address = Some(address.into());
        self
    }

    /// How long a call may take that does not say so itself, all retries included, on top of the wait that its request asks for. More than 0.
    /// Default: 30 s. Java: `default.api.timeout.ms`.
    pub fn deadline(self, time: Duration) -> Self {
        self.connection(|connection| connection.deadline(time))
    }

    /// Whether the client counts what it does. Default: true. Java: always.
    pub fn metrics(mut self, count: bool) -> Self {
        self.settings.metrics = count;
        self
    }

    /// Changes how connections are made and behave.
    ///
    /// ```
    /// # use milena::cluster::ClientBuilder;
    /// let builder = ClientBuilder::default()
    ///     .connection(|connection| connection.max_response_size(1 << 20));
    /// ```
    pub fn connection(
        mut self,
        change: impl FnOnce(ConnectionBuilder) -> ConnectionBuilder,
    ) -> Self {
        self.settings.connection = change(self.settings.connection);
        self
    }

    /// The name by which brokers' logs, metrics and quotas know this client: see [`ConnectionBuilder::client_id`].
    pub fn client_id(self, id: impl Into<ByteString>) -> Self {
        self.connection(|connection| connection.client_id(id))
    }

    /// Encrypts connections: see [`ConnectionBuilder::tls`].
    #[cfg(feature = "tls")]
    pub fn tls(self, tls: Tls) -> Self {
        self.connection(|connection| connection.tls(tls))
    }

    /// Authenticates by this mechanism: see [`ConnectionBuilder::sasl`].
    pub fn sasl(self, authenticator: impl SaslAuthenticator + 'static) -> Self {
        self.connection(|connection| connection.sasl(authenticator))
    }

    /// As [`sasl`](Self::sasl), with an authenticator that others have, too.
    pub fn shared_sasl(self, authenticator: Arc<dyn SaslAuthenticator>) -> Self {
        self.connection(|connection| connection.shared_sasl(authenticator))
    }

    /// Lets a mechanism that shows the credentials run without TLS: see [`ConnectionBuilder::allow_plaintext_credentials`].
    pub fn allow_plaintext_credentials(self, allow: bool) -> Self {
        self.connection(|connection| connection.allow_plaintext_credentials(allow))
    }

    /// Opens streams to brokers in place of DNS and TCP: see [`ConnectionBuilder::dialer`].
    pub fn dialer<D, F, S>(self, dial: D) -> Self
    where
        D: Fn(String) -> F + Send + Sync + 'static,
        F: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.connection(|connection| connection.dialer(dial))
    }

    /// How long connecting to a broker may take, all phases together: see [`ConnectionBuilder::connect_timeout`].
    pub fn connect_timeout(self, time: Duration) -> Self {
        self.connection(|connection| connection.connect_timeout(time))
    }

    /// How long a broker may leave a request unanswered before the connection is given up: see [`ConnectionBuilder::request_timeout`].
    pub fn request_timeout(self, time: Duration) -> Self {
        self.connection(|connection| connection.request_timeout(time))
    }

    /// How long a connection may rest before it closes itself: see [`ConnectionBuilder::connections_max_idle`].
    pub fn connections_max_idle(self, time: Duration) -> Self {
        self.connection(|connection| connection.connections_max_idle(time))
    }
}
