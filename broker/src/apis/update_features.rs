//! UpdateFeatures.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::update_features::{
    FeatureUpdateKey, UpdatableFeatureResult, UpdateFeaturesRequest, UpdateFeaturesResponse,
};

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use crate::quorum::FeatureUpdate;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<UpdateFeaturesRequest>()?;
    let updates = request.feature_updates.iter();
    // Kafka does not look at what version 0 says instead of an upgrade type.
    let updates = updates.map(|update| FeatureUpdate {
        name: &update.feature,
        level: update.max_version_level,
        upgrade_type: update.upgrade_type,
    });
    let updates: Vec<_> = updates.collect();
    let quorum = &context.shared.quorum;
    let mut response = UpdateFeaturesResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    response.error_message = None;
    match quorum.update_features(&updates, request.validate_only) {
        Ok(()) if reply.version <= 1 => {
            response.results = request.feature_updates.iter().map(result).collect();
        }
        Ok(()) => {}
        Err(failure) => {
            response.error_code = failure.code;
            let message = failure.message.unwrap_or_default();
            let message = format!(
                "The update failed for all features since the following feature had an error: {message}"
            );
            response.error_message = Some(message.into());
        }
    }
    Answer::now(reply, &response)
}

pub(super) fn fail(
    context: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (_, reply) = incoming.decode::<UpdateFeaturesRequest>()?;
    let mut response = UpdateFeaturesResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    response.error_code = code;
    response.error_message = None;
    Answer::now(reply, &response)
}

/// As Kafka says it, with the name of the error that there was none.
fn result(update: &FeatureUpdateKey) -> UpdatableFeatureResult {
    let mut result = UpdatableFeatureResult::default();
    result.feature = update.feature.clone();
    result.error_message = Some("NONE".into());
    result
}
