//! What the handles of a client share.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytestring::ByteString;
use milena_wire::api_key::ApiKey;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::find_coordinator::FindCoordinatorRequest;

use super::backoff::Backoff;
use super::calls::Calls;
use super::coordinators::{self, Coordinated, Coordinators, Search};
use super::exchange::{Choice, Exchange, HEAD_START, Reply, by, pause};
use super::metadata::{self, TopicKey, Want};
use super::placement::{Group, Located, Missing};
use super::pool::Node;
use super::random::Random;
use super::refresher::Refresher;
use super::retry::{Budget, Retry, reaction};
use super::routing::{CoordinatorKind, Routed, Target, TopicRef};
use super::scattered::Scattered;
use super::settings::ClientSettings;
use super::tasks::Tasks;
use super::together::{Boxed, race};
use crate::connection::{after, now};
use crate::error::{Error, ErrorKind};

/// From this version on FindCoordinator looks for several at once.
const BATCHED: i16 = 4;

/// What stands for the id of a broker where none was asked.
const NOBODY: i32 = -1;

/// A client without its handles.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) settings: ClientSettings,
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) refresher: Arc<Refresher>,
    pub(crate) coordinators: Coordinators,
    pub(crate) budget: Budget,
    pub(crate) backoff: Backoff,
    pub(crate) tasks: Tasks,
    pub(crate) calls: Calls,
}

impl Core {
    pub(crate) fn is_closing(&self) -> bool {
        self.tasks.is_closing()
    }

    /// The wait before the attempt after so many failures, the latest not counted.
    pub(crate) fn wait_after(&self, failures: u32) -> Duration {
        self.backoff.delay(failures, Random::any())
    }

    /// The same, but not longer than until the deadline.
    pub(crate) fn wait_within(&self, failures: u32, deadline: Instant) -> Duration {
        let left = deadline.saturating_duration_since(now());
        self.backoff.delay_within(failures, Random::any(), left)
    }

    /// Who is meant, as far as is known now. Takes no lock but that of the coordinators.
    pub(crate) fn locate(&self, api: ApiKey, target: &Target, key: Option<&[u8]>) -> Located {
        let nodes = &self.exchange.nodes;
        let at = |broker: Option<i32>, missing: Missing| match broker.and_then(|id| nodes.by_id(id))
        {
            Some(node) => Located::At(node),
            None => Located::Unknown(missing),
        };
        match target {
            Target::Any | Target::Every => match self.exchange.choose(api, key) {
                Some(node) => Located::At(node),
                None => Located::Unknown(Missing::Anybody),
            },
            Target::Controller => {
                let metadata = self.refresher.metadata();
                let controller = metadata.controller().map(metadata::Broker::id);
                at(controller, Missing::Controller)
            }
            Target::Leader(topic, partition) => {
                let metadata = self.refresher.metadata();
                let topic_metadata = match topic {
                    TopicRef::Name(name) => metadata.topic(name),
                    TopicRef::Id(id) => metadata.topic_by_id(*id),
                };
                let leader = topic_metadata.and_then(|found| {
                    found.touch();
                    found.leader(*partition)
                });
                let leader = leader.map(|leader| leader.id);
                match leader.and_then(|id| nodes.by_id(id)) {
                    Some(node) => Located::At(node),
                    None => Located::Unknown(Missing::Leader(topic.clone(), *partition)),
                }
            }
            Target::Coordinator(kind, key) => {
                let wanted = Coordinated {
                    kind: *kind,
                    key: key.clone(),
                };
                match self
                    .coordinators
                    .known(&wanted)
                    .and_then(|id| nodes.by_id(id))
                {
                    Some(node) => Located::At(node),
                    None => Located::Unknown(Missing::Coordinator(wanted)),
                }
            }
            Target::Broker(id) => at(Some(*id), Missing::Broker(*id)),
        }
    }

    /// Waits until it is known who is meant, or at least something is new.
    ///
    /// # Errors
    /// That there is nobody, or nobody within the deadline.
    pub(crate) async fn find(
        self: &Arc<Self>,
        api: ApiKey,
        missing: &Missing,
        deadline: Instant,
    ) -> Result<(), Error> {
        tokio::select! {
            biased;
            () = self.tasks.closing() => Err(Error::new(ErrorKind::Shutdown)),
            found = self.look_for(api, missing, deadline) => found,
        }
    }

    async fn look_for(
        self: &Arc<Self>,
        api: ApiKey,
        missing: &Missing,
        deadline: Instant,
    ) -> Result<(), Error> {
        match missing {
            Missing::Leader(topic, partition) => {
                self.find_leader(api, topic, *partition, deadline).await
            }
            Missing::Coordinator(wanted) => self.find_coordinator(wanted, deadline).await,
            Missing::Controller => {
                let found = self.refresher.want(Want::Controller, deadline).await;
                // While another one is elected there is none.
                if found.is_ok() || pause(self.wait_after(0), deadline).await {
                    return Ok(());
                }
                Err(Error::new(ErrorKind::NoBroker))
            }
            Missing::Broker(id) => {
                // It may have just come. One look is enough: who is not there is not waited for.
                let _ = self.refresher.want(Want::Refresh, deadline).await;
                match self.exchange.nodes.by_id(*id) {
                    Some(_) => Ok(()),
                    None => Err(Error::new(ErrorKind::UnknownBroker(*id))),
                }
            }
            Missing::Anybody => {
                let found = self.refresher.want(Want::Refresh, deadline).await;
                found.map_err(|_| Error::new(ErrorKind::NoBroker))
            }
        }
    }

    async fn find_leader(
        &self,
        api: ApiKey,
        topic: &TopicRef,
        partition: i32,
        deadline: Instant,
    ) -> Result<(), Error> {
        let key = topic_key(topic);
        let unknown = || ErrorKind::UnknownPartition {
            topic: topic.to_string(),
            partition,
        };
        // A leader that is known, and is no broker that is: to hear of him again is no news.
        let known = self.refresher.metadata().topic_by_key(&key).cloned();
        let want = match known.and_then(|topic| topic.leader(partition)) {
            Some(tried) => Want::Leader {
                topic: key,
                partition,
                tried,
            },
            None => Want::Partition {
                topic: key,
                partition,
            },
        };
        let code = match self.refresher.want(want, deadline).await {
            Ok(()) => {
                let target = Target::Leader(topic.clone(), partition);
                if let Located::At(_) = self.locate(api, &target, None) {
                    return Ok(());
                }
                // It leads by what the cluster says, and is nowhere that anybody could connect to.
                self.refresher.stale();
                Some(ErrorCode::LEADER_NOT_AVAILABLE)
            }
            Err(code) => code,
        };
        let kind = match code {
            Some(code @ (ErrorCode::UNKNOWN_TOPIC_OR_PARTITION | ErrorCode::UNKNOWN_TOPIC_ID)) => {
                // It may have just been made, and this broker does not know it yet.
                let is_waited_for = reaction(api, code).retry != Retry::No;
                if is_waited_for && pause(self.wait_after(0), deadline).await {
                    return Ok(());
                }
                unknown()
            }
            // The time is over while the cluster is asked once more: what it said last is what there is to say.
            None if !self.is_topic_known(topic) => {
                if self.refresher.has_failed() {
                    return Err(self.refresher.last_error());
                }
                unknown()
            }
            Some(ErrorCode::LEADER_NOT_AVAILABLE) | None => {
                if pause(self.wait_after(0), deadline).await {
                    return Ok(());
                }
                ErrorKind::NoLeader {
                    topic: topic.to_string(),
                    partition,
                }
            }
            Some(code) => {
                let is_waited_for = reaction(api, code).retry != Retry::No;
                if is_waited_for && pause(self.wait_after(0), deadline).await {
                    return Ok(());
                }
                let message = Some(format!("topic {topic}"));
                ErrorKind::Broker { code, message }
            }
        };
        Err(Error::new(kind))
    }

    /// What becomes of a request for partitions of which nobody could be found who leads them; and what is left of it, if it is also for others of the same
    /// topic, which are there.
    pub(crate) fn give_up<R: Routed>(
        &self,
        request: R,
        missing: &Missing,
        error: Error,
    ) -> (Scattered<R>, Option<R>) {
        let (Missing::Leader(topic, partition), ErrorKind::UnknownPartition { .. }) =
            (missing, error.kind())
        else {
            return (Scattered::failed(request, error), None);
        };
        let metadata = self.refresher.metadata();
        let known = metadata.topic_by_key(&topic_key(topic));
        let known = known.filter(|topic| topic.exists());
        let (mut lost, mut left) = (Vec::new(), Vec::new());
        request.targets(&mut |target| {
            let is_there = match (&target, known) {
                (Target::Leader(_, index), Some(known)) => {
                    index != partition && known.partition(*index).is_some()
                }
                _ => false,
            };
            let item = lost.len() + left.len();
            if is_there {
                left.push(item);
            } else {
                lost.push(item);
            }
        });
        let (request, rest) = if left.is_empty() {
            (request, None)
        } else {
            (request.part(&lost), Some(request.part(&left)))
        };
        let code = match topic {
            TopicRef::Id(_) if known.is_none() => ErrorCode::UNKNOWN_TOPIC_ID,
            _ => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        };
        let scattered = match request.unknown(code) {
            Some(response) => Scattered::answered(NOBODY, request, response),
            None => Scattered::failed(request, error),
        };
        (scattered, rest)
    }

    fn is_topic_known(&self, topic: &TopicRef) -> bool {
        let metadata = self.refresher.metadata();
        let topic = metadata.topic_by_key(&topic_key(topic));
        topic.is_some_and(|topic| topic.exists())
    }

    async fn find_coordinator(
        self: &Arc<Self>,
        wanted: &Coordinated,
        deadline: Instant,
    ) -> Result<(), Error> {
        let (found, search) = self.coordinators.want(wanted);
        if let Some(search) = search {
            self.search(vec![search]);
        }
        let broker = match by(deadline, coordinators::told(found)).await {
            Some(Some(Ok(broker))) => broker,
            Some(Some(Err(error))) => {
                // Who began to look had less time, perhaps.
                if error.is_retriable() && pause(self.wait_after(0), deadline).await {
                    return Ok(());
                }
                return Err(error);
            }
            // Whoever looked is gone: the client ends, or its runtime has.
            Some(None) => return Err(Error::new(ErrorKind::Shutdown)),
            None => return Err(Error::new(ErrorKind::DeadlineExceeded)),
        };
        if self.exchange.nodes.by_id(broker).is_none() {
            // It is newer than what is known of the cluster.
            let _ = self.refresher.want(Want::Refresh, deadline).await;
            if self.exchange.nodes.by_id(broker).is_none() {
                self.coordinators.forget(wanted, broker);
                if !pause(self.wait_after(0), deadline).await {
                    return Err(Error::new(ErrorKind::UnknownBroker(broker)));
                }
            }
        }
        Ok(())
    }

    /// Begins to look for all coordinators at once that a request will want.
    pub(crate) fn look_ahead(self: &Arc<Self>, groups: &[Group]) {
        let mut searches = Vec::new();
        for group in groups {
            if let Located::Unknown(Missing::Coordinator(wanted)) = &group.located {
                searches.extend(self.coordinators.want(wanted).1);
            }
        }
        for kind in CoordinatorKind::ALL {
            let (of_kind, others) = searches
                .into_iter()
                .partition(|search: &Search| search.wanted.kind == kind);
            searches = others;
            self.search(of_kind);
        }
    }

    /// Looks for coordinators, all of one kind, in a task of its own: whoever asked first may go away.
    fn search(self: &Arc<Self>, searches: Vec<Search>) {
        if searches.is_empty() {
            return;
        }
        let core = Arc::clone(self);
        self.tasks.spawn(async move {
            tokio::select! {
                () = core.find_all(searches) => {}
                () = core.tasks.closing() => {}
            }
        });
    }

    async fn find_all(&self, mut searches: Vec<Search>) {
        let deadline = after(now(), self.settings.deadline);
        let mut failures = 0;
        while !searches.is_empty() {
            let before = searches.len();
            let mut last = Error::new(ErrorKind::NoBroker);
            let nodes = self.exchange.choose_some(ApiKey::FIND_COORDINATOR);
            let attempts = nodes
                .iter()
                .map(|node| -> Boxed<'_, _> { Box::pin(self.ask_for(node, &searches, deadline)) });
            match race(attempts.collect(), HEAD_START).await {
                Ok(answers) => searches = self.tell(searches, &answers, &mut last),
                Err(errors) => last = errors.into_iter().last().unwrap_or(last),
            }
            if searches.len() < before {
                failures = 0;
                continue;
            }
            // Where one is asked for at a time, none is to keep the others waiting.
            searches.rotate_left(1);
            let may_go_on = last.is_retriable() && pause(self.wait_after(failures), deadline).await;
            failures += 1;
            if !may_go_on {
                for search in searches.drain(..) {
                    self.coordinators.found(search, Err(last.clone()));
                }
            }
        }
    }

    /// Tells those whose search has come to an end; gives the others.
    fn tell(&self, searches: Vec<Search>, answers: &[Answer], last: &mut Error) -> Vec<Search> {
        let mut left = Vec::new();
        for search in searches {
            let answer = answers
                .iter()
                .find(|answer| answer.key == search.wanted.key);
            let result = match answer {
                Some(answer) if answer.code.is_ok() => Ok(answer.broker),
                Some(answer) => Err(answer.error()),
                None => {
                    left.push(search);
                    continue;
                }
            };
            match result {
                Err(error) if error.is_retriable() => {
                    *last = error;
                    left.push(search);
                }
                result => self.coordinators.found(search, result),
            }
        }
        left
    }

    async fn ask_for(
        &self,
        node: &Arc<Node>,
        searches: &[Search],
        deadline: Instant,
    ) -> Result<Vec<Answer>, Error> {
        let Some(first) = searches.first() else {
            return Ok(Vec::new());
        };
        let versions = self
            .exchange
            .versions::<FindCoordinatorRequest>(node, deadline)
            .await?;
        let request = FindCoordinatorRequest::default().with_key_type(first.wanted.kind.key_type());
        let request = if versions.max >= BATCHED {
            let keys = searches.iter().map(|search| search.wanted.key.clone());
            request.with_coordinator_keys(keys.collect::<Vec<_>>())
        } else {
            // One at a time; the others have their turn later.
            request.with_key(first.wanted.key.clone())
        };
        let ask = self.exchange.ask(node, request, Choice::Free, deadline);
        let (_, reply) = ask.await;
        let Reply { response, .. } = reply?;
        if versions.max < BATCHED {
            let key = first.wanted.key.clone();
            return Ok(vec![Answer {
                key,
                broker: response.node_id,
                code: response.error_code,
                message: response.error_message.map(|text| text.to_string()),
            }]);
        }
        let answers = response.coordinators.into_iter().map(|found| Answer {
            key: found.key,
            broker: found.node_id,
            code: found.error_code,
            message: found.error_message.map(|text| text.to_string()),
        });
        Ok(answers.collect())
    }
}

/// What FindCoordinator says of one key, in whatever version.
struct Answer {
    key: ByteString,
    broker: i32,
    code: ErrorCode,
    message: Option<String>,
}

impl Answer {
    fn error(&self) -> Error {
        let (code, message) = (self.code, self.message.clone());
        Error::new(ErrorKind::Broker { code, message }).during(ApiKey::FIND_COORDINATOR, None)
    }
}

impl Core {
    /// The broker does not coordinate those items of a request that `is_meant` tells of: who does is looked for again.
    pub(crate) fn uncoordinated<R: Routed>(
        &self,
        node: &Node,
        request: &R,
        is_meant: impl Fn(usize) -> bool,
    ) {
        let mut items = 0..;
        request.targets(&mut |target| {
            let is_meant = items.next().is_some_and(&is_meant);
            if let (true, Target::Coordinator(kind, key)) = (is_meant, target) {
                self.coordinators
                    .forget(&Coordinated { kind, key }, node.id);
            }
        });
    }

    /// A broker would not answer for those items of a request that `is_meant` tells of, as others lead them, or something else is not as it was known.
    /// What the answer says of new leaders is believed (KIP-951), and the rest is asked for. Gives whether nothing had to be asked for, so that
    /// all of the items can be sent at once to where they belong.
    pub(crate) fn follow<R: Routed>(
        &self,
        node: &Node,
        request: &R,
        response: &R::Response,
        is_meant: impl Fn(usize) -> bool,
    ) -> bool {
        let news = R::new_leaders(response);
        if !news.leaders.is_empty() {
            self.refresher.follow(&news.leaders, &news.brokers);
        }
        let mut are_elsewhere = true;
        let mut items = 0..;
        request.targets(&mut |target| {
            if !items.next().is_some_and(&is_meant) {
                return;
            }
            let Target::Leader(topic, _) = &target else {
                are_elsewhere = false;
                return self.refresher.stale();
            };
            match self.locate(R::API_KEY, &target, None) {
                // This answer, or one that came meanwhile, has told.
                Located::At(other) if !std::ptr::eq(&*other, node) => {}
                _ => {
                    are_elsewhere = false;
                    self.refresher.stale_topic(&topic_key(topic));
                }
            }
        });
        are_elsewhere
    }
}

fn topic_key(topic: &TopicRef) -> TopicKey {
    match topic {
        TopicRef::Name(name) => TopicKey::from(&**name),
        TopicRef::Id(id) => TopicKey::from(*id),
    }
}
