//! How calls are counted.

use std::time::Instant;

use milena_wire::api_key::ApiKey;

use super::exchange::Reply;
use super::routing::Routed;
use super::scattered::Scattered;
use crate::connection::now;
use crate::error::{Error, ErrorKind};
use crate::metrics::{ErrorClass, Recorder};

/// A call that is counted as under way; dropped without an end, it was given up by its caller.
#[derive(Debug)]
pub(crate) struct Counted<'a> {
    recorder: &'a Recorder,
    api: ApiKey,
    has_ended: bool,
}

impl<'a> Counted<'a> {
    pub(crate) fn new(recorder: &'a Recorder, api: ApiKey) -> Self {
        recorder.request_started(api);
        Self {
            recorder,
            api,
            has_ended: false,
        }
    }

    pub(crate) fn end<R: Routed>(mut self, began: Instant, scattered: &Scattered<R>) {
        self.has_ended = true;
        let class = match scattered.failures.first() {
            Some(failed) => Some(class_of(&failed.error)),
            None => {
                let noted = scattered.note.map(|note| note.has_error);
                let has_error = noted.unwrap_or_else(|| has_error(scattered));
                has_error.then_some(ErrorClass::Broker)
            }
        };
        let ended = scattered.note.map_or_else(now, |note| note.at);
        self.recorder
            .request_ended(self.api, class, ended.saturating_duration_since(began));
    }
}

impl Counted<'_> {
    /// It was one request to one broker.
    pub(crate) fn end_attempt<R: Routed>(
        mut self,
        began: Instant,
        request: &R,
        result: &Result<Reply<R>, Error>,
    ) {
        self.has_ended = true;
        let (class, ended) = match result {
            Ok(reply) => {
                let mut has_error = false;
                request.errors(&reply.response, &mut |_, _| has_error = true);
                (has_error.then_some(ErrorClass::Broker), reply.at)
            }
            Err(error) => (Some(class_of(error)), now()),
        };
        self.recorder
            .request_ended(self.api, class, ended.saturating_duration_since(began));
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.recorder.request_cancelled(self.api);
        }
    }
}

fn has_error<R: Routed>(scattered: &Scattered<R>) -> bool {
    let mut has_error = false;
    for answered in &scattered.answers {
        let visit = &mut |_, _| has_error = true;
        answered.request.errors(&answered.response, visit);
    }
    has_error
}

/// What kind of error it is, for labels.
pub(crate) fn class_of(error: &Error) -> ErrorClass {
    match error.kind() {
        ErrorKind::Broker { .. } => ErrorClass::Broker,
        ErrorKind::DeadlineExceeded | ErrorKind::PoolExhausted { .. } => ErrorClass::Deadline,
        ErrorKind::Connect { .. }
        | ErrorKind::Closed(_)
        | ErrorKind::CircuitOpen { .. }
        | ErrorKind::Bootstrap(_)
        | ErrorKind::NoBroker => ErrorClass::Transport,
        _ => ErrorClass::Other,
    }
}
