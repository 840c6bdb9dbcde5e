//! The broker's versions beside this crate's.

use std::fmt::Write as _;

use milena::BrokerVersions;
use milena::wire::api_key::ApiKey;
use milena::wire::codec::VersionRange;
use milena::wire::messages::*;
use serde_json::{Value, json};

use crate::Section;

pub(crate) struct Table {
    rows: Vec<Row>,
}

struct Row {
    api: ApiKey,
    theirs: Option<VersionRange>,
    ours: Option<VersionRange>,
}

impl Table {
    pub(crate) fn of(versions: &BrokerVersions) -> Self {
        let row = |api| Row {
            api,
            theirs: versions.range(api),
            ours: ours(api),
        };
        let mut rows: Vec<_> = versions.iter().map(|(api, _)| row(api)).collect();
        let known = ApiKey::ALL.iter().map(|api| row(*api));
        rows.extend(known.filter(|row| row.theirs.is_none() && row.ours.is_some()));
        Self { rows }
    }
}

impl Row {
    /// The version that requests go out at, unless what they say needs another.
    fn chosen(&self) -> Option<i16> {
        let common = self.theirs?.intersection(self.ours?);
        (!common.is_empty()).then_some(common.max)
    }
}

/// The versions of an API that this crate knows.
fn ours(api: ApiKey) -> Option<VersionRange> {
    macro_rules! look_up {
        ($(($key:ident, $request:ident, $response:ident))*) => {
            match api {
                $(ApiKey::$key => Some(<$request as milena::wire::codec::Message>::VERSIONS),)*
                _ => None,
            }
        };
    }
    milena::wire::for_each_api!(look_up).filter(|versions| !versions.is_empty())
}

fn text_of(range: Option<VersionRange>) -> String {
    range.map_or("-".to_owned(), |range| range.to_string())
}

impl Section for Table {
    fn text(&self) -> String {
        let (offered, missing): (Vec<_>, Vec<_>) =
            self.rows.iter().partition(|row| row.theirs.is_some());
        let mut text = format!(
            "{} APIs\n  {:<32} {:>6} {:>6} {:>6}",
            offered.len(),
            "",
            "broker",
            "milena",
            "chosen"
        );
        for row in offered {
            let chosen = row
                .chosen()
                .map_or("-".to_owned(), |version| version.to_string());
            let _ = write!(
                text,
                "\n  {:<32} {:>6} {:>6} {chosen:>6}",
                row.api.to_string(),
                text_of(row.theirs),
                text_of(row.ours)
            );
        }
        if !missing.is_empty() {
            let names: Vec<_> = missing.iter().map(|row| row.api.to_string()).collect();
            let _ = write!(text, "\n  not offered: {}", names.join(", "));
        }
        text
    }

    fn json(&self) -> Value {
        let range = |range: Option<VersionRange>| range.map(|range| [range.min, range.max]);
        self.rows
            .iter()
            .map(|row| {
                json!({
                    "key": row.api.0,
                    "api": row.api.name(),
                    "broker": range(row.theirs),
                    "milena": range(row.ours),
                    "chosen": row.chosen(),
                })
            })
            .collect()
    }
}
