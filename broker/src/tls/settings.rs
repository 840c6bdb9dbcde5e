//! What a test says about TLS.

/// Whether clients must show a certificate. (Kafka: `ssl.client.auth`)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientAuth {
    /// They are not asked for one.
    #[default]
    None,
    /// They may; one that the cluster's authority has not signed is refused.
    Requested,
    /// They must.
    Required,
}

/// How the listeners of a cluster encrypt: TLS 1.3 and 1.2, by a certificate that a throw-away authority signs when the cluster starts.
///
/// ```
/// use milena_broker::{ClientAuth, Cluster, Tls};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let tls = Tls::new().client_auth(ClientAuth::Required);
/// let cluster = Cluster::builder().tls(tls).start().await?;
/// // What a client needs to trust the cluster, and to be trusted by it.
/// let ca = cluster.ca_pem().unwrap();
/// let alice = cluster.client_certificate("alice")?;
/// assert!(ca.starts_with("-----BEGIN CERTIFICATE-----"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "it does nothing before a builder has it"]
pub struct Tls {
    pub(super) client_auth: ClientAuth,
    pub(super) host_names: Option<Vec<String>>,
    pub(super) expired: bool,
    pub(super) session_resumption: bool,
}

impl Default for Tls {
    fn default() -> Self {
        Self {
            client_auth: ClientAuth::None,
            host_names: None,
            expired: false,
            session_resumption: true,
        }
    }
}

impl Tls {
    /// A certificate that is good for every address of this machine that a cluster has, and no client certificates.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether clients must show a certificate. Default: [`ClientAuth::None`].
    pub fn client_auth(mut self, auth: ClientAuth) -> Self {
        self.client_auth = auth;
        self
    }

    /// The host names and IP addresses that the certificate is good for; for tests of clients that must refuse it. Default: those that
    /// clients are told, the address that the cluster listens on, `localhost`, `127.0.0.1` to `127.0.0.4` and `::1`.
    pub fn host_names<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.host_names = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Makes a certificate that has expired, in 2021.
    pub fn expired(mut self) -> Self {
        self.expired = true;
        self
    }

    /// Whether clients get tickets with which they connect again faster. Default: true.
    pub fn session_resumption(mut self, resumption: bool) -> Self {
        self.session_resumption = resumption;
        self
    }
}
