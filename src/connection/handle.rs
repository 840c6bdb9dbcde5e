//! What a user holds of a connection.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use milena_wire::api_key::ApiKey;
use milena_wire::codec::{Request, VersionRange};
use milena_wire::messages::ProduceRequest;

use super::builder::ConnectionBuilder;
use super::raw::RawFuture;
use super::report::ConnectReport;
use super::response::{OnewayFuture, ResponseFuture};
use super::shared::Shared;
use crate::close_reason::CloseReason;
use crate::versions::BrokerVersions;

/// A connection to one broker, over which any request of Kafka can be sent.
///
/// Clones share the connection. It ends when the last of them is dropped, when [`close`](Self::close) is called, or when it
/// breaks; every request that then waits is told why, and whether the broker may have carried it out.
#[derive(Clone)]
pub struct Connection {
    handle: Arc<Handle>,
}

/// What the clones share; the background tasks do not hold it, so that they end with the last clone.
struct Handle {
    shared: Arc<Shared>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.close(&CloseReason::Shutdown);
    }
}

impl Connection {
    /// Begins a connection.
    pub fn builder() -> ConnectionBuilder {
        ConnectionBuilder::default()
    }

    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            handle: Arc::new(Handle { shared }),
        }
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.handle.shared
    }

    /// Sends a request, at the highest version that the broker and this crate have in common and that can carry what it says;
    /// the future gives the answer. A broker's error codes are in the answer, and no error here.
    ///
    /// # Errors
    /// No version in common, a field that no common version can carry, a deadline that passed, a connection that ended, or an
    /// answer that is not what it should be. Produce with acks 0 has no answer and is refused: see
    /// [`send_oneway`](Self::send_oneway).
    ///
    /// # Cancel safety
    /// Dropping the future withdraws a request that the writer has not taken yet, and passes over the answer of one that it has.
    pub fn send<R: Request + 'static>(&self, request: R) -> ResponseFuture<R> {
        ResponseFuture::new(Arc::clone(self.shared()), request)
    }

    /// Sends a produce request with acks 0, whatever its `acks` says; the future completes when it is written.
    ///
    /// # Errors
    /// As [`send`](Self::send). Whether the broker took the records is not known.
    ///
    /// # Cancel safety
    /// Dropping the future withdraws a request that the writer has not taken yet.
    pub fn send_oneway(&self, request: ProduceRequest) -> OnewayFuture {
        OnewayFuture::new(Arc::clone(self.shared()), request)
    }

    /// Sends a request that [`wire`](crate::wire) does not know, such as one of a newer Kafka: the bytes of its body behind the header,
    /// at a version that is not held against what the broker offers. The future gives the bytes of the answer behind its header.
    ///
    /// The headers of an API or a version that wire does not know are taken to be those with tagged fields (request header 2, response
    /// header 1). A wait that the request asks for is not known: [`deadline`](RawFuture::deadline) and
    /// [`request_timeout`](ConnectionBuilder::request_timeout) must allow for it. It must be a request that is answered: after one that is not,
    /// such as Produce with acks 0, the connection is given up.
    ///
    /// # Errors
    /// As [`send`](Self::send). A broker closes the connection on what it does not know.
    ///
    /// # Cancel safety
    /// As [`send`](Self::send).
    pub fn send_raw(&self, api: ApiKey, version: i16, body: Bytes) -> RawFuture {
        RawFuture::new(Arc::clone(self.shared()), api, version, body)
    }

    /// The address that was connected to, as it was given.
    #[must_use]
    pub fn peer(&self) -> &str {
        self.shared().address.text()
    }

    /// How connecting went: how long each phase took, and what was agreed on.
    #[must_use]
    pub fn report(&self) -> &ConnectReport {
        &self.shared().report
    }

    /// The versions that the broker offers.
    #[must_use]
    pub fn broker_versions(&self) -> &BrokerVersions {
        &self.shared().versions
    }

    /// The versions of a request that the broker and this crate have in common; `None` if there is none.
    #[must_use]
    pub fn common_versions<R: Request>(&self) -> Option<VersionRange> {
        let theirs = self.shared().versions.range(R::API_KEY)?;
        let common = R::VERSIONS.intersection(theirs);
        (!common.is_empty()).then_some(common)
    }

    /// Ends the connection: requests that wait fail with [`CloseReason::Shutdown`]. Does nothing if it has ended.
    pub fn close(&self) {
        self.shared().close(&CloseReason::Shutdown);
    }

    /// Waits until the connection has ended and its socket is gone, and says why.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing; another call gives the same reason.
    pub async fn closed(&self) -> CloseReason {
        self.shared().closed().await
    }

    /// Whether requests can still be sent, as far as is known now. Costs no lock.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.shared().is_open()
    }

    /// Nothing is sent before then, because the broker has asked for silence: that is no rest, after which the connection would close itself.
    pub(crate) fn keep_silent_until(&self, at: Instant) {
        self.shared().keep_silent_until(at);
    }

    /// Counts it as one that gets no more requests and closes when those in flight are answered; it is for the caller to do so.
    #[allow(dead_code, reason = "of the layer above")]
    pub(crate) fn count_as_draining(&self) {
        self.shared().drain();
    }

    /// Why the connection ended; `None` while requests can still be sent. The socket is gone a moment after the reason is there.
    #[must_use]
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.shared().close_reason()
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("peer", &self.peer())
            .field("close_reason", &self.close_reason())
            .finish_non_exhaustive()
    }
}
