//! Reading without a buffer for each connection that waits.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::task::{Context, Poll};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::incoming::Incoming;

thread_local! {
    /// A buffer that nothing is in. Who waits has none of his own: thousands of connections may wait, and a thread polls one at a time.
    static SPARE: Cell<Option<BytesMut>> = const { Cell::new(None) };
}

/// Reads some more; 0 if the other side has closed.
///
/// # Cancel safety
/// Nothing is lost if the future is dropped.
pub(super) async fn read<S: AsyncRead + Unpin>(
    stream: &mut S,
    incoming: &mut Incoming,
) -> io::Result<usize> {
    poll_fn(|context| poll_read(stream, incoming, context)).await
}

fn poll_read<S: AsyncRead + Unpin>(
    stream: &mut S,
    incoming: &mut Incoming,
    context: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    incoming.lend(|| {
        SPARE
            .try_with(Cell::take)
            .ok()
            .flatten()
            .unwrap_or_default()
    });
    let read = pin!(stream.read_buf(incoming.room())).poll(context);
    if read.is_pending() {
        if let Some(buffer) = incoming.give_back() {
            // A thread that ends needs none.
            let _ = SPARE.try_with(|spare| spare.set(Some(buffer)));
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;
    use tokio::io::AsyncWriteExt;

    #[tokio::test]
    async fn who_waits_holds_no_buffer() {
        let (mut here, mut there) = tokio::io::duplex(100);
        let mut incoming = Incoming::new(100);
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..3 {
            assert!(poll_read(&mut here, &mut incoming, &mut context).is_pending());
            assert_eq!(incoming.capacity(), 0);
            there.write_all(&[0, 0, 0, 1]).await.unwrap();
            assert_eq!(read(&mut here, &mut incoming).await.unwrap(), 4);
            // A frame is under way: its bytes stay.
            assert!(poll_read(&mut here, &mut incoming, &mut context).is_pending());
            assert_eq!(incoming.len(), 4);
            there.write_all(&[7]).await.unwrap();
            assert_eq!(read(&mut here, &mut incoming).await.unwrap(), 1);
            assert_eq!(&incoming.next().unwrap().unwrap()[..], [7]);
        }
        let spare = SPARE.take();
        assert!(spare.is_none(), "this one has it: {spare:?}");
        assert!(poll_read(&mut here, &mut incoming, &mut context).is_pending());
        assert!(SPARE.take().is_some());
    }
}
