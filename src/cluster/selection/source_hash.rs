//! A broker for this machine.

use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;

use super::broker_selection::{BrokerSelection, Candidate, SelectionContext};
use crate::murmur2::murmur2;

/// Chooses the broker to which this machine's address belongs, so that all clients of a machine go to one, and many machines are spread
/// over all. When a broker goes, only those who went to it go elsewhere.
///
/// A [`Client`](crate::Client) takes the address of its first TCP connection at this side, unless it is
/// [given](crate::cluster::ClientBuilder::local_address). As long as it is unknown, the client goes to one broker that is drawn by lot when the policy
/// is made.
///
/// ```
/// use std::net::IpAddr;
/// use std::time::Instant;
/// use milena::cluster::selection::{BrokerSelection, Candidate, SelectionContext, SourceHash};
/// use milena::wire::api_key::ApiKey;
///
/// let context = SelectionContext::new(ApiKey::METADATA, Instant::now());
/// let context = context.with_local_address(IpAddr::from([10, 0, 0, 7]));
/// let candidates = [1, 2, 3].map(Candidate::new);
/// let one = SourceHash::new().choose(&candidates, &context);
/// let another = SourceHash::new().choose(&candidates, &context);
/// assert_eq!(one, another);
/// ```
#[derive(Debug)]
pub struct SourceHash {
    /// What stands for the address if there is none.
    lot: [u8; 8],
}

impl SourceHash {
    /// The policy; it has no options.
    #[must_use]
    pub fn new() -> Self {
        Self {
            lot: RandomState::new().hash_one(0).to_be_bytes(),
        }
    }
}

impl Default for SourceHash {
    fn default() -> Self {
        Self::new()
    }
}

/// How much a broker and a source belong together. Where all brokers are asked, there is no need of a ring.
fn affinity(source: u32, id: i32) -> u32 {
    let mut bytes = [0; 8];
    let (first, second) = bytes.split_at_mut(4);
    first.copy_from_slice(&source.to_be_bytes());
    second.copy_from_slice(&id.to_be_bytes());
    murmur2(&bytes)
}

impl BrokerSelection for SourceHash {
    fn choose(
        &self,
        candidates: &[Candidate<'_>],
        context: &SelectionContext<'_>,
    ) -> Option<usize> {
        let source = match context.local_address {
            None => murmur2(&self.lot),
            Some(IpAddr::V4(address)) => murmur2(&address.octets()),
            Some(IpAddr::V6(address)) => murmur2(&address.octets()),
        };
        let all = candidates.iter().enumerate();
        let nearest =
            all.max_by_key(|(_, candidate)| (affinity(source, candidate.id), candidate.id));
        nearest.map(|(index, _)| index)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::super::testing::{brokers, context, counts};
    use super::*;

    fn addresses() -> impl Iterator<Item = IpAddr> {
        (0..3000_u16).map(|number| {
            let [high, low] = number.to_be_bytes();
            if number % 2 == 0 {
                IpAddr::from([10, 0, high, low])
            } else {
                IpAddr::from(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, number))
            }
        })
    }

    /// Statement 15.
    #[test]
    fn an_address_goes_to_one_broker_and_many_are_spread() {
        let candidates = brokers(0..3);
        let mut counts = [0; 3];
        for address in addresses() {
            let context = context().with_local_address(address);
            let chosen = SourceHash::new().choose(&candidates, &context).unwrap();
            assert_eq!(
                SourceHash::new().choose(&candidates, &context),
                Some(chosen)
            );
            counts[chosen] += 1;
            // Who is down is skipped, and nobody else moves.
            for gone in 0..3 {
                let mut left = candidates.clone();
                left.remove(gone);
                let now = left[SourceHash::new().choose(&left, &context).unwrap()];
                assert!(gone == chosen || now.id == candidates[chosen].id);
            }
        }
        assert!(
            counts.iter().all(|count| (900..1100).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn without_an_address_it_is_a_lot_that_stays() {
        let candidates = brokers(0..3);
        let mut drawn = [0; 3];
        for _ in 0..300 {
            let counts = counts(&SourceHash::new(), &candidates, &context(), 5);
            drawn[counts.iter().position(|count| *count == 5).unwrap()] += 1;
        }
        // One in 10^40 that somebody is less lucky.
        assert!(drawn.iter().all(|count| *count > 10), "{drawn:?}");
        assert_eq!(SourceHash::new().choose(&[], &context()), None);
    }
}
