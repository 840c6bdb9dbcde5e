//! CreateDelegationToken, RenewDelegationToken, ExpireDelegationToken and DescribeDelegationToken.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::create_delegation_token::{
    CreateDelegationTokenRequest, CreateDelegationTokenResponse,
};
use milena_wire::messages::describe_delegation_token::{
    DescribeDelegationTokenRequest, DescribeDelegationTokenResponse, DescribedDelegationToken,
    DescribedDelegationTokenRenewer,
};
use milena_wire::messages::expire_delegation_token::{
    ExpireDelegationTokenRequest, ExpireDelegationTokenResponse,
};
use milena_wire::messages::renew_delegation_token::{
    RenewDelegationTokenRequest, RenewDelegationTokenResponse,
};

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use crate::sasl::DelegationToken;

/// The type of all principals.
const USER: &str = "User";

pub(super) fn answer_create(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<CreateDelegationTokenRequest>()?;
    let mut response = CreateDelegationTokenResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    let requester = context.user.map_or("ANONYMOUS", |(name, _)| name);
    let owner = request.owner_principal_name.as_deref().unwrap_or_default();
    let owner = if owner.is_empty() { requester } else { owner };
    response.principal_name = owner.into();
    response.principal_type = USER.into();
    if reply.version >= 3 {
        response.token_requester_principal_type = USER.into();
        response.token_requester_principal_name = requester.into();
    }
    match create(context, &request, owner) {
        Err(code) => {
            response.error_code = code;
            unissued(&mut response);
        }
        Ok(token) => {
            response.issue_timestamp_ms = token.issued;
            response.expiry_timestamp_ms = token.expires;
            response.max_timestamp_ms = token.max;
            response.token_id = token.id.into();
            response.hmac = token.hmac.into();
        }
    }
    Answer::now(reply, &response)
}

pub(super) fn fail_create(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<CreateDelegationTokenRequest>()?;
    let mut response = CreateDelegationTokenResponse::default();
    response.error_code = code;
    unissued(&mut response);
    Answer::now(reply, &response)
}

fn unissued(response: &mut CreateDelegationTokenResponse) {
    response.issue_timestamp_ms = -1;
    response.expiry_timestamp_ms = -1;
    response.max_timestamp_ms = -1;
}

/// The name of the user who asks. Who has not logged in by a secret of his own may not ask for tokens.
fn requester<'a>(context: &Context<'a>) -> Result<&'a str, ErrorCode> {
    match context.user {
        Some((name, false)) => Ok(name),
        _ => Err(ErrorCode::DELEGATION_TOKEN_REQUEST_NOT_ALLOWED),
    }
}

/// The time that is told where there is none: the node that is asked has another one for it than the controller.
fn no_time(code: ErrorCode) -> i64 {
    match code {
        ErrorCode::DELEGATION_TOKEN_REQUEST_NOT_ALLOWED => -1,
        _ => 0,
    }
}

fn create(
    context: &Context<'_>,
    request: &CreateDelegationTokenRequest,
    owner: &str,
) -> Result<DelegationToken, ErrorCode> {
    let requester = requester(context)?;
    if request
        .renewers
        .iter()
        .any(|renewer| &*renewer.principal_type != USER)
    {
        return Err(ErrorCode::INVALID_PRINCIPAL_TYPE);
    }
    let renewers = request.renewers.iter();
    let renewers = renewers.map(|renewer| renewer.principal_name.to_string());
    Ok(context.shared.delegation_tokens.create(
        owner.to_owned(),
        requester.to_owned(),
        renewers.collect(),
        request.max_lifetime_ms,
        context.now,
    ))
}

pub(super) fn answer_renew(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<RenewDelegationTokenRequest>()?;
    let mut response = RenewDelegationTokenResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    let tokens = &context.shared.delegation_tokens;
    let renewed = requester(context).and_then(|requester| {
        tokens.renew(
            &request.hmac,
            requester,
            request.renew_period_ms,
            context.now,
        )
    });
    match renewed {
        Ok(expires) => response.expiry_timestamp_ms = expires,
        Err(code) => (response.error_code, response.expiry_timestamp_ms) = (code, no_time(code)),
    }
    Answer::now(reply, &response)
}

pub(super) fn fail_renew(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<RenewDelegationTokenRequest>()?;
    let mut response = RenewDelegationTokenResponse::default();
    response.error_code = code;
    Answer::now(reply, &response)
}

pub(super) fn answer_expire(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<ExpireDelegationTokenRequest>()?;
    let mut response = ExpireDelegationTokenResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    let tokens = &context.shared.delegation_tokens;
    let expired = requester(context).and_then(|requester| {
        let period = request.expiry_time_period_ms;
        tokens.expire(&request.hmac, requester, period, context.now)
    });
    match expired {
        Ok(expires) => response.expiry_timestamp_ms = expires,
        Err(code) => (response.error_code, response.expiry_timestamp_ms) = (code, no_time(code)),
    }
    Answer::now(reply, &response)
}

pub(super) fn fail_expire(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<ExpireDelegationTokenRequest>()?;
    let mut response = ExpireDelegationTokenResponse::default();
    response.error_code = code;
    Answer::now(reply, &response)
}

pub(super) fn answer_describe(
    context: &Context<'_>,
    incoming: Incoming,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DescribeDelegationTokenRequest>()?;
    let mut response = DescribeDelegationTokenResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    if let Err(code) = requester(context) {
        response.error_code = code;
        return Answer::now(reply, &response);
    }
    let wanted = |token: &DelegationToken| {
        request.owners.as_ref().is_none_or(|owners| {
            let mut owners = owners.iter();
            owners.any(|owner| {
                *owner.principal_type == *USER && *owner.principal_name == *token.owner
            })
        })
    };
    let tokens = context.shared.delegation_tokens.all(context.now);
    let tokens = tokens.into_iter().filter(wanted);
    response.tokens = tokens.map(|token| describe(token, reply.version)).collect();
    Answer::now(reply, &response)
}

pub(super) fn fail_describe(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<DescribeDelegationTokenRequest>()?;
    let mut response = DescribeDelegationTokenResponse::default();
    response.error_code = code;
    Answer::now(reply, &response)
}

fn describe(token: DelegationToken, version: i16) -> DescribedDelegationToken {
    let mut described = DescribedDelegationToken::default();
    described.principal_type = USER.into();
    described.principal_name = token.owner.into();
    if version >= 3 {
        described.token_requester_principal_type = USER.into();
        described.token_requester_principal_name = token.requester.into();
    }
    described.issue_timestamp = token.issued;
    described.expiry_timestamp = token.expires;
    described.max_timestamp = token.max;
    described.token_id = token.id.into();
    described.hmac = token.hmac.into();
    let renewers = token.renewers.into_iter().map(|name| {
        let mut renewer = DescribedDelegationTokenRenewer::default();
        renewer.principal_type = USER.into();
        renewer.principal_name = name.into();
        renewer
    });
    described.renewers = renewers.collect();
    described
}
