use bytes::Bytes;
use milena_wire::compression::Compressor;
use milena_wire::records::Batches;

use super::*;
use crate::error::ErrorKind;

const IDENTITY: Option<Identity> = Some(Identity { id: 7, epoch: 0 });

fn terms() -> Terms {
    Terms {
        batch_size: 4096,
        max_record_size: 1 << 20,
        linger: Duration::ZERO,
        delivery_timeout: Duration::from_secs(120),
        max_in_flight: 3,
        compression: Compression::None,
        is_idempotent: true.into(),
        shares_time: true,
        clock: Clock::default(),
        recorder: None,
        memory: Arc::new(Memory::new(1 << 20, None)),
        buffers: Buffers::new(1 << 20),
    }
}

/// A queue, and what a sender does with it.
struct World {
    terms: Terms,
    queue: Queue,
    identity: Option<Identity>,
    compressor: Compressor,
}

impl World {
    fn new() -> Self {
        Self {
            terms: terms(),
            queue: Queue::default(),
            identity: IDENTITY,
            compressor: Compressor::new(),
        }
    }

    /// As after a batch was written, so that several may be under way.
    fn known() -> Self {
        let mut world = Self::new();
        world.queue.identity = IDENTITY;
        world.queue.is_sure = true;
        world
    }

    /// Appends so many records, each named by its number among them.
    fn append(&mut self, values: std::ops::Range<u32>) -> Vec<Delivery> {
        let mut appended = Vec::new();
        for value in values {
            let value = value.to_string();
            let record = Record::to("topic").value(&value);
            let result = self.queue.append(&record, &self.terms, false);
            appended.push(result.unwrap());
        }
        appended
    }

    /// The next batch, as it goes over the wire.
    fn send(&mut self) -> Option<Sealed> {
        Some(match self.queue.next(&self.terms, self.identity)? {
            Next::Again(sealed) => sealed,
            Next::New(numbered) => numbered
                .seal(&mut self.compressor, &self.terms.buffers)
                .unwrap(),
        })
    }

    /// A batch of one record of this value, under way.
    fn one(&mut self, value: u32) -> Sealed {
        self.append(value..value + 1);
        self.send().unwrap()
    }

    fn written(&mut self, sealed: &Sealed) {
        let outcome = Outcome::Written {
            partition: 0,
            base_offset: Some(0),
            append_time: None,
        };
        self.queue.written(sealed, outcome);
    }
}

fn error() -> Error {
    Error::new(ErrorKind::DeadlineExceeded)
}

/// Epoch and first sequence number, as they are in the bytes; and the values.
fn read(sealed: &Sealed) -> (i16, i32, Vec<u32>) {
    let batch = Batches::new(sealed.bytes.clone()).next().unwrap().unwrap();
    let producer = Producer {
        id: batch.producer_id(),
        epoch: batch.producer_epoch(),
        base_sequence: batch.base_sequence(),
    };
    assert_eq!(producer, sealed.producer);
    let mut decompressor = milena_wire::compression::Decompressor::new();
    let records = batch.records(&mut decompressor).unwrap().check().unwrap();
    let values = records.into_iter().map(|record| {
        let value = std::str::from_utf8(record.value.unwrap()).unwrap();
        value.parse().unwrap()
    });
    (producer.epoch, producer.base_sequence, values.collect())
}

#[test]
fn batches_are_numbered_in_their_order_and_no_more_are_under_way_than_may_be() {
    let mut world = World::known();
    let (one, two, three) = (world.one(0), world.one(1), world.one(2));
    assert_eq!(read(&one), (0, 0, vec![0]));
    assert_eq!(read(&two), (0, 1, vec![1]));
    assert_eq!(read(&three), (0, 2, vec![2]));
    // Records gather in one batch meanwhile.
    world.append(3..6);
    assert!(world.send().is_none());
    assert_eq!(world.queue.news(&world.terms), None);
    world.written(&one);
    assert_eq!(world.queue.news(&world.terms), Some(News::Ready));
    assert_eq!(read(&world.send().unwrap()), (0, 3, vec![3, 4, 5]));
}

#[test]
fn without_an_identity_nothing_is_sent() {
    let mut world = World::new();
    world.identity = None;
    world.append(0..1);
    assert!(world.send().is_none());
    world.identity = IDENTITY;
    assert_eq!(read(&world.send().unwrap()), (0, 0, vec![0]));
}

#[test]
fn the_first_batch_of_all_goes_alone() {
    let mut world = World::new();
    let one = world.one(0);
    world.append(1..2);
    // The broker would take this one though the first came back.
    assert!(world.send().is_none());
    assert_eq!(world.queue.news(&world.terms), None);
    world.queue.again(one, error);
    let one = world.send().unwrap();
    assert_eq!(read(&one), (0, 0, vec![0]));
    assert!(world.send().is_none());
    world.written(&one);
    assert_eq!(read(&world.send().unwrap()), (0, 1, vec![1]));
    assert_eq!(read(&world.one(2)), (0, 2, vec![2]));
}

#[test]
fn past_the_largest_epoch_another_id_is_needed() {
    let mut world = World::known();
    let epoch = i16::MAX;
    world.queue.identity = Some(Identity { id: 7, epoch });
    let one = world.one(0);
    assert_eq!(read(&one), (epoch, 0, vec![0]));
    assert!(world.queue.out_of_order(one, error));
    assert!(world.queue.needs_identity(&world.terms));
    world.identity = None;
    assert!(world.send().is_none());
    world.identity = Some(Identity { id: 8, epoch: 0 });
    let one = world.send().unwrap();
    assert_eq!((one.producer.id, read(&one)), (8, (0, 0, vec![0])));
}

#[test]
fn what_comes_back_is_sent_again_before_all_else_and_in_its_order() {
    let mut world = World::known();
    let (one, two, three) = (world.one(0), world.one(1), world.one(2));
    world.append(3..4);
    world.queue.again(one, error);
    // The second and the third have come to nothing for it.
    assert!(!world.queue.out_of_order(two, error));
    assert!(!world.queue.out_of_order(three, error));
    // The first goes alone.
    let first = world.send().unwrap();
    assert_eq!(read(&first), (0, 0, vec![0]));
    assert!(world.send().is_none());
    world.written(&first);
    let sent = [0, 1, 2].map(|_| read(&world.send().unwrap()));
    assert_eq!(sent, [(0, 1, vec![1]), (0, 2, vec![2]), (0, 3, vec![3])]);
}

#[test]
fn when_the_first_is_out_of_order_all_get_new_numbers_when_all_are_back() {
    let mut world = World::known();
    let (one, two, three) = (world.one(0), world.one(1), world.one(2));
    world.append(3..4);
    assert!(world.queue.out_of_order(one, error));
    // Those under way have the old numbers; what would be sent now would overtake them.
    assert!(world.send().is_none());
    assert_eq!(world.queue.news(&world.terms), None);
    assert!(!world.queue.out_of_order(two, error));
    assert!(world.send().is_none());
    assert!(!world.queue.out_of_order(three, error));
    let first = world.send().unwrap();
    assert_eq!(read(&first), (1, 0, vec![0]));
    assert!(world.send().is_none());
    world.written(&first);
    let sent = [1, 2, 3].map(|_| read(&world.send().unwrap()));
    assert_eq!(sent, [(1, 1, vec![1]), (1, 2, vec![2]), (1, 3, vec![3])]);
}

#[test]
fn numbers_of_what_surely_is_not_in_the_log_are_given_again() {
    let mut world = World::known();
    let one = world.one(0);
    let two = world.one(1);
    world.written(&one);
    world.queue.failed(&two, error());
    assert!(matches!(
        two.batch.fate.outcome(),
        Some(Outcome::Failed(error)) if !error.may_have_been_sent()
    ));
    assert_eq!(read(&world.one(2)), (0, 1, vec![2]));
}

#[test]
fn numbers_of_what_may_be_in_the_log_are_not_given_again() {
    let mut world = World::known();
    let mut one = world.one(0);
    one.may_be_written = true;
    world.queue.failed(&one, error());
    assert!(matches!(
        one.batch.fate.outcome(),
        Some(Outcome::Failed(error)) if error.may_have_been_sent()
    ));
    // Nobody knows whether the broker expects the next number, so they begin anew.
    assert_eq!(read(&world.one(1)), (1, 0, vec![1]));
}

#[test]
fn what_has_numbers_behind_one_that_may_be_in_the_log_is_settled_before_they_begin_anew() {
    let mut world = World::known();
    let (mut one, two) = (world.one(0), world.one(1));
    one.may_be_written = true;
    world.append(2..3);
    world.queue.failed(&one, error());
    assert_eq!(world.queue.news(&world.terms), None);
    assert!(world.send().is_none());
    // It comes back, and goes again as it was.
    world.queue.again(two, error);
    assert_eq!(world.queue.news(&world.terms), Some(News::Ready));
    let two = world.send().unwrap();
    assert_eq!(read(&two), (0, 1, vec![1]));
    assert!(world.send().is_none());
    world.written(&two);
    assert_eq!(world.queue.news(&world.terms), Some(News::Ready));
    assert_eq!(read(&world.send().unwrap()), (1, 0, vec![2]));
}

#[test]
fn who_is_disowned_waits_for_another_id() {
    let mut world = World::known();
    let (one, two) = (world.one(0), world.one(1));
    world.queue.disowned(one, error);
    assert!(world.queue.needs_identity(&world.terms));
    assert!(world.send().is_none());
    world.queue.disowned(two, error);
    world.identity = None;
    assert!(world.send().is_none());
    world.identity = Some(Identity { id: 8, epoch: 0 });
    let one = world.send().unwrap();
    assert_eq!(one.producer.id, 8);
    assert_eq!(read(&one), (0, 0, vec![0]));
    world.written(&one);
    assert_eq!(read(&world.send().unwrap()), (0, 1, vec![1]));
}

#[test]
fn halves_of_a_batch_have_its_numbers_and_its_place() {
    let mut world = World::known();
    world.append(0..5);
    let one = world.send().unwrap();
    let two = world.one(5);
    let halves = crate::producer::split::split(&one, Compression::None, &world.terms.memory);
    world.queue.split(&one, halves.unwrap().unwrap());
    assert!(!world.queue.out_of_order(two, error));
    let first = world.send().unwrap();
    assert_eq!(read(&first), (0, 0, vec![0, 1]));
    world.written(&first);
    let sent = [0, 1].map(|_| read(&world.send().unwrap()));
    assert_eq!(sent, [(0, 2, vec![2, 3, 4]), (0, 5, vec![5])]);
    assert!(matches!(
        one.batch.fate.outcome(),
        Some(Outcome::Split { at: 2, .. })
    ));
}

#[test]
fn time_runs_out_for_what_waits_and_for_what_is_under_way() {
    let mut world = World::known();
    let one = world.one(0);
    let two = world.one(1);
    world.append(2..3);
    world.queue.again(two, error);
    let fates: Vec<_> = world.queue.fates().collect();
    assert!(!world.queue.expire(now(), error));
    assert!(fates.iter().all(|fate| fate.outcome().is_none()));
    // What was to be sent again is not any more.
    let later = now() + Duration::from_secs(121);
    assert!(world.queue.expire(later, error));
    assert!(!world.queue.expire(later, error));
    let may_be_written: Vec<_> = fates
        .iter()
        .map(|fate| match fate.outcome() {
            Some(Outcome::Failed(error)) => error.may_have_been_sent(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(may_be_written, [true, false, false]);
    // Its answer comes late, and the numbers go on.
    world.written(&one);
    assert!(world.queue.is_empty());
    assert_eq!(read(&world.one(3)), (0, 1, vec![3]));
}

#[test]
fn memory_is_given_back_with_the_last_of_a_batch() {
    let mut world = World::known();
    let one = world.one(0);
    world.append(1..2);
    assert!(world.terms.memory.used() > 0);
    world.written(&one);
    drop(one);
    let two = world.send().unwrap();
    world.queue.failed(&two, error());
    drop(two);
    assert_eq!(world.terms.memory.used(), 0);
}

#[test]
fn a_full_buffer_takes_no_more_and_sends_what_it_has() {
    let mut world = World::known();
    world.terms.memory = Arc::new(Memory::new(8192, None));
    let value = vec![0; 1000];
    let record = Record::to("topic").value(&value);
    let mut count = 0;
    loop {
        match world.queue.append(&record, &world.terms, false) {
            Ok(_) => count += 1,
            Err(refusal) => {
                assert!(matches!(refusal, Refusal::Full));
                break;
            }
        }
    }
    assert!((6..8).contains(&count), "{count}");
    let mut sent = 0;
    while let Some(sealed) = world.send() {
        sent += usize::try_from(sealed.batch.count).unwrap();
        world.written(&sealed);
    }
    assert_eq!(sent, count);
    assert!(world.queue.append(&record, &world.terms, false).is_ok());
}

#[test]
fn a_batch_for_which_there_is_no_memory_may_be_sent_and_grows_on_until_it_is() {
    let mut world = World::known();
    world.terms.batch_size = 64 << 10;
    world.terms.memory = Arc::new(Memory::new(40_000, None));
    let value = vec![0; 1000];
    let record = Record::to("topic").value(&value);
    let fill = |world: &mut World| {
        let append = |_: &u32| world.queue.append(&record, &world.terms, false).is_ok();
        (0..100).take_while(append).count()
    };
    let first = fill(&mut world);
    let sent = world.send().unwrap();
    // It takes what the first one gives back.
    let second = fill(&mut world);
    world.written(&sent);
    drop(sent);
    let third = fill(&mut world);
    assert!(first > 0 && third > 0, "{first}, {second}, {third}");
    let sent = world.send().unwrap();
    assert_eq!(sent.batch.count as usize, second + third);
}

#[test]
fn a_record_that_no_batch_can_take_is_refused() {
    let mut world = World::known();
    let value = Bytes::from(vec![0; (1 << 20) + 1]);
    let record = Record::to("topic").value(&value);
    let result = world.queue.append(&record, &world.terms, false);
    assert!(matches!(
        result,
        Err(Refusal::Invalid(RecordError::RecordTooLarge { .. }))
    ));
    assert_eq!(world.terms.memory.used(), 0);
    // One that is larger than a batch has its own.
    let value = vec![0; 10_000];
    let record = Record::to("topic").value(&value);
    let result = world.queue.append(&record, &world.terms, false);
    assert_eq!(result.unwrap().index, 0);
}

#[test]
fn sequence_numbers_begin_again_after_the_largest() {
    assert_eq!(sequence_after(0, 5), 5);
    assert_eq!(sequence_after(i32::MAX, 1), 0);
    assert_eq!(sequence_after(i32::MAX - 1, 5), 3);
}
