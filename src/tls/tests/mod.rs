//! Against servers of the same TLS library, with authorities that live for one test.

mod authority;
mod certificates;
mod client_certificates;
mod configuration;
mod reload;
mod server;
mod sessions;
