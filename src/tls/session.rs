//! What two sides agreed on.

use rustls::{HandshakeKind, ProtocolVersion};
use tokio_rustls::client::TlsStream;

/// What a connection's TLS handshake agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlsSession {
    version: &'static str,
    cipher_suite: &'static str,
    resumed: bool,
}

impl TlsSession {
    pub(crate) fn of<S>(stream: &TlsStream<S>) -> Self {
        let (_, connection) = stream.get_ref();
        Self {
            version: match connection.protocol_version() {
                Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
                Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
                other => other
                    .and_then(|version| version.as_str())
                    .unwrap_or("unknown"),
            },
            cipher_suite: connection
                .negotiated_cipher_suite()
                .and_then(|suite| suite.suite().as_str())
                .unwrap_or("unknown"),
            resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
        }
    }

    /// The version of the protocol: `TLSv1.3` or `TLSv1.2`.
    #[must_use]
    pub fn version(&self) -> &'static str {
        self.version
    }

    /// The cipher suite, by rustls' name for it, such as `TLS13_AES_256_GCM_SHA384`.
    #[must_use]
    pub fn cipher_suite(&self) -> &'static str {
        self.cipher_suite
    }

    /// Whether an earlier session was taken up again, and no certificate was sent.
    #[must_use]
    pub fn resumed(&self) -> bool {
        self.resumed
    }
}
