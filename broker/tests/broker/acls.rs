//! Access rules.

use milena_broker::{Action, ApiKey, Cluster, Fault};
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::create_acls::{AclCreation, CreateAclsRequest};
use milena_wire::messages::delete_acls::{DeleteAclsFilter, DeleteAclsRequest};
use milena_wire::messages::describe_acls::DescribeAclsRequest;

use crate::client::Client;

const ANY: i8 = 1;
const TOPIC: i8 = 2;
const MATCH: i8 = 2;
const LITERAL: i8 = 3;
const PREFIXED: i8 = 4;
const READ: i8 = 3;
const ALLOW: i8 = 3;

fn acl(resource_type: i8, name: &str, pattern_type: i8) -> AclCreation {
    let mut acl = AclCreation::default();
    acl.resource_type = resource_type;
    acl.resource_name = name.into();
    acl.resource_pattern_type = pattern_type;
    acl.principal = "User:alice".into();
    acl.host = "*".into();
    acl.operation = READ;
    acl.permission_type = ALLOW;
    acl
}

async fn create(
    client: &mut Client,
    acls: &[AclCreation],
    version: i16,
) -> Vec<(ErrorCode, Option<String>)> {
    let mut request = CreateAclsRequest::default();
    request.creations = acls.to_vec();
    let response = client.call(&request, version).await;
    let results = response.results.into_iter();
    results
        .map(|one| {
            (
                one.error_code,
                one.error_message.map(|message| message.to_string()),
            )
        })
        .collect()
}

fn find(name: Option<&str>, pattern_type: i8) -> DescribeAclsRequest {
    let mut request = DescribeAclsRequest::default();
    request.resource_type_filter = ANY;
    request.resource_name_filter = name.map(Into::into);
    request.pattern_type_filter = pattern_type;
    request.principal_filter = None;
    request.host_filter = None;
    request.operation = ANY;
    request.permission_type = ANY;
    request
}

/// The names of the resources that have rules, and how many each has.
async fn found(
    client: &mut Client,
    request: &DescribeAclsRequest,
    version: i16,
) -> Vec<(String, usize)> {
    let response = client.call(request, version).await;
    assert_eq!(response.error_code, ErrorCode::NONE);
    let resources = response.resources.iter();
    resources
        .map(|one| (one.resource_name.to_string(), one.acls.len()))
        .collect()
}

#[tokio::test]
async fn rules_are_made_found_and_taken_away() {
    let cluster = Cluster::builder().nodes(2).start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let mut other = Client::connect(&cluster, 2).await;
    let rules = [
        acl(TOPIC, "orders", LITERAL),
        acl(TOPIC, "ord", PREFIXED),
        acl(TOPIC, "*", LITERAL),
        acl(TOPIC, "orders", LITERAL),
    ];
    let created = create(&mut client, &rules, 3).await;
    assert!(created.iter().all(|(code, _)| code.is_ok()), "{created:?}");
    for version in 0..=3 {
        let mut rule = acl(TOPIC, "orders", LITERAL);
        rule.operation = 4 + i8::try_from(version).unwrap();
        assert!(create(&mut client, &[rule], version).await[0].0.is_ok());
    }
    let all = |counts: [usize; 3]| {
        let names = ["*", "ord", "orders"].map(str::to_owned);
        names.into_iter().zip(counts).collect::<Vec<_>>()
    };
    assert_eq!(found(&mut other, &find(None, ANY), 1).await, all([1, 1, 5]));
    assert_eq!(
        found(&mut other, &find(Some("orders"), MATCH), 2).await,
        all([1, 1, 5])
    );
    let literal = [("orders".to_owned(), 5)];
    for version in 0..=3 {
        let request = find(Some("orders"), LITERAL);
        assert_eq!(found(&mut other, &request, version).await, literal);
    }
    let mut request = find(None, ANY);
    request.operation = READ;
    assert_eq!(found(&mut other, &request, 3).await, all([1, 1, 1]));
    request.principal_filter = Some("User:bob".into());
    assert_eq!(found(&mut other, &request, 3).await, []);

    let mut filter = DeleteAclsFilter::default();
    filter.resource_type_filter = TOPIC;
    filter.resource_name_filter = Some("orders".into());
    filter.pattern_type_filter = LITERAL;
    filter.principal_filter = None;
    filter.host_filter = None;
    filter.permission_type = ANY;
    for version in 0..=3 {
        filter.operation = 4 + i8::try_from(version).unwrap();
        let mut request = DeleteAclsRequest::default();
        request.filters = vec![filter.clone()];
        let response = client.call(&request, version).await;
        let result = &response.filter_results[0];
        assert_eq!(result.error_code, ErrorCode::NONE);
        assert_eq!(result.matching_acls.len(), 1);
        assert_eq!(result.matching_acls[0].operation, filter.operation);
        let response = client.call(&request, version).await;
        assert!(response.filter_results[0].matching_acls.is_empty());
    }
    assert_eq!(found(&mut other, &find(None, ANY), 3).await, all([1, 1, 1]));
}

#[tokio::test]
async fn what_is_no_rule_is_refused() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let mut nobody = acl(TOPIC, "t", LITERAL);
    nobody.principal = "alice".into();
    let refused = [
        (
            acl(4, "x", LITERAL),
            "The only valid name for the CLUSTER resource is kafka-cluster",
        ),
        (acl(TOPIC, "", LITERAL), "Invalid empty resource name"),
        (acl(ANY, "t", LITERAL), "Invalid resourceType ANY"),
        (acl(TOPIC, "t", ANY), "Invalid patternType ANY"),
        (
            nobody,
            "Could not parse principal from `alice` (no colon is present separating the principal type from the principal name)",
        ),
    ];
    for (rule, message) in refused {
        let created = create(&mut client, &[rule, acl(TOPIC, "good", LITERAL)], 3).await;
        let expected = (ErrorCode::INVALID_REQUEST, Some(message.to_owned()));
        assert_eq!(created[0], expected);
        assert!(created[1].0.is_ok());
    }
    assert_eq!(
        found(&mut client, &find(None, ANY), 3).await,
        [("good".to_owned(), 1)]
    );
    let response = client.call(&find(None, 0), 3).await;
    assert_eq!(response.error_code, ErrorCode::INVALID_REQUEST);
}

#[tokio::test]
async fn all_of_it_can_be_made_to_fail() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let code = ErrorCode::SECURITY_DISABLED;
    let keys = [
        ApiKey::CREATE_ACLS,
        ApiKey::DESCRIBE_ACLS,
        ApiKey::DELETE_ACLS,
    ];
    let _faults = keys.map(|key| cluster.inject(Fault::on(key, Action::Error(code))));
    let created = create(&mut client, &[acl(TOPIC, "t", LITERAL)], 0).await;
    assert_eq!(created, [(code, None)]);
    assert_eq!(client.call(&find(None, ANY), 1).await.error_code, code);
    let mut request = DeleteAclsRequest::default();
    request.filters = vec![DeleteAclsFilter::default()];
    assert_eq!(
        client.call(&request, 3).await.filter_results[0].error_code,
        code
    );
}
