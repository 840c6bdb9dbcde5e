//! What a client tells its program of, unasked.

use std::fmt;

use bytestring::ByteString;
use milena_wire::uuid::Uuid;
use tokio::sync::broadcast;

use super::breaker::BreakerState;

/// Something that happened to the cluster, as a client has noticed it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientEvent {
    /// Three attempts in a row to have an answer of a broker, or to connect to it, have failed.
    BrokerDown {
        /// The broker's id.
        broker: i32,
    },
    /// A broker that was down has answered, or is at another address now, of which nothing bad is known.
    BrokerUp {
        /// The broker's id.
        broker: i32,
    },
    /// A circuit breaker opened, closed, or lets some requests by to see. It closes, too, when its broker is at another address.
    CircuitChanged {
        /// The broker's id.
        broker: i32,
        /// How it was.
        from: BreakerState,
        /// How it is.
        to: BreakerState,
    },
    /// The cluster says that it is another one than before: the addresses lead elsewhere now.
    ClusterChanged {
        /// The id that it had.
        from: String,
        /// The id that it has.
        to: String,
    },
    /// A topic was deleted and made anew: what was known of its offsets is worth nothing.
    TopicRecreated {
        /// Its name.
        topic: ByteString,
        /// The id that it had.
        from: Uuid,
        /// The id that it has.
        to: Uuid,
    },
}

impl ClientEvent {
    /// Whether it is as it should be, or on the way there.
    pub(crate) fn is_good(&self) -> bool {
        match self {
            Self::BrokerUp { .. } => true,
            Self::CircuitChanged { to, .. } => *to != BreakerState::Open,
            Self::BrokerDown { .. } | Self::ClusterChanged { .. } | Self::TopicRecreated { .. } => {
                false
            }
        }
    }
}

impl fmt::Display for ClientEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BrokerDown { broker } => write!(f, "broker {broker} is down"),
            Self::BrokerUp { broker } => write!(f, "broker {broker} is up"),
            Self::CircuitChanged { broker, from, to } => {
                write!(f, "circuit of broker {broker}: {from} -> {to}")
            }
            Self::ClusterChanged { from, to } => write!(f, "the cluster was {from} and is {to}"),
            Self::TopicRecreated { topic, from, to } => {
                write!(f, "topic {topic} was made anew: {from} -> {to}")
            }
        }
    }
}

/// The events of a client from when it was asked for them on.
#[derive(Debug)]
pub struct Events {
    receiver: broadcast::Receiver<ClientEvent>,
}

impl Events {
    pub(super) fn new(receiver: broadcast::Receiver<ClientEvent>) -> Self {
        Self { receiver }
    }

    /// The next event; `None` when the client has ended. Who is more than 256 events behind misses the oldest.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<ClientEvent> {
        loop {
            match self.receiver.recv().await {
                Ok(event) => return Some(event),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    /// The next event, if there is one already.
    pub fn try_next(&mut self) -> Option<ClientEvent> {
        loop {
            match self.receiver.try_recv() {
                Ok(event) => return Some(event),
                Err(broadcast::error::TryRecvError::Lagged(_)) => {}
                Err(_) => return None,
            }
        }
    }
}
