//! What went wrong, in one line: with whom, when, why, and what may help.

use std::fmt;
use std::io;

use milena::error::{ConnectFailure, ErrorKind, Phase};
use milena::sasl::SaslError;
use milena::tls::TlsProblem;
use milena::wire::error_code::ErrorCode;
use milena::{CloseReason, Error};
use serde_json::{Value, json};

use crate::options::{Options, Sasl};

pub(crate) struct Failure {
    peer: Option<String>,
    phase: &'static str,
    kind: String,
    cause: String,
    hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(
        peer: Option<&str>,
        phase: &'static str,
        kind: impl Into<String>,
        cause: &impl ToString,
    ) -> Self {
        Self {
            peer: peer.map(ToOwned::to_owned),
            phase,
            kind: kind.into(),
            cause: cause.to_string(),
            hint: None,
        }
    }

    /// One on this side, before a broker was spoken to.
    pub(crate) fn here(phase: &'static str, kind: &'static str, cause: &impl ToString) -> Self {
        Self::new(None, phase, kind, cause)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Why there is no connection.
    pub(crate) fn connecting(error: &Error, options: &Options) -> Self {
        let (phase, told, cause) = match error.kind() {
            ErrorKind::Connect { phase, cause } => (
                phase_name(*phase),
                connect_failure(*phase, cause, options),
                cause.to_string(),
            ),
            other => ("connect", Told::new("other", None), other.to_string()),
        };
        Self {
            peer: error.peer().map(ToOwned::to_owned),
            phase,
            kind: told.kind.to_owned(),
            cause,
            hint: told.hint,
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "peer": self.peer,
            "phase": self.phase,
            "kind": self.kind,
            "cause": self.cause,
            "hint": self.hint,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = String::new();
        if let Some(peer) = &self.peer {
            line += &format!("{peer}: ");
        }
        line += &format!("{}: {}", self.phase, self.cause);
        if let Some(hint) = &self.hint {
            line += &format!(" (hint: {hint})");
        }
        // A broker's words may have several lines, and whatever else.
        for character in line.chars() {
            if character.is_control() {
                f.write_str(" ")?;
            } else {
                write!(f, "{character}")?;
            }
        }
        Ok(())
    }
}

/// A word for a failure, and what may help.
struct Told {
    kind: &'static str,
    hint: Option<String>,
}

impl Told {
    fn new(kind: &'static str, hint: Option<&str>) -> Self {
        Self {
            kind,
            hint: hint.map(ToOwned::to_owned),
        }
    }

    fn hinted(kind: &'static str, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..Self::new(kind, None)
        }
    }
}

pub(crate) fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Resolve => "resolve",
        Phase::Tcp => "tcp",
        Phase::Tls => "tls",
        Phase::ApiVersions => "api_versions",
        Phase::SaslHandshake => "sasl_handshake",
        Phase::SaslAuthenticate => "sasl_authenticate",
        _ => "connect",
    }
}

fn connect_failure(phase: Phase, cause: &ConnectFailure, options: &Options) -> Told {
    match cause {
        ConnectFailure::Io(error) => io_failure(phase, error, options),
        ConnectFailure::TimedOut { .. } => timed_out(phase, options),
        ConnectFailure::InvalidAddress => Told::hinted(
            "invalid_address",
            "localhost:9092, 10.0.0.1:9092 or [::1]:9092",
        ),
        ConnectFailure::NotKafka(what) if what.contains("TLS") => {
            Told::hinted("tls_port", "add --tls")
        }
        ConnectFailure::NotKafka(_) => Told::hinted("not_kafka", "is this the broker's port?"),
        ConnectFailure::Refused(_) => Told::new("refused_versions", None),
        ConnectFailure::Tls(problem) => tls_failure(problem, options),
        ConnectFailure::Sasl(error) => sasl_failure(error, options),
        _ => Told::new("other", None),
    }
}

fn io_failure(phase: Phase, error: &io::Error, options: &Options) -> Told {
    match (phase, error.kind()) {
        (Phase::Resolve, _) => Told::hinted(
            "dns",
            "is the host name right, and does this machine's DNS know it?",
        ),
        (_, io::ErrorKind::ConnectionRefused) => Told::hinted(
            "refused",
            "nothing listens there: is the broker up, and is this its port?",
        ),
        (Phase::Tcp, _) => Told::hinted("unreachable", "is there a way to this host?"),
        (Phase::Tls, _) => {
            Told::hinted("hung_up", "if this is a port without TLS, leave out --tls")
        }
        (Phase::SaslHandshake | Phase::SaslAuthenticate, kind) if is_hang_up(kind) => Told::hinted(
            "hung_up",
            "some brokers refuse a wrong user or a wrong password like this; the broker's log may tell why",
        ),
        (Phase::ApiVersions, kind)
            if is_hang_up(kind) && options.tls.is_none() && !options.fallback =>
        {
            Told::hinted(
                "refused_versions",
                "for Kafka 0.9 add --fallback-0.9; for a TLS port add --tls",
            )
        }
        (_, kind) if is_hang_up(kind) && options.tls.is_none() => Told::hinted(
            "hung_up",
            "is this the broker's TLS port? Then add --tls; the broker's log may tell more",
        ),
        (_, kind) if is_hang_up(kind) => Told::hinted(
            "hung_up",
            "the broker closed the connection; its log may tell why",
        ),
        _ => Told::new("io", None),
    }
}

fn is_hang_up(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
    )
}

fn timed_out(phase: Phase, options: &Options) -> Told {
    Told::hinted(
        "timed_out",
        match phase {
            Phase::Resolve => "DNS does not answer, or --connect-timeout is too short",
            Phase::Tcp => {
                "the host does not answer: is it the right one, and does a firewall drop what is sent to it?"
            }
            Phase::Tls => {
                "what listens there does not answer to TLS: if this is a port without it, leave out --tls"
            }
            Phase::ApiVersions if options.tls.is_none() => {
                "what listens there does not answer: is it a Kafka broker? For a TLS port add --tls; Kafka 0.9 needs --fallback-0.9"
            }
            Phase::ApiVersions => "what listens there does not answer: is it a Kafka broker?",
            _ => "the broker, or who gives the credentials, takes longer than --connect-timeout",
        },
    )
}

fn tls_failure(problem: &TlsProblem, options: &Options) -> Told {
    let has_identity = options
        .tls
        .as_ref()
        .is_some_and(|tls| tls.identity.is_some());
    match problem {
        TlsProblem::WrongHost => Told::hinted(
            "wrong_host",
            "connect by a name that the certificate is for",
        ),
        TlsProblem::Expired => Told::hinted(
            "expired",
            "the broker needs a new certificate, or this machine's clock is wrong",
        ),
        TlsProblem::UnknownIssuer => Told::hinted(
            "unknown_issuer",
            "--tls-ca FILE names the authority that signed the broker's certificate",
        ),
        TlsProblem::NotTls | TlsProblem::HungUp => {
            Told::hinted("not_tls", "if this is a port without TLS, leave out --tls")
        }
        TlsProblem::CertificateRequired if has_identity => Told::hinted(
            "certificate_required",
            "the one of --tls-cert is of no kind that the broker takes",
        ),
        TlsProblem::CertificateRequired => {
            Told::hinted("certificate_required", "add --tls-cert and --tls-key")
        }
        TlsProblem::CertificateRefused => Told::hinted(
            "certificate_refused",
            "is the certificate of --tls-cert signed by whom the broker trusts, and still valid?",
        ),
        TlsProblem::Incompatible => Told::hinted(
            "incompatible",
            "this side has TLS 1.2 and 1.3, with modern ciphers",
        ),
        TlsProblem::Configuration(_) => Told::new("tls_configuration", None),
        _ => Told::new("tls", None),
    }
}

fn sasl_failure(error: &SaslError, options: &Options) -> Told {
    match error {
        SaslError::UnsupportedMechanism { offered, .. } if offered.is_empty() => {
            Told::hinted("unsupported_mechanism", "does this listener have SASL?")
        }
        SaslError::UnsupportedMechanism { offered, .. } => Told::hinted(
            "unsupported_mechanism",
            format!("--sasl {}", offered.join(" or ").to_ascii_lowercase()),
        ),
        SaslError::PlaintextCredentials { .. } => Told::hinted(
            "plaintext_credentials",
            "add --tls, or --allow-plaintext-credentials",
        ),
        SaslError::Refused {
            code: Some(ErrorCode::ILLEGAL_SASL_STATE),
            ..
        } => Told::hinted("no_sasl", "this listener has no SASL: leave out --sasl"),
        SaslError::Refused { .. } => Told::hinted(
            "authentication",
            match options.sasl {
                Some(Sasl::OauthBearer(_)) => "is the token over, or not for this broker?",
                Some(Sasl::Gssapi { .. }) => "does the broker know this principal?",
                _ => "wrong user or wrong password",
            },
        ),
        SaslError::InvalidChallenge(_) => {
            Told::hinted("invalid_challenge", "is it the broker that it should be?")
        }
        SaslError::InvalidCredentials(_) => Told::new("invalid_credentials", None),
        SaslError::Provider(_) => Told::hinted(
            "no_credentials",
            match options.sasl {
                Some(Sasl::Gssapi { .. }) => {
                    "kinit, or --keytab; KRB5_CONFIG names the configuration"
                }
                _ => "can --token-file be read?",
            },
        ),
        _ => Told::new("sasl", None),
    }
}

/// A word for what went wrong with a request.
pub(crate) fn request_kind(error: &Error) -> String {
    match error.kind() {
        ErrorKind::Closed(reason) => format!("closed: {}", close_kind(reason)),
        ErrorKind::DeadlineExceeded => "deadline".to_owned(),
        ErrorKind::UnsupportedApi => "unsupported API".to_owned(),
        ErrorKind::UnsupportedVersion { .. } => "unsupported version".to_owned(),
        ErrorKind::InvalidRequest(_) => "invalid request".to_owned(),
        ErrorKind::InvalidResponse(_) => "invalid response".to_owned(),
        _ => "other".to_owned(),
    }
}

/// A word for why a connection ended.
pub(crate) fn close_kind(reason: &CloseReason) -> &'static str {
    match reason {
        CloseReason::ConnectionBroken(_) => "ConnectionBroken",
        CloseReason::ConnectionTimeout => "ConnectionTimeout",
        CloseReason::OutOfSync { .. } => "OutOfSync",
        CloseReason::IdleDrop => "IdleDrop",
        CloseReason::AuthFailure(_) => "AuthFailure",
        CloseReason::Shutdown => "Shutdown",
        _ => "other",
    }
}
