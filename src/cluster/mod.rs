//! A whole cluster.

mod purpose;
pub mod routing;

pub use purpose::Purpose;
