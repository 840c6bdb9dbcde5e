//! Small frames to an echo server, and ApiVersions to a broker.

use measure::{Cfg, Meter, Res};
use std::collections::VecDeque;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Length-prefixed frames in, the same frames out, one write for what one read brought.
pub async fn echo(c: Cfg) -> Res<()> {
    let l = TcpListener::bind(c.extra("listen", "127.0.0.1:19900")).await?;
    loop {
        let (mut s, _) = l.accept().await?;
        s.set_nodelay(true)?;
        tokio::spawn(async move {
            let mut b = vec![0u8; 256 << 10];
            let (mut from, mut to) = (0, 0);
            loop {
                match s.read(&mut b[to..]).await {
                    Ok(n) if n > 0 => to += n,
                    _ => return,
                }
                let whole = frames(&b[from..to]).0;
                if s.write_all(&b[from..from + whole]).await.is_err() {
                    return;
                }
                from += whole;
                if from == to {
                    (from, to) = (0, 0);
                } else if from > 128 << 10 {
                    b.copy_within(from..to, 0);
                    (from, to) = (0, to - from);
                }
            }
        });
    }
}

/// (bytes, count) of the whole frames at the start of `b`.
fn frames(b: &[u8]) -> (usize, u64) {
    let (mut at, mut n) = (0, 0);
    while let Some(h) = b.get(at..at + 4) {
        let len = u32::from_be_bytes([h[0], h[1], h[2], h[3]]) as usize;
        if at + 4 + len > b.len() {
            break;
        }
        at += 4 + len;
        n += 1;
    }
    (at, n)
}

pub fn frame(size: usize) -> Vec<u8> {
    let mut v = (size as u32).to_be_bytes().to_vec();
    v.resize(4 + size, 7);
    v
}

/// ApiVersions v0: header v1 (key 18, version 0, correlation id, client id "base"), no body.
pub fn api_versions(id: u32) -> Vec<u8> {
    let mut v = vec![0, 0, 0, 14, 0, 18, 0, 0];
    v.extend(id.to_be_bytes());
    v.extend([0, 4]);
    v.extend(b"base");
    v
}

/// Keeps `depth` requests in flight; the refill after each read is one write. Times each request.
pub async fn drive(
    c: &Cfg,
    peer: &str,
    to: String,
    depth: usize,
    mut make: impl FnMut(u64) -> Vec<u8>,
) -> Res<()> {
    let mut s = TcpStream::connect(to).await?;
    s.set_nodelay(true)?;
    let mut b = vec![0u8; 1 << 20];
    let (mut have, mut sent, mut got) = (0usize, 0u64, 0u64);
    let mut out = Vec::new();
    let mut times = VecDeque::with_capacity(depth);
    let warm = (c.records / 20).min(1000);
    let total = warm + c.records;
    let mut m = Meter::start_with(c.records as usize);
    let mut started = warm == 0;
    while got < total {
        while sent < total && sent - got < depth as u64 {
            out.extend(make(sent));
            sent += 1;
            times.push_back(None);
        }
        if !out.is_empty() {
            let t = Instant::now();
            times
                .iter_mut()
                .filter(|t| t.is_none())
                .for_each(|x| *x = Some(t));
            s.write_all(&out).await?;
            out.clear();
        }
        let n = s.read(&mut b[have..]).await?;
        if n == 0 {
            return Err("closed".into());
        }
        have += n;
        let (whole, k) = frames(&b[..have]);
        b.copy_within(whole..have, 0);
        have -= whole;
        for _ in 0..k {
            let t = times.pop_front().flatten().ok_or("an answer too many")?;
            if started {
                m.lap(t);
            }
            got += 1;
            if !started && got >= warm {
                m = Meter::start_with(c.records as usize);
                started = true;
            }
        }
    }
    m.done(&format!("base-{peer}-d{depth}"), c, c.records);
    Ok(())
}
