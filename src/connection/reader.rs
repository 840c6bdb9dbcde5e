//! The task that reads, and that keeps the connection's one timer.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::task::Poll;
use std::time::Instant;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::clock::never;
use super::frames::Frames;
use super::guard::ClosesOnDrop;
use super::shared::Shared;
use crate::close_reason::CloseReason;

enum Event {
    Read(io::Result<usize>),
    Timer,
    Rearmed,
}

/// Hands answers to those who wait for them until the connection ends.
pub(crate) async fn read_loop<R: AsyncRead + Unpin>(
    guard: ClosesOnDrop,
    mut socket: R,
    mut frames: Frames,
) {
    let reason = run(&guard.0, &mut socket, &mut frames).await;
    guard.0.close(reason);
}

async fn run<R: AsyncRead + Unpin>(
    shared: &Shared,
    socket: &mut R,
    frames: &mut Frames,
) -> CloseReason {
    let mut timer = pin!(tokio::time::sleep_until(never(Instant::now()).into()));
    let mut rearmed = pin!(shared.rearmed());
    let mut answers = Vec::new();
    // The handshake may have read on.
    if let Err(reason) = hand_out(shared, frames, &mut answers) {
        return reason;
    }
    loop {
        let event = {
            let mut read = pin!(socket.read_buf(frames.buffer()));
            poll_fn(|context| {
                // The timer first: a socket that is never empty must not hold it up.
                if timer.as_mut().poll(context).is_ready() {
                    return Poll::Ready(Event::Timer);
                }
                if rearmed.as_mut().poll(context).is_ready() {
                    return Poll::Ready(Event::Rearmed);
                }
                read.as_mut().poll(context).map(Event::Read)
            })
            .await
        };
        let timer_changed = !matches!(event, Event::Read(_));
        let result = match event {
            Event::Read(Ok(0)) => Err(CloseReason::broken(
                io::ErrorKind::UnexpectedEof,
                "the broker closed the connection",
            )),
            Event::Read(Ok(_)) => hand_out(shared, frames, &mut answers),
            Event::Read(Err(error)) => Err(error.into()),
            Event::Timer => shared.expire(Instant::now()),
            Event::Rearmed => {
                rearmed.set(shared.rearmed());
                Ok(())
            }
        };
        if let Err(reason) = result {
            return reason;
        }
        if timer_changed {
            let at = shared.armed().unwrap_or_else(|| never(Instant::now()));
            timer.as_mut().reset(at.into());
        }
    }
}

/// Gives the answers that have arrived to those who wait, whatever comes behind them.
fn hand_out(
    shared: &Shared,
    frames: &mut Frames,
    answers: &mut Vec<(i32, Bytes)>,
) -> Result<(), CloseReason> {
    let taken = take_frames(frames, answers);
    shared.answered(answers).and(taken)
}

/// The whole frames that have arrived, each with the correlation id that it begins with.
fn take_frames(frames: &mut Frames, answers: &mut Vec<(i32, Bytes)>) -> Result<(), CloseReason> {
    while let Some(frame) = frames.next()? {
        let Some(&id) = frame.first_chunk() else {
            let text = "an answer is too short for a correlation id";
            return Err(CloseReason::broken(io::ErrorKind::InvalidData, text));
        };
        answers.push((i32::from_be_bytes(id), frame));
    }
    Ok(())
}
