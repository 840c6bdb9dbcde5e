//! As much of HTTP as Prometheus needs.

use std::io;
use std::time::Duration;

use milena::Client;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

/// Who asks has so long for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest head of a request that is read.
const MAX_HEAD: usize = 8 << 10;

/// Answers whoever comes.
pub(crate) async fn serve(listener: TcpListener, client: Client) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let client = client.clone();
                tokio::spawn(async move {
                    // Who goes away or is too slow gets nothing.
                    let _ = timeout(PATIENCE, answer(stream, &client)).await;
                });
            }
            // No file descriptors left, for one: it may get better.
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn answer(mut stream: TcpStream, client: &Client) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() > MAX_HEAD || stream.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&head);
    let mut words = head.split_ascii_whitespace();
    let (status, kind, body) = match (words.next(), words.next(), client.metrics()) {
        (Some("GET"), Some("/metrics"), Some(metrics)) => {
            let kind = "text/plain; version=0.0.4; charset=utf-8";
            ("200 OK", kind, metrics.to_prometheus())
        }
        (Some("GET"), Some("/"), Some(metrics)) => {
            ("200 OK", "text/plain; charset=utf-8", metrics.to_string())
        }
        _ => ("404 Not Found", "text/plain", "see /metrics\n".to_owned()),
    };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}
