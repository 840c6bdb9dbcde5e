//! Asking a broker which versions it speaks.

use std::time::Duration;

use bytes::Bytes;
use milena_wire::api_key::ApiKey;
use milena_wire::codec::{Message as _, VersionRange};
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::{ApiVersionsRequest, ApiVersionsResponse};

use super::channel::{AskError, Channel, MEMORY_BUDGET};
use super::clock::now;
use super::settings::Settings;
use crate::versions::BrokerVersions;

/// Why the versions are not known.
#[derive(Debug)]
pub(crate) enum NegotiateError {
    Ask(AskError),
    /// The broker's answer cannot be used.
    Refused(String),
}

impl From<AskError> for NegotiateError {
    fn from(error: AskError) -> Self {
        Self::Ask(error)
    }
}

/// Asks in `version`, stepping down as the broker demands. Gives how long the answer took, too.
pub(crate) async fn negotiate(
    channel: &mut Channel,
    settings: &Settings,
    mut version: i16,
) -> Result<(BrokerVersions, Duration), NegotiateError> {
    let refused = |text: String| NegotiateError::Refused(text);
    let request = ApiVersionsRequest::default()
        .with_client_software_name("milena")
        .with_client_software_version(env!("CARGO_PKG_VERSION"));
    loop {
        let client_id = settings.client_id.as_ref();
        let asked = now();
        let body = channel
            .ask_raw(&request, version, client_id, Vec::new())
            .await?;
        let round_trip = now().saturating_duration_since(asked);
        if error_code(&body) == Some(ErrorCode::UNSUPPORTED_VERSION) {
            version = lower_version(&body, version).ok_or_else(|| {
                refused(format!(
                    "the broker refuses ApiVersions v{version}, and offers no lower one"
                ))
            })?;
            continue;
        }
        let (response, _) = ApiVersionsResponse::decode_prefix(&body, version, MEMORY_BUDGET)
            .map_err(|error| refused(error.to_string()))?;
        if response.error_code != ErrorCode::NONE {
            return Err(refused(format!(
                "the broker answers {}",
                response.error_code
            )));
        }
        return BrokerVersions::new(&response.api_keys)
            .map(|versions| (versions, round_trip))
            .map_err(|api| refused(format!("the broker's versions of {api} are upside down")));
    }
}

/// The error code that an answer of any version begins with.
fn error_code(body: &Bytes) -> Option<ErrorCode> {
    let code = body.first_chunk()?;
    Some(ErrorCode(i16::from_be_bytes(*code)))
}

/// The version to ask next after the broker refused one: its highest, if its answer tells; else the oldest.
fn lower_version(body: &Bytes, refused: i16) -> Option<i16> {
    // Kafka answers in version 0, whatever was asked; others have been seen to send less than that.
    let hint = ApiVersionsResponse::decode_prefix(body, 0, MEMORY_BUDGET).ok();
    let range = hint.and_then(|(response, _)| {
        let mut apis = response.api_keys.into_iter();
        let own = apis.find(|api| ApiKey(api.api_key) == ApiKey::API_VERSIONS)?;
        let theirs = VersionRange::new(own.min_version, own.max_version);
        Some(theirs.intersection(ApiVersionsRequest::VERSIONS))
    });
    let next = match range {
        Some(range) if range.is_empty() => return None,
        Some(range) => range.max,
        None => 0,
    };
    (next < refused).then_some(next)
}

#[cfg(test)]
mod tests {
    use milena_wire::messages::api_versions::ApiVersion;

    use super::*;

    fn refusal(range: Option<(i16, i16)>) -> Bytes {
        let mut response =
            ApiVersionsResponse::default().with_error_code(ErrorCode::UNSUPPORTED_VERSION);
        response.api_keys.extend(range.map(|(min, max)| {
            ApiVersion::default()
                .with_api_key(ApiKey::API_VERSIONS.0)
                .with_min_version(min)
                .with_max_version(max)
        }));
        response.encode(0).unwrap().into_bytes()
    }

    #[test]
    fn the_next_version_is_the_brokers_highest_and_always_lower() {
        assert_eq!(lower_version(&refusal(Some((0, 2))), 4), Some(2));
        assert_eq!(lower_version(&refusal(None), 4), Some(0));
        assert_eq!(lower_version(&Bytes::from_static(&[0, 35]), 4), Some(0));
        assert_eq!(lower_version(&refusal(Some((0, 4))), 4), None, "no loop");
        assert_eq!(lower_version(&refusal(Some((7, 9))), 4), None);
        assert_eq!(lower_version(&refusal(None), 0), None);
    }
}
