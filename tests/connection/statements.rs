//! What docs/connection.md says is tested is.

#[path = "../support/statements.rs"]
mod page;

#[test]
fn every_statement_has_tests_and_each_of_them_is_there() {
    let mut statements = page::rows("docs/connection.md");
    let faults = statements.split_off(34);
    assert_eq!(statements, (1..=34).collect::<Vec<_>>());
    assert_eq!(faults, [1, 2, 3, 4, 5, 12]);
}
