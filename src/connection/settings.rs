//! What can be chosen of a connection.

use std::sync::Arc;
use std::time::Duration;

use bytestring::ByteString;
use milena_wire::codec::DEFAULT_MEMORY_BUDGET;

use super::address::Address;
use super::dialer::Dialer;
use super::ended::Ended;
use super::observer::Observer;
use super::socket::SocketOptions;
use crate::metrics::Meter;
use crate::sasl::SaslAuthenticator;
#[cfg(feature = "tls")]
use crate::tls::Tls;
use crate::versions::BrokerVersions;

/// How a connection is made and behaves.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) client_id: Option<ByteString>,
    pub(crate) connect_timeout: Duration,
    /// Where to dial in place of the broker's address, which is still what TLS and SASL hold the broker to.
    pub(crate) dial_to: Option<Address>,
    pub(crate) dialer: Option<Dialer>,
    /// Of single phases of connecting, within that.
    pub(crate) resolve_timeout: Option<Duration>,
    pub(crate) tcp_connect_timeout: Option<Duration>,
    pub(crate) tls_timeout: Option<Duration>,
    pub(crate) authentication_timeout: Option<Duration>,
    pub(crate) socket: SocketOptions,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Tls>,
    pub(crate) sasl: Option<Arc<dyn SaslAuthenticator>>,
    pub(crate) allow_plaintext_credentials: bool,
    pub(crate) fallback_versions: Option<BrokerVersions>,
    pub(crate) request_timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) connections_max_idle: Duration,
    pub(crate) max_response_size: usize,
    pub(crate) memory_budget: usize,
    pub(crate) reject_trailing_bytes: bool,
    pub(crate) max_outstanding: usize,
    pub(crate) max_queued_bytes: usize,
    pub(crate) on_close: Option<Observer>,
    pub(crate) on_end: Option<Arc<dyn Ended>>,
    pub(crate) meter: Option<Meter>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            client_id: Some(ByteString::from_static("milena")),
            connect_timeout: Duration::from_secs(10),
            dial_to: None,
            dialer: None,
            resolve_timeout: None,
            tcp_connect_timeout: None,
            tls_timeout: None,
            authentication_timeout: None,
            socket: SocketOptions::default(),
            #[cfg(feature = "tls")]
            tls: None,
            sasl: None,
            allow_plaintext_credentials: false,
            fallback_versions: None,
            request_timeout: Duration::from_secs(40),
            deadline: Duration::from_secs(30),
            connections_max_idle: Duration::from_secs(9 * 60),
            max_response_size: 100 << 20,
            memory_budget: DEFAULT_MEMORY_BUDGET,
            reject_trailing_bytes: false,
            max_outstanding: 10_000,
            max_queued_bytes: 64 << 20,
            on_close: None,
            on_end: None,
            meter: None,
        }
    }
}

impl Settings {
    /// Whether nobody between this side and the broker can read along.
    pub(crate) fn is_encrypted(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.tls.is_some();
        #[cfg(not(feature = "tls"))]
        return false;
    }
}
