//! This program again, in another part and another process.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

/// Set in the environment of a child: what it is to be.
const ROLE: &str = "MILENA_BENCH_ROLE";

/// A running child; it ends when this is dropped.
pub struct Child {
    process: std::process::Child,
    /// The first line that it printed.
    pub line: String,
    /// The certificate that it printed behind it, if one was expected.
    pub pem: Option<String>,
}

impl Child {
    pub fn start(role: &str, has_pem: bool) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .env(ROLE, role)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let pem = has_pem.then(|| {
            let mut pem = String::new();
            while !pem.contains("END CERTIFICATE") {
                assert!(output.read_line(&mut pem).unwrap() > 0, "the child ended");
            }
            pem
        });
        Self {
            process,
            line: line.trim().to_owned(),
            pem,
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What this process is to be, if it is a child. It ends with its parent then.
pub fn role() -> Option<String> {
    let role = std::env::var(ROLE).ok()?;
    // The parent is gone when its end of the pipe is.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    Some(role)
}
