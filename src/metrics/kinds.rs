//! The kinds by which things are counted: the labels that are no API and no broker.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::close_reason::CloseReason;
use crate::error::Phase;

/// A set of things that is known beforehand, and so a label with a bound.
pub(crate) trait Kind: Copy + Sized + 'static {
    const ALL: &'static [Self];

    /// Where it stands in [`ALL`](Self::ALL).
    fn index(self) -> usize;
}

/// Makes an enum whose kinds have names, as they stand in labels.
macro_rules! kinds {
    ($(#[$docs:meta])* $name:ident { $($(#[$doc:meta])* $kind:ident = $label:literal,)* }) => {
        $(#[$docs])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name { $($(#[$doc])* $kind,)* }

        impl $name {
            /// The name that it has in labels.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $label,)* }
            }
        }

        impl Kind for $name {
            const ALL: &'static [Self] = &[$(Self::$kind,)*];

            fn index(self) -> usize {
                self as usize
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

kinds! {
    /// What kind of error a request ended with.
    ErrorClass {
        /// The broker answered with an error code.
        Broker = "broker",
        /// No connection, or it ended before the answer came.
        Transport = "transport",
        /// The deadline passed.
        Deadline = "deadline",
        /// Anything else: a request that cannot be written, an answer that cannot be read, no version in common.
        Other = "other",
    }
}

kinds! {
    /// Where a connection is in its life.
    ConnectionState {
        /// On its way through name, TCP, TLS, versions and SASL.
        Connecting = "connecting",
        /// Takes requests.
        Open = "open",
        /// Gets no more requests, and closes when those in flight are answered.
        Draining = "draining",
    }
}

kinds! {
    /// The kinds of [`CloseReason`].
    CloseKind {
        /// [`CloseReason::ConnectionBroken`]
        ConnectionBroken = "connection_broken",
        /// [`CloseReason::ConnectionTimeout`]
        ConnectionTimeout = "connection_timeout",
        /// [`CloseReason::OutOfSync`]
        OutOfSync = "out_of_sync",
        /// [`CloseReason::IdleDrop`]
        IdleDrop = "idle_drop",
        /// [`CloseReason::AuthFailure`]
        AuthFailure = "auth_failure",
        /// [`CloseReason::Shutdown`]
        Shutdown = "shutdown",
    }
}

kinds! {
    /// The state of a [`CircuitBreaker`](crate::cluster::breaker::CircuitBreaker): whether requests are let through to a broker.
    BreakerState {
        /// They are.
        Closed = "closed",
        /// None is: it failed too often.
        Open = "open",
        /// A few are, to see whether it answers again.
        HalfOpen = "half_open",
    }
}

kinds! {
    /// Whether a broker answers.
    Health {
        /// As far as is known.
        Up = "up",
        /// It failed several times in a row.
        Down = "down",
    }
}

impl From<&CloseReason> for CloseKind {
    fn from(reason: &CloseReason) -> Self {
        match reason {
            CloseReason::ConnectionBroken(_) => Self::ConnectionBroken,
            CloseReason::ConnectionTimeout => Self::ConnectionTimeout,
            CloseReason::OutOfSync { .. } => Self::OutOfSync,
            CloseReason::IdleDrop => Self::IdleDrop,
            CloseReason::AuthFailure(_) => Self::AuthFailure,
            CloseReason::Shutdown => Self::Shutdown,
        }
    }
}

impl Kind for Phase {
    const ALL: &'static [Self] = &Self::ALL;

    fn index(self) -> usize {
        self as usize
    }
}

/// The name of a phase in labels.
pub(crate) fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Resolve => "resolve",
        Phase::Tcp => "tcp",
        Phase::Tls => "tls",
        Phase::ApiVersions => "api_versions",
        Phase::SaslHandshake => "sasl_handshake",
        Phase::SaslAuthenticate => "sasl_authenticate",
    }
}

/// The most kinds that a set has.
const MOST: usize = 6;

/// A count for each kind of a set.
#[derive(Debug, Default)]
pub(crate) struct Counts([AtomicU64; MOST]);

impl Counts {
    pub(crate) fn of<K: Kind>(&self, kind: K) -> Option<&AtomicU64> {
        self.0.get(kind.index())
    }

    pub(crate) fn add<K: Kind>(&self, kind: K) {
        if let Some(count) = self.of(kind) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn subtract<K: Kind>(&self, kind: K) {
        if let Some(count) = self.of(kind) {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn read<K: Kind>(&self) -> Vec<(K, u64)> {
        let counts = K::ALL.iter().zip(&self.0);
        counts
            .map(|(&kind, count)| (kind, count.load(Ordering::Relaxed)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are_in_order<K: Kind>() {
        assert!(K::ALL.len() <= MOST);
        for (index, kind) in K::ALL.iter().enumerate() {
            assert_eq!(kind.index(), index);
        }
    }

    #[test]
    fn every_kind_has_a_place_of_its_own() {
        are_in_order::<ErrorClass>();
        are_in_order::<ConnectionState>();
        are_in_order::<CloseKind>();
        are_in_order::<BreakerState>();
        are_in_order::<Health>();
        are_in_order::<Phase>();
        let counts = Counts::default();
        counts.add(CloseKind::Shutdown);
        counts.add(CloseKind::Shutdown);
        counts.add(CloseKind::IdleDrop);
        counts.subtract(CloseKind::IdleDrop);
        let read = counts.read::<CloseKind>();
        assert_eq!(read.len(), 6);
        for (kind, count) in read {
            assert_eq!(count, if kind == CloseKind::Shutdown { 2 } else { 0 });
        }
    }
}
