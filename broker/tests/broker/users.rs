//! Users of SCRAM and delegation tokens, made while the cluster runs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use milena_broker::{Action, ApiKey, Cluster, Fault, Sasl};
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::alter_user_scram_credentials::{
    AlterUserScramCredentialsRequest, ScramCredentialDeletion, ScramCredentialUpsertion,
};
use milena_wire::messages::create_delegation_token::{
    CreatableRenewers, CreateDelegationTokenRequest, CreateDelegationTokenResponse,
};
use milena_wire::messages::describe_delegation_token::{
    DescribeDelegationTokenOwner, DescribeDelegationTokenRequest,
};
use milena_wire::messages::describe_user_scram_credentials::{
    DescribeUserScramCredentialsRequest, UserName,
};
use milena_wire::messages::expire_delegation_token::ExpireDelegationTokenRequest;
use milena_wire::messages::renew_delegation_token::RenewDelegationTokenRequest;
use sha2::Sha256;

use crate::client::Client;
use crate::login::{Hash, Scram};

const SHA_256: i8 = 1;
const SHA_512: i8 = 2;
const DAY: i64 = 24 * 3600 * 1000;

/// Few iterations for those who are there from the start, as nobody here waits for security.
async fn start() -> Cluster {
    let sasl = Sasl::new()
        .plain()
        .scram_sha_256()
        .scram_iterations(10)
        .user("alice", "alice-secret")
        .user("bob", "bob-secret");
    Cluster::builder().sasl(sasl).start().await.unwrap()
}

async fn logged_in(cluster: &Cluster, name: &str) -> Client {
    let mut client = Client::connect(cluster, 1).await;
    let response = client.log_in(name, &format!("{name}-secret")).await;
    assert_eq!(response.error_code, ErrorCode::NONE);
    client
}

/// Logs in by SCRAM-SHA-256.
async fn scram_log_in(
    cluster: &Cluster,
    name: &str,
    password: &str,
    extensions: &str,
    iterations: u32,
) -> Result<Client, ErrorCode> {
    let mut client = Client::connect(cluster, 1).await;
    let mut scram = Scram::new(Hash::Sha256, name, password, extensions);
    let first = client.begin("SCRAM-SHA-256", &scram.first()).await;
    if first.error_code.is_error() {
        return Err(first.error_code);
    }
    let last = scram.last(&first.auth_bytes, iterations);
    let last = client.authenticate(&last).await;
    match last.error_code {
        ErrorCode::NONE => Ok(client),
        code => Err(code),
    }
}

/// A password that is salted as a client does it, by RFC 5802.
fn salted(password: &str, salt: &[u8], iterations: i32) -> Vec<u8> {
    let mac = |message: &[u8]| {
        let mac = Hmac::<Sha256>::new_from_slice(password.as_bytes()).unwrap();
        mac.chain_update(message).finalize().into_bytes().to_vec()
    };
    let mut last = mac(&[salt, &[0, 0, 0, 1]].concat());
    let mut sum = last.clone();
    for _ in 1..iterations {
        last = mac(&last);
        sum = sum.iter().zip(&last).map(|(a, b)| a ^ b).collect();
    }
    sum
}

fn upsertion(
    name: &str,
    password: &str,
    mechanism: i8,
    iterations: i32,
) -> ScramCredentialUpsertion {
    let mut upsertion = ScramCredentialUpsertion::default();
    upsertion.name = name.into();
    upsertion.mechanism = mechanism;
    upsertion.iterations = iterations;
    upsertion.salt = b"pepper".to_vec().into();
    upsertion.salted_password = salted(password, b"pepper", iterations.min(5000)).into();
    upsertion
}

fn deletion(name: &str, mechanism: i8) -> ScramCredentialDeletion {
    let mut deletion = ScramCredentialDeletion::default();
    deletion.name = name.into();
    deletion.mechanism = mechanism;
    deletion
}

fn alter(
    deletions: Vec<ScramCredentialDeletion>,
    upsertions: Vec<ScramCredentialUpsertion>,
) -> AlterUserScramCredentialsRequest {
    let mut request = AlterUserScramCredentialsRequest::default();
    request.deletions = deletions;
    request.upsertions = upsertions;
    request
}

/// The code and the message for each user.
async fn altered(
    client: &mut Client,
    request: &AlterUserScramCredentialsRequest,
) -> Vec<(String, ErrorCode, Option<String>)> {
    let response = client.call(request, 0).await;
    let results = response.results.into_iter().map(|one| {
        let message = one.error_message.map(|message| message.to_string());
        (one.user.to_string(), one.error_code, message)
    });
    results.collect()
}

#[tokio::test]
async fn a_user_who_is_made_can_log_in_until_he_is_deleted() {
    let cluster = start().await;
    let mut admin = logged_in(&cluster, "alice").await;
    let refused = scram_log_in(&cluster, "carol", "pw", "", 4096).await;
    assert!(refused.is_err_and(|code| code == ErrorCode::SASL_AUTHENTICATION_FAILED));
    let upsertions = vec![
        upsertion("carol", "pw", SHA_256, 4096),
        upsertion("dave", "pw", SHA_512, 4096),
    ];
    let made = altered(&mut admin, &alter(Vec::new(), upsertions)).await;
    let done = |name: &str| (name.to_owned(), ErrorCode::NONE, None);
    assert_eq!(made, [done("carol"), done("dave")]);
    let mut carol = scram_log_in(&cluster, "carol", "pw", "", 4096)
        .await
        .ok()
        .unwrap();
    carol.metadata(&[], 13).await;
    assert!(
        scram_log_in(&cluster, "carol", "wrong", "", 4096)
            .await
            .is_err()
    );

    let describe = DescribeUserScramCredentialsRequest::default();
    let response = admin.call(&describe, 0).await;
    let told: Vec<_> = response
        .results
        .iter()
        .map(|one| {
            let info = &one.credential_infos[0];
            (&*one.user, info.mechanism, info.iterations)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("alice", SHA_256, 10),
            ("bob", SHA_256, 10),
            ("carol", SHA_256, 4096),
            ("dave", SHA_512, 4096)
        ]
    );
    let deleted = altered(
        &mut admin,
        &alter(vec![deletion("carol", SHA_256)], Vec::new()),
    )
    .await;
    assert_eq!(deleted, [done("carol")]);
    assert!(
        scram_log_in(&cluster, "carol", "pw", "", 4096)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn what_is_no_credential_is_refused_with_kafkas_codes() {
    // Nobody has to log in here, and there are users all the same.
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    for (request, name, code, message) in [
        (
            alter(vec![], vec![upsertion("u", "pw", SHA_256, 4095)]),
            "u",
            ErrorCode::UNACCEPTABLE_CREDENTIAL,
            "Too few iterations",
        ),
        (
            alter(vec![], vec![upsertion("u", "pw", SHA_256, 16_385)]),
            "u",
            ErrorCode::UNACCEPTABLE_CREDENTIAL,
            "Too many iterations",
        ),
        (
            alter(vec![], vec![upsertion("u", "pw", 9, 4096)]),
            "u",
            ErrorCode::UNSUPPORTED_SASL_MECHANISM,
            "Unknown SCRAM mechanism",
        ),
        (
            alter(vec![], vec![upsertion("", "pw", SHA_256, 4096)]),
            "",
            ErrorCode::UNACCEPTABLE_CREDENTIAL,
            "Username must not be empty",
        ),
        (
            alter(vec![deletion("u", SHA_256)], vec![]),
            "u",
            ErrorCode::RESOURCE_NOT_FOUND,
            "Attempt to delete a user credential that does not exist",
        ),
        (
            alter(
                vec![deletion("u", SHA_256)],
                vec![upsertion("u", "pw", SHA_256, 4096)],
            ),
            "u",
            ErrorCode::DUPLICATE_RESOURCE,
            "A user credential cannot be altered twice in the same request",
        ),
    ] {
        let refused = altered(&mut client, &request).await;
        assert_eq!(refused, [(name.to_owned(), code, Some(message.to_owned()))]);
    }
    let users = |names: &[&str]| {
        let mut request = DescribeUserScramCredentialsRequest::default();
        let names = names.iter().map(|name| {
            let mut user = UserName::default();
            user.name = (*name).into();
            user
        });
        request.users = Some(names.collect());
        request
    };
    for (names, code) in [
        (&["u"][..], ErrorCode::RESOURCE_NOT_FOUND),
        (&["u", "u"], ErrorCode::DUPLICATE_RESOURCE),
    ] {
        let response = client.call(&users(names), 0).await;
        assert_eq!(response.results.len(), 1);
        assert_eq!(response.results[0].error_code, code);
    }
    assert!(client.call(&users(&[]), 0).await.results.is_empty());
}

fn token(renewers: &[&str]) -> CreateDelegationTokenRequest {
    let mut request = CreateDelegationTokenRequest::default();
    request.max_lifetime_ms = -1;
    let renewers = renewers.iter().map(|name| {
        let mut renewer = CreatableRenewers::default();
        renewer.principal_type = "User".into();
        renewer.principal_name = (*name).into();
        renewer
    });
    request.renewers = renewers.collect();
    request
}

async fn issued(client: &mut Client, renewers: &[&str]) -> CreateDelegationTokenResponse {
    let issued = client.call(&token(renewers), 3).await;
    assert_eq!(issued.error_code, ErrorCode::NONE);
    issued
}

fn renew(token: &CreateDelegationTokenResponse, period: i64) -> RenewDelegationTokenRequest {
    let mut request = RenewDelegationTokenRequest::default();
    request.hmac = token.hmac.clone();
    request.renew_period_ms = period;
    request
}

fn expire(token: &CreateDelegationTokenResponse, period: i64) -> ExpireDelegationTokenRequest {
    let mut request = ExpireDelegationTokenRequest::default();
    request.hmac = token.hmac.clone();
    request.expiry_time_period_ms = period;
    request
}

#[tokio::test]
async fn every_version_issues_tokens_with_which_one_logs_in() {
    let cluster = start().await;
    let mut alice = logged_in(&cluster, "alice").await;
    for version in 0..=3 {
        let issued = alice.call(&token(&["bob"]), version).await;
        assert_eq!(issued.error_code, ErrorCode::NONE);
        assert_eq!(
            (&*issued.principal_type, &*issued.principal_name),
            ("User", "alice")
        );
        let requester = if version >= 3 { "alice" } else { "" };
        assert_eq!(issued.token_requester_principal_name, requester);
        assert_eq!(issued.expiry_timestamp_ms - issued.issue_timestamp_ms, DAY);
        assert_eq!(issued.max_timestamp_ms - issued.issue_timestamp_ms, 7 * DAY);
        let password = STANDARD.encode(&issued.hmac);
        let id = &*issued.token_id;
        let mut by_token = scram_log_in(&cluster, id, &password, ",tokenauth=true", 10).await;
        let by_token = by_token.as_mut().ok().unwrap();
        // Who came with a token gets none.
        let refused = by_token.call(&token(&[]), version).await;
        assert_eq!(
            refused.error_code,
            ErrorCode::DELEGATION_TOKEN_REQUEST_NOT_ALLOWED
        );
    }
    for version in 0..=3 {
        let mut request = DescribeDelegationTokenRequest::default();
        request.owners = None;
        let all = alice.call(&request, version).await;
        assert_eq!((all.error_code, all.tokens.len()), (ErrorCode::NONE, 4));
        assert_eq!(all.tokens[0].renewers[0].principal_name, "bob");
        let mut owner = DescribeDelegationTokenOwner::default();
        owner.principal_type = "User".into();
        owner.principal_name = "bob".into();
        request.owners = Some(vec![owner]);
        assert!(alice.call(&request, version).await.tokens.is_empty());
        request.owners = Some(Vec::new());
        assert!(alice.call(&request, version).await.tokens.is_empty());
    }
}

#[tokio::test]
async fn tokens_are_renewed_and_expire() {
    let cluster = start().await;
    let mut alice = logged_in(&cluster, "alice").await;
    let mut bob = logged_in(&cluster, "bob").await;
    let shared = issued(&mut alice, &["bob"]).await;
    let own = issued(&mut alice, &[]).await;
    for version in 0..=2 {
        let renewed = bob.call(&renew(&shared, 3_600_000), version).await;
        assert_eq!(renewed.error_code, ErrorCode::NONE);
        assert!(renewed.expiry_timestamp_ms < shared.expiry_timestamp_ms);
        let refused = bob.call(&renew(&own, 1000), version).await;
        assert_eq!(
            refused.error_code,
            ErrorCode::DELEGATION_TOKEN_OWNER_MISMATCH
        );
        let refused = bob.call(&expire(&own, -1), version).await;
        assert_eq!(
            refused.error_code,
            ErrorCode::DELEGATION_TOKEN_OWNER_MISMATCH
        );
        let later = alice.call(&expire(&shared, DAY), version).await;
        assert_eq!(later.error_code, ErrorCode::NONE);
    }
    assert_eq!(
        alice.call(&expire(&own, -1), 2).await.error_code,
        ErrorCode::NONE
    );
    let gone = alice.call(&expire(&own, -1), 2).await;
    assert_eq!(gone.error_code, ErrorCode::DELEGATION_TOKEN_NOT_FOUND);
    let password = STANDARD.encode(&own.hmac);
    let id = &*own.token_id;
    assert!(
        scram_log_in(&cluster, id, &password, ",tokenauth=true", 10)
            .await
            .is_err()
    );
    let mut of_another = token(&["bob"]);
    of_another.renewers[0].principal_type = "Group".into();
    let refused = alice.call(&of_another, 3).await;
    assert_eq!(refused.error_code, ErrorCode::INVALID_PRINCIPAL_TYPE);
    let mut for_bob = token(&[]);
    for_bob.owner_principal_type = Some("User".into());
    for_bob.owner_principal_name = Some("bob".into());
    let made = alice.call(&for_bob, 3).await;
    assert_eq!(
        (&*made.principal_name, &*made.token_requester_principal_name),
        ("bob", "alice")
    );
}

#[tokio::test]
async fn nobody_has_tokens_who_has_not_logged_in() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let code = ErrorCode::DELEGATION_TOKEN_REQUEST_NOT_ALLOWED;
    let refused = client.call(&token(&[]), 3).await;
    assert_eq!((refused.error_code, refused.issue_timestamp_ms), (code, -1));
    let none = CreateDelegationTokenResponse::default();
    let refused = client.call(&renew(&none, 1), 2).await;
    assert_eq!(
        (refused.error_code, refused.expiry_timestamp_ms),
        (code, -1)
    );
    let refused = client.call(&expire(&none, 1), 2).await;
    assert_eq!(
        (refused.error_code, refused.expiry_timestamp_ms),
        (code, -1)
    );
    let refused = client
        .call(&DescribeDelegationTokenRequest::default(), 3)
        .await;
    assert_eq!(refused.error_code, code);
}

#[tokio::test]
async fn all_of_it_can_be_made_to_fail() {
    let cluster = Cluster::builder().start().await.unwrap();
    let mut client = Client::connect(&cluster, 1).await;
    let code = ErrorCode::DELEGATION_TOKEN_AUTH_DISABLED;
    let keys = [
        ApiKey::ALTER_USER_SCRAM_CREDENTIALS,
        ApiKey::DESCRIBE_USER_SCRAM_CREDENTIALS,
        ApiKey::CREATE_DELEGATION_TOKEN,
        ApiKey::RENEW_DELEGATION_TOKEN,
        ApiKey::EXPIRE_DELEGATION_TOKEN,
        ApiKey::DESCRIBE_DELEGATION_TOKEN,
    ];
    let _faults = keys.map(|key| cluster.inject(Fault::on(key, Action::Error(code))));
    let request = alter(vec![deletion("u", SHA_256), deletion("u", SHA_512)], vec![]);
    assert_eq!(
        altered(&mut client, &request).await,
        [("u".to_owned(), code, None)]
    );
    let request = DescribeUserScramCredentialsRequest::default();
    assert_eq!(client.call(&request, 0).await.error_code, code);
    assert_eq!(client.call(&token(&[]), 3).await.error_code, code);
    let none = CreateDelegationTokenResponse::default();
    assert_eq!(client.call(&renew(&none, 1), 0).await.error_code, code);
    assert_eq!(client.call(&expire(&none, 1), 0).await.error_code, code);
    let request = DescribeDelegationTokenRequest::default();
    assert_eq!(client.call(&request, 0).await.error_code, code);
}
