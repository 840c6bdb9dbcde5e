use std::time::Duration;

use crate::cluster::ClientBuilder;
use crate::cluster::settings::ClientSettings;
use crate::error::{ConfigError, ErrorKind};

mod documentation;
mod mistakes;
mod names;
mod options;
mod sasl;
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
mod tls;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// What a client would get, with an address if none is given.
fn settings(pairs: &[(&str, &str)]) -> ClientSettings {
    let mut builder = ClientBuilder::from_properties(pairs.iter().copied()).unwrap();
    if builder.bootstrap.is_none() && builder.controllers.is_none() {
        builder = builder.bootstrap(["localhost:9092"]);
    }
    builder.check().unwrap()
}

/// The mistake, which shows no secret.
fn mistake(pairs: &[(&str, &str)]) -> ConfigError {
    let error = ClientBuilder::from_properties(pairs.iter().copied()).unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    assert!(!error.is_retriable());
    match error.kind() {
        ErrorKind::Config(config) => config.clone(),
        _ => panic!("{error}"),
    }
}

type Pairs<'a> = &'a [(&'a str, &'a str)];

/// Each of these mistakes is told by its key, in these words.
fn assert_mistakes(cases: &[(Pairs<'_>, &str, &[&str])]) {
    for (pairs, key, words) in cases {
        let error = mistake(pairs);
        assert_eq!(error.option, *key, "{pairs:?}: {}", error.problem);
        for word in *words {
            assert!(error.problem.contains(word), "{key}: {}", error.problem);
        }
    }
}
