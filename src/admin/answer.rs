//! From answers to results by item.

use std::collections::BTreeMap;

use bytestring::ByteString;
use milena_wire::api_key::ApiKey;
use milena_wire::error_code::ErrorCode;

use super::per_item::PerItem;
use crate::cluster::Scattered;
use crate::cluster::routing::Routed;
use crate::error::{Error, ErrorKind};

/// The error that a broker's code is.
pub(super) fn refusal(
    api: ApiKey,
    broker: Option<i32>,
    code: ErrorCode,
    message: Option<&str>,
) -> Error {
    let message = message.filter(|message| !message.is_empty());
    let message = message.map(str::to_owned);
    let error = Error::new(ErrorKind::Broker { code, message }).during(api, None);
    match broker {
        Some(broker) => error.at_broker(broker),
        None => error,
    }
}

/// What is said of an item that the broker's answer passes over: silence is no success.
pub(super) fn omission(api: ApiKey, broker: Option<i32>) -> Error {
    let message = "the answer does not tell of it";
    refusal(api, broker, ErrorCode::UNKNOWN_SERVER_ERROR, Some(message))
}

/// `Ok` if the code of a whole answer says so.
pub(super) fn check<R: Routed>(code: ErrorCode, message: Option<&ByteString>) -> Result<(), Error> {
    match code {
        ErrorCode::NONE => Ok(()),
        _ => Err(refusal(
            R::API_KEY,
            None,
            code,
            message.map(|message| &**message),
        )),
    }
}

/// The results of the items of one part of a request, as its answer tells them.
pub(super) struct Results<'a, K, T> {
    items: &'a mut BTreeMap<K, Option<Result<T, Error>>>,
    /// What holds for the items that the answer does not tell of.
    others: Error,
    api: ApiKey,
    broker: i32,
}

impl<K: Ord, T> Results<'_, K, T> {
    /// What the answer says of an item. What was not asked, and what was told already, is left alone.
    pub(super) fn tell(
        &mut self,
        key: &K,
        code: ErrorCode,
        message: Option<&ByteString>,
        value: impl FnOnce() -> T,
    ) {
        self.tell_result(key, code, message, || Ok(value()));
    }

    /// The same, where the answer may not be what it should.
    pub(super) fn tell_result(
        &mut self,
        key: &K,
        code: ErrorCode,
        message: Option<&ByteString>,
        value: impl FnOnce() -> Result<T, Error>,
    ) {
        let Some(slot @ None) = self.items.get_mut(key) else {
            return;
        };
        let message = message.map(|message| &**message);
        *slot = Some(match code {
            ErrorCode::NONE => value(),
            _ => Err(refusal(self.api, Some(self.broker), code, message)),
        });
    }

    /// What the answer says of all items together, if that is an error.
    pub(super) fn tell_all(&mut self, code: ErrorCode, message: Option<&ByteString>) {
        if code != ErrorCode::NONE {
            let message = message.map(|message| &**message);
            self.others = refusal(self.api, Some(self.broker), code, message);
        }
    }

    /// Which broker answered.
    pub(super) fn broker(&self) -> i32 {
        self.broker
    }
}

/// The results by item: `asked` names the items of a part of the request, `read` tells what its answer says of them.
pub(super) fn collect<R: Routed, K: Ord, T>(
    scattered: Scattered<R>,
    asked: impl Fn(&R) -> Vec<K>,
    mut read: impl FnMut(&R, R::Response, &mut Results<'_, K, T>),
) -> PerItem<K, T> {
    let mut items = BTreeMap::new();
    for answered in scattered.answers {
        let broker = answered.broker;
        for key in asked(&answered.request) {
            items.entry(key).or_insert(None);
        }
        let mut results = Results {
            items: &mut items,
            others: omission(R::API_KEY, Some(broker)),
            api: R::API_KEY,
            broker,
        };
        read(&answered.request, answered.response, &mut results);
        let others = results.others;
        for key in asked(&answered.request) {
            if let Some(slot @ None) = items.get_mut(&key) {
                *slot = Some(Err(others.clone()));
            }
        }
    }
    for failed in scattered.failures {
        for key in asked(&failed.request) {
            let slot = items.entry(key).or_insert(None);
            slot.get_or_insert_with(|| Err(failed.error.clone()));
        }
    }
    let told = items.into_iter();
    told.map(|(key, result)| {
        (
            key,
            result.unwrap_or_else(|| Err(omission(R::API_KEY, None))),
        )
    })
    .collect()
}
