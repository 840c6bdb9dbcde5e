//! From what was chosen to a connection that runs.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::address::Address;
use super::builder::ConnectionBuilder;
use super::driver::Driver;
use super::handle::Connection;
use super::handshake::establish;
use super::shared::Shared;
use crate::error::{ConnectFailure, Error, ErrorKind, Phase};
use crate::metrics::{Meter, phase_name};

impl ConnectionBuilder {
    /// Connects to `host:port`: finds its addresses, opens a TCP connection to the one that answers first (RFC 8305), and then, each if it
    /// was asked for, TLS, the exchange of versions, and SASL; all of it within [`connect_timeout`](Self::connect_timeout).
    ///
    /// # Errors
    /// Says how far it came and what stopped it. An option that [cannot be](ErrorKind::Config), an address that is not `host:port`, and no tokio runtime to run on, are errors too.
    ///
    /// # Panics
    /// If the tokio runtime was built without its time or I/O drivers.
    ///
    /// # Cancel safety
    /// Dropping the future leaves no task and no socket behind; only a lookup in DNS, which systems cannot cancel, may go on.
    pub async fn connect(self, address: &str) -> Result<Connection, Error> {
        if Handle::try_current().is_err() {
            return Err(Error::new(ErrorKind::NoRuntime));
        }
        let check = self.settings.check();
        check.map_err(|error| Error::new(ErrorKind::Config(error)))?;
        let Some(address) = Address::parse(address) else {
            let cause = ConnectFailure::InvalidAddress;
            return Err(Error::connect(Phase::Resolve, cause).at(&Arc::from(address)));
        };
        let connecting = self.settings.meter.as_ref().map(Meter::connecting);
        let established = match establish(&address, &self.settings).await {
            Ok(established) => established,
            Err(error) => {
                if let ErrorKind::Connect { phase, .. } = *error.kind() {
                    tracing::debug!(
                        messaging.system = "kafka",
                        server.address = address.host(),
                        server.port = address.port(),
                        error.type = phase_name(phase),
                        %error,
                        "not connected"
                    );
                    if let Some(connecting) = connecting {
                        connecting.failed(phase);
                    }
                }
                return Err(error);
            }
        };
        tracing::debug!(
            messaging.system = "kafka",
            server.address = address.host(),
            server.port = address.port(),
            "connected"
        );
        let round_trip = established.report.round_trip();
        let opened = connecting.map(|connecting| connecting.opened(round_trip));
        let shared = Shared::new(
            address,
            self.settings,
            established.versions,
            established.report,
            opened,
        );
        // Made here and not in the task, which a runtime that shuts down may never run.
        let driver = Driver::new(&shared, established.channel, established.session);
        let connection = Connection::new(shared);
        tokio::spawn(driver.run());
        Ok(connection)
    }
}
