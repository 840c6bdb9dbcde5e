//! The sessions of all nodes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::fetch::{FetchRequest, FetchTopic, FetchableTopicResponse};

use super::cache::Cache;
use super::session::Session;

/// The epochs of a request that begins a session, and of one that wants none.
const INITIAL_EPOCH: i32 = 0;
const FINAL_EPOCH: i32 = -1;
/// Since this version topics are named by their ids.
const BY_ID: i16 = 13;

/// The sessions of all nodes.
#[derive(Debug)]
pub(crate) struct FetchSessions {
    /// How many a node has at most.
    slots: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// No two nodes give the same.
    last_id: i32,
    by_node: HashMap<i32, Cache>,
}

/// What a request is about.
#[derive(Debug)]
pub(crate) enum Opened {
    /// It names all that it wants, and wants no session.
    Sessionless,
    /// It names all that it wants, and wants a session.
    Full,
    /// It goes on with a session.
    Incremental {
        session: Arc<Mutex<Session>>,
        /// What the session's epoch is while this request is the last.
        epoch: i32,
    },
}

impl FetchSessions {
    pub(crate) fn new(slots: usize) -> Self {
        Self {
            slots,
            state: Mutex::default(),
        }
    }

    /// What a request to a node is about.
    pub(crate) fn open(
        &self,
        node: i32,
        request: &FetchRequest,
        version: i16,
        now: Instant,
    ) -> Result<Opened, ErrorCode> {
        let mut state = self.lock();
        let cache = state.by_node.entry(node).or_default();
        let id = request.session_id;
        match request.session_epoch {
            // Whoever names all closes the session that it had.
            INITIAL_EPOCH => {
                cache.remove(id);
                return Ok(Opened::Full);
            }
            FINAL_EPOCH => {
                cache.remove(id);
                return Ok(Opened::Sessionless);
            }
            _ => {}
        }
        let session = cache.get(id);
        let session = session.ok_or(ErrorCode::FETCH_SESSION_ID_NOT_FOUND)?;
        let mut opened = session.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.epoch() != request.session_epoch {
            return Err(ErrorCode::INVALID_FETCH_SESSION_EPOCH);
        }
        if opened.is_by_id() != (version >= BY_ID) {
            return Err(ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR);
        }
        opened.go_on(&request.topics, &request.forgotten_topics_data);
        let (left, epoch) = (opened.len(), opened.epoch());
        drop(opened);
        if left == 0 {
            cache.remove(id);
            return Ok(Opened::Sessionless);
        }
        cache.touch(id, now);
        Ok(Opened::Incremental { session, epoch })
    }

    /// Remembers what was asked and answered in full; the session's id, 0 if there is no room.
    pub(crate) fn create(
        &self,
        node: i32,
        version: i16,
        asked: &[FetchTopic],
        answered: &[FetchableTopicResponse],
        now: Instant,
    ) -> i32 {
        let mut state = self.lock();
        let State { last_id, by_node } = &mut *state;
        let id = last_id.checked_add(1).unwrap_or(1);
        let session = Session::new(id, version >= BY_ID, asked, answered);
        let cache = by_node.entry(node).or_default();
        if !cache.make_room(session.len(), self.slots, now) {
            return 0;
        }
        *last_id = id;
        cache.insert(session, now);
        id
    }

    /// The partitions that a session fetches; none if there is no such session.
    pub(crate) fn topics(&self, node: i32, id: i32) -> Vec<FetchTopic> {
        let state = self.lock();
        let session = state.by_node.get(&node).and_then(|cache| cache.get(id));
        session.map_or_else(Vec::new, |session| {
            let session = session.lock();
            session.unwrap_or_else(PoisonError::into_inner).topics()
        })
    }

    /// How many a node has.
    pub(crate) fn count(&self, node: i32) -> usize {
        self.lock().by_node.get(&node).map_or(0, Cache::len)
    }

    /// Forgets those of a node; how many they were.
    pub(crate) fn expire(&self, node: i32) -> usize {
        let expired = self.lock().by_node.remove(&node);
        expired.map_or(0, |cache| cache.len())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code panics under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
