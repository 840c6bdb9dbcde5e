//! Futures that run side by side in one task.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// A future that is somewhere else in memory.
pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Runs all of them until each is done; their outcomes are in the order of the futures.
pub(crate) async fn all<T: Send>(futures: Vec<Boxed<'_, T>>) -> Vec<T> {
    let mut running: Vec<_> = futures.into_iter().map(Slot::Running).collect();
    poll_fn(|context| {
        let mut is_pending = false;
        for slot in &mut running {
            if let Slot::Running(future) = slot {
                match future.as_mut().poll(context) {
                    Poll::Ready(outcome) => *slot = Slot::Done(outcome),
                    Poll::Pending => is_pending = true,
                }
            }
        }
        if is_pending {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
    .await;
    let outcomes = running.into_iter().filter_map(|slot| match slot {
        Slot::Done(outcome) => Some(outcome),
        Slot::Running(_) => None,
    });
    outcomes.collect()
}

/// Starts them one after the other, each `head_start` after the one before or as soon as that has failed, and gives the first that succeeds.
///
/// # Errors
/// All errors, in the order of the futures.
pub(crate) async fn race<T: Send, E: Send>(
    futures: Vec<Boxed<'_, Result<T, E>>>,
    head_start: Duration,
) -> Result<T, Vec<E>> {
    let count = futures.len();
    let mut waiting = futures.into_iter().enumerate();
    let mut running: Vec<(usize, Boxed<'_, Result<T, E>>)> = Vec::new();
    let mut failures: Vec<(usize, E)> = Vec::new();
    let mut next_start = pin!(sleep(Duration::ZERO));
    poll_fn(|context| {
        loop {
            let mut has_failed = false;
            let mut index = 0;
            while let Some((place, future)) = running.get_mut(index) {
                match future.as_mut().poll(context) {
                    Poll::Ready(Ok(value)) => return Poll::Ready(Ok(value)),
                    Poll::Ready(Err(error)) => {
                        failures.push((*place, error));
                        drop(running.swap_remove(index));
                        has_failed = true;
                    }
                    Poll::Pending => index += 1,
                }
            }
            if failures.len() == count {
                failures.sort_by_key(|(place, _)| *place);
                let errors = failures.drain(..).map(|(_, error)| error);
                return Poll::Ready(Err(errors.collect()));
            }
            let is_time = next_start.as_mut().poll(context).is_ready();
            if !(has_failed || running.is_empty() || is_time) {
                return Poll::Pending;
            }
            match waiting.next() {
                Some(next) => {
                    running.push(next);
                    next_start.as_mut().reset(Instant::now() + head_start);
                }
                None => return Poll::Pending,
            }
        }
    })
    .await
}

enum Slot<'a, T> {
    Running(Boxed<'a, T>),
    Done(T),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn all_run_at_once_and_keep_their_order() {
        let began = tokio::time::Instant::now();
        let sleepy = |seconds| -> Boxed<'static, u64> {
            Box::pin(async move {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                seconds
            })
        };
        let outcomes = all(vec![sleepy(3), sleepy(1), sleepy(2)]).await;
        assert_eq!(outcomes, [3, 1, 2]);
        assert_eq!(began.elapsed(), Duration::from_secs(3));
        assert!(all(Vec::<Boxed<'_, ()>>::new()).await.is_empty());
    }

    /// Statement 1.
    #[tokio::test(start_paused = true)]
    async fn each_has_a_head_start_and_a_failure_ends_it() {
        let began = Instant::now();
        let after = |millis, result: Result<u8, u8>| -> Boxed<'static, _> {
            Box::pin(async move {
                sleep(Duration::from_millis(millis)).await;
                result
            })
        };
        let head_start = Duration::from_millis(250);
        let futures = vec![after(10_000, Ok(1)), after(100, Err(2)), after(50, Ok(3))];
        assert_eq!(race(futures, head_start).await, Ok(3));
        // 250 for the first, 100 until the second has failed, 50 for the third.
        assert_eq!(began.elapsed(), Duration::from_millis(400));
        let futures = vec![after(300, Err(1)), after(1, Err(2)), after(1, Err(3))];
        assert_eq!(race(futures, head_start).await, Err(vec![1, 2, 3]));
        assert_eq!(
            race(Vec::<Boxed<'_, Result<u8, u8>>>::new(), head_start).await,
            Err(vec![])
        );
    }
}
