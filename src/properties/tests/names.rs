//! Which keys are known.

use std::collections::BTreeSet;

use crate::properties::key::{Dialect, Meaning};
use crate::properties::keys::{all, find};

/// Those of AdminClientConfig, ProducerConfig and ConsumerConfig of kafka-clients 4.3.1.
const JAVA: &str = include_str!("kafka-4.3.1.txt");
/// Those of librdkafka's CONFIGURATION.md.
const LIBRDKAFKA: &str = include_str!("librdkafka.txt");

#[test]
fn every_key_of_java_and_librdkafka_is_known_and_no_other() {
    let java: BTreeSet<&str> = JAVA.lines().collect();
    let librdkafka: BTreeSet<&str> = LIBRDKAFKA.lines().collect();
    for name in java.union(&librdkafka) {
        let key = find(name).unwrap_or_else(|| panic!("{name} is not known"));
        // librdkafka has it for something else, of the producer.
        let is_other = *name == "request.timeout.ms";
        let dialect = match (java.contains(name), librdkafka.contains(name)) {
            (true, true) if !is_other => Dialect::Both,
            (true, _) => Dialect::Java,
            _ => Dialect::Librdkafka,
        };
        assert_eq!(key.dialect, dialect, "{name}");
    }
    for key in all() {
        let name = key.name;
        // It went with Kafka 4.0.
        let is_known = java.contains(name) || librdkafka.contains(name);
        assert!(is_known || name == "auto.include.jmx.reporter", "{name}");
    }
}

#[test]
fn no_key_is_there_twice() {
    let names: BTreeSet<&str> = all().map(|key| key.name).collect();
    assert_eq!(names.len(), all().count());
}

#[test]
fn what_looks_like_a_secret_is_one() {
    for key in all().filter(|key| matches!(key.meaning, Meaning::Part(_))) {
        let name = key.name;
        let looks = ["password", "secret", "jaas", "keystore.key", "key.pem"];
        let looks = looks.iter().any(|word| name.contains(word));
        assert!(!looks || key.is_secret(), "{name}");
    }
}
