//! The consumer against embedded brokers.

mod moves;
mod reads;
mod steers;
mod support;
