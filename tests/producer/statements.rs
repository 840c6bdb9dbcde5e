//! What docs/faults.md says is tested is.

#[path = "../support/statements.rs"]
mod page;

#[test]
fn every_fault_has_tests_and_each_of_them_is_there() {
    let mut faults = page::rows("docs/faults.md");
    faults.dedup();
    // 23 and 24 are of transactions and groups, which are not there yet.
    let expected: Vec<_> = (1..=22).chain(25..=29).collect();
    assert_eq!(faults, expected);
}
