//! Where the golden files are, and how they are read.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use serde_json::Value as Json;

/// The lines of every file `name` in the folders of the corpus, each parsed; the newest release comes first.
pub(crate) fn lines(name: &str) -> Vec<(String, Json)> {
    let folder = std::env::var_os("GOLDEN_DIR").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden"),
        PathBuf::from,
    );
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path().join(name))
        .filter(|file| file.is_file())
        .collect();
    files.sort();
    let mut lines = Vec::new();
    for file in files.iter().rev() {
        let release = file.parent().unwrap().file_name().unwrap();
        for line in fs::read_to_string(file).unwrap().lines() {
            let line = serde_json::from_str(line).unwrap();
            lines.push((release.to_string_lossy().into_owned(), line));
        }
    }
    lines
}

/// The bytes that a field of hexadecimal digits stands for.
pub(crate) fn hex(value: &Json) -> Vec<u8> {
    let digits = value.as_str().unwrap().as_bytes();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// Prints past the test harness, which would keep the output of a test that passes.
pub(crate) fn report(line: &str) {
    writeln!(std::io::stdout().lock(), "{line}").unwrap();
}
