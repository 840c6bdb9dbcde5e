//! How connecting went.

use std::net::SocketAddr;
use std::time::Duration;

use crate::error::Phase;
#[cfg(feature = "tls")]
use crate::tls::TlsSession;

/// How many phases there are.
const PHASES: usize = 6;

/// How a connection came about: how long each phase took, and what was agreed on.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ConnectReport {
    phases: [Option<Duration>; PHASES],
    pub(crate) local_address: Option<SocketAddr>,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<TlsSession>,
    pub(crate) mechanism: Option<String>,
    pub(crate) session_lifetime: Option<Duration>,
    pub(crate) round_trip: Option<Duration>,
}

impl ConnectReport {
    /// The phases that there were, in their order, and how long each took. If a broker had to be asked on a second connection, it is
    /// that one's.
    pub fn phases(&self) -> impl Iterator<Item = (Phase, Duration)> {
        let times = Phase::ALL.into_iter().zip(self.phases);
        times.filter_map(|(phase, time)| Some((phase, time?)))
    }

    /// What TLS agreed on; `None` for a connection without TLS.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(&self) -> Option<&TlsSession> {
        self.tls.as_ref()
    }

    /// The SASL mechanism; `None` for a connection without authentication.
    #[must_use]
    pub fn mechanism(&self) -> Option<&str> {
        self.mechanism.as_deref()
    }

    /// How long the broker lets the first authentication last; before it is over, the connection authenticates anew (KIP-368). `None` if it
    /// has no end.
    #[must_use]
    pub fn session_lifetime(&self) -> Option<Duration> {
        self.session_lifetime
    }

    /// How long the broker took to say which versions it speaks: a question that costs it no work, so that this is the round trip of the
    /// network. `None` for a broker that was not asked or did not say.
    #[must_use]
    pub fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// Where the connection is at this side. `None` if it is no TCP socket that is seen as one: a [`dialer`](crate::connection::ConnectionBuilder::dialer) may
    /// give whatever it likes.
    #[must_use]
    pub fn local_address(&self) -> Option<SocketAddr> {
        self.local_address
    }

    pub(crate) fn took(&mut self, phase: Phase, time: Duration) {
        for (other, place) in Phase::ALL.into_iter().zip(&mut self.phases) {
            if other == phase {
                *place = Some(time);
            }
        }
    }
}
