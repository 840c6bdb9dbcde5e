//! Requests that old versions have one form of and newer ones another: items by name or by id, one key or many.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::delete_topics::{DeletableTopicResult, DeleteTopicState};
use milena_wire::messages::{
    DeleteTopicsRequest, DeleteTopicsResponse, FindCoordinatorRequest, FindCoordinatorResponse,
};

use super::key::Key;
use super::pairing::{Chosen, pair};
use super::parts::pick;
use super::routed::Routed;
use super::target::Target;

fn tell(
    visit: &mut dyn FnMut(Option<usize>, ErrorCode),
) -> impl FnMut(usize, Option<ErrorCode>) + '_ {
    |item, code| match code {
        Some(ErrorCode::NONE) => {}
        Some(code) => visit(Some(item), code),
        None => visit(Some(item), ErrorCode::UNKNOWN_SERVER_ERROR),
    }
}

fn state_key(topic: &DeleteTopicState) -> Key<'_> {
    Key::topic(topic.name.as_deref().unwrap_or_default(), topic.topic_id)
}

fn result_key(topic: &DeletableTopicResult) -> Key<'_> {
    Key::topic(topic.name.as_deref().unwrap_or_default(), topic.topic_id)
}

/// The items are `topics`, or `topic_names` if that is empty: version 6 has the one, those before it the other.
impl Routed for DeleteTopicsRequest {
    fn targets(&self, visit: &mut dyn FnMut(Target)) {
        let count = match self.topics.len() {
            0 => self.topic_names.len(),
            count => count,
        };
        for _ in 0..count.max(1) {
            visit(Target::Controller);
        }
    }

    fn sole_target(&self) -> Option<Target> {
        Some(Target::Controller)
    }

    fn part(&self, items: &[usize]) -> Self {
        let mut part = Self::default();
        part.unknown_tagged_fields = self.unknown_tagged_fields.clone();
        part.timeout_ms = self.timeout_ms;
        part.topics = pick(&self.topics, items);
        if self.topics.is_empty() {
            part.topic_names = pick(&self.topic_names, items);
        }
        part
    }

    fn errors(
        &self,
        response: &DeleteTopicsResponse,
        visit: &mut dyn FnMut(Option<usize>, ErrorCode),
    ) {
        let answers = response
            .responses
            .iter()
            .map(|topic| (result_key(topic), topic.error_code));
        if self.topics.is_empty() {
            let names = self.topic_names.iter().map(|name| Key::name(name));
            pair(names, answers, tell(visit));
        } else {
            pair(self.topics.iter().map(state_key), answers, tell(visit));
        }
    }

    fn forget(&self, response: &mut DeleteTopicsResponse, items: &[usize]) {
        let chosen = if self.topics.is_empty() {
            Chosen::new(self.topic_names.iter().map(|name| Key::name(name)), items)
        } else {
            Chosen::new(self.topics.iter().map(state_key), items)
        };
        response
            .responses
            .retain(|topic| !chosen.has(result_key(topic)));
    }

    fn merge(response: &mut DeleteTopicsResponse, other: DeleteTopicsResponse) {
        response.responses.extend(other.responses);
        response.throttle_time_ms = response.throttle_time_ms.max(other.throttle_time_ms);
    }

    fn throttle_time_ms(response: &DeleteTopicsResponse) -> i32 {
        response.throttle_time_ms
    }
}

/// The items are `coordinator_keys` (version 4 and later); if that is empty, it is about `key` as a whole.
impl Routed for FindCoordinatorRequest {
    fn targets(&self, visit: &mut dyn FnMut(Target)) {
        for _ in 0..self.coordinator_keys.len().max(1) {
            visit(Target::Any);
        }
    }

    fn sole_target(&self) -> Option<Target> {
        Some(Target::Any)
    }

    fn part(&self, items: &[usize]) -> Self {
        let mut part = Self::default();
        part.unknown_tagged_fields = self.unknown_tagged_fields.clone();
        part.key = self.key.clone();
        part.key_type = self.key_type;
        part.coordinator_keys = pick(&self.coordinator_keys, items);
        part
    }

    fn errors(
        &self,
        response: &FindCoordinatorResponse,
        visit: &mut dyn FnMut(Option<usize>, ErrorCode),
    ) {
        if response.error_code != ErrorCode::NONE {
            return visit(None, response.error_code);
        }
        let keys = self.coordinator_keys.iter().map(|key| Key::name(key));
        let answers = response
            .coordinators
            .iter()
            .map(|coordinator| (Key::name(&coordinator.key), coordinator.error_code));
        pair(keys, answers, tell(visit));
    }

    fn forget(&self, response: &mut FindCoordinatorResponse, items: &[usize]) {
        let keys = self.coordinator_keys.iter().map(|key| Key::name(key));
        let chosen = Chosen::new(keys, items);
        response
            .coordinators
            .retain(|coordinator| !chosen.has(Key::name(&coordinator.key)));
    }

    fn merge(response: &mut FindCoordinatorResponse, other: FindCoordinatorResponse) {
        if response.coordinators.is_empty() {
            *response = other;
            return;
        }
        response.coordinators.extend(other.coordinators);
        response.throttle_time_ms = response.throttle_time_ms.max(other.throttle_time_ms);
        if response.error_code == ErrorCode::NONE {
            response.error_code = other.error_code;
            response.error_message = other.error_message;
        }
    }

    fn throttle_time_ms(response: &FindCoordinatorResponse) -> i32 {
        response.throttle_time_ms
    }
}
