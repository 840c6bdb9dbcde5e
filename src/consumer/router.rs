//! Finds out who leads the partitions that are read, where they begin, and whether leaders have what was read.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use milena_wire::api_key::ApiKey;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::list_offsets::{ListOffsetsPartition, ListOffsetsTopic};
use milena_wire::messages::offset_for_leader_epoch::{
    OffsetForLeaderPartition, OffsetForLeaderTopic,
};
use milena_wire::messages::{ListOffsetsRequest, OffsetForLeaderEpochRequest};
use milena_wire::uuid::Uuid;
use tokio::time::sleep_until;

use super::inquiry::{Question, Survey};
use super::shared::Shared;
use super::start::Start;
use crate::cluster::{Boxed, Remedy, Reply, Retry, reaction};
use crate::connection::{after, now};
use crate::error::{Error, ErrorKind};

/// Finds out who leads the partitions that are read, where they begin, and whether leaders have what was read.
pub(super) struct Router {
    shared: Arc<Shared>,
    /// Questions that are under way.
    asking: Vec<Boxed<'static, Told>>,
}

/// What was found out.
enum Told {
    Starts(
        Vec<Question<Start>>,
        Result<Reply<ListOffsetsRequest>, Error>,
    ),
    Checks(
        Vec<Question<i32>>,
        Result<Reply<OffsetForLeaderEpochRequest>, Error>,
    ),
}

/// From this version of OffsetForLeaderEpoch on brokers let consumers ask.
const CONSUMERS_MAY_ASK: i16 = 3;

impl Router {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            asking: Vec::new(),
        }
    }

    pub(super) async fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        tokio::select! {
            () = self.work() => {}
            () = shared.client.closing() => {}
        }
        let error = Error::new(ErrorKind::Shutdown).during(ApiKey::FETCH, None);
        shared.with(|board| board.close(Some(error)));
    }

    async fn work(&mut self) {
        let shared = Arc::clone(&self.shared);
        let mut news = shared.client.news();
        loop {
            news.mark_unchanged();
            let survey = {
                let metadata = shared.client.known();
                let leader = |topic: &str, partition| {
                    let topic = metadata.topic(topic);
                    let id = topic.and_then(|topic| topic.id()).unwrap_or(Uuid::nil());
                    (topic.and_then(|topic| topic.leader(partition)), id)
                };
                let is_there = |broker| shared.client.has_broker(broker);
                shared.with(|board| match board.is_closed() {
                    true => None,
                    false => Some(board.survey(leader, is_there, now())),
                })
            };
            let Some(survey) = survey else {
                return;
            };
            for topic in &survey.stale {
                shared.client.is_stale(topic);
            }
            let next = self.ask(survey);
            let mut timer = pin!(sleep_until(after(now(), next).into()));
            let mut called = pin!(shared.bell.notified());
            let mut changed = pin!(news.changed());
            let asking = &mut self.asking;
            let told = std::future::poll_fn(|context| {
                for place in 0..asking.len() {
                    let polled = asking.get_mut(place).map(|one| one.as_mut().poll(context));
                    if let Some(Poll::Ready(told)) = polled {
                        drop(asking.swap_remove(place));
                        return Poll::Ready(Some(told));
                    }
                }
                let is_called = called.as_mut().poll(context).is_ready()
                    || changed.as_mut().poll(context).is_ready()
                    || timer.as_mut().poll(context).is_ready();
                if is_called {
                    Poll::Ready(None)
                } else {
                    Poll::Pending
                }
            });
            match told.await {
                None => {}
                Some(Told::Starts(questions, result)) => self.starts(questions, result),
                Some(Told::Checks(questions, result)) => self.checks(questions, result),
            }
        }
    }

    /// Asks what has to be found out; gives when to look again.
    fn ask(&mut self, survey: Survey) -> std::time::Duration {
        let client = &self.shared.client;
        let next = survey.next.map(|at| at.saturating_duration_since(now()));
        let next = next.unwrap_or(std::time::Duration::MAX);
        let deadline = after(now(), self.shared.settings.request_timeout);
        let isolation = self.shared.settings.isolation_level.number();
        for (broker, questions) in by_broker(survey.starts) {
            let request = ListOffsetsRequest::default()
                .with_replica_id(-1)
                .with_isolation_level(isolation)
                .with_topics(offsets_of(&questions));
            let answer = client.attempt(broker, request, deadline);
            self.asking.push(Box::pin(
                async move { Told::Starts(questions, answer.await.1) },
            ));
        }
        for (broker, questions) in by_broker(survey.checks) {
            let request = OffsetForLeaderEpochRequest::default()
                .with_replica_id(-1)
                .with_topics(epochs_of(&questions));
            let answer = client.attempt(broker, request, deadline);
            self.asking.push(Box::pin(
                async move { Told::Checks(questions, answer.await.1) },
            ));
        }
        match survey.stale.is_empty() {
            true => next,
            false => next.min(client.wait_after(0)),
        }
    }

    fn starts(
        &self,
        questions: Vec<Question<Start>>,
        result: Result<Reply<ListOffsetsRequest>, Error>,
    ) {
        let mut answers: HashMap<(&str, i32), (ErrorCode, i64, i32)> = HashMap::new();
        let reply = match result {
            Ok(reply) => reply,
            Err(error) => return self.not_answered(&questions, &error),
        };
        for topic in &reply.response.topics {
            for partition in &topic.partitions {
                // Version 0 has a list.
                let old = partition.old_style_offsets.first().copied();
                let offset = if partition.offset >= 0 {
                    partition.offset
                } else {
                    old.unwrap_or(-1)
                };
                let answer = (partition.error_code, offset, partition.leader_epoch);
                answers.insert((&topic.name, partition.partition_index), answer);
            }
        }
        for question in &questions {
            let answer = answers
                .get(&(&*question.topic, question.partition))
                .copied();
            match answer {
                None => self.refused(
                    question,
                    ErrorCode::UNKNOWN_SERVER_ERROR,
                    ApiKey::LIST_OFFSETS,
                ),
                Some((ErrorCode::NONE, offset, epoch)) if offset >= 0 => {
                    let epoch = (epoch >= 0).then_some(epoch);
                    let (slot, token) = (question.slot, question.token);
                    self.shared
                        .with(|board| board.started(slot, token, offset, epoch));
                }
                // No record is as new: from the end on.
                Some((ErrorCode::NONE, ..)) => {
                    let (slot, token) = (question.slot, question.token);
                    self.shared.with(|board| board.nothing_as_new(slot, token));
                }
                Some((code, ..)) => self.refused(question, code, ApiKey::LIST_OFFSETS),
            }
        }
    }

    fn checks(
        &self,
        questions: Vec<Question<i32>>,
        result: Result<Reply<OffsetForLeaderEpochRequest>, Error>,
    ) {
        let reply = match result {
            Ok(reply) => reply,
            Err(error) => {
                let is_unknown = matches!(
                    error.kind(),
                    ErrorKind::UnsupportedApi | ErrorKind::UnsupportedVersion { .. }
                );
                if is_unknown {
                    return self.cannot_check(&questions);
                }
                return self.not_answered(&questions, &error);
            }
        };
        if reply.version < CONSUMERS_MAY_ASK {
            return self.cannot_check(&questions);
        }
        let mut answers: HashMap<(&str, i32), (ErrorCode, i32, i64)> = HashMap::new();
        for topic in &reply.response.topics {
            for partition in &topic.partitions {
                let answer = (
                    partition.error_code,
                    partition.leader_epoch,
                    partition.end_offset,
                );
                answers.insert((&topic.topic, partition.partition), answer);
            }
        }
        for question in &questions {
            let answer = answers
                .get(&(&*question.topic, question.partition))
                .copied();
            let api = ApiKey::OFFSET_FOR_LEADER_EPOCH;
            match answer {
                None => self.refused(question, ErrorCode::UNKNOWN_SERVER_ERROR, api),
                Some((ErrorCode::NONE, epoch, end)) => {
                    let end = (epoch >= 0 && end >= 0).then_some((epoch, end));
                    let (slot, token) = (question.slot, question.token);
                    self.shared.with(|board| board.checked(slot, token, end));
                }
                Some((code, ..)) => self.refused(question, code, api),
            }
        }
    }

    fn cannot_check(&self, questions: &[Question<i32>]) {
        for question in questions {
            let (slot, token) = (question.slot, question.token);
            self.shared
                .with(|board| board.cannot_be_checked(slot, token));
        }
    }

    /// The broker answered a question with an error code.
    fn refused<Q>(&self, question: &Question<Q>, code: ErrorCode, api: ApiKey) {
        let client = &self.shared.client;
        let reaction = reaction(api, code);
        // A fenced epoch is that of old metadata.
        let is_stale =
            reaction.then == Remedy::RefreshMetadata || code == ErrorCode::FENCED_LEADER_EPOCH;
        if is_stale {
            client.is_stale(&question.topic);
        }
        let is_again =
            is_stale || reaction.retry != Retry::No || code == ErrorCode::UNKNOWN_SERVER_ERROR;
        self.shared.with(|board| {
            let outcome = match is_again {
                true => Ok(now() + client.wait_after(board.failures(question.slot))),
                false => {
                    let kind = ErrorKind::Partition {
                        topic: question.topic.to_string(),
                        partition: question.partition,
                        offset: None,
                        code,
                    };
                    Err(Error::new(kind)
                        .during(api, None)
                        .at_broker(question.leader.id))
                }
            };
            board.not_found_out(question.slot, question.token, outcome);
        });
    }

    fn not_answered<Q>(&self, questions: &[Question<Q>], error: &Error) {
        let client = &self.shared.client;
        tracing::debug!(%error, "a question about offsets was not answered");
        let passes = error.is_retriable()
            || matches!(
                error.kind(),
                ErrorKind::UnknownBroker(_) | ErrorKind::DeadlineExceeded
            );
        for question in questions {
            client.is_stale(&question.topic);
            self.shared.with(|board| {
                let outcome = match passes {
                    true => Ok(now() + client.wait_after(board.failures(question.slot))),
                    false => Err(error.clone()),
                };
                board.not_found_out(question.slot, question.token, outcome);
            });
        }
    }
}

fn by_broker<Q>(questions: Vec<Question<Q>>) -> HashMap<i32, Vec<Question<Q>>> {
    let mut brokers: HashMap<i32, Vec<Question<Q>>> = HashMap::new();
    for question in questions {
        brokers
            .entry(question.leader.id)
            .or_default()
            .push(question);
    }
    brokers
}

fn by_topic<Q>(questions: &[Question<Q>]) -> HashMap<&str, Vec<&Question<Q>>> {
    let mut topics: HashMap<&str, Vec<&Question<Q>>> = HashMap::new();
    for question in questions {
        topics.entry(&question.topic).or_default().push(question);
    }
    topics
}

fn offsets_of(questions: &[Question<Start>]) -> Vec<ListOffsetsTopic> {
    let topics = by_topic(questions).into_iter().map(|(topic, questions)| {
        let partitions = questions.into_iter().filter_map(|question| {
            let partition = ListOffsetsPartition::default()
                .with_partition_index(question.partition)
                .with_current_leader_epoch(question.leader.epoch.unwrap_or(-1))
                .with_timestamp(question.about.timestamp()?);
            Some(partition)
        });
        ListOffsetsTopic::default()
            .with_name(topic)
            .with_partitions(partitions.collect::<Vec<_>>())
    });
    topics.collect()
}

fn epochs_of(questions: &[Question<i32>]) -> Vec<OffsetForLeaderTopic> {
    let topics = by_topic(questions).into_iter().map(|(topic, questions)| {
        let partitions = questions.into_iter().map(|question| {
            OffsetForLeaderPartition::default()
                .with_partition(question.partition)
                .with_current_leader_epoch(question.leader.epoch.unwrap_or(-1))
                .with_leader_epoch(question.about)
        });
        OffsetForLeaderTopic::default()
            .with_topic(topic)
            .with_partitions(partitions.collect::<Vec<_>>())
    });
    topics.collect()
}
