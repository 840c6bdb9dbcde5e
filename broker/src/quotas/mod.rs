//! Quotas of clients (KIP-546). They are kept, and nobody is slowed down by them. No I/O; locks are short and never held across an await.

mod entity;
mod registry;

pub(crate) use entity::{Component, Entity};
pub(crate) use registry::Quotas;
