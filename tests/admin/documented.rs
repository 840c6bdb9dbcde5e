//! What docs/admin.md lists is there, and the other way round.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The public functions of `impl Admin`, in all files of `src/admin`.
fn operations(root: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(root.join("src/admin")).unwrap() {
        let Ok(text) = fs::read_to_string(entry.unwrap().path()) else {
            continue;
        };
        let mut inside = false;
        for line in text.lines() {
            inside = line == "impl Admin {" || inside && line != "}";
            let function = line.strip_prefix("    pub fn ").filter(|_| inside);
            names.extend(function.map(|rest| rest.split(['<', '(']).next().unwrap().to_owned()));
        }
    }
    names
}

#[test]
fn every_operation_is_listed_and_each_of_those_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/admin.md")).unwrap();
    let mut listed = BTreeSet::new();
    let mut java = 0;
    for row in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        java += 1;
        // Names stand between backquotes.
        let names = cells[1].split('`').skip(1).step_by(2);
        listed.extend(names.map(str::to_owned));
    }
    let beside = ["Client::metrics", "Client::close"];
    listed.retain(|name| !beside.contains(&&**name));
    assert_eq!(listed, operations(root));
    // As many as Java's `Admin` has, but for the two that the text names.
    assert_eq!(java, 63);
}

/// What the tests against a real cluster call.
#[test]
fn every_operation_is_tried_on_a_real_cluster() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    for entry in fs::read_dir(root.join("tests/admin/real")).unwrap() {
        text += &fs::read_to_string(entry.unwrap().path()).unwrap();
    }
    let operations = operations(root);
    assert!(operations.len() > 70);
    for operation in operations {
        assert!(text.contains(&format!(".{operation}(")), "{operation}");
    }
}
