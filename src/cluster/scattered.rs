//! The answers to a request that several brokers may have had a part in.

use std::time::Instant;

use super::routing::Routed;
use crate::error::{Error, ErrorKind};

/// What became of each part of a request: see [`Client::scatter`](super::Client::scatter).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Scattered<R: Routed> {
    /// The parts that were answered.
    pub answers: Vec<Answered<R>>,
    /// The parts that were not.
    pub failures: Vec<Failed<R>>,
    /// What was seen of all answers, if it was [noted](Self::noted) of each.
    pub(crate) note: Option<Note>,
}

/// What was seen when answers came, so that nobody has to look again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Note {
    /// When the last of them came.
    pub(crate) at: Instant,
    /// Whether there is an error code in them.
    pub(crate) has_error: bool,
}

/// A part of a request that was answered. There may be error codes in the answer: those that are final, and those that stayed until the deadline.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answered<R: Routed> {
    /// The id of the broker that answered; -1 if none was asked, as when a ShareFetch is for partitions that there are not, which the answer says then.
    pub broker: i32,
    /// What it was asked.
    pub request: R,
    /// What it said.
    pub response: R::Response,
}

/// A part of a request that was not answered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Failed<R: Routed> {
    /// What was to be asked.
    pub request: R,
    /// Why it was not answered.
    pub error: Error,
}

impl<R: Routed> Default for Scattered<R> {
    fn default() -> Self {
        Self {
            answers: Vec::new(),
            failures: Vec::new(),
            note: None,
        }
    }
}

impl<R: Routed> Scattered<R> {
    pub(crate) fn failed(request: R, error: Error) -> Self {
        Self {
            answers: Vec::new(),
            failures: vec![Failed { request, error }],
            note: None,
        }
    }

    pub(crate) fn answered(broker: i32, request: R, response: R::Response) -> Self {
        Self {
            answers: vec![Answered {
                broker,
                request,
                response,
            }],
            failures: Vec::new(),
            note: None,
        }
    }

    /// With what was seen of the answers when they came.
    pub(crate) fn noted(self, note: Note) -> Self {
        Self {
            note: Some(note),
            ..self
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        let is_first = self.answers.is_empty() && self.failures.is_empty();
        self.note = match (self.note, other.note) {
            (_, note) if is_first => note,
            (Some(one), Some(other)) => Some(Note {
                at: one.at.max(other.at),
                has_error: one.has_error || other.has_error,
            }),
            _ => None,
        };
        join(&mut self.answers, other.answers);
        join(&mut self.failures, other.failures);
    }

    /// All answers as one.
    ///
    /// # Errors
    /// That of the first part that was not answered.
    pub fn merged(self) -> Result<R::Response, Error> {
        if let Some(failed) = self.failures.into_iter().next() {
            return Err(failed.error);
        }
        let mut answers = self.answers.into_iter().map(|answered| answered.response);
        let Some(mut merged) = answers.next() else {
            // There was nobody to ask.
            return Err(Error::new(ErrorKind::NoBroker).during(R::API_KEY, None));
        };
        for answer in answers {
            R::merge(&mut merged, answer);
        }
        Ok(merged)
    }
}

/// Mostly there is one part, and it is not copied.
fn join<T>(list: &mut Vec<T>, other: Vec<T>) {
    if list.is_empty() {
        *list = other;
    } else {
        list.extend(other);
    }
}
