//! Which nodes hold which partitions.

use bytestring::ByteString;

/// A node that may hold partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broker {
    pub(super) id: i32,
    pub(super) rack: Option<ByteString>,
    pub(super) is_alive: bool,
}

/// Places `partitions`, `replicas` of each; the first replica leads. `first` chooses the node where it begins, so that the leaders of many small topics
/// spread over the nodes too. The replicas of a partition lie in as many racks as there are. Nodes that are down come last, and lead nothing.
pub(super) fn place(
    brokers: &[Broker],
    partitions: usize,
    replicas: usize,
    first: usize,
) -> Vec<Vec<i32>> {
    let (alive, down): (Vec<_>, Vec<_>) = brokers.iter().partition(|broker| broker.is_alive);
    (0..partitions)
        .map(|partition| {
            let start = (first + partition) % alive.len().max(1);
            let ring = alive.iter().cycle().skip(start).take(alive.len());
            let mut ids = spread(ring.copied(), replicas);
            let rest = spread(down.iter().copied(), replicas - ids.len());
            ids.extend(rest);
            ids
        })
        .collect()
}

/// The first `count`, of which each is in a rack of its own as long as there is another one.
fn spread<'a>(ring: impl Iterator<Item = &'a Broker>, count: usize) -> Vec<i32> {
    let mut left: Vec<_> = ring.collect();
    let (mut ids, mut racks) = (Vec::new(), Vec::new());
    while ids.len() < count && !left.is_empty() {
        let elsewhere = left
            .iter()
            .position(|broker| !racks.contains(&&broker.rack));
        if elsewhere.is_none() {
            racks.clear();
        }
        let chosen = left.remove(elsewhere.unwrap_or(0));
        if chosen.rack.is_some() {
            racks.push(&chosen.rack);
        }
        ids.push(chosen.id);
    }
    ids
}

/// Checks a placement that a client asks for; the error is what Kafka says.
pub(super) fn validate(
    brokers: &[Broker],
    replicas: &[i32],
    expected: Option<usize>,
) -> Result<(), String> {
    const SUBJECT: &str = "The manual partition assignment includes";
    if replicas.is_empty() {
        return Err(format!("{SUBJECT} an empty replica list."));
    }
    let mut sorted = replicas.to_vec();
    sorted.sort_unstable();
    let mut previous = None;
    for node in sorted {
        if !brokers.iter().any(|broker| broker.id == node) {
            return Err(format!(
                "{SUBJECT} broker {node}, but no such broker is registered."
            ));
        }
        if previous == Some(node) {
            return Err(format!("{SUBJECT} the broker {node} more than once."));
        }
        previous = Some(node);
    }
    match expected {
        Some(expected) if expected != replicas.len() => Err(format!(
            "{SUBJECT} a partition with {} replica(s), but this is not consistent with previous partitions, which have {expected} replica(s).",
            replicas.len()
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brokers(racks: &[Option<&'static str>]) -> Vec<Broker> {
        let brokers = (1..).zip(racks).map(|(id, rack)| Broker {
            id,
            rack: rack.map(ByteString::from_static),
            is_alive: true,
        });
        brokers.collect()
    }

    #[test]
    fn leaders_spread_and_replicas_follow() {
        let placed = place(&brokers(&[None; 3]), 4, 2, 1);
        assert_eq!(placed, [vec![2, 3], vec![3, 1], vec![1, 2], vec![2, 3]]);
        assert_eq!(place(&brokers(&[None]), 2, 1, 5), [vec![1], vec![1]]);
    }

    #[test]
    fn replicas_lie_in_different_racks() {
        let brokers = brokers(&[Some("a"), Some("a"), Some("b"), Some("b")]);
        let placed = place(&brokers, 4, 3, 0);
        let expected = [vec![1, 3, 2], vec![2, 3, 4], vec![3, 1, 4], vec![4, 1, 2]];
        assert_eq!(placed, expected);
    }

    #[test]
    fn nodes_that_are_down_lead_nothing() {
        let mut brokers = brokers(&[None; 3]);
        brokers[0].is_alive = false;
        assert_eq!(place(&brokers, 2, 2, 0), [vec![2, 3], vec![3, 2]]);
        assert_eq!(place(&brokers, 2, 3, 0), [vec![2, 3, 1], vec![3, 2, 1]]);
    }

    #[test]
    fn manual_placements_are_checked() {
        let brokers = brokers(&[None; 3]);
        let check = |replicas: &[i32], expected| validate(&brokers, replicas, expected);
        assert_eq!(check(&[3, 1], Some(2)), Ok(()));
        assert!(check(&[], None).unwrap_err().contains("empty replica list"));
        assert!(
            check(&[1, 4], None)
                .unwrap_err()
                .contains("broker 4, but no such")
        );
        assert!(
            check(&[2, 2], None)
                .unwrap_err()
                .contains("broker 2 more than once")
        );
        assert!(check(&[1], Some(2)).unwrap_err().contains("1 replica(s)"));
    }
}
