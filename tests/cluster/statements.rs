//! What docs/cluster.md says is tested is.

#[path = "../support/statements.rs"]
mod page;

#[test]
fn every_statement_has_tests_and_each_of_them_is_there() {
    let mut statements = page::rows("docs/cluster.md");
    let faults = statements.split_off(23);
    assert_eq!(statements, (1..=23).collect::<Vec<_>>());
    assert_eq!(faults, [6, 7, 8, 9, 10, 11, 12, 29]);
}
