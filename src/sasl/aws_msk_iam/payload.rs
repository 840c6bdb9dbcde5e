//! The client's message and the broker's answer, both JSON.

use std::collections::BTreeMap;

use serde_json::Value;
use zeroize::Zeroizing;

use super::credentials::AwsCredentials;
use super::sigv4::{ALGORITHM, Instant, Scope, canonical_get};
use crate::sasl::error::SaslError;

/// The version of both messages.
const VERSION: &str = "2020_10_22";
const SERVICE: &str = "kafka-cluster";
const ACTION: &str = "kafka-cluster:Connect";
/// For how long the signature is good, in seconds; the reference implementation's 15 minutes.
const EXPIRES: &str = "900";
const USER_AGENT: &str = concat!("milena/", env!("CARGO_PKG_VERSION"));

/// The request that IAM would carry out, presigned: its parameters by their names in lower case, and what stands in its headers.
pub(super) fn request(
    host: &str,
    region: &str,
    credentials: &AwsCredentials,
    instant: &Instant,
) -> Result<Zeroizing<Vec<u8>>, SaslError> {
    let scope = Scope {
        instant,
        region,
        service: SERVICE,
    };
    let credential = format!("{}/{}", credentials.access_key_id(), scope.text());
    // In the order of the canonical form. The values stand encoded there, and as they are in the message.
    let mut parameters = vec![
        ("Action", ACTION),
        ("X-Amz-Algorithm", ALGORITHM),
        ("X-Amz-Credential", &credential),
        ("X-Amz-Date", &instant.time),
        ("X-Amz-Expires", EXPIRES),
    ];
    if let Some(token) = credentials.session_token() {
        parameters.push(("X-Amz-Security-Token", token.expose()));
    }
    parameters.push(("X-Amz-SignedHeaders", "host"));
    let canonical = canonical_get(host, &parameters);
    let signature = scope.sign(credentials.secret_access_key(), &canonical)?;
    parameters.push(("X-Amz-Signature", &signature));

    let named = parameters
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), *value));
    let mut fields: BTreeMap<String, &str> = named.collect();
    fields.insert("version".to_owned(), VERSION);
    fields.insert("host".to_owned(), host);
    fields.insert("user-agent".to_owned(), USER_AGENT);
    // Long enough not to move, for the same reason as there.
    let mut message = Zeroizing::new(Vec::with_capacity(2 * canonical.len() + 512));
    serde_json::to_writer(&mut *message, &fields).map_err(SaslError::provider)?;
    Ok(message)
}

/// The broker's word that it took the request; gives the id by which AWS's support finds it.
pub(super) fn read_answer(answer: &[u8]) -> Result<String, SaslError> {
    let wrong = |what: &str| {
        let text = format!("the broker's answer to AWS_MSK_IAM {what}");
        Err(SaslError::InvalidChallenge(text))
    };
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else {
        return wrong("is not JSON");
    };
    match answer.get("version").and_then(Value::as_str) {
        Some(VERSION) => {}
        Some(_) => return wrong("has another version than 2020_10_22"),
        None => return wrong("has no version"),
    }
    match answer.get("request-id").and_then(Value::as_str) {
        Some(id) => Ok(id.to_owned()),
        None => wrong("has no request-id"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn message(host: &str, region: &str, credentials: &AwsCredentials, seconds: u64) -> Value {
        let instant = Instant::new(UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
        let message = request(host, region, credentials, &instant).unwrap();
        serde_json::from_slice(&message).unwrap()
    }

    /// A test of another client, made by AWS's SDK for JavaScript: 2021-01-01 00:00:00 UTC.
    #[test]
    fn the_payload_of_the_javascript_client() {
        let credentials = AwsCredentials::new("accessKeyId", "secretAccessKey")
            .with_session_token("sessionToken");
        let made = message("examples.com", "us-east-1", &credentials, 1_609_459_200);
        let expected = serde_json::json!({
            "version": "2020_10_22",
            "host": "examples.com",
            "user-agent": USER_AGENT,
            "action": "kafka-cluster:Connect",
            "x-amz-algorithm": "AWS4-HMAC-SHA256",
            "x-amz-credential": "accessKeyId/20210101/us-east-1/kafka-cluster/aws4_request",
            "x-amz-date": "20210101T000000Z",
            "x-amz-security-token": "sessionToken",
            "x-amz-signedheaders": "host",
            "x-amz-expires": "900",
            "x-amz-signature": "3515d158e62c159a3d8d4344942cff44c865cdeac6748a4b5dc42686641bb272",
        });
        assert_eq!(made, expected);
    }

    /// What aws-msk-iam-auth 2.3.2 made of the same credentials and hosts, on 2026-11-21 at 18:43:00 UTC.
    #[test]
    fn the_payloads_of_the_java_client() {
        let provisioned = "b-3.unit-test.abcdef.kafka.us-west-2.amazonaws.com";
        let serverless = "boot-us-west-1abc.c1.kafka-serverless.eu-central-1.amazonaws.com";
        let token = "IQoJb3JpZ2luX2VjE+/==a token~\"\\";
        let keys = AwsCredentials::new("ACCESS_KEY", "SECRET_KEY");
        let session =
            AwsCredentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
                .with_session_token(token);
        for (host, region, credentials, signature) in [
            (
                provisioned,
                "us-west-2",
                &keys,
                "0de78843127ca2b6bbde967efef5226d6bb1c0e1266ceb26a8d1925711f942e9",
            ),
            (
                provisioned,
                "us-west-2",
                &session,
                "d8bad7b00985b3cabdab6b60cbfea9ef08ec68e020300848afdf678612b807f7",
            ),
            (
                serverless,
                "eu-central-1",
                &keys,
                "d62a89d8e2b5ff2e9393181c666154922acd57897b0e580a8431cf0c595ee92e",
            ),
            (
                serverless,
                "eu-central-1",
                &session,
                "ca25aff7b79612b9a429f025d8c454d21eb1342dbbd8ac0d6e57783c3e0bcefc",
            ),
        ] {
            let id = credentials.access_key_id();
            let mut expected = serde_json::json!({
                "x-amz-date": "20261121T184300Z",
                "x-amz-signedheaders": "host",
                "x-amz-signature": signature,
                "host": host,
                "action": "kafka-cluster:Connect",
                "x-amz-expires": "900",
                "version": "2020_10_22",
                "x-amz-algorithm": "AWS4-HMAC-SHA256",
                "x-amz-credential": format!("{id}/20261121/{region}/kafka-cluster/aws4_request"),
                "user-agent": USER_AGENT,
            });
            if credentials.session_token().is_some() {
                expected["x-amz-security-token"] = token.into();
            }
            let made = message(host, region, credentials, 1_795_286_580);
            assert_eq!(made, expected);
        }
    }

    #[test]
    fn an_answer_has_a_version_and_an_id() {
        let good = br#"{"version":"2020_10_22","request-id":"17ab"}"#;
        assert_eq!(read_answer(good).unwrap(), "17ab");
        for (wrong, why) in [
            (&b""[..], "JSON"),
            (b"\x03\x04", "JSON"),
            (b"null", "no version"),
            (b"[]", "no version"),
            (br#"{"request-id":"17ab"}"#, "no version"),
            (br#"{"version":1,"request-id":"17ab"}"#, "no version"),
            (
                br#"{"version":"2021_10_22","request-id":"17ab"}"#,
                "another version",
            ),
            (br#"{"version":"2020_10_22"}"#, "no request-id"),
            (
                br#"{"version":"2020_10_22","request-id":null}"#,
                "no request-id",
            ),
        ] {
            let error = read_answer(wrong).unwrap_err();
            assert!(matches!(error, SaslError::InvalidChallenge(_)));
            assert!(error.to_string().contains(why), "{error}");
        }
    }
}
