//! What the metadata asks, against the embedded broker, which makes every topic that it is asked for unless it is asked not to.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::time::Instant;

use milena::Connection;
use milena::cluster::metadata::{Asked, AskedTopics, Changes, Metadata};
use milena::wire::error_code::ErrorCode;
use milena::wire::messages::CreateTopicsRequest;
use milena::wire::messages::create_topics::CreatableTopic;
use milena_broker::Cluster;

struct World {
    connection: Connection,
    metadata: Metadata,
    version: i16,
}

impl World {
    async fn new(cluster: &Cluster, version: i16) -> Self {
        let connection = Connection::builder().connect(&cluster.bootstrap()[0]).await;
        Self {
            connection: connection.unwrap(),
            metadata: Metadata::new(),
            version,
        }
    }

    async fn ask(&mut self, topics: AskedTopics) -> Changes {
        let exists = |name: &str| {
            self.metadata
                .topic(name)
                .is_some_and(|topic| topic.exists())
        };
        let asked = Asked::new(self.metadata.generation().next(), topics);
        let asked = asked.at_version(self.version, exists);
        let request = asked.request(self.version);
        let answer = self.connection.send(request).max_version(self.version);
        let answer = answer.await.unwrap();
        let told = self
            .metadata
            .apply(&answer, &asked, self.version, Instant::now());
        let (metadata, changes) = told.unwrap();
        assert!(changes.left_out.is_empty(), "{:?}", changes.left_out);
        self.metadata = metadata;
        changes
    }
}

fn names(names: &[&str]) -> AskedTopics {
    AskedTopics::These {
        names: names.iter().map(|&name| name.into()).collect(),
        ids: [].into(),
    }
}

/// Statement 3: at no version does asking make a topic. What is there is found, by name and by id.
#[tokio::test]
async fn every_version_finds_what_is_there_and_makes_nothing() {
    let cluster = Cluster::builder().nodes(3).start().await.unwrap();
    let connection = Connection::builder().connect(&cluster.bootstrap()[0]).await;
    let mut create = CreateTopicsRequest::default().with_timeout_ms(5000);
    create.topics = ["one", "two"]
        .map(|name| {
            CreatableTopic::default()
                .with_name(name)
                .with_num_partitions(4)
                .with_replication_factor(2)
        })
        .to_vec();
    let created = connection.unwrap().send(create).await.unwrap();
    assert!(created.topics.iter().all(|topic| topic.error_code.is_ok()));

    for version in 0..=13 {
        let mut world = World::new(&cluster, version).await;
        world.ask(AskedTopics::None).await;
        assert_eq!(world.metadata.brokers().len(), 3, "v{version}");
        assert_eq!(world.metadata.topic_count(), 0, "v{version}");
        assert_eq!(world.metadata.controller().is_some(), version >= 1);

        world.ask(names(&["one", "none"])).await;
        assert_eq!(world.metadata.topic_count(), 2, "v{version}");
        let none = world.metadata.topic("none").unwrap();
        assert_eq!(none.error(), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        let one = world.metadata.topic("one").unwrap();
        assert_eq!((one.partition_count(), one.exists()), (4, true));
        for partition in one.partitions() {
            let leader = partition.leader().unwrap();
            assert_eq!(leader.epoch.is_some(), version >= 9, "v{version}");
            assert!(world.metadata.broker(leader.id).is_some());
            assert_eq!(partition.replicas().len(), 2);
        }
        // Once more, now that one of them is known to be there.
        let again = world.ask(names(&["one"])).await;
        assert!(again.is_empty(), "v{version}: {again:?}");

        world.ask(AskedTopics::All).await;
        assert!(world.metadata.topic("two").unwrap().exists());
        assert!(
            !world
                .metadata
                .topics()
                .any(|topic| topic.name() == "none" && topic.exists())
        );
        let Some(id) = world.metadata.topic("two").unwrap().id() else {
            assert!(version < 10);
            continue;
        };
        assert!(version >= 10);
        // Where the broker does not answer ids, it lists all, which is filtered.
        let mut other = World::new(&cluster, version).await;
        let ids = [id].into();
        let names = [].into();
        other.ask(AskedTopics::These { names, ids }).await;
        assert_eq!(other.metadata.topic_count(), 1, "v{version}");
        assert_eq!(other.metadata.topic_by_id(id).unwrap().name(), "two");
        assert_eq!(
            other.metadata.leader_by_id(id, 3),
            world.metadata.leader("two", 3)
        );
    }
    cluster.shutdown().await;
}
