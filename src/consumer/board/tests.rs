use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use bytes::Bytes;
use milena_wire::compression::Compressor;
use milena_wire::messages::fetch::FetchableTopicResponse;
use milena_wire::records::{BatchBuilder, BatchMut};
use milena_wire::uuid::Uuid;

use super::*;
use crate::cluster::Leader;
use crate::consumer::batch::Batch as Handed;
use crate::consumer::inquiry::Survey;

const SECOND: Duration = Duration::from_secs(1);
/// Of a batch of one record, as `batch` makes it.
const BATCH: usize = 1000;

fn terms() -> Terms {
    Terms {
        reset: OffsetReset::None,
        isolation: IsolationLevel::ReadUncommitted,
        max_wait: SECOND / 2,
        min_bytes: 1,
        max_bytes: 50 << 20,
        max_partition_bytes: 2 * BATCH,
        may_grow: false,
        prefetch: 8 * BATCH,
        rack: "here".to_owned(),
        skip_corrupt: false,
        replica_age: 300 * SECOND,
    }
}

struct Scene {
    board: Board,
    now: Instant,
    decompressor: Decompressor,
    /// Who leads all partitions.
    leader: Leader,
    /// Of answers.
    version: i16,
}

impl Scene {
    fn new(terms: Terms, partitions: i32) -> Self {
        let mut board = Board::new(terms);
        for partition in 0..partitions {
            board.assign(&"orders".into(), partition, Start::Offset(0));
        }
        let mut scene = Self {
            board,
            now: Instant::now(),
            decompressor: Decompressor::new(),
            leader: Leader::of(1, Some(5)),
            version: 17,
        };
        scene.survey();
        scene
    }

    fn survey(&mut self) -> Survey {
        let (leader, now) = (self.leader, self.now);
        let known = |_: &str, _| (Some(leader), Uuid::from_u128(7));
        self.board.survey(known, |broker| broker < 9, now)
    }

    /// The next request to a broker, if there is one.
    fn form(&mut self, broker: i32) -> Option<(FetchRequest, usize)> {
        match self.board.form(broker, self.now) {
            Formed::Request(request, reserved) => Some((*request, reserved)),
            Formed::Wait => None,
            Formed::Last(_) | Formed::Over => panic!("it ends"),
        }
    }

    /// The partitions that are asked for, with their offsets.
    fn asked(&mut self, broker: i32) -> (Vec<(i32, i64)>, usize) {
        let (request, reserved) = self.form(broker).expect("a request");
        let partitions = request.topics.iter().flat_map(|topic| &topic.partitions);
        let asked = partitions.map(|one| (one.partition, one.fetch_offset));
        (asked.collect(), reserved)
    }

    fn answer(&mut self, broker: i32, reserved: usize, partitions: Vec<PartitionData>) {
        let topic = FetchableTopicResponse::default()
            .with_topic_id(Uuid::from_u128(7))
            .with_partitions(partitions);
        let response = FetchResponse::default()
            .with_session_id(3)
            .with_responses(vec![topic]);
        let wait = |_| SECOND;
        self.board
            .answered(broker, reserved, &response, self.version, self.now, wait);
    }

    /// What the caller is given: partition and offsets.
    fn take(&mut self) -> Option<(i32, Vec<i64>)> {
        loop {
            match self.board.take(&mut self.decompressor) {
                Taken::Batch(due) => match Handed::read(&due, &mut self.decompressor, true) {
                    Ok(batch) => {
                        assert!(self.board.hand_out(&due));
                        let Some(batch) = batch else { continue };
                        let offsets = batch.iter().map(|record| record.offset);
                        return Some((batch.partition(), offsets.collect()));
                    }
                    Err(fault) => self.board.is_corrupt(&due, fault),
                },
                Taken::Nothing => return None,
                Taken::Error(error) => panic!("{error}"),
                Taken::Closed => panic!("it is closed"),
            }
        }
    }

    fn error(&mut self) -> ErrorKind {
        match self.board.take(&mut self.decompressor) {
            Taken::Error(error) => error.kind().clone(),
            other => panic!("{other:?}"),
        }
    }

    fn delivered(&self, partition: i32) -> Option<i64> {
        let slot = self.board.find("orders", partition)?;
        self.board.assigned(slot)?.delivered
    }
}

/// A batch of some records from an offset on, of epoch 5.
fn batch(offset: i64, records: i64) -> Bytes {
    batch_of(offset, records, BATCH / usize::try_from(records).unwrap())
}

fn batch_of(offset: i64, records: i64, size: usize) -> Bytes {
    let mut builder = BatchBuilder::new();
    let value = vec![7; size];
    for delta in 0..records {
        builder.append(delta, None, Some(&value), []).unwrap();
    }
    let sealed = builder.seal(&mut Compressor::new()).unwrap();
    let mut bytes = sealed.to_vec();
    let mut batch = BatchMut::new(&mut bytes).unwrap();
    batch.set_base_offset(offset);
    batch.set_partition_leader_epoch(5);
    drop(batch);
    bytes.into()
}

fn data(partition: i32, batches: &[Bytes]) -> PartitionData {
    PartitionData::default()
        .with_partition_index(partition)
        .with_high_watermark(1000)
        .with_preferred_read_replica(-1)
        .with_records(Bytes::from(batches.concat()))
}

fn refused(partition: i32, code: ErrorCode) -> PartitionData {
    data(partition, &[]).with_error_code(code)
}

struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn batches_come_in_order_and_the_next_are_asked_for_before_they_are_taken() {
    let mut scene = Scene::new(terms(), 1);
    let (asked, reserved) = scene.asked(1);
    assert_eq!(asked, [(0, 0)]);
    scene.answer(1, reserved, vec![data(0, &[batch(0, 4), batch(4, 2)])]);
    let (asked, _) = scene.asked(1);
    assert_eq!(asked, [(0, 6)]);
    assert_eq!(scene.take(), Some((0, vec![0, 1, 2, 3])));
    assert_eq!(scene.delivered(0), Some(4));
    assert_eq!(scene.take(), Some((0, vec![4, 5])));
    assert_eq!(scene.take(), None);
    assert_eq!((scene.delivered(0), scene.board.wasted()), (Some(6), 0));
}

#[test]
fn no_more_is_asked_for_than_there_is_room() {
    let mut scene = Scene::new(terms(), 1);
    let mut fetched = 0;
    while let Some((request, reserved)) = scene.form(1) {
        let most = usize::try_from(request.max_bytes).unwrap();
        assert!(scene.board.buffered() + most <= 8 * BATCH);
        scene.answer(1, reserved, vec![data(0, &[batch(fetched, 1)])]);
        fetched += 1;
        assert!(fetched < 10);
    }
    let Formed::Wait = scene.board.form(1, scene.now) else {
        panic!("nothing is asked for");
    };
    assert!(scene.board.buffered() >= 6 * BATCH);
    for offset in 0..fetched {
        assert_eq!(scene.take(), Some((0, vec![offset])));
    }
    assert_eq!(scene.board.buffered(), 0);
    let signals = scene.board.take_signals().unwrap();
    assert_eq!(signals.lines, [1]);
    let (asked, _) = scene.asked(1);
    assert_eq!(asked, [(0, fetched)]);
}

#[test]
fn the_caller_is_woken_once_for_an_answer() {
    let mut scene = Scene::new(terms(), 2);
    let woken = Arc::new(Woken(AtomicUsize::new(0)));
    scene.board.wait(&Arc::clone(&woken).into());
    let (_, reserved) = scene.asked(1);
    scene.board.take_signals();
    let both = vec![
        data(0, &[batch(0, 1), batch(1, 1)]),
        data(1, &[batch(0, 1)]),
    ];
    scene.answer(1, reserved, both);
    scene.board.take_signals().unwrap().caller.unwrap().wake();
    let (_, reserved) = scene.asked(1);
    scene.answer(1, reserved, vec![data(0, &[batch(2, 1)])]);
    assert!(
        scene
            .board
            .take_signals()
            .and_then(|signals| signals.caller)
            .is_none()
    );
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
}

#[test]
fn partitions_take_turns() {
    let terms = Terms {
        prefetch: 64 << 20,
        max_partition_bytes: 8 << 20,
        ..terms()
    };
    let mut scene = Scene::new(terms, 2);
    let (_, reserved) = scene.asked(1);
    let many: Vec<_> = (0..3000).map(|offset| batch(offset, 1)).collect();
    scene.answer(1, reserved, vec![data(0, &many), data(1, &many)]);
    let order: Vec<_> = (0..6000).map(|_| scene.take().unwrap().0).collect();
    let turns = order.chunk_by(|one, other| one == other);
    let turns: Vec<_> = turns.map(<[_]>::len).collect();
    assert!(turns.len() >= 5, "{turns:?}");
    assert!(
        turns.iter().all(|turn| *turn <= TURN / BATCH + 1),
        "{turns:?}"
    );
}

#[test]
fn who_has_enough_ready_is_left_out_and_the_others_are_not_held_up_long() {
    let mut scene = Scene::new(terms(), 4);
    // Each may have 2 batches ready.
    let (asked, reserved) = scene.asked(1);
    assert_eq!(asked.len(), 4);
    scene.answer(1, reserved, vec![data(2, &[batch(0, 1), batch(1, 1)])]);
    let (request, reserved) = scene.form(1).unwrap();
    assert!(request.topics.is_empty());
    assert_eq!(request.forgotten_topics_data[0].partitions[..], [2]);
    assert_eq!(request.max_wait_ms, 10);
    scene.answer(1, reserved, vec![]);
    scene.take().unwrap();
    scene.take().unwrap();
    let (request, _) = scene.form(1).unwrap();
    assert_eq!(request.topics[0].partitions[0].fetch_offset, 2);
    assert_eq!(request.max_wait_ms, 500);
}

/// Fault 26.
#[test]
fn a_seek_beats_what_is_ready_and_what_is_on_its_way() {
    let mut scene = Scene::new(terms(), 1);
    let slot = scene.board.find("orders", 0).unwrap();
    let (_, reserved) = scene.asked(1);
    scene.answer(1, reserved, vec![data(0, &[batch(0, 1), batch(1, 1)])]);
    let Taken::Batch(due) = scene.board.take(&mut scene.decompressor) else {
        panic!("a batch is ready");
    };
    let (asked, reserved) = scene.asked(1);
    assert_eq!(asked, [(0, 2)]);
    scene.board.seek(slot, Start::Offset(50));
    assert!(!scene.board.hand_out(&due), "it was sought meanwhile");
    scene.answer(1, reserved, vec![data(0, &[batch(2, 1)])]);
    assert_eq!(scene.take(), None);
    assert_eq!(scene.delivered(0), Some(50));
    let (asked, _) = scene.asked(1);
    assert_eq!(asked, [(0, 50)]);
    assert!(scene.board.wasted() > 0);
    assert_eq!(scene.board.buffered(), 0);
}

#[test]
fn what_was_not_asked_for_is_left_alone() {
    let mut scene = Scene::new(terms(), 1);
    let (_, reserved) = scene.asked(1);
    scene.answer(
        1,
        reserved,
        vec![data(7, &[batch(0, 1)]), data(0, &[batch(0, 1)])],
    );
    assert_eq!(scene.take(), Some((0, vec![0])));
    assert_eq!(scene.take(), None);
}

#[test]
fn records_below_the_offset_are_skipped() {
    let mut scene = Scene::new(terms(), 1);
    let slot = scene.board.find("orders", 0).unwrap();
    scene.board.seek(slot, Start::Offset(3));
    let (_, reserved) = scene.asked(1);
    scene.answer(1, reserved, vec![data(0, &[batch(0, 2), batch(2, 3)])]);
    assert_eq!(scene.take(), Some((0, vec![3, 4])));
    assert_eq!(scene.delivered(0), Some(5));
}

#[test]
fn a_batch_that_was_cut_off_is_asked_for_again_and_alone_with_more_room() {
    let mut scene = Scene::new(terms(), 1);
    let whole = batch(1, 1);
    let cut = whole.slice(..whole.len() - 1);
    let (_, reserved) = scene.asked(1);
    scene.answer(1, reserved, vec![data(0, &[batch(0, 1), cut.clone()])]);
    assert_eq!(scene.take(), Some((0, vec![0])));
    let (request, reserved) = scene.form(1).unwrap();
    assert_eq!(request.topics[0].partitions[0].fetch_offset, 1);
    let mut large = batch(1, 1).to_vec();
    large[8..12].copy_from_slice(&5000_i32.to_be_bytes());
    scene.answer(1, reserved, vec![data(0, &[large.into()])]);
    assert_eq!(scene.take(), None);
    let (request, _) = scene.form(1).unwrap();
    let asked = &request.topics[0].partitions[0];
    assert_eq!((asked.fetch_offset, asked.partition_max_bytes), (1, 5012));
}

/// Fault 28.
#[test]
fn a_corrupt_batch_is_told_once_and_nothing_of_others_is_lost() {
    let mut scene = Scene::new(terms(), 2);
    let (_, reserved) = scene.asked(1);
    let mut corrupt = batch(1, 2).to_vec();
    *corrupt.last_mut().unwrap() ^= 1;
    let first = data(0, &[batch(0, 1), corrupt.into(), batch(3, 1)]);
    scene.answer(1, reserved, vec![first, data(1, &[batch(0, 1)])]);
    assert_eq!(scene.take(), Some((0, vec![0])));
    let Taken::Batch(due) = scene.board.take(&mut scene.decompressor) else {
        panic!("a batch is ready");
    };
    let fault = Handed::read(&due, &mut scene.decompressor, true).unwrap_err();
    scene.board.is_corrupt(&due, fault);
    let ErrorKind::UnreadableRecords {
        topic,
        partition,
        offset,
        next_offset,
        ..
    } = scene.error()
    else {
        panic!("another error");
    };
    assert_eq!(
        (&*topic, partition, offset, next_offset),
        ("orders", 0, 1, Some(3))
    );
    assert_eq!(scene.take(), Some((1, vec![0])));
    assert_eq!(scene.take(), None);
    let (asked, reserved) = scene.asked(1);
    assert_eq!(asked, [(1, 1)], "the other one is left alone");
    scene.answer(1, reserved, vec![]);
    // The caller says that it is to be left out.
    let slot = scene.board.find("orders", 0).unwrap();
    scene.board.seek(slot, Start::Offset(3));
    assert_eq!(scene.asked(1).0, [(0, 3)]);
}

#[test]
fn a_corrupt_batch_is_skipped_if_the_caller_says_so() {
    let mut scene = Scene::new(
        Terms {
            skip_corrupt: true,
            ..terms()
        },
        1,
    );
    let (_, reserved) = scene.asked(1);
    let mut corrupt = batch(0, 2).to_vec();
    *corrupt.last_mut().unwrap() ^= 1;
    scene.answer(1, reserved, vec![data(0, &[corrupt.into(), batch(2, 1)])]);
    assert_eq!(scene.take(), Some((0, vec![2])));
}

#[test]
fn an_offset_out_of_range_is_an_error_or_the_policy_says_where_to_go_on() {
    let mut scene = Scene::new(terms(), 1);
    let (_, reserved) = scene.asked(1);
    scene.answer(
        1,
        reserved,
        vec![refused(0, ErrorCode::OFFSET_OUT_OF_RANGE)],
    );
    let ErrorKind::OffsetOutOfRange {
        partition: 0,
        offset: 0,
        ..
    } = scene.error()
    else {
        panic!("another error");
    };
    assert!(scene.form(1).is_none(), "it is left alone");

    let reset = OffsetReset::Earliest;
    let mut scene = Scene::new(Terms { reset, ..terms() }, 1);
    let (_, reserved) = scene.asked(1);
    scene.answer(
        1,
        reserved,
        vec![refused(0, ErrorCode::OFFSET_OUT_OF_RANGE)],
    );
    let survey = scene.survey();
    assert_eq!(survey.starts.len(), 1);
    assert_eq!(survey.starts[0].about, Start::Earliest);
    let (slot, token) = (survey.starts[0].slot, survey.starts[0].token);
    assert!(scene.survey().starts.is_empty(), "it is asked once");
    scene.board.started(slot, token, 70, Some(5));
    assert_eq!(
        (scene.delivered(0), scene.asked(1).0),
        (Some(70), vec![(0, 70)])
    );
}

#[test]
fn what_is_ready_comes_before_the_offset_behind_it_is_out_of_range() {
    let mut scene = Scene::new(terms(), 1);
    let (_, reserved) = scene.asked(1);
    scene.answer(1, reserved, vec![data(0, &[batch(0, 1)])]);
    let (_, reserved) = scene.asked(1);
    scene.answer(
        1,
        reserved,
        vec![refused(0, ErrorCode::OFFSET_OUT_OF_RANGE)],
    );
    assert!(scene.form(1).is_none());
    assert_eq!(scene.take(), Some((0, vec![0])));
    let (asked, reserved) = scene.asked(1);
    assert_eq!(asked, [(0, 1)]);
    scene.answer(
        1,
        reserved,
        vec![refused(0, ErrorCode::OFFSET_OUT_OF_RANGE)],
    );
    let ErrorKind::OffsetOutOfRange { offset: 1, .. } = scene.error() else {
        panic!("another error");
    };
}

/// Fault 27.
#[test]
fn a_preferred_replica_is_asked_instead_and_the_leader_again_when_it_cannot() {
    let mut scene = Scene::new(terms(), 1);
    let (request, reserved) = scene.form(1).unwrap();
    assert_eq!(request.rack_id, "here");
    scene.answer(
        1,
        reserved,
        vec![data(0, &[]).with_preferred_read_replica(2)],
    );
    assert!(
        scene.form(1).is_none(),
        "the leader has nothing to be asked for"
    );
    let (asked, reserved) = scene.asked(2);
    assert_eq!(asked, [(0, 0)]);
    scene.answer(
        2,
        reserved,
        vec![refused(0, ErrorCode::OFFSET_OUT_OF_RANGE)],
    );
    assert!(scene.form(2).is_none());
    let (request, reserved) = scene.form(1).unwrap();
    assert_eq!(request.topics[0].partitions[0].fetch_offset, 0);
    assert_eq!(request.rack_id, "", "it has to answer itself");
    scene.answer(1, reserved, vec![data(0, &[batch(0, 1)])]);
    assert_eq!(scene.take(), Some((0, vec![0])));
    assert_eq!(scene.board.wasted(), 0);
}

/// Fault 27.
#[test]
fn a_replica_that_nobody_knows_strands_no_partition() {
    let mut scene = Scene::new(terms(), 1);
    let (_, reserved) = scene.asked(1);
    scene.answer(
        1,
        reserved,
        vec![data(0, &[]).with_preferred_read_replica(77)],
    );
    scene.survey();
    let (request, reserved) = scene.form(1).unwrap();
    assert_eq!(request.rack_id, "");
    // The session still has it.
    assert!(request.topics.is_empty() && request.forgotten_topics_data.is_empty());
    scene.answer(1, reserved, vec![data(0, &[batch(0, 1)])]);
    assert_eq!(scene.take(), Some((0, vec![0])));
}

#[test]
fn a_truncated_log_is_read_on_where_it_diverges() {
    let reset = OffsetReset::Latest;
    let mut scene = Scene::new(Terms { reset, ..terms() }, 1);
    let (_, reserved) = scene.asked(1);
    scene.answer(1, reserved, vec![data(0, &[batch(0, 5), batch(5, 5)])]);
    assert_eq!(scene.take().unwrap().1, [0, 1, 2, 3, 4]);
    scene.leader = Leader::of(2, Some(6));
    let survey = scene.survey();
    assert_eq!(survey.checks[0].about, 5);
    assert!(scene.form(1).is_none());
    let check = &survey.checks[0];
    // What was fetched ahead is gone: whether what was handed out is there is asked next.
    scene.board.checked(check.slot, check.token, Some((5, 3)));
    assert_eq!(scene.take(), None);
    let survey = scene.survey();
    let check = &survey.checks[0];
    scene.board.checked(check.slot, check.token, Some((5, 3)));
    assert_eq!(scene.delivered(0), Some(3));
    assert_eq!(scene.asked(2).0, [(0, 3)]);
}

#[test]
fn a_truncated_log_is_an_error_without_a_policy() {
    let mut scene = Scene::new(terms(), 1);
    let (_, reserved) = scene.asked(1);
    scene.answer(1, reserved, vec![data(0, &[batch(0, 5)])]);
    scene.take().unwrap();
    scene.leader = Leader::of(2, Some(6));
    let check = scene.survey().checks[0].clone();
    scene.board.checked(check.slot, check.token, Some((5, 3)));
    let ErrorKind::LogTruncated {
        offset: 5,
        diverges_at: Some(3),
        ..
    } = scene.error()
    else {
        panic!("another error");
    };
}

/// Fault 26.
#[test]
fn an_answer_during_validation_is_not_read_twice() {
    let mut scene = Scene::new(terms(), 1);
    let (_, reserved) = scene.asked(1);
    scene.answer(1, reserved, vec![data(0, &[batch(0, 1)])]);
    let (_, reserved) = scene.asked(1);
    scene.leader = Leader::of(2, Some(6));
    let check = scene.survey().checks[0].clone();
    scene.answer(1, reserved, vec![data(0, &[batch(1, 1)])]);
    scene.board.checked(check.slot, check.token, Some((5, 2)));
    let (asked, reserved) = scene.asked(2);
    assert_eq!(asked, [(0, 1)]);
    scene.answer(2, reserved, vec![data(0, &[batch(1, 1)])]);
    assert_eq!(scene.take(), Some((0, vec![0])));
    assert_eq!(scene.take(), Some((0, vec![1])));
    assert_eq!(scene.take(), None);
}

#[test]
fn what_is_paused_is_neither_asked_for_nor_handed_out_and_makes_room_for_others() {
    let mut scene = Scene::new(terms(), 2);
    let (_, reserved) = scene.asked(1);
    let six: Vec<_> = (0..6).map(|offset| batch(offset, 1)).collect();
    scene.answer(1, reserved, vec![data(0, &six), data(1, &[batch(0, 1)])]);
    let slot = scene.board.find("orders", 0).unwrap();
    scene.board.pause(slot);
    assert_eq!(scene.take(), Some((1, vec![0])));
    assert_eq!(scene.take(), None);
    // What is ready of the paused one takes all room: it goes.
    assert!(scene.form(1).is_none());
    scene.survey();
    let (asked, reserved) = scene.asked(1);
    assert_eq!(asked, [(1, 1)]);
    scene.answer(1, reserved, vec![]);
    scene.board.resume(slot);
    assert_eq!(scene.asked(1).0, [(0, 0)]);
}

#[test]
fn what_is_resumed_is_handed_out_as_it_was_fetched() {
    let mut scene = Scene::new(terms(), 1);
    let (_, reserved) = scene.asked(1);
    scene.answer(1, reserved, vec![data(0, &[batch(0, 1)])]);
    let slot = scene.board.find("orders", 0).unwrap();
    scene.board.pause(slot);
    assert_eq!(scene.take(), None);
    scene.board.resume(slot);
    assert_eq!(scene.take(), Some((0, vec![0])));
    assert_eq!(scene.board.wasted(), 0);
}

#[test]
fn what_is_unassigned_is_forgotten_and_its_place_may_be_taken() {
    let mut scene = Scene::new(terms(), 2);
    let (_, reserved) = scene.asked(1);
    let both = vec![data(0, &[batch(0, 1)]), data(1, &[batch(0, 1)])];
    scene.answer(1, reserved, both);
    let slot = scene.board.find("orders", 0).unwrap();
    scene.board.unassign(slot);
    let (_, reserved) = scene.form(1).unwrap();
    scene.board.assign(&"others".into(), 4, Start::Offset(9));
    scene.survey();
    scene.answer(1, reserved, vec![data(0, &[batch(1, 1)])]);
    assert_eq!(scene.take(), Some((1, vec![0])));
    assert_eq!(scene.take(), None);
    assert_eq!(scene.asked(1).0, [(4, 9)]);
}

#[test]
fn a_refused_partition_is_told_and_those_beside_it_go_on() {
    let mut scene = Scene::new(terms(), 2);
    let (_, reserved) = scene.asked(1);
    let code = ErrorCode::TOPIC_AUTHORIZATION_FAILED;
    scene.answer(1, reserved, vec![refused(0, code), data(1, &[batch(0, 1)])]);
    let ErrorKind::Partition {
        partition: 0,
        code: told,
        ..
    } = scene.error()
    else {
        panic!("another error");
    };
    assert_eq!(told, code);
    assert_eq!(scene.take(), Some((1, vec![0])));
}

#[test]
fn a_lost_connection_costs_a_full_fetch_and_nothing_else() {
    let mut scene = Scene::new(terms(), 2);
    let (_, reserved) = scene.asked(1);
    scene.answer(1, reserved, vec![data(0, &[batch(0, 1)])]);
    let (request, reserved) = scene.form(1).unwrap();
    assert_eq!((request.session_id, request.session_epoch), (3, 1));
    let error = Error::new(ErrorKind::DeadlineExceeded);
    let stale = scene
        .board
        .unanswered(1, reserved, &error, false, scene.now);
    assert_eq!(*stale, ["orders".into()]);
    let (request, reserved) = scene.form(1).unwrap();
    assert_eq!((request.session_id, request.session_epoch), (3, 0));
    assert_eq!(request.topics[0].partitions.len(), 2);
    scene.answer(1, reserved, vec![data(0, &[batch(1, 1)])]);
    assert_eq!(scene.take(), Some((0, vec![0])));
    assert_eq!(scene.take(), Some((0, vec![1])));
    assert_eq!(scene.board.wasted(), 0);
}

#[test]
fn a_broker_that_has_nothing_to_send_does_not_take_the_room_of_others() {
    let mut scene = Scene::new(terms(), 8);
    let slot = scene.board.find("orders", 7).unwrap();
    let (_, reserved) = scene.form(1).unwrap();
    // One partition is read elsewhere from now on.
    scene.answer(
        1,
        reserved,
        vec![data(7, &[]).with_preferred_read_replica(2)],
    );
    assert_eq!(scene.board.assigned(slot).unwrap().broker, Some(2));
    let (_, first) = scene.form(1).unwrap();
    assert!(scene.form(2).is_none(), "the first was asked for all");
    scene.board.take_signals();
    scene.answer(1, first, vec![]);
    assert_eq!(scene.board.take_signals().unwrap().lines, [2]);
    let (_, first) = scene.form(1).unwrap();
    let (_, second) = scene.form(2).unwrap();
    assert!(first + second <= 8 * BATCH);
}

/// Leaders of brokers that know no epochs.
#[test]
fn an_answer_of_the_old_leader_is_not_read_twice() {
    let mut scene = Scene::new(terms(), 1);
    scene.leader = Leader::of(1, None);
    scene.survey();
    let (_, old) = scene.asked(1);
    scene.leader = Leader::of(2, None);
    scene.survey();
    let (_, new) = scene.asked(2);
    scene.answer(2, new, vec![data(0, &[batch(0, 1)])]);
    scene.answer(1, old, vec![data(0, &[batch(0, 1)])]);
    assert_eq!(scene.take(), Some((0, vec![0])));
    assert_eq!(scene.take(), None);
}

#[test]
fn of_many_partitions_no_more_is_asked_for_at_once_than_a_cache_holds() {
    let terms = Terms {
        prefetch: 64 << 20,
        max_partition_bytes: 1 << 20,
        may_grow: true,
        ..terms()
    };
    let mut scene = Scene::new(terms.clone(), 12);
    assert_eq!(scene.form(1).unwrap().0.max_bytes, 4 << 20);
    let may_grow = false;
    let mut scene = Scene::new(Terms { may_grow, ..terms }, 12);
    assert_eq!(scene.form(1).unwrap().0.max_bytes, 12 << 20);
}

#[test]
fn of_a_broker_far_away_no_more_is_asked_for_at_once_than_half_of_what_is_fetched_ahead() {
    let terms = Terms {
        prefetch: 64 << 20,
        max_partition_bytes: 1 << 20,
        may_grow: true,
        ..terms()
    };
    // Before version 3 nothing but the parts of all partitions bounds an answer.
    for (version, partitions, of_one) in [
        (17, 1, 32 << 20),
        (17, 12, 8 << 20),
        (2, 12, (32 << 20) / 12),
    ] {
        let mut scene = Scene::new(terms.clone(), partitions);
        scene.version = version;
        let (mut largest, mut largest_of_one, mut offset) = (0, 0, 0);
        for _ in 0..10 {
            let (request, reserved) = scene.form(1).unwrap();
            largest = largest.max(request.max_bytes);
            let asked = request.topics.iter().flat_map(|topic| &topic.partitions);
            let asked = asked.map(|partition| partition.partition_max_bytes);
            largest_of_one = asked.max().unwrap_or_default().max(largest_of_one);
            scene.now += Duration::from_millis(50);
            let batches = (0..).map(|batch| batch_of(offset + batch, 1, 64 << 10));
            let batches: Vec<_> = batches.take(reserved / (66 << 10)).collect();
            offset += i64::try_from(batches.len()).unwrap();
            scene.answer(1, reserved, vec![data(0, &batches)]);
            while scene.take().is_some() {}
        }
        assert!(largest <= 32 << 20 && largest > (32 << 20) - partitions);
        // So many whole batches.
        assert!(largest_of_one <= of_one && largest_of_one > of_one - (66 << 10));
    }
}
