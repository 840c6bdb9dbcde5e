//! Where a broker is.

use std::fmt;
use std::sync::Arc;

/// Host and port, and how they were given.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    text: Arc<str>,
    /// Where the host stands in the text.
    host: (usize, usize),
    port: u16,
}

impl Address {
    /// Reads `host:port`, `1.2.3.4:port` or `[::1]:port`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let bracketed = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        let start = match bracketed {
            Some(_) => 1,
            None if host.contains(':') => return None,
            None => 0,
        };
        let host = bracketed.unwrap_or(host);
        let digits = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|&port| digits && port != 0)?;
        let is_host = !host.is_empty() && !host.contains(is_foreign);
        is_host.then(|| Self {
            host: (start, start + host.len()),
            text: text.into(),
            port,
        })
    }

    /// From a host without brackets and a port.
    pub(crate) fn new(host: &str, port: u16) -> Option<Self> {
        if host.contains(':') {
            Self::parse(&format!("[{host}]:{port}"))
        } else {
            Self::parse(&format!("{host}:{port}"))
        }
    }

    /// Without brackets.
    pub(crate) fn host(&self) -> &str {
        self.text.get(self.host.0..self.host.1).unwrap_or_default()
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn text(&self) -> &Arc<str> {
        &self.text
    }
}

/// What shows that something else than a host was given: a list, a URL, a name with blanks.
fn is_foreign(character: char) -> bool {
    character.is_whitespace() || character.is_control() || ",;/\\@?#[]\"'".contains(character)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_split() {
        for (text, host, port) in [
            ("localhost:9092", "localhost", 9092),
            ("10.0.0.1:1", "10.0.0.1", 1),
            ("[::1]:9092", "::1", 9092),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!((address.host(), address.port()), (host, port));
            assert_eq!(address.to_string(), text);
        }
        for wrong in [
            "localhost",
            "localhost:",
            ":9092",
            "::1:9092",
            "h:0",
            "h:99999",
            "[]:1",
            "h:+1",
            " h:1",
            "a:1,b:1",
            "PLAINTEXT://h:1",
            "[[::1]]:1",
        ] {
            assert!(Address::parse(wrong).is_none(), "{wrong}");
        }
    }
}
