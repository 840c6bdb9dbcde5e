//! CreateAcls, DescribeAcls and DeleteAcls.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::create_acls::{
    AclCreation, AclCreationResult, CreateAclsRequest, CreateAclsResponse,
};
use milena_wire::messages::delete_acls::{
    DeleteAclsFilter, DeleteAclsFilterResult, DeleteAclsMatchingAcl, DeleteAclsRequest,
    DeleteAclsResponse,
};
use milena_wire::messages::describe_acls::{
    AclDescription, DescribeAclsRequest, DescribeAclsResource, DescribeAclsResponse,
};

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use crate::acls::{Acl, Filter, Resource};

pub(super) fn answer_create(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<CreateAclsRequest>()?;
    let mut response = CreateAclsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    for creation in request.creations {
        let acl = acl(&creation);
        let mut result = AclCreationResult::default();
        match acl.check() {
            Ok(()) => context.shared.acls.add(acl),
            Err(message) => {
                result.error_code = ErrorCode::INVALID_REQUEST;
                result.error_message = Some(message.into());
            }
        }
        response.results.push(result);
    }
    Answer::now(reply, &response)
}

pub(super) fn fail_create(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<CreateAclsRequest>()?;
    let mut response = CreateAclsResponse::default();
    let results = request.creations.iter().map(|_| {
        let mut result = AclCreationResult::default();
        result.error_code = code;
        result.error_message = None;
        result
    });
    response.results = results.collect();
    Answer::now(reply, &response)
}

fn acl(creation: &AclCreation) -> Acl {
    Acl {
        resource: Resource {
            resource_type: creation.resource_type,
            name: creation.resource_name.to_string(),
            pattern_type: creation.resource_pattern_type,
        },
        principal: creation.principal.to_string(),
        host: creation.host.to_string(),
        operation: creation.operation,
        permission: creation.permission_type,
    }
}

pub(super) fn answer_describe(
    context: &Context<'_>,
    incoming: Incoming,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DescribeAclsRequest>()?;
    let mut response = DescribeAclsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    let filter = Filter {
        resource_type: request.resource_type_filter,
        name: request.resource_name_filter.as_deref(),
        pattern_type: request.pattern_type_filter,
        principal: request.principal_filter.as_deref(),
        host: request.host_filter.as_deref(),
        operation: request.operation,
        permission: request.permission_type,
    };
    if !filter.is_known() {
        response.error_code = ErrorCode::INVALID_REQUEST;
        response.error_message = Some("DescribeAclsRequest contains UNKNOWN elements".into());
        return Answer::now(reply, &response);
    }
    // They come by resource.
    let mut last = None;
    for acl in context.shared.acls.find(filter) {
        let mut description = AclDescription::default();
        description.principal = acl.principal.into();
        description.host = acl.host.into();
        description.operation = acl.operation;
        description.permission_type = acl.permission;
        if last.as_ref() != Some(&acl.resource) {
            let mut resource = DescribeAclsResource::default();
            resource.resource_type = acl.resource.resource_type;
            resource.resource_name = acl.resource.name.as_str().into();
            resource.pattern_type = acl.resource.pattern_type;
            response.resources.push(resource);
            last = Some(acl.resource);
        }
        if let Some(resource) = response.resources.last_mut() {
            resource.acls.push(description);
        }
    }
    Answer::now(reply, &response)
}

pub(super) fn fail_describe(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<DescribeAclsRequest>()?;
    let mut response = DescribeAclsResponse::default();
    response.error_code = code;
    response.error_message = None;
    Answer::now(reply, &response)
}

pub(super) fn answer_delete(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DeleteAclsRequest>()?;
    let mut response = DeleteAclsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    let filters = request.filters.iter();
    response.filter_results = filters.map(|filter| delete(context, filter)).collect();
    Answer::now(reply, &response)
}

pub(super) fn fail_delete(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DeleteAclsRequest>()?;
    let mut response = DeleteAclsResponse::default();
    let results = request.filters.iter().map(|_| {
        let mut result = DeleteAclsFilterResult::default();
        result.error_code = code;
        result.error_message = None;
        result
    });
    response.filter_results = results.collect();
    Answer::now(reply, &response)
}

fn delete(context: &Context<'_>, asked: &DeleteAclsFilter) -> DeleteAclsFilterResult {
    let mut result = DeleteAclsFilterResult::default();
    result.error_message = None;
    let filter = Filter {
        resource_type: asked.resource_type_filter,
        name: asked.resource_name_filter.as_deref(),
        pattern_type: asked.pattern_type_filter,
        principal: asked.principal_filter.as_deref(),
        host: asked.host_filter.as_deref(),
        operation: asked.operation,
        permission: asked.permission_type,
    };
    if !filter.is_known() {
        result.error_code = ErrorCode::INVALID_REQUEST;
        result.error_message = Some("Unknown patternFilter.".into());
        return result;
    }
    let deleted = context.shared.acls.remove(filter).into_iter().map(|acl| {
        let mut matching = DeleteAclsMatchingAcl::default();
        matching.error_message = None;
        matching.resource_type = acl.resource.resource_type;
        matching.resource_name = acl.resource.name.into();
        matching.pattern_type = acl.resource.pattern_type;
        matching.principal = acl.principal.into();
        matching.host = acl.host.into();
        matching.operation = acl.operation;
        matching.permission_type = acl.permission;
        matching
    });
    result.matching_acls = deleted.collect();
    result
}
