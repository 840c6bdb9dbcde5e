//! DescribeConfigs. Documentation is not told: it is null.

use bytestring::ByteString;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::describe_configs::{
    DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResourceResult,
    DescribeConfigsResponse, DescribeConfigsResult, DescribeConfigsSynonym,
};

use super::answer::Answer;
use super::broker_configs::{check_id, of_node};
use super::exchange::{Context, Incoming, Refusal};
use super::resource_type::ResourceType;
use crate::configs::broker::{UpdateMode, definition, update_mode};
use crate::configs::{
    BrokerConfigs, ConfigResource, ConfigSource, ConfigType, Definition, Synonym, Values,
    client_metrics, group,
};
use crate::failure::Failure;
use crate::topics::{TopicConfig, validate_name};

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DescribeConfigsRequest>()?;
    let mut response = DescribeConfigsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    let mut types = request.resources.iter().map(|one| one.resource_type);
    if !types.all(|number| ResourceType::of(number).is_some()) {
        // One of a kind that nobody knows, and nothing is answered of the others either.
        response.results = all_failed(
            request.resources,
            &Failure::invalid_request(Failure::MALFORMED),
        );
        return Answer::now(reply, &response);
    }
    for resource in &request.resources {
        let mut result = match describe(context, resource) {
            Ok(configs) => {
                let mut result = DescribeConfigsResult::default();
                result.configs = configs;
                result
            }
            Err(failure) => failed(failure),
        };
        for config in &mut result.configs {
            // Later versions tell the source instead.
            let default = config.config_source == ConfigSource::Default as i8;
            config.is_default = default && reply.version == 0;
            if !request.include_synonyms {
                config.synonyms.clear();
            }
        }
        result.resource_type = resource.resource_type;
        result.resource_name = resource.resource_name.clone();
        response.results.push(result);
    }
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DescribeConfigsRequest>()?;
    let mut response = DescribeConfigsResponse::default();
    response.results = all_failed(request.resources, &code.into());
    Answer::now(reply, &response)
}

fn all_failed(
    resources: Vec<DescribeConfigsResource>,
    failure: &Failure,
) -> Vec<DescribeConfigsResult> {
    let resources = resources.into_iter().map(|resource| {
        let mut result = failed(failure.clone());
        result.resource_type = resource.resource_type;
        result.resource_name = resource.resource_name;
        result
    });
    resources.collect()
}

fn failed(failure: Failure) -> DescribeConfigsResult {
    let mut result = DescribeConfigsResult::default();
    result.error_code = failure.code;
    result.error_message = failure.message.map(Into::into);
    result
}

fn describe(
    context: &Context<'_>,
    resource: &DescribeConfigsResource,
) -> Result<Vec<DescribeConfigsResourceResult>, Failure> {
    let name = &*resource.resource_name;
    let mut configs = match ResourceType::of(resource.resource_type) {
        Some(ResourceType::Topic) => topic(context, name)?,
        Some(ResourceType::Broker) if name.is_empty() => cluster(context),
        Some(ResourceType::Broker) => {
            check_id(context, name, "Broker", |node| {
                format!(
                    "Unexpected broker id, expected {node} or empty string, but received {name}"
                )
            })?;
            broker(context)
        }
        Some(ResourceType::BrokerLogger) => loggers(context, name)?,
        Some(ResourceType::ClientMetrics) => {
            if name.is_empty() {
                return Err(Failure::invalid_request(
                    "Client metrics subscription name must not be empty",
                ));
            }
            let resource = ConfigResource::ClientMetrics(name.to_owned());
            let set = context.shared.configs.values(&resource);
            let definitions = client_metrics::definitions().iter();
            let configs = definitions.map(|definition| client_metric(definition, &set));
            configs.collect()
        }
        Some(ResourceType::Group) => {
            if name.is_empty() {
                return Err(Failure::invalid_request("Group name must not be empty"));
            }
            let set = ConfigResource::Group(name.to_owned());
            let set = context.shared.configs.values(&set);
            let brokers = of_node(context);
            let definitions = group::definitions().iter();
            let configs = definitions.map(|definition| group_config(definition, &set, &brokers));
            configs.collect()
        }
        None => {
            return Err(Failure::invalid_request(
                "Unsupported resource type: UNKNOWN",
            ));
        }
    };
    let wanted = resource.configuration_keys.as_deref().unwrap_or_default();
    if !wanted.is_empty() {
        configs.retain(|config| wanted.contains(&config.name));
    }
    Ok(configs)
}

fn topic(context: &Context<'_>, name: &str) -> Result<Vec<DescribeConfigsResourceResult>, Failure> {
    validate_name(name)
        .map_err(|message| Failure::new(ErrorCode::INVALID_TOPIC_EXCEPTION, message))?;
    let topic = context.shared.catalog.by_name(name);
    // As Kafka has it, with an empty message.
    let topic = topic.ok_or_else(|| Failure::new(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, ""))?;
    let set = topic.config.values();
    let brokers = of_node(context);
    let definitions = TopicConfig::definitions().iter();
    let configs = definitions.map(|definition| {
        let broker = TopicConfig::broker_synonym(definition.name);
        let mut synonyms = broker.map_or_else(Vec::new, |name| brokers.synonyms(name));
        if let Some(value) = set.get(definition.name) {
            let own = synonym(definition.name, value, ConfigSource::Topic);
            synonyms.insert(0, own);
        }
        entry(definition, synonyms)
    });
    Ok(configs.collect())
}

fn group_config(
    definition: &Definition,
    set: &Values,
    brokers: &BrokerConfigs,
) -> DescribeConfigsResourceResult {
    let default = definition.default.unwrap_or_default();
    let mut synonyms = match group::broker_synonym(definition.name) {
        Some(name) => brokers.synonyms(&name),
        None => vec![synonym(definition.name, default, ConfigSource::Default)],
    };
    if let Some(value) = set.get(definition.name) {
        synonyms.insert(0, synonym(definition.name, value, ConfigSource::Group));
    }
    entry(definition, synonyms)
}

fn client_metric(definition: &Definition, set: &Values) -> DescribeConfigsResourceResult {
    let value = set.get(definition.name);
    let own = value.map(|value| synonym(definition.name, value, ConfigSource::ClientMetrics));
    entry(definition, own.into_iter().collect())
}

fn broker(context: &Context<'_>) -> Vec<DescribeConfigsResourceResult> {
    let brokers = of_node(context);
    let names = brokers.names().into_iter();
    let configs = names.map(|name| {
        let synonyms = brokers.synonyms(&name);
        broker_config(&name, synonyms)
    });
    configs.collect()
}

/// What all brokers have that have nothing of their own, as far as it was set.
fn cluster(context: &Context<'_>) -> Vec<DescribeConfigsResourceResult> {
    let brokers = BrokerConfigs {
        own: Values::new(),
        ..of_node(context)
    };
    let names = brokers.cluster.keys();
    let configs = names.map(|name| {
        let mut synonyms = brokers.synonyms(name);
        synonyms.retain(|synonym| synonym.source == ConfigSource::DynamicDefaultBroker);
        broker_config(name, synonyms)
    });
    configs.collect()
}

fn broker_config(name: &str, synonyms: Vec<Synonym>) -> DescribeConfigsResourceResult {
    let mut config = match definition(name) {
        Some(definition) => entry(&definition, synonyms),
        None => {
            // One that only a plugin knows. It could be a secret.
            let mut config = described(name, None, synonyms);
            config.is_sensitive = true;
            config.config_type = ConfigType::Unknown as i8;
            hide(&mut config);
            config
        }
    };
    let mode = update_mode(name).unwrap_or(UpdateMode::ReadOnly);
    config.read_only = mode == UpdateMode::ReadOnly;
    config
}

fn loggers(
    context: &Context<'_>,
    name: &str,
) -> Result<Vec<DescribeConfigsResourceResult>, Failure> {
    if name.is_empty() {
        return Err(Failure::invalid_request("Broker id must not be empty"));
    }
    check_id(context, name, "Broker", |node| {
        format!("Unexpected broker id, expected {node} but received {name}")
    })?;
    let levels = context.shared.configs.levels(context.node);
    let loggers = levels.all().map(|(name, level)| {
        let mut logger = DescribeConfigsResourceResult::default();
        logger.name = ByteString::from_static(name);
        logger.value = Some(level.into());
        logger.config_source = ConfigSource::DynamicBrokerLogger as i8;
        logger
    });
    Ok(loggers.collect())
}

fn synonym(name: &str, value: &str, source: ConfigSource) -> Synonym {
    Synonym {
        name: name.to_owned(),
        value: value.to_owned(),
        source,
    }
}

/// A config that Kafka knows.
fn entry(definition: &Definition, synonyms: Vec<Synonym>) -> DescribeConfigsResourceResult {
    let mut config = described(definition.name, definition.default, synonyms);
    config.config_type = definition.shape.config_type() as i8;
    config.is_sensitive = definition.is_sensitive();
    if config.is_sensitive {
        hide(&mut config);
    }
    config
}

/// A config's value is the first of the synonyms'.
fn described(
    name: &str,
    default: Option<&str>,
    synonyms: Vec<Synonym>,
) -> DescribeConfigsResourceResult {
    let mut config = DescribeConfigsResourceResult::default();
    config.name = name.into();
    let first = synonyms.first();
    let source = first.map_or(ConfigSource::Default, |first| first.source);
    config.value = first
        .map(|first| first.value.as_str())
        .or(default)
        .map(Into::into);
    config.config_source = source as i8;
    config.documentation = None;
    let synonyms = synonyms.into_iter().map(|synonym| {
        let mut told = DescribeConfigsSynonym::default();
        told.name = synonym.name.into();
        told.value = Some(synonym.value.into());
        told.source = synonym.source as i8;
        told
    });
    config.synonyms = synonyms.collect();
    config
}

/// Nobody is told a secret.
fn hide(config: &mut DescribeConfigsResourceResult) {
    config.value = None;
    for synonym in &mut config.synonyms {
        synonym.value = None;
    }
}
