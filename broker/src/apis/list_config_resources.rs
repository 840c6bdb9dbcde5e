//! ListConfigResources.

use bytestring::ByteString;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::list_config_resources::{
    ConfigResource as Listed, ListConfigResourcesRequest, ListConfigResourcesResponse,
};

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use super::resource_type::ResourceType;
use crate::configs::ConfigResource;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<ListConfigResourcesRequest>()?;
    let mut response = ListConfigResourcesResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    let all = ResourceType::ALL.map(|one| one as i8);
    let wanted = match reply.version {
        0 => vec![ResourceType::ClientMetrics as i8],
        _ if request.resource_types.is_empty() => all.to_vec(),
        _ => request.resource_types,
    };
    if wanted.iter().any(|one| !all.contains(one)) {
        response.error_code = ErrorCode::UNSUPPORTED_VERSION;
        return Answer::now(reply, &response);
    }
    for resource_type in ResourceType::ALL {
        let number = resource_type as i8;
        if !wanted.contains(&number) {
            continue;
        }
        response
            .config_resources
            .extend(names(context, resource_type).into_iter().map(|name| {
                let mut listed = Listed::default();
                listed.resource_name = name;
                listed.resource_type = number;
                listed
            }));
    }
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<ListConfigResourcesRequest>()?;
    let mut response = ListConfigResourcesResponse::default();
    response.error_code = code;
    Answer::now(reply, &response)
}

fn names(context: &Context<'_>, resource_type: ResourceType) -> Vec<ByteString> {
    let shared = context.shared;
    let configured = |name: fn(ConfigResource) -> Option<String>| {
        let resources = shared.configs.resources().into_iter();
        resources.filter_map(name).map(Into::into).collect()
    };
    match resource_type {
        ResourceType::Topic => {
            let topics = shared.catalog.all().into_iter();
            topics.map(|topic| topic.name.clone()).collect()
        }
        ResourceType::Broker | ResourceType::BrokerLogger => {
            let ids = shared.nodes.alive().into_iter();
            ids.map(|node| node.id.to_string().into()).collect()
        }
        ResourceType::Group => configured(|resource| match resource {
            ConfigResource::Group(name) => Some(name),
            _ => None,
        }),
        ResourceType::ClientMetrics => configured(|resource| match resource {
            ConfigResource::ClientMetrics(name) => Some(name),
            _ => None,
        }),
    }
}
