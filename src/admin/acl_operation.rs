//! What can be done with a resource.

use std::collections::BTreeSet;

use super::numbered::numbered;

numbered! {
    /// What can be done with a resource, or is (Java: `AclOperation`).
    AclOperation {
        /// In filters: any of them.
        Any = 1,
        /// Everything.
        All = 2,
        /// Reading records, or taking part in a group.
        Read = 3,
        /// Writing records.
        Write = 4,
        /// Making resources.
        Create = 5,
        /// Deleting them.
        Delete = 6,
        /// Changing them.
        Alter = 7,
        /// Looking at them.
        Describe = 8,
        /// What brokers do among themselves.
        ClusterAction = 9,
        /// Looking at configs.
        DescribeConfigs = 10,
        /// Changing configs.
        AlterConfigs = 11,
        /// Writing with an idempotent producer.
        IdempotentWrite = 12,
        /// Making delegation tokens for others.
        CreateTokens = 13,
        /// Looking at delegation tokens of others.
        DescribeTokens = 14,
        /// Taking part in two-phase commits (KIP-939).
        TwoPhaseCommit = 15,
    }
}

/// What the caller may do: a set of bits in answers (KIP-430); `None` if it was not asked for.
pub(super) fn authorized_operations(bits: i32) -> Option<BTreeSet<AclOperation>> {
    (bits != i32::MIN).then(|| {
        let set = (0..31i8).filter(|bit| bits >> bit & 1 == 1);
        set.map(AclOperation::from_number).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_bits() {
        assert_eq!(authorized_operations(i32::MIN), None);
        assert_eq!(authorized_operations(0), Some(BTreeSet::new()));
        // What a broker says of a topic: Read to Describe, and DescribeConfigs, AlterConfigs.
        let some = authorized_operations(1 << 3 | 1 << 8 | 1 << 20);
        let expected = [
            AclOperation::Read,
            AclOperation::Describe,
            AclOperation::Unknown(20),
        ];
        assert_eq!(some, Some(BTreeSet::from(expected)));
    }

    #[test]
    fn numbers_go_there_and_back() {
        for number in i8::MIN..=i8::MAX {
            assert_eq!(AclOperation::from_number(number).number(), number);
        }
        assert_eq!(AclOperation::from_number(8), AclOperation::Describe);
        assert_eq!(AclOperation::from_number(-3), AclOperation::Unknown(-3));
        assert_eq!(AclOperation::KNOWN.len(), 15);
    }
}
