//! Whether what a page of `docs` says is tested is.

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

/// The numbers of a page's rows, in their order. Each row must name tests, and each of them must be there.
pub(crate) fn rows(page: &str) -> Vec<u32> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut known = BTreeSet::new();
    for folder in ["src", "tests", "scripts"] {
        names(&root.join(folder), root, &mut known);
    }
    let text = fs::read_to_string(root.join(page)).unwrap();
    let mut numbers = Vec::new();
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
        numbers.extend(cells[0].trim().parse::<u32>());
    }
    numbers
}
