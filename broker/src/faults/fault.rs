//! What goes wrong, where, and how often.

use milena_wire::api_key::ApiKey;
use milena_wire::error_code::ErrorCode;

use super::action::{AcceptAction, Action};
use crate::requests::Requests;
use crate::topic_part::TopicPart;

/// Something that goes wrong: what, where, and how often. [`Cluster::inject`](crate::Cluster::inject) sets it.
///
/// ```
/// use milena_broker::{AcceptAction, Action, ApiKey, Fault, Moment, Requests};
///
/// // The next three Metadata requests to node 1.
/// let lost = Fault::on(ApiKey::METADATA, Action::Close(Moment::AfterApplying)).node(1).times(3);
/// // The second request, whatever it asks.
/// let wrong = Fault::on(Requests::any(), Action::WrongCorrelationId).skip(1).times(1);
/// // Node 2 is as good as down.
/// let down = Fault::at_accept(AcceptAction::Close).node(2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "nothing happens before it is injected"]
pub struct Fault {
    pub(super) effect: Effect,
    /// For an effect on connections, only what is said of connections counts.
    pub(super) requests: Requests,
    pub(super) part: Option<TopicPart>,
    pub(super) skip: u64,
    pub(super) times: Option<u64>,
}

/// What it is that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Request(Action),
    Accept(AcceptAction),
}

impl Fault {
    /// This is what becomes of `requests`: of an API's, or of [`Requests`] said more exactly.
    pub fn on(requests: impl Into<Requests>, action: Action) -> Self {
        Self::new(Effect::Request(action), requests.into())
    }

    /// This is what becomes of connections when they are accepted.
    pub fn at_accept(action: AcceptAction) -> Self {
        Self::new(Effect::Accept(action), Requests::any())
    }

    /// Metadata is answered with REBOOTSTRAP_REQUIRED: a client that knows version 13 has to begin again with its bootstrap addresses (KIP-1102).
    pub fn rebootstrap_required() -> Self {
        Self::on(
            ApiKey::METADATA,
            Action::Error(ErrorCode::REBOOTSTRAP_REQUIRED),
        )
    }

    fn new(effect: Effect, requests: Requests) -> Self {
        Self {
            effect,
            requests,
            part: None,
            skip: 0,
            times: None,
        }
    }

    /// Only on this node. Default: on all.
    pub fn node(mut self, node: i32) -> Self {
        self.requests = self.requests.node(node);
        self
    }

    /// Only on the connection of this [number](crate::ConnectionInfo::number). Default: on all.
    pub fn connection(mut self, number: u64) -> Self {
        self.requests = self.requests.connection(number);
        self
    }

    /// Only for requests that name this topic, or ask for all. An error, before or after applying, is answered for this topic only, records are corrupt
    /// of this topic only, and everything else in the request is as always; any other action takes the whole request. What a request names is known when all of it is there, so that nothing happens before
    /// reading: that is after it. Where one request meets two faults, the one that is not for a topic goes first. Default: whatever they name.
    ///
    /// That counts for Produce, Fetch, ListOffsets, Metadata, OffsetForLeaderEpoch, DeleteRecords and DescribeTopicPartitions; requests of other APIs never
    /// meet such a fault.
    ///
    /// ```
    /// use milena_broker::{Action, ApiKey, ErrorCode, Fault};
    ///
    /// let code = ErrorCode::NOT_LEADER_OR_FOLLOWER;
    /// let stale = Fault::on(ApiKey::PRODUCE, Action::Error(code)).partition("orders", 3).times(1);
    /// ```
    pub fn topic(mut self, topic: &str) -> Self {
        self.part = Some(TopicPart::new(topic, None));
        self
    }

    /// The same for one partition of a topic.
    pub fn partition(mut self, topic: &str, partition: i32) -> Self {
        self.part = Some(TopicPart::new(topic, Some(partition)));
        self
    }

    /// The first so many that it would be for are left alone. Default: none.
    pub fn skip(mut self, count: u64) -> Self {
        self.skip = count;
        self
    }

    /// It happens so many times, and then no more. Default: for as long as it is set.
    pub fn times(mut self, count: u64) -> Self {
        self.times = Some(count);
        self
    }
}
