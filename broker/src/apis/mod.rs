//! What the broker answers: one file for each API, none of which does I/O.

mod answer;
mod api_versions;
mod create_topics;
mod exchange;
mod fetch;
mod list_offsets;
mod metadata;
mod pending_fetch;
mod produce;
mod topic_reference;

use bytes::Bytes;
use milena_wire::api_key::ApiKey;
use milena_wire::codec::{Message, Request, VersionRange};
use milena_wire::messages::api_versions::ApiVersionsRequest;
use milena_wire::messages::create_topics::CreateTopicsRequest;
use milena_wire::messages::fetch::FetchRequest;
use milena_wire::messages::headers::RequestHeader;
use milena_wire::messages::list_offsets::ListOffsetsRequest;
use milena_wire::messages::metadata::MetadataRequest;
use milena_wire::messages::produce::ProduceRequest;

pub(crate) use answer::Answer;
use exchange::Incoming;
pub(crate) use exchange::{Context, Refusal};
pub(crate) use pending_fetch::PendingFetch;

use crate::shared::Served;

/// An API with what answers it.
struct Api {
    key: ApiKey,
    versions: VersionRange,
    header_version: fn(i16) -> i16,
    answer: fn(&Context<'_>, Incoming) -> Result<Answer, Refusal>,
}

impl Api {
    const fn new<R: Request>(
        answer: fn(&Context<'_>, Incoming) -> Result<Answer, Refusal>,
    ) -> Self {
        Self {
            key: R::API_KEY,
            versions: R::VERSIONS,
            header_version: R::header_version,
            answer,
        }
    }
}

/// All that is served: an ApiVersions answer lists just these.
static APIS: &[Api] = &[
    Api::new::<ProduceRequest>(produce::answer),
    Api::new::<FetchRequest>(fetch::answer),
    Api::new::<ListOffsetsRequest>(list_offsets::answer),
    Api::new::<MetadataRequest>(metadata::answer),
    Api::new::<ApiVersionsRequest>(api_versions::answer),
    Api::new::<CreateTopicsRequest>(create_topics::answer),
];

/// The APIs that are served, by key.
pub(crate) fn served() -> Vec<Served> {
    let served = APIS.iter().map(|api| Served {
        key: api.key,
        versions: api.versions,
    });
    served.collect()
}

/// Answers a request: everything of its frame but the length.
pub(crate) fn answer(context: &Context<'_>, frame: Bytes) -> Result<Answer, Refusal> {
    let (key, version, correlation_id) = peek(&frame).ok_or(Refusal::NoHeader)?;
    let served = context
        .shared
        .served
        .iter()
        .find(|served| served.key == key);
    let api = APIS.iter().find(|api| api.key == key);
    let (Some(api), Some(served)) = (api, served) else {
        return Err(Refusal::UnknownApi(key));
    };
    if !served.versions.contains(version) {
        // The client cannot know better before it has this answer, so it gets one that every client can read.
        if key == ApiKey::API_VERSIONS {
            return api_versions::unsupported(served, correlation_id);
        }
        return Err(Refusal::UnsupportedVersion(key, version));
    }
    let header_version = (api.header_version)(version);
    let (header, left) = RequestHeader::decode_prefix(&frame, header_version, MAX_HEADER_MEMORY)
        .map_err(Refusal::Malformed)?;
    tracing::trace!(
        api = key.name(),
        version,
        client_id = header.client_id.as_deref(),
        "request"
    );
    drop(header);
    let mut body = frame;
    let body = body.split_off(body.len() - left);
    let incoming = Incoming {
        version,
        correlation_id,
        body,
    };
    (api.answer)(context, incoming)
}

/// What the tagged fields of a header may take.
const MAX_HEADER_MEMORY: usize = 64 << 10;

/// API key, version and correlation id stand at the same place in every header.
fn peek(frame: &[u8]) -> Option<(ApiKey, i16, i32)> {
    let (key, rest) = frame.split_first_chunk()?;
    let (version, rest) = rest.split_first_chunk()?;
    let (correlation_id, _) = rest.split_first_chunk()?;
    Some((
        ApiKey(i16::from_be_bytes(*key)),
        i16::from_be_bytes(*version),
        i32::from_be_bytes(*correlation_id),
    ))
}
