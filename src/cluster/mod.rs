//! A whole cluster.

mod builder;
mod check;
mod purpose;
mod rewriter;
pub mod routing;
mod settings;

pub use builder::ClientBuilder;
pub use purpose::Purpose;
#[allow(unused_imports, reason = "until there is a client")]
pub(crate) use settings::ClientSettings;
