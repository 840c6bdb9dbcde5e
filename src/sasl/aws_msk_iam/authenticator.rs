//! The exchange.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::time::SystemTime;

use super::credentials::AwsCredentialsProvider;
use super::payload::{read_answer, request};
use super::region::region_of;
use super::sigv4::Instant;
use crate::sasl::authenticator::{SaslAuthenticator, SaslBroker, SaslFuture, SaslSession, Step};
use crate::sasl::error::SaslError;

/// AWS_MSK_IAM: who a client is by AWS's IAM, on Amazon MSK (the mechanism of `aws-msk-iam-auth`, version `2020_10_22`).
///
/// The message is a request to `kafka-cluster:Connect`, presigned by Signature Version 4 for the broker's host name as it was dialled; the
/// broker has IAM check it. It is good for 15 minutes for whoever has it, and so is refused without TLS. The clock of this machine must be
/// right.
///
/// ```
/// use milena::sasl::{AwsEnvironmentCredentials, AwsMskIam};
///
/// let authenticator = AwsMskIam::new(AwsEnvironmentCredentials).region("eu-central-1");
/// ```
#[derive(Clone)]
pub struct AwsMskIam {
    provider: Arc<dyn AwsCredentialsProvider>,
    region: Option<String>,
    clock: fn() -> SystemTime,
}

impl AwsMskIam {
    /// With credentials from a provider: [`AwsCredentials`](super::AwsCredentials) that stay the same,
    /// [`AwsEnvironmentCredentials`](super::AwsEnvironmentCredentials), or the program's own.
    #[must_use]
    pub fn new(provider: impl AwsCredentialsProvider + 'static) -> Self {
        Self {
            provider: Arc::new(provider),
            region: None,
            clock: SystemTime::now,
        }
    }

    /// The brokers' region, such as `eu-central-1`. By default it is read from the host name, which must be one of MSK's own then; with any
    /// other (a CNAME, a private endpoint, an IP address) it must be given.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }
}

impl fmt::Debug for AwsMskIam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsMskIam")
            .field("provider", &self.provider)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

impl SaslAuthenticator for AwsMskIam {
    fn mechanism(&self) -> &str {
        "AWS_MSK_IAM"
    }

    fn exposes_credentials(&self) -> bool {
        true
    }

    fn session(&self, broker: &SaslBroker<'_>) -> Box<dyn SaslSession> {
        Box::new(Session {
            authenticator: self.clone(),
            host: broker.host.to_owned(),
            next: Next::Request,
        })
    }
}

struct Session {
    authenticator: AwsMskIam,
    host: String,
    next: Next,
}

/// What comes next.
enum Next {
    Request,
    Answer,
    Nothing,
}

impl SaslSession for Session {
    fn step<'a>(&'a mut self, challenge: Option<&'a [u8]>) -> SaslFuture<'a> {
        Box::pin(async move {
            match (mem::replace(&mut self.next, Next::Nothing), challenge) {
                (Next::Request, None) => {
                    let message = self.request().await?;
                    self.next = Next::Answer;
                    Ok(Step::Respond(message))
                }
                (Next::Answer, Some(answer)) => {
                    let request_id = read_answer(answer)?;
                    tracing::debug!(request_id, "authenticated by AWS_MSK_IAM");
                    Ok(Step::Done)
                }
                _ => Err(SaslError::InvalidChallenge(
                    "a challenge out of turn".into(),
                )),
            }
        })
    }
}

impl Session {
    async fn request(&self) -> Result<zeroize::Zeroizing<Vec<u8>>, SaslError> {
        let AwsMskIam {
            provider,
            region,
            clock,
        } = &self.authenticator;
        let host = &self.host;
        let region = region.clone().or_else(|| region_of(host)).ok_or_else(|| {
            let text = format!("the host name {host} tells no AWS region: give it to AwsMskIam");
            SaslError::InvalidCredentials(text)
        })?;
        let credentials = provider.credentials().await?;
        // Asked after the provider, which may have taken its time.
        let instant = Instant::new(clock()).ok_or_else(|| {
            SaslError::provider("the clock of this machine is before 1970 or after 9999")
        })?;
        request(host, &region, &credentials, &instant)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use serde_json::Value;

    use super::super::credentials::{AwsCredentials, AwsCredentialsFuture};
    use super::*;

    const HOST: &str = "b-3.unit-test.abcdef.kafka.us-west-2.amazonaws.com";
    const ANSWER: &[u8] = br#"{"version":"2020_10_22","request-id":"17ab"}"#;

    fn authenticator() -> AwsMskIam {
        AwsMskIam {
            clock: || UNIX_EPOCH + Duration::from_secs(1_440_938_160),
            ..AwsMskIam::new(AwsCredentials::new("ACCESS_KEY", "SECRET_KEY"))
        }
    }

    fn begin(authenticator: &AwsMskIam, host: &str) -> Box<dyn SaslSession> {
        authenticator.session(&SaslBroker::new(host, 9098))
    }

    async fn request(session: &mut dyn SaslSession) -> Value {
        match session.step(None).await.unwrap() {
            Step::Respond(message) => serde_json::from_slice(&message).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_request_and_an_answer() {
        let authenticator = authenticator();
        assert_eq!(authenticator.mechanism(), "AWS_MSK_IAM");
        assert!(authenticator.exposes_credentials());
        let mut session = begin(&authenticator, HOST);
        let message = request(&mut *session).await;
        assert_eq!(message.as_object().unwrap().len(), 10);
        assert_eq!(message["host"], HOST);
        let credential = "ACCESS_KEY/20150830/us-west-2/kafka-cluster/aws4_request";
        assert_eq!(message["x-amz-credential"], credential);
        assert_eq!(message["x-amz-date"], "20150830T123600Z");
        assert!(matches!(session.step(Some(ANSWER)).await, Ok(Step::Done)));
        assert!(session.step(Some(ANSWER)).await.is_err(), "over");
    }

    #[tokio::test]
    async fn an_answer_that_is_none_ends_it() {
        for wrong in [&b""[..], b"no", br#"{"version":"1","request-id":"17ab"}"#] {
            let mut session = begin(&authenticator(), HOST);
            request(&mut *session).await;
            let error = session.step(Some(wrong)).await.unwrap_err();
            assert!(matches!(error, SaslError::InvalidChallenge(_)), "{error:?}");
            let error = session.step(Some(ANSWER)).await.unwrap_err();
            assert!(error.to_string().contains("out of turn"), "{error}");
        }
    }

    #[tokio::test]
    async fn the_client_begins() {
        let mut session = begin(&authenticator(), HOST);
        assert!(session.step(Some(ANSWER)).await.is_err());
    }

    #[tokio::test]
    async fn the_region_is_given_or_told_by_the_host() {
        let mut session = begin(&authenticator(), "10.0.0.1");
        let error = session.step(None).await.unwrap_err();
        assert!(matches!(error, SaslError::InvalidCredentials(_)));
        assert!(error.to_string().contains("10.0.0.1"), "{error}");

        let given = authenticator().region("eu-west-1");
        for host in ["10.0.0.1", HOST] {
            let message = request(&mut *begin(&given, host)).await;
            let credential = "ACCESS_KEY/20150830/eu-west-1/kafka-cluster/aws4_request";
            assert_eq!(message["x-amz-credential"], credential);
        }
    }

    #[tokio::test]
    async fn a_failing_provider_is_told() {
        #[derive(Debug)]
        struct Failing;
        impl AwsCredentialsProvider for Failing {
            fn credentials(&self) -> AwsCredentialsFuture<'_> {
                Box::pin(async { Err(SaslError::provider("no role")) })
            }
        }
        let mut session = begin(&AwsMskIam::new(Failing), HOST);
        let error = session.step(None).await.unwrap_err();
        assert!(error.is_retriable() && error.to_string().contains("no role"));
    }

    #[test]
    fn debug_shows_no_secret() {
        let debug = format!("{:?}", authenticator());
        assert!(
            debug.contains("ACCESS_KEY") && !debug.contains("SECRET_KEY"),
            "{debug}"
        );
    }
}
