//! A connection of the pool, and those who use it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Instant;

use crate::cluster::purpose::Purpose;
use crate::connection::{Connection, now};

/// A connection of the pool. It ends when it has left its place and the last request over it is done.
#[derive(Debug)]
pub(crate) struct Pooled {
    pub(crate) connection: Connection,
    pub(crate) broker: i32,
    pub(crate) purpose: Purpose,
    /// Requests that go over it now.
    in_use: AtomicU32,
    /// In milliseconds, as its keeper counts them.
    last_used: AtomicU64,
    keeper: Arc<dyn Keeper>,
}

/// Who keeps a connection, and may have another use for its room.
pub(super) trait Keeper: fmt::Debug + Send + Sync {
    /// The time, in milliseconds from some moment on.
    fn age(&self, now: Instant) -> u64;

    /// Nobody uses this connection.
    fn idle(&self, pooled: &Arc<Pooled>);
}

impl Pooled {
    pub(super) fn new(
        connection: Connection,
        broker: i32,
        purpose: Purpose,
        keeper: Arc<dyn Keeper>,
    ) -> Self {
        Self {
            connection,
            broker,
            purpose,
            in_use: AtomicU32::new(0),
            last_used: AtomicU64::new(keeper.age(now())),
            keeper,
        }
    }

    /// Requests that go over it now.
    pub(crate) fn in_use(&self) -> u32 {
        self.in_use.load(Ordering::SeqCst)
    }

    /// If nobody uses it and somebody waits for room, it goes.
    pub(super) fn offer(self: &Arc<Self>) {
        if self.in_use() == 0 {
            self.keeper.idle(self);
        }
    }

    /// How long nothing has gone over it, in milliseconds; 0 while something does.
    pub(super) fn idle_for(&self) -> u64 {
        if self.in_use() > 0 {
            return 0;
        }
        self.keeper.age(now()).saturating_sub(self.last_used())
    }

    /// When the last request over it was done, in milliseconds, as its keeper counts them.
    pub(super) fn last_used(&self) -> u64 {
        self.last_used.load(Ordering::Relaxed)
    }
}

/// The right to send a request over a connection of the pool, which is not taken away from whoever has it.
#[derive(Debug)]
pub(crate) struct Lease {
    pooled: Arc<Pooled>,
    /// When the request was done, if it was told.
    ended: Option<Instant>,
}

impl Lease {
    pub(super) fn new(pooled: Arc<Pooled>) -> Self {
        pooled.in_use.fetch_add(1, Ordering::Relaxed);
        let ended = None;
        Self { pooled, ended }
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.pooled.connection
    }

    /// The request is done now. As a drop, but for a look at the clock.
    pub(crate) fn end(mut self, now: Instant) {
        self.ended = Some(now);
    }

    pub(crate) fn purpose(&self) -> Purpose {
        self.pooled.purpose
    }

    /// Whether others use the connection, too.
    pub(super) fn is_shared(&self) -> bool {
        self.pooled.in_use() > 1
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let pooled = &self.pooled;
        // In one order with the keeper's look: who becomes idle sees who waits, or is seen idle by him.
        if pooled.in_use.fetch_sub(1, Ordering::SeqCst) == 1 {
            let age = pooled.keeper.age(self.ended.unwrap_or_else(now));
            pooled.last_used.store(age, Ordering::Relaxed);
            pooled.keeper.idle(pooled);
        }
    }
}
