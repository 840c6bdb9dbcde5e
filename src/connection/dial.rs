//! From an address to an open stream.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::sleep;

use super::socket::SocketOptions;

/// How long one address has before the next one is tried beside it (RFC 8305, "Connection Attempt Delay").
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Connects to whichever address answers first; each has a head start before the next (RFC 8305, "happy eyeballs").
pub(crate) async fn open(
    addresses: Vec<SocketAddr>,
    options: &SocketOptions,
) -> io::Result<TcpStream> {
    if let [only] = *addresses {
        return options.connect(only).await;
    }
    let mut addresses = interleave(addresses).into_iter();
    let mut attempts: Vec<Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send + '_>>> =
        Vec::new();
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host name has no address");
    let mut head_start = pin!(sleep(Duration::ZERO));
    poll_fn(|context| {
        loop {
            let mut progress = false;
            if attempts.is_empty() || head_start.as_mut().poll(context).is_ready() {
                if let Some(address) = addresses.next() {
                    attempts.push(Box::pin(options.connect(address)));
                    let next = tokio::time::Instant::now() + ATTEMPT_DELAY;
                    head_start.as_mut().reset(next);
                    progress = true;
                } else if attempts.is_empty() {
                    let none = io::Error::from(failure.kind());
                    return Poll::Ready(Err(std::mem::replace(&mut failure, none)));
                }
            }
            let mut index = 0;
            while let Some(attempt) = attempts.get_mut(index) {
                match attempt.as_mut().poll(context) {
                    Poll::Ready(Ok(stream)) => return Poll::Ready(Ok(stream)),
                    Poll::Ready(Err(error)) => {
                        failure = error;
                        drop(attempts.swap_remove(index));
                        // Whoever is next need not wait any longer.
                        head_start.as_mut().reset(tokio::time::Instant::now());
                        progress = true;
                    }
                    Poll::Pending => index += 1,
                }
            }
            if !progress {
                return Poll::Pending;
            }
        }
    })
    .await
}

/// The families by turns, beginning with that of the first address, which the system prefers.
fn interleave(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let Some(first) = addresses.first() else {
        return addresses;
    };
    let preferred = first.is_ipv6();
    let (one, other): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == preferred);
    let (mut one, mut other) = (one.into_iter(), other.into_iter());
    let mut mixed = Vec::with_capacity(one.len() + other.len());
    loop {
        let pair = (one.next(), other.next());
        if pair == (None, None) {
            return mixed;
        }
        mixed.extend(pair.0.into_iter().chain(pair.1));
    }
}

#[cfg(test)]
mod tests {
    use socket2::{Domain, Socket, Type};
    use tokio::net::TcpListener;

    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn families_take_turns() {
        let mixed = interleave(addresses(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1"]));
        let expected = ["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"];
        assert_eq!(mixed, addresses(&expected));
        assert!(interleave(Vec::new()).is_empty());
    }

    /// Statement 1: a dead address costs its head start at most, a refusing one nothing.
    #[tokio::test]
    async fn the_first_address_that_answers_is_taken() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let good = listener.local_addr().unwrap();
        let refused = TcpListener::bind("127.0.0.2:0").await.unwrap();
        let refusing = refused.local_addr().unwrap();
        drop(refused);
        let stream = open(vec![refusing, refusing, good], &SocketOptions::default())
            .await
            .unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good);
        let error = open(vec![refusing], &SocketOptions::default())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert!(open(Vec::new(), &SocketOptions::default()).await.is_err());
    }

    /// Statement 1: one that says nothing at all is overtaken by the next.
    #[tokio::test]
    async fn an_address_that_is_silent_costs_its_head_start() {
        // Its line of callers is full, so that the system does not answer any more.
        let silent = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        silent.bind(&any.into()).unwrap();
        silent.listen(0).unwrap();
        let address = silent.local_addr().unwrap().as_socket().unwrap();
        let _caller = TcpStream::connect(address).await.unwrap();
        let good = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let good = (good.local_addr().unwrap(), good);
        let began = std::time::Instant::now();
        let stream = open(vec![address, good.0], &SocketOptions::default())
            .await
            .unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good.0);
        let time = began.elapsed();
        assert!(
            time >= ATTEMPT_DELAY && time < 4 * ATTEMPT_DELAY,
            "{time:?}"
        );
    }
}
