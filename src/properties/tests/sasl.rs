//! Credentials.

use std::sync::Arc;

use super::*;
use crate::sasl::{SaslAuthenticator, SaslBroker, Step};

const SASL: (&str, &str) = ("security.protocol", "SASL_PLAINTEXT");

fn authenticator(pairs: &[(&str, &str)]) -> Arc<dyn SaslAuthenticator> {
    let settings = settings(&[&[SASL], pairs].concat());
    let connection = &settings.connection.settings;
    assert!(connection.allow_plaintext_credentials);
    // Nothing of it may be seen.
    assert!(!format!("{settings:?}").contains("hunter2"));
    connection.sasl.clone().unwrap()
}

/// What it sends first.
async fn first_message(authenticator: &dyn SaslAuthenticator) -> String {
    let mut session = authenticator.session(&SaslBroker::new("broker", 9092));
    match session.step(None).await.unwrap() {
        Step::Respond(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        step => panic!("{step:?}"),
    }
}

#[tokio::test]
async fn plain_in_both_ways() {
    let jaas = "org.apache.kafka.common.security.plain.PlainLoginModule required \
        username=\"alice\" password=\"hunter2 \\\"=;\";";
    for pairs in [
        &[("sasl.mechanism", "PLAIN"), ("sasl.jaas.config", jaas)][..],
        &[
            ("sasl.mechanisms", "PLAIN"),
            ("sasl.username", "alice"),
            ("sasl.password", "hunter2 \"=;"),
        ],
    ] {
        let plain = authenticator(pairs);
        assert_eq!(plain.mechanism(), "PLAIN");
        assert_eq!(first_message(&*plain).await, "\0alice\0hunter2 \"=;");
    }
}

#[tokio::test]
async fn scram_with_both_hashes_and_delegation_tokens() {
    for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-512"] {
        for (token, first) in [
            ("", false),
            (" tokenauth=true", true),
            (" tokenauth=\"False\"", false),
        ] {
            let jaas =
                format!("x.ScramLoginModule required username=alice password=\"hunter2\"{token};");
            let pairs = [("sasl.mechanism", mechanism), ("sasl.jaas.config", &*jaas)];
            let scram = authenticator(&pairs);
            assert_eq!(scram.mechanism(), mechanism);
            let message = first_message(&*scram).await;
            assert!(message.starts_with("n,,n=alice,r="), "{message}");
            assert_eq!(message.contains(",tokenauth=true"), first, "{message}");
        }
        let scram = authenticator(&[
            ("sasl.mechanisms", mechanism),
            ("sasl.username", "bob"),
            ("sasl.password", "hunter2"),
        ]);
        assert!(first_message(&*scram).await.starts_with("n,,n=bob,"));
    }
}

#[cfg(feature = "oidc")]
#[test]
fn tokens_by_client_credentials_in_both_ways() {
    let url = (
        "sasl.oauthbearer.token.endpoint.url",
        "https://idp.example/token",
    );
    for pairs in [
        &[
            (
                "sasl.login.callback.handler.class",
                "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler",
            ),
            (
                "sasl.jaas.config",
                "x.OAuthBearerLoginModule required clientId='me' \
                clientSecret='hunter2' scope='a b' extension_logicalCluster='lkc-1';",
            ),
            ("sasl.login.connect.timeout.ms", "2000"),
            ("sasl.login.read.timeout.ms", "3000"),
        ][..],
        &[
            ("sasl.oauthbearer.method", "oidc"),
            ("sasl.oauthbearer.client.id", "me"),
            ("sasl.oauthbearer.client.secret", "hunter2"),
            ("sasl.oauthbearer.scope", "a b"),
            ("sasl.oauthbearer.extensions", "logicalCluster=lkc-1"),
            ("sasl.login.read.timeout.ms", "5000"),
        ],
        &[
            ("sasl.oauthbearer.client.credentials.client.id", "me"),
            (
                "sasl.oauthbearer.client.credentials.client.secret",
                "hunter2",
            ),
            ("sasl.oauthbearer.scope", "a b"),
            (
                "sasl.jaas.config",
                "x.OAuthBearerLoginModule required extension_logicalCluster='lkc-1';",
            ),
            ("sasl.login.connect.timeout.ms", "5000"),
        ],
    ] {
        let token = authenticator(&[&[("sasl.mechanism", "OAUTHBEARER"), url], pairs].concat());
        assert_eq!(token.mechanism(), "OAUTHBEARER");
        let text = format!("{token:?}");
        for part in [
            "idp.example",
            "\"me\"",
            "a b",
            "logicalCluster",
            "lkc-1",
            "5s",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    let oauth = |pairs: &[(&'static str, &'static str)]| {
        mistake(&[&[SASL, ("sasl.mechanism", "OAUTHBEARER")], pairs].concat())
    };
    let error = oauth(&[]);
    assert_eq!(error.option, "sasl.oauthbearer.token.endpoint.url");
    let error = oauth(&[
        ("sasl.oauthbearer.token.endpoint.url", "ftp://hunter2"),
        ("sasl.oauthbearer.client.id", "me"),
        ("sasl.oauthbearer.client.secret", "hunter2"),
    ]);
    assert!(
        error.option.ends_with("url") && error.problem.contains("https"),
        "{error}"
    );
    let error = oauth(&[url]);
    assert!(
        error.option.ends_with("client.id") && error.problem.contains("clientId"),
        "{error}"
    );
    let error = oauth(&[url, ("sasl.oauthbearer.client.id", "me")]);
    assert!(error.option.ends_with("client.secret"), "{error}");
    let whole = [
        url,
        ("sasl.oauthbearer.client.id", "me"),
        ("sasl.oauthbearer.client.secret", "hunter2"),
    ];
    let error = oauth(&[&whole[..], &[("sasl.oauthbearer.extensions", "hunter2")]].concat());
    assert_eq!(error.option, "sasl.oauthbearer.extensions");
    let error = oauth(&[&whole[..], &[("sasl.login.read.timeout.ms", "0")]].concat());
    assert_eq!(error.option, "sasl.login.read.timeout.ms");
    let jaas = (
        "sasl.jaas.config",
        "OAuthBearerLoginModule required clientSecret=\"hunter2\";",
    );
    let error = oauth(&[&whole[..], &[jaas]].concat());
    assert!(
        error.option.ends_with("secret") && error.problem.contains("clientSecret of sasl.jaas"),
        "{error}"
    );
    let jaas = (
        "sasl.jaas.config",
        "OAuthBearerLoginModule required unsecuredLoginStringClaim_sub=\"hunter2\";",
    );
    let error = oauth(&[&whole[..], &[jaas]].concat());
    assert!(
        error.problem.contains("unsecuredLoginStringClaim_sub"),
        "{error}"
    );
    let handler = ("sasl.login.callback.handler.class", "my.Handler");
    let error = oauth(&[&whole[..], &[handler]].concat());
    assert!(
        error.problem.contains("OAuthBearerLoginCallbackHandler"),
        "{error}"
    );
}

#[cfg(feature = "aws-msk-iam")]
#[test]
fn aws_with_the_credentials_of_the_environment() {
    let aws = authenticator(&[
        ("sasl.mechanism", "AWS_MSK_IAM"),
        (
            "sasl.jaas.config",
            "software.amazon.msk.auth.iam.IAMLoginModule required;",
        ),
        (
            "sasl.client.callback.handler.class",
            "software.amazon.msk.auth.iam.IAMClientCallbackHandler",
        ),
    ]);
    assert_eq!(aws.mechanism(), "AWS_MSK_IAM");
    assert!(format!("{aws:?}").contains("AwsEnvironmentCredentials"));
    let error = mistake(&[
        SASL,
        ("sasl.mechanism", "AWS_MSK_IAM"),
        (
            "sasl.jaas.config",
            "IAMLoginModule required awsRoleArn=\"hunter2\";",
        ),
    ]);
    assert!(error.problem.contains("no option awsRoleArn"), "{error}");
}

#[cfg(feature = "gssapi")]
#[test]
fn kerberos_in_both_ways() {
    for pairs in [
        &[(
            "sasl.jaas.config",
            "com.sun.security.auth.module.Krb5LoginModule required \
            useTicketCache=true serviceName=\"k\" principal=\"alice@X\";",
        )][..],
        &[
            ("sasl.kerberos.service.name", "k"),
            ("sasl.kerberos.principal", "alice@X"),
        ],
    ] {
        let gssapi = authenticator(pairs);
        assert_eq!(gssapi.mechanism(), "GSSAPI");
        let text = format!("{gssapi:?}");
        assert!(text.contains("\"k\"") && text.contains("alice@X"), "{text}");
    }
    let keytab = "Krb5LoginModule required useKeyTab=true keyTab=\"/x\";";
    let error = mistake(&[SASL, ("sasl.jaas.config", keytab)]);
    assert!(error.problem.contains("KRB5_CLIENT_KTNAME"), "{error}");
}

#[test]
fn mistakes() {
    const PLAIN: (&str, &str) = ("sasl.mechanism", "PLAIN");
    const USER: (&str, &str) = ("sasl.username", "alice");
    const PASSWORD: (&str, &str) = ("sasl.password", "hunter2");
    let jaas = |text: &'static str| ("sasl.jaas.config", text);
    assert_mistakes(&[
        (
            &[SASL, ("sasl.mechanism", "plain")],
            "sasl.mechanism",
            &[
                "\"plain\"",
                "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER, GSSAPI, AWS_MSK_IAM",
            ],
        ),
        (
            &[SASL, PLAIN],
            "sasl.username",
            &["missing", "sasl.jaas.config"],
        ),
        (&[SASL, PLAIN, USER], "sasl.password", &["missing"]),
        (&[SASL, PLAIN, PASSWORD], "sasl.username", &["missing"]),
        (
            &[SASL, PLAIN, ("sasl.username", ""), PASSWORD],
            "sasl.username",
            &["missing"],
        ),
        (
            &[
                SASL,
                PLAIN,
                jaas("PlainLoginModule required password=\"hunter2\";"),
            ],
            "sasl.jaas.config",
            &["username is missing"],
        ),
        (
            &[
                SASL,
                PLAIN,
                jaas("PlainLoginModule required username=\"hunter2\";"),
            ],
            "sasl.jaas.config",
            &["password is missing"],
        ),
        (
            &[
                SASL,
                PLAIN,
                USER,
                jaas("PlainLoginModule required username='a' password='hunter2';"),
            ],
            "sasl.username",
            &["username of sasl.jaas.config says the same"],
        ),
        (
            &[
                SASL,
                PLAIN,
                PASSWORD,
                jaas("PlainLoginModule required username='a' password='hunter2';"),
            ],
            "sasl.password",
            &["password of sasl.jaas.config says the same"],
        ),
        (
            &[
                SASL,
                PLAIN,
                jaas("PlainLoginModule required username='a' password='hunter2' user_b='hunter2';"),
            ],
            "sasl.jaas.config",
            &["PlainLoginModule has no option user_b"],
        ),
        (
            &[
                SASL,
                PLAIN,
                jaas("x.ScramLoginModule required username='a' password='hunter2';"),
            ],
            "sasl.jaas.config",
            &[
                "x.ScramLoginModule",
                "sasl.mechanism is PLAIN",
                "needs PlainLoginModule",
            ],
        ),
        (
            &[
                SASL,
                PLAIN,
                jaas("PlainLoginModule required password=\"hunter2\""),
            ],
            "sasl.jaas.config",
            &["semicolon"],
        ),
        (
            &[SASL, PLAIN, jaas("hunter2")],
            "sasl.jaas.config",
            &["required, requisite"],
        ),
        (
            &[
                SASL,
                ("sasl.mechanism", "SCRAM-SHA-256"),
                jaas("ScramLoginModule required username='a' password='b' tokenauth='hunter2';"),
            ],
            "sasl.jaas.config",
            &["tokenauth is neither true nor false"],
        ),
        (
            &[
                SASL,
                PLAIN,
                USER,
                PASSWORD,
                ("sasl.kerberos.service.name", "k"),
            ],
            "sasl.kerberos.service.name",
            &["says nothing of PLAIN, which is the sasl.mechanism"],
        ),
        (
            &[
                SASL,
                PLAIN,
                USER,
                PASSWORD,
                ("sasl.oauthbearer.client.secret", "hunter2"),
            ],
            "sasl.oauthbearer.client.secret",
            &["says nothing of PLAIN"],
        ),
        (
            &[SASL, USER],
            "sasl.username",
            &["says nothing of GSSAPI", "as it is not given"],
        ),
    ]);
    #[cfg(not(feature = "gssapi"))]
    assert_mistakes(&[(&[SASL], "sasl.mechanism", &["GSSAPI", "feature gssapi"])]);
    #[cfg(not(feature = "oidc"))]
    assert_mistakes(&[(
        &[SASL, ("sasl.mechanism", "OAUTHBEARER")],
        "sasl.mechanism",
        &["feature oidc"],
    )]);
    #[cfg(not(feature = "aws-msk-iam"))]
    assert_mistakes(&[(
        &[SASL, ("sasl.mechanism", "AWS_MSK_IAM")],
        "sasl.mechanism",
        &["feature aws-msk-iam"],
    )]);
    #[cfg(not(feature = "tls"))]
    assert_mistakes(&[(
        &[("security.protocol", "SSL")],
        "security.protocol",
        &["feature ring"],
    )]);
}
