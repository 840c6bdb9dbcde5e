//! Delivery futures not yet resolved, oldest first, kept by the sending task.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::Res;

pub struct Window<F> {
    q: VecDeque<F>,
    cap: usize,
    since: usize,
    pub acked: u64,
}

impl<F, T, E> Window<F>
where
    F: Future<Output = Result<T, E>> + Unpin,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    pub fn new(cap: usize) -> Self {
        Window {
            q: VecDeque::new(),
            cap: cap.max(1),
            since: 0,
            acked: 0,
        }
    }
    /// Adds one; now and then takes the resolved ones off the front; waits for the oldest when full.
    #[inline]
    pub async fn push(&mut self, f: F) -> Res<()> {
        self.q.push_back(f);
        self.since += 1;
        if self.since >= 1024 {
            self.since = 0;
            let mut cx = Context::from_waker(Waker::noop());
            while let Some(f) = self.q.front_mut() {
                match Pin::new(f).poll(&mut cx) {
                    Poll::Ready(r) => {
                        r.map_err(Into::into)?;
                        self.acked += 1;
                        self.q.pop_front();
                    }
                    Poll::Pending => break,
                }
            }
        }
        while self.q.len() >= self.cap {
            self.one().await?;
        }
        Ok(())
    }
    async fn one(&mut self) -> Res<()> {
        if let Some(f) = self.q.pop_front() {
            f.await.map_err(Into::into)?;
            self.acked += 1;
        }
        Ok(())
    }
    pub async fn drain(&mut self) -> Res<()> {
        while !self.q.is_empty() {
            self.one().await?;
        }
        Ok(())
    }
}
