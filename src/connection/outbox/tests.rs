use std::time::Duration;

use milena_wire::api_key::ApiKey;
use milena_wire::encode_request;
use milena_wire::messages::metadata::{MetadataRequest, MetadataRequestTopic};

use super::*;
use crate::connection::run::Answer;

const SECOND: Duration = Duration::from_secs(1);

fn frame(topic_bytes: usize) -> Frame {
    let mut request = MetadataRequest::default();
    let name = "t".repeat(topic_bytes);
    request.topics = Some(vec![MetadataRequestTopic::default().with_name(name)]);
    encode_request(Vec::new(), &request, 1, 0, None).unwrap()
}

fn queued(deadline: Instant) -> Queued {
    Queued {
        waiter: Waiter::new(deadline, Waker::noop()),
        patience: 40 * SECOND,
        answer: Answer::Matching,
        api: ApiKey::METADATA,
        began: Instant::now(),
    }
}

/// With room for three requests, its timer far away.
fn outbox() -> (Outbox, Queued, Instant) {
    let now = Instant::now();
    let outbox = Outbox::new(3, 1 << 20, now + 1000 * SECOND);
    (outbox, queued(now + 1000 * SECOND), now)
}

fn joined(outbox: &mut Outbox, request: &Queued, size: usize) -> bool {
    matches!(outbox.join(frame(size), request, None), Join::Joined { .. })
}

fn wakes_the_driver(join: &Join) -> bool {
    let Join::Joined { driver, .. } = join else {
        panic!("{join:?}");
    };
    driver.is_some()
}

fn rests(outbox: &mut Outbox, wants_requests: bool) -> Rest {
    outbox.rest(Waker::noop(), wants_requests, false, 0, None).0
}

#[test]
fn the_driver_is_woken_once() {
    let (mut outbox, request, _) = outbox();
    assert!(matches!(rests(&mut outbox, true), Rest::Until(_)));
    assert!(wakes_the_driver(&outbox.join(frame(1), &request, None)));
    assert!(!wakes_the_driver(&outbox.join(frame(1), &request, None)));
    assert!(matches!(rests(&mut outbox, true), Rest::Queue(_)));
}

#[test]
fn a_driver_that_is_busy_is_woken_for_its_timer_alone() {
    let (mut outbox, request, now) = outbox();
    assert!(matches!(rests(&mut outbox, false), Rest::Until(_)));
    assert!(!wakes_the_driver(&outbox.join(frame(1), &request, None)));
    let sooner = queued(now + SECOND);
    assert!(wakes_the_driver(&outbox.join(frame(1), &sooner, None)));
    let Rest::Until(at) = rests(&mut outbox, false) else {
        panic!("it does not want what is queued");
    };
    assert_eq!(at, now + SECOND);
}

#[test]
fn what_is_outstanding_is_bounded_and_room_is_handed_on() {
    let (mut outbox, request, now) = outbox();
    for _ in 0..3 {
        assert!(joined(&mut outbox, &request, 1));
    }
    assert!(!joined(&mut outbox, &request, 1));
    let (first, _) = outbox.block(None, now, Waker::noop());
    let (second, _) = outbox.block(None, now, Waker::noop());
    let (again, rearm) = outbox.block(Some(first), now, Waker::noop());
    assert!(again == first && rearm.is_none());
    let mut settled = |count| outbox.rest(Waker::noop(), true, false, count, None).1;
    assert!(settled(0).is_none(), "there is no room yet");
    assert!(settled(1).is_some(), "one place, so the first may try");
    assert!(
        !joined(&mut outbox, &request, 1),
        "a newcomer may not overtake him"
    );
    assert!(
        outbox.unblock(first).is_some(),
        "he leaves, so the second may try"
    );
    let join = outbox.join(frame(1), &request, Some(second));
    assert!(matches!(join, Join::Joined { next: None, .. }));
}

#[test]
fn queued_bytes_are_bounded_but_one_frame_always_goes() {
    let (_, request, now) = outbox();
    let mut outbox = Outbox::new(100, 64, now + SECOND);
    assert!(joined(&mut outbox, &request, 1000));
    assert!(!joined(&mut outbox, &request, 1));
    outbox.block(None, now, Waker::noop());
    let mut run = Run::default();
    let next = outbox.take(&mut run);
    assert!(next.is_some(), "one may always join an empty queue");
    assert!(outbox.unblock(1).is_none());
    assert!(joined(&mut outbox, &request, 1));
    assert!(
        !joined(&mut outbox, &request, 1),
        "what is being written counts"
    );
    outbox.block(None, now, Waker::noop());
    let rest =
        |outbox: &mut Outbox, is_writing| outbox.rest(Waker::noop(), false, is_writing, 0, None).1;
    assert!(rest(&mut outbox, true).is_none());
    assert!(rest(&mut outbox, false).is_some(), "it is written");
}

#[test]
fn the_timer_is_set_for_what_is_due_first_and_ends_what_is_late() {
    let (_, _, now) = outbox();
    let (late, due) = (queued(now), queued(now + 2 * SECOND));
    let mut outbox = Outbox::new(2, 1 << 20, now + 1000 * SECOND);
    for request in [&due, &late] {
        assert!(joined(&mut outbox, request, 1));
    }
    outbox.block(None, now + SECOND, Waker::noop());
    assert_eq!(outbox.timer, now);
    let latest = now + 100 * SECOND;
    let expired = outbox.expire(now, Some(now + 3 * SECOND), None, latest);
    assert!(expired.late.len() == 1 && Arc::ptr_eq(&expired.late[0], &late.waiter));
    assert!(expired.woken.is_empty());
    assert_eq!(outbox.timer, now + SECOND);
    let expired = outbox.expire(now + SECOND, None, None, latest);
    assert_eq!(expired.woken.len(), 1);
    assert_eq!(outbox.timer, now + 2 * SECOND);
    outbox.take(&mut Run::default());
    outbox.expire(now + SECOND, None, None, latest);
    assert_eq!(outbox.timer, latest);
    outbox.rest(Waker::noop(), false, false, 2, None);
    assert!(joined(&mut outbox, &due, 1));
    let (rest, _) = outbox.rest(Waker::noop(), true, false, 0, Some(now + SECOND));
    let Rest::Queue(at) = rest else {
        panic!("{rest:?}");
    };
    assert_eq!(
        at,
        now + SECOND,
        "what is in flight needs it, whatever is queued"
    );
}

/// Statement 18: idle is when nothing is queued either. Statement 19: who is late finds it closed.
#[test]
fn an_idle_connection_is_dropped_unless_something_is_queued() {
    let (mut outbox, request, now) = outbox();
    let (idle_at, latest) = (now + SECOND, now + 9 * SECOND);
    let due = outbox.expire(now, None, Some(idle_at), latest);
    assert!(!due.idle_drop && outbox.timer == idle_at);
    assert!(joined(&mut outbox, &request, 1));
    let due = outbox.expire(idle_at, None, Some(idle_at), latest);
    assert!(!due.idle_drop && outbox.timer == latest);
    outbox.take(&mut Run::default());
    assert!(
        outbox
            .expire(idle_at, None, Some(idle_at), latest)
            .idle_drop
    );
    let join = outbox.join(frame(1), &request, None);
    assert!(matches!(join, Join::Closed(CloseReason::IdleDrop)));
}

#[test]
fn closing_refuses_and_gives_back_what_was_queued() {
    let (mut outbox, request, _) = outbox();
    assert!(joined(&mut outbox, &request, 1));
    assert!(matches!(rests(&mut outbox, false), Rest::Until(_)));
    let (run, woken) = outbox.close(CloseReason::Shutdown).unwrap();
    assert_eq!((run.len(), woken.len()), (1, 1), "the driver is woken");
    assert!(outbox.close(CloseReason::ConnectionTimeout).is_none());
    let join = outbox.join(frame(1), &request, None);
    assert!(matches!(join, Join::Closed(CloseReason::Shutdown)));
    assert!(matches!(rests(&mut outbox, true), Rest::Closed(_)));
}
