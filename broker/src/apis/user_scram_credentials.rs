//! AlterUserScramCredentials and DescribeUserScramCredentials: who may log in by SCRAM.

use std::collections::BTreeMap;

use bytestring::ByteString;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::alter_user_scram_credentials::{
    AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse,
    AlterUserScramCredentialsResult, ScramCredentialUpsertion,
};
use milena_wire::messages::describe_user_scram_credentials::{
    CredentialInfo, DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse,
    DescribeUserScramCredentialsResult,
};

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use crate::failure::Failure;
use crate::sasl::ScramMechanism;

/// How often passwords may be hashed.
const ITERATIONS: std::ops::RangeInclusive<i32> = 4096..=16_384;

pub(super) fn answer_alter(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<AlterUserScramCredentialsRequest>()?;
    let mut times = BTreeMap::<ByteString, usize>::new();
    for name in names(&request) {
        *times.entry(name).or_default() += 1;
    }
    let users = &context.shared.scram_users;
    let is_twice = |name: &ByteString| times.get(name).is_some_and(|times| *times > 1);
    let mut results = BTreeMap::new();
    for deletion in request.deletions.iter().filter(|one| !is_twice(&one.name)) {
        let name = &*deletion.name;
        let deleted = check_name(name, deletion.mechanism).and_then(|mechanism| {
            match users.remove(mechanism, name) {
                true => Ok(()),
                false => Err(Failure::new(
                    ErrorCode::RESOURCE_NOT_FOUND,
                    "Attempt to delete a user credential that does not exist",
                )),
            }
        });
        results.insert(deletion.name.clone(), deleted);
    }
    for upsertion in request.upsertions.iter().filter(|one| !is_twice(&one.name)) {
        let checked = check_upsertion(upsertion).map(|(mechanism, iterations)| {
            let (name, salt) = (&upsertion.name, &upsertion.salt);
            let password = &upsertion.salted_password;
            users.set(mechanism, name, salt, iterations, password);
        });
        results.insert(upsertion.name.clone(), checked);
    }
    for name in times.keys().filter(|name| is_twice(name)) {
        let twice = Failure::new(
            ErrorCode::DUPLICATE_RESOURCE,
            "A user credential cannot be altered twice in the same request",
        );
        results.insert(name.clone(), Err(twice));
    }
    let mut response = AlterUserScramCredentialsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    let results = results.into_iter();
    response.results = results.map(|(name, result)| told(name, result)).collect();
    Answer::now(reply, &response)
}

pub(super) fn fail_alter(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<AlterUserScramCredentialsRequest>()?;
    let mut response = AlterUserScramCredentialsResponse::default();
    let mut names = names(&request);
    names.sort_unstable();
    names.dedup();
    let names = names.into_iter();
    response.results = names.map(|name| told(name, Err(code.into()))).collect();
    Answer::now(reply, &response)
}

/// The user of each change.
fn names(request: &AlterUserScramCredentialsRequest) -> Vec<ByteString> {
    let deletions = request.deletions.iter().map(|one| one.name.clone());
    let upsertions = request.upsertions.iter().map(|one| one.name.clone());
    deletions.chain(upsertions).collect()
}

fn told(name: ByteString, result: Result<(), Failure>) -> AlterUserScramCredentialsResult {
    let mut told = AlterUserScramCredentialsResult::default();
    told.user = name;
    told.error_message = None;
    if let Err(failure) = result {
        told.error_code = failure.code;
        told.error_message = failure.message.map(Into::into);
    }
    told
}

fn check_name(name: &str, mechanism: i8) -> Result<ScramMechanism, Failure> {
    if name.is_empty() {
        return Err(Failure::new(
            ErrorCode::UNACCEPTABLE_CREDENTIAL,
            "Username must not be empty",
        ));
    }
    ScramMechanism::of(mechanism).ok_or_else(|| {
        Failure::new(
            ErrorCode::UNSUPPORTED_SASL_MECHANISM,
            "Unknown SCRAM mechanism",
        )
    })
}

fn check_upsertion(upsertion: &ScramCredentialUpsertion) -> Result<(ScramMechanism, u32), Failure> {
    let mechanism = check_name(&upsertion.name, upsertion.mechanism)?;
    let message = match upsertion.iterations {
        few if few < *ITERATIONS.start() => "Too few iterations",
        many if many > *ITERATIONS.end() => "Too many iterations",
        iterations => return Ok((mechanism, u32::try_from(iterations).unwrap_or(0))),
    };
    Err(Failure::new(ErrorCode::UNACCEPTABLE_CREDENTIAL, message))
}

pub(super) fn answer_describe(
    context: &Context<'_>,
    incoming: Incoming,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<DescribeUserScramCredentialsRequest>()?;
    let users = &context.shared.scram_users;
    let mut times = BTreeMap::<String, usize>::new();
    for user in request.users.iter().flatten() {
        *times.entry(user.name.to_string()).or_default() += 1;
    }
    if times.is_empty() {
        times = users.names().into_iter().map(|name| (name, 1)).collect();
    }
    let mut response = DescribeUserScramCredentialsResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    for (name, times) in times {
        let known = users.iterations(&name);
        let mut result = DescribeUserScramCredentialsResult::default();
        if times > 1 {
            result.error_code = ErrorCode::DUPLICATE_RESOURCE;
            let message = format!(
                "Cannot describe SCRAM credentials for the same user twice in a single request: {name}"
            );
            result.error_message = Some(message.into());
        } else if known.is_empty() {
            result.error_code = ErrorCode::RESOURCE_NOT_FOUND;
            let message =
                format!("Attempt to describe a user credential that does not exist: {name}");
            result.error_message = Some(message.into());
        } else {
            let infos = known.into_iter().map(|(mechanism, iterations)| {
                let mut info = CredentialInfo::default();
                info.mechanism = mechanism as i8;
                info.iterations = i32::try_from(iterations).unwrap_or(i32::MAX);
                info
            });
            result.credential_infos = infos.collect();
        }
        result.user = name.into();
        response.results.push(result);
    }
    Answer::now(reply, &response)
}

pub(super) fn fail_describe(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<DescribeUserScramCredentialsRequest>()?;
    let mut response = DescribeUserScramCredentialsResponse::default();
    response.error_code = code;
    response.error_message = None;
    Answer::now(reply, &response)
}
