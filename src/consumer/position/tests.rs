use std::time::Duration;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn leader(id: i32, epoch: i32) -> Leader {
    Leader::of(id, Some(epoch))
}

fn at(offset: i64) -> (Position, Instant) {
    let mut position = Position::new(Start::Offset(offset), 1);
    position.led_by(Some(leader(1, 5)));
    (position, Instant::now())
}

#[test]
fn a_position_is_found_out_and_then_read() {
    let mut position = Position::new(Start::Earliest, 1);
    position.led_by(Some(leader(1, 5)));
    assert_eq!(position.source(), None);
    let token = position.token();
    assert!(position.started(token, 40, Some(4)));
    assert_eq!((position.offset(), position.source()), (40, Some(1)));
    // Its epoch is older, but it is the leader that told.
    assert_eq!(position.phase(), Phase::Fetching);
}

/// Fault 26.
#[test]
fn a_seek_beats_what_was_asked_before() {
    let mut position = Position::new(Start::Earliest, 1);
    position.led_by(Some(leader(1, 5)));
    let token = position.token();
    position.seek(Start::Offset(7));
    assert!(!position.started(token, 40, None));
    assert_eq!(position.offset(), 7);
    let token = position.token();
    position.seek(Start::Latest);
    assert_ne!(position.token(), token);
    assert_eq!(position.phase(), Phase::Starting(Start::Latest));
}

#[test]
fn tokens_of_different_partitions_differ() {
    let one = Position::new(Start::Offset(0), 1);
    let other = Position::new(Start::Offset(0), 2);
    assert_ne!(one.token(), other.token());
}

#[test]
fn a_leader_of_a_newer_epoch_is_asked_whether_it_has_the_log() {
    let (mut position, _) = at(0);
    position.fetched(100, Some(5));
    let token = position.token();
    position.led_by(Some(leader(2, 6)));
    assert_eq!(
        (position.phase(), position.source()),
        (Phase::Validating, None)
    );
    // What was asked of the old one no longer counts: it is not delivered twice.
    assert_ne!(position.token(), token);
    let token = position.token();
    assert_eq!(position.ends(token, Some((5, 100))), Validity::Valid);
    assert_eq!((position.offset(), position.source()), (100, Some(2)));
    position.led_by(Some(leader(2, 6)));
    assert_eq!(position.phase(), Phase::Fetching);
}

#[test]
fn a_log_that_ends_earlier_was_truncated() {
    let (mut position, _) = at(0);
    position.fetched(100, Some(5));
    position.led_by(Some(leader(2, 6)));
    let token = position.token();
    assert_eq!(position.ends(token - 1, Some((5, 100))), Validity::Late);
    assert_eq!(
        position.ends(token, Some((5, 90))),
        Validity::Diverges(Some(90))
    );
    assert_eq!(position.ends(token, None), Validity::Diverges(None));
}

#[test]
fn without_a_known_epoch_nothing_is_validated() {
    let (mut position, _) = at(10);
    position.led_by(Some(leader(2, 6)));
    assert_eq!(position.source(), Some(2));
    // From then on it is known.
    position.fetched(20, Some(6));
    position.led_by(Some(leader(1, 7)));
    assert_eq!(position.phase(), Phase::Validating);
}

#[test]
fn a_position_of_an_older_epoch_is_validated_where_it_was_given() {
    let (mut position, _) = at(0);
    position.seek_to(30, Some(4));
    assert_eq!(position.phase(), Phase::Validating);
    position.seek_to(30, Some(5));
    assert_eq!(position.phase(), Phase::Fetching);
}

#[test]
fn a_leader_that_cannot_validate_is_believed() {
    let (mut position, _) = at(0);
    position.fetched(100, Some(5));
    position.led_by(Some(leader(2, 6)));
    position.cannot_be_validated(position.token());
    assert_eq!(position.source(), Some(2));
}

/// Fault 27.
#[test]
fn a_preferred_replica_is_asked_until_its_time_is_over() {
    let (mut position, now) = at(0);
    assert!(position.prefers(3, now + SECOND));
    assert!(!position.prefers(3, now + SECOND));
    assert_eq!(position.source(), Some(3));
    assert_eq!(position.wakes_at(), Some(now + SECOND));
    position.look_at_clock(now + SECOND);
    assert_eq!(position.source(), Some(1));
}

/// Fault 27.
#[test]
fn an_offset_out_of_range_of_a_replica_is_asked_of_the_leader() {
    let (mut position, now) = at(0);
    position.prefers(3, now + 9 * SECOND);
    let code = ErrorCode::OFFSET_OUT_OF_RANGE;
    assert_eq!(position.refused(code, 3, now + SECOND), Refused::Leader);
    assert_eq!(position.source(), Some(1));
    // It is not sent back and forth: the leader has to answer itself for a while.
    assert!(position.shuns_replicas());
    assert!(!position.prefers(3, now + 9 * SECOND));
    assert_eq!(position.refused(code, 1, now + SECOND), Refused::OutOfRange);
    position.look_at_clock(now + SECOND);
    assert!(position.prefers(3, now + 9 * SECOND));
}

#[test]
fn a_new_leader_is_asked_itself() {
    let (mut position, now) = at(0);
    position.prefers(3, now + SECOND);
    position.led_by(Some(leader(2, 6)));
    assert_eq!(position.source(), Some(2));
    // And it may send to replicas that could not be asked for the old one.
    position.shun_replicas(now + SECOND);
    position.led_by(Some(leader(2, 7)));
    assert!(position.prefers(3, now + SECOND));
}

#[test]
fn what_may_pass_is_asked_again_after_a_wait_or_of_a_new_leader() {
    let (mut position, now) = at(0);
    let code = ErrorCode::NOT_LEADER_OR_FOLLOWER;
    let refused = position.refused(code, 1, now + SECOND);
    assert_eq!(refused, Refused::Again { is_stale: true });
    position.delay(now + SECOND);
    assert_eq!((position.source(), position.failures()), (None, 1));
    position.look_at_clock(now + SECOND / 2);
    assert_eq!(position.source(), None);
    position.led_by(Some(leader(2, 6)));
    assert_eq!(position.source(), Some(2));
    position.delay(now + SECOND);
    position.look_at_clock(now + SECOND);
    assert_eq!((position.source(), position.failures()), (Some(2), 2));
    position.fetched(1, None);
    assert_eq!(position.failures(), 0);
}

#[test]
fn what_will_not_pass_is_final() {
    let (mut position, now) = at(0);
    for code in [
        ErrorCode::TOPIC_AUTHORIZATION_FAILED,
        ErrorCode::CORRUPT_MESSAGE,
    ] {
        assert_eq!(position.refused(code, 1, now), Refused::Final);
    }
    let code = ErrorCode::UNKNOWN_SERVER_ERROR;
    assert_eq!(
        position.refused(code, 1, now),
        Refused::Again { is_stale: false }
    );
    position.stop();
    assert_eq!(position.source(), None);
    position.seek(Start::Offset(1));
    assert_eq!(position.source(), Some(1));
}
