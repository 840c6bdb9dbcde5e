use super::*;

const FENCED: ErrorCode = ErrorCode::PRODUCER_FENCED;

fn part(partition: i32) -> Part {
    Part {
        topic: "t".to_owned(),
        partition,
    }
}

fn init(transactions: &Transactions) -> Producer {
    let (producer, ended) = transactions.init("x", 1000, None);
    assert_eq!(ended, None);
    producer.unwrap()
}

#[test]
fn each_beginning_is_a_new_epoch() {
    let transactions = Transactions::default();
    let first = init(&transactions);
    assert_eq!(first.epoch, 0);
    assert_eq!(init(&transactions), Producer { epoch: 1, ..first });
    assert_ne!(transactions.new_producer_id(), first.id);
    let old = transactions.add("x", first, [part(0)], 0);
    assert_eq!(old, Err(FENCED));
    let stranger = Producer { id: 99, epoch: 1 };
    let added = transactions.add("x", stranger, [part(0)], 0);
    assert_eq!(added, Err(ErrorCode::INVALID_PRODUCER_ID_MAPPING));
}

#[test]
fn who_says_who_he_is_goes_on_once() {
    let transactions = Transactions::default();
    let first = init(&transactions);
    let again = || {
        let expected = Some((first.id, first.epoch));
        transactions.init("x", 1000, expected).0
    };
    let second = Producer { epoch: 1, ..first };
    assert_eq!(again(), Ok(second));
    // The answer was lost.
    assert_eq!(again(), Ok(second));
    init(&transactions);
    assert_eq!(again(), Err(FENCED));
    let stranger = transactions.init("x", 1000, Some((99, 2))).0;
    assert_eq!(stranger, Err(FENCED));
}

#[test]
fn what_was_left_open_is_aborted_first() {
    let transactions = Transactions::default();
    let first = init(&transactions);
    transactions.add("x", first, [part(0), part(1)], 7).unwrap();
    let (refused, ended) = transactions.init("x", 1000, None);
    assert_eq!(refused, Err(ErrorCode::CONCURRENT_TRANSACTIONS));
    let ended = ended.unwrap();
    assert!(!ended.marker.commit);
    assert_eq!(
        (ended.marker.producer_epoch, ended.partitions.len()),
        (1, 2)
    );
    assert_eq!(init(&transactions), Producer { epoch: 2, ..first });
}

#[test]
fn old_clients_end_without_a_new_epoch() {
    let transactions = Transactions::default();
    let producer = init(&transactions);
    let end = |commit| transactions.end("x", producer, commit, false);
    assert_eq!(end(true).0, Err(ErrorCode::INVALID_TXN_STATE));
    transactions.add("x", producer, [part(0)], 7).unwrap();
    let (done, ended) = end(true);
    assert_eq!(done, Ok(producer));
    let ended = ended.unwrap();
    assert!(ended.marker.commit);
    assert_eq!(ended.marker.producer_epoch, 0);
    assert_eq!(end(true), (Ok(producer), None));
    assert_eq!(end(false).0, Err(ErrorCode::INVALID_TXN_STATE));
}

#[test]
fn new_clients_end_an_epoch_with_each_transaction() {
    let transactions = Transactions::default();
    let first = init(&transactions);
    transactions.add("x", first, [part(0)], 7).unwrap();
    let second = Producer { epoch: 1, ..first };
    let (done, ended) = transactions.end("x", first, true, true);
    assert_eq!(done, Ok(second));
    assert_eq!(ended.unwrap().marker.producer_epoch, 1);
    assert_eq!(transactions.end("x", first, true, true), (Ok(second), None));
    let other = transactions.end("x", first, false, true).0;
    assert_eq!(other, Err(ErrorCode::INVALID_TXN_STATE));
    // There may have been nothing to abort.
    let third = Producer { epoch: 2, ..first };
    assert_eq!(transactions.end("x", second, false, true).0, Ok(third));
    let fenced = transactions.end("x", first, false, true).0;
    assert_eq!(fenced, Err(FENCED));
}

#[test]
fn after_the_last_epoch_comes_another_id() {
    let transactions = Transactions::default();
    let first = init(&transactions);
    let last = i16::MAX - 1;
    transactions.lock().by_id.get_mut("x").unwrap().epoch = last;
    let next = init(&transactions);
    assert_eq!((next.id != first.id, next.epoch), (true, 0));
    transactions.lock().by_id.get_mut("x").unwrap().epoch = last;
    let worn = Producer {
        epoch: last,
        ..next
    };
    transactions.add("x", worn, [part(0)], 7).unwrap();
    let fresh = transactions.end("x", worn, true, true).0.unwrap();
    assert_eq!((fresh.id != worn.id, fresh.epoch), (true, 0));
    assert_eq!(transactions.end("x", worn, true, true).0, Ok(fresh));
}

#[test]
fn what_takes_too_long_is_aborted_and_fenced() {
    let transactions = Transactions::default();
    let producer = init(&transactions);
    transactions.add("x", producer, [part(0)], 100).unwrap();
    assert_eq!(transactions.expire(1100), []);
    let ended = transactions.expire(1101);
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].marker.producer_epoch, 1);
    assert_eq!(transactions.expire(5000), []);
    assert_eq!(
        transactions.add("x", producer, [part(0)], 5000),
        Err(FENCED)
    );
}

#[test]
fn partitions_are_enlisted_or_must_have_been() {
    let transactions = Transactions::default();
    let producer = init(&transactions);
    let enlist = |partition, enlist| transactions.enlist("x", producer, part(partition), enlist, 7);
    assert_eq!(enlist(0, false), Err(ErrorCode::INVALID_TXN_STATE));
    assert_eq!(enlist(0, true), Ok(()));
    assert_eq!(enlist(0, false), Ok(()));
    let contained = transactions.contains("x", producer, &[part(0), part(1)]);
    assert_eq!(contained, Ok(vec![true, false]));
}

#[test]
fn the_list_is_filtered() {
    let transactions = Transactions::default();
    let producer = init(&transactions);
    transactions.init("y", 1000, None).0.unwrap();
    transactions.add("x", producer, [part(0)], 100).unwrap();
    let list = |states: &[&str], producer_ids: &[i64], duration_ms| {
        let states: Vec<_> = states.iter().map(|state| (*state).to_owned()).collect();
        let filter = Filter {
            states: &states,
            producer_ids,
            duration_ms,
        };
        let listed = transactions.list(filter, 200).into_iter();
        listed.map(|one| one.transactional_id).collect::<String>()
    };
    assert_eq!(list(&[], &[], -1), "xy");
    assert_eq!(list(&["Ongoing"], &[], -1), "x");
    assert_eq!(list(&["Dead"], &[], -1), "");
    assert_eq!(list(&[], &[producer.id], -1), "x");
    assert_eq!(list(&["Ongoing"], &[], 99), "x");
    assert_eq!(list(&["Ongoing"], &[], 100), "");
}

#[test]
fn times_out_of_range_and_ids_without_a_letter_are_refused() {
    let transactions = Transactions::default();
    let code = |id, timeout| transactions.init(id, timeout, None).0.unwrap_err();
    assert_eq!(code("", 1), ErrorCode::INVALID_REQUEST);
    for timeout in [0, 900_001] {
        assert_eq!(code("x", timeout), ErrorCode::INVALID_TRANSACTION_TIMEOUT);
    }
}
