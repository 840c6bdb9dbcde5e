use super::*;

const BATCH: ProducerBatch = ProducerBatch {
    producer_id: 7,
    epoch: 2,
    base_sequence: 0,
    last_sequence: 9,
    max_timestamp: 1000,
    offset_delta: 0,
    last_offset_delta: 9,
    is_transactional: false,
};
const MARKER: Marker = Marker {
    producer_id: 7,
    producer_epoch: 2,
    commit: true,
    coordinator_epoch: 4,
};

/// Ten records from this sequence on.
fn ten(base_sequence: i32) -> ProducerBatch {
    ProducerBatch {
        base_sequence,
        last_sequence: base_sequence.wrapping_add(9) & i32::MAX,
        ..BATCH
    }
}

fn try_one(
    producers: &mut Producers,
    batch: &ProducerBatch,
    offset: i64,
    unknown: Unknown,
) -> Result<Option<i64>, ProducerError> {
    let duplicate = producers.check(std::slice::from_ref(batch), unknown)?;
    if duplicate.is_none() {
        producers.note(batch, offset);
    }
    Ok(duplicate.map(|duplicate| duplicate.base_offset))
}

fn try_ten(
    producers: &mut Producers,
    sequence: i32,
    offset: i64,
) -> Result<Option<i64>, ProducerError> {
    try_one(producers, &ten(sequence), offset, Unknown::Welcome)
}

#[test]
fn five_batches_are_known_again() {
    let mut producers = Producers::default();
    for number in 0..6 {
        let new = try_ten(&mut producers, number * 10, i64::from(number) * 10);
        assert_eq!(new, Ok(None));
    }
    for number in 1..6 {
        let offset = i64::from(number) * 10;
        let again = try_ten(&mut producers, number * 10, 999);
        assert_eq!(again, Ok(Some(offset)));
    }
    // The sixth from the end is forgotten, and a part of one is no duplicate of it.
    let out_of_order = Err(ProducerError::OutOfOrder);
    assert_eq!(try_ten(&mut producers, 0, 999), out_of_order);
    assert_eq!(try_ten(&mut producers, 45, 999), out_of_order);
    assert_eq!(try_ten(&mut producers, 61, 999), out_of_order);
    assert_eq!(try_ten(&mut producers, 60, 60), Ok(None));
    assert_eq!(producers.all()[0].1.last_sequence, 69);
}

#[test]
fn after_the_largest_sequence_comes_0() {
    for base in [i32::MAX - 9, i32::MAX - 4] {
        let mut producers = Producers::default();
        assert_eq!(try_ten(&mut producers, base, 0), Ok(None));
        let last = base.wrapping_add(9) & i32::MAX;
        assert_eq!(producers.all()[0].1.last_sequence, last);
        let next = last.checked_add(1).unwrap_or(0);
        assert_eq!(try_ten(&mut producers, next, 10), Ok(None));
        assert_eq!(try_ten(&mut producers, base, 99), Ok(Some(0)));
        assert_eq!(
            try_ten(&mut producers, next + 11, 99),
            Err(ProducerError::OutOfOrder)
        );
    }
}

#[test]
fn an_epoch_begins_at_0_and_ends_the_one_before() {
    let mut producers = Producers::default();
    assert_eq!(try_ten(&mut producers, 0, 0), Ok(None));
    let newer = |base| ProducerBatch {
        epoch: 3,
        ..ten(base)
    };
    let mut welcome =
        |batch: ProducerBatch, offset| try_one(&mut producers, &batch, offset, Unknown::Welcome);
    assert_eq!(welcome(newer(10), 9), Err(ProducerError::OutOfOrder));
    assert_eq!(welcome(newer(0), 10), Ok(None));
    assert_eq!(welcome(newer(0), 99), Ok(Some(10)));
    assert_eq!(welcome(ten(0), 99), Err(ProducerError::FencedEpoch));
    assert_eq!(welcome(ten(10), 99), Err(ProducerError::FencedEpoch));
    assert_eq!(welcome(newer(10), 20), Ok(None));
}

#[test]
fn who_is_unknown_is_met_as_the_broker_is_old() {
    let transactional = ProducerBatch {
        is_transactional: true,
        ..ten(5)
    };
    for (unknown, plain, in_transaction) in [
        (Unknown::Welcome, Ok(None), Ok(None)),
        (Unknown::MustBegin, Ok(None), Err(ProducerError::OutOfOrder)),
        (
            Unknown::Refused,
            Err(ProducerError::Unknown),
            Err(ProducerError::Unknown),
        ),
    ] {
        let mut producers = Producers::default();
        let mut one = |batch| try_one(&mut producers, batch, 0, unknown);
        assert_eq!(one(&transactional), in_transaction, "{unknown:?}");
        let mut producers = Producers::default();
        let mut one = |batch| try_one(&mut producers, batch, 0, unknown);
        assert_eq!(one(&ten(5)), plain, "{unknown:?}");
        let mut producers = Producers::default();
        assert_eq!(try_one(&mut producers, &ten(0), 0, unknown), Ok(None));
        // A marker is all that is known.
        let mut producers = Producers::default();
        producers.end(&MARKER, 0);
        let refused = match unknown {
            Unknown::Refused => ProducerError::Unknown,
            _ => ProducerError::OutOfOrder,
        };
        let mut one = |sequence| try_one(&mut producers, &ten(sequence), 0, unknown);
        assert_eq!(one(5), Err(refused));
        assert_eq!(one(0), Ok(None));
    }
}

#[test]
fn several_batches_at_once_follow_each_other() {
    let producers = Producers::default();
    let check = |batches: &[ProducerBatch]| producers.check(batches, Unknown::Welcome);
    assert_eq!(check(&[ten(0), ten(10), ten(20)]), Ok(None));
    assert_eq!(check(&[ten(0), ten(11)]), Err(ProducerError::OutOfOrder));
    let other = ProducerBatch {
        producer_id: 8,
        ..ten(0)
    };
    assert_eq!(check(&[ten(0), other, ten(10)]), Ok(None));
}

#[test]
fn a_transaction_lasts_from_its_first_batch_to_its_marker() {
    let mut producers = Producers::default();
    let first = ProducerBatch {
        is_transactional: true,
        ..ten(0)
    };
    let second = ProducerBatch {
        is_transactional: true,
        offset_delta: 3,
        ..ten(10)
    };
    producers.note(&first, 50);
    producers.note(&second, 60);
    let (id, state) = producers.all()[0];
    assert_eq!((id, state.last_sequence), (7, 19));
    assert_eq!(state.transaction_start, Some(50));
    assert_eq!(producers.first_open(), Some(50));
    let refused = try_ten(&mut producers, 20, 70);
    assert_eq!(refused, Err(ProducerError::NotTransactional));
    assert_eq!(producers.check_marker(&MARKER), Ok(()));
    assert_eq!(producers.end(&MARKER, 2000), Some(50));
    assert_eq!(producers.first_open(), None);
    let (_, state) = producers.all()[0];
    assert_eq!(
        (state.transaction_start, state.coordinator_epoch),
        (None, 4)
    );
    assert_eq!((state.last_sequence, state.last_timestamp), (19, 2000));
    // The same epoch goes on behind its marker.
    assert_eq!(try_ten(&mut producers, 20, 70), Ok(None));
    let newer = Marker {
        producer_epoch: 3,
        ..MARKER
    };
    assert_eq!(producers.end(&newer, 2000), None);
    assert_eq!(producers.all()[0].1.last_sequence, -1);
}

#[test]
fn who_comes_too_late_is_fenced() {
    let mut producers = Producers::default();
    producers.note(&BATCH, 50);
    let old = Marker {
        producer_epoch: 1,
        ..MARKER
    };
    assert_eq!(
        producers.check_marker(&old),
        Err(MarkerError::FencedProducer)
    );
    producers.end(&MARKER, 2000);
    let old = Marker {
        coordinator_epoch: 3,
        ..MARKER
    };
    assert_eq!(
        producers.check_marker(&old),
        Err(MarkerError::FencedCoordinator)
    );
}

#[test]
fn old_brokers_forget_who_has_nothing_left() {
    let mut producers = Producers::default();
    producers.note(&ten(0), 0);
    let other = ProducerBatch {
        producer_id: 8,
        is_transactional: true,
        ..ten(0)
    };
    producers.note(&other, 10);
    producers.delete_before(9);
    assert_eq!(producers.all().len(), 2);
    producers.delete_before(10);
    assert_eq!(producers.all().len(), 1);
    producers.delete_before(20);
    assert_eq!((producers.all().len(), producers.first_open()), (0, None));
}
