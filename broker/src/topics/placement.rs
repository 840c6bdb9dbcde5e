//! Which nodes hold which partitions.

/// Places `partitions` on `nodes`, `replicas` of each; the first replica leads. `first` chooses the node where it begins, so that the leaders of many
/// small topics spread over the nodes too.
pub(super) fn place(
    nodes: &[i32],
    partitions: usize,
    replicas: usize,
    first: usize,
) -> Vec<Vec<i32>> {
    (0..partitions)
        .map(|partition| {
            let ring = nodes
                .iter()
                .cycle()
                .skip((first + partition) % nodes.len().max(1));
            ring.take(replicas.min(nodes.len())).copied().collect()
        })
        .collect()
}

/// Checks a placement that a client asks for; the error is what Kafka says.
pub(super) fn validate(
    nodes: &[i32],
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
        if !nodes.contains(&node) {
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

    #[test]
    fn leaders_spread_and_replicas_follow() {
        let placed = place(&[1, 2, 3], 4, 2, 1);
        assert_eq!(placed, [vec![2, 3], vec![3, 1], vec![1, 2], vec![2, 3]]);
        assert_eq!(place(&[1], 2, 1, 5), [vec![1], vec![1]]);
    }

    #[test]
    fn manual_placements_are_checked() {
        let check = |replicas: &[i32], expected| validate(&[1, 2, 3], replicas, expected);
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
