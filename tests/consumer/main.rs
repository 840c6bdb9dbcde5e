//! The consumer against embedded brokers.

mod reads;
mod support;
