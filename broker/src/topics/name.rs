//! Which names a topic may have.

const MAX_LENGTH: usize = 249;

/// Checks a topic's name; the error is what Kafka says.
pub(crate) fn validate(name: &str) -> Result<(), String> {
    let fault = match name {
        "" => "the empty string is not allowed".to_owned(),
        "." | ".." => format!("'{name}' is not allowed"),
        _ if name.len() > MAX_LENGTH => {
            format!("the length of '{name}' is longer than the max allowed length {MAX_LENGTH}")
        }
        _ if !name.bytes().all(is_legal) => format!(
            "'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
        ),
        _ => return Ok(()),
    };
    Err(format!("Topic name is invalid: {fault}"))
}

fn is_legal(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

/// What two names must not share, since names of metrics have `_` where topics have `.`.
pub(super) fn metric_name(name: &str) -> String {
    name.replace('.', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kafkas_rules() {
        let longest = "x".repeat(249);
        for name in ["a", "...", "a.b_c-D9", &longest] {
            assert_eq!(validate(name), Ok(()), "{name}");
        }
        let too_long = "x".repeat(250);
        for name in ["", ".", "..", "a b", "a/b", "ä", "a\n", &too_long] {
            let message = validate(name).unwrap_err();
            assert!(message.starts_with("Topic name is invalid: "), "{message}");
        }
    }
}
