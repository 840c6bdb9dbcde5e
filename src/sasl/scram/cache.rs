//! Derives each key once.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::sasl::error::SaslError;

/// How many are kept. Brokers of one cluster have the same salt and iterations for a user, those of others may not.
const ROOM: usize = 8;

/// What is derived of a salt and a number of iterations, off the reactor, and once for all who ask for the same.
pub(super) struct Cache<V> {
    derive: Arc<Derive<V>>,
    /// Those used last are at the end.
    entries: Mutex<Vec<Entry<V>>>,
}

type Derive<V> = dyn Fn(&[u8], u32) -> V + Send + Sync;

struct Entry<V> {
    salt: Arc<[u8]>,
    iterations: u32,
    value: watch::Receiver<Option<V>>,
}

impl<V> Entry<V> {
    /// Whether nobody will ever put a value in: the runtime that was to derive it has ended.
    fn is_dead(&self) -> bool {
        // In this order, as the value is there before its sender goes.
        self.value.has_changed().is_err() && self.value.borrow().is_none()
    }
}

/// Where a value is, or is to come.
enum Found<V> {
    Known(V),
    /// Someone derives it.
    Awaited(watch::Receiver<Option<V>>),
    /// Nobody does: whoever gets this has to.
    Missing(Arc<[u8]>, watch::Sender<Option<V>>),
}

impl<V: Clone + Send + Sync + 'static> Cache<V> {
    pub(super) fn new(derive: impl Fn(&[u8], u32) -> V + Send + Sync + 'static) -> Self {
        Self {
            derive: Arc::new(derive),
            entries: Mutex::default(),
        }
    }

    /// The value, at once if it is known.
    ///
    /// Dropping the future does not stop what others may wait for: a derivation that has begun is finished and kept.
    pub(super) async fn value(&self, salt: &[u8], iterations: u32) -> Result<V, SaslError> {
        loop {
            let (mut receiver, is_own) = match self.find(salt, iterations) {
                Found::Known(value) => return Ok(value),
                Found::Awaited(receiver) => (receiver, false),
                Found::Missing(salt, sender) => {
                    let receiver = sender.subscribe();
                    self.begin(salt, iterations, sender)?;
                    (receiver, true)
                }
            };
            if let Ok(value) = receiver.wait_for(Option::is_some).await {
                if let Some(value) = &*value {
                    return Ok(value.clone());
                }
            }
            // It was lost, as its runtime ended. Another one's is taken over here, in our own there is no use in trying again.
            if is_own {
                return Err(SaslError::provider(
                    "the tokio runtime ended before the password was hashed",
                ));
            }
        }
    }

    /// Derives where blocking is allowed. The task holds nothing of the cache, so that one that is gone has no keys.
    fn begin(
        &self,
        salt: Arc<[u8]>,
        iterations: u32,
        sender: watch::Sender<Option<V>>,
    ) -> Result<(), SaslError> {
        let runtime = Handle::try_current().map_err(|_| no_runtime())?;
        let derive = Arc::clone(&self.derive);
        runtime.spawn_blocking(move || {
            // Nobody waits any more, and the entry is gone too.
            if !sender.is_closed() {
                sender.send_replace(Some(derive(&salt, iterations)));
            }
        });
        Ok(())
    }

    fn find(&self, salt: &[u8], iterations: u32) -> Found<V> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|entry| !entry.is_dead());
        let known = entries
            .iter()
            .position(|entry| entry.iterations == iterations && *entry.salt == *salt);
        if let Some(at) = known {
            if let Some(used) = entries.get_mut(at..) {
                used.rotate_left(1);
            }
            if let Some(entry) = entries.last() {
                return match &*entry.value.borrow() {
                    Some(value) => Found::Known(value.clone()),
                    None => Found::Awaited(entry.value.clone()),
                };
            }
        }
        if entries.len() >= ROOM {
            entries.remove(0);
        }
        let (sender, value) = watch::channel(None);
        let salt: Arc<[u8]> = salt.into();
        entries.push(Entry {
            salt: Arc::clone(&salt),
            iterations,
            value,
        });
        Found::Missing(salt, sender)
    }
}

fn no_runtime() -> SaslError {
    SaslError::provider("there is no tokio runtime to hash the password on")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use tokio::runtime::{Builder, Runtime};
    use tokio::task::JoinSet;

    use super::*;
    use crate::sasl::testing::ready;

    /// Counts how often something is derived, which is done once per message sent to it.
    struct Slow {
        cache: Arc<Cache<(Vec<u8>, u32)>>,
        derived: Arc<AtomicUsize>,
        go: mpsc::Sender<()>,
    }

    impl Slow {
        fn new() -> Self {
            let derived = Arc::new(AtomicUsize::new(0));
            let (go, gate) = mpsc::channel();
            let (gate, count) = (Mutex::new(gate), Arc::clone(&derived));
            let cache = Arc::new(Cache::new(move |salt: &[u8], iterations| {
                gate.lock().unwrap().recv().unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                (salt.to_vec(), iterations)
            }));
            Self { cache, derived, go }
        }

        fn go(&self, times: usize) {
            for _ in 0..times {
                self.go.send(()).unwrap();
            }
        }

        fn derived(&self) -> usize {
            self.derived.load(Ordering::SeqCst)
        }
    }

    fn runtime() -> Runtime {
        Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .unwrap()
    }

    #[tokio::test]
    async fn ten_thousand_cold_logins_derive_once() {
        let slow = Slow::new();
        let mut tasks = JoinSet::new();
        for _ in 0..10_000 {
            let cache = Arc::clone(&slow.cache);
            tasks.spawn(async move { cache.value(b"salt", 4096).await.unwrap() });
        }
        tokio::task::yield_now().await;
        slow.go(1);
        for value in tasks.join_all().await {
            assert_eq!(value, (b"salt".to_vec(), 4096));
        }
        assert_eq!(slow.derived(), 1);
        // Without a runtime, nothing can be spawned.
        std::thread::scope(|scope| {
            let hit = scope.spawn(|| ready(slow.cache.value(b"salt", 4096)).unwrap());
            assert_eq!(hit.join().unwrap().1, 4096);
        });
        assert_eq!(slow.derived(), 1);
    }

    #[tokio::test]
    async fn a_dropped_login_does_not_stop_the_others() {
        let slow = Slow::new();
        let first = tokio::spawn({
            let cache = Arc::clone(&slow.cache);
            async move { cache.value(b"salt", 4096).await }
        });
        while slow.cache.entries.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        slow.go(1);
        slow.cache.value(b"salt", 4096).await.unwrap();
        assert_eq!(slow.derived(), 1);
    }

    #[tokio::test]
    async fn salt_and_iterations_both_count() {
        let slow = Slow::new();
        slow.go(3);
        for (salt, iterations) in [(&b"a"[..], 4096), (b"a", 4097), (b"b", 4096), (b"a", 4096)] {
            let value = slow.cache.value(salt, iterations).await.unwrap();
            assert_eq!(value, (salt.to_vec(), iterations));
        }
        assert_eq!(slow.derived(), 3);
    }

    #[tokio::test]
    async fn the_least_recently_used_goes() {
        let slow = Slow::new();
        slow.go(usize::from(u8::MAX));
        for salt in 0..8 {
            slow.cache.value(&[salt], 4096).await.unwrap();
        }
        slow.cache.value(&[0], 4096).await.unwrap();
        assert_eq!(slow.derived(), ROOM);
        slow.cache.value(&[8], 4096).await.unwrap();
        assert_eq!(slow.cache.entries.lock().unwrap().len(), ROOM);
        slow.cache.value(&[0], 4096).await.unwrap();
        assert_eq!(slow.derived(), ROOM + 1, "the first was used again");
        slow.cache.value(&[1], 4096).await.unwrap();
        assert_eq!(slow.derived(), ROOM + 2, "the second was not");
    }

    /// The one whose derivation it was gets an error, and another one takes it over.
    #[tokio::test]
    async fn a_derivation_that_is_lost_leaves_nobody_waiting() {
        let (go, gate) = mpsc::channel();
        let gate = Mutex::new(gate);
        let cache = Arc::new(Cache::new(move |_: &[u8], iterations| {
            let is_lost: bool = gate
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .recv()
                .unwrap();
            assert!(!is_lost, "as when the runtime ends before its turn");
            iterations
        }));
        let mut tasks = JoinSet::new();
        for _ in 0..3 {
            let cache = Arc::clone(&cache);
            tasks.spawn(async move { cache.value(b"salt", 4096).await });
        }
        while cache.entries.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        go.send(true).unwrap();
        go.send(false).unwrap();
        let outcomes = tasks.join_all().await;
        assert_eq!(outcomes.iter().filter(|it| it.is_err()).count(), 1);
        assert_eq!(cache.value(b"salt", 4096).await.unwrap(), 4096);
    }

    #[test]
    fn a_runtime_that_has_ended_derives_nothing() {
        let slow = Slow::new();
        let first = runtime();
        let ended = first.handle().clone();
        drop(first);
        let guard = ended.enter();
        assert!(ready(slow.cache.value(b"salt", 4096)).is_err());
        drop(guard);
        slow.go(1);
        runtime().block_on(slow.cache.value(b"salt", 4096)).unwrap();
    }

    #[test]
    fn without_a_runtime_it_fails_and_recovers() {
        let slow = Slow::new();
        slow.go(1);
        let error = ready(slow.cache.value(b"salt", 4096)).unwrap_err();
        assert!(error.is_retriable(), "{error}");
        let second = runtime();
        second.block_on(slow.cache.value(b"salt", 4096)).unwrap();
    }

    #[test]
    fn what_nobody_waits_for_is_not_begun() {
        let runtime = Builder::new_current_thread()
            .max_blocking_threads(1)
            .build()
            .unwrap();
        let (release, taken) = mpsc::channel::<()>();
        let Slow { cache, derived, go } = Slow::new();
        go.send(()).unwrap();
        runtime.block_on(async {
            tokio::task::spawn_blocking(move || taken.recv());
            let own = tokio::spawn(async move { cache.value(b"salt", 4096).await });
            tokio::task::yield_now().await;
            own.abort();
            assert!(own.await.unwrap_err().is_cancelled());
            drop(release);
            // Behind it in the line.
            tokio::task::spawn_blocking(|| ()).await.unwrap();
        });
        assert_eq!(derived.load(Ordering::SeqCst), 0);
    }
}
