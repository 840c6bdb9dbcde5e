//! The bodies of every API and version.

use std::collections::BTreeMap;

use bytes::Bytes;
use milena_wire::api_key::ApiKey;
use milena_wire::codec::{Message, Request as _, Response as _, ToJson};
use milena_wire::for_each_api;
#[allow(clippy::wildcard_imports, reason = "the macro names every message")]
use milena_wire::messages::*;
use serde_json::Value as Json;

use crate::corpus;

struct Golden {
    name: String,
    version: i16,
    header_version: i16,
    body: Bytes,
    json: Json,
}

macro_rules! dispatch {
    ($(($key:ident, $request:ident, $response:ident))*) => {
        fn check_by_key(key: ApiKey, is_request: bool, golden: &Golden) {
            match (key, is_request) {
                $(
                    (ApiKey::$key, true) => {
                        check::<$request>(golden, $request::header_version(golden.version));
                    }
                    (ApiKey::$key, false) => {
                        check::<$response>(golden, $response::header_version(golden.version));
                    }
                )*
                _ => panic!("{}: no such API", golden.name),
            }
        }

        /// The name, the key and the versions of every message.
        fn known() -> Vec<(&'static str, ApiKey, milena_wire::codec::VersionRange)> {
            vec![$(
                ($request::NAME, ApiKey::$key, $request::VERSIONS),
                ($response::NAME, ApiKey::$key, $response::VERSIONS),
            )*]
        }
    };
}

for_each_api!(dispatch);

/// Decodes, compares every value by name, and encodes again.
fn check<M: Message + ToJson + Clone + PartialEq>(golden: &Golden, header_version: i16) {
    let Golden { name, version, .. } = golden;
    let at = format!("{name} v{version}");
    assert_eq!(header_version, golden.header_version, "{at}: header");
    let message = M::decode(&golden.body, *version).unwrap_or_else(|error| panic!("{error}"));
    let (ours, theirs) = (message.to_json(*version), &golden.json);
    assert!(
        ours == *theirs,
        "{at}: values\n  ours {ours}\ntheirs {theirs}"
    );
    let frame = message
        .encode(*version)
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(frame.len(), golden.body.len(), "{at}: length");
    assert_eq!(frame.into_bytes(), golden.body, "{at}: bytes");
}

/// API 74 was called otherwise when it had one version only; the bytes are the same.
fn with_newer_names(name: &str, json: Json) -> Json {
    match name {
        "ListClientMetricsResourcesResponse" => {
            let text = json.to_string();
            let text = text.replace("\"clientMetricsResources\"", "\"configResources\"");
            serde_json::from_str(&text.replace("\"name\"", "\"resourceName\"")).unwrap()
        }
        _ => json,
    }
}

/// Early-access versions that no release kept: share groups before Kafka 4.1.
fn is_early_access(key: i16, version: i16) -> bool {
    (76..=79).contains(&key) && version == 0
}

#[test]
fn every_message_of_every_version_there_and_back() {
    let lines = corpus::lines("messages.jsonl");
    // Which release a version's frames are taken from: the newest that has it, as fields were renamed since.
    let mut seen = BTreeMap::new();
    let (mut checked, mut skipped) = (0, 0);
    for (release, line) in &lines {
        let name = line["message"].as_str().unwrap().to_owned();
        let number = |field: &str| i16::try_from(line[field].as_i64().unwrap()).unwrap();
        let (key, version) = (number("api_key"), number("version"));
        let is_request = name.ends_with("Request");
        // Where a newer release has the version too, its names are the ones in use, and an older early access is void.
        let newest = seen.entry((key, is_request, version)).or_insert(release);
        let superseded = *newest != release && key != ApiKey::LIST_CONFIG_RESOURCES.0;
        if superseded || is_early_access(key, version) {
            skipped += 1;
            continue;
        }
        let golden = Golden {
            version,
            header_version: number("header_version"),
            body: corpus::hex(&line["hex"]).into(),
            json: with_newer_names(&name, line["json"].clone()),
            name,
        };
        check_by_key(ApiKey(key), is_request, &golden);
        checked += 1;
    }
    corpus::report(&format!(
        "golden: {checked} frames of {} message versions, {skipped} superseded ones passed over",
        seen.len()
    ));
    assert!(checked > 0, "the corpus has no frames");
    for (name, key, versions) in known() {
        // The corpus leaves out what only brokers of the ZooKeeper era said to each other.
        if (4..=7).contains(&key.0) || key == ApiKey::ALTER_PARTITION {
            continue;
        }
        for version in versions.min..=versions.max {
            assert!(
                seen.contains_key(&(key.0, name.ends_with("Request"), version)),
                "{name} v{version} has no golden frame"
            );
        }
    }
}
