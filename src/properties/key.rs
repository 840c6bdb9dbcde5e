//! What a key of a map of properties is.

use std::time::Duration;

use crate::cluster::ClientBuilder;

/// A key that Kafka's Java client or librdkafka know.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) dialect: Dialect,
    pub(super) meaning: Meaning,
}

/// Who knows a key by this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Java,
    Librdkafka,
    Both,
}

impl Dialect {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Java => "of Java",
            Self::Librdkafka => "of librdkafka",
            Self::Both => "of Java and librdkafka",
        }
    }
}

/// What it does here.
#[derive(Debug)]
pub(super) enum Meaning {
    /// It gives the option of this name a value.
    Option(&'static str, Kind),
    /// It says a part of the option `tls` or `sasl`, which is made of all of them.
    Part(Part),
    /// What the client does anyhow; only these values are taken.
    Always {
        values: &'static [&'static str],
        does: &'static str,
    },
    /// Of a producer or consumer, and not of the client below them.
    Of(Layer),
    /// Nothing here has this; and what to do about it.
    None(&'static str),
}

/// Who has an option that a client has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    Producer,
    Consumer,
    Either,
}

/// What the value of an option looks like, and how it is set.
#[derive(Debug)]
pub(super) enum Kind {
    /// A whole number of milliseconds.
    Time {
        least: u64,
        /// Those that mean "no limit".
        never: &'static [i64],
        set: fn(ClientBuilder, Duration) -> ClientBuilder,
    },
    Switch(fn(ClientBuilder, bool) -> ClientBuilder),
    Text(fn(ClientBuilder, String) -> ClientBuilder),
    /// `host:port`, several parted by commas.
    Nodes(fn(ClientBuilder, Vec<String>) -> ClientBuilder),
    /// A whole number of bytes.
    Bytes {
        least: u32,
        most: u32,
        /// The one that leaves it to the system.
        system: Option<i64>,
        set: fn(ClientBuilder, Option<u32>) -> ClientBuilder,
    },
    /// One of two words, the second of which is what happens anyhow.
    Choice {
        off: &'static str,
        on: &'static str,
        turn_off: fn(ClientBuilder) -> ClientBuilder,
    },
}

/// What of TLS and SASL a key says. Several keys may say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Protocol,
    Tls(TlsPart),
    Sasl(SaslPart),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TlsPart {
    TruststoreType,
    TruststoreLocation,
    TruststorePassword,
    TruststoreText,
    CaLocation,
    KeystoreType,
    KeystoreLocation,
    KeystorePassword,
    KeyPassword,
    CertificateText,
    CertificateLocation,
    KeyText,
    KeyLocation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SaslPart {
    Mechanism,
    Jaas,
    Username,
    Password,
    KerberosService,
    KerberosPrincipal,
    TokenUrl,
    ClientId,
    ClientSecret,
    Scope,
    Extensions,
    ConnectTimeout,
    ReadTimeout,
    LoginHandler,
    ClientHandler,
}

impl Key {
    pub(super) const fn new(dialect: Dialect, name: &'static str, meaning: Meaning) -> Self {
        Self {
            name,
            dialect,
            meaning,
        }
    }

    pub(super) const fn always(
        dialect: Dialect,
        name: &'static str,
        values: &'static [&'static str],
        does: &'static str,
    ) -> Self {
        Self::new(dialect, name, Meaning::Always { values, does })
    }

    pub(super) const fn none(dialect: Dialect, name: &'static str, instead: &'static str) -> Self {
        Self::new(dialect, name, Meaning::None(instead))
    }

    /// The option that it sets, or sets a part of.
    pub(super) fn option(&self) -> Option<&'static str> {
        match self.meaning {
            Meaning::Option(option, _) => Some(option),
            Meaning::Part(Part::Protocol | Part::Tls(_)) => Some("tls"),
            Meaning::Part(Part::Sasl(_)) => Some("sasl"),
            Meaning::Always { .. } | Meaning::Of(_) | Meaning::None(_) => None,
        }
    }

    /// Whether this and the other are two names of the same.
    pub(super) fn is_alias_of(&self, other: &Self) -> bool {
        match (&self.meaning, &other.meaning) {
            (Meaning::Part(this), Meaning::Part(other)) => this == other,
            (Meaning::Option(this, kind), Meaning::Option(other, other_kind)) => {
                this == other && std::mem::discriminant(kind) == std::mem::discriminant(other_kind)
            }
            _ => false,
        }
    }

    /// Whether the value may be shown to whoever reads an error.
    pub(super) fn is_secret(&self) -> bool {
        use SaslPart::{ClientSecret, Extensions, Jaas, Password, TokenUrl};
        use TlsPart::{
            CertificateText, KeyPassword, KeyText, KeystorePassword, TruststorePassword,
        };
        match self.meaning {
            Meaning::Part(Part::Tls(part)) => matches!(
                part,
                TruststorePassword | KeystorePassword | KeyPassword | KeyText | CertificateText
            ),
            Meaning::Part(Part::Sasl(part)) => {
                matches!(part, Jaas | Password | ClientSecret | TokenUrl | Extensions)
            }
            _ => false,
        }
    }
}
