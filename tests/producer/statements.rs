//! What docs/faults.md says is tested is.

#[path = "../support/statements.rs"]
mod page;

#[test]
fn every_fault_has_tests_and_each_of_them_is_there() {
    let mut faults = page::rows("docs/faults.md");
    faults.dedup();
    let mut expected: Vec<_> = (1..=22).collect();
    expected.push(29);
    assert_eq!(faults, expected);
}
