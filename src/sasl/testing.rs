//! What the tests of the mechanisms share.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::authenticator::{SaslAuthenticator, SaslBroker, SaslSession, Step};
use super::error::SaslError;

pub(super) fn session(authenticator: &dyn SaslAuthenticator) -> Box<dyn SaslSession> {
    authenticator.session(&SaslBroker::new("localhost", 9093))
}

/// A step that has nothing to wait for, and needs no runtime.
pub(super) fn step(
    session: &mut dyn SaslSession,
    challenge: Option<&[u8]>,
) -> Result<Step, SaslError> {
    ready(session.step(challenge))
}

/// What a future gives when it is polled once.
pub(super) fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

/// Everything that can be seen of an authenticator: itself, its steps and its errors.
pub(super) fn shown(authenticator: &dyn SaslAuthenticator, challenges: &[&[u8]]) -> String {
    let mut shown = format!("{authenticator:?} {authenticator:#?}");
    for challenge in challenges {
        let mut session = session(authenticator);
        let first = step(&mut *session, None);
        shown.push_str(&format!("{first:?}"));
        for outcome in [first, step(&mut *session, Some(challenge))] {
            shown.push_str(&format!("{outcome:?}"));
            if let Err(error) | Ok(Step::Abort(_, error)) = outcome {
                shown.push_str(&format!("{error} {error:?}"));
            }
        }
    }
    shown
}

/// A seeded source of bytes, the same in every run (xorshift64*).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let word = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        usize::try_from(word).unwrap() % bound
    }

    pub(super) fn bytes(&mut self, longest: usize) -> Vec<u8> {
        let length = self.below(longest + 1);
        (0..length)
            .map(|_| u8::try_from(self.below(256)).unwrap())
            .collect()
    }

    /// The text with a few bytes changed, put in, taken out, or written twice.
    pub(super) fn mutate(&mut self, text: &[u8]) -> Vec<u8> {
        let mut text = text.to_vec();
        for _ in 0..=self.below(3) {
            let at = self.below(text.len() + 1);
            let byte = match self.below(2) {
                0 => u8::try_from(self.below(256)).unwrap(),
                _ => b",=rsivem0A"[self.below(10)],
            };
            match self.below(5) {
                0 => text.insert(at, byte),
                1 => text.truncate(at),
                2 => text.extend_from_within(at..),
                3 if at < text.len() => drop(text.remove(at)),
                _ if at < text.len() => text[at] = byte,
                _ => {}
            }
        }
        text
    }
}
