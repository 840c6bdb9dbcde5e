//! Every message by field name, as Kafka's own JSON converters print it; for tests and tools.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use bytestring::ByteString;
use serde_json::Value as Json;
use uuid::Uuid;

use super::value::Int32Array;
use crate::error_code::ErrorCode;

/// A value by name, as Kafka's own JSON converters print it: camelCase names, bytes and ids in base64, record sets as "".
pub trait ToJson {
    /// The value as it is in `version` of its message.
    fn to_json(&self, version: i16) -> Json;
}

macro_rules! plain {
    ($($type:ty),*) => {$(
        impl ToJson for $type {
            fn to_json(&self, _version: i16) -> Json {
                Json::from(*self)
            }
        }
    )*};
}

plain!(bool, i8, i16, u16, i32, i64, f64);

impl ToJson for ErrorCode {
    fn to_json(&self, _version: i16) -> Json {
        Json::from(self.0)
    }
}

impl ToJson for Uuid {
    fn to_json(&self, _version: i16) -> Json {
        URL_SAFE_NO_PAD.encode(self.as_bytes()).into()
    }
}

impl ToJson for ByteString {
    fn to_json(&self, _version: i16) -> Json {
        Json::from(&self[..])
    }
}

impl ToJson for Bytes {
    fn to_json(&self, _version: i16) -> Json {
        STANDARD.encode(self).into()
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn to_json(&self, version: i16) -> Json {
        self.as_ref()
            .map_or(Json::Null, |value| value.to_json(version))
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn to_json(&self, version: i16) -> Json {
        self.iter().map(|value| value.to_json(version)).collect()
    }
}

impl ToJson for Int32Array {
    fn to_json(&self, _version: i16) -> Json {
        self.iter().copied().collect()
    }
}
