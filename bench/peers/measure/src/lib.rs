//! What every peer binary shares: arguments, payloads, measuring, one JSON line of output.

mod ages;
mod args;
mod meter;
mod pace;
mod payloads;
mod window;

pub use ages::{Ages, stamp};
pub use args::{Cfg, num};
pub use meter::{Meter, cpu, peak_rss_mb};
pub use pace::Pace;
pub use payloads::{Keys, Payloads};
pub use window::Window;

use std::future::Future;

pub type Res<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Runs `f` as one spawned task on a Tokio runtime of `threads` workers (0: current_thread).
pub fn run<F>(threads: usize, f: F)
where
    F: Future<Output = Res<()>> + Send + 'static,
{
    let mut b = if threads == 0 {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    if threads > 0 {
        b.worker_threads(threads);
    }
    let rt = b.enable_all().build().expect("runtime");
    let r = rt.block_on(async { tokio::spawn(f).await });
    match r {
        Ok(Ok(())) => std::process::exit(0),
        Ok(Err(e)) => eprintln!("error: {e}"),
        Err(e) => eprintln!("panic: {e}"),
    }
    std::process::exit(1)
}

/// An error from creating a topic that is already there is no error.
pub fn exists_ok<T, E: std::fmt::Debug>(r: Result<T, E>) -> Res<()> {
    match r {
        Ok(_) => Ok(()),
        Err(e) => {
            let s = format!("{e:?}");
            if s.to_lowercase().contains("exist") {
                Ok(())
            } else {
                Err(s.into())
            }
        }
    }
}
