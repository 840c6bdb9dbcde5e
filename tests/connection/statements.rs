//! What docs/connection.md says is tested is.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The names of all functions and the paths of all files below a folder.
fn names(folder: &Path, root: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            self::names(&path, root, names);
            continue;
        }
        names.insert(path.strip_prefix(root).unwrap().display().to_string());
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let functions = text.lines().filter_map(|line| {
            let (_, rest) = line.split_once("fn ")?;
            rest.split_once('(').map(|(name, _)| name.to_owned())
        });
        names.extend(functions);
    }
}

#[test]
fn every_statement_has_tests_and_each_of_them_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut known = BTreeSet::new();
    for folder in ["src", "tests", "scripts"] {
        names(&root.join(folder), root, &mut known);
    }
    let text = fs::read_to_string(root.join("docs/connection.md")).unwrap();
    let mut statements = Vec::new();
    let rows = text.lines().filter(|line| line.starts_with("| "));
    for row in rows.filter(|row| !row.ends_with("| tests |")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        let tests = cells.last().unwrap();
        // Names stand between backquotes; commands have blanks in them.
        let tests = tests.split('`').skip(1).step_by(2);
        let tests: Vec<&str> = tests.filter(|name| !name.contains(' ')).collect();
        assert!(!tests.is_empty(), "no test: {row}");
        for test in tests {
            assert!(known.contains(test), "there is no {test}");
        }
        statements.extend(cells[0].trim().parse::<u32>());
    }
    let faults = statements.split_off(34);
    assert_eq!(statements, (1..=34).collect::<Vec<_>>());
    assert_eq!(faults, [1, 2, 3, 4, 5, 12]);
}
