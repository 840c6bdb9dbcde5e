//! `OP --key value ...`

use std::collections::HashMap;

#[derive(Clone, Debug)]
pub struct Cfg {
    pub op: String,
    pub bootstrap: String,
    pub topic: String,
    pub partitions: i32,
    pub records: u64,
    /// Bytes of a value.
    pub size: usize,
    /// Whether records have keys of 16 bytes, at random, by which partitions are chosen.
    pub keyed: bool,
    /// Records a second; 0 is as fast as they go.
    pub rate: u64,
    pub linger_ms: u64,
    pub acks: String,
    pub idempotent: bool,
    pub compression: String,
    pub batch_bytes: usize,
    /// Bound on bytes buffered and not yet acknowledged, where a client has one (Java's buffer.memory).
    pub buffer_bytes: usize,
    /// Bound on delivery handles kept by the sending task, for clients that give one per record.
    pub window: usize,
    pub group: Option<String>,
    /// Which of a client's own APIs to use; the empty string is that peer's fast path.
    pub api: String,
    /// Tokio worker threads; 0 is the current_thread runtime.
    pub threads: usize,
    rest: HashMap<String, String>,
}

impl Cfg {
    pub fn parse() -> Cfg {
        let mut a = std::env::args().skip(1);
        let op = a.next().unwrap_or_else(|| {
            eprintln!(
                "usage: {} OP --key value ...",
                std::env::args().next().unwrap_or_default()
            );
            std::process::exit(2)
        });
        let mut m = HashMap::new();
        while let Some(k) = a.next() {
            let Some(k) = k.strip_prefix("--").map(str::to_owned) else {
                eprintln!("not an option: {k}");
                std::process::exit(2)
            };
            m.insert(k, a.next().unwrap_or_default());
        }
        let at_once = op == "latency" || op == "e2e";
        let mut take = |k: &str, d: &str| m.remove(k).unwrap_or_else(|| d.to_owned());
        let c = Cfg {
            bootstrap: take("bootstrap", "localhost:19092"),
            topic: take("topic", "peers-test"),
            partitions: num(&take("partitions", "1")),
            records: num(&take("records", if at_once { "2000" } else { "1000000" })),
            size: num(&take("size", "100")),
            keyed: take("keyed", "false") == "true",
            rate: num(&take("rate", if op == "e2e" { "10000" } else { "0" })),
            linger_ms: num(&take("linger-ms", if at_once { "0" } else { "5" })),
            acks: take("acks", "all"),
            idempotent: take("idempotent", "true") == "true",
            compression: take("compression", "none"),
            batch_bytes: num(&take("batch-bytes", "1000000")),
            buffer_bytes: num(&take("buffer-bytes", "33554432")),
            window: num(&take("window", "200000")),
            group: Some(take("group", "")).filter(|g| !g.is_empty()),
            api: take("api", ""),
            threads: num(&take("threads", "2")),
            op,
            rest: HashMap::new(),
        };
        Cfg { rest: m, ..c }
    }
    /// An option only one peer knows.
    pub fn extra(&self, k: &str, default: &str) -> String {
        self.rest
            .get(k)
            .cloned()
            .unwrap_or_else(|| default.to_owned())
    }
}

pub fn num<T: std::str::FromStr>(s: &str) -> T {
    s.parse().unwrap_or_else(|_| {
        eprintln!("not a number: {s}");
        std::process::exit(2)
    })
}
