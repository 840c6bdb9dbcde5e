//! Tokens from an OAuth 2.0 token endpoint.

mod answer;
mod endpoint;
mod failure;
mod flight;
mod http;
mod provider;
mod roots;

pub use provider::OidcClientCredentials;
