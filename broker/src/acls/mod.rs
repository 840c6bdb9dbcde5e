//! Access rules (KIP-11, KIP-290). They are kept, and nobody is refused anything by them yet. No I/O; locks are short and never held across an await.

mod acl;
mod filter;
mod registry;

pub(crate) use acl::{Acl, Resource};
pub(crate) use filter::Filter;
pub(crate) use registry::Acls;
