//! The broker over real sockets, asked in raw requests.

mod api_versions;
mod client;
mod connection;
mod create_topics;
mod fetch;
mod list_offsets;
mod long_poll;
mod metadata;
mod produce;
