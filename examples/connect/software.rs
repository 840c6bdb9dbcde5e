//! What a broker is, to judge by the versions that it offers.

use milena::BrokerVersions;
use milena::wire::api_key::ApiKey;
use serde_json::{Value, json};

use crate::Section;

/// For each release of Apache Kafka something that it has and the one before it has not: an API at a version. The latest is last; it
/// may be a later one still. Releases that add nothing for which clients can ask are told together.
const RELEASES: [(&str, ApiKey, i16); 19] = [
    ("0.10.0", ApiKey::API_VERSIONS, 0),
    ("0.10.1", ApiKey::CREATE_TOPICS, 0),
    ("0.10.2", ApiKey::OFFSET_FETCH, 2),
    ("0.11", ApiKey::INIT_PRODUCER_ID, 0),
    ("1.0", ApiKey::SASL_AUTHENTICATE, 0),
    ("1.1", ApiKey::CREATE_DELEGATION_TOKEN, 0),
    ("2.0 to 2.3", ApiKey::API_VERSIONS, 2),
    ("2.4 to 2.7", ApiKey::API_VERSIONS, 3),
    ("2.8", ApiKey::DESCRIBE_CLUSTER, 0),
    ("3.0 to 3.2", ApiKey::FIND_COORDINATOR, 4),
    ("3.3 or 3.4", ApiKey::DESCRIBE_LOG_DIRS, 4),
    ("3.5 or 3.6", ApiKey::FETCH, 15),
    ("3.7", ApiKey::FETCH, 16),
    ("3.8", ApiKey::LIST_GROUPS, 5),
    ("3.9", ApiKey::FETCH, 17),
    ("4.0", ApiKey::METADATA, 13),
    ("4.1", ApiKey::FETCH, 18),
    ("4.2", ApiKey::LIST_OFFSETS, 11),
    ("4.3 or newer", ApiKey::DESCRIBE_LOG_DIRS, 5),
];

/// What every Kafka has had, whatever its age.
const ALWAYS: [ApiKey; 9] = [
    ApiKey::PRODUCE,
    ApiKey::FETCH,
    ApiKey::LIST_OFFSETS,
    ApiKey::METADATA,
    ApiKey::OFFSET_COMMIT,
    ApiKey::OFFSET_FETCH,
    ApiKey::FIND_COORDINATOR,
    ApiKey::JOIN_GROUP,
    ApiKey::LIST_GROUPS,
];

pub(crate) struct Guess {
    release: Option<&'static str>,
    /// What that release has and the broker has not.
    lacks: Vec<String>,
}

pub(crate) fn guess(versions: &BrokerVersions) -> Guess {
    let has = |api: ApiKey, version: i16| {
        versions
            .range(api)
            .is_some_and(|range| range.max >= version)
    };
    let mut lacks: Vec<_> = ALWAYS
        .iter()
        .filter(|api| !has(**api, 0))
        .map(ToString::to_string)
        .collect();
    let newest = RELEASES
        .iter()
        .rposition(|(_, api, version)| has(*api, *version));
    let before = newest.and_then(|index| RELEASES.get(..index));
    for (_, api, version) in before.unwrap_or_default() {
        let name = api.to_string();
        if !has(*api, *version) && !lacks.contains(&name) {
            lacks.push(format!("{api} v{version}"));
        }
    }
    let release = newest.and_then(|index| RELEASES.get(index));
    Guess {
        release: release.map(|(release, ..)| *release),
        lacks,
    }
}

/// Enough of them to know what it means.
fn few(names: &[String]) -> String {
    const SHOWN: usize = 5;
    match names.get(..SHOWN) {
        Some(shown) if names.len() > SHOWN => {
            format!("{} and {} more", shown.join(", "), names.len() - SHOWN)
        }
        _ => names.join(", "),
    }
}

impl Section for Guess {
    fn text(&self) -> String {
        match (self.release, self.lacks.as_slice()) {
            (None, _) => "software: a guess: Apache Kafka 0.9 or older".to_owned(),
            (Some(release), []) => format!(
                "software: a guess: Apache Kafka {release}, or another that offers the same"
            ),
            (Some(release), lacks) => format!(
                "software: a guess: not Apache Kafka, as it lacks {}; the newest that it offers is of {release}",
                few(lacks)
            ),
        }
    }

    fn json(&self) -> Value {
        json!({
            "guess": self.release.unwrap_or("0.9 or older"),
            "is_apache_kafka": self.lacks.is_empty(),
            "lacks": self.lacks,
        })
    }
}
