//! A partition on its way from some nodes to others, as Kafka's controller has it. No I/O.

/// A partition on its way from some nodes to others. Until all of these are in sync, both hold it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reassignment {
    /// The nodes that are to hold it and did not.
    pub(crate) adding: Vec<i32>,
    /// The nodes that hold it and are to no more.
    pub(crate) removing: Vec<i32>,
}

impl Reassignment {
    /// From those who hold it now to `target`.
    pub(super) fn new(replicas: &[i32], target: &[i32]) -> Self {
        let without = |from: &[i32], others: &[i32]| {
            let mut left = without(from, others);
            left.sort_unstable();
            left
        };
        Self {
            adding: without(target, replicas),
            removing: without(replicas, target),
        }
    }

    /// In the place of one that is under way. What that was to do stays where this one has nothing to do of the kind: so Kafka does it.
    pub(super) fn instead_of(self, before: Option<Self>) -> Self {
        let before = before.unwrap_or_default();
        let filled = |new: Vec<i32>, old| if new.is_empty() { old } else { new };
        Self {
            adding: filled(self.adding, before.adding),
            removing: filled(self.removing, before.removing),
        }
    }

    /// Whether the same nodes hold it, so that there is nothing to wait for.
    pub(super) fn is_done(&self) -> bool {
        self.adding.is_empty() && self.removing.is_empty()
    }

    /// The nodes that hold it in the end, once all of them are in sync.
    pub(super) fn completed(&self, replicas: &[i32], isr: &[i32]) -> Option<Vec<i32>> {
        let replicas = without(replicas, &self.removing);
        let in_sync = replicas.iter().all(|id| isr.contains(id));
        (in_sync && !replicas.is_empty()).then_some(replicas)
    }

    /// The nodes that hold it if it is given up.
    pub(super) fn reverted(&self, replicas: &[i32]) -> Vec<i32> {
        without(replicas, &self.adding)
    }
}

pub(super) fn without(from: &[i32], others: &[i32]) -> Vec<i32> {
    let left = from.iter().copied().filter(|id| !others.contains(id));
    left.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_completed_when_all_that_stay_are_in_sync() {
        let reassignment = Reassignment::new(&[1, 2, 3], &[5, 4, 3]);
        assert_eq!(reassignment.adding, [4, 5]);
        assert_eq!(reassignment.removing, [1, 2]);
        let replicas = [5, 4, 3, 1, 2];
        assert_eq!(reassignment.completed(&replicas, &[1, 2, 3, 4]), None);
        assert_eq!(
            reassignment.completed(&replicas, &[3, 4, 5]),
            Some(vec![5, 4, 3])
        );
        assert_eq!(reassignment.reverted(&replicas), [3, 1, 2]);
        assert!(Reassignment::new(&[1, 2], &[2, 1]).is_done());
    }
}
