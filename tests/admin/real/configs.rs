//! Configs of everything that has some.

use milena::admin::{ConfigChange, ConfigResource, ConfigResourceType, ConfigSource, ConfigType};
use milena::wire::error_code::ErrorCode;

use super::{client, code, settle, topic, unique};

#[tokio::test]
#[ignore = "asks a real cluster"]
async fn configs_are_told_and_changed() {
    let client = client().await;
    let admin = client.admin();
    let topic = topic(&admin, "configs").await;
    let of_topic = ConfigResource::topic(&*topic);
    let (metrics, group) = (unique("metrics"), unique("group"));
    let metrics = ConfigResource::ClientMetrics(metrics);
    let group = ConfigResource::group(group);

    // Those of several brokers at once, each told by its broker.
    let resources = [
        of_topic.clone(),
        ConfigResource::Broker(1),
        ConfigResource::Broker(3),
        ConfigResource::AllBrokers,
        ConfigResource::BrokerLogger(2),
        ConfigResource::topic("nothing-here"),
    ];
    let described = admin.describe_configs(resources);
    let described = described.include_synonyms(true).include_documentation(true);
    let mut described = described.await;
    assert_eq!(
        code(
            described
                .take(&ConfigResource::topic("nothing-here"))
                .unwrap()
        ),
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
    );
    let described = described.all().unwrap();
    assert_eq!(
        described[&ConfigResource::Broker(3)]["node.id"]
            .value
            .as_deref(),
        Some("3")
    );
    assert_eq!(
        described[&ConfigResource::Broker(1)]["node.id"]
            .value
            .as_deref(),
        Some("1")
    );
    assert!(described[&ConfigResource::BrokerLogger(2)].contains_key("root"));
    let retention = &described[&of_topic]["retention.ms"];
    assert!(retention.is_default() && retention.documentation.is_some());
    assert_eq!(retention.config_type, Some(ConfigType::Long));
    let in_sync = &described[&of_topic]["min.insync.replicas"];
    let places: Vec<_> = in_sync.synonyms.iter().map(|one| one.source).collect();
    // From Kafka 4.1 on, clusters that know of eligible leaders have it as a config of their own.
    assert!(
        places.contains(&ConfigSource::StaticBroker) || places.contains(&ConfigSource::AllBrokers),
        "{places:?}"
    );
    let node_id = admin
        .describe_configs([ConfigResource::Broker(1)])
        .only(["node.id"]);
    assert_eq!(
        node_id.await.all().unwrap()[&ConfigResource::Broker(1)].len(),
        1
    );

    let changes = vec![
        (
            of_topic.clone(),
            vec![
                ("retention.ms", ConfigChange::set("60000")),
                ("cleanup.policy", ConfigChange::Append("compact".into())),
            ],
        ),
        (
            ConfigResource::Broker(2),
            vec![("log.cleaner.threads", ConfigChange::set("2"))],
        ),
        (
            ConfigResource::AllBrokers,
            vec![(
                "log.cleaner.io.buffer.load.factor",
                ConfigChange::set("0.8"),
            )],
        ),
        (
            ConfigResource::BrokerLogger(1),
            vec![("kafka.server.KafkaApis", ConfigChange::set("ERROR"))],
        ),
        (
            metrics.clone(),
            vec![("interval.ms", ConfigChange::set("60000"))],
        ),
        (
            group.clone(),
            vec![("consumer.session.timeout.ms", ConfigChange::set("50000"))],
        ),
        (
            ConfigResource::topic("nothing-here"),
            vec![("retention.ms", ConfigChange::Delete)],
        ),
    ];
    let valid = admin
        .incremental_alter_configs(changes[..1].to_vec())
        .validate_only(true);
    valid.await.all().unwrap();
    let mut altered = admin.incremental_alter_configs(changes).await;
    assert_eq!(
        code(
            altered
                .take(&ConfigResource::topic("nothing-here"))
                .unwrap()
        ),
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
    );
    altered.all().unwrap();
    let value = |resource: ConfigResource, name: &'static str| {
        let admin = &admin;
        async move {
            let configs = admin.describe_config(resource).await.unwrap();
            configs
                .get(name)
                .and_then(|entry| entry.value.clone())
                .unwrap_or_default()
        }
    };
    settle(&admin).await;
    assert!(
        value(of_topic.clone(), "retention.ms").await == "60000"
            && value(of_topic.clone(), "cleanup.policy").await == "delete,compact"
            && value(ConfigResource::Broker(2), "log.cleaner.threads").await == "2"
            && value(
                ConfigResource::AllBrokers,
                "log.cleaner.io.buffer.load.factor",
            )
            .await
                == "0.8"
            && value(ConfigResource::BrokerLogger(1), "kafka.server.KafkaApis").await == "ERROR"
            && value(metrics.clone(), "interval.ms").await == "60000"
            && value(group.clone(), "consumer.session.timeout.ms").await == "50000"
    );

    let listed = admin.list_config_resources([]).await.unwrap();
    for resource in [&of_topic, &metrics, &group, &ConfigResource::Broker(1)] {
        assert!(listed.contains(resource), "{resource}");
    }
    let groups = admin
        .list_config_resources([ConfigResourceType::Group])
        .await
        .unwrap();
    assert!(groups.contains(&group) && !groups.contains(&of_topic));
    let listed = admin.list_client_metrics_resources().await.unwrap();
    assert!(listed.contains(&metrics) && !listed.contains(&group));

    let back = vec![
        (
            of_topic.clone(),
            vec![("cleanup.policy", ConfigChange::Subtract("compact".into()))],
        ),
        (
            ConfigResource::Broker(2),
            vec![("log.cleaner.threads", ConfigChange::Delete)],
        ),
        (
            ConfigResource::AllBrokers,
            vec![("log.cleaner.io.buffer.load.factor", ConfigChange::Delete)],
        ),
        (
            ConfigResource::BrokerLogger(1),
            vec![("kafka.server.KafkaApis", ConfigChange::Delete)],
        ),
        (metrics, vec![("interval.ms", ConfigChange::Delete)]),
        (
            group,
            vec![("consumer.session.timeout.ms", ConfigChange::Delete)],
        ),
    ];
    admin.incremental_alter_configs(back).await.all().unwrap();
    settle(&admin).await;
    assert!(
        value(of_topic.clone(), "cleanup.policy").await == "delete"
            && value(ConfigResource::Broker(2), "log.cleaner.threads").await == "1"
    );
    admin.delete_topic(topic).await.unwrap();
}
