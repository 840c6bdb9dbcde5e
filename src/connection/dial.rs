//! From an address to an open stream.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::time::sleep;

/// How long one address has before the next one is tried beside it (RFC 8305, "Connection Attempt Delay").
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// A dead peer that was silent is asked so often, at this interval, before the system gives it up.
const PROBES: u32 = 3;
const PROBE_INTERVAL: Duration = Duration::from_secs(10);

/// Connects to whichever address answers first; each has a head start before the next (RFC 8305, "happy eyeballs").
pub(crate) async fn open(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    if let [only] = *addresses {
        return TcpStream::connect(only).await;
    }
    let mut addresses = interleave(addresses).into_iter();
    let mut attempts: Vec<Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>> = Vec::new();
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host name has no address");
    let mut head_start = pin!(sleep(Duration::ZERO));
    poll_fn(|context| {
        loop {
            let mut progress = false;
            if attempts.is_empty() || head_start.as_mut().poll(context).is_ready() {
                if let Some(address) = addresses.next() {
                    attempts.push(Box::pin(TcpStream::connect(address)));
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

/// Requests leave in as few writes as possible already, so to wait for more would only add latency; and a peer that is gone without a
/// word is noticed.
pub(crate) fn tune(stream: &TcpStream, keepalive: Option<Duration>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    if let Some(time) = keepalive {
        // What Linux takes.
        let time = time.clamp(Duration::from_secs(1), Duration::from_secs(32_767));
        let keepalive = TcpKeepalive::new().with_time(time);
        #[cfg(not(any(target_os = "openbsd", target_os = "haiku", target_os = "vita")))]
        let keepalive = keepalive.with_interval(PROBE_INTERVAL).with_retries(PROBES);
        SockRef::from(stream).set_tcp_keepalive(&keepalive)?;
    }
    Ok(())
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
        let stream = open(vec![refusing, refusing, good]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good);
        let error = open(vec![refusing]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert!(open(Vec::new()).await.is_err());
    }

    /// Statement 6: the system looks for peers that are gone without a word, unless it is told not to; and small requests leave at once.
    #[tokio::test]
    async fn keepalive_is_on_unless_it_is_none() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        for time in [Some(Duration::from_secs(60)), None] {
            let stream = open(vec![address]).await.unwrap();
            tune(&stream, time).unwrap();
            let socket = SockRef::from(&stream);
            assert_eq!(socket.keepalive().unwrap(), time.is_some());
            assert!(socket.tcp_nodelay().unwrap());
            #[cfg(target_os = "linux")]
            if let Some(time) = time {
                assert_eq!(socket.tcp_keepalive_time().unwrap(), time);
                assert_eq!(socket.tcp_keepalive_interval().unwrap(), PROBE_INTERVAL);
                assert_eq!(socket.tcp_keepalive_retries().unwrap(), PROBES);
            }
        }
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
        let stream = open(vec![address, good.0]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good.0);
        let time = began.elapsed();
        assert!(
            time >= ATTEMPT_DELAY && time < 4 * ATTEMPT_DELAY,
            "{time:?}"
        );
    }
}
