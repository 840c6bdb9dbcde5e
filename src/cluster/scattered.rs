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
    /// Of the answers, as far as it was [noted](Self::noted): what is counted of them.
    pub(crate) note: Note,
}

/// What was seen when answers came, so that nobody has to look again.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Note {
    /// When the last of them came.
    pub(crate) at: Option<Instant>,
    /// Whether there is an error code in them.
    pub(crate) has_error: bool,
}

/// A part of a request that was answered. There may be error codes in the answer: those that are final, and those that stayed until the deadline.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answered<R: Routed> {
    /// The id of the broker that answered.
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
            note: Note::default(),
        }
    }
}

impl<R: Routed> Scattered<R> {
    pub(crate) fn failed(request: R, error: Error) -> Self {
        Self {
            answers: Vec::new(),
            failures: vec![Failed { request, error }],
            note: Note::default(),
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
            note: Note::default(),
        }
    }

    /// With what was seen of the answers when they came.
    pub(crate) fn noted(self, note: Note) -> Self {
        Self { note, ..self }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.note.at = self.note.at.max(other.note.at);
        self.note.has_error |= other.note.has_error;
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
