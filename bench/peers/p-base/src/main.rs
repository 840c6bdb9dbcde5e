//! No client: what a bare Tokio socket costs.
//!   produce     batches made beforehand in Produce frames, `--depth 5` under way; answers are read. Not idempotent: the same batches come again
//!   consume     Fetch after Fetch; headers are read and checksums checked, no record is looked at
//!   codec       compresses and decompresses the batches of `produce` in memory
//!   echo-server --listen 127.0.0.1:19900
//!   pingpong    --connect 127.0.0.1:19900 --records N [--frame 64]
//!   pipelined   --connect ... --records N --depth D
//!   apiversions --bootstrap localhost:19092 --records N --depth D
//! One thread (`--workers 0`) unless more are asked for.

mod batches;
mod codec;
mod consume;
mod link;
mod produce;
mod requests;

use measure::{Cfg, num};

fn main() {
    let mut c = Cfg::parse();
    let depth: usize = num(&c.extra("depth", if c.op == "produce" { "5" } else { "1" }));
    let threads = num(&c.extra("workers", "0"));
    let frame: usize = num(&c.extra("frame", "64"));
    c.idempotent = false;
    if matches!(c.op.as_str(), "pingpong" | "pipelined") {
        c.size = 4 + frame;
    }
    measure::run(threads, async move {
        let to = c.extra("connect", "127.0.0.1:19900");
        match c.op.as_str() {
            "produce" => produce::produce(c, depth).await,
            "consume" => consume::consume(c).await,
            "codec" => codec::codec(c),
            "echo-server" => requests::echo(c).await,
            "pingpong" => requests::drive(&c, "pingpong", to, 1, |_| requests::frame(frame)).await,
            "pipelined" => {
                requests::drive(&c, "pipelined", to, depth, |_| requests::frame(frame)).await
            }
            "apiversions" => {
                requests::drive(&c, "apiversions", c.bootstrap.clone(), depth, |i| {
                    requests::api_versions(i as u32)
                })
                .await
            }
            o => Err(format!("unknown operation {o}").into()),
        }
    })
}
