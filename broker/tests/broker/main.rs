//! The broker over real sockets and without them, asked in raw requests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::future_not_send,
    reason = "a test fails by a panic, and runs on one thread"
)]

mod acls;
mod api_versions;
mod client;
mod configs;
mod connection;
mod controls;
mod coordinators;
mod create_topics;
mod delete_records;
mod describe;
mod disturbed_logins;
#[cfg(feature = "tls")]
mod disturbed_tls;
mod elections;
mod epochs;
mod faults;
mod fetch;
mod fetch_sessions;
mod groups;
mod idempotence;
mod isolation;
mod leaders;
mod list_offsets;
mod log_dirs;
mod login;
mod long_poll;
mod metadata;
mod nodes;
mod part_faults;
mod produce;
mod profiles;
mod quorum;
mod quotas;
mod renewal;
mod replicas;
mod sasl;
#[cfg(feature = "tls")]
mod tls;
mod topics_admin;
mod transactions;
mod users;
