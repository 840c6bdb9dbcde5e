//! How a connection is asked for.

use std::future::Future;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use bytestring::ByteString;
use tokio::io::{AsyncRead, AsyncWrite};

use super::address::Address;
use super::dialer::Dialer;
use super::ended::Ended;
use super::observer::Observer;
use super::settings::Settings;
use crate::close_reason::CloseReason;
use crate::metrics::Meter;
use crate::sasl::SaslAuthenticator;
#[cfg(feature = "tls")]
use crate::tls::Tls;
use crate::versions::BrokerVersions;

/// How a connection is made and behaves; begun by [`Connection::builder`](super::Connection::builder).
#[derive(Clone, Debug, Default)]
#[must_use = "nothing happens until `connect`"]
pub struct ConnectionBuilder {
    pub(crate) settings: Arc<Settings>,
}

impl ConnectionBuilder {
    fn settings(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.settings)
    }

    /// The name by which the broker's logs, metrics and quotas know this client. Default: `milena`. Java: `client.id`.
    pub fn client_id(mut self, id: impl Into<ByteString>) -> Self {
        self.settings().client_id = Some(id.into());
        self
    }

    /// How long connecting may take: resolving, TCP, TLS, the exchange of versions and SASL together, whatever a provider of tokens takes
    /// included. What the phases may take one by one can be bounded further. More than 0. Default: 10 s. Java:
    /// `socket.connection.setup.timeout.ms`, which is for TCP alone.
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.settings().connect_timeout = time;
        self
    }

    /// How long finding the addresses of a host name may take, within [`connect_timeout`](Self::connect_timeout). More than 0; not together
    /// with a [`dialer`](Self::dialer). Default: `None`, as long as all of connecting. Java: none.
    pub fn resolve_timeout(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.settings().resolve_timeout = time.into();
        self
    }

    /// How long opening the TCP connection may take, over all addresses of the host, or the [`dialer`](Self::dialer); within
    /// [`connect_timeout`](Self::connect_timeout). More than 0. Default: `None`, as long as all of connecting. Java:
    /// `socket.connection.setup.timeout.ms`.
    pub fn tcp_connect_timeout(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.settings().tcp_connect_timeout = time.into();
        self
    }

    /// How long the TLS handshake may take, within [`connect_timeout`](Self::connect_timeout). More than 0. Default: `None`, as long as all of
    /// connecting. Java: none.
    pub fn tls_timeout(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.settings().tls_timeout = time.into();
        self
    }

    /// How long authenticating may take, from agreeing on the mechanism to the broker's last word and whatever a provider of tokens takes
    /// included; within [`connect_timeout`](Self::connect_timeout). It holds for authenticating anew, too, which has
    /// [`request_timeout`](Self::request_timeout) without it. More than 0. Default: `None`, as long as all of connecting. Java: none.
    pub fn authentication_timeout(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.settings().authentication_timeout = time.into();
        self
    }

    /// The bytes that the system holds of what is sent (`SO_SNDBUF`); it may take less than it is asked for, and Linux doubles what it takes. 1 to
    /// 2,147,483,647; not together with a [`dialer`](Self::dialer). Default: `None`, the system's own, which it adjusts as it goes. Java:
    /// `send.buffer.bytes`, which is 128 KiB.
    pub fn send_buffer(mut self, bytes: impl Into<Option<u32>>) -> Self {
        self.settings().socket.send_buffer = bytes.into();
        self
    }

    /// The bytes that the system holds of what has come (`SO_RCVBUF`), with all that is said of [`send_buffer`](Self::send_buffer). Default:
    /// `None`, the system's own. Java: `receive.buffer.bytes`, which is 32 or 64 KiB.
    pub fn receive_buffer(mut self, bytes: impl Into<Option<u32>>) -> Self {
        self.settings().socket.receive_buffer = bytes.into();
        self
    }

    /// Encrypts the connection. Default: plain text. Java: `security.protocol` and `ssl.*`.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.settings().tls = Some(tls);
        self
    }

    /// Authenticates by this mechanism, and by no other. If the broker lets that last for a limited time, the connection authenticates
    /// anew before it is over, and requests wait meanwhile (KIP-368). Default: none. Java: `sasl.mechanism` and `sasl.jaas.config`.
    pub fn sasl(self, authenticator: impl SaslAuthenticator + 'static) -> Self {
        self.shared_sasl(Arc::new(authenticator))
    }

    /// As [`sasl`](Self::sasl), with an authenticator that others have, too.
    pub fn shared_sasl(mut self, authenticator: Arc<dyn SaslAuthenticator>) -> Self {
        self.settings().sasl = Some(authenticator);
        self
    }

    /// Lets a mechanism that shows the credentials to whoever listens, such as PLAIN, run without TLS. Default: false, and connecting
    /// fails before a byte is sent.
    pub fn allow_plaintext_credentials(mut self, allow: bool) -> Self {
        self.settings().allow_plaintext_credentials = allow;
        self
    }

    /// Opens streams to brokers in place of DNS and TCP: through a proxy, a tunnel, or within the process. It is given `host:port` as
    /// [`connect`](Self::connect) was; TLS, if asked for, runs over what it gives.
    ///
    /// ```
    /// # use milena::Connection;
    /// let builder = Connection::builder()
    ///     .dialer(|address: String| async move { tokio::net::TcpStream::connect(address).await });
    /// ```
    pub fn dialer<D, F, S>(mut self, dial: D) -> Self
    where
        D: Fn(String) -> F + Send + Sync + 'static,
        F: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.settings().dialer = Some(Dialer::new(dial));
        self
    }

    /// How long a TCP connection is silent before the system asks whether the peer is still there; `None` leaves it as the system has
    /// it. Three questions, 10 s apart, may stay unanswered. 1 to 32,767 s, of which systems take whole seconds; without effect on what a
    /// [`dialer`](Self::dialer) opens. Default: 30 s. Java: none, its sockets ask after what the system says, commonly two hours.
    pub fn tcp_keepalive(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.settings().socket.keepalive = time.into();
        self
    }

    /// What a broker is taken to speak that does not say it when it is asked, as those before 0.10: it closes the connection, or is silent for
    /// a quarter of [`connect_timeout`](Self::connect_timeout). See [`BrokerVersions::kafka_0_9`]. Default: none, and connecting to such a
    /// broker fails.
    pub fn fallback_versions(mut self, versions: BrokerVersions) -> Self {
        self.settings().fallback_versions = Some(versions);
        self
    }

    /// How long the connection may be without a byte either way and without a request under way before it closes itself
    /// ([`CloseReason::IdleDrop`]); authenticating anew does not count. At least 10 ms. Default: 9 min, as brokers close theirs after 10; `Duration::MAX` is no limit. Java:
    /// `connections.max.idle.ms`.
    pub fn connections_max_idle(mut self, time: Duration) -> Self {
        self.settings().connections_max_idle = time;
        self
    }

    /// Calls `observer`, with the broker's address and the reason, when a connection that was established has ended; once for each. It is
    /// called on the runtime's threads for blocking work, so it may take its time and holds nobody up; should it panic, that changes nothing.
    /// Default: none.
    pub fn on_close(
        mut self,
        observer: impl Fn(&str, &CloseReason) + Send + Sync + 'static,
    ) -> Self {
        self.settings().on_close = Some(Observer::new(observer));
        self
    }

    /// Dials `address` instead of the one that is given to [`connect`](Self::connect); TLS and SASL still hold the broker to that one.
    pub(crate) fn dial_to(mut self, address: Address) -> Self {
        self.settings().dial_to = Some(address);
        self
    }

    /// Tells `ended` at once when the connection has ended: see [`Ended`].
    pub(crate) fn on_end(mut self, ended: Arc<dyn Ended>) -> Self {
        self.settings().on_end = Some(ended);
        self
    }

    /// Counts what the connection does with `meter`. Default: nothing is counted, and costs nothing.
    pub(crate) fn metered(mut self, meter: Meter) -> Self {
        self.settings().meter = Some(meter);
        self
    }

    /// How long the oldest request may stay unanswered before the connection is given up, on top of the wait that the request
    /// itself asks for. Default: 40 s. Java: `request.timeout.ms`.
    pub fn request_timeout(mut self, time: Duration) -> Self {
        self.settings().request_timeout = time;
        self
    }

    /// How long a call may take that does not say so itself, on top of the wait that its request asks for: queueing, writing and
    /// the answer together. Default: 30 s.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.settings().deadline = time;
        self
    }

    /// The longest answer that is accepted, in bytes. Default: 100 MiB.
    pub fn max_response_size(mut self, bytes: usize) -> Self {
        self.settings().max_response_size = bytes;
        self
    }

    /// The most memory in bytes that the lists of one decoded answer may take, beside the answer itself. Default: 128 MiB.
    pub fn decode_memory_budget(mut self, bytes: usize) -> Self {
        self.settings().memory_budget = bytes;
        self
    }

    /// Whether an answer with bytes left over behind it is an error (`InvalidResponse`, of the kind `TrailingBytes`) and not only noted as a
    /// `trace` event. They show that the broker's idea of the message differs from this crate's, so tests want to know; a program is better
    /// off with what could be read. Default: false.
    pub fn reject_trailing_bytes(mut self, reject: bool) -> Self {
        self.settings().reject_trailing_bytes = reject;
        self
    }

    /// How many requests may be queued and in flight together; further ones wait. Default: 10,000.
    pub fn max_in_flight(mut self, requests: NonZeroUsize) -> Self {
        self.settings().max_outstanding = requests.get();
        self
    }

    /// How many bytes may wait to be written; further requests wait. A single larger request is let through. Default: 64 MiB.
    pub fn max_queued_bytes(mut self, bytes: usize) -> Self {
        self.settings().max_queued_bytes = bytes;
        self
    }
}
