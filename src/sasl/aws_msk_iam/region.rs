//! The AWS region that a host name tells.

/// What the names of AWS's endpoints end with; the label before it is the region.
const SUFFIXES: [&str; 9] = [
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".amazonaws.eu",
    ".api.aws",
    ".api.amazonwebservices.com.cn",
    ".c2s.ic.gov",
    ".sc2s.sgov.gov",
    ".cloud.adc-e.uk",
    ".csp.hci.ic.gov",
];

/// The region of a broker of MSK. A cluster may be named after another region, so that only the last label before AWS's own counts.
pub(super) fn region_of(host: &str) -> Option<String> {
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix('.').unwrap_or(&host);
    let mut names = SUFFIXES.iter().filter_map(|end| host.strip_suffix(end));
    let (_, region) = names.next()?.rsplit_once('.')?;
    is_region(region).then(|| region.to_owned())
}

/// Whether it looks like `us-west-2`: at least three parts, the last a number.
fn is_region(name: &str) -> bool {
    let mut parts = name.rsplit('-');
    let number = parts.next().unwrap_or_default();
    let words = parts.clone().count();
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    name.len() <= 63 && is_number && words >= 2 && parts.all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cases of the reference implementation's own tests.
    #[test]
    fn the_label_before_the_suffix_is_the_region() {
        for (host, region) in [
            (
                "b-3.unit-test.abcdef.kafka.us-west-2.amazonaws.com",
                "us-west-2",
            ),
            (
                "b-1.demo-us-west-1-app.abc123.c2.kafka.us-west-2.amazonaws.com",
                "us-west-2",
            ),
            (
                "b-1.us-west-1-qa.abcdef.c2.kafka.cn-north-1.amazonaws.com.cn",
                "cn-north-1",
            ),
            (
                "b-1.eu-west-1-qa.abcdef.c3.kafka.us-gov-west-1.amazonaws.com",
                "us-gov-west-1",
            ),
            (
                "b-1.demo-us-west-1-app.abc123.c2.kafka.us-west-2.api.aws",
                "us-west-2",
            ),
            (
                "boot-us-west-1abc.c1.kafka-serverless.us-west-2.amazonaws.com",
                "us-west-2",
            ),
            (
                "B-1.X.KAFKA.AP-SOUTHEAST-9.AMAZONAWS.COM.",
                "ap-southeast-9",
            ),
        ] {
            assert_eq!(region_of(host).as_deref(), Some(region), "{host}");
        }
    }

    #[test]
    fn other_names_tell_no_region() {
        let long = format!("b-1.foo.kafka.us-{}-1.amazonaws.com", "a".repeat(60));
        for host in [
            "",
            "localhost",
            "10.0.0.1",
            "amazonaws.com",
            "foo..amazonaws.com",
            "us-west-2.amazonaws.com.example.org",
            "myapp.us-east-1.internal.corp",
            "kafka.notaregion.amazonaws.com",
            "kafka.us-west.amazonaws.com",
            &long,
        ] {
            assert_eq!(region_of(host), None, "{host}");
        }
    }
}
