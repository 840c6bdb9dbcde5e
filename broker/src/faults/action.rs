//! What a fault does.

use std::num::NonZeroUsize;
use std::time::Duration;

use bytes::Bytes;
use milena_wire::error_code::ErrorCode;

/// What becomes of a request that a [`Fault`](super::Fault) is for.
///
/// A connection has one request at a time: what is asked behind this one waits until it is done, as with Kafka. What was asked before it is answered as always.
/// A SaslHandshake or SaslAuthenticate of a client who logs in is, as with Kafka, the last that is answered on its connection if an error is. A token that
/// has no request around it, as after a SaslHandshake of version 0, meets no fault. On an encrypted connection a fault spoils what is encrypted and not
/// the cipher, and one that closes takes leave as TLS wants it.
///
/// A request without an answer (Produce with `acks=0`) has none that could be spoiled; it can be closed upon, stalled and delayed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// It is not applied; this code is answered, at the top of the answer if its version has a place there, and for each topic or partition that the request
    /// names, as Kafka does when a request fails as a whole.
    Error(ErrorCode),
    /// It is applied, and then answered as if it had failed.
    ErrorAfterApplying(ErrorCode),
    /// It is applied at once, and answered so much later.
    Delay(Duration),
    /// It is answered with this time to wait (in milliseconds), and the connection answers nothing for as long (KIP-219).
    Throttle(Duration),
    /// The connection is closed.
    Close(Moment),
    /// Everything stops until the fault is removed: then it goes on as if nothing had been.
    Stall(Moment),
    /// The answer is written in pieces of so many bytes, each flushed on its own.
    Split(NonZeroUsize),
    /// These bytes are written instead of the answer.
    Garbage(Bytes),
    /// Of a Fetch: the first batch that is read of each partition comes with a wrong checksum. In the log it stays as it is. A Fetch that reads nothing is not
    /// counted; other requests are answered as always, and not counted either.
    CorruptRecords,
    /// The answer bears the correlation id of the next request.
    WrongCorrelationId,
    /// The answer is written twice.
    Duplicate,
    /// Behind the answer comes another, empty one, that nobody has asked for: it bears the next correlation id.
    Unsolicited,
    /// The answer says that it has this length, whatever it has.
    Length(i32),
    /// It is applied, and its answer is left out. Those behind it are answered.
    NoAnswer,
    /// It is applied, as all that comes behind it on its connection, but nothing is ever answered there any more.
    Silence,
}

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Moment {
    /// Its header has come. What is behind the first 64 KiB lies in the socket, and nothing is read from there: when that is closed, the client is reset.
    BeforeReading,
    /// It is all there, and not applied.
    AfterReading,
    /// It is applied, and nothing of its answer is written.
    AfterApplying,
    /// So many bytes of its answer are written, its length of 4 bytes counted; all of it if it has no more.
    AfterBytes(usize),
}

/// What becomes of a connection that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AcceptAction {
    /// It is closed at once.
    Close,
    /// Nothing is read from it and nothing written to it until the fault is removed.
    Stall,
}
