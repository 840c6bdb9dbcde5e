//! What the client must know of a request to send it to the right brokers.

use std::fmt;

use milena_wire::codec::Request;
use milena_wire::error_code::ErrorCode;

use super::new_leaders::NewLeaders;
use super::target::Target;
use crate::cluster::purpose::Purpose;
use crate::cluster::retry::is_idempotent;

/// A request that a [`Client`](crate::Client) can bring to the right broker. Every request of [`wire`](crate::wire) that clients send is one.
///
/// A request consists of items: the partitions, groups, topics or resources that it is about; or it is one item as a whole. Items may be for
/// different brokers, in which case the request is split, sent to all of them at once, and the answers are merged; and each can fail on its own,
/// in which case only those are asked again that did. Items are numbered in the order in which the request names them.
///
/// # Answers that do not fit
///
/// Brokers answer in any order, and a broken one answers what was not asked, twice, or not at all. The first answer of an item counts; what
/// was not asked is left alone. An item that the answer omits is told by [`errors`](Self::errors) with
/// [`UNKNOWN_SERVER_ERROR`](ErrorCode::UNKNOWN_SERVER_ERROR), so that nobody takes silence for success; but not where an error is about the answer
/// as a whole, which explains it, nor where silence means something, as in the fetch sessions of KIP-227. Of an item that a request names twice the
/// first stands for both.
pub trait Routed:
    Request<Response: Clone + fmt::Debug + Send + Sync> + Clone + fmt::Debug + Send + Sync + 'static
{
    /// Tells whom each item is for, in order. There is at least one: a request that names nothing is one item as a whole, and so is one that
    /// is for [`Every`](Target::Every) broker.
    fn targets(&self, visit: &mut dyn FnMut(Target));

    /// Whom the request is for, if all of it is for the same by its nature: the items need not be looked at then.
    fn sole_target(&self) -> Option<Target> {
        None
    }

    /// The same request with these items only, which are ascending and fewer than all.
    fn part(&self, items: &[usize]) -> Self;

    /// Tells the error codes that the answer to this very request has, [`NONE`](ErrorCode::NONE) left out: `None` with one that is about the answer as a
    /// whole, else with the number of the item.
    ///
    /// An item that has several codes is told several times: a group whose partitions have codes of their own, for instance. Where a request is
    /// one item but its answer has a list of results, their codes are told only if all of them failed: what was done in part must not be
    /// repeated as a whole.
    fn errors(&self, response: &Self::Response, visit: &mut dyn FnMut(Option<usize>, ErrorCode));

    /// Takes the answers of these items, which are ascending, out of the answer to this very request, as they are asked again.
    fn forget(&self, response: &mut Self::Response, items: &[usize]);

    /// Adds what another answer to a part of the same request says. What is about the answer as a whole stays if it is an error; the longer
    /// time to wait counts.
    fn merge(response: &mut Self::Response, other: Self::Response);

    /// How long the broker asks the client to wait before the next request (`throttle_time_ms`, KIP-219), in milliseconds.
    fn throttle_time_ms(response: &Self::Response) -> i32;

    /// The leaders that the answer names of partitions that were asked of the wrong broker (KIP-951). Produce, Fetch, ShareFetch and ShareAcknowledge
    /// know them.
    fn new_leaders(_response: &Self::Response) -> NewLeaders {
        NewLeaders::default()
    }

    /// The answer that says this of all items, of which the cluster knows no partition. For requests whose other items are not to be lost with them: what a
    /// ShareFetch gives has been acquired. `None`: the caller is told by an error.
    fn unknown(&self, _code: ErrorCode) -> Option<Self::Response> {
        None
    }

    /// Whether it can be sent twice to the same effect as once: then it is sent again, too, if it may have been carried out.
    fn is_idempotent(&self) -> bool {
        is_idempotent(Self::API_KEY)
    }

    /// Over which socket it goes.
    fn purpose(&self) -> Purpose {
        Purpose::of(Self::API_KEY)
    }
}
