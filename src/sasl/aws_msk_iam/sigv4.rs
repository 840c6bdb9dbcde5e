//! AWS Signature Version 4, as far as a presigned request needs it.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::sasl::error::SaslError;
use crate::sasl::percent::percent_encode;
use crate::secret::Secret;

/// The name of the algorithm.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// When a request is signed, in the two forms that signatures have it in; UTC.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Instant {
    /// As in `20150830`.
    pub(super) date: String,
    /// As in `20150830T123600Z`.
    pub(super) time: String,
}

impl Instant {
    /// `None` before 1970, or beyond what four digits of a year can say.
    pub(super) fn new(now: SystemTime) -> Option<Self> {
        let seconds = now.duration_since(UNIX_EPOCH).ok()?.as_secs();
        let (days, second) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil(days);
        if year > 9999 {
            return None;
        }
        let date = format!("{year:04}{month:02}{day:02}");
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let time = format!("{date}T{hour:02}{minute:02}{second:02}Z");
        Some(Self { date, time })
    }
}

/// Year, month and day of a day since 1970, in the proleptic Gregorian calendar. Years begin in March here, so that the leap day is
/// their last, and 400 of them are 146,097 days.
fn civil(days: u64) -> (u64, u64, u64) {
    // From 0000-03-01 to 1970-01-01.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

/// What a signature is good for: one service in one region on one day.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    pub(super) instant: &'a Instant,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
}

impl Scope<'_> {
    /// As in `20150830/us-east-1/iam/aws4_request`.
    pub(super) fn text(&self) -> String {
        let Self {
            instant,
            region,
            service,
        } = self;
        format!("{}/{region}/{service}/aws4_request", instant.date)
    }

    /// The signature of a canonical request.
    ///
    /// # Errors
    /// None that can occur: HMAC takes keys of any length.
    pub(super) fn sign(&self, key: &Secret, canonical: &str) -> Result<String, SaslError> {
        let mut to_sign = format!("{ALGORITHM}\n{}\n{}\n", self.instant.time, self.text());
        hex(&Sha256::digest(canonical), &mut to_sign);
        let signature = mac(&*self.key(key)?, &to_sign)?;
        let mut text = String::with_capacity(64);
        hex(&*signature, &mut text);
        Ok(text)
    }

    fn key(&self, key: &Secret) -> Result<Zeroizing<[u8; 32]>, SaslError> {
        let mut first = Zeroizing::new(String::with_capacity(4 + key.expose().len()));
        first.push_str("AWS4");
        first.push_str(key.expose());
        let date = mac(first.as_bytes(), &self.instant.date)?;
        let region = mac(&*date, self.region)?;
        let service = mac(&*region, self.service)?;
        mac(&*service, "aws4_request")
    }
}

fn mac(key: &[u8], text: &str) -> Result<Zeroizing<[u8; 32]>, SaslError> {
    let mac = Hmac::<Sha256>::new_from_slice(key)
        .map_err(|error| SaslError::InvalidCredentials(error.to_string()))?;
    Ok(Zeroizing::new(
        mac.chain_update(text).finalize().into_bytes().into(),
    ))
}

fn hex(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
}

/// The canonical form of `GET /` with these parameters, which are in their order already, with the host as the only header and no body.
pub(super) fn canonical_get(host: &str, parameters: &[(&str, &str)]) -> Zeroizing<String> {
    // Long enough never to move: a session token may be among the parameters.
    let longest: usize = parameters
        .iter()
        .map(|(n, v)| 3 * (n.len() + v.len()) + 2)
        .sum();
    let mut text = Zeroizing::new(String::with_capacity(longest + host.len() + 128));
    text.push_str("GET\n/\n");
    for (i, (name, value)) in parameters.iter().enumerate() {
        if i > 0 {
            text.push('&');
        }
        percent_encode(name, &mut text);
        text.push('=');
        percent_encode(value, &mut text);
    }
    text.push_str("\nhost:");
    text.push_str(host);
    text.push_str("\n\nhost\n");
    hex(&Sha256::digest(b""), &mut text);
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::new(UNIX_EPOCH + Duration::from_secs(seconds)).unwrap()
    }

    /// 2015-08-30 12:36:00 UTC, the moment of AWS's examples and test suite.
    const EXAMPLE: u64 = 1_440_938_160;
    const EXAMPLE_KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    #[test]
    fn time_is_utc_in_the_gregorian_calendar() {
        for (seconds, time) in [
            (0, "19700101T000000Z"),
            (951_782_400, "20000229T000000Z"),
            (951_868_799, "20000229T235959Z"),
            (951_868_800, "20000301T000000Z"),
            (1_709_164_800, "20240229T000000Z"),
            (1_735_689_599, "20241231T235959Z"),
            (4_107_542_399, "21000228T235959Z"),
            (4_107_542_400, "21000301T000000Z"),
            (253_402_300_799, "99991231T235959Z"),
            (EXAMPLE, "20150830T123600Z"),
        ] {
            let instant = at(seconds);
            assert_eq!(instant.time, time);
            assert_eq!(instant.date, time[..8]);
        }
        let late = UNIX_EPOCH + Duration::from_secs(253_402_300_800);
        assert_eq!(Instant::new(late), None);
        assert_eq!(Instant::new(UNIX_EPOCH - Duration::from_secs(1)), None);
    }

    /// From AWS's documentation, "Derive a signing key".
    #[test]
    fn the_published_signing_key_is_derived() {
        let scope = Scope {
            instant: &at(EXAMPLE),
            region: "us-east-1",
            service: "iam",
        };
        let key = scope.key(&EXAMPLE_KEY.into()).unwrap();
        let mut text = String::new();
        hex(&*key, &mut text);
        assert_eq!(
            text,
            "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"
        );
    }

    /// AWS's test suite: get-vanilla, get-vanilla-query-order-key-case and get-vanilla-query-unreserved; and the example of the documentation.
    #[test]
    fn published_requests_have_their_published_signatures() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let suite = |query: &str| {
            format!(
                "GET\n/\n{query}\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n{empty}"
            )
        };
        let unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let iam = format!(
            "GET\n/\nAction=ListUsers&Version=2010-05-08\n\
             content-type:application/x-www-form-urlencoded; charset=utf-8\nhost:iam.amazonaws.com\nx-amz-date:20150830T123600Z\n\n\
             content-type;host;x-amz-date\n{empty}"
        );
        for (service, canonical, signature) in [
            (
                "service",
                suite(""),
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "service",
                suite("Param1=value1&Param2=value2"),
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (
                "service",
                suite(&format!("{unreserved}={unreserved}")),
                "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
            ),
            (
                "iam",
                iam,
                "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
            ),
        ] {
            let scope = Scope {
                instant: &at(EXAMPLE),
                region: "us-east-1",
                service,
            };
            let signed = scope.sign(&EXAMPLE_KEY.into(), &canonical).unwrap();
            assert_eq!(signed, signature, "{canonical}");
        }
    }

    /// The presigned request of the documentation of S3.
    #[test]
    fn the_published_presigned_request_has_its_published_signature() {
        let canonical = "GET\n/test.txt\n\
            X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
            &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\n\
            host:examplebucket.s3.amazonaws.com\n\nhost\nUNSIGNED-PAYLOAD";
        let scope = Scope {
            instant: &at(1_369_353_600),
            region: "us-east-1",
            service: "s3",
        };
        let key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        assert_eq!(
            scope.sign(&key.into(), canonical).unwrap(),
            "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
        );
    }

    #[test]
    fn a_request_is_put_in_its_canonical_form() {
        let text = canonical_get("example.com", &[("Action", "a:b"), ("X-Amz-Date", "~ /")]);
        assert_eq!(
            *text,
            "GET\n/\nAction=a%3Ab&X-Amz-Date=~%20%2F\nhost:example.com\n\nhost\n\
             e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
