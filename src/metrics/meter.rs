//! What a connection counts with.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use milena_wire::api_key::ApiKey;

use super::broker::BrokerMetrics;
use super::kinds::ConnectionState;
use super::recorder::Recorder;
use crate::close_reason::CloseReason;
use crate::error::Phase;

/// Where connections to one broker count.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    recorder: Arc<Recorder>,
    broker: Arc<BrokerMetrics>,
}

impl Meter {
    pub(crate) fn new(recorder: &Arc<Recorder>, broker: &Arc<BrokerMetrics>) -> Self {
        Self {
            recorder: Arc::clone(recorder),
            broker: Arc::clone(broker),
        }
    }

    /// A connection begins to be made.
    pub(crate) fn connecting(&self) -> Connecting {
        self.broker.enter(ConnectionState::Connecting);
        Connecting(self.clone())
    }

    /// A request of this API waited so long for the socket.
    pub(crate) fn queued(&self, api: ApiKey, time: Duration) {
        self.recorder.queued(api, time);
    }

    /// A request of this API was answered so long after it was handed to the socket.
    pub(crate) fn answered(&self, api: ApiKey, time: Duration) {
        self.recorder.answered(api, time);
    }

    pub(crate) fn broker(&self) -> &BrokerMetrics {
        &self.broker
    }
}

/// A connection that is being made, until it is dropped.
#[derive(Debug)]
pub(crate) struct Connecting(Meter);

impl Connecting {
    /// It came about; the broker's first answer took so long.
    pub(crate) fn opened(self, round_trip: Option<Duration>) -> Opened {
        let meter = self.0.clone();
        meter.recorder.opened(round_trip);
        if let Some(time) = round_trip {
            meter.broker.round_trip(time);
        }
        meter.broker.enter(ConnectionState::Open);
        Opened {
            meter,
            is_draining: AtomicBool::new(false),
        }
    }

    /// It did not.
    pub(crate) fn failed(self, phase: Phase) {
        self.0.recorder.connect_failed(phase);
    }
}

impl Drop for Connecting {
    fn drop(&mut self) {
        self.0.broker.leave(ConnectionState::Connecting);
    }
}

/// A connection that came about.
#[derive(Debug)]
pub(crate) struct Opened {
    meter: Meter,
    is_draining: AtomicBool,
}

impl Opened {
    pub(crate) fn meter(&self) -> &Meter {
        &self.meter
    }

    /// It gets no more requests, and closes when those in flight are answered.
    pub(crate) fn drain(&self) {
        // First in, then out: whoever ends it meanwhile takes it out of the state that it is in by then.
        self.meter.broker.enter(ConnectionState::Draining);
        let state = if self.is_draining.swap(true, Ordering::AcqRel) {
            ConnectionState::Draining
        } else {
            ConnectionState::Open
        };
        self.meter.broker.leave(state);
    }

    /// It has ended; to be said once.
    pub(crate) fn ended(&self, reason: &CloseReason) {
        self.meter.recorder.closed(reason);
        // One that begins to drain only now is not to be counted any more.
        let state = if self.is_draining.swap(true, Ordering::AcqRel) {
            ConnectionState::Draining
        } else {
            ConnectionState::Open
        };
        self.meter.broker.leave(state);
    }
}
