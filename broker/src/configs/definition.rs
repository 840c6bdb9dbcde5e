//! What a config may be: its default, the values that it takes, and what Kafka says to others.

/// What values a config takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    Boolean,
    Short(i64, i64),
    /// A whole number of 32 bits, from the first to the second.
    Int(i64, i64),
    Long(i64, i64),
    Double(f64, f64),
    /// Gzip's levels, and -1.
    GzipLevel,
    Text,
    /// One of these, which stand between `", "`.
    OneOf(&'static str),
    /// Any, separated by commas.
    List,
    /// Some of these, separated by commas.
    SomeOf(&'static str),
    /// Replicas, each as a partition and a broker with a colon between them, or `*` for all.
    Replicas,
    Class,
    Password,
}

/// Its type, by number in the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConfigType {
    Unknown = 0,
    Boolean = 1,
    String = 2,
    Int = 3,
    Short = 4,
    Long = 5,
    Double = 6,
    List = 7,
    Class = 8,
    Password = 9,
}

impl Shape {
    /// A whole number of 32 bits, of at least this.
    pub(crate) const fn int(least: i64) -> Self {
        Self::Int(least, i32::MAX as i64)
    }

    /// A whole number of 64 bits, of at least this.
    pub(crate) const fn long(least: i64) -> Self {
        Self::Long(least, i64::MAX)
    }

    pub(crate) fn config_type(self) -> ConfigType {
        match self {
            Self::Boolean => ConfigType::Boolean,
            Self::Short(..) => ConfigType::Short,
            Self::Int(..) | Self::GzipLevel => ConfigType::Int,
            Self::Long(..) => ConfigType::Long,
            Self::Double(..) => ConfigType::Double,
            Self::Text | Self::OneOf(_) => ConfigType::String,
            Self::List | Self::SomeOf(_) | Self::Replicas => ConfigType::List,
            Self::Class => ConfigType::Class,
            Self::Password => ConfigType::Password,
        }
    }

    fn check(self, value: &str) -> Result<(), String> {
        let is_one_of = |value: &str, values: &str| match values.split(", ").any(|one| one == value)
        {
            true => Ok(()),
            false => Err(format!("String must be one of: {values}")),
        };
        match self {
            Self::Text | Self::List | Self::Class | Self::Password => Ok(()),
            Self::Boolean if value.eq_ignore_ascii_case("true") => Ok(()),
            Self::Boolean if value.eq_ignore_ascii_case("false") => Ok(()),
            Self::Boolean => Err("Expected value to be either true or false".to_owned()),
            Self::Short(least, most) => {
                let number = value.parse::<i16>().ok().map(i64::from);
                within(number, least, most, "SHORT")
            }
            Self::Int(least, most) => {
                let number = value.parse::<i32>().ok().map(i64::from);
                within(number, least, most, "INT")
            }
            Self::Long(least, most) => within(value.parse::<i64>().ok(), least, most, "LONG"),
            Self::Double(least, most) => within(value.parse::<f64>().ok(), least, most, "DOUBLE"),
            Self::GzipLevel => match value.parse::<i32>() {
                Err(_) => Err("Not a number of type INT".to_owned()),
                Ok(-1 | 1..=9) => Ok(()),
                Ok(_) => Err("Value must be between 1 and 9 or equal to -1".to_owned()),
            },
            Self::OneOf(values) => is_one_of(value, values),
            Self::Replicas if value == "*" || elements(value).all(is_replica) => Ok(()),
            Self::Replicas => Err("no replicas".to_owned()),
            Self::SomeOf(values) => elements(value).try_for_each(|one| is_one_of(one, values)),
        }
    }
}

fn within<N: PartialOrd + std::fmt::Display + Copy>(
    number: Option<N>,
    least: N,
    most: N,
    kind: &str,
) -> Result<(), String> {
    match number {
        None => Err(format!("Not a number of type {kind}")),
        Some(number) if number < least => Err(format!("Value must be at least {least}")),
        Some(number) if number > most => Err(format!("Value must be no more than {most}")),
        Some(_) => Ok(()),
    }
}

fn is_replica(replica: &str) -> bool {
    let is_number = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    let parts = replica.split_once(':');
    parts.is_some_and(|(partition, broker)| is_number(partition) && is_number(broker))
}

/// The elements of a list.
pub(crate) fn elements(list: &str) -> impl Iterator<Item = &str> {
    let list = list.trim();
    list.split(',')
        .map(str::trim)
        .filter(move |_| !list.is_empty())
}

/// A config that Kafka knows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Definition {
    pub(crate) name: &'static str,
    /// `None`: null.
    pub(crate) default: Option<&'static str>,
    pub(crate) shape: Shape,
}

impl Definition {
    /// Whether it may have this value; the error is what Kafka says.
    pub(crate) fn check(&self, value: &str) -> Result<(), String> {
        let value = value.trim();
        self.shape.check(value).map_err(|fault| {
            if self.shape == Shape::Replicas {
                let (name, list) = (self.name, elements(value).collect::<Vec<_>>().join(", "));
                return format!(
                    "Invalid value [{list}] for configuration {name}: {name} must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],..."
                );
            }
            // Of a list, the first element that is wrong is named.
            let wrong = match self.shape {
                Shape::SomeOf(values) => elements(value)
                    .find(|value| !values.split(", ").any(|one| one == *value))
                    .unwrap_or(value),
                _ => value,
            };
            format!(
                "Invalid value {wrong} for configuration {}: {fault}",
                self.name
            )
        })
    }

    pub(crate) fn is_list(&self) -> bool {
        self.shape.config_type() == ConfigType::List
    }

    pub(crate) fn is_sensitive(&self) -> bool {
        self.shape == Shape::Password
    }

    /// A value as Kafka writes it.
    pub(crate) fn written(&self, value: &str) -> String {
        match self.shape.config_type() {
            ConfigType::List => elements(value).collect::<Vec<_>>().join(","),
            ConfigType::Boolean => value.trim().to_ascii_lowercase(),
            _ => value.trim().to_owned(),
        }
    }
}

/// The definition of this name among those that are sorted by it.
pub(crate) fn find<'a>(definitions: &'a [Definition], name: &str) -> Option<&'a Definition> {
    let place = definitions.binary_search_by_key(&name, |definition| definition.name);
    place.ok().and_then(|place| definitions.get(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(shape: Shape, value: &str) -> Result<(), String> {
        let definition = Definition {
            name: "the.config",
            default: None,
            shape,
        };
        definition.check(value)
    }

    #[test]
    fn values_are_checked_in_kafkas_words() {
        for (shape, value, fault) in [
            (
                Shape::Boolean,
                "yes",
                "Expected value to be either true or false",
            ),
            (Shape::int(1), "0", "Value must be at least 1"),
            (Shape::Int(1, 17), "18", "Value must be no more than 17"),
            (Shape::int(1), "3000000000", "Not a number of type INT"),
            (Shape::Short(0, 9), "40000", "Not a number of type SHORT"),
            (Shape::long(-1), "x", "Not a number of type LONG"),
            (
                Shape::Double(0.0, 0.5),
                "0.6",
                "Value must be no more than 0.5",
            ),
            (
                Shape::GzipLevel,
                "0",
                "Value must be between 1 and 9 or equal to -1",
            ),
            (Shape::OneOf("a, b"), "c", "String must be one of: a, b"),
        ] {
            let expected = format!("Invalid value {value} for configuration the.config: {fault}");
            assert_eq!(check(shape, value), Err(expected));
        }
        assert_eq!(
            check(Shape::SomeOf("a, b"), "a, c"),
            Err(
                "Invalid value c for configuration the.config: String must be one of: a, b"
                    .to_owned()
            )
        );
        let message = check(Shape::Replicas, "0:1, x").unwrap_err();
        assert!(message.starts_with(
            "Invalid value [0:1, x] for configuration the.config: the.config must be"
        ));
        for (shape, value) in [
            (Shape::Replicas, "*"),
            (Shape::Replicas, ""),
            (Shape::Replicas, "0:1,10:12"),
            (Shape::Boolean, " TRUE"),
            (Shape::int(1), " 1 "),
            (Shape::GzipLevel, "-1"),
            (Shape::SomeOf("a, b"), "b , a"),
            (Shape::SomeOf("a, b"), ""),
            (Shape::List, "x,y"),
        ] {
            assert_eq!(check(shape, value), Ok(()));
        }
    }
}
