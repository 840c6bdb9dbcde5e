//! Percent-encoding.

use std::fmt::Write as _;

/// Encodes every byte but RFC 3986's unreserved characters. That is AWS's rule for signatures, and what any decoder of forms understands.
pub(super) fn percent_encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_unreserved_stay_as_they_are() {
        let mut out = String::new();
        percent_encode("aZ09-._~ +/=:&%\u{fc}\u{0}", &mut out);
        assert_eq!(out, "aZ09-._~%20%2B%2F%3D%3A%26%25%C3%BC%00");
    }
}
