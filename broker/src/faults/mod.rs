//! What goes wrong on purpose. What decides is a [`Table`](table::Table) that knows neither tasks nor sockets.

mod action;
mod fault;
mod guard;
mod mangle;
mod registry;
mod spoiled;
mod table;

pub use action::{AcceptAction, Action, Moment};
pub use fault::Fault;
pub use guard::FaultGuard;
pub(crate) use mangle::mangle;
pub(crate) use registry::Faults;
pub(crate) use spoiled::Spoiled;
pub(crate) use table::{Hit, Id};
