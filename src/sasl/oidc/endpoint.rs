//! Where tokens are asked for.

use std::fmt;
use std::net::IpAddr;

use hyper::Uri;

use crate::sasl::error::SaslError;

/// A token endpoint: an `https` URL, or an `http` one.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) is_tls: bool,
    /// Without the brackets of an IPv6 address.
    pub(super) host: String,
    pub(super) port: u16,
    /// Host and port as they stood in the URL: the `Host` of the request.
    pub(super) authority: String,
    /// With the query, if there is one.
    pub(super) path: String,
}

impl Endpoint {
    pub(super) fn parse(url: &str) -> Result<Self, SaslError> {
        // The URL itself is not repeated: what is wrong with it may be a password in it.
        let wrong = |what: &str| {
            let text = format!("the URL of the token endpoint {what}");
            SaslError::InvalidCredentials(text)
        };
        let uri: Uri = url.parse().map_err(|_| wrong("is not a URL"))?;
        let (is_tls, default_port) = match uri.scheme_str() {
            Some("https") => (true, 443),
            Some("http") => (false, 80),
            _ => return Err(wrong("is neither https nor http")),
        };
        let authority = uri.authority().ok_or_else(|| wrong("has no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("has a user in it"));
        }
        let host = authority.host();
        let inner = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let host = inner.unwrap_or(host);
        if host.is_empty() {
            return Err(wrong("has no host"));
        }
        let port = match authority.port() {
            Some(port) => port.as_u16(),
            None => default_port,
        };
        let path = uri.path_and_query().map_or("", |path| path.as_str());
        // A URL may go from its host right to its query; a request may not.
        let slash = if path.starts_with('/') { "" } else { "/" };
        Ok(Self {
            is_tls,
            host: host.to_owned(),
            port,
            authority: authority.as_str().to_owned(),
            path: format!("{slash}{path}"),
        })
    }

    /// Whether what is sent there can be heard by others.
    pub(super) fn is_exposed(&self) -> bool {
        let is_loopback = match self.host.parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => self.host.eq_ignore_ascii_case("localhost"),
        };
        !self.is_tls && !is_loopback
    }
}

/// The URL without its query, which may hold what nobody should see.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls { "https" } else { "http" };
        let path = self.path.split('?').next().unwrap_or_default();
        write!(f, "{scheme}://{}{path}", self.authority)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        for (url, is_tls, host, port, authority, path) in [
            (
                "https://idp.example.com/oauth2/token",
                true,
                "idp.example.com",
                443,
                "idp.example.com",
                "/oauth2/token",
            ),
            (
                "https://idp.example.com:8443?tenant=1",
                true,
                "idp.example.com",
                8443,
                "idp.example.com:8443",
                "/?tenant=1",
            ),
            ("http://localhost", false, "localhost", 80, "localhost", "/"),
            ("https://[::1]:9/t", true, "::1", 9, "[::1]:9", "/t"),
        ] {
            let endpoint = Endpoint::parse(url).unwrap();
            assert_eq!(
                (endpoint.is_tls, &*endpoint.host, endpoint.port),
                (is_tls, host, port)
            );
            assert_eq!((&*endpoint.authority, &*endpoint.path), (authority, path));
        }
    }

    #[test]
    fn what_is_no_endpoint_is_refused_unseen() {
        for url in [
            "",
            "idp.example.com/token",
            "/token",
            "ftp://idp.example.com",
            "https://",
            "https:///token",
            "https://user:hunter2@idp.example.com/token",
            "https://idp.example.com/a hunter2",
        ] {
            let error = Endpoint::parse(url).unwrap_err();
            assert!(matches!(error, SaslError::InvalidCredentials(_)), "{url}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn only_loopback_may_go_without_tls() {
        for (url, exposed) in [
            ("https://idp.example.com", false),
            ("http://idp.example.com", true),
            ("http://10.0.0.1", true),
            ("http://localhost.example.com", true),
            ("http://LOCALHOST:8080", false),
            ("http://127.0.0.2", false),
            ("http://[::1]", false),
        ] {
            assert_eq!(Endpoint::parse(url).unwrap().is_exposed(), exposed, "{url}");
        }
    }

    #[test]
    fn the_query_is_not_shown() {
        let endpoint = Endpoint::parse("https://idp.example.com/token?key=hunter2").unwrap();
        assert_eq!(endpoint.to_string(), "https://idp.example.com/token");
        assert_eq!(format!("{endpoint:?}"), "https://idp.example.com/token");
    }
}
