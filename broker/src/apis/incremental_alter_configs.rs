//! IncrementalAlterConfigs.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::incremental_alter_configs::{
    AlterConfigsResource, AlterConfigsResourceResponse, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
};

use super::alter_configs::{Target, alter, check_names, check_once, no_value, told};
use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use crate::configs::{Alteration, Change};
use crate::failure::Failure;

const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<IncrementalAlterConfigsRequest>()?;
    let resources = &request.resources;
    let mut response = IncrementalAlterConfigsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    for resource in resources {
        let target = Target {
            number: resource.resource_type,
            name: &resource.resource_name,
        };
        let same = resources.iter().filter(|other| {
            other.resource_type == target.number && other.resource_name == target.name
        });
        let altered = check_once(same.count())
            .and_then(|()| changes(resource))
            .and_then(|changes| {
                let alteration = Alteration::Incremental(changes);
                alter(context, target, &alteration, request.validate_only)
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
    let (request, reply) = incoming.decode::<IncrementalAlterConfigsRequest>()?;
    let mut response = IncrementalAlterConfigsResponse::default();
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

fn changes(resource: &AlterConfigsResource) -> Result<Vec<(&str, Change<'_>)>, Failure> {
    let configs = &resource.configs;
    check_names(configs.iter().map(|config| &*config.name))?;
    let null = configs
        .iter()
        .filter(|config| config.config_operation != DELETE && config.value.is_none());
    let null: Vec<_> = null.map(|config| &*config.name).collect();
    if !null.is_empty() {
        return Err(no_value(&null));
    }
    let changes = configs.iter().map(|config| {
        let value = config.value.as_deref().unwrap_or_default();
        let change = match config.config_operation {
            SET => Change::Set(value),
            DELETE => Change::Delete,
            APPEND => Change::Append(value),
            SUBTRACT => Change::Subtract(value),
            other => {
                let message = format!("Unknown operations type {other}");
                return Err(Failure::invalid_request(message));
            }
        };
        Ok((&*config.name, change))
    });
    changes.collect()
}
