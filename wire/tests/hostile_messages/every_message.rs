//! The messages of every API, one after the other.

use std::fmt::Debug;

use bytes::Bytes;
use milena_wire::api_key::ApiKey;
use milena_wire::codec::{DecodeErrorKind, Message};
use milena_wire::for_each_api;
#[allow(clippy::wildcard_imports, reason = "the macro names every message")]
use milena_wire::messages::*;

macro_rules! every_message {
    ($(($key:ident, $request:ident, $response:ident))*) => {
        /// Reads a golden body; why it was refused, if it was.
        pub(crate) fn read(key: ApiKey, is_request: bool, body: &Bytes, version: i16) -> Option<DecodeErrorKind> {
            match (key, is_request) {
                $(
                    (ApiKey::$key, true) => $request::decode(body, version).err().map(|error| error.kind()),
                    (ApiKey::$key, false) => $response::decode(body, version).err().map(|error| error.kind()),
                )*
                _ => panic!("no API {key:?}"),
            }
        }

        pub(crate) fn for_every_message(visitor: &mut impl Visitor) {
            $(
                visitor.visit::<$request>();
                visitor.visit::<$response>();
            )*
        }
    };
}

for_each_api!(every_message);

pub(crate) trait Visitor {
    fn visit<M: Message + Debug>(&mut self);
}
