//! Batches whose answers are lost, or that come back: rows 13, 14, 16, 17, 19 of docs/faults.md.

use milena::Client;
use milena::error::ErrorKind;
use milena_broker::{Action, ApiKey, ErrorCode, Fault, Moment};

use tokio::time::Instant;

use crate::support::{
    all, client, client_of, cluster, eager, hit, log, ms, numbers, offsets, send, send_apart,
    values,
};

/// Row 13.
#[tokio::test(start_paused = true)]
async fn a_batch_whose_answer_was_lost_is_written_once() {
    for lost in [
        Action::Close(Moment::AfterApplying),
        Action::Close(Moment::AfterBytes(3)),
        Action::NoAnswer,
        Action::Silence,
        Action::ErrorAfterApplying(ErrorCode::REQUEST_TIMED_OUT),
        Action::ErrorAfterApplying(ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND),
        Action::ErrorAfterApplying(ErrorCode::NETWORK_EXCEPTION),
    ] {
        let cluster = cluster(1).await;
        let client = client(&cluster).await;
        let producer = eager(&client).request_timeout(ms(500)).build().unwrap();
        let fault = cluster.inject(Fault::on(ApiKey::PRODUCE, lost.clone()).times(1));
        let deliveries = send_apart(&producer, 0..3).await;
        hit(&fault, 1).await;
        let positions = all(deliveries).await.unwrap();
        assert_eq!(offsets(&positions), [0, 1, 2], "{lost:?}");
        let found = log(&client, 0).await;
        let ids: Vec<_> = found
            .iter()
            .map(|batch| (batch.producer_id, batch.epoch))
            .collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{lost:?}: {found:?}");
        assert_eq!(values(&client).await, numbers(3), "{lost:?}");
    }
}

/// Row 13: the same without idempotence, where nobody can tell whether it is there: it is not sent again.
#[tokio::test(start_paused = true)]
async fn without_idempotence_a_batch_whose_answer_was_lost_fails_as_one_that_may_be_in_the_log() {
    let cluster = cluster(1).await;
    let client = client(&cluster).await;
    let producer = eager(&client).idempotence(false).build().unwrap();
    let fault = Fault::on(ApiKey::PRODUCE, Action::Close(Moment::AfterApplying)).times(1);
    let fault = cluster.inject(fault);
    let error = send(&producer, "0").await.await.unwrap_err();
    assert_eq!(fault.hits(), 1);
    assert!(error.may_have_been_sent(), "{error}");
    let delivered = send(&producer, "1").await.await.unwrap();
    assert_eq!(delivered.offset, Some(1));
    assert_eq!(values(&client).await, ["0", "1"]);
}

/// Row 14.
#[tokio::test(start_paused = true)]
async fn a_record_behind_one_that_was_given_up_is_not_taken_for_a_duplicate() {
    for code in [
        ErrorCode::REQUEST_TIMED_OUT,
        ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    ] {
        let cluster = cluster(1).await;
        let client = client(&cluster).await;
        let producer = eager(&client).delivery_timeout(ms(3000)).build().unwrap();
        assert_eq!(send(&producer, "0").await.await.unwrap().offset, Some(0));
        let fault = cluster.inject(Fault::on(ApiKey::PRODUCE, Action::ErrorAfterApplying(code)));
        let given_up = send(&producer, "1").await.await.unwrap_err();
        assert!(fault.hits() > 1, "{code:?}");
        assert!(given_up.may_have_been_sent(), "{code:?}: {given_up}");
        // Who does not wait for the news has sent his record all the same.
        drop(send(&producer, "2").await);
        fault.clear();
        let next = send(&producer, "3").await.await.unwrap();
        assert_eq!(next.offset, Some(3), "{code:?}");
        assert_eq!(values(&client).await, numbers(4), "{code:?}");
    }
}

/// Row 16.
#[tokio::test(start_paused = true)]
async fn order_is_kept_when_the_connection_breaks_with_batches_in_flight() {
    for count in 1..=5 {
        // How many of them the broker has written by then.
        for written in 0..count {
            for moment in [
                Moment::BeforeReading,
                Moment::AfterReading,
                Moment::AfterApplying,
                Moment::AfterBytes(5),
            ] {
                let cluster = cluster(1).await;
                let client = client(&cluster).await;
                let producer = eager(&client).build().unwrap();
                assert_eq!(send(&producer, "0").await.await.unwrap().offset, Some(0));
                // All are on their way before the first one is looked at.
                cluster.set_latency(cluster.leader("t", 0).unwrap(), ms(50));
                let fault = Fault::on(ApiKey::PRODUCE, Action::Close(moment));
                let fault = cluster.inject(fault.skip(written).times(1));
                let last = usize::try_from(count).unwrap();
                let deliveries = send_apart(&producer, 1..=last).await;
                hit(&fault, 1).await;
                let positions = all(deliveries).await.unwrap();
                let case = format!("{count} in flight, {written} written, {moment:?}");
                let expected: Vec<_> = (1..=i64::try_from(count).unwrap()).collect();
                assert_eq!(offsets(&positions), expected, "{case}");
                assert_eq!(values(&client).await, numbers(last + 1), "{case}");
                assert!(
                    log(&client, 0).await.iter().all(|batch| batch.epoch == 0),
                    "{case}"
                );
            }
        }
    }
}

/// Row 17.
#[tokio::test(start_paused = true)]
async fn a_duplicate_is_success_whose_offset_is_not_known() {
    let cluster = cluster(1).await;
    let client = client(&cluster).await;
    let producer = eager(&client).build().unwrap();
    let code = ErrorCode::DUPLICATE_SEQUENCE_NUMBER;
    let fault = Fault::on(ApiKey::PRODUCE, Action::ErrorAfterApplying(code)).times(1);
    let fault = cluster.inject(fault);
    let delivered = send(&producer, "0").await.await.unwrap();
    assert_eq!((fault.hits(), delivered.offset), (1, None));
    let delivered = send(&producer, "1").await.await.unwrap();
    assert_eq!(delivered.offset, Some(1));
    assert_eq!(values(&client).await, numbers(2));
}

/// Row 17.
#[tokio::test(start_paused = true)]
async fn what_is_out_of_order_behind_a_batch_that_came_back_is_sent_again_behind_it() {
    for code in [
        ErrorCode::NOT_ENOUGH_REPLICAS,
        ErrorCode::NOT_LEADER_OR_FOLLOWER,
        ErrorCode::COORDINATOR_LOAD_IN_PROGRESS,
    ] {
        let cluster = cluster(1).await;
        let client = client(&cluster).await;
        let producer = eager(&client).build().unwrap();
        send(&producer, "0").await.await.unwrap();
        cluster.set_latency(cluster.leader("t", 0).unwrap(), ms(50));
        let fault = cluster.inject(Fault::on(ApiKey::PRODUCE, Action::Error(code)).times(1));
        let deliveries = send_apart(&producer, 1..=5).await;
        hit(&fault, 1).await;
        let positions = all(deliveries).await.unwrap();
        assert_eq!(offsets(&positions), [1, 2, 3, 4, 5], "{code:?}");
        let found = log(&client, 0).await;
        assert!(
            found.iter().all(|batch| batch.epoch == 0),
            "{code:?}: {found:?}"
        );
        assert_eq!(values(&client).await, numbers(6), "{code:?}");
    }
}

/// Row 17.
#[tokio::test(start_paused = true)]
async fn when_the_first_is_out_of_order_the_next_epoch_begins_without_a_request() {
    for code in [
        ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER,
        ErrorCode::UNKNOWN_PRODUCER_ID,
    ] {
        let cluster = cluster(2).await;
        let client = client(&cluster).await;
        let producer = eager(&client).build().unwrap();
        send(&producer, "0").await.await.unwrap();
        cluster.set_latency(cluster.leader("t", 0).unwrap(), ms(50));
        let requests = cluster.log_requests();
        let fault = cluster.inject(Fault::on(ApiKey::PRODUCE, Action::Error(code)).times(1));
        let deliveries = send_apart(&producer, 1..=4).await;
        hit(&fault, 1).await;
        let positions = all(deliveries).await.unwrap();
        assert_eq!(offsets(&positions), [1, 2, 3, 4], "{code:?}");
        let found = log(&client, 0).await;
        let numbered: Vec<_> = found
            .iter()
            .map(|batch| (batch.epoch, batch.sequence))
            .collect();
        assert_eq!(
            numbered,
            [(0, 0), (1, 0), (1, 1), (1, 2), (1, 3)],
            "{code:?}"
        );
        assert_eq!(values(&client).await, numbers(5), "{code:?}");
        assert!(requests.seen(ApiKey::INIT_PRODUCER_ID).is_empty());
    }
}

/// Row 17.
#[tokio::test(start_paused = true)]
async fn a_batch_that_may_be_in_the_log_is_not_sent_under_another_epoch() {
    let cluster = cluster(1).await;
    let client = client(&cluster).await;
    let producer = eager(&client).build().unwrap();
    send(&producer, "0").await.await.unwrap();
    cluster.set_latency(cluster.leader("t", 0).unwrap(), ms(50));
    // It is written, its answer is lost, and the broker has forgotten it when it comes again.
    let lost = Fault::on(ApiKey::PRODUCE, Action::Close(Moment::AfterApplying)).times(1);
    let lost = cluster.inject(lost);
    let code = ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER;
    let forgotten = cluster.inject(Fault::on(ApiKey::PRODUCE, Action::Error(code)).times(1));
    let mut deliveries = send_apart(&producer, 1..=3).await.into_iter();
    hit(&lost, 1).await;
    hit(&forgotten, 1).await;
    let error = deliveries.next().unwrap().await.unwrap_err();
    assert!(error.may_have_been_sent(), "{error}");
    assert_eq!(error.broker_code(), Some(code), "{error}");
    // Those behind it never were there, or are not told to be: each is there once at most, and what is told is true.
    let mut delivered = vec!["0".to_owned(), "1".to_owned()];
    for (number, delivery) in (2..).zip(deliveries) {
        match delivery.await {
            Ok(_) => delivered.push(number.to_string()),
            Err(error) => assert!(error.may_have_been_sent(), "{error}"),
        }
    }
    delivered.push("4".to_owned());
    send(&producer, "4").await.await.unwrap();
    let found = values(&client).await;
    let is_told = |value: &String| delivered.contains(value);
    let told: Vec<_> = found
        .iter()
        .filter(|value| is_told(value))
        .cloned()
        .collect();
    assert_eq!(told, delivered, "{found:?}");
    let mut once = found.clone();
    once.dedup();
    assert_eq!(once, found);
}

/// Who is fenced gets himself another id.
#[tokio::test(start_paused = true)]
async fn who_is_not_accepted_any_more_gets_another_id() {
    let cluster = cluster(1).await;
    let client = client(&cluster).await;
    let producer = eager(&client).build().unwrap();
    send(&producer, "0").await.await.unwrap();
    let code = ErrorCode::INVALID_PRODUCER_EPOCH;
    let fault = cluster.inject(Fault::on(ApiKey::PRODUCE, Action::Error(code)).times(1));
    let deliveries = send_apart(&producer, 1..=3).await;
    hit(&fault, 1).await;
    assert_eq!(offsets(&all(deliveries).await.unwrap()), [1, 2, 3]);
    let found = log(&client, 0).await;
    assert_ne!(found[0].producer_id, found[1].producer_id);
    assert_eq!(values(&client).await, numbers(4));
}

/// Row 19.
#[tokio::test(start_paused = true)]
async fn order_holds_when_the_leader_moves_with_batches_in_flight() {
    for written in 0..5 {
        let cluster = cluster(1).await;
        let client = client(&cluster).await;
        let producer = eager(&client).build().unwrap();
        send(&producer, "0").await.await.unwrap();
        let old = cluster.leader("t", 0).unwrap();
        let stall = Fault::on(ApiKey::PRODUCE, Action::Stall(Moment::AfterReading));
        let stall = cluster.inject(stall.skip(written).times(1));
        cluster.set_latency(old, ms(50));
        let deliveries = send_apart(&producer, 1..=5).await;
        hit(&stall, 1).await;
        cluster.move_leader("t", 0, old % 3 + 1).unwrap();
        // More come while the first ones are told who leads.
        let more = send_apart(&producer, 6..=9).await;
        stall.clear();
        let positions = all(deliveries.into_iter().chain(more).collect())
            .await
            .unwrap();
        assert_eq!(
            offsets(&positions),
            [1, 2, 3, 4, 5, 6, 7, 8, 9],
            "{written}"
        );
        assert_eq!(values(&client).await, numbers(10), "{written}");
        assert!(
            log(&client, 0).await.iter().all(|batch| batch.epoch == 0),
            "{written}"
        );
    }
}

/// Row 19: the leader that is left does not answer at all.
#[tokio::test(start_paused = true)]
async fn order_holds_when_the_leader_freezes_and_another_takes_over() {
    let cluster = cluster(1).await;
    let client = client(&cluster).await;
    let producer = eager(&client).request_timeout(ms(3000)).build().unwrap();
    send(&producer, "0").await.await.unwrap();
    let old = cluster.leader("t", 0).unwrap();
    let frozen = Fault::on(ApiKey::PRODUCE, Action::Stall(Moment::AfterApplying)).node(old);
    let frozen = cluster.inject(frozen);
    let deliveries = send_apart(&producer, 1..=5).await;
    hit(&frozen, 1).await;
    cluster.move_leader("t", 0, old % 3 + 1).unwrap();
    let positions = all(deliveries).await.unwrap();
    assert_eq!(offsets(&positions), [1, 2, 3, 4, 5]);
    drop(frozen);
    assert_eq!(values(&client).await, numbers(6));
}

/// What no retry can mend is told at once, and nothing else is lost for it.
#[tokio::test(start_paused = true)]
async fn an_error_for_good_fails_its_batch_and_no_other() {
    let cluster = cluster(1).await;
    let client = client(&cluster).await;
    let producer = eager(&client).build().unwrap();
    send(&producer, "0").await.await.unwrap();
    let code = ErrorCode::POLICY_VIOLATION;
    let fault = cluster.inject(Fault::on(ApiKey::PRODUCE, Action::Error(code)).times(1));
    let error = send(&producer, "refused").await.await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Broker { code: found, .. } if *found == code));
    assert_eq!((fault.hits(), error.may_have_been_sent()), (1, false));
    let delivered = send(&producer, "1").await.await.unwrap();
    assert_eq!(delivered.offset, Some(1));
    let found = log(&client, 0).await;
    assert!(found.iter().all(|batch| batch.epoch == 0));
    assert_eq!(values(&client).await, numbers(2));
}

/// Of a batch that waits to be sent again, and of those behind it: the wait is not longer than its time, and holds up nobody once that is over.
#[tokio::test(start_paused = true)]
async fn a_batch_that_waits_to_be_sent_again_fails_when_its_time_is_over() {
    let cluster = cluster(1).await;
    let builder = Client::builder().retry_backoff(ms(1000));
    let client = client_of(&cluster, builder.retry_backoff_max(ms(1000))).await;
    let producer = eager(&client).delivery_timeout(ms(300)).build().unwrap();
    // From now on the leader is known, and the producer has an id.
    assert_eq!(send(&producer, "0").await.await.unwrap().offset, Some(0));
    let code = ErrorCode::NOT_ENOUGH_REPLICAS;
    let fault = cluster.inject(Fault::on(ApiKey::PRODUCE, Action::Error(code)));
    let began = Instant::now();
    let error = send(&producer, "lost").await.await.unwrap_err();
    let took = began.elapsed();
    assert!(took >= ms(300) && took <= ms(320), "{took:?}");
    assert_eq!(fault.hits(), 1);
    assert!(!error.may_have_been_sent(), "{error}");
    fault.clear();
    let began = Instant::now();
    let written = send(&producer, "1").await.await.unwrap();
    assert_eq!(written.offset, Some(1));
    assert!(began.elapsed() <= ms(5), "{:?}", began.elapsed());
    assert_eq!(values(&client).await, numbers(2));
}
