//! AlterConfigs, and what IncrementalAlterConfigs has in common with it.

use std::collections::BTreeSet;

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::alter_configs::{
    AlterConfigsRequest, AlterConfigsResourceResponse, AlterConfigsResponse,
};

use super::answer::Answer;
use super::broker_configs::check_id;
use super::exchange::{Context, Incoming, Refusal};
use super::resource_type::ResourceType;
use crate::configs::{
    Alteration, Change, ConfigResource, Values, broker, check_broker, client_metrics, group,
};
use crate::failure::Failure;
use crate::topics::TopicConfig;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<AlterConfigsRequest>()?;
    let resources = &request.resources;
    let mut response = AlterConfigsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    for resource in resources {
        let target = Target {
            number: resource.resource_type,
            name: &resource.resource_name,
        };
        let same = resources.iter().filter(|other| {
            other.resource_type == target.number && other.resource_name == target.name
        });
        let configs = resource.configs.iter();
        let altered = check_once(same.count())
            .and_then(|()| {
                let pairs = configs.map(|config| (&*config.name, config.value.as_deref()));
                values(pairs.collect())
            })
            .and_then(|values| {
                alter(
                    context,
                    target,
                    &Alteration::Full(values),
                    request.validate_only,
                )
            });
        let mut answer = AlterConfigsResourceResponse::default();
        answer.resource_type = resource.resource_type;
        answer.resource_name = resource.resource_name.clone();
        (answer.error_code, answer.error_message) = told(altered);
        response.responses.push(answer);
    }
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<AlterConfigsRequest>()?;
    let mut response = AlterConfigsResponse::default();
    let resources = request.resources.into_iter().map(|resource| {
        let mut answer = AlterConfigsResourceResponse::default();
        answer.resource_type = resource.resource_type;
        answer.resource_name = resource.resource_name;
        answer.error_code = code;
        answer.error_message = None;
        answer
    });
    response.responses = resources.collect();
    Answer::now(reply, &response)
}

/// Whose configs are to be altered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    /// Of its type.
    pub(super) number: i8,
    pub(super) name: &'a str,
}

/// A resource that comes `times` in a request.
pub(super) fn check_once(times: usize) -> Result<(), Failure> {
    match times {
        0 | 1 => Ok(()),
        _ => Err(Failure::invalid_request(
            "Each resource must appear at most once.",
        )),
    }
}

/// No config may come twice for a resource.
pub(super) fn check_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    match names.into_iter().all(|name| seen.insert(name)) {
        true => Ok(()),
        false => Err(Failure::invalid_request(
            "Error due to duplicate config keys",
        )),
    }
}

/// Some configs need a value and have none.
pub(super) fn no_value(names: &[&str]) -> Failure {
    let names = names.join(", ");
    Failure::invalid_request(format!("Null value not supported for : {names}"))
}

fn values<'a>(pairs: Vec<(&'a str, Option<&'a str>)>) -> Result<Vec<(&'a str, &'a str)>, Failure> {
    check_names(pairs.iter().map(|(name, _)| *name))?;
    let null = pairs.iter().filter(|(_, value)| value.is_none());
    let null: Vec<_> = null.map(|(name, _)| *name).collect();
    if !null.is_empty() {
        return Err(no_value(&null));
    }
    let pairs = pairs.into_iter();
    Ok(pairs
        .filter_map(|(name, value)| Some((name, value?)))
        .collect())
}

/// What is answered of a resource.
pub(super) fn told(altered: Result<(), Failure>) -> (ErrorCode, Option<bytestring::ByteString>) {
    match altered {
        Ok(()) => (ErrorCode::NONE, None),
        Err(failure) => (failure.code, failure.message.map(Into::into)),
    }
}

/// Alters the configs of a resource, or only checks whether that is possible.
pub(super) fn alter(
    context: &Context<'_>,
    target: Target<'_>,
    alteration: &Alteration<'_>,
    validate_only: bool,
) -> Result<(), Failure> {
    let shared = context.shared;
    let Target { number, name } = target;
    match ResourceType::of(number) {
        Some(ResourceType::Topic) => shared.catalog.configure(name, validate_only, |current| {
            let definitions = TopicConfig::definitions();
            alteration.apply(current, |name| {
                crate::configs::find_definition(definitions, name).copied()
            })
        }),
        Some(ResourceType::Broker) => {
            let node = match name {
                "" => None,
                name => {
                    check_id(context, name, "Node", |node| {
                        format!("Unexpected broker id, expected {node}, but received {name}")
                    })?;
                    Some(context.node)
                }
            };
            let resource = ConfigResource::Broker(node);
            shared.configs.alter(resource, validate_only, |current| {
                let values = alteration.apply(current, broker::definition);
                let values = values.map_err(|failure| of_broker(alteration, failure))?;
                check_broker(&values, node.is_some()).map_err(Failure::invalid_request)?;
                Ok(values)
            })?;
            let defaults = shared.configs.values(&ConfigResource::Broker(None));
            if node.is_none() && !validate_only {
                shared.catalog.set_defaults(defaults);
            }
            Ok(())
        }
        Some(ResourceType::ClientMetrics) => {
            let resource = ConfigResource::ClientMetrics(name.to_owned());
            shared.configs.alter(resource, validate_only, |current| {
                let values = alteration.apply(current, client_metrics::definition_of)?;
                checked(values, |values| client_metrics::check(name, values))
            })
        }
        Some(ResourceType::Group) if name.is_empty() => Err(Failure::invalid_request(
            "Default group resources are not allowed.",
        )),
        Some(ResourceType::Group) => {
            let resource = ConfigResource::Group(name.to_owned());
            shared.configs.alter(resource, validate_only, |current| {
                let values = alteration.apply(current, group::definition_of)?;
                checked(values, group::check)
            })
        }
        Some(ResourceType::BrokerLogger) => match alteration {
            Alteration::Full(_) => Err(unknown_type(number)),
            Alteration::Incremental(changes) => {
                check_id(context, name, "Node", |node| {
                    format!("Unexpected node id. Expected {node}, but received {name}")
                })?;
                let configs = &shared.configs;
                configs.alter_levels(context.node, validate_only, |levels| levels.change(changes))
            }
        },
        None => Err(unknown_type(number)),
    }
}

/// Of brokers, Kafka says in other words that a config is no list.
fn of_broker(alteration: &Alteration<'_>, failure: Failure) -> Failure {
    let Alteration::Incremental(changes) = alteration else {
        return failure;
    };
    let wrong = changes.iter().find_map(|(name, change)| {
        let operation = match change {
            Change::Append(_) => "append",
            Change::Subtract(_) => "subtract",
            Change::Set(_) | Change::Delete => return None,
        };
        let definition = broker::definition(name)?;
        (!definition.is_list()).then_some((operation, name))
    });
    wrong.map_or(failure, |(operation, name)| {
        Failure::invalid_config(format!(
            "Config value {operation} is not allowed for config key: {name}"
        ))
    })
}

fn checked(
    values: Values,
    check: impl FnOnce(&Values) -> Result<(), Failure>,
) -> Result<Values, Failure> {
    check(&values)?;
    Ok(values)
}

fn unknown_type(number: i8) -> Failure {
    Failure::invalid_request(format!("Unknown resource type {number}"))
}
