//! Statement 1: how a client finds its cluster. Rows 8 and 9 of the faults: it is found again.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use milena::error::{ConnectFailure, ErrorKind, Phase};
use milena::sasl::Plain;
use milena::wire::messages::DescribeClusterRequest;
use milena::{Client, Error};
use milena_broker::{AcceptAction, Action, ApiKey, Cluster, ErrorCode, Fault, Moment, Sasl};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep, timeout};

use crate::script::{Act, Script, broker};
use crate::support::{client, in_memory, text, timed};

/// The errors of the addresses, in their order.
fn of_addresses(error: &Error) -> &[Error] {
    let ErrorKind::Bootstrap(errors) = error.kind() else {
        panic!("{error:?}");
    };
    errors
}

fn phase_and_cause(error: &Error) -> (Phase, &ConnectFailure) {
    let ErrorKind::Connect { phase, cause } = error.kind() else {
        panic!("{error:?}");
    };
    (*phase, cause)
}

/// Statement 1.
#[tokio::test(start_paused = true)]
async fn each_address_has_a_head_start_of_250_ms_and_the_first_that_answers_wins() {
    let cluster = in_memory(1).start().await.unwrap();
    let log = cluster.log_requests();
    let dialer = cluster.dialer();
    let client = Client::builder()
        .bootstrap(["silent-1:9092", "silent-2:9092", "good:9092", "never:9092"])
        .dialer(move |address: String| {
            let dialer = dialer.clone();
            async move {
                match &*address {
                    "good:9092" | "node-1.invalid:9092" => dialer.connect_to(1).await,
                    "never:9092" => panic!("it was not needed"),
                    _ => std::future::pending().await,
                }
            }
        });
    let (client, time) = timed(client.build()).await;
    let client = client.unwrap();
    assert!(
        time >= Duration::from_millis(500) && time < Duration::from_millis(510),
        "{time:?}"
    );
    assert_eq!(
        log.seen(ApiKey::METADATA).len(),
        1,
        "one question is enough"
    );
    assert_eq!(cluster.connection_counts().accepted, 1);
    client.close().await;
}

/// Statement 1.
#[tokio::test(start_paused = true)]
async fn an_address_that_fails_hands_on_to_the_next_at_once() {
    let cluster = in_memory(1).start().await.unwrap();
    let bootstrap = ["nowhere:1", "nowhere:2", "node-1.invalid:9092"];
    let building = client(&cluster).bootstrap(bootstrap).build();
    let (client, time) = timed(building).await;
    assert!(time < Duration::from_millis(10), "{time:?}");
    client.unwrap().close().await;
}

/// Something that listens where no Kafka is.
async fn answer_http(mut stream: DuplexStream) {
    let mut buffer = [0; 1024];
    let _ = stream.read(&mut buffer).await;
    let answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    let _ = stream.write_all(answer).await;
    let _ = stream.read(&mut buffer).await;
}

/// Statement 1; of the bad input: a port that answers HTTP, an address that accepts and never answers.
#[tokio::test(start_paused = true)]
async fn when_all_fail_one_error_lists_each_address_with_its_phase_and_cause() {
    let kept = Arc::new(std::sync::Mutex::new(Vec::new()));
    let building = Client::builder()
        .bootstrap(["refused:1", "http:2", "mute:3", "closed:4"])
        .connect_timeout(Duration::from_secs(3))
        .dialer(move |address: String| {
            let kept = Arc::clone(&kept);
            async move {
                let (ours, theirs) = duplex(4096);
                match &*address {
                    "refused:1" => return Err(io::ErrorKind::ConnectionRefused.into()),
                    "http:2" => drop(tokio::spawn(answer_http(theirs))),
                    "mute:3" => kept.lock().unwrap().push(theirs),
                    _ => drop(theirs),
                }
                Ok(ours)
            }
        })
        .build();
    let (built, time) = timed(building).await;
    let error = built.unwrap_err();
    // All beside each other: no longer than the slowest, behind its head start.
    assert!(time < Duration::from_millis(3600), "{time:?}");
    let errors = of_addresses(&error);
    assert_eq!(errors.len(), 4);
    let peers: Vec<_> = errors.iter().map(|error| error.peer().unwrap()).collect();
    assert_eq!(peers, ["refused:1", "http:2", "mute:3", "closed:4"]);
    assert!(matches!(
        phase_and_cause(&errors[0]),
        (Phase::Tcp, ConnectFailure::Io(error)) if error.kind() == io::ErrorKind::ConnectionRefused
    ));
    assert!(matches!(
        phase_and_cause(&errors[1]),
        (Phase::ApiVersions, ConnectFailure::NotKafka(_))
    ));
    assert!(matches!(
        phase_and_cause(&errors[2]),
        (
            Phase::ApiVersions,
            ConnectFailure::TimedOut {
                option: "connect_timeout",
                ..
            }
        )
    ));
    assert!(matches!(
        phase_and_cause(&errors[3]),
        (Phase::ApiVersions, ConnectFailure::Io(_))
    ));
    let text = text(&error);
    for part in [
        "refused:1",
        "http:2",
        "mute:3",
        "closed:4",
        "connect_timeout",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// Statement 1, over real sockets: a web server, a name that DNS does not know, a port where nobody listens.
#[tokio::test]
async fn real_addresses_that_are_wrong_are_told_apart() {
    let web = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let web_address = web.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = web.accept().await {
            let mut buffer = [0; 1024];
            let _ = stream.read(&mut buffer).await;
            let _ = stream
                .write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
                .await;
        }
    });
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = free.local_addr().unwrap().to_string();
    drop(free);
    let built = Client::builder()
        .bootstrap([&web_address, &nobody, "no-such-host.invalid:9092"])
        .connect_timeout(Duration::from_secs(10))
        .build()
        .await;
    let error = built.unwrap_err();
    let errors = of_addresses(&error);
    assert!(matches!(
        phase_and_cause(&errors[0]),
        (Phase::ApiVersions, ConnectFailure::NotKafka(_))
    ));
    assert!(matches!(
        phase_and_cause(&errors[1]),
        (Phase::Tcp, ConnectFailure::Io(_))
    ));
    // Statement 20: resolving is a time-out, and a failure, of its own.
    assert_eq!(phase_and_cause(&errors[2]).0, Phase::Resolve);
}

/// Statement 1.
#[tokio::test(start_paused = true)]
async fn without_a_cluster_starting_fails_at_once_unless_it_is_to_wait() {
    let cluster = in_memory(1).start().await.unwrap();
    cluster.stop_node(1).await.unwrap();
    let (failed, time) = timed(client(&cluster).build()).await;
    assert!(time < Duration::from_millis(10), "{time:?}");
    assert!(failed.unwrap_err().is_retriable());

    let waiting = tokio::spawn(client(&cluster).wait_for_cluster(true).build());
    sleep(Duration::from_secs(20)).await;
    assert!(!waiting.is_finished());
    cluster.restart_node(1).await.unwrap();
    let (waited, time) = timed(waiting).await;
    // Row 8: the longest back-off between two looks is 1 s.
    assert!(time <= Duration::from_millis(1050), "{time:?}");
    waited.unwrap().unwrap().close().await;
}

/// Statement 1: waiting would not help.
#[tokio::test(start_paused = true)]
async fn a_wrong_password_ends_even_the_start_that_would_wait() {
    let sasl = Sasl::new().plain().user("alice", "right");
    let cluster = in_memory(1).sasl(sasl).start().await.unwrap();
    let built = client(&cluster)
        .wait_for_cluster(true)
        .sasl(Plain::new("alice", "wrong"))
        .allow_plaintext_credentials(true)
        .build()
        .await;
    let error = built.unwrap_err();
    assert!(!error.is_retriable());
    let errors = of_addresses(&error);
    assert_eq!(phase_and_cause(&errors[0]).0, Phase::SaslAuthenticate);
    assert!(!text(&error).contains("wrong"));
}

/// Statement 1 and row 9: names that cannot be found today and can be tomorrow.
#[tokio::test(start_paused = true)]
async fn dns_that_fails_and_then_works_is_waited_for() {
    let cluster = in_memory(1).start().await.unwrap();
    let dialer = cluster.dialer();
    let lookups = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&lookups);
    let client = Client::builder()
        .bootstrap(["kafka.example:9092"])
        .wait_for_cluster(true)
        .dialer(move |address: String| {
            let (dialer, count) = (dialer.clone(), Arc::clone(&count));
            async move {
                if address == "kafka.example:9092" && count.fetch_add(1, Ordering::Relaxed) < 5 {
                    let text = "failed to lookup address information";
                    return Err(io::Error::other(text));
                }
                dialer.connect_to(1).await
            }
        });
    let (client, time) = timed(client.build()).await;
    assert_eq!(lookups.load(Ordering::Relaxed), 6);
    // 50, 100, 200, 400, 800 ms, a fifth more or less.
    assert!(
        time > Duration::from_millis(1240) && time < Duration::from_millis(1870),
        "{time:?}"
    );
    client.unwrap().close().await;
}

/// Statement 4: TLS holds a broker to the name that it is known by, wherever it is dialed.
#[cfg(feature = "ring")]
#[tokio::test]
async fn tls_verifies_the_advertised_name_behind_a_rewritten_address() {
    use milena::tls::{Tls, TlsProblem};

    let tls = milena_broker::Tls::new().host_names(["kafka.example"]);
    let cluster = Cluster::builder().tls(tls).start().await.unwrap();
    cluster.advertise(1, "kafka.example", 9092).unwrap();
    let real: std::net::SocketAddr = cluster.bootstrap()[0].parse().unwrap();
    let trust = || {
        let pem = cluster.ca_pem().unwrap().as_bytes().to_vec();
        Tls::from_pem(pem).unwrap()
    };
    let to_the_real_one = move |_: &str, _: u16| (real.ip().to_string(), real.port());
    let client = Client::builder()
        .bootstrap(["kafka.example:9092"])
        .rewrite_addresses(to_the_real_one)
        .tls(trust())
        .build()
        .await
        .unwrap();
    // Over a connection to what metadata told, which exists nowhere by that name.
    client
        .send_to(1, DescribeClusterRequest::default())
        .await
        .unwrap();
    assert_eq!(client.describe().brokers[0].address, "kafka.example:9092");
    client.close().await;

    let other = Client::builder()
        .bootstrap(["other.example:9092"])
        .rewrite_addresses(to_the_real_one)
        .tls(trust())
        .build()
        .await;
    let error = other.unwrap_err();
    let (phase, cause) = phase_and_cause(&of_addresses(&error)[0]);
    assert_eq!(phase, Phase::Tls);
    assert!(
        matches!(cause, ConnectFailure::Tls(TlsProblem::WrongHost)),
        "{cause:?}"
    );
}

/// Statement 1: what is begun and not wanted any more leaves nothing behind.
#[tokio::test(start_paused = true)]
async fn a_start_that_is_given_up_leaves_no_task_and_no_socket() {
    let cluster = in_memory(3).start().await.unwrap();
    let before = tokio::runtime::Handle::current()
        .metrics()
        .num_alive_tasks();
    let stall = cluster.inject(Fault::on(
        ApiKey::API_VERSIONS,
        Action::Stall(Moment::AfterReading),
    ));
    for patience in [100, 300, 600] {
        let building = client(&cluster).build();
        let built = timeout(Duration::from_millis(patience), building).await;
        assert!(built.is_err());
    }
    drop(stall);
    cluster.until_connections(|counts| counts.open == 0).await;
    let now = tokio::runtime::Handle::current()
        .metrics()
        .num_alive_tasks();
    assert_eq!(now, before);
}

/// Statement 1; of the bad input: brokers that lie in metadata are passed over for those that do not.
#[tokio::test(start_paused = true)]
async fn an_address_whose_answer_is_of_no_use_does_not_win() {
    let script = Script::new(&[], |ask| match ask.node {
        1 => ask.answer(&ask.metadata([])),
        2 => {
            let refused = ask.metadata([2]);
            ask.answer(&refused.with_error_code(ErrorCode::CLUSTER_AUTHORIZATION_FAILED))
        }
        3 => {
            let too_many: Vec<_> = (0..10_001).map(broker).collect();
            ask.answer(&ask.metadata([3]).with_brokers(too_many))
        }
        _ => ask.answer(&ask.metadata([4])),
    });
    let liars = ["node-1:9092", "node-2:9092", "node-3:9092"];
    let built = script.client().bootstrap(liars).build().await;
    let error = built.unwrap_err();
    let codes: Vec<_> = of_addresses(&error)
        .iter()
        .map(|error| (error.peer().unwrap(), error.broker_code().unwrap()))
        .collect();
    assert_eq!(
        codes,
        [
            ("node-1:9092", ErrorCode::UNKNOWN_SERVER_ERROR),
            ("node-2:9092", ErrorCode::CLUSTER_AUTHORIZATION_FAILED),
            ("node-3:9092", ErrorCode::UNKNOWN_SERVER_ERROR),
        ]
    );
    assert!(text(&error).contains("10001 brokers"));
    let all = liars.into_iter().chain(["node-4:9092"]);
    let client = script.client().bootstrap(all).build().await.unwrap();
    assert_eq!(client.describe().brokers.len(), 1);
    client.close().await;
}

/// Statement 1; of the bad input: an address that shakes hands and then says nothing does not hold up the start.
#[tokio::test(start_paused = true)]
async fn an_address_that_never_tells_of_the_cluster_is_overtaken() {
    let script = Script::new(&[], |ask| match ask.node {
        1 => Act::Ignore,
        _ => ask.answer(&ask.metadata([2])),
    });
    let building = script
        .client()
        .bootstrap(["node-1:9092", "node-2:9092"])
        .build();
    let (client, time) = timed(building).await;
    assert!(time < Duration::from_millis(260), "{time:?}");
    client.unwrap().close().await;
    let began = Instant::now();
    let built = script.client().deadline(Duration::from_secs(5)).build();
    let error = built.await.unwrap_err();
    assert!(began.elapsed() <= Duration::from_secs(6));
    assert!(matches!(
        of_addresses(&error)[0].kind(),
        ErrorKind::DeadlineExceeded
    ));
}

/// Row 8: every address is dead at first, and one comes back.
#[tokio::test]
async fn one_of_many_dead_addresses_that_comes_back_is_enough() {
    let cluster = Cluster::builder().nodes(3).start().await.unwrap();
    for node in 1..=3 {
        cluster.stop_node(node).await.unwrap();
    }
    let waiting = Client::builder()
        .bootstrap(cluster.bootstrap().to_vec())
        .wait_for_cluster(true)
        .build();
    let waiting = tokio::spawn(waiting);
    // It has been refused by now, and goes on.
    sleep(Duration::from_millis(200)).await;
    assert!(!waiting.is_finished());
    cluster.restart_node(3).await.unwrap();
    let client = timeout(Duration::from_secs(5), waiting).await;
    let client = client.unwrap().unwrap().unwrap();
    assert_eq!(client.describe().brokers.len(), 1);
    client.close().await;
    cluster.until_connections(|counts| counts.open == 0).await;
}

/// Statement 1: a node that takes the connection and drops it is no broker, and the next one is asked.
#[tokio::test(start_paused = true)]
async fn a_node_that_hangs_up_at_once_is_passed_over() {
    let cluster = in_memory(2).start().await.unwrap();
    let _fault = cluster.inject(Fault::at_accept(AcceptAction::Close).node(1));
    let (client, time) = timed(client(&cluster).build()).await;
    assert!(time < Duration::from_millis(10), "{time:?}");
    client.unwrap().close().await;
}
