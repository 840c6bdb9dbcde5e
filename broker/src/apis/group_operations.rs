//! What can be done to a group.

/// All of it, as bits by operation: Read, Delete, Describe, DescribeConfigs, AlterConfigs.
pub(super) const GROUP_OPERATIONS: i32 = 1 << 3 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 11;
