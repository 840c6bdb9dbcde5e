//! Sessions that end, and are renewed on their connection (KIP-368).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use milena::error::ErrorKind;
use milena::sasl::{OauthBearer, Plain, SaslAuthenticator, SaslError, ScramSha512, Token};
use milena::wire::messages::fetch::{FetchPartition, FetchTopic};
use milena::wire::messages::metadata::MetadataRequestTopic;
use milena::wire::messages::{FetchRequest, MetadataRequest};
use milena::{CloseReason, Connection};
use milena_broker::{Action, ApiKey, Cluster, ErrorCode, Fault, Moment, Profile, Sasl, Tls};
use tokio::task::JoinSet;

use crate::jwt::Claims;
use crate::support::{
    HOUR, PASSWORD, USER, bearer, connect, every_mechanism, in_memory, shared, start, with, works,
};

const MINUTE: Duration = Duration::from_secs(60);

fn users(lifetime: Duration) -> Sasl {
    every_mechanism().session_lifetime(lifetime)
}

/// Waits for records that nobody writes.
fn long_poll(topic: &str, wait: Duration) -> FetchRequest {
    let partition = FetchPartition::default().with_partition_max_bytes(1 << 20);
    let topic = FetchTopic::default()
        .with_topic(topic)
        .with_partitions(vec![partition]);
    FetchRequest::default()
        .with_replica_id(-1)
        .with_max_wait_ms(i32::try_from(wait.as_millis()).unwrap())
        .with_min_bytes(1)
        .with_max_bytes(1 << 20)
        .with_topics(vec![topic])
}

/// Sends requests from 8 tasks until `until`, one of them long polls of the time `poll`; gives how many. Not one may fail.
async fn requests(
    connection: &Connection,
    topic: &'static str,
    poll: Option<Duration>,
    until: impl Fn() -> bool,
) -> u64 {
    let asked = MetadataRequestTopic::default().with_name(topic);
    let request = MetadataRequest::default().with_topics(vec![asked]);
    connection.send(request).await.unwrap();
    let (answered, over) = (
        Arc::new(AtomicU64::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let mut tasks = JoinSet::new();
    for task in 0..8 {
        let connection = connection.clone();
        let (answered, over) = (Arc::clone(&answered), Arc::clone(&over));
        tasks.spawn(async move {
            while !over.load(Ordering::Relaxed) {
                match poll {
                    Some(wait) if task == 0 => {
                        let answer = connection.send(long_poll(topic, wait)).await.unwrap();
                        let partition = &answer.responses[0].partitions[0];
                        assert_eq!(partition.error_code, ErrorCode::NONE);
                    }
                    _ => works(&connection).await,
                }
                answered.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    while !until() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    over.store(true, Ordering::Relaxed);
    while let Some(result) = tasks.join_next().await {
        result.unwrap();
    }
    answered.load(Ordering::Relaxed)
}

/// Statement 30: requests flow while sessions of two seconds end and are renewed, by three mechanisms, for six seconds. Of a shorter session so
/// little would be left at its renewal that a busy machine might pass its end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_flow_while_sessions_are_renewed() {
    let lifetime = Duration::from_secs(2);
    let cluster = start(Cluster::builder().tls(Tls::new()).sasl(users(lifetime))).await;
    let logins: [(&str, Arc<dyn SaslAuthenticator>); 3] = [
        ("plain", Arc::new(Plain::new(USER, PASSWORD))),
        ("scram", Arc::new(ScramSha512::new(USER, PASSWORD))),
        (
            "bearer",
            Arc::new(bearer(&Claims::of(USER, HOUR).unsecured())),
        ),
    ];
    let end = Instant::now() + Duration::from_secs(6);
    let mut tasks = JoinSet::new();
    for (topic, login) in logins {
        let connection = connect(&cluster, shared(login)).await.unwrap();
        assert_eq!(connection.report().session_lifetime(), Some(lifetime));
        tasks.spawn(async move {
            let answered = requests(&connection, topic, None, || Instant::now() >= end).await;
            assert!(answered > 100, "{topic}: {answered}");
            assert!(connection.close_reason().is_none());
        });
    }
    while let Some(result) = tasks.join_next().await {
        result.unwrap();
    }
    let counts = cluster.authentications();
    assert!(counts.renewed >= 6, "{counts:?}");
    assert_eq!((counts.succeeded, counts.failed), (3, 0));
    assert_eq!((counts.renewals_failed, counts.expired), (0, 0));
    assert_eq!(cluster.connection_counts().accepted, 3);
}

/// Statement 30, in paused time: an hour of sessions of a minute, and each ends at 85 to 95 percent of its time.
#[tokio::test(start_paused = true)]
async fn an_hour_of_sessions() {
    let builder = Cluster::builder().in_memory().sasl(users(MINUTE));
    // What is slow is long under way, so that a renewal always finds something in flight.
    let cluster = start(builder.latency(Duration::from_millis(400))).await;
    let log = cluster.log_requests();
    let builder = in_memory(&cluster, with(Plain::new(USER, PASSWORD)));
    let connection = builder.connect(&cluster.bootstrap()[0]).await.unwrap();
    let end = tokio::time::Instant::now() + HOUR;
    let poll = Some(Duration::from_millis(300));
    let is_over = || tokio::time::Instant::now() >= end;
    requests(&connection, "orders", poll, is_over).await;
    let counts = cluster.authentications();
    assert!((60..72).contains(&counts.renewed), "{counts:?}");
    assert_eq!((counts.succeeded, counts.expired), (1, 0));
    let handshakes = log.seen(ApiKey::SASL_HANDSHAKE);
    // The newest 10,000 requests are kept; what is seen of the times between renewals must be right.
    assert!(handshakes.len() > 5, "{}", handshakes.len());
    for pair in handshakes.windows(2) {
        let time = pair[1].at - pair[0].at;
        assert!(time > MINUTE * 85 / 100, "{time:?}");
        // What is in flight is answered first: 300 ms of waiting and 400 ms of the way; and the exchange itself takes its own.
        assert!(
            time < MINUTE * 95 / 100 + Duration::from_secs(3),
            "{time:?}"
        );
    }
}

/// Statements 23 and 30: a session that a token ends, where the broker sets no limit.
#[tokio::test]
async fn a_token_that_ends_is_replaced_by_another() {
    let rules = milena_broker::OauthBearer::unsecured();
    let cluster = start(Cluster::builder().sasl(Sasl::new().oauth_bearer(rules))).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let login = OauthBearer::from_fn(move || {
        count.fetch_add(1, Ordering::Relaxed);
        let token = Claims::of(USER, Duration::from_secs(2)).unsecured();
        async { Ok(Token::new(token)) }
    });
    let connection = connect(&cluster, with(login)).await.unwrap();
    let lifetime = connection.report().session_lifetime().unwrap();
    assert_eq!(lifetime.as_secs_f64().round(), 2.0, "{lifetime:?}");
    let renewed = || cluster.authentications().renewed == 2;
    let patience = Instant::now() + Duration::from_secs(20);
    let is_over = || renewed() || Instant::now() > patience;
    requests(&connection, "orders", None, is_over).await;
    assert_eq!(cluster.authentications().renewed, 2);
    assert_eq!(asked.load(Ordering::Relaxed), 3);
}

/// A connection whose sessions last a minute, in paused time; it logs in by what `token` gives for the first time, the second and so on.
async fn by_tokens(
    cluster: &Cluster,
    token: impl Fn(usize) -> Result<String, SaslError> + Send + Sync + 'static,
) -> Connection {
    let asked = AtomicUsize::new(0);
    let login = OauthBearer::from_fn(move || {
        let token = token(asked.fetch_add(1, Ordering::Relaxed));
        async { token.map(Token::new) }
    });
    let builder = in_memory(cluster, with(login));
    builder.connect(&cluster.bootstrap()[0]).await.unwrap()
}

/// A call that is made while the session is being renewed.
async fn call_during_the_renewal(cluster: &Cluster, connection: &Connection) -> milena::Error {
    let fault = Fault::on(
        ApiKey::SASL_HANDSHAKE,
        Action::Delay(Duration::from_secs(1)),
    );
    let delayed = cluster.inject(fault);
    delayed.until_hits(1).await;
    connection
        .send(MetadataRequest::default())
        .await
        .unwrap_err()
}

/// What is given the second time.
type Later = fn() -> Result<String, SaslError>;

/// Statements 3, 24 and 30: another user's token, one that is over, and a provider that has none close the connection as
/// `AuthFailure`, and what waits for the renewal was not sent.
#[tokio::test(start_paused = true)]
async fn a_renewal_that_is_refused() {
    let cluster = start(Cluster::builder().in_memory().sasl(users(MINUTE))).await;
    let later: [(&str, Later); 3] = [
        ("Cannot change principals", || {
            Ok(Claims::of("bob", HOUR).unsecured())
        }),
        ("invalid_token", || Ok(Claims::over(USER).unsecured())),
        ("no token today", || {
            Err(SaslError::provider("no token today"))
        }),
    ];
    for (words, second) in later {
        let first = Claims::of(USER, HOUR).unsecured();
        let connection = by_tokens(&cluster, move |time| match time {
            0 => Ok(first.clone()),
            _ => second(),
        })
        .await;
        works(&connection).await;
        let error = call_during_the_renewal(&cluster, &connection).await;
        let ErrorKind::Closed(CloseReason::AuthFailure(cause)) = error.kind() else {
            panic!("{error}");
        };
        assert!(cause.to_string().contains(words), "{cause}");
        assert!(!error.may_have_been_sent());
        // Only who provides tokens may do better the next time.
        assert_eq!(
            error.is_retriable(),
            matches!(**cause, SaslError::Provider(_))
        );
        let reason = connection.closed().await;
        assert!(matches!(reason, CloseReason::AuthFailure(_)), "{reason}");
        assert!(!format!("{error:?} {reason:?}").contains("eyJ"));
    }
    let counts = cluster.authentications();
    assert_eq!((counts.succeeded, counts.renewed), (3, 0));
    assert_eq!((counts.renewals_failed, counts.expired), (2, 0));
    cluster.until_connections(|counts| counts.open == 0).await;
}

/// Statements 4 and 30: a broker that goes away during a renewal has not refused it.
#[tokio::test(start_paused = true)]
async fn a_renewal_that_breaks_off() {
    let cluster = start(Cluster::builder().in_memory().sasl(users(MINUTE))).await;
    for api in [ApiKey::SASL_HANDSHAKE, ApiKey::SASL_AUTHENTICATE] {
        let builder = in_memory(&cluster, with(Plain::new(USER, PASSWORD)));
        let connection = builder.connect(&cluster.bootstrap()[0]).await.unwrap();
        let _fault = cluster.inject(Fault::on(api, Action::Close(Moment::AfterReading)).times(1));
        let reason = connection.closed().await;
        assert!(
            matches!(reason, CloseReason::ConnectionBroken(_)),
            "{reason}"
        );
    }
    cluster.until_connections(|counts| counts.open == 0).await;
}

/// Statements 17 and 30: a broker that is silent in a renewal is given up like one that is silent to a request.
#[tokio::test(start_paused = true)]
async fn a_renewal_that_hangs() {
    let cluster = start(Cluster::builder().in_memory().sasl(users(MINUTE))).await;
    let limit = Duration::from_secs(3);
    let builder = with(Plain::new(USER, PASSWORD)).request_timeout(limit);
    let builder = in_memory(&cluster, builder);
    let connection = builder.connect(&cluster.bootstrap()[0]).await.unwrap();
    let stalled = cluster.inject(Fault::on(
        ApiKey::SASL_HANDSHAKE,
        Action::Stall(Moment::AfterReading),
    ));
    stalled.until_hits(1).await;
    let began = tokio::time::Instant::now();
    let reason = connection.closed().await;
    assert!(matches!(reason, CloseReason::ConnectionTimeout), "{reason}");
    assert_eq!(began.elapsed().as_secs(), limit.as_secs());
}

/// Statement 23: before 2.2 brokers set no limit, and so nothing is renewed.
#[tokio::test(start_paused = true)]
async fn an_old_broker_sets_no_limit() {
    for profile in [Profile::V0_10_2, Profile::V1_1] {
        let builder = Cluster::builder().in_memory().profile(profile);
        let cluster = start(builder.sasl(every_mechanism())).await;
        let builder = in_memory(&cluster, with(Plain::new(USER, PASSWORD)));
        let builder = builder.connections_max_idle(Duration::MAX);
        let connection = builder.connect(&cluster.bootstrap()[0]).await.unwrap();
        assert_eq!(connection.report().session_lifetime(), None);
        tokio::time::sleep(5 * MINUTE).await;
        works(&connection).await;
        assert_eq!(cluster.authentications().renewed, 0);
    }
}
