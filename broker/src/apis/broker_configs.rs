//! The configs of the nodes, as they were started and as they have been changed since.

use milena_wire::error_code::ErrorCode;

use super::exchange::Context;
use crate::configs::broker::definition;
use crate::configs::{BrokerConfigs, ConfigResource, Values};
use crate::failure::Failure;
use crate::log_dirs;
use crate::nodes::{Endpoint, Node};
use crate::quorum::CONTROLLER_LISTENER;

/// The configs of the node that is asked.
pub(super) fn of_node(context: &Context<'_>) -> BrokerConfigs {
    let configs = &context.shared.configs;
    BrokerConfigs {
        own: configs.values(&ConfigResource::Broker(Some(context.node))),
        cluster: configs.values(&ConfigResource::Broker(None)),
        start: start(context),
    }
}

/// What a node of Kafka would have in its file.
fn start(context: &Context<'_>) -> Values {
    let shared = context.shared;
    let protocol = shared.protocol();
    let id = context.node.to_string();
    let mut start = Values::new();
    let mut set = |name: &str, value: String| start.insert(name.to_owned(), value);
    set("broker.id", id.clone());
    set("node.id", id);
    set("process.roles", "broker".to_owned());
    set("controller.listener.names", CONTROLLER_LISTENER.to_owned());
    set("log.dirs", log_dirs::of_node(context.node).join(","));
    let topics = shared.catalog.defaults();
    set("num.partitions", topics.partitions.to_string());
    set(
        "default.replication.factor",
        topics.replication_factor.to_string(),
    );
    set(
        "auto.create.topics.enable",
        shared.auto_create_topics.to_string(),
    );
    set(
        "socket.request.max.bytes",
        shared.max_request_bytes.to_string(),
    );
    let idle = shared.connections_max_idle.as_millis();
    set("connections.max.idle.ms", idle.to_string());
    set("inter.broker.listener.name", protocol.to_owned());
    set(
        "listener.security.protocol.map",
        format!("CONTROLLER:PLAINTEXT,{protocol}:{protocol}"),
    );
    if let Some(endpoint) = shared.nodes.endpoint(context.node) {
        set("listeners", format!("{protocol}://{endpoint}"));
    }
    if let Some(node) = shared.nodes.alive_node(context.node) {
        let Node { host, port, .. } = node;
        let endpoint = Endpoint { host, port };
        set("advertised.listeners", format!("{protocol}://{endpoint}"));
        set("broker.rack", node.rack.unwrap_or_default().to_string());
    }
    if let Some(accounts) = &shared.accounts {
        let mechanisms = accounts.mechanisms().iter();
        let names: Vec<_> = mechanisms.map(|mechanism| mechanism.name()).collect();
        set("sasl.enabled.mechanisms", names.join(","));
    }
    // What is as by default was not set.
    start.retain(|name, value| {
        let default = definition(name).and_then(|definition| definition.default);
        default != Some(value.as_str())
    });
    start
}

/// The node that a request speaks of has to be the one that is asked. `message` is what Kafka says if the name is no number.
pub(super) fn check_id(
    context: &Context<'_>,
    name: &str,
    not_a_number: &str,
    unexpected: impl FnOnce(i32) -> String,
) -> Result<(), Failure> {
    let refuse = |message| Err(Failure::new(ErrorCode::INVALID_REQUEST, message));
    match name.parse::<i32>() {
        Err(_) => refuse(format!(
            "{not_a_number} id must be an integer, but it is: {name}"
        )),
        Ok(id) if id != context.node => refuse(unexpected(context.node)),
        Ok(_) => Ok(()),
    }
}
