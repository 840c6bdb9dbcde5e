//! Starts a cluster and serves until ctrl-c.

mod arguments;
mod control;

use std::io;
use std::process::ExitCode;

use arguments::{Arguments, Serve, USAGE};
use control::{Command, Operator};
use milena_broker::Cluster;
use tokio::sync::mpsc;

#[tokio::main]
async fn main() -> ExitCode {
    match arguments::parse(std::env::args().skip(1)) {
        Ok(Arguments::Serve(how)) => match serve(*how).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("milena-broker: {error}");
                ExitCode::FAILURE
            }
        },
        Ok(Arguments::Help) => {
            println!("{USAGE}\n\n{}", control::USAGE);
            ExitCode::SUCCESS
        }
        Ok(Arguments::Version) => {
            println!("milena-broker {}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("milena-broker: {error}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

async fn serve(how: Serve) -> io::Result<()> {
    raise_limits();
    let cluster = how.cluster.start().await?;
    if let (Some(path), Some(ca)) = (&how.ca_file, cluster.ca_pem()) {
        std::fs::write(path, ca)?;
    }
    // One line, for whoever reads it: everything after `=` is what a client's `bootstrap.servers` takes.
    println!("bootstrap.servers={}", cluster.bootstrap().join(","));
    tokio::select! {
        ended = tokio::signal::ctrl_c() => ended?,
        never = obey(&cluster) => match never {},
    }
    cluster.shutdown().await;
    Ok(())
}

/// Does what it is told on the standard input.
async fn obey(cluster: &Cluster) -> std::convert::Infallible {
    let mut lines = lines();
    let mut operator = Operator::new(cluster);
    while let Some(line) = lines.recv().await {
        match line.parse::<Command>() {
            Ok(command) => match operator.obey(command).await {
                Ok(said) => println!("{said}ok"),
                Err(error) => println!("{error}"),
            },
            Err(error) => println!("{error}"),
        }
    }
    // Who says nothing more may still want to be served, and what he has done lasts.
    std::future::pending().await
}

/// The lines of the standard input. A thread of its own reads them: the runtime would wait at its end for one of its own that is stuck in a read.
fn lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(16);
    std::thread::spawn(move || {
        let lines = io::stdin().lines().map_while(Result::ok);
        for line in lines.filter(|line| !line.trim().is_empty()) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Each connection is an open file, and most systems allow few of them unless asked.
fn raise_limits() {
    #[cfg(unix)]
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        eprintln!("milena-broker: the limit of open files stays as it is: {error}");
    }
}
