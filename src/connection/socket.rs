//! A TCP socket and its options.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpSocket, TcpStream};

/// A peer that is gone without a word is asked so often, at this interval, before the system gives it up.
const PROBES: u32 = 3;
const PROBE_INTERVAL: Duration = Duration::from_secs(10);

/// What can be chosen of a socket.
#[derive(Clone, Debug)]
pub(crate) struct SocketOptions {
    /// How long it is silent before the system asks whether the peer is there.
    pub(crate) keepalive: Option<Duration>,
    /// The system's own, unless it is given.
    pub(crate) send_buffer: Option<u32>,
    pub(crate) receive_buffer: Option<u32>,
}

impl Default for SocketOptions {
    fn default() -> Self {
        Self {
            keepalive: Some(Duration::from_secs(30)),
            send_buffer: None,
            receive_buffer: None,
        }
    }
}

impl SocketOptions {
    pub(crate) async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        // Before connecting: that is when TCP agrees on the scale of its window.
        if let Some(bytes) = self.send_buffer {
            socket.set_send_buffer_size(bytes)?;
        }
        if let Some(bytes) = self.receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        let stream = socket.connect(address).await?;
        // Requests leave in as few writes as possible already, so to wait for more would only add latency.
        stream.set_nodelay(true)?;
        if let Some(time) = self.keepalive {
            let keepalive = TcpKeepalive::new().with_time(time);
            #[cfg(not(any(target_os = "openbsd", target_os = "haiku", target_os = "vita")))]
            let keepalive = keepalive.with_interval(PROBE_INTERVAL).with_retries(PROBES);
            SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
        }
        Ok(stream)
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    async fn connect(options: &SocketOptions) -> (TcpListener, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, options.connect(address).await.unwrap())
    }

    /// Statement 6: the system looks for peers that are gone without a word, unless it is told not to; and small requests leave at once.
    /// Statement 20 of the cluster: the numbers.
    #[tokio::test]
    async fn keepalive_is_on_unless_it_is_none() {
        let off = SocketOptions {
            keepalive: None,
            ..SocketOptions::default()
        };
        for (options, on) in [(SocketOptions::default(), true), (off, false)] {
            let (_listener, stream) = connect(&options).await;
            let socket = SockRef::from(&stream);
            assert_eq!(socket.keepalive().unwrap(), on);
            assert!(socket.tcp_nodelay().unwrap());
            #[cfg(target_os = "linux")]
            if on {
                let seconds = Duration::from_secs;
                assert_eq!(socket.tcp_keepalive_time().unwrap(), seconds(30));
                assert_eq!(socket.tcp_keepalive_interval().unwrap(), seconds(10));
                assert_eq!(socket.tcp_keepalive_retries().unwrap(), 3);
            }
        }
    }

    #[tokio::test]
    async fn buffers_are_the_systems_unless_they_are_given() {
        let (_listener, plain) = connect(&SocketOptions::default()).await;
        let plain = SockRef::from(&plain);
        let given = SocketOptions {
            send_buffer: Some(12_345),
            receive_buffer: Some(23_456),
            ..SocketOptions::default()
        };
        let (_listener, stream) = connect(&given).await;
        let socket = SockRef::from(&stream);
        // Linux doubles what it is given, to have room for its books.
        let factor = if cfg!(target_os = "linux") { 2 } else { 1 };
        assert_eq!(socket.send_buffer_size().unwrap(), 12_345 * factor);
        assert_eq!(socket.recv_buffer_size().unwrap(), 23_456 * factor);
        assert_ne!(plain.send_buffer_size().unwrap(), 12_345 * factor);
        assert_ne!(plain.recv_buffer_size().unwrap(), 23_456 * factor);
    }
}
