//! ElectLeaders.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::elect_leaders::{
    ElectLeadersRequest, ElectLeadersResponse, PartitionResult, ReplicaElectionResult,
};

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal, Reply};
use crate::failure::Failure;
use crate::topics::NO_LEADER;

/// Who is to lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Election {
    /// The first replica, wherever another one does.
    Preferred,
    /// Whoever is up, wherever nobody does.
    Unclean,
}

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<ElectLeadersRequest>()?;
    let nothing = request.topic_partitions.as_ref().is_some_and(Vec::is_empty);
    let election = match request.election_type {
        0 => Election::Preferred,
        1 => Election::Unclean,
        _ if nothing => Election::Preferred,
        unknown => {
            let message = format!("Unknown election type {unknown}");
            let failure = Failure::invalid_request(message);
            return refuse(context, &request, reply, &failure);
        }
    };
    let mut response = ElectLeadersResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    response.replica_election_results = match &request.topic_partitions {
        None => elect_everywhere(context, election),
        Some(topics) => {
            let results = topics.iter().map(|topic| {
                let partitions = topic.partitions.iter().map(|&index| {
                    let elected = elect(context, &topic.topic, index, election);
                    result(index, elected.err().as_ref())
                });
                results(&topic.topic, partitions.collect())
            });
            results.collect()
        }
    };
    Answer::now(reply, &response)
}

pub(super) fn fail(
    context: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<ElectLeadersRequest>()?;
    refuse(context, &request, reply, &code.into())
}

/// All has failed for the same reason.
fn refuse(
    context: &Context<'_>,
    request: &ElectLeadersRequest,
    reply: Reply,
    failure: &Failure,
) -> Result<Answer, Refusal> {
    let mut response = ElectLeadersResponse::default();
    response.throttle_time_ms = context.throttle_ms;
    if reply.version >= 1 {
        response.error_code = failure.code;
    }
    let topics = request.topic_partitions.iter().flatten();
    response.replica_election_results = topics
        .map(|topic| {
            let partitions = topic.partitions.iter();
            let partitions = partitions.map(|index| result(*index, Some(failure)));
            results(&topic.topic, partitions.collect())
        })
        .collect();
    Answer::now(reply, &response)
}

/// In all topics; where no election is needed, the partition is not mentioned.
fn elect_everywhere(context: &Context<'_>, election: Election) -> Vec<ReplicaElectionResult> {
    let topics = context.shared.catalog.all().into_iter();
    let all = topics.map(|topic| {
        let partitions = (0..).zip(&topic.partitions).map(|(index, _)| index);
        let elected =
            partitions.map(|index| (index, elect(context, &topic.name, index, election).err()));
        let not_needed = |failure: &Failure| failure.code == ErrorCode::ELECTION_NOT_NEEDED;
        let elected = elected.filter(|(_, failed)| !failed.as_ref().is_some_and(not_needed));
        let partitions = elected.map(|(index, failed)| result(index, failed.as_ref()));
        results(&topic.name, partitions.collect())
    });
    all.collect()
}

fn elect(
    context: &Context<'_>,
    topic: &str,
    index: i32,
    election: Election,
) -> Result<(), Failure> {
    let catalog = &context.shared.catalog;
    let unknown = |what: String| {
        Failure::new(
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            format!("No such {what}"),
        )
    };
    if catalog.by_name(topic).is_none() {
        return Err(unknown(format!("topic as {topic}")));
    }
    let elected = catalog.lead(topic, index, |leadership, among| match election {
        Election::Preferred if leadership.replicas.first() == Some(&leadership.leader) => None,
        Election::Unclean if leadership.leader != NO_LEADER => None,
        Election::Preferred => Some(leadership.elect_preferred(among)),
        Election::Unclean => Some(leadership.elect_any(true, among)),
    });
    let (code, message) = match (elected, election) {
        (None, _) => return Err(unknown(format!("partition as {topic}-{index}"))),
        (Some(Some(true)), _) => return Ok(()),
        (Some(None), _) => (
            ErrorCode::ELECTION_NOT_NEEDED,
            "Leader election not needed for topic partition.",
        ),
        (Some(Some(false)), Election::Preferred) => (
            ErrorCode::PREFERRED_LEADER_NOT_AVAILABLE,
            "The preferred leader was not available.",
        ),
        (Some(Some(false)), Election::Unclean) => (
            ErrorCode::ELIGIBLE_LEADERS_NOT_AVAILABLE,
            "Eligible topic partition leaders are not available.",
        ),
    };
    Err(Failure::new(code, message))
}

fn results(topic: &str, partitions: Vec<PartitionResult>) -> ReplicaElectionResult {
    let mut results = ReplicaElectionResult::default();
    results.topic = topic.into();
    results.partition_result = partitions;
    results
}

fn result(index: i32, failure: Option<&Failure>) -> PartitionResult {
    let mut result = PartitionResult::default();
    result.partition_id = index;
    result.error_message = None;
    if let Some(failure) = failure {
        result.error_code = failure.code;
        result.error_message = failure.message.as_deref().map(Into::into);
    }
    result
}
