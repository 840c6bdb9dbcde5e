//! The producer against embedded brokers.

mod writes;
