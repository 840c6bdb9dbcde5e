//! From properties to a builder.

use std::time::Duration;

use super::given::{Given, Properties};
use super::key::Kind;
use super::protocol::Protocol;
use super::sasl;
use crate::cluster::ClientBuilder;
use crate::error::{ConfigError, Error, ErrorKind};

impl ClientBuilder {
    /// Takes the options of a map of properties, by the names that they have in Kafka's Java client or in librdkafka. What the map does not say has
    /// this client's defaults, and the builder may be changed further. [`properties`](crate::properties) tells what is done with which key.
    ///
    /// Files that `ssl.*` names are read, which blocks.
    ///
    /// ```
    /// use milena::cluster::ClientBuilder;
    ///
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let text = std::fs::read_to_string("client.properties")?;
    /// let builder = ClientBuilder::from_properties(milena::properties::parse(&text)?)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`] with the key: one that is not known, or belongs to a producer or consumer; a value of the wrong type or out of range; two keys that contradict each
    /// other; what cannot be done here, or needs a feature. No error shows a secret.
    pub fn from_properties<K, V>(
        properties: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, Error>
    where
        K: AsRef<str>,
        V: AsRef<str>,
    {
        Properties::new(properties)
            .and_then(|properties| apply(&properties))
            .map_err(|error| Error::new(ErrorKind::Config(error)))
    }
}

fn apply(properties: &Properties) -> Result<ClientBuilder, ConfigError> {
    check_pairs(properties)?;
    let mut builder = ClientBuilder::default();
    for (given, kind) in properties.options() {
        builder = set(builder, given, kind)?;
    }
    builder = lift_longest_waits(builder, properties);
    builder = secure(builder, properties)?;
    check(&builder, properties)?;
    Ok(builder)
}

fn set(builder: ClientBuilder, given: &Given, kind: &Kind) -> Result<ClientBuilder, ConfigError> {
    Ok(match kind {
        Kind::Time { least, never, set } => set(builder, given.milliseconds(*least, never)?),
        Kind::Switch(set) => set(builder, given.switch()?),
        Kind::Text(set) => set(builder, given.raw().to_owned()),
        Kind::Nodes(set) => {
            let nodes = given.value().split(',').map(|node| node.trim().to_owned());
            set(builder, nodes.collect())
        }
        Kind::Bytes {
            least,
            most,
            system,
            set,
        } => set(builder, given.bytes(*least, *most, *system)?),
        Kind::Choice { off, on, turn_off } => {
            if given.one_of(&[(*off, true), (*on, false)])? {
                turn_off(builder)
            } else {
                builder
            }
        }
    })
}

/// Pairs of which the first must not be longer than the second.
const ASCENDING: [(&[&str], &[&str]); 4] = [
    (&["retry.backoff.ms"], &["retry.backoff.max.ms"]),
    (&["reconnect.backoff.ms"], &["reconnect.backoff.max.ms"]),
    (
        &["socket.connection.setup.timeout.ms"],
        &["socket.connection.setup.timeout.max.ms"],
    ),
    // As Java's admin client has it: else no request could time out within the time of the call.
    (
        &["request.timeout.ms", "socket.timeout.ms"],
        &["default.api.timeout.ms"],
    ),
];

fn check_pairs(properties: &Properties) -> Result<(), ConfigError> {
    for (less, more) in ASCENDING {
        let (Some(less), Some(more)) = (properties.any_of(less), properties.any_of(more)) else {
            continue;
        };
        // What is no number is told when it is set.
        let times = (less.milliseconds(0, &[]), more.milliseconds(0, &[]));
        if let (Ok(least), Ok(most)) = times {
            if least > most {
                let allowed = format!("at least {} ({}) is needed", less.name(), less.value());
                return Err(more.error(&allowed));
            }
        }
    }
    let strategy = properties.any_of(&["metadata.recovery.strategy"]);
    let trigger = properties.any_of(&["metadata.recovery.rebootstrap.trigger.ms"]);
    if let (Some(strategy), Some(trigger)) = (strategy, trigger) {
        if strategy.value().eq_ignore_ascii_case("none") {
            return Err(trigger.error("not together with metadata.recovery.strategy none"));
        }
    }
    Ok(())
}

/// In Java, too, a wait that is longer than the longest is as long as that, if the longest is not said.
fn lift_longest_waits(mut builder: ClientBuilder, properties: &Properties) -> ClientBuilder {
    let is_given = |key| properties.any_of(&[key]).is_some();
    let settings = &builder.settings;
    let (retry, connect) = (settings.retry_backoff, settings.connect_backoff);
    let lifted = |first: Duration, longest: Duration| longest.max(first);
    if !is_given("retry.backoff.max.ms") {
        let longest = lifted(retry, settings.retry_backoff_max);
        builder = builder.retry_backoff_max(longest);
    }
    if !is_given("reconnect.backoff.max.ms") {
        let longest = lifted(connect, builder.settings.connect_backoff_max);
        builder = builder.connect_backoff_max(longest);
    }
    builder
}

fn secure(
    mut builder: ClientBuilder,
    properties: &Properties,
) -> Result<ClientBuilder, ConfigError> {
    let protocol = Protocol::of(properties)?;
    if protocol.has_tls {
        #[cfg(feature = "tls")]
        {
            builder = builder.tls(super::tls::tls(properties)?);
        }
        #[cfg(not(feature = "tls"))]
        return Err(ConfigError::new(
            "security.protocol",
            "TLS needs milena's feature ring, aws-lc-rs or tls",
        ));
    }
    if protocol.has_sasl {
        builder = builder
            .shared_sasl(sasl::authenticator(properties)?)
            // This is what SASL_PLAINTEXT says.
            .allow_plaintext_credentials(!protocol.has_tls);
    }
    Ok(builder)
}

/// What building it would find, by the names of the keys. That there are no addresses yet is no mistake: the builder may be given some.
fn check(builder: &ClientBuilder, properties: &Properties) -> Result<(), ConfigError> {
    let mut builder = builder.clone();
    if builder.bootstrap.is_none() && builder.controllers.is_none() {
        builder = builder.bootstrap(["localhost:1"]);
    }
    match builder.check() {
        Ok(_) => Ok(()),
        Err(error) => match error.kind() {
            ErrorKind::Config(error) => {
                let given = properties.of_option(&error.option);
                let option = given.map_or(&*error.option, |given| given.name());
                Err(ConfigError::new(option, &*error.problem))
            }
            kind => Err(ConfigError::new("properties", kind.to_string())),
        },
    }
}
