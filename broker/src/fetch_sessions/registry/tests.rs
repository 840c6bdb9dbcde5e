use std::time::Duration;

use bytes::Bytes;
use milena_wire::messages::fetch::{FetchPartition, ForgottenTopic, PartitionData};
use uuid::Uuid;

use super::*;

const OLD: i16 = 12;
const NEW: i16 = 13;

/// These partitions of topic 1, from these offsets on.
fn topic(version: i16, partitions: &[(i32, i64)]) -> FetchTopic {
    let mut topic = FetchTopic::default();
    if version >= NEW {
        topic.topic_id = Uuid::from_u128(1);
    } else {
        topic.topic = "t".into();
    }
    for (number, offset) in partitions {
        let mut partition = FetchPartition::default();
        partition.partition = *number;
        partition.fetch_offset = *offset;
        topic.partitions.push(partition);
    }
    topic
}

fn request(id: i32, epoch: i32, topics: Vec<FetchTopic>) -> FetchRequest {
    let mut request = FetchRequest::default();
    (request.session_id, request.session_epoch) = (id, epoch);
    request.topics = topics;
    request
}

/// High watermark and records of these partitions.
fn answer(version: i16, partitions: &[(i32, i64, &'static [u8])]) -> Vec<FetchableTopicResponse> {
    let asked = topic(version, &[]);
    let mut topic = FetchableTopicResponse::default();
    (topic.topic, topic.topic_id) = (asked.topic, asked.topic_id);
    for (number, high_watermark, records) in partitions {
        let mut partition = PartitionData::default();
        partition.partition_index = *number;
        partition.high_watermark = *high_watermark;
        partition.log_start_offset = 0;
        partition.records = Some(Bytes::from_static(records));
        topic.partitions.push(partition);
    }
    vec![topic]
}

fn told(answered: Option<Vec<FetchableTopicResponse>>) -> Option<Vec<i32>> {
    let topics = answered?.into_iter();
    let partitions = topics.flat_map(|topic| topic.partitions);
    Some(partitions.map(|one| one.partition_index).collect())
}

/// A session of partitions 0 to 2, empty and all alike.
fn created(sessions: &FetchSessions, version: i16, now: Instant) -> i32 {
    let asked = [topic(version, &[(0, 0), (1, 0), (2, 0)])];
    let answered = answer(version, &[(0, 0, b""), (1, 0, b""), (2, 0, b"")]);
    sessions.create(1, version, &asked, &answered, now)
}

fn incremental(opened: Result<Opened, ErrorCode>) -> (Arc<Mutex<Session>>, i32) {
    match opened {
        Ok(Opened::Incremental { session, epoch }) => (session, epoch),
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_what_is_new_is_told() {
    for version in [OLD, NEW] {
        let (sessions, now) = (FetchSessions::new(10), Instant::now());
        let id = created(&sessions, version, now);
        let rows: [(&[(i32, i64, &'static [u8])], &[i32]); 5] = [
            (&[(0, 0, b""), (1, 0, b""), (2, 0, b"")], &[]),
            (&[(0, 5, b"x"), (1, 1, b""), (2, 0, b"")], &[0, 1]),
            // Records are told again if they come again; what has none is known.
            (&[(1, 1, b""), (2, 0, b""), (0, 5, b"x")], &[0]),
            (&[(1, 1, b""), (2, 0, b""), (0, 5, b"")], &[]),
            (&[(1, 1, b""), (2, 7, b""), (0, 5, b"")], &[2]),
        ];
        for (epoch, (answered, expected)) in (1..).zip(rows) {
            let opened = sessions.open(1, &request(id, epoch, vec![]), version, now);
            let (session, epoch) = incremental(opened);
            let answered = session
                .lock()
                .unwrap()
                .answer(epoch, answer(version, answered));
            assert_eq!(told(answered).unwrap(), expected, "{version} {epoch}");
        }
        // Who had records stands behind the others.
        let order: Vec<_> = sessions.topics(1, id)[0]
            .partitions
            .iter()
            .map(|partition| partition.partition)
            .collect();
        assert_eq!(order, [1, 2, 0]);
    }
}

#[test]
fn what_comes_after_an_error_is_told() {
    let (sessions, now) = (FetchSessions::new(10), Instant::now());
    let id = created(&sessions, NEW, now);
    for (epoch, code, expected) in [
        (1, 6, vec![0]),
        (2, 6, vec![0]),
        (3, 0, vec![0]),
        (4, 0, vec![]),
    ] {
        let (session, epoch) = incremental(sessions.open(1, &request(id, epoch, vec![]), NEW, now));
        let mut answered = answer(NEW, &[(0, 0, b"")]);
        answered[0].partitions[0].error_code = ErrorCode(code);
        let answered = session.lock().unwrap().answer(epoch, answered);
        assert_eq!(told(answered), Some(expected));
    }
    let (session, epoch) = incremental(sessions.open(1, &request(id, 5, vec![]), NEW, now));
    let mut answered = answer(NEW, &[(0, 0, b""), (1, 0, b""), (2, 0, b"")]);
    answered[0].partitions[0].diverging_epoch.epoch = 0;
    answered[0].partitions[1].preferred_read_replica = 2;
    answered[0].partitions[2].log_start_offset = 1;
    let answered = session.lock().unwrap().answer(epoch, answered);
    assert_eq!(told(answered), Some(vec![0, 1, 2]));
}

#[test]
fn partitions_come_change_and_are_forgotten() {
    for version in [OLD, NEW] {
        let (sessions, now) = (FetchSessions::new(10), Instant::now());
        let id = created(&sessions, version, now);
        let mut next = request(id, 1, vec![topic(version, &[(1, 9), (5, 3)])]);
        let mut forgotten = ForgottenTopic::default();
        let named = topic(version, &[]);
        (forgotten.topic, forgotten.topic_id) = (named.topic, named.topic_id);
        forgotten.partitions = [0, 9][..].into();
        next.forgotten_topics_data = vec![forgotten.clone()];
        incremental(sessions.open(1, &next, version, now));
        let left = sessions.topics(1, id)[0].partitions.clone();
        let left: Vec<_> = left
            .iter()
            .map(|it| (it.partition, it.fetch_offset))
            .collect();
        assert_eq!(left, [(1, 9), (2, 0), (5, 3)]);
        // Nothing is left: there is no session any more.
        forgotten.partitions = [1, 2, 5][..].into();
        let mut last = request(id, 2, vec![]);
        last.forgotten_topics_data = vec![forgotten];
        let opened = sessions.open(1, &last, version, now);
        assert!(matches!(opened, Ok(Opened::Sessionless)), "{opened:?}");
        assert_eq!(sessions.count(1), 0);
    }
}

#[test]
fn errors_leave_the_session_alone() {
    let (sessions, now) = (FetchSessions::new(10), Instant::now());
    let id = created(&sessions, NEW, now);
    for (node, session, epoch, version, code) in [
        (1, id + 1, 1, NEW, ErrorCode::FETCH_SESSION_ID_NOT_FOUND),
        (2, id, 1, NEW, ErrorCode::FETCH_SESSION_ID_NOT_FOUND),
        (1, id, 2, NEW, ErrorCode::INVALID_FETCH_SESSION_EPOCH),
        (1, id, 1, OLD, ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR),
    ] {
        let opened = sessions.open(node, &request(session, epoch, vec![]), version, now);
        assert_eq!(opened.err(), Some(code));
    }
    let (session, epoch) = incremental(sessions.open(1, &request(id, 1, vec![]), NEW, now));
    // A second request with the same session overtakes the first.
    incremental(sessions.open(1, &request(id, 2, vec![]), NEW, now));
    let answered = session.lock().unwrap().answer(epoch, answer(NEW, &[]));
    assert_eq!(told(answered), None);
    // A session that is named by who wants another, or none, is closed.
    let opened = sessions.open(1, &request(id, 0, vec![]), NEW, now);
    assert!(matches!(opened, Ok(Opened::Full)));
    assert_eq!(sessions.count(1), 0);
    let other = created(&sessions, NEW, now);
    assert!(other > id);
    let opened = sessions.open(1, &request(other, -1, vec![]), NEW, now);
    assert!(matches!(opened, Ok(Opened::Sessionless)));
    assert_eq!((sessions.count(1), sessions.expire(1)), (0, 0));
}

#[test]
fn slots_are_taken_from_the_stale_and_the_small() {
    let (sessions, start) = (FetchSessions::new(2), Instant::now());
    let after = |seconds| start + Duration::from_secs(seconds);
    let one = |now| {
        let asked = [topic(NEW, &[(0, 0)])];
        sessions.create(1, NEW, &asked, &answer(NEW, &[(0, 0, b"")]), now)
    };
    let small = one(start);
    let large = created(&sessions, NEW, start);
    assert!(small != 0 && large != 0);
    assert_eq!(created(&sessions, NEW, after(120)), 0);
    for (id, seconds) in [(small, 100), (large, 101)] {
        incremental(sessions.open(1, &request(id, 1, vec![]), NEW, after(seconds)));
    }
    // Both are old enough and none is stale: only who is larger than the smallest gets in.
    assert_eq!(one(after(121)), 0);
    let second = created(&sessions, NEW, after(121));
    assert_ne!(second, 0);
    assert!(sessions.topics(1, small).is_empty());
    // The last use of the large one is long past, that of the other is not.
    assert_eq!(one(after(221)), 0);
    assert_ne!(one(after(222)), 0);
    assert!(sessions.topics(1, large).is_empty());
    assert_eq!((sessions.count(1), sessions.count(2)), (2, 0));
    assert_eq!(sessions.expire(1), 2);
    assert_eq!(FetchSessions::new(0).create(1, NEW, &[], &[], start), 0);
}
