//! The command line.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use milena_broker::{Cluster, ClusterBuilder, Mechanism, Sasl, Tls};

pub(crate) const USAGE: &str = "\
An Apache Kafka cluster in memory, for tests. Serves until ctrl-c.

Usage: milena-broker [options]

  --nodes N               how many nodes (1)
  --port N                the port of the first node, the others have those after it; 0 takes free ones (9092)
  --host ADDRESS          the IP address to listen on (127.0.0.1)
  --racks NAME,...        the racks in which the nodes stand, in turn
  --partitions N          how many partitions a topic has if nobody says (1)
  --replicas N            how many nodes hold each partition of it (3, or all if there are fewer)
  --no-auto-create        do not make topics that a client asks about
  --max-request-bytes N   the largest request (104857600)
  --headers-only          check headers and checksums of batches, not every record
  --no-checksums          do not compute checksums of batches
  --discard               drop the records that come, and keep their offsets only
  --latency MS            how long the way to each node and back takes (0)
  --fetch-sessions N      how many fetch sessions each node remembers (1000)
  --profile VERSION       pass for a Kafka of this version: newest, 2.8, 1.1 or 0.10.2 (newest)
  --zookeeper             one node is the controller, as with ZooKeeper; the default of old versions
  --sasl MECHANISM,...    make clients log in: plain, scram-sha-256, scram-sha-512, oauthbearer (with unsigned tokens)
  --user NAME:PASSWORD    who may log in by PLAIN and SCRAM; can be given more than once
  --session-lifetime-ms N make clients log in again after this time
  --tls                   encrypt, with a certificate made at the start
  --tls-ca-file PATH      the same, and write there what clients need to trust, in PEM
  --help                  print this
  --version               print the version";

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Arguments {
    Serve(Box<Serve>),
    Help,
    Version,
}

/// How to serve.
#[derive(Debug)]
pub(crate) struct Serve {
    pub(crate) cluster: ClusterBuilder,
    /// Where to write the certificate that clients need to trust.
    pub(crate) ca_file: Option<PathBuf>,
}

/// What is wrong with the command line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ArgumentError {
    Unknown(String),
    NoValue(String),
    UnexpectedValue(String),
    Invalid { option: String, value: String },
    NoSasl(String),
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(argument) => write!(f, "unknown argument {argument}"),
            Self::NoValue(option) => write!(f, "{option} needs a value"),
            Self::UnexpectedValue(option) => write!(f, "{option} takes no value"),
            Self::Invalid { option, value } => write!(f, "{value:?} is no value for {option}"),
            Self::NoSasl(option) => write!(f, "{option} needs --sasl"),
        }
    }
}

/// Reads the arguments, without the program's name.
pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Arguments, ArgumentError> {
    let mut builder = Cluster::builder();
    let (mut host, mut port) = (IpAddr::V4(Ipv4Addr::LOCALHOST), 9092);
    let (mut login, mut tls, mut ca_file) = (Login::default(), false, None);
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        let (option, value) = match argument.split_once('=') {
            Some((option, value)) if option.starts_with("--") => {
                (option.to_owned(), Some(value.to_owned()))
            }
            _ => (argument, None),
        };
        let flag = matches!(
            &*option,
            "--no-auto-create"
                | "--headers-only"
                | "--no-checksums"
                | "--discard"
                | "--zookeeper"
                | "--tls"
                | "--help"
                | "-h"
                | "--version"
                | "-V"
        );
        if flag && value.is_some() {
            return Err(ArgumentError::UnexpectedValue(option));
        }
        let mut value = Value {
            option: &option,
            given: value,
            rest: &mut arguments,
        };
        match &*option {
            "--nodes" => builder = builder.nodes(value.parse()?),
            "--port" => port = value.parse()?,
            "--host" => host = value.parse()?,
            "--partitions" => builder = builder.default_partitions(value.parse()?),
            "--racks" => builder = builder.racks(value.parse::<String>()?.split(',')),
            "--replicas" => builder = builder.default_replication_factor(value.parse()?),
            "--zookeeper" => builder = builder.zookeeper(true),
            "--max-request-bytes" => builder = builder.max_request_bytes(value.parse()?),
            "--fetch-sessions" => builder = builder.fetch_session_slots(value.parse()?),
            "--no-auto-create" => builder = builder.auto_create_topics(false),
            "--no-checksums" => builder = builder.check_checksums(false),
            "--discard" => builder = builder.discard(true),
            "--latency" => builder = builder.latency(Duration::from_millis(value.parse()?)),
            "--headers-only" => builder = builder.check_every_record(false),
            "--profile" => builder = builder.profile(value.parse()?),
            "--sasl" => login.mechanisms = value.parse::<Mechanisms>()?.0,
            "--user" => login.users.push(value.parse()?),
            "--session-lifetime-ms" => login.lifetime = Some(value.parse()?),
            "--tls" => tls = true,
            "--tls-ca-file" => ca_file = Some(value.parse()?),
            "--help" | "-h" => return Ok(Arguments::Help),
            "--version" | "-V" => return Ok(Arguments::Version),
            _ => return Err(ArgumentError::Unknown(option)),
        }
    }
    let mut cluster = builder.listen(SocketAddr::new(host, port));
    if let Some(sasl) = login.sasl()? {
        cluster = cluster.sasl(sasl);
    }
    if tls || ca_file.is_some() {
        cluster = cluster.tls(Tls::new());
    }
    Ok(Arguments::Serve(Box::new(Serve { cluster, ca_file })))
}

/// What the options about SASL say.
#[derive(Debug, Default)]
struct Login {
    mechanisms: Vec<Mechanism>,
    users: Vec<User>,
    lifetime: Option<u64>,
}

impl Login {
    fn sasl(self) -> Result<Option<Sasl>, ArgumentError> {
        if self.mechanisms.is_empty() {
            let option = match (self.users.is_empty(), self.lifetime) {
                (false, _) => "--user",
                (_, Some(_)) => "--session-lifetime-ms",
                _ => return Ok(None),
            };
            return Err(ArgumentError::NoSasl(option.to_owned()));
        }
        let mut sasl = Sasl::new();
        for mechanism in self.mechanisms {
            sasl = sasl.mechanism(mechanism);
        }
        for user in self.users {
            sasl = sasl.user(user.name, user.password);
        }
        if let Some(lifetime) = self.lifetime {
            sasl = sasl.session_lifetime(Duration::from_millis(lifetime));
        }
        Ok(Some(sasl))
    }
}

/// Names with commas between.
struct Mechanisms(Vec<Mechanism>);

impl FromStr for Mechanisms {
    type Err = milena_broker::UnknownMechanism;

    fn from_str(names: &str) -> Result<Self, Self::Err> {
        let mechanisms: Result<_, _> = names.split(',').map(str::parse).collect();
        mechanisms.map(Self)
    }
}

/// `NAME:PASSWORD`; the password may hold colons.
#[derive(Debug)]
struct User {
    name: String,
    password: String,
}

impl FromStr for User {
    type Err = ();

    fn from_str(user: &str) -> Result<Self, ()> {
        let (name, password) = user.split_once(':').ok_or(())?;
        Ok(Self {
            name: name.to_owned(),
            password: password.to_owned(),
        })
    }
}

/// The value of an option: behind `=`, or the next argument.
struct Value<'a, I> {
    option: &'a str,
    given: Option<String>,
    rest: &'a mut I,
}

impl<I: Iterator<Item = String>> Value<'_, I> {
    fn parse<T: FromStr>(&mut self) -> Result<T, ArgumentError> {
        let value = self.given.take().or_else(|| self.rest.next());
        let value = value.ok_or_else(|| ArgumentError::NoValue(self.option.to_owned()))?;
        value.parse().map_err(|_| ArgumentError::Invalid {
            option: self.option.to_owned(),
            value,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Arguments, ArgumentError> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_come_with_or_without_an_equals_sign() {
        for line in [
            "",
            "--nodes 3 --port 9092",
            "--nodes=3 --port=0 --host=::1 --no-auto-create",
            "--sasl plain,SCRAM-SHA-256 --user a:b:c --user=d:e --session-lifetime-ms 5",
            "--profile 0.10.2 --sasl oauthbearer",
            "--nodes 3 --racks a,b --replicas=2 --zookeeper",
            "--discard --latency 10 --headers-only --no-checksums",
            "--fetch-sessions=0",
        ] {
            assert!(matches!(parsed(line), Ok(Arguments::Serve(_))), "{line}");
        }
        assert!(matches!(parsed("--nodes 3 --help"), Ok(Arguments::Help)));
    }

    #[test]
    fn errors_name_the_option() {
        for (line, message) in [
            ("--node 3", "unknown argument --node"),
            ("--nodes", "--nodes needs a value"),
            ("--nodes -1", "\"-1\" is no value for --nodes"),
            ("--port 65536", "\"65536\" is no value for --port"),
            ("--host localhost", "\"localhost\" is no value for --host"),
            ("--latency 1s", "\"1s\" is no value for --latency"),
            ("--discard=all", "--discard takes no value"),
            ("--help=yes", "--help takes no value"),
            ("--sasl plan", "\"plan\" is no value for --sasl"),
            ("--sasl plain --user a", "\"a\" is no value for --user"),
            ("--user a:b", "--user needs --sasl"),
            ("--profile 3", "\"3\" is no value for --profile"),
        ] {
            assert_eq!(parsed(line).unwrap_err().to_string(), message);
        }
    }
}
