//! AlterClientQuotas and DescribeClientQuotas.

use std::collections::BTreeSet;

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::alter_client_quotas::{
    AlterClientQuotasRequest, AlterClientQuotasResponse, AlterClientQuotasResponseEntityData,
    AlterClientQuotasResponseEntryData, EntryData,
};
use milena_wire::messages::describe_client_quotas::{
    DescribeClientQuotasRequest, DescribeClientQuotasResponse, EntityData as DescribedEntity,
    EntryData as DescribedEntry, ValueData,
};

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use crate::failure::Failure;
use crate::quotas::{Component, Entity};

pub(super) fn answer_alter(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<AlterClientQuotasRequest>()?;
    let mut response = AlterClientQuotasResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    let entries = request.entries.into_iter();
    response.entries = entries
        .map(|entry| {
            let altered = alter(context, &entry, request.validate_only);
            told(entry, altered)
        })
        .collect();
    Answer::now(reply, &response)
}

pub(super) fn fail_alter(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<AlterClientQuotasRequest>()?;
    let mut response = AlterClientQuotasResponse::default();
    let entries = request.entries.into_iter();
    response.entries = entries.map(|entry| told(entry, Err(code.into()))).collect();
    Answer::now(reply, &response)
}

fn alter(context: &Context<'_>, entry: &EntryData, validate_only: bool) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    for op in &entry.ops {
        if !seen.insert(&*op.key) {
            let message = format!(
                "Duplicate quota key {} not updating quota for this entity",
                op.key
            );
            return Err(Failure::invalid_request(message));
        }
    }
    let parts = entry.entity.iter();
    let entity = parts.map(|part| (&*part.entity_type, part.entity_name.as_deref()));
    let entity = Entity::parse(entity)?;
    let ops = entry.ops.iter();
    let changes: Vec<_> = ops
        .map(|op| (&*op.key, (!op.remove).then_some(op.value)))
        .collect();
    context.shared.quotas.alter(entity, &changes, validate_only)
}

fn told(entry: EntryData, altered: Result<(), Failure>) -> AlterClientQuotasResponseEntryData {
    let mut answer = AlterClientQuotasResponseEntryData::default();
    answer.error_message = None;
    if let Err(failure) = altered {
        answer.error_code = failure.code;
        answer.error_message = failure.message.map(Into::into);
    }
    let entity = entry.entity.into_iter().map(|part| {
        let mut told = AlterClientQuotasResponseEntityData::default();
        told.entity_type = part.entity_type;
        told.entity_name = part.entity_name;
        told
    });
    answer.entity = entity.collect();
    answer
}

pub(super) fn answer_describe(
    context: &Context<'_>,
    incoming: Incoming,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DescribeClientQuotasRequest>()?;
    let mut response = DescribeClientQuotasResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    match describe(context, &request) {
        Ok(entries) => response.entries = Some(entries),
        Err(failure) => {
            response.error_code = failure.code;
            response.error_message = failure.message.map(Into::into);
            response.entries = None;
        }
    }
    Answer::now(reply, &response)
}

pub(super) fn fail_describe(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<DescribeClientQuotasRequest>()?;
    let mut response = DescribeClientQuotasResponse::default();
    response.error_code = code;
    response.error_message = None;
    response.entries = None;
    Answer::now(reply, &response)
}

fn describe(
    context: &Context<'_>,
    request: &DescribeClientQuotasRequest,
) -> Result<Vec<DescribedEntry>, Failure> {
    let components = request.components.iter().map(|component| {
        let name = component.r#match.as_deref();
        Component::parse(&component.entity_type, component.match_type, name)
    });
    let components: Vec<_> = components.collect::<Result<_, _>>()?;
    Component::check(&components)?;
    let found = context.shared.quotas.find(&components, request.strict);
    let entries = found.into_iter().map(|(entity, values)| {
        let mut entry = DescribedEntry::default();
        let parts = entity.names().map(|(entity_type, name)| {
            let mut part = DescribedEntity::default();
            part.entity_type = entity_type.into();
            part.entity_name = name.map(Into::into);
            part
        });
        entry.entity = parts.collect();
        let values = values.into_iter().map(|(key, value)| {
            let mut told = ValueData::default();
            told.key = key.into();
            told.value = value;
            told
        });
        entry.values = values.collect();
        entry
    });
    Ok(entries.collect())
}
