//! What was asked for.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::sendable::{self, Sendable};

pub(crate) const USAGE: &str = "\
usage: connect [OPTION]...

Looks at a Kafka broker. Without --bootstrap at an embedded one, in this process.

  --bootstrap HOST:PORT       the broker
  --connect-timeout MS        how long connecting may take (10000)
  --again                     connect a second time, which may resume the TLS session, and go on with that connection
  --fallback-0.9              take a broker that hangs up when it is asked for its versions for Kafka 0.9

  --tls                       encrypt; trust whom the platform trusts
  --tls-ca FILE               trust these certificates instead (PEM)
  --tls-cert FILE --tls-key FILE
                              the client's certificate and its key (PEM)

  --sasl MECHANISM            plain, scram-sha-256, scram-sha-512, oauthbearer or gssapi
  --user USER                 for plain and scram
  --password-file FILE        what is in it, without the line's end; - is standard input
  --delegation-token          with scram: the user is the id of a delegation token, the password its HMAC
  --token-file FILE           for oauthbearer, read for each authentication; - is standard input
  --keytab FILE               for gssapi; without it the tickets and the client keytab that the system finds
  --principal PRINCIPAL       for gssapi
  --allow-plaintext-credentials
                              let plain and oauthbearer run without TLS

  --send API[:VERSION]        measure this API, at most at this version; may be repeated (ApiVersions)
  --count N                   so many requests of each (100)
  --duration MS               or so long
  --concurrency C             so many at once (1)
  --idle MS                   how long the connection may be idle; at the end wait until it drops

  --json                      one JSON object on one line
  --help                      this
";

/// What the arguments mean.
pub(crate) enum Parsed {
    Run(Box<Options>),
    Help,
}

pub(crate) struct Options {
    pub(crate) bootstrap: Option<String>,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) again: bool,
    pub(crate) fallback: bool,
    pub(crate) tls: Option<TlsOptions>,
    pub(crate) sasl: Option<Sasl>,
    pub(crate) allow_plaintext_credentials: bool,
    pub(crate) sends: Vec<Send>,
    pub(crate) amount: Amount,
    pub(crate) concurrency: NonZeroUsize,
    pub(crate) idle: Option<Duration>,
    pub(crate) json: bool,
}

pub(crate) struct TlsOptions {
    pub(crate) ca: Option<PathBuf>,
    /// Certificate and key.
    pub(crate) identity: Option<(PathBuf, PathBuf)>,
}

pub(crate) enum Sasl {
    Plain(Login),
    ScramSha256(Login, ScramUser),
    ScramSha512(Login, ScramUser),
    OauthBearer(Source),
    Gssapi {
        keytab: Option<PathBuf>,
        principal: Option<String>,
    },
}

pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: Source,
}

/// Who a user of SCRAM is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScramUser {
    User,
    DelegationToken,
}

/// Where a secret comes from.
#[derive(Clone)]
pub(crate) enum Source {
    File(PathBuf),
    StandardInput,
}

/// One `--send`.
#[derive(Clone, Copy)]
pub(crate) struct Send {
    pub(crate) what: &'static Sendable,
    pub(crate) max_version: Option<i16>,
}

#[derive(Clone, Copy)]
pub(crate) enum Amount {
    Requests(usize),
    Time(Duration),
}

/// The arguments as they stand there.
#[derive(Default)]
struct Given {
    bootstrap: Option<String>,
    connect_timeout: Option<Duration>,
    again: bool,
    fallback: bool,
    tls: bool,
    tls_ca: Option<PathBuf>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    sasl: Option<String>,
    user: Option<String>,
    password: Option<Source>,
    delegation_token: bool,
    token: Option<Source>,
    keytab: Option<PathBuf>,
    principal: Option<String>,
    allow_plaintext_credentials: bool,
    sends: Vec<Send>,
    count: Option<NonZeroUsize>,
    duration: Option<Duration>,
    concurrency: Option<NonZeroUsize>,
    idle: Option<Duration>,
    json: bool,
}

/// Reads the arguments.
///
/// # Errors
/// What is wrong with them.
pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Parsed, String> {
    let mut given = Given::default();
    while let Some(argument) = arguments.next() {
        let name = argument.as_str();
        let mut value = || arguments.next().ok_or(format!("{name} needs a value"));
        match name {
            "--bootstrap" => given.bootstrap = Some(value()?),
            "--connect-timeout" => given.connect_timeout = Some(time(name, &value()?)?),
            "--again" => given.again = true,
            "--fallback-0.9" => given.fallback = true,
            "--tls" => given.tls = true,
            "--tls-ca" => given.tls_ca = Some(value()?.into()),
            "--tls-cert" => given.tls_cert = Some(value()?.into()),
            "--tls-key" => given.tls_key = Some(value()?.into()),
            "--sasl" => given.sasl = Some(value()?.to_ascii_lowercase()),
            "--user" => given.user = Some(value()?),
            "--password-file" => given.password = Some(value()?.into()),
            "--delegation-token" => given.delegation_token = true,
            "--token-file" => given.token = Some(value()?.into()),
            "--keytab" => given.keytab = Some(value()?.into()),
            "--principal" => given.principal = Some(value()?),
            "--allow-plaintext-credentials" => given.allow_plaintext_credentials = true,
            "--send" => given.sends.push(send(&value()?)?),
            "--count" => given.count = Some(number(name, &value()?)?),
            "--duration" => given.duration = Some(time(name, &value()?)?),
            "--concurrency" => given.concurrency = Some(number(name, &value()?)?),
            "--idle" => given.idle = Some(time(name, &value()?)?),
            "--json" => given.json = true,
            "--help" | "-h" => return Ok(Parsed::Help),
            // Never shown again: a password may have slipped in.
            _ if name.starts_with("--pass") => {
                return Err("a password comes from --password-file".to_owned());
            }
            _ => return Err(format!("unknown argument {name}")),
        }
    }
    Ok(Parsed::Run(Box::new(given.check()?)))
}

impl Given {
    fn check(mut self) -> Result<Options, String> {
        let tls = self.tls()?;
        let sasl = self.sasl()?;
        let amount = match (self.count, self.duration) {
            (Some(_), Some(_)) => return Err("--count or --duration, not both".to_owned()),
            (count, None) => Amount::Requests(count.map_or(100, NonZeroUsize::get)),
            (None, Some(time)) => Amount::Time(time),
        };
        Ok(Options {
            bootstrap: self.bootstrap,
            connect_timeout: self.connect_timeout,
            again: self.again,
            fallback: self.fallback,
            tls,
            sasl,
            allow_plaintext_credentials: self.allow_plaintext_credentials,
            sends: self.sends,
            amount,
            concurrency: self.concurrency.unwrap_or(NonZeroUsize::MIN),
            idle: self.idle,
            json: self.json,
        })
    }

    fn tls(&mut self) -> Result<Option<TlsOptions>, String> {
        let identity = match (self.tls_cert.take(), self.tls_key.take()) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err("--tls-cert and --tls-key go together".to_owned()),
        };
        let ca = self.tls_ca.take();
        if !self.tls && (ca.is_some() || identity.is_some()) {
            return Err("--tls-ca and --tls-cert need --tls".to_owned());
        }
        Ok(self.tls.then_some(TlsOptions { ca, identity }))
    }

    /// Takes what belongs to the mechanism; nothing may be left that belongs to another.
    fn sasl(&mut self) -> Result<Option<Sasl>, String> {
        let name = self.sasl.take();
        let sasl = match name.as_deref() {
            None => None,
            Some("plain") => Some(Sasl::Plain(self.login()?)),
            Some("scram-sha-256") => Some(Sasl::ScramSha256(self.login()?, self.scram_user())),
            Some("scram-sha-512") => Some(Sasl::ScramSha512(self.login()?, self.scram_user())),
            Some("oauthbearer") => {
                let token = self.token.take();
                let token = token.ok_or("--sasl oauthbearer needs --token-file")?;
                Some(Sasl::OauthBearer(token))
            }
            Some("gssapi") => Some(Sasl::Gssapi {
                keytab: self.keytab.take(),
                principal: self.principal.take(),
            }),
            Some(other) => {
                return Err(format!(
                    "unknown mechanism {other}; known: plain, scram-sha-256, scram-sha-512, oauthbearer, gssapi"
                ));
            }
        };
        let left = [
            ("--user", self.user.is_some()),
            ("--password-file", self.password.is_some()),
            ("--delegation-token", self.delegation_token),
            ("--token-file", self.token.is_some()),
            ("--keytab", self.keytab.is_some()),
            ("--principal", self.principal.is_some()),
        ];
        match (left.iter().find(|(_, is_left)| *is_left), name) {
            (None, _) => Ok(sasl),
            (Some((option, _)), Some(name)) => Err(format!("--sasl {name} takes no {option}")),
            (Some((option, _)), None) => Err(format!("{option} needs --sasl")),
        }
    }

    fn login(&mut self) -> Result<Login, String> {
        let user = self.user.take().ok_or("--sasl needs --user")?;
        let password = self.password.take();
        let password = password.ok_or("--sasl needs --password-file")?;
        Ok(Login { user, password })
    }

    fn scram_user(&mut self) -> ScramUser {
        if std::mem::take(&mut self.delegation_token) {
            ScramUser::DelegationToken
        } else {
            ScramUser::User
        }
    }
}

impl From<String> for Source {
    fn from(path: String) -> Self {
        match path.as_str() {
            "-" => Self::StandardInput,
            _ => Self::File(path.into()),
        }
    }
}

fn number<T: FromStr>(name: &str, value: &str) -> Result<T, String> {
    let number = value.parse();
    number.map_err(|_| format!("{name} needs a number above 0, not {value}"))
}

fn time(name: &str, value: &str) -> Result<Duration, String> {
    let milliseconds: u32 = number(name, value)?;
    Ok(Duration::from_millis(milliseconds.into()))
}

fn send(value: &str) -> Result<Send, String> {
    let (name, version) = match value.split_once(':') {
        Some((name, version)) => (name, Some(version)),
        None => (value, None),
    };
    let mut all = sendable::ALL.iter();
    let what = all.find(|sendable| sendable.api.to_string().eq_ignore_ascii_case(name));
    let what = what.ok_or_else(|| {
        let names: Vec<_> = sendable::ALL
            .iter()
            .map(|sendable| sendable.api.to_string())
            .collect();
        format!("cannot send {name}; possible: {}", names.join(", "))
    })?;
    let max_version = version
        .map(|version| number("--send API:VERSION", version))
        .transpose()?;
    Ok(Send { what, max_version })
}
