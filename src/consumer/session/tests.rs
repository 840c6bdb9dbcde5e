use super::*;

fn want(topic: &str, partition: i32, offset: i64) -> Want {
    Want {
        topic: topic.into(),
        id: Uuid::from_u128(topic.len() as u128),
        partition,
        token: 1,
        offset,
        leader_epoch: 3,
        max_bytes: 100,
    }
}

/// Who the plan names, with their offsets.
fn named(plan: &Plan) -> Vec<(String, i32, i64)> {
    let topics = plan.topics.iter();
    let named = topics.flat_map(|topic| {
        let partitions = topic.partitions.iter();
        partitions.map(|one| (topic.topic.to_string(), one.partition, one.fetch_offset))
    });
    named.collect()
}

fn forgotten(plan: &Plan) -> Vec<(String, Vec<i32>)> {
    let topics = plan.forgotten.iter();
    topics
        .map(|topic| (topic.topic.to_string(), topic.partitions.to_vec()))
        .collect()
}

fn ids(plan: &Plan) -> (i32, i32) {
    (plan.session_id, plan.session_epoch)
}

/// A session of id 7 with two partitions of the topic `a`.
fn begun() -> Session {
    let mut session = Session::default();
    session.update(0, Some(want("a", 0, 10)));
    session.update(1, Some(want("a", 1, 20)));
    let plan = session.plan();
    assert_eq!(ids(&plan), (0, 0));
    assert_eq!(named(&plan).len(), 2);
    session.answered(7, true);
    session
}

#[test]
fn a_session_begins_with_all_and_goes_on_with_what_has_changed() {
    let mut session = begun();
    session.update(0, Some(want("a", 0, 15)));
    session.update(1, Some(want("a", 1, 20)));
    let plan = session.plan();
    assert_eq!(ids(&plan), (7, 1));
    assert_eq!(named(&plan), [("a".to_owned(), 0, 15)]);
    session.answered(7, true);
    let plan = session.plan();
    assert_eq!(ids(&plan), (7, 2));
    assert!(plan.topics.is_empty() && plan.forgotten.is_empty());
}

#[test]
fn the_epoch_after_the_largest_is_one() {
    let mut session = begun();
    session.epoch = i32::MAX;
    session.answered(7, true);
    assert_eq!(ids(&session.plan()), (7, 1));
}

#[test]
fn what_is_not_wanted_any_more_is_forgotten_once() {
    let mut session = begun();
    session.update(0, None);
    session.update(2, Some(want("bb", 5, 0)));
    let plan = session.plan();
    assert_eq!(forgotten(&plan), [("a".to_owned(), vec![0])]);
    assert_eq!(named(&plan), [("bb".to_owned(), 5, 0)]);
    session.answered(7, true);
    let plan = session.plan();
    assert!(plan.forgotten.is_empty() && plan.topics.is_empty());
    assert!(session.find("", Uuid::from_u128(1), 0).is_none());
    assert_eq!(session.find("", Uuid::from_u128(2), 5).unwrap().0, 2);
    assert_eq!(session.find("a", Uuid::nil(), 1).unwrap().0, 1);
}

#[test]
fn what_is_forgotten_and_wanted_again_before_the_request_is_only_asked_for() {
    let mut session = begun();
    session.update(0, None);
    session.update(0, Some(want("a", 0, 11)));
    let plan = session.plan();
    assert!(plan.forgotten.is_empty());
    assert_eq!(named(&plan), [("a".to_owned(), 0, 11)]);
}

#[test]
fn a_topic_made_anew_takes_the_place_of_the_old_one() {
    let mut session = begun();
    let mut anew = want("a", 0, 0);
    anew.id = Uuid::from_u128(99);
    session.update(0, Some(anew));
    let plan = session.plan();
    assert_eq!(plan.forgotten[0].topic_id, Uuid::from_u128(1));
    assert_eq!(plan.topics[0].topic_id, Uuid::from_u128(99));
}

#[test]
fn a_broker_without_a_session_is_asked_for_all_each_time() {
    let mut session = Session::default();
    session.update(0, Some(want("a", 0, 10)));
    for _ in 0..3 {
        let plan = session.plan();
        assert_eq!((ids(&plan), named(&plan).len()), ((0, 0), 1));
        session.answered(0, true);
    }
}

#[test]
fn a_session_that_the_broker_has_forgotten_begins_anew() {
    let mut session = begun();
    session.update(1, None);
    session.refused(ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
    let plan = session.plan();
    assert_eq!((ids(&plan), named(&plan).len()), ((0, 0), 1));
    assert!(plan.forgotten.is_empty());
    session.answered(8, true);
    assert_eq!(ids(&session.plan()), (8, 1));
}

#[test]
fn a_session_that_is_out_of_step_is_closed_by_its_successor() {
    for code in [
        ErrorCode::INVALID_FETCH_SESSION_EPOCH,
        ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR,
    ] {
        let mut session = begun();
        session.refused(code);
        let plan = session.plan();
        assert_eq!((ids(&plan), named(&plan).len()), ((7, 0), 2));
    }
    let mut session = begun();
    drop(session.plan());
    session.lost();
    assert_eq!(ids(&session.plan()), (7, 0));
}

#[test]
fn a_change_between_names_and_ids_begins_anew() {
    let mut session = begun();
    drop(session.plan());
    session.answered(7, false);
    let plan = session.plan();
    assert_eq!((ids(&plan), named(&plan).len()), ((7, 0), 2));
    session.answered(9, false);
    assert_eq!(ids(&session.plan()), (9, 1));
}

#[test]
fn an_answer_of_another_session_begins_anew() {
    let mut session = begun();
    drop(session.plan());
    session.answered(8, true);
    assert_eq!(ids(&session.plan()), (8, 0));
}

#[test]
fn without_a_session_those_go_first_that_have_waited_longest() {
    let mut session = Session::default();
    for slot in 0..3 {
        let partition = i32::try_from(slot).unwrap();
        session.update(slot, Some(want("a", partition, 0)));
    }
    session.served(0);
    session.served(2);
    session.served(1);
    session.served(0);
    let order: Vec<_> = named(&session.plan())
        .into_iter()
        .map(|(_, partition, _)| partition)
        .collect();
    assert_eq!(order, [2, 1, 0]);
}

#[test]
fn a_session_is_closed_if_there_is_one() {
    assert_eq!(Session::default().close(), None);
    let last = begun().close().unwrap();
    assert_eq!((last.session_id, last.session_epoch), (7, -1));
    assert!(last.topics.is_empty());
}
