//! All transactional ids of the cluster, and the ids of producers.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use milena_wire::error_code::ErrorCode;

use super::state::TransactionState;
use super::transaction::{Ended, Part, Transaction};

/// The longest that a transaction may take, in milliseconds. (Kafka: `transaction.max.timeout.ms`)
const MAX_TIMEOUT: i32 = 900_000;

/// Who produces, as the client says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Producer {
    pub(crate) id: i64,
    pub(crate) epoch: i16,
}

/// Which transactions are to be listed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filter<'a> {
    /// All of them if there are none.
    pub(crate) states: &'a [String],
    /// The same.
    pub(crate) producer_ids: &'a [i64],
    /// Those only that have taken longer, in milliseconds; all of them if it is negative.
    pub(crate) duration_ms: i64,
}

/// A transaction that is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) transactional_id: String,
    pub(crate) producer_id: i64,
    pub(crate) state: TransactionState,
}

/// The transactions of a cluster.
#[derive(Debug, Default)]
pub(crate) struct Transactions {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next_producer_id: i64,
    by_id: BTreeMap<String, Transaction>,
}

impl State {
    fn new_id(next: &mut i64) -> i64 {
        let id = *next;
        *next = next.saturating_add(1);
        id
    }
}

impl Transactions {
    /// An id for a producer without transactions.
    pub(crate) fn new_producer_id(&self) -> i64 {
        State::new_id(&mut self.lock().next_producer_id)
    }

    /// A producer with transactions begins, or begins anew; `expected` is who it says it is, if it says so. What it left open is aborted.
    pub(crate) fn init(
        &self,
        id: &str,
        timeout_ms: i32,
        expected: Option<(i64, i16)>,
    ) -> (Result<Producer, ErrorCode>, Option<Ended>) {
        if id.is_empty() {
            return (Err(ErrorCode::INVALID_REQUEST), None);
        }
        if !(1..=MAX_TIMEOUT).contains(&timeout_ms) {
            return (Err(ErrorCode::INVALID_TRANSACTION_TIMEOUT), None);
        }
        let mut state = self.lock();
        let State {
            next_producer_id,
            by_id,
        } = &mut *state;
        let Some(transaction) = by_id.get_mut(id) else {
            let new = Transaction::new(State::new_id(next_producer_id), timeout_ms);
            let producer = producer(&new);
            by_id.insert(id.to_owned(), new);
            return (Ok(producer), None);
        };
        let new_id = || State::new_id(next_producer_id);
        let (done, ended) = transaction.init(timeout_ms, expected, new_id);
        (done.map(|()| producer(transaction)), ended)
    }

    /// A transaction goes on, or begins, in these partitions too.
    pub(crate) fn add(
        &self,
        id: &str,
        producer: Producer,
        partitions: impl IntoIterator<Item = Part>,
        now: i64,
    ) -> Result<(), ErrorCode> {
        self.with(id, producer, |transaction| transaction.add(partitions, now))
    }

    /// Whether a transaction is ongoing in a partition; or, if not, it begins there with `enlist`.
    pub(crate) fn enlist(
        &self,
        id: &str,
        producer: Producer,
        part: Part,
        enlist: bool,
        now: i64,
    ) -> Result<(), ErrorCode> {
        let enlisted = self.with(id, producer, |transaction| {
            let is_ongoing = transaction.state == TransactionState::Ongoing;
            if is_ongoing && transaction.partitions.contains(&part) {
                return true;
            }
            if enlist {
                transaction.add([part], now);
            }
            enlist
        })?;
        match enlisted {
            true => Ok(()),
            false => Err(ErrorCode::INVALID_TXN_STATE),
        }
    }

    /// Which of these partitions a transaction is ongoing in.
    pub(crate) fn contains(
        &self,
        id: &str,
        producer: Producer,
        parts: &[Part],
    ) -> Result<Vec<bool>, ErrorCode> {
        self.with(id, producer, |transaction| {
            let parts = parts.iter();
            parts
                .map(|part| transaction.partitions.contains(part))
                .collect()
        })
    }

    fn with<T>(
        &self,
        id: &str,
        producer: Producer,
        act: impl FnOnce(&mut Transaction) -> T,
    ) -> Result<T, ErrorCode> {
        if id.is_empty() {
            return Err(ErrorCode::INVALID_REQUEST);
        }
        let mut state = self.lock();
        let transaction = state.by_id.get_mut(id);
        let transaction = transaction.ok_or(ErrorCode::INVALID_PRODUCER_ID_MAPPING)?;
        transaction.check(producer.id, producer.epoch)?;
        Ok(act(transaction))
    }

    /// The producer ends its transaction, and gets the epoch in which it goes on.
    pub(crate) fn end(
        &self,
        id: &str,
        by: Producer,
        commit: bool,
        bumps: bool,
    ) -> (Result<Producer, ErrorCode>, Option<Ended>) {
        if id.is_empty() {
            return (Err(ErrorCode::INVALID_REQUEST), None);
        }
        let mut state = self.lock();
        let State {
            next_producer_id,
            by_id,
        } = &mut *state;
        let Some(transaction) = by_id.get_mut(id) else {
            return (Err(ErrorCode::INVALID_PRODUCER_ID_MAPPING), None);
        };
        let new_id = || State::new_id(next_producer_id);
        let (done, ended) = transaction.end(by.id, by.epoch, commit, bumps, new_id);
        (done.map(|()| producer(transaction)), ended)
    }

    /// Aborts what has taken too long.
    pub(crate) fn expire(&self, now: i64) -> Vec<Ended> {
        let mut state = self.lock();
        let all = state.by_id.values_mut();
        all.filter_map(|transaction| transaction.expire(now))
            .collect()
    }

    /// A transaction as it is now.
    pub(crate) fn transaction(&self, id: &str) -> Option<Transaction> {
        self.lock().by_id.get(id).cloned()
    }

    /// Those that no filter stands against.
    pub(crate) fn list(&self, filter: Filter<'_>, now: i64) -> Vec<Listed> {
        let state = self.lock();
        let wanted = state.by_id.iter().filter(|(_, transaction)| {
            let Filter {
                states,
                producer_ids,
                duration_ms,
            } = filter;
            let name = transaction.state.name();
            let took = now.saturating_sub(transaction.started.unwrap_or(-1));
            (states.is_empty() || states.iter().any(|state| state == name))
                && (producer_ids.is_empty() || producer_ids.contains(&transaction.producer_id))
                && (duration_ms < 0 || took > duration_ms)
        });
        let listed = wanted.map(|(id, transaction)| Listed {
            transactional_id: id.clone(),
            producer_id: transaction.producer_id,
            state: transaction.state,
        });
        listed.collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code panics under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn producer(transaction: &Transaction) -> Producer {
    Producer {
        id: transaction.producer_id,
        epoch: transaction.epoch,
    }
}

#[cfg(test)]
mod tests;
