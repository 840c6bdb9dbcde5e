//! What the client must know of a request to send it to the right brokers.

use milena_wire::codec::Request;
use milena_wire::error_code::ErrorCode;

use super::target::Target;
use crate::cluster::purpose::Purpose;

/// A request that a [`Client`](crate::Client) can bring to the right broker. Every request of [`wire`](crate::wire) that clients send is one.
///
/// A request consists of items: the partitions, groups, topics or resources that it is about; or it is one item as a whole. Items may be for
/// different brokers, in which case the request is split, sent to all of them at once, and the answers are merged; and each can fail on its own,
/// in which case only those are asked again that did. Items are numbered in the order in which the request names them.
pub trait Routed: Request + Clone + Send + Sync + 'static {
    /// Tells whom each item is for, in order. A request that is for [`Every`](Target::Every) broker has one item.
    fn targets(&self, visit: &mut dyn FnMut(Target));

    /// The same request with these items only, which are ascending and fewer than all.
    fn part(&self, items: &[usize]) -> Self;

    /// Tells the error codes that the answer to this very request has, [`NONE`](ErrorCode::NONE) left out: `None` with one that is about the answer as a
    /// whole, else with the number of the item.
    fn errors(&self, response: &Self::Response, visit: &mut dyn FnMut(Option<usize>, ErrorCode));

    /// Takes the answers of these items out of the answer to this very request, as they are asked again.
    fn forget(&self, response: &mut Self::Response, items: &[usize]);

    /// Adds what another answer to a part of the same request says.
    fn merge(response: &mut Self::Response, other: Self::Response);

    /// How long the broker asks the client to wait before the next request (`throttle_time_ms`, KIP-219), in milliseconds.
    fn throttle_time_ms(response: &Self::Response) -> i32;

    /// Whether it can be sent twice to the same effect as once: then it is sent again, too, if it may have been carried out.
    fn is_idempotent(&self) -> bool;

    /// Over which socket it goes.
    fn purpose(&self) -> Purpose {
        Purpose::of(Self::API_KEY)
    }
}
