//! Access rules, quotas, users, tokens.

use std::time::Duration;

use milena::Client;
use milena::admin::{
    AclBinding, AclBindingFilter, AclOperation, AclResourceType, PatternType, Principal,
    QuotaEntity, QuotaEntityType, QuotaFilter, ScramCredentialChange, ScramMechanism,
};
use milena::sasl::ScramSha512;
use milena::wire::error_code::ErrorCode;

use super::{client, code, settle, unique};

#[tokio::test]
#[ignore = "asks a real cluster"]
async fn access_rules_come_and_go() {
    let client = client().await;
    let admin = client.admin();
    let user = format!("User:{}", unique("alice"));
    let name = unique("orders");
    let read = AclBinding::allow(&*user, AclOperation::Read).on(AclResourceType::Topic, &*name);
    let write = AclBinding::deny(&*user, AclOperation::Write)
        .on_prefix(AclResourceType::Topic, &name[..8])
        .from_host("127.0.0.1");
    // A cluster has one name.
    let bad = AclBinding::allow(&*user, AclOperation::Alter).on(AclResourceType::Cluster, "other");
    let mut created = admin
        .create_acls([read.clone(), write.clone(), bad.clone()])
        .await;
    assert_eq!(
        code(created.take(&bad).unwrap()),
        ErrorCode::INVALID_REQUEST
    );
    created.all().unwrap();

    let of_user = AclBindingFilter::any().principal(&*user);
    settle(&admin).await;
    let mut found = admin.describe_acls(of_user.clone()).await.unwrap();
    found.sort();
    let mut both = [read.clone(), write.clone()];
    both.sort();
    assert_eq!(found, both);
    // All that hold for the topic.
    let matching = of_user.clone().resource_type(AclResourceType::Topic);
    let matching = matching.resource_name(&*name, PatternType::Match);
    assert_eq!(admin.describe_acls(matching).await.unwrap().len(), 2);
    let literal = of_user.clone().resource_name(&*name, PatternType::Literal);
    let described = admin.describe_acls(literal).await.unwrap();
    assert_eq!(described, std::slice::from_ref(&read));

    let filters = [
        AclBindingFilter::from(read.clone()),
        of_user.clone().operation(AclOperation::Write),
    ];
    let deleted = admin.delete_acls(filters.clone()).await.all().unwrap();
    let gone: Vec<_> = filters
        .iter()
        .map(|filter| {
            let rules: Vec<_> = deleted[filter]
                .successes()
                .map(|(rule, ())| rule.clone())
                .collect();
            rules
        })
        .collect();
    assert_eq!(gone, [[read], [write]]);
    settle(&admin).await;
    assert_eq!(admin.describe_acls(of_user).await.unwrap(), []);
}

#[tokio::test]
#[ignore = "asks a real cluster"]
async fn quotas_come_and_go() {
    let client = client().await;
    let admin = client.admin();
    let user = unique("alice");
    let entity = QuotaEntity::user(&*user);
    let both = QuotaEntity::user(&*user).and(QuotaEntityType::ClientId, None);
    let rate = "producer_byte_rate";
    let changes = [
        (
            entity.clone(),
            vec![(rate, Some(1e6)), ("consumer_byte_rate", Some(2e6))],
        ),
        (both.clone(), vec![(rate, Some(5e5))]),
        (QuotaEntity::ip("::nowhere::"), vec![(rate, Some(1.0))]),
    ];
    let valid = admin
        .alter_client_quotas(changes[..2].to_vec())
        .validate_only(true);
    valid.await.all().unwrap();
    let mut altered = admin.alter_client_quotas(changes).await;
    assert_eq!(
        code(altered.take(&QuotaEntity::ip("::nowhere::")).unwrap()),
        ErrorCode::INVALID_REQUEST
    );
    altered.all().unwrap();

    let of_user = QuotaFilter::all().named(QuotaEntityType::User, &*user);
    settle(&admin).await;
    let found = admin.describe_client_quotas(of_user.clone()).await.unwrap();
    assert_eq!(found[&entity][rate], 1e6);
    assert_eq!(found[&both][rate], 5e5);
    let only = admin
        .describe_client_quotas(of_user.clone().only())
        .await
        .unwrap();
    assert_eq!(only.keys().collect::<Vec<_>>(), [&entity]);
    let defaults = of_user.clone().default_of(QuotaEntityType::ClientId);
    assert_eq!(
        admin.describe_client_quotas(defaults).await.unwrap().len(),
        1
    );
    let any = QuotaFilter::all().any_of(QuotaEntityType::User);
    assert!(admin.describe_client_quotas(any).await.unwrap().len() >= 2);

    let back = [
        (entity, vec![(rate, None), ("consumer_byte_rate", None)]),
        (both, vec![(rate, None)]),
    ];
    admin.alter_client_quotas(back).await.all().unwrap();
    settle(&admin).await;
    assert_eq!(
        admin.describe_client_quotas(of_user).await.unwrap().len(),
        0
    );
}

#[tokio::test]
#[ignore = "asks a real cluster"]
async fn users_get_passwords_by_which_they_log_in() {
    let client = client().await;
    let admin = client.admin();
    let user = unique("bob");
    let (short, long) = (ScramMechanism::Sha256, ScramMechanism::Sha512);
    let changes = [
        ScramCredentialChange::upsert(&*user, short, "bob-secret").iterations(8192),
        ScramCredentialChange::delete("nobody-at-all", long),
    ];
    let mut altered = admin.alter_user_scram_credentials(changes).await;
    assert_eq!(
        code(altered.take("nobody-at-all").unwrap()),
        ErrorCode::RESOURCE_NOT_FOUND
    );
    altered.all().unwrap();
    // Of one user there is one change at a time.
    let more = [ScramCredentialChange::upsert(&*user, long, "bob-secret")];
    admin
        .alter_user_scram_credentials(more)
        .await
        .all()
        .unwrap();
    settle(&admin).await;
    let mut described = admin
        .describe_user_scram_credentials([&*user, "nobody-at-all"])
        .await;
    assert_eq!(
        code(described.take("nobody-at-all").unwrap()),
        ErrorCode::RESOURCE_NOT_FOUND
    );
    let credentials = described.take(&*user).unwrap().unwrap();
    assert_eq!(
        credentials.into_iter().collect::<Vec<_>>(),
        [(short, 8192), (long, 4096)]
    );
    let all = admin.describe_all_user_scram_credentials().await.unwrap();
    assert!(all.all().unwrap().contains_key("alice"));

    if let Ok(address) = std::env::var("MILENA_ADMIN_SASL") {
        let login = |user: &str, password: &'static str| {
            Client::builder()
                .bootstrap([&*address])
                .sasl(ScramSha512::new(user, password))
                .allow_plaintext_credentials(true)
                .deadline(Duration::from_secs(10))
                .build()
        };
        login(&user, "bob-secret").await.unwrap();
        assert!(login(&user, "other-secret").await.is_err());
    }
    for mechanism in [short, long] {
        let gone = ScramCredentialChange::delete(&*user, mechanism);
        admin
            .alter_user_scram_credentials([gone])
            .await
            .all()
            .unwrap();
    }
}

#[tokio::test]
#[ignore = "asks a real cluster"]
async fn tokens_are_made_renewed_and_ended() {
    // Who has not logged in gets none.
    let anonymous = client().await;
    let refused = anonymous.admin().create_delegation_token().await;
    assert_eq!(
        code(refused),
        ErrorCode::DELEGATION_TOKEN_REQUEST_NOT_ALLOWED
    );
    let Ok(address) = std::env::var("MILENA_ADMIN_SASL") else {
        return;
    };
    let login = |sasl: ScramSha512| {
        Client::builder()
            .bootstrap([&*address])
            .sasl(sasl)
            .allow_plaintext_credentials(true)
            .deadline(Duration::from_secs(10))
            .build()
    };
    let alice = login(ScramSha512::new("alice", "alice-secret"))
        .await
        .unwrap();
    let admin = alice.admin();
    let token = admin
        .create_delegation_token()
        .renewers([Principal::user("bob")])
        .max_lifetime(Duration::from_secs(3600))
        .await
        .unwrap();
    assert_eq!(token.owner, Principal::user("alice"));
    assert_eq!(token.max_time - token.issue_time, 3_600_000);
    settle(&admin).await;
    let all = admin.describe_delegation_tokens().await.unwrap();
    let found = all
        .iter()
        .find(|one| one.token_id == token.token_id)
        .unwrap();
    assert_eq!(found.renewers, [Principal::user("bob")]);

    let sasl = ScramSha512::new(&*token.token_id, token.hmac.password()).delegation_token();
    let by_token = login(sasl).await.unwrap();
    // One token makes no other.
    assert_eq!(
        code(by_token.admin().create_delegation_token().await),
        ErrorCode::DELEGATION_TOKEN_REQUEST_NOT_ALLOWED
    );
    let renewed = admin.renew_delegation_token(token.hmac.clone());
    let renewed = renewed.period(Duration::from_secs(60)).await.unwrap();
    assert!(renewed < token.max_time && renewed > token.issue_time);
    admin
        .expire_delegation_token(token.hmac.clone())
        .await
        .unwrap();
    settle(&admin).await;
    assert_eq!(
        code(admin.renew_delegation_token(token.hmac).await),
        ErrorCode::DELEGATION_TOKEN_NOT_FOUND
    );
}
