//! How values become bytes and bytes values; the messages themselves are in [`crate::messages`].

mod decoder;
mod encoder;
mod error;
mod frame;
#[cfg(feature = "json")]
mod json;
mod locate;
mod message;
mod payload;
mod schema;
mod tagged;
mod value;
mod version_range;

pub use decoder::{DEFAULT_MEMORY_BUDGET, Decoder};
pub use encoder::{Encoder, PAYLOAD_THRESHOLD};
pub use error::{DecodeError, DecodeErrorKind, EncodeError, EncodeErrorKind};
pub use frame::{Frame, REQUEST_CORRELATION_ID};
#[cfg(feature = "json")]
pub use json::ToJson;
pub use message::{Message, Request, Response};
pub use payload::segments;
pub use schema::{Field, Kind, Structure};
pub use tagged::{TaggedField, TaggedFields};
pub use value::{Int32Array, Value};
pub use version_range::VersionRange;

pub(crate) use message::write_message;
pub(crate) use value::Nullable;
