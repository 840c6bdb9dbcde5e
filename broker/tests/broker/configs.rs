//! DescribeConfigs, AlterConfigs, IncrementalAlterConfigs and ListConfigResources.

use milena_broker::{Action, ApiKey, Cluster, Fault};
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::alter_configs::{
    AlterConfigsRequest, AlterConfigsResource as FullResource, AlterableConfig as FullConfig,
};
use milena_wire::messages::describe_configs::{
    DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResourceResult,
    DescribeConfigsResult,
};
use milena_wire::messages::incremental_alter_configs::{
    AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest,
};
use milena_wire::messages::list_config_resources::ListConfigResourcesRequest;

use crate::client::{Client, batch};

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const LOGGER: i8 = 8;
const CLIENT_METRICS: i8 = 16;
const GROUP: i8 = 32;

const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

type Op<'a> = (&'a str, i8, Option<&'a str>);

fn incremental(resource_type: i8, name: &str, ops: &[Op<'_>]) -> IncrementalAlterConfigsRequest {
    let mut resource = AlterConfigsResource::default();
    resource.resource_type = resource_type;
    resource.resource_name = name.into();
    for (name, operation, value) in ops {
        let mut config = AlterableConfig::default();
        config.name = (*name).into();
        config.config_operation = *operation;
        config.value = value.map(Into::into);
        resource.configs.push(config);
    }
    let mut request = IncrementalAlterConfigsRequest::default();
    request.resources = vec![resource];
    request
}

fn full(resource_type: i8, name: &str, configs: &[(&str, Option<&str>)]) -> AlterConfigsRequest {
    let mut resource = FullResource::default();
    resource.resource_type = resource_type;
    resource.resource_name = name.into();
    for (name, value) in configs {
        let mut config = FullConfig::default();
        config.name = (*name).into();
        config.value = value.map(Into::into);
        resource.configs.push(config);
    }
    let mut request = AlterConfigsRequest::default();
    request.resources = vec![resource];
    request
}

/// The code and message of an incremental alteration.
async fn alter(
    client: &mut Client,
    request: &IncrementalAlterConfigsRequest,
) -> (ErrorCode, Option<String>) {
    let mut response = client.call(request, 1).await;
    assert_eq!(response.responses.len(), 1);
    let answer = response.responses.remove(0);
    assert_eq!(answer.resource_type, request.resources[0].resource_type);
    assert_eq!(answer.resource_name, request.resources[0].resource_name);
    let message = answer.error_message;
    (
        answer.error_code,
        message.map(|message| message.to_string()),
    )
}

async fn set(client: &mut Client, resource_type: i8, name: &str, ops: &[Op<'_>]) {
    let done = alter(client, &incremental(resource_type, name, ops)).await;
    assert_eq!(done, (ErrorCode::NONE, None), "{ops:?}");
}

async fn describe(
    client: &mut Client,
    resource_type: i8,
    name: &str,
    keys: &[&str],
    version: i16,
) -> DescribeConfigsResult {
    let mut resource = DescribeConfigsResource::default();
    resource.resource_type = resource_type;
    resource.resource_name = name.into();
    let wanted = keys.iter().map(|key| (*key).into()).collect();
    resource.configuration_keys = (!keys.is_empty()).then_some(wanted);
    let mut request = DescribeConfigsRequest::default();
    request.resources = vec![resource];
    request.include_synonyms = version >= 1;
    let mut response = client.call(&request, version).await;
    assert_eq!(response.results.len(), 1);
    response.results.remove(0)
}

async fn config(
    client: &mut Client,
    resource_type: i8,
    name: &str,
    key: &str,
) -> DescribeConfigsResourceResult {
    let mut result = describe(client, resource_type, name, &[key], 4).await;
    assert_eq!(result.error_code, ErrorCode::NONE, "{result:?}");
    assert_eq!(result.configs.len(), 1, "{key}");
    result.configs.remove(0)
}

/// Value and source.
async fn value(client: &mut Client, resource_type: i8, name: &str, key: &str) -> (String, i8) {
    let config = config(client, resource_type, name, key).await;
    (config.value.unwrap().to_string(), config.config_source)
}

#[tokio::test]
async fn every_version_describes_a_topic() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    client
        .create_topic_with("t", 1, &[("retention.ms", "1000")])
        .await;
    for version in 0..=4 {
        let result = describe(&mut client, TOPIC, "t", &[], version).await;
        assert_eq!(result.configs.len(), 33);
        for config in &result.configs {
            let own = &*config.name == "retention.ms";
            assert_eq!(config.is_default, version == 0 && !own, "{config:?}");
            assert!(!config.read_only && !config.is_sensitive);
            if version >= 1 {
                assert_eq!(config.config_source, if own { 1 } else { 5 });
            }
            if version >= 3 {
                assert_ne!(config.config_type, 0, "{config:?}");
                assert_eq!(config.documentation, None);
            }
            if own {
                assert_eq!(config.value.as_deref(), Some("1000"));
            }
        }
    }
    let synonyms = config(&mut client, TOPIC, "t", "cleanup.policy")
        .await
        .synonyms;
    let synonyms: Vec<_> = synonyms
        .iter()
        .map(|one| (&*one.name, one.value.as_deref(), one.source))
        .collect();
    assert_eq!(synonyms, [("log.cleanup.policy", Some("delete"), 5)]);
}

#[tokio::test]
async fn what_cannot_be_described_is_refused_with_kafkas_codes() {
    let cluster = Cluster::builder().nodes(2).start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    for (resource_type, name, code, message) in [
        (TOPIC, "none", ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, ""),
        (
            TOPIC,
            "",
            ErrorCode::INVALID_TOPIC_EXCEPTION,
            "Topic name is invalid: the empty string is not allowed",
        ),
        (
            BROKER,
            "2",
            ErrorCode::INVALID_REQUEST,
            "Unexpected broker id, expected 1 or empty string, but received 2",
        ),
        (
            BROKER,
            "x",
            ErrorCode::INVALID_REQUEST,
            "Broker id must be an integer, but it is: x",
        ),
        (
            LOGGER,
            "2",
            ErrorCode::INVALID_REQUEST,
            "Unexpected broker id, expected 1 but received 2",
        ),
        (
            LOGGER,
            "",
            ErrorCode::INVALID_REQUEST,
            "Broker id must not be empty",
        ),
        (
            CLIENT_METRICS,
            "",
            ErrorCode::INVALID_REQUEST,
            "Client metrics subscription name must not be empty",
        ),
        (
            GROUP,
            "",
            ErrorCode::INVALID_REQUEST,
            "Group name must not be empty",
        ),
    ] {
        let result = describe(&mut client, resource_type, name, &[], 4).await;
        assert_eq!(result.error_code, code);
        assert_eq!(result.error_message.as_deref(), Some(message));
        assert!(result.configs.is_empty());
    }
    let result = describe(&mut client, 7, "x", &[], 4).await;
    assert_eq!(result.error_code, ErrorCode::INVALID_REQUEST);
    let message = result.error_message.unwrap();
    assert!(message.contains("malformed by the client"), "{message}");
}

#[tokio::test]
async fn topic_configs_change_one_by_one_and_take_effect() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("t", 1).await;
    assert_eq!(
        client
            .produce(&topic, batch(&["fits"]), 13)
            .await
            .error_code,
        ErrorCode::NONE
    );
    let small = [("max.message.bytes", SET, Some("10"))];
    let mut only = incremental(TOPIC, "t", &small);
    only.validate_only = true;
    assert_eq!(alter(&mut client, &only).await, (ErrorCode::NONE, None));
    assert_eq!(
        client
            .produce(&topic, batch(&["fits"]), 13)
            .await
            .error_code,
        ErrorCode::NONE
    );
    for version in [0, 1] {
        client.call(&incremental(TOPIC, "t", &small), version).await;
        assert_eq!(
            client
                .produce(&topic, batch(&["too large"]), 13)
                .await
                .error_code,
            ErrorCode::MESSAGE_TOO_LARGE
        );
        set(
            &mut client,
            TOPIC,
            "t",
            &[("max.message.bytes", DELETE, None)],
        )
        .await;
        assert_eq!(
            client
                .produce(&topic, batch(&["fits"]), 13)
                .await
                .error_code,
            ErrorCode::NONE
        );
    }
    let policy = "cleanup.policy";
    set(
        &mut client,
        TOPIC,
        "t",
        &[(policy, APPEND, Some("compact"))],
    )
    .await;
    assert_eq!(
        value(&mut client, TOPIC, "t", policy).await,
        ("delete,compact".into(), 1)
    );
    set(
        &mut client,
        TOPIC,
        "t",
        &[(policy, SUBTRACT, Some("delete"))],
    )
    .await;
    assert_eq!(
        value(&mut client, TOPIC, "t", policy).await,
        ("compact".into(), 1)
    );
}

#[tokio::test]
async fn alter_configs_replaces_all_of_them() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let configs = [("retention.ms", "1000"), ("segment.ms", "2000")];
    client.create_topic_with("t", 1, &configs).await;
    for version in 0..=2 {
        let retention = format!("{}", 3000 + version);
        let request = full(TOPIC, "t", &[("retention.ms", Some(&retention))]);
        let response = client.call(&request, version).await;
        assert_eq!(response.responses[0].error_code, ErrorCode::NONE);
        assert_eq!(
            value(&mut client, TOPIC, "t", "retention.ms").await,
            (retention, 1)
        );
        let segment = value(&mut client, TOPIC, "t", "segment.ms").await;
        assert_eq!(segment, ("604800000".into(), 5));
    }
    for (request, code, message) in [
        (
            full(TOPIC, "t", &[("retention.ms", None)]),
            ErrorCode::INVALID_REQUEST,
            "Null value not supported for : retention.ms",
        ),
        (
            full(TOPIC, "none", &[]),
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            "The topic 'none' does not exist.",
        ),
        (
            full(LOGGER, "1", &[]),
            ErrorCode::INVALID_REQUEST,
            "Unknown resource type 8",
        ),
    ] {
        let response = client.call(&request, 2).await;
        let answer = &response.responses[0];
        assert_eq!(
            (answer.error_code, answer.error_message.as_deref()),
            (code, Some(message))
        );
    }
}

#[tokio::test]
async fn what_cannot_be_altered_is_refused_with_kafkas_codes() {
    let cluster = Cluster::builder().nodes(2).start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    client.create_topic("t", 1).await;
    let one = ("retention.ms", SET, Some("1"));
    let cases: &[(i8, &str, &[Op<'_>], ErrorCode, &str)] = &[
        (
            TOPIC,
            "t",
            &[("no.such", SET, Some("1"))],
            ErrorCode::INVALID_CONFIG,
            "Unknown topic config name: no.such",
        ),
        (
            TOPIC,
            "t",
            &[("retention.ms", SET, Some("x"))],
            ErrorCode::INVALID_CONFIG,
            "Invalid value x for configuration retention.ms: Not a number of type LONG",
        ),
        (
            TOPIC,
            "t",
            &[("retention.ms", SET, None)],
            ErrorCode::INVALID_REQUEST,
            "Null value not supported for : retention.ms",
        ),
        (
            TOPIC,
            "t",
            &[("retention.ms", APPEND, Some("1"))],
            ErrorCode::INVALID_CONFIG,
            "Can't APPEND to key retention.ms because its type is not LIST.",
        ),
        (
            TOPIC,
            "t",
            &[("retention.ms", 9, Some("1"))],
            ErrorCode::INVALID_REQUEST,
            "Unknown operations type 9",
        ),
        (
            TOPIC,
            "t",
            &[one, one],
            ErrorCode::INVALID_REQUEST,
            "Error due to duplicate config keys",
        ),
        (
            TOPIC,
            "none",
            &[one],
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            "The topic 'none' does not exist.",
        ),
        (
            TOPIC,
            "",
            &[one],
            ErrorCode::INVALID_REQUEST,
            "Default topic resources are not allowed.",
        ),
        (
            BROKER,
            "2",
            &[("log.cleaner.threads", SET, Some("1"))],
            ErrorCode::INVALID_REQUEST,
            "Unexpected broker id, expected 1, but received 2",
        ),
        (
            BROKER,
            "x",
            &[("log.cleaner.threads", SET, Some("1"))],
            ErrorCode::INVALID_REQUEST,
            "Node id must be an integer, but it is: x",
        ),
        (
            BROKER,
            "1",
            &[("broker.id", SET, Some("5"))],
            ErrorCode::INVALID_REQUEST,
            "Cannot update these configs dynamically: [broker.id]",
        ),
        (
            BROKER,
            "1",
            &[("log.cleaner.threads", APPEND, Some("1"))],
            ErrorCode::INVALID_CONFIG,
            "Config value append is not allowed for config key: log.cleaner.threads",
        ),
        (
            BROKER,
            "",
            &[("listeners", SET, Some("PLAINTEXT://:1"))],
            ErrorCode::INVALID_REQUEST,
            "Cannot update these configs at default cluster level, broker id must be specified: [listeners]",
        ),
        (
            LOGGER,
            "1",
            &[("none", SET, Some("INFO"))],
            ErrorCode::INVALID_CONFIG,
            "Logger none does not exist!",
        ),
        (
            LOGGER,
            "2",
            &[("root", SET, Some("INFO"))],
            ErrorCode::INVALID_REQUEST,
            "Unexpected node id. Expected 1, but received 2",
        ),
        (
            CLIENT_METRICS,
            "",
            &[("interval.ms", SET, Some("1000"))],
            ErrorCode::INVALID_REQUEST,
            "Subscription name can't be empty",
        ),
        (
            CLIENT_METRICS,
            "s",
            &[("x", SET, Some("1"))],
            ErrorCode::INVALID_REQUEST,
            "Unknown client metrics configuration: x",
        ),
        (
            GROUP,
            "",
            &[("consumer.session.timeout.ms", SET, Some("50000"))],
            ErrorCode::INVALID_REQUEST,
            "Default group resources are not allowed.",
        ),
        (
            GROUP,
            "g",
            &[("x", SET, Some("1"))],
            ErrorCode::INVALID_CONFIG,
            "Unknown group config name: x",
        ),
        (
            7,
            "x",
            &[],
            ErrorCode::INVALID_REQUEST,
            "Unknown resource type 7",
        ),
    ];
    for (resource_type, name, ops, code, message) in cases {
        let refused = alter(&mut client, &incremental(*resource_type, name, ops)).await;
        assert_eq!(refused, (*code, Some((*message).to_owned())));
    }
    let mut twice = incremental(TOPIC, "t", &[one]);
    twice.resources.push(twice.resources[0].clone());
    let response = client.call(&twice, 1).await;
    assert_eq!(response.responses.len(), 2);
    for answer in &response.responses {
        assert_eq!(
            answer.error_message.as_deref(),
            Some("Each resource must appear at most once.")
        );
    }
    assert_eq!(value(&mut client, TOPIC, "t", "retention.ms").await.1, 5);
}

#[tokio::test]
async fn brokers_have_configs_of_their_own_and_in_common() {
    let cluster = Cluster::builder()
        .nodes(2)
        .default_partitions(3)
        .start()
        .await
        .unwrap();
    let (mut first, mut second) = (
        Client::connect(&cluster, 1).await,
        Client::connect(&cluster, 2).await,
    );
    let all = describe(&mut first, BROKER, "1", &[], 4).await.configs;
    assert!(all.len() > 300, "{}", all.len());
    assert_eq!(
        value(&mut first, BROKER, "1", "num.partitions").await,
        ("3".into(), 4)
    );
    assert_eq!(
        value(&mut second, BROKER, "2", "broker.id").await,
        ("2".into(), 4)
    );
    let listener = value(&mut second, BROKER, "2", "advertised.listeners").await;
    assert_eq!(
        listener.0,
        format!("PLAINTEXT://{}", cluster.bootstrap()[1])
    );
    let secret = config(&mut first, BROKER, "1", "ssl.keystore.password").await;
    assert!(secret.is_sensitive && secret.value.is_none());
    assert!(config(&mut first, BROKER, "1", "broker.id").await.read_only);

    let threads = "log.cleaner.threads";
    set(&mut first, BROKER, "", &[(threads, SET, Some("2"))]).await;
    set(&mut first, BROKER, "1", &[(threads, SET, Some("3"))]).await;
    assert_eq!(
        value(&mut first, BROKER, "1", threads).await,
        ("3".into(), 2)
    );
    assert_eq!(
        value(&mut second, BROKER, "2", threads).await,
        ("2".into(), 3)
    );
    let common = describe(&mut second, BROKER, "", &[], 4).await.configs;
    assert_eq!(common.len(), 1);
    assert_eq!((&*common[0].name, common[0].synonyms.len()), (threads, 1));
    set(&mut first, BROKER, "1", &[(threads, DELETE, None)]).await;
    let synonyms = config(&mut first, BROKER, "1", threads).await.synonyms;
    let sources: Vec<_> = synonyms.iter().map(|one| one.source).collect();
    assert_eq!(sources, [3, 5]);
}

#[tokio::test]
async fn what_all_brokers_have_is_the_default_of_topics() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let topic = client.create_topic("t", 1).await;
    set(
        &mut client,
        BROKER,
        "",
        &[("message.max.bytes", SET, Some("10"))],
    )
    .await;
    assert_eq!(
        value(&mut client, TOPIC, "t", "max.message.bytes").await,
        ("10".into(), 3)
    );
    let later = client.create_topic("later", 1).await;
    for topic in [&topic, &later] {
        let produced = client.produce(topic, batch(&["too large"]), 13).await;
        assert_eq!(produced.error_code, ErrorCode::MESSAGE_TOO_LARGE);
    }
}

#[tokio::test]
async fn groups_subscriptions_and_loggers_have_configs_and_are_listed() {
    let cluster = Cluster::builder().nodes(2).start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    client.create_topic("t", 1).await;
    let session = "consumer.session.timeout.ms";
    assert_eq!(
        value(&mut client, GROUP, "g", session).await,
        ("45000".into(), 5)
    );
    set(&mut client, GROUP, "g", &[(session, SET, Some("50000"))]).await;
    assert_eq!(
        value(&mut client, GROUP, "g", session).await,
        ("50000".into(), 8)
    );
    set(
        &mut client,
        CLIENT_METRICS,
        "s",
        &[("metrics", APPEND, Some("a,b"))],
    )
    .await;
    assert_eq!(
        value(&mut client, CLIENT_METRICS, "s", "metrics").await,
        ("a,b".into(), 7)
    );
    set(
        &mut client,
        LOGGER,
        "1",
        &[("kafka.controller", SET, Some("DEBUG"))],
    )
    .await;
    assert_eq!(
        value(&mut client, LOGGER, "1", "kafka.controller").await,
        ("DEBUG".into(), 6)
    );

    let mut request = ListConfigResourcesRequest::default();
    let listed = client.call(&request, 0).await.config_resources;
    assert_eq!((listed.len(), &*listed[0].resource_name), (1, "s"));
    let listed = client.call(&request, 1).await.config_resources;
    let listed: Vec<_> = listed
        .iter()
        .map(|one| (one.resource_type, &*one.resource_name))
        .collect();
    let expected = [
        (GROUP, "g"),
        (CLIENT_METRICS, "s"),
        (LOGGER, "1"),
        (LOGGER, "2"),
        (BROKER, "1"),
        (BROKER, "2"),
        (TOPIC, "t"),
    ];
    assert_eq!(listed, expected);
    request.resource_types = vec![TOPIC, 7];
    let refused = client.call(&request, 1).await;
    assert_eq!(refused.error_code, ErrorCode::UNSUPPORTED_VERSION);
}

#[tokio::test]
async fn all_of_it_can_be_made_to_fail() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let code = ErrorCode::CLUSTER_AUTHORIZATION_FAILED;
    let keys = [
        ApiKey::DESCRIBE_CONFIGS,
        ApiKey::ALTER_CONFIGS,
        ApiKey::INCREMENTAL_ALTER_CONFIGS,
        ApiKey::LIST_CONFIG_RESOURCES,
    ];
    let _faults = keys.map(|key| cluster.inject(Fault::on(key, Action::Error(code))));
    for version in [0, 4] {
        assert_eq!(
            describe(&mut client, BROKER, "1", &[], version)
                .await
                .error_code,
            code
        );
    }
    let refused = alter(&mut client, &incremental(TOPIC, "t", &[])).await;
    assert_eq!(refused, (code, None));
    let refused = client.call(&full(TOPIC, "t", &[]), 2).await;
    assert_eq!(refused.responses[0].error_code, code);
    let refused = client.call(&ListConfigResourcesRequest::default(), 1).await;
    assert_eq!(refused.error_code, code);
}
