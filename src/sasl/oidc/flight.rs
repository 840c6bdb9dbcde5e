//! One request for all who want a token at the same time, and its result for those who come later.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::sasl::error::SaslError;
use crate::sasl::token::Token;

/// One request at a time.
#[derive(Default)]
pub(super) struct Flight {
    /// How many have ended. Changed only while the state is locked.
    landed: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    cached: Option<Cached>,
    last: Option<Result<Token, SaslError>>,
}

/// A token that may be given out again.
struct Cached {
    token: Token,
    refresh_at: Instant,
}

impl Cached {
    /// Whether it is early enough not to ask for another. The two clocks differ if the machine slept.
    fn is_fresh(&self, now: Instant, wall: SystemTime) -> bool {
        now < self.refresh_at && self.is_valid(wall)
    }

    fn is_valid(&self, wall: SystemTime) -> bool {
        self.token.expires_at().is_some_and(|end| wall < end)
    }
}

/// A token as it was fetched, and for how long it is good.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) token: Token,
    /// From when it was asked for; `None` if the endpoint did not tell.
    pub(super) lifetime: Option<(Instant, Duration)>,
}

impl Flight {
    /// The cached token, or what a request gives: one that was under way already counts. If the endpoint cannot be asked, an old token
    /// that is still valid does.
    ///
    /// # Cancel safety
    /// If the future that does the asking is dropped, the next in line asks anew.
    pub(super) async fn token<F>(&self, fetch: impl FnOnce() -> F) -> Result<Token, SaslError>
    where
        F: Future<Output = Result<Fetched, SaslError>>,
    {
        let landed = self.landed.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        if let Some(cached) = &state.cached {
            if cached.is_fresh(Instant::now(), SystemTime::now()) {
                return Ok(cached.token.clone());
            }
        }
        if let Some(last) = &state.last {
            if self.landed.load(Ordering::Acquire) != landed {
                return last.clone();
            }
        }
        let result = match fetch().await {
            Ok(fetched) => {
                state.cached = cacheable(&fetched);
                Ok(fetched.token)
            }
            Err(error) => match &state.cached {
                Some(old) if error.is_retriable() && old.is_valid(SystemTime::now()) => {
                    tracing::warn!(%error, "no new token; the old one is still valid");
                    Ok(old.token.clone())
                }
                _ => Err(error),
            },
        };
        state.last = Some(result.clone());
        self.landed.fetch_add(1, Ordering::Release);
        result
    }
}

/// For 80 % of its life, as Java's `sasl.login.refresh.window.factor` has it.
fn cacheable(fetched: &Fetched) -> Option<Cached> {
    let (since, life) = fetched.lifetime?;
    Some(Cached {
        token: fetched.token.clone(),
        refresh_at: since.checked_add(life * 4 / 5)?,
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::pin::pin;

    use tokio::sync::Notify;

    use super::*;

    /// A token that was asked for so many seconds ago, and is good for 100.
    fn fetched(name: &str, age: u64) -> Fetched {
        let age = Duration::from_secs(age);
        let life = Duration::from_secs(100);
        let since = Instant::now().checked_sub(age).unwrap();
        let token = Token::new(name).with_expires_at(SystemTime::now() - age + life);
        Fetched {
            token,
            lifetime: Some((since, life)),
        }
    }

    fn unreachable() -> Result<Fetched, SaslError> {
        Err(SaslError::provider("unreachable"))
    }

    async fn ask(flight: &Flight, result: Result<Fetched, SaslError>) -> Result<String, String> {
        match flight.token(|| async { result }).await {
            Ok(token) => Ok(token.value().expose().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn a_token_is_fresh_for_four_fifths_of_its_life() {
        let (now, wall) = (Instant::now(), SystemTime::now());
        let after = Duration::from_secs;
        let cached = cacheable(&Fetched {
            token: Token::new("t").with_expires_at(wall + after(100)),
            lifetime: Some((now, after(100))),
        });
        let cached = cached.unwrap();
        let fresh = |seconds| cached.is_fresh(now + after(seconds), wall + after(seconds));
        assert!(fresh(0) && fresh(79));
        assert!(!fresh(80));
        assert!(cached.is_valid(wall + after(99)) && !cached.is_valid(wall + after(100)));
        assert!(
            !cached.is_fresh(now, wall + after(100)),
            "the machine slept"
        );
    }

    #[tokio::test]
    async fn a_fresh_token_is_given_again_and_an_old_one_replaced() {
        let flight = Flight::default();
        assert_eq!(ask(&flight, Ok(fetched("one", 79))).await.unwrap(), "one");
        assert_eq!(ask(&flight, unreachable()).await.unwrap(), "one");
        let flight = Flight::default();
        assert_eq!(ask(&flight, Ok(fetched("one", 81))).await.unwrap(), "one");
        assert_eq!(ask(&flight, Ok(fetched("two", 0))).await.unwrap(), "two");
    }

    #[tokio::test]
    async fn an_old_token_does_while_it_is_valid_and_the_endpoint_away() {
        let flight = Flight::default();
        ask(&flight, Ok(fetched("one", 81))).await.unwrap();
        assert_eq!(ask(&flight, unreachable()).await.unwrap(), "one");
        let refused = SaslError::InvalidCredentials("locked out".into());
        assert_eq!(ask(&flight, Err(refused)).await.unwrap_err(), "locked out");

        let flight = Flight::default();
        ask(&flight, Ok(fetched("one", 101))).await.unwrap();
        assert!(ask(&flight, unreachable()).await.is_err());
    }

    #[tokio::test]
    async fn a_token_of_unknown_life_is_not_kept() {
        let flight = Flight::default();
        for name in ["one", "two"] {
            let fetched = Fetched {
                token: Token::new(name),
                lifetime: None,
            };
            assert_eq!(ask(&flight, Ok(fetched)).await.unwrap(), name);
        }
    }

    #[tokio::test]
    async fn who_waits_gets_what_the_request_under_way_brings() {
        for fails in [false, true] {
            let flight = Flight::default();
            let answer = Notify::new();
            let asked = Cell::new(0);
            let call = || {
                flight.token(|| async {
                    asked.set(asked.get() + 1);
                    answer.notified().await;
                    let once = Fetched {
                        token: Token::new("one"),
                        lifetime: None,
                    };
                    if fails { unreachable() } else { Ok(once) }
                })
            };
            let answering = async { answer.notify_one() };
            let (a, b, c, ()) = tokio::join!(call(), call(), call(), answering);
            assert_eq!(asked.get(), 1);
            for result in [a, b, c] {
                assert_eq!(result.is_err(), fails);
            }
            answer.notify_one();
            let _ = call().await;
            assert_eq!(asked.get(), 2, "it is no cache");
        }
    }

    #[tokio::test]
    async fn when_the_asker_goes_the_next_asks() {
        let flight = Flight::default();
        let mut first = Box::pin(flight.token(std::future::pending));
        let mut second = pin!(flight.token(|| async { Ok(fetched("two", 0)) }));
        let poll = std::future::poll_fn(|cx| {
            assert!(first.as_mut().poll(cx).is_pending());
            assert!(second.as_mut().poll(cx).is_pending());
            std::task::Poll::Ready(())
        });
        poll.await;
        drop(first);
        assert_eq!(second.await.unwrap().value().expose(), "two");
    }
}
