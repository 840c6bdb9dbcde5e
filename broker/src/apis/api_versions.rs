//! ApiVersions.

use milena_wire::api_key::ApiKey;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::api_versions::{
    ApiVersion, ApiVersionsRequest, ApiVersionsResponse, FinalizedFeatureKey, SupportedFeatureKey,
};

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal, Reply};
use crate::quorum::SUPPORTED;
use crate::shared::Served;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<ApiVersionsRequest>()?;
    let response = response(context, &request, reply.version);
    Answer::now(reply, &response)
}

/// What is served, or that the request is not valid.
pub(super) fn response(
    context: &Context<'_>,
    request: &ApiVersionsRequest,
    version: i16,
) -> ApiVersionsResponse {
    let mut response = ApiVersionsResponse::default();
    let named = is_software_name(&request.client_software_name)
        && is_software_name(&request.client_software_version);
    if version >= 3 && !named {
        response.error_code = ErrorCode::INVALID_REQUEST;
    } else {
        response.api_keys = context.shared.served.iter().map(range).collect();
        response.throttle_time_ms = context.throttle_ms;
        if version >= 3 && !context.shared.zookeeper {
            tell_features(context, &mut response, version);
        }
        if version >= 3 {
            context.shared.connections.introduce(
                context.connection,
                &request.client_software_name,
                &request.client_software_version,
            );
        }
    }
    response
}

/// What the cluster agrees on, which begins with KRaft here.
fn tell_features(context: &Context<'_>, response: &mut ApiVersionsResponse, version: i16) {
    // A level of 0 was not foreseen when clients of version 3 were made.
    let supported = SUPPORTED.iter();
    let supported = supported.filter(|feature| version >= 4 || feature.min > 0);
    let supported = supported.map(|feature| {
        let mut key = SupportedFeatureKey::default();
        key.name = feature.name.into();
        key.min_version = feature.min;
        key.max_version = feature.max;
        key
    });
    response.supported_features = supported.collect();
    let (finalized, epoch) = context.shared.quorum.features();
    let finalized = finalized.into_iter().map(|feature| {
        let mut key = FinalizedFeatureKey::default();
        key.name = feature.name.into();
        key.min_version_level = feature.level;
        key.max_version_level = feature.level;
        key
    });
    response.finalized_features = finalized.collect();
    response.finalized_features_epoch = epoch;
}

/// The answer to a version that is not served. Version 0 is what every client can read; since KIP-511, which came with version 3, it names the versions
/// of this API alone.
pub(super) fn unsupported(served: &Served, correlation_id: i32) -> Result<Answer, Refusal> {
    let mut response = ApiVersionsResponse::default();
    response.error_code = ErrorCode::UNSUPPORTED_VERSION;
    if served.versions.contains(3) {
        response.api_keys = vec![range(served)];
    }
    let reply = Reply {
        version: 0,
        correlation_id,
    };
    Answer::now(reply, &response)
}

pub(super) fn fail(
    context: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<ApiVersionsRequest>()?;
    if code == ErrorCode::UNSUPPORTED_VERSION {
        let served = context.shared.served.iter();
        let mut served = served.filter(|served| served.key == ApiKey::API_VERSIONS);
        let served = served
            .next()
            .ok_or(Refusal::UnknownApi(ApiKey::API_VERSIONS))?;
        return unsupported(served, reply.correlation_id);
    }
    let mut response = ApiVersionsResponse::default();
    response.error_code = code;
    Answer::now(reply, &response)
}

fn range(served: &Served) -> ApiVersion {
    let mut range = ApiVersion::default();
    range.api_key = served.key.0;
    range.min_version = served.versions.min;
    range.max_version = served.versions.max;
    range
}

/// Letters, digits, dashes and dots, neither of these two at an end (KIP-511).
fn is_software_name(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    bytes.iter().copied().all(inner) && end(bytes.first()) && end(bytes.last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_names() {
        for name in ["a", "apache-kafka-java", "4.0.0", "a-.b"] {
            assert!(is_software_name(name), "{name}");
        }
        for name in ["", "-a", "a.", "a b", "ä"] {
            assert!(!is_software_name(name), "{name}");
        }
    }
}
