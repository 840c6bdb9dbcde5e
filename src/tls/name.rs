//! The name that a certificate must be for.

use std::net::IpAddr;

use rustls::pki_types::ServerName;

use super::problem::TlsProblem;

/// From a host as it was dialed: a DNS name, with a trailing dot or without, or an IP address, in brackets or with a zone or not.
pub(super) fn server_name(host: &str) -> Result<ServerName<'static>, TlsProblem> {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    // The zone says by which interface, and no certificate knows it.
    let address = bare.split_once('%').map_or(bare, |(address, _)| address);
    if let Ok(address) = address.parse::<IpAddr>() {
        return Ok(ServerName::IpAddress(address.into()));
    }
    let name = bare.strip_suffix('.').unwrap_or(bare);
    ServerName::try_from(name.to_owned()).map_err(|_| {
        TlsProblem::Configuration(format!(
            "no certificate can be for {host:?}: it is neither a DNS name nor an IP address"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_as_they_are_dialed() {
        for (host, name) in [
            ("localhost", "localhost"),
            ("broker-1.example.com", "broker-1.example.com"),
            ("broker.example.com.", "broker.example.com"),
            ("kafka_1", "kafka_1"),
            ("127.0.0.1", "127.0.0.1"),
            ("::1", "::1"),
            ("[::1]", "::1"),
            ("fe80::1%eth0", "fe80::1"),
        ] {
            assert_eq!(server_name(host).unwrap().to_str(), name, "{host}");
        }
        for host in ["", ".", "a b", "bröker", "[broker", "a..b"] {
            assert!(
                matches!(server_name(host), Err(TlsProblem::Configuration(_))),
                "{host}"
            );
        }
    }
}
