//! What the broker answers: one file for each API, none of which does I/O.

mod answer;
mod api_versions;
mod create_topics;
mod exchange;
mod fetch;
mod header;
mod list_offsets;
mod login;
mod metadata;
mod pending_fetch;
mod produce;
mod sasl_authenticate;
mod sasl_handshake;
mod topic_reference;

use bytes::Bytes;
use milena_wire::api_key::ApiKey;
use milena_wire::codec::{Request, VersionRange};
use milena_wire::messages::api_versions::ApiVersionsRequest;
use milena_wire::messages::create_topics::CreateTopicsRequest;
use milena_wire::messages::fetch::FetchRequest;
use milena_wire::messages::list_offsets::ListOffsetsRequest;
use milena_wire::messages::metadata::MetadataRequest;
use milena_wire::messages::produce::ProduceRequest;
use milena_wire::messages::sasl_authenticate::SaslAuthenticateRequest;
use milena_wire::messages::sasl_handshake::SaslHandshakeRequest;

pub(crate) use answer::Answer;
use exchange::Incoming;
pub(crate) use exchange::{Context, Refusal};
pub(crate) use pending_fetch::PendingFetch;

use crate::sasl::Authentication;
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
    Api::new::<SaslHandshakeRequest>(sasl_handshake::answer),
    Api::new::<ApiVersionsRequest>(api_versions::answer),
    Api::new::<CreateTopicsRequest>(create_topics::answer),
    Api::new::<SaslAuthenticateRequest>(sasl_authenticate::answer),
];

/// The APIs that are served, by key, in the versions that `limits` leaves of each.
pub(crate) fn served(limits: impl Fn(ApiKey) -> VersionRange) -> Vec<Served> {
    let served = APIS.iter().map(|api| Served {
        key: api.key,
        versions: api.versions.intersection(limits(api.key)),
    });
    served.filter(|api| !api.versions.is_empty()).collect()
}

/// Answers a request: everything of its frame but the length.
pub(crate) fn answer(
    context: &Context<'_>,
    authentication: &mut Authentication,
    frame: Bytes,
) -> Result<Answer, Refusal> {
    if let Some(accounts) = &context.shared.accounts {
        if let Some(answer) = login::answer(context, accounts, authentication, &frame)? {
            return Ok(answer);
        }
    }
    let header = header::peek(&frame)?;
    let served = context.shared.served(header.key);
    let api = APIS.iter().find(|api| api.key == header.key);
    let (Some(api), Some(served)) = (api, served) else {
        return Err(Refusal::UnknownApi(header.key));
    };
    if !served.versions.contains(header.version) {
        // The client cannot know better before it has this answer, so it gets one that every client can read.
        if header.key == ApiKey::API_VERSIONS {
            return api_versions::unsupported(served, header.correlation_id);
        }
        return Err(Refusal::UnsupportedVersion(header.key, header.version));
    }
    let incoming = header::split(frame, header, (api.header_version)(header.version))?;
    (api.answer)(context, incoming)
}
