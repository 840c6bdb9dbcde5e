//! Groups and the offsets that are committed for them. No I/O; locks are short and never held across an await.
//!
//! Groups have no members yet: they are made by an offset that somebody commits by himself, or by the test.

mod group;
mod group_type;
mod offset;
mod registry;

pub(crate) use group::Group;
pub use group_type::GroupType;
pub(crate) use offset::{CommittedOffset, NewOffset};
pub(crate) use registry::{Committer, Groups};
