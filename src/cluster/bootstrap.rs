//! How a client finds its cluster.

use std::sync::Arc;
use std::time::Duration;

use milena_wire::api_key::ApiKey;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::describe_cluster::DescribeClusterRequest;
use milena_wire::messages::metadata::{MetadataResponse, MetadataResponseBroker};

use super::metadata::{Asked, Metadata, MetadataProblem};
use super::pool::Pool;
use super::together::{Boxed, race};
use crate::connection::{Address, Connection};
use crate::error::{Error, ErrorKind};

/// So long an address is waited for before the next one is tried beside it.
const HEAD_START: Duration = Duration::from_millis(250);

/// DescribeCluster's word for the controllers' endpoints (KIP-919).
const CONTROLLERS: i8 = 2;

/// What the first broker that could be connected to says of the cluster.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) answer: MetadataResponse,
    pub(crate) asked: Asked,
    pub(crate) version: i16,
}

/// Tries the addresses side by side, each with a head start before the next, and takes the first that gets through its handshake and tells of the cluster.
///
/// # Errors
/// [`ErrorKind::Bootstrap`], with one error for each address.
pub(crate) async fn find(
    pool: &Arc<Pool>,
    addresses: &[Address],
    is_quorum: bool,
    asked: &Asked,
) -> Result<Found, Error> {
    let attempts = addresses.iter().map(|address| -> Boxed<'_, _> {
        Box::pin(async move {
            let connection = pool.bootstrap(address).await?;
            let found = if is_quorum {
                ask_controller(&connection, asked).await?
            } else {
                ask_broker(&connection, asked).await?
            };
            match Metadata::check(&found.answer) {
                Ok(()) => Ok(found),
                Err(problem) => Err(unusable(&problem).at(address.text())),
            }
        })
    });
    race(attempts.collect(), HEAD_START)
        .await
        .map_err(|errors| Error::new(ErrorKind::Bootstrap(errors)))
}

/// What a user is told of an answer that is of no use.
pub(crate) fn unusable(problem: &MetadataProblem) -> Error {
    let code = match problem {
        MetadataProblem::Refused(code) => *code,
        MetadataProblem::RebootstrapRequired => ErrorCode::REBOOTSTRAP_REQUIRED,
        _ => ErrorCode::UNKNOWN_SERVER_ERROR,
    };
    let message = Some(problem.to_string());
    Error::new(ErrorKind::Broker { code, message }).during(ApiKey::METADATA, None)
}

async fn ask_broker(connection: &Connection, asked: &Asked) -> Result<Found, Error> {
    let versions = connection.common_versions::<milena_wire::messages::MetadataRequest>();
    let version = versions.map_or(0, |versions| versions.max);
    let asked = asked.clone().at_version(version, |_| false);
    let request = asked.request(version);
    let answer = connection.send(request).max_version(version).await?;
    Ok(Found {
        answer,
        asked,
        version,
    })
}

/// Controllers know no Metadata; what they say of themselves is put in its form.
async fn ask_controller(connection: &Connection, asked: &Asked) -> Result<Found, Error> {
    let request = DescribeClusterRequest::default().with_endpoint_type(CONTROLLERS);
    let described = connection.send(request).await?;
    if !described.error_code.is_ok() {
        let kind = ErrorKind::Broker {
            code: described.error_code,
            message: described.error_message.map(|text| text.to_string()),
        };
        return Err(Error::new(kind).at(&Arc::from(connection.peer())));
    }
    let brokers = described.brokers.into_iter().map(|broker| {
        let mut controller = MetadataResponseBroker::default()
            .with_node_id(broker.broker_id)
            .with_host(broker.host)
            .with_port(broker.port);
        controller.rack = broker.rack;
        controller
    });
    let answer = MetadataResponse::default()
        .with_brokers(brokers.collect::<Vec<_>>())
        .with_cluster_id(described.cluster_id)
        .with_controller_id(described.controller_id);
    Ok(Found {
        answer,
        asked: asked.clone(),
        version: i16::MAX,
    })
}
