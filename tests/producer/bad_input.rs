//! Records that cannot be written, and those beside them, which are.

use milena::admin::{ConfigChange, ConfigResource, NewPartitions};
use milena::error::ErrorKind;
use milena::producer::Record;
use milena::wire::compression::Compression;
use milena::wire::records::RecordError;
use milena::{Client, Error};
use milena_broker::{Action, ApiKey, Cluster, ErrorCode, Fault};
use tokio::time::{Instant, timeout};

use crate::support::{
    TOPIC, all, client, cluster, eager, hit, log, ms, numbers, offsets, send, values,
};

async fn set(client: &Client, name: &str, value: &str) {
    let topic = ConfigResource::topic(TOPIC);
    let changes = vec![(name, ConfigChange::set(value))];
    let changed = client.admin().incremental_alter_configs([(topic, changes)]);
    changed.await.all().unwrap();
}

async fn refused(cluster: &Cluster, code: ErrorCode) -> Error {
    let client = client(cluster).await;
    let producer = eager(&client).max_block(ms(5000)).build().unwrap();
    let record = Record::to(TOPIC).partition(0).value("0");
    match timeout(ms(10_000), producer.send(record)).await.unwrap() {
        Err(error) => error,
        Ok(delivery) => {
            let delivered = timeout(ms(130_000), delivery).await.unwrap();
            delivered.expect_err(&format!("{code:?}"))
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_too_large_for_a_batch_has_one_of_its_own() {
    let cluster = cluster(1).await;
    let client = client(&cluster).await;
    let producer = client.producer().batch_size(1024).build().unwrap();
    let large = "x".repeat(10_000);
    let mut deliveries = Vec::new();
    for value in ["0", "1", &large, "2"] {
        deliveries.push(send(&producer, value).await);
    }
    assert_eq!(offsets(&all(deliveries).await.unwrap()), [0, 1, 2, 3]);
    let found: Vec<_> = log(&client, 0)
        .await
        .into_iter()
        .map(|batch| batch.values)
        .collect();
    assert_eq!(
        found,
        [
            vec!["0".to_owned(), "1".to_owned()],
            vec![large],
            vec!["2".to_owned()]
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_record_too_large_for_the_producer_or_the_buffer_is_refused_and_no_other() {
    let cluster = cluster(1).await;
    let client = client(&cluster).await;
    let builder = client
        .producer()
        .batch_size(1024)
        .buffer_memory(20_000)
        .max_record_size(100_000);
    let producer = builder.build().unwrap();
    let before = send(&producer, "0").await;
    for (size, limit) in [(30_000, 20_000), (200_000, 100_000)] {
        let value = "x".repeat(size);
        let record = Record::to(TOPIC).partition(0).value(&value);
        let waited = producer.send(record.clone()).await.unwrap_err();
        let at_once = producer.try_send(&record).unwrap_err();
        for error in [waited, at_once] {
            assert!(!error.is_retriable() && !error.may_have_been_sent());
            match error.kind() {
                ErrorKind::InvalidRecord(RecordError::RecordTooLarge { limit: found, .. }) => {
                    assert_eq!(*found, limit);
                }
                _ => panic!("{error}"),
            }
        }
    }
    let after = send(&producer, "1").await;
    assert_eq!(offsets(&all(vec![before, after]).await.unwrap()), [0, 1]);
    assert_eq!(values(&client).await, numbers(2));
}

#[tokio::test(start_paused = true)]
async fn a_batch_too_large_for_the_broker_is_split_until_it_is_not() {
    for compression in [Compression::None, Compression::Snappy, Compression::gzip()] {
        let cluster = cluster(1).await;
        let client = client(&cluster).await;
        set(&client, "max.message.bytes", "2000").await;
        let builder = client.producer().linger(ms(100)).compression(compression);
        let producer = builder.build().unwrap();
        let mut deliveries = Vec::new();
        let mut sent = Vec::new();
        for number in 0..200_u32 {
            // What compresses badly.
            let noise = number.wrapping_mul(0x9E37_79B1);
            let value = format!(
                "{number} {noise:x}{:x}{:x}",
                noise.rotate_left(7) ^ 0x1234_5678,
                noise ^ 0x0BAD_CAFE
            );
            deliveries.push(send(&producer, &value).await);
            sent.push(value);
        }
        let positions = all(deliveries).await.unwrap();
        assert_eq!(
            offsets(&positions),
            (0..200).collect::<Vec<_>>(),
            "{compression:?}"
        );
        let found = log(&client, 0).await;
        assert!(found.len() > 1, "{compression:?}: {}", found.len());
        assert!(
            found.iter().all(|batch| batch.epoch == 0),
            "{compression:?}"
        );
        assert_eq!(values(&client).await, sent, "{compression:?}");
        // What is sent behind them is not lost, either.
        assert_eq!(
            send(&producer, "last").await.await.unwrap().offset,
            Some(200)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_single_record_too_large_for_the_broker_fails_and_no_other() {
    let cluster = cluster(1).await;
    let client = client(&cluster).await;
    set(&client, "max.message.bytes", "2000").await;
    let producer = client.producer().linger(ms(100)).build().unwrap();
    let large = "x".repeat(5000);
    let mut deliveries = Vec::new();
    for value in ["0", "1", "2", &large, "3", "4"] {
        deliveries.push(send(&producer, value).await);
    }
    let error = deliveries.remove(3).await.unwrap_err();
    assert_eq!(
        error.broker_code(),
        Some(ErrorCode::MESSAGE_TOO_LARGE),
        "{error}"
    );
    assert!(!error.may_have_been_sent(), "{error}");
    assert_eq!(offsets(&all(deliveries).await.unwrap()), [0, 1, 2, 3, 4]);
    assert_eq!(values(&client).await, numbers(5));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_topic_is_waited_for_and_then_told() {
    let cluster = cluster(1).await;
    let client = client(&cluster).await;
    let producer = eager(&client).max_block(ms(3000)).build().unwrap();
    let known = send(&producer, "0").await;
    let record = Record::to("nowhere").value("lost");
    let at_once = producer.try_send(&record).unwrap_err();
    let began = Instant::now();
    let waited = producer.send(record).await.unwrap_err();
    let took = began.elapsed();
    assert!((ms(2900)..ms(4000)).contains(&took), "{took:?}");
    for error in [at_once, waited] {
        let ErrorKind::UnknownPartition { topic, .. } = error.kind() else {
            panic!("{error}");
        };
        assert_eq!(topic, "nowhere");
        assert!(!error.may_have_been_sent());
    }
    assert_eq!(known.await.unwrap().offset, Some(0));
    // One that comes meanwhile is found.
    let (sent, ()) = tokio::join!(producer.send(Record::to("late").value("0")), async {
        tokio::time::sleep(ms(1500)).await;
        cluster.create_topic("late", 1, 3).unwrap();
    });
    assert_eq!(sent.unwrap().await.unwrap().offset, Some(0));
}

#[tokio::test(start_paused = true)]
async fn a_partition_that_there_is_not_is_told_at_once_and_one_that_comes_is_found() {
    let cluster = cluster(2).await;
    let client = client(&cluster).await;
    let producer = eager(&client).build().unwrap();
    for partition in [2, i32::MAX, -1, i32::MIN] {
        let began = Instant::now();
        let record = Record::to(TOPIC).partition(partition);
        let error = producer.send(record).await.unwrap_err();
        let told = match error.kind() {
            ErrorKind::UnknownPartition { topic, partition } => (topic.as_str(), *partition),
            _ => panic!("{error}"),
        };
        assert_eq!(told, (TOPIC, partition));
        assert!(
            began.elapsed() < ms(2000),
            "{partition}: {:?}",
            began.elapsed()
        );
    }
    assert_eq!(send(&producer, "0").await.await.unwrap().offset, Some(0));
    let grown = [(TOPIC, NewPartitions::increase_to(3))];
    client.admin().create_partitions(grown).await.all().unwrap();
    let record = Record::to(TOPIC).partition(2);
    let delivered = producer.send(record).await.unwrap().await.unwrap();
    assert_eq!((delivered.partition, delivered.offset), (2, Some(0)));
}

#[tokio::test(start_paused = true)]
async fn times_out_of_range_are_refused_here_or_by_the_broker_and_harm_no_other() {
    let cluster = cluster(1).await;
    let client = client(&cluster).await;
    let producer = eager(&client).build().unwrap();
    for timestamp in [-1, i64::MIN] {
        let record = Record::to(TOPIC).partition(0).timestamp(timestamp);
        let error = producer.send(record).await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::InvalidTimestamp { timestamp: told } if *told == timestamp),
            "{error}"
        );
    }
    // Kafka takes none that is more than an hour ahead.
    let ahead = Record::to(TOPIC)
        .partition(0)
        .value("ahead")
        .timestamp(i64::MAX);
    let error = producer.send(ahead).await.unwrap().await.unwrap_err();
    assert_eq!(
        error.broker_code(),
        Some(ErrorCode::INVALID_TIMESTAMP),
        "{error}"
    );
    assert!(!error.may_have_been_sent());
    let long_ago = Record::to(TOPIC).partition(0).value("0").timestamp(0);
    let delivered = producer.send(long_ago).await.unwrap().await.unwrap();
    assert_eq!((delivered.offset, delivered.timestamp), (Some(0), 0));
    assert_eq!(values(&client).await, ["0"]);
    assert!(log(&client, 0).await.iter().all(|batch| batch.epoch == 0));
}

#[tokio::test(start_paused = true)]
async fn without_authorisation_it_is_told_and_others_are_not_harmed() {
    // To write to the topic.
    let cluster = cluster(1).await;
    cluster.create_topic("other", 1, 3).unwrap();
    let client = client(&cluster).await;
    let producer = eager(&client).build().unwrap();
    let code = ErrorCode::TOPIC_AUTHORIZATION_FAILED;
    let forbidden = cluster.inject(Fault::on(ApiKey::PRODUCE, Action::Error(code)).topic(TOPIC));
    let mut deliveries = Vec::new();
    for topic in [TOPIC, "other", TOPIC, "other"] {
        deliveries.push((
            topic,
            producer.send(Record::to(topic).value("0")).await.unwrap(),
        ));
    }
    for (topic, delivery) in deliveries {
        match delivery.await {
            Ok(_) => assert_eq!(topic, "other"),
            Err(error) => {
                assert_eq!((topic, error.broker_code()), (TOPIC, Some(code)), "{error}");
                assert!(!error.may_have_been_sent() && !error.is_retriable());
            }
        }
    }
    hit(&forbidden, 1).await;
    forbidden.clear();
    assert_eq!(send(&producer, "0").await.await.unwrap().offset, Some(0));
}

#[tokio::test(start_paused = true)]
async fn who_may_not_even_see_the_topic_or_have_an_id_is_told_so() {
    let code = ErrorCode::TOPIC_AUTHORIZATION_FAILED;
    let unseen = cluster(1).await;
    let _fault = unseen.inject(Fault::on(ApiKey::METADATA, Action::Error(code)).topic(TOPIC));
    let error = refused(&unseen, code).await;
    assert_eq!(error.broker_code(), Some(code), "{error}");
    let code = ErrorCode::CLUSTER_AUTHORIZATION_FAILED;
    let nameless = cluster(1).await;
    let _fault = nameless.inject(Fault::on(ApiKey::INIT_PRODUCER_ID, Action::Error(code)));
    let error = refused(&nameless, code).await;
    assert_eq!(error.broker_code(), Some(code), "{error}");
    assert!(!error.may_have_been_sent());
}
