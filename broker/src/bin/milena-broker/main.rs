//! Starts a cluster and serves until ctrl-c.

mod arguments;

use std::process::ExitCode;

use arguments::{Arguments, Serve, USAGE};

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
            println!("{USAGE}");
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

async fn serve(how: Serve) -> std::io::Result<()> {
    let cluster = how.cluster.start().await?;
    if let (Some(path), Some(ca)) = (&how.ca_file, cluster.ca_pem()) {
        std::fs::write(path, ca)?;
    }
    // One line, for whoever reads it: everything after `=` is what a client's `bootstrap.servers` takes.
    println!("bootstrap.servers={}", cluster.bootstrap().join(","));
    tokio::signal::ctrl_c().await?;
    cluster.shutdown().await;
    Ok(())
}
