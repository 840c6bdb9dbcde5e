//! Wall clock, CPU, memory, latencies.

use std::time::{Duration, Instant};

use crate::{Cfg, Res};

/// Process user and system CPU time, all threads.
pub fn cpu() -> (Duration, Duration) {
    let mut u: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut u) };
    let d = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1000);
    (d(u.ru_utime), d(u.ru_stime))
}

/// Peak resident memory in MiB.
pub fn peak_rss_mb() -> f64 {
    status("VmHWM:")
}

fn status(field: &str) -> f64 {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|s| {
            s.lines().find_map(|l| l.strip_prefix(field)).and_then(|l| {
                l.split_whitespace()
                    .next()
                    .and_then(|n| n.parse::<f64>().ok())
            })
        })
        .unwrap_or(0.0)
        / 1024.0
}

pub struct Meter {
    t: Instant,
    c: (Duration, Duration),
    rss: f64,
    lat: Vec<u64>,
    first: Option<(Instant, u64)>,
    bytes: u64,
    fetched: Option<f64>,
}

impl Meter {
    pub fn start() -> Meter {
        Meter {
            t: Instant::now(),
            c: cpu(),
            rss: status("VmRSS:"),
            lat: Vec::new(),
            first: None,
            bytes: 0,
            fetched: None,
        }
    }
    pub fn start_with(cap: usize) -> Meter {
        Meter {
            lat: Vec::with_capacity(cap),
            ..Meter::start()
        }
    }
    #[inline]
    pub fn lap(&mut self, from: Instant) {
        self.lat.push(from.elapsed().as_nanos() as u64);
    }
    /// A latency in nanoseconds.
    #[inline]
    pub fn lap_ns(&mut self, ns: u64) {
        self.lat.push(ns);
    }
    /// Consuming: `n` records have come by now. The first call that sees any marks the end of the start-up
    /// (connecting, metadata, offsets), which `steady_per_s` leaves out.
    #[inline]
    pub fn seen(&mut self, n: u64) {
        if self.first.is_none() && n > 0 {
            self.first = Some((Instant::now(), n));
        }
    }
    /// Bytes of values, or of batches, as the row says.
    pub fn bytes(&mut self, bytes: u64) {
        self.bytes = bytes;
    }
    /// Consuming: bytes that came over the sockets, and those of the batches in them. What is more of the former came twice, or is no batch.
    pub fn fetched(&mut self, received: u64, batches: u64) {
        self.bytes = batches;
        self.fetched = Some(received as f64 / batches.max(1) as f64);
    }
    /// Prints the JSON line for `n` records.
    pub fn done(self, peer: &str, c: &Cfg, n: u64) {
        let now = (self.t.elapsed(), cpu(), peak_rss_mb());
        self.print(now, peer, c, n);
    }
    /// Prints the line if there are as many records as were asked for; to count them is not measured.
    pub async fn stop_and_check(
        self,
        peer: &str,
        c: &Cfg,
        count: impl Future<Output = Res<u64>>,
    ) -> Res<()> {
        let now = (self.t.elapsed(), cpu(), peak_rss_mb());
        let n = count.await?;
        if n != c.records {
            return Err(format!("{n} of {} records are there", c.records).into());
        }
        self.print(now, peer, c, n);
        Ok(())
    }
    fn print(
        mut self,
        (wall, (user, system), rss): (Duration, (Duration, Duration), f64),
        peer: &str,
        c: &Cfg,
        n: u64,
    ) {
        let wall = wall.as_secs_f64();
        let per = |d: Duration| d.as_nanos() as f64 / n.max(1) as f64;
        let (user, system) = (per(user - self.c.0), per(system - self.c.1));
        self.lat.sort_unstable();
        let p = |q: f64| match self.lat.len() {
            0 => "null".to_owned(),
            l => format!(
                "{:.1}",
                self.lat[((l as f64 * q) as usize).min(l - 1)] as f64 / 1000.0
            ),
        };
        let (first, steady) = match self.first {
            Some((f, k)) => (
                format!("{:.1}", (f - self.t).as_secs_f64() * 1e3),
                format!(
                    "{:.0}",
                    (n - k.min(n)) as f64 / (wall - (f - self.t).as_secs_f64()).max(1e-9)
                ),
            ),
            None => ("null".to_owned(), format!("{:.0}", n as f64 / wall)),
        };
        println!(
            "{{\"peer\":\"{peer}\",\"op\":\"{}\",\"records\":{n},\"size\":{},\"partitions\":{},\"wall_s\":{wall:.4},\"rec_per_s\":{:.0},\
             \"cpu_ns_per_rec\":{:.1},\"user_ns_per_rec\":{user:.1},\"sys_ns_per_rec\":{system:.1},\"rss_mb\":{:.1},\"rss_before_mb\":{:.1},\
             \"p50_us\":{},\"p99_us\":{},\"p999_us\":{},\"idempotent\":{},\"compression\":\"{}\",\"linger_ms\":{},\"keyed\":{},\
             \"first_ms\":{first},\"steady_per_s\":{steady},\"bytes\":{},\"fetched_by_batches\":{}}}",
            c.op,
            c.size,
            c.partitions,
            n as f64 / wall,
            user + system,
            rss,
            self.rss,
            p(0.50),
            p(0.99),
            p(0.999),
            c.idempotent,
            c.compression,
            c.linger_ms,
            c.keyed,
            self.bytes,
            self.fetched
                .map_or("null".to_owned(), |fetched| format!("{fetched:.4}")),
        );
    }
}
