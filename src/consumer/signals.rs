//! Whom to tell, once the lock is given back.

use std::task::Waker;

/// Whom to tell, once the lock is given back.
#[derive(Debug, Default)]
pub(super) struct Signals {
    is_any: bool,
    /// The one who looks for leaders and offsets.
    pub(super) router: bool,
    /// The fetchers of all brokers.
    pub(super) everybody: bool,
    /// The fetchers of these brokers.
    pub(super) lines: Vec<i32>,
    /// These brokers have no fetcher yet.
    pub(super) made: Vec<i32>,
    /// The one who waits for records.
    pub(super) caller: Option<Waker>,
}

impl Signals {
    pub(super) fn router(&mut self) {
        self.is_any = true;
        self.router = true;
    }

    pub(super) fn everybody(&mut self) {
        self.router();
        self.everybody = true;
    }

    pub(super) fn line(&mut self, broker: i32) {
        if !self.lines.contains(&broker) {
            self.is_any = true;
            self.lines.push(broker);
        }
    }

    pub(super) fn line_made(&mut self, broker: i32) {
        self.is_any = true;
        self.made.push(broker);
    }

    pub(super) fn wake(&mut self, waker: Option<Waker>) {
        if waker.is_some() {
            self.is_any = true;
            self.caller = waker;
        }
    }

    /// What is to be told; mostly nothing.
    pub(super) fn take(&mut self) -> Option<Self> {
        self.is_any.then(|| std::mem::take(self))
    }
}
