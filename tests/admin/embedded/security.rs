//! Access rules, quotas, users, tokens.

use std::time::Duration;

use milena::Client;
use milena::admin::{
    AclBinding, AclBindingFilter, AclOperation, AclResourceType, PatternType, Principal,
    QuotaEntity, QuotaEntityType, QuotaFilter, ScramCredentialChange, ScramMechanism,
};
use milena::sasl::ScramSha256;
use milena::wire::error_code::ErrorCode;
use milena_broker::{Cluster, Sasl};

use super::{client, code, three};

#[tokio::test(start_paused = true)]
async fn access_rules_come_and_go() {
    let cluster = three().start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    let user = "User:alice";
    let read = AclBinding::allow(user, AclOperation::Read).on(AclResourceType::Topic, "orders");
    let write = AclBinding::deny(user, AclOperation::Write)
        .on_prefix(AclResourceType::Topic, "ord")
        .from_host("127.0.0.1");
    // A cluster has one name.
    let bad = AclBinding::allow(user, AclOperation::Alter).on(AclResourceType::Cluster, "other");
    let mut created = admin
        .create_acls([read.clone(), write.clone(), bad.clone()])
        .await;
    assert_eq!(
        code(created.take(&bad).unwrap()),
        ErrorCode::INVALID_REQUEST
    );
    created.all().unwrap();
    let of_user = AclBindingFilter::any().principal(user);
    assert_eq!(admin.describe_acls(of_user.clone()).await.unwrap().len(), 2);
    let literal = of_user
        .clone()
        .resource_name("orders", PatternType::Literal);
    let described = admin.describe_acls(literal).await.unwrap();
    assert_eq!(described, std::slice::from_ref(&read));
    let filters = [
        AclBindingFilter::from(read.clone()),
        of_user.clone().operation(AclOperation::Write),
    ];
    let deleted = admin.delete_acls(filters.clone()).await.all().unwrap();
    for (filter, rule) in filters.iter().zip([read, write]) {
        let gone: Vec<_> = deleted[filter].successes().map(|(rule, ())| rule).collect();
        assert_eq!(gone, [&rule]);
    }
    assert_eq!(admin.describe_acls(of_user).await.unwrap(), []);
    client.close().await;
}

#[tokio::test(start_paused = true)]
async fn quotas_come_and_go() {
    let cluster = three().start().await.unwrap();
    let client = client(&cluster).await;
    let admin = client.admin();
    let entity = QuotaEntity::user("alice");
    let both = QuotaEntity::user("alice").and(QuotaEntityType::ClientId, None);
    let nowhere = QuotaEntity::ip("::nowhere::");
    let rate = "producer_byte_rate";
    let changes = [
        (entity.clone(), vec![(rate, Some(1e6))]),
        (both.clone(), vec![(rate, Some(5e5))]),
        (nowhere.clone(), vec![(rate, Some(1.0))]),
    ];
    let of_user = QuotaFilter::all().named(QuotaEntityType::User, "alice");
    let valid = admin
        .alter_client_quotas(changes[..2].to_vec())
        .validate_only(true);
    valid.await.all().unwrap();
    let found = admin.describe_client_quotas(of_user.clone()).await.unwrap();
    assert!(found.is_empty());
    let mut altered = admin.alter_client_quotas(changes).await;
    assert_eq!(
        code(altered.take(&nowhere).unwrap()),
        ErrorCode::INVALID_REQUEST
    );
    altered.all().unwrap();
    let found = admin.describe_client_quotas(of_user.clone()).await.unwrap();
    assert_eq!((found[&entity][rate], found[&both][rate]), (1e6, 5e5));
    let only = admin.describe_client_quotas(of_user.only()).await.unwrap();
    assert_eq!(only.into_keys().collect::<Vec<_>>(), [entity]);
    client.close().await;
}

/// Brokers to whom alice logs in.
async fn secured() -> Cluster {
    let sasl = Sasl::new()
        .scram_sha_256()
        .scram_iterations(4096)
        .user("alice", "alice-secret");
    three().sasl(sasl).start().await.unwrap()
}

async fn log_in(cluster: &Cluster, sasl: ScramSha256) -> Result<Client, milena::Error> {
    let dialer = cluster.dialer();
    let client = Client::builder()
        .bootstrap(cluster.bootstrap().to_vec())
        .dialer(move |address: String| {
            let dialer = dialer.clone();
            async move { dialer.connect(&address).await }
        })
        .sasl(sasl)
        .allow_plaintext_credentials(true)
        .deadline(Duration::from_secs(10));
    client.build().await
}

#[tokio::test(start_paused = true)]
async fn users_get_passwords_by_which_they_log_in() {
    let cluster = secured().await;
    let alice = log_in(&cluster, ScramSha256::new("alice", "alice-secret"));
    let alice = alice.await.unwrap();
    let admin = alice.admin();
    let mechanism = ScramMechanism::Sha256;
    let changes = [
        ScramCredentialChange::upsert("bob", mechanism, "bob-secret").iterations(4096),
        ScramCredentialChange::delete("nobody", mechanism),
    ];
    let mut altered = admin.alter_user_scram_credentials(changes).await;
    assert_eq!(
        code(altered.take("nobody").unwrap()),
        ErrorCode::RESOURCE_NOT_FOUND
    );
    altered.all().unwrap();
    let mut described = admin
        .describe_user_scram_credentials(["bob", "nobody"])
        .await;
    assert_eq!(
        code(described.take("nobody").unwrap()),
        ErrorCode::RESOURCE_NOT_FOUND
    );
    let credentials = described.take("bob").unwrap().unwrap();
    assert_eq!(
        credentials.into_iter().collect::<Vec<_>>(),
        [(mechanism, 4096)]
    );
    let bob = || ScramSha256::new("bob", "bob-secret");
    log_in(&cluster, bob()).await.unwrap().close().await;
    let gone = [ScramCredentialChange::delete("bob", mechanism)];
    admin
        .alter_user_scram_credentials(gone)
        .await
        .all()
        .unwrap();
    assert!(log_in(&cluster, bob()).await.is_err());
    alice.close().await;
}

#[tokio::test(start_paused = true)]
async fn tokens_are_made_renewed_and_ended() {
    let cluster = secured().await;
    let alice = log_in(&cluster, ScramSha256::new("alice", "alice-secret"));
    let alice = alice.await.unwrap();
    let admin = alice.admin();
    let token = admin
        .create_delegation_token()
        .renewers([Principal::user("bob")])
        .max_lifetime(Duration::from_secs(3600))
        .await
        .unwrap();
    assert_eq!(token.owner, Principal::user("alice"));
    let all = admin.describe_delegation_tokens().await.unwrap();
    assert_eq!(all[0].renewers, [Principal::user("bob")]);
    let sasl = ScramSha256::new(&*token.token_id, token.hmac.password()).delegation_token();
    let by_token = log_in(&cluster, sasl).await.unwrap();
    // One token makes no other.
    assert_eq!(
        code(by_token.admin().create_delegation_token().await),
        ErrorCode::DELEGATION_TOKEN_REQUEST_NOT_ALLOWED
    );
    by_token.close().await;
    let renewed = admin.renew_delegation_token(token.hmac.clone());
    let renewed = renewed.period(Duration::from_secs(60)).await.unwrap();
    assert!(renewed < token.max_time);
    admin
        .expire_delegation_token(token.hmac.clone())
        .await
        .unwrap();
    assert_eq!(
        code(admin.renew_delegation_token(token.hmac).await),
        ErrorCode::DELEGATION_TOKEN_NOT_FOUND
    );
    alice.close().await;
}
