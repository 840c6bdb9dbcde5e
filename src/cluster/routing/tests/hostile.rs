//! Answers of what was not asked, second ones, and none at all.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::*;
use milena_wire::messages::{delete_groups, fetch, share_fetch};

use super::super::Routed;
use super::errors;

const MISSING: ErrorCode = ErrorCode::UNKNOWN_SERVER_ERROR;
const FAILED: ErrorCode = ErrorCode::NON_EMPTY_GROUP;

fn request(groups: &[&'static str]) -> DeleteGroupsRequest {
    let groups = groups.iter().map(|group| (*group).into());
    DeleteGroupsRequest::default().with_groups_names(groups.collect::<Vec<_>>())
}

fn answer(results: &[(&'static str, ErrorCode)]) -> DeleteGroupsResponse {
    let results = results.iter().map(|(group, code)| {
        delete_groups::DeletableGroupResult::default()
            .with_group_id(*group)
            .with_error_code(*code)
    });
    DeleteGroupsResponse::default().with_results(results.collect::<Vec<_>>())
}

fn told(
    groups: &[&'static str],
    results: &[(&'static str, ErrorCode)],
) -> Vec<(Option<usize>, ErrorCode)> {
    errors(&request(groups), &answer(results))
}

#[test]
fn what_was_not_asked_is_left_alone() {
    let fine = ErrorCode::NONE;
    assert_eq!(told(&["a"], &[("a", fine), ("x", FAILED)]), []);
    assert_eq!(told(&["a"], &[("x", FAILED), ("a", fine)]), []);
    assert_eq!(
        told(&["a", "b"], &[("x", FAILED), ("b", FAILED), ("a", fine)]),
        [(Some(1), FAILED)]
    );
}

#[test]
fn the_first_answer_counts() {
    let fine = ErrorCode::NONE;
    assert_eq!(told(&["a"], &[("a", fine), ("a", FAILED)]), []);
    assert_eq!(
        told(&["a", "b"], &[("a", fine), ("a", FAILED), ("b", fine)]),
        []
    );
    assert_eq!(
        told(&["a", "b"], &[("b", FAILED), ("b", fine), ("a", fine)]),
        [(Some(1), FAILED)]
    );
}

#[test]
fn what_is_omitted_is_told() {
    let fine = ErrorCode::NONE;
    assert_eq!(told(&["a"], &[]), [(Some(0), MISSING)]);
    assert_eq!(
        told(&["a", "b", "c"], &[("a", fine), ("c", FAILED)]),
        [(Some(2), FAILED), (Some(1), MISSING)]
    );
    assert_eq!(
        told(&["a", "b"], &[("x", fine), ("y", fine)]),
        [(Some(0), MISSING), (Some(1), MISSING)]
    );
}

#[test]
fn of_two_that_are_the_same_the_first_stands_for_both() {
    let fine = ErrorCode::NONE;
    assert_eq!(told(&["a", "a", "b"], &[("a", fine), ("b", fine)]), []);
    assert_eq!(
        told(&["a", "b", "a"], &[("b", fine), ("a", FAILED)]),
        [(Some(0), FAILED)]
    );
    assert_eq!(told(&["a", "a"], &[("a", fine), ("a", fine)]), []);
    assert_eq!(
        told(&["b", "a", "a"], &[("b", fine)]),
        [(Some(1), MISSING), (Some(2), MISSING)]
    );
}

#[test]
fn forgetting_takes_all_answers_of_an_item_and_no_other() {
    let fine = ErrorCode::NONE;
    let mut response = answer(&[("a", fine), ("x", fine), ("b", FAILED), ("b", fine)]);
    request(&["a", "b"]).forget(&mut response, &[1]);
    assert_eq!(response, answer(&[("a", fine), ("x", fine)]));
}

#[test]
fn silence_means_nothing_new_within_a_session() {
    let partitions = vec![fetch::FetchPartition::default()];
    let topic = fetch::FetchTopic::default()
        .with_topic("orders")
        .with_partitions(partitions);
    let request = FetchRequest::default().with_topics(vec![topic]);
    let empty = FetchResponse::default();
    assert_eq!(errors(&request, &empty), [(Some(0), MISSING)]);
    let opening = request.clone().with_session_epoch(0);
    assert_eq!(errors(&opening, &empty), [(Some(0), MISSING)]);
    let within = request.with_session_id(7).with_session_epoch(1);
    assert_eq!(errors(&within, &empty), []);
    let partitions = vec![share_fetch::FetchPartition::default()];
    let topic = share_fetch::FetchTopic::default().with_partitions(partitions);
    let request = ShareFetchRequest::default().with_topics(vec![topic]);
    assert_eq!(errors(&request, &ShareFetchResponse::default()), []);
}
