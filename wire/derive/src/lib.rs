//! Derives the encoding and decoding of `milena-wire`'s messages from structs whose fields state their versions.
//!
//! ```text
//! #[derive(Clone, Debug, PartialEq, Wire)]
//! #[wire(request = METADATA, versions = "0-13", flexible = "9+", response = MetadataResponse)]
//! #[non_exhaustive]
//! pub struct MetadataRequest {
//!     #[wire("0+", nullable = "1+")]
//!     pub topics: Option<Vec<MetadataRequestTopic>>,
//!     #[wire("4+", default = true)]
//!     pub allow_auto_topic_creation: bool,
//!     pub unknown_tagged_fields: TaggedFields,
//! }
//! ```
//!
//! On the struct: `versions` always; a message adds `flexible` (or leaves it out if no version is) and one of `request = KEY`
//! with `response = Type`, `response = KEY`, `data`. A part of a message adds nothing.
//!
//! On a field: its versions; `nullable` versions; `default` (a literal or `null`; otherwise zero, false, empty); `ignorable` if a
//! version that lacks the field may silently drop its value; `tag` if it is a tagged field; `records` if it holds record
//! batches; `classic` if its length is an int16 even in flexible versions; `name` if Kafka's name is not the camelCase of ours.
//! The field `unknown_tagged_fields` has no attribute.
//!
//! This crate is a part of `milena-wire` and is of no use without it.

mod expand;
mod model;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Derives the wire form of a struct; see the crate's page for the attributes.
#[proc_macro_derive(Wire, attributes(wire))]
pub fn derive_wire(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    match model::Structure::parse(&input) {
        Ok(structure) => expand::expand(&structure).into(),
        Err(error) => error.to_compile_error().into(),
    }
}
