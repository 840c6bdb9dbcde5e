//! Quotas of clients.

use milena_broker::{Action, ApiKey, Cluster, Fault};
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::alter_client_quotas::{
    AlterClientQuotasRequest, EntityData, EntryData, OpData,
};
use milena_wire::messages::describe_client_quotas::{
    ComponentData, DescribeClientQuotasRequest, DescribeClientQuotasResponse,
};

use crate::client::Client;

type Part<'a> = (&'a str, Option<&'a str>);

fn alter(entity: &[Part<'_>], ops: &[(&str, Option<f64>)]) -> AlterClientQuotasRequest {
    let mut entry = EntryData::default();
    for (entity_type, name) in entity {
        let mut part = EntityData::default();
        part.entity_type = (*entity_type).into();
        part.entity_name = name.map(Into::into);
        entry.entity.push(part);
    }
    for (key, value) in ops {
        let mut op = OpData::default();
        op.key = (*key).into();
        op.value = value.unwrap_or_default();
        op.remove = value.is_none();
        entry.ops.push(op);
    }
    let mut request = AlterClientQuotasRequest::default();
    request.entries = vec![entry];
    request
}

async fn altered(
    client: &mut Client,
    request: &AlterClientQuotasRequest,
    version: i16,
) -> (ErrorCode, Option<String>) {
    let response = client.call(request, version).await;
    let entry = &response.entries[0];
    assert_eq!(entry.entity.len(), request.entries[0].entity.len());
    let message = entry.error_message.as_ref();
    (entry.error_code, message.map(ToString::to_string))
}

fn describe(components: &[(&str, i8, Option<&str>)], strict: bool) -> DescribeClientQuotasRequest {
    let mut request = DescribeClientQuotasRequest::default();
    for (entity_type, match_type, name) in components {
        let mut component = ComponentData::default();
        component.entity_type = (*entity_type).into();
        component.match_type = *match_type;
        component.r#match = name.map(Into::into);
        request.components.push(component);
    }
    request.strict = strict;
    request
}

/// Each quota as `type=name key=value`.
fn told(response: &DescribeClientQuotasResponse) -> Vec<String> {
    assert_eq!(response.error_code, ErrorCode::NONE);
    let entries = response.entries.iter().flatten();
    let told = entries.map(|entry| {
        let parts = entry.entity.iter().map(|part| {
            let name = part.entity_name.as_deref().unwrap_or("<default>");
            format!("{}={name}", part.entity_type)
        });
        let values = entry.values.iter();
        let values = values.map(|value| format!("{}={}", value.key, value.value));
        parts.chain(values).collect::<Vec<_>>().join(" ")
    });
    told.collect()
}

#[tokio::test]
async fn quotas_are_set_found_and_taken_away() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let done = (ErrorCode::NONE, None);
    let alice = alter(
        &[("user", Some("alice"))],
        &[
            ("producer_byte_rate", Some(5.0)),
            ("request_percentage", Some(0.5)),
        ],
    );
    let mut only = alice.clone();
    only.validate_only = true;
    assert_eq!(altered(&mut client, &only, 1).await, done);
    assert!(told(&client.call(&describe(&[], false), 1).await).is_empty());
    assert_eq!(altered(&mut client, &alice, 0).await, done);
    let both = alter(
        &[("user", None), ("client-id", Some("c"))],
        &[("consumer_byte_rate", Some(7.0))],
    );
    assert_eq!(altered(&mut client, &both, 1).await, done);
    let ip = alter(
        &[("ip", Some("127.0.0.1"))],
        &[("connection_creation_rate", Some(9.0))],
    );
    assert_eq!(altered(&mut client, &ip, 1).await, done);

    let of_alice = "user=alice producer_byte_rate=5 request_percentage=0.5";
    let of_both = "client-id=c user=<default> consumer_byte_rate=7";
    let of_ip = "ip=127.0.0.1 connection_creation_rate=9";
    for version in 0..=1 {
        for (components, strict, expected) in [
            (&[][..], false, &[of_both, of_ip, of_alice][..]),
            (&[], true, &[]),
            (&[("user", 0, Some("alice"))], true, &[of_alice]),
            (&[("user", 1, None)], false, &[of_both]),
            (&[("user", 1, None)], true, &[]),
            (&[("user", 2, None)], false, &[of_both, of_alice]),
            (&[("ip", 2, None)], true, &[of_ip]),
        ] {
            let response = client.call(&describe(components, strict), version).await;
            assert_eq!(told(&response), expected, "{components:?}");
        }
    }
    let gone = alter(
        &[("ip", Some("127.0.0.1"))],
        &[("connection_creation_rate", None)],
    );
    assert_eq!(altered(&mut client, &gone, 1).await, done);
    let response = client.call(&describe(&[], false), 1).await;
    assert_eq!(told(&response), [of_both, of_alice]);
}

#[tokio::test]
async fn what_is_no_quota_is_refused_with_kafkas_codes() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let rate = ("producer_byte_rate", Some(1.0));
    for (request, message) in [
        (alter(&[], &[rate]), "Invalid empty client quota entity"),
        (
            alter(&[("pet", None)], &[rate]),
            "Unhandled client quota entity type: pet",
        ),
        (
            alter(&[("user", Some(""))], &[rate]),
            "Empty user not supported",
        ),
        (
            alter(&[("user", None)], &[("x", Some(1.0))]),
            "Invalid configuration key x",
        ),
        (
            alter(&[("user", None)], &[("producer_byte_rate", Some(-1.0))]),
            "Quota producer_byte_rate must be greater than 0",
        ),
        (
            alter(&[("user", None)], &[rate, rate]),
            "Duplicate quota key producer_byte_rate not updating quota for this entity",
        ),
    ] {
        let refused = altered(&mut client, &request, 1).await;
        assert_eq!(
            refused,
            (ErrorCode::INVALID_REQUEST, Some(message.to_owned()))
        );
    }
    for (components, code, message) in [
        (
            &[("pet", 2, None)][..],
            ErrorCode::UNSUPPORTED_VERSION,
            "Unsupported entity type pet",
        ),
        (
            &[("user", 9, None)],
            ErrorCode::INVALID_REQUEST,
            "Unknown match type 9",
        ),
        (
            &[("user", 2, None), ("user", 2, None)],
            ErrorCode::INVALID_REQUEST,
            "Entity type user cannot appear more than once in the filter.",
        ),
    ] {
        let response = client.call(&describe(components, false), 1).await;
        assert_eq!(
            (response.error_code, response.error_message.as_deref()),
            (code, Some(message))
        );
        assert_eq!(response.entries, None);
    }
}

#[tokio::test]
async fn both_can_be_made_to_fail() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let code = ErrorCode::CLUSTER_AUTHORIZATION_FAILED;
    let keys = [ApiKey::ALTER_CLIENT_QUOTAS, ApiKey::DESCRIBE_CLIENT_QUOTAS];
    let _faults = keys.map(|key| cluster.inject(Fault::on(key, Action::Error(code))));
    let request = alter(&[("user", Some("a"))], &[]);
    assert_eq!(altered(&mut client, &request, 1).await, (code, None));
    assert_eq!(client.call(&describe(&[], false), 0).await.error_code, code);
}
