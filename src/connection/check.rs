//! Whether what was chosen of a connection can be.

use std::time::Duration;

use super::settings::Settings;
use crate::error::ConfigError;

/// What Linux takes as the time before it asks.
const KEEPALIVE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(32_767));

/// What setting a socket's buffer takes.
const LONGEST_BUFFER: u32 = i32::MAX.unsigned_abs();

/// What the length of a client id, which has 16 bits, can say.
const LONGEST_CLIENT_ID: usize = 32_767;

impl Settings {
    /// # Errors
    /// Of the first option that cannot be, or not together with another.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let wrong = |option: &str, problem: String| Err(ConfigError::new(option, problem));
        if let Some(length) = self.client_id.as_ref().map(|id| id.len()) {
            if length > LONGEST_CLIENT_ID {
                return wrong(
                    "client_id",
                    format!("{length} bytes: at most {LONGEST_CLIENT_ID}"),
                );
            }
        }
        for (option, time) in [
            ("connect_timeout", self.connect_timeout),
            ("request_timeout", self.request_timeout),
            ("deadline", self.deadline),
            ("connections_max_idle", self.connections_max_idle),
        ] {
            if time.is_zero() {
                return wrong(option, "0: more than 0 is needed".to_owned());
            }
        }
        for (option, time) in [
            ("resolve_timeout", self.resolve_timeout),
            ("tcp_connect_timeout", self.tcp_connect_timeout),
            ("tls_timeout", self.tls_timeout),
            ("authentication_timeout", self.authentication_timeout),
        ] {
            let whole = self.connect_timeout;
            if let Some(time) = time.filter(|time| time.is_zero() || *time > whole) {
                return wrong(
                    option,
                    format!(
                        "{time:?}: more than 0 is needed, and at most connect_timeout, which is {whole:?}"
                    ),
                );
            }
        }
        if let Some(time) = self.socket.keepalive {
            let (least, most) = KEEPALIVE;
            if !(least..=most).contains(&time) {
                return wrong(
                    "tcp_keepalive",
                    format!("{time:?}: {least:?} to {most:?} are possible, or none"),
                );
            }
        }
        for (option, bytes) in [
            ("send_buffer", self.socket.send_buffer),
            ("receive_buffer", self.socket.receive_buffer),
        ] {
            if let Some(bytes) = bytes.filter(|bytes| !(1..=LONGEST_BUFFER).contains(bytes)) {
                return wrong(
                    option,
                    format!("{bytes} bytes: 1 to {LONGEST_BUFFER} are possible, or none"),
                );
            }
        }
        for (option, bytes) in [
            ("max_response_size", self.max_response_size),
            ("decode_memory_budget", self.memory_budget),
            ("max_queued_bytes", self.max_queued_bytes),
        ] {
            if bytes == 0 {
                return wrong(option, "0 bytes: more than 0 are needed".to_owned());
            }
        }
        let fallback = self.fallback_versions.as_ref();
        if fallback.is_some_and(|versions| versions.iter().next().is_none()) {
            return wrong(
                "fallback_versions",
                "no API is in it: a broker speaks some".to_owned(),
            );
        }
        if self.dialer.is_some() {
            for (option, is_given) in [
                ("resolve_timeout", self.resolve_timeout.is_some()),
                ("send_buffer", self.socket.send_buffer.is_some()),
                ("receive_buffer", self.socket.receive_buffer.is_some()),
            ] {
                if is_given {
                    return wrong(
                        option,
                        "not together with dialer, which finds addresses and makes sockets its own way"
                            .to_owned(),
                    );
                }
            }
        }
        Ok(())
    }
}
