//! What a request does to the configs of a resource.

use std::collections::BTreeMap;

use super::definition::{Definition, elements};
use crate::failure::Failure;

/// The configs of a resource that have been set, by name.
pub(crate) type Values = BTreeMap<String, String>;

/// No value may be longer, in bytes.
const MAX_VALUE: usize = 32_767;

/// What is done to one config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change<'a> {
    Set(&'a str),
    Delete,
    /// Adds these elements to a list.
    Append(&'a str),
    /// Takes these elements from a list.
    Subtract(&'a str),
}

/// What is done to the configs of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Alteration<'a> {
    /// Each config that is named is changed, the others stay.
    Incremental(Vec<(&'a str, Change<'a>)>),
    /// These are all that are set from now on.
    Full(Vec<(&'a str, &'a str)>),
}

impl Alteration<'_> {
    /// What becomes of `current`. `definition` tells what is known of a config.
    pub(crate) fn apply(
        &self,
        current: &Values,
        definition: impl Fn(&str) -> Option<Definition>,
    ) -> Result<Values, Failure> {
        let values = match self {
            Self::Full(values) => {
                let values = values.iter();
                values
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                    .collect()
            }
            Self::Incremental(changes) => {
                let mut values = current.clone();
                for (name, change) in changes {
                    match change.value(name, current, &definition)? {
                        Some(value) => values.insert((*name).to_owned(), value),
                        None => values.remove(*name),
                    };
                }
                values
            }
        };
        if values.values().any(|value| value.len() > MAX_VALUE) {
            return Err(Failure::invalid_config(format!(
                "The configuration value cannot be added because it exceeds the maximum value size of {MAX_VALUE} bytes."
            )));
        }
        Ok(values)
    }
}

impl Change<'_> {
    fn value(
        self,
        name: &str,
        current: &Values,
        definition: impl Fn(&str) -> Option<Definition>,
    ) -> Result<Option<String>, Failure> {
        let (operation, given) = match self {
            Self::Set(value) => return Ok(Some(value.to_owned())),
            Self::Delete => return Ok(None),
            Self::Append(elements) => ("APPEND", elements),
            Self::Subtract(elements) => ("SUBTRACT", elements),
        };
        let definition = definition(name).filter(Definition::is_list);
        let definition = definition.ok_or_else(|| {
            Failure::invalid_config(format!(
                "Can't {operation} to key {name} because its type is not LIST."
            ))
        })?;
        let before = current.get(name).map(String::as_str).or(definition.default);
        let mut list: Vec<_> = elements(before.unwrap_or_default()).collect();
        for element in elements(given) {
            match (self, list.iter().position(|other| *other == element)) {
                (Self::Append(_), None) => list.push(element),
                (Self::Subtract(_), Some(place)) => {
                    list.remove(place);
                }
                _ => {}
            }
        }
        Ok(Some(list.join(",")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::definition::Shape;
    use super::*;

    fn definition(name: &str) -> Option<Definition> {
        let (name, shape) = match name {
            "list" => ("list", Shape::List),
            "number" => ("number", Shape::int(0)),
            _ => return None,
        };
        let default = Some("1");
        Some(Definition {
            name,
            default,
            shape,
        })
    }

    fn values(pairs: &[(&str, &str)]) -> Values {
        let pairs = pairs.iter().copied();
        pairs
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    }

    #[test]
    fn single_configs_change_and_others_stay() {
        let current = values(&[("number", "7"), ("list", "a,b")]);
        let apply = |changes: &[(&'static str, Change<'static>)]| {
            Alteration::Incremental(changes.to_vec()).apply(&current, definition)
        };
        for (change, list) in [
            (Change::Append("b,c"), Some("a,b,c")),
            (Change::Subtract("a,x"), Some("b")),
            (Change::Set("z"), Some("z")),
            (Change::Delete, None),
        ] {
            let after = apply(&[("list", change)]).unwrap();
            assert_eq!(after.get("list").map(String::as_str), list);
            assert_eq!(after["number"], "7");
        }
        for name in ["number", "unknown"] {
            let failure = apply(&[(name, Change::Append("1"))]).unwrap_err();
            let message = format!("Can't APPEND to key {name} because its type is not LIST.");
            assert_eq!(failure, Failure::invalid_config(message));
        }
        let long = "x".repeat(MAX_VALUE + 1);
        let set = Alteration::Incremental(vec![("list", Change::Set(&long))]);
        assert!(set.apply(&current, definition).is_err());
    }

    #[test]
    fn a_list_that_is_not_set_begins_with_its_default() {
        let append = Alteration::Incremental(vec![("list", Change::Append("2"))]);
        let after = append.apply(&Values::new(), definition);
        assert_eq!(after, Ok(values(&[("list", "1,2")])));
    }

    #[test]
    fn all_can_be_replaced() {
        let current = values(&[("number", "7"), ("list", "a,b")]);
        let full = Alteration::Full(vec![("list", "c")]);
        assert_eq!(
            full.apply(&current, definition),
            Ok(values(&[("list", "c")]))
        );
    }
}
