//! The messages of SCRAM (RFC 5802, section 7).

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::sasl::error::SaslError;
use crate::sasl::text::one_line;

/// How often a password may be hashed. Fewer would make it easy to guess for who sees the proof, RFC 7677 has 4,096 at least; more would
/// let a broker keep its clients busy.
pub(super) const ITERATIONS: RangeInclusive<u32> = 4_096..=1_000_000;

/// The longest message of a broker.
const LONGEST: usize = 4_096;

/// What a broker begins with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ServerFirst<'a> {
    /// The client's nonce and the broker's after it.
    pub(super) nonce: &'a str,
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
}

impl<'a> ServerFirst<'a> {
    pub(super) fn parse(message: &'a [u8]) -> Result<(&'a str, Self), SaslError> {
        let text = text(message)?;
        let mut attributes = Attributes::new(text);
        let nonce = attributes.expect('r')?;
        if !nonce.bytes().all(|byte| byte.is_ascii_graphic()) {
            return invalid("the broker's nonce has characters that a nonce cannot have");
        }
        let salt = decode(attributes.expect('s')?)?;
        if salt.is_empty() {
            return invalid("the broker's salt is empty");
        }
        let iterations = iterations(attributes.expect('i')?)?;
        attributes.finish()?;
        let first = Self {
            nonce,
            salt,
            iterations,
        };
        Ok((text, first))
    }
}

/// The broker's signature, with which it ends a good authentication.
pub(super) fn server_final(message: &[u8]) -> Result<Vec<u8>, SaslError> {
    let mut attributes = Attributes::new(text(message)?);
    let signature = decode(attributes.expect('v')?)?;
    attributes.finish()?;
    Ok(signature)
}

/// A name with what separates the attributes escaped.
pub(super) fn escape(name: &str) -> Result<String, SaslError> {
    if name.is_empty() || name.contains('\0') {
        let what = "SCRAM needs a user, and cannot carry a NUL in it";
        return Err(SaslError::InvalidCredentials(what.to_owned()));
    }
    Ok(name.replace('=', "=3D").replace(',', "=2C"))
}

pub(super) fn invalid<T>(what: &str) -> Result<T, SaslError> {
    Err(SaslError::InvalidChallenge(what.to_owned()))
}

fn text(message: &[u8]) -> Result<&str, SaslError> {
    if message.len() > LONGEST {
        return invalid("the broker's SCRAM message is longer than 4 KiB");
    }
    match std::str::from_utf8(message) {
        Ok(text) if !text.contains('\0') => Ok(text),
        _ => invalid("the broker's SCRAM message is no text"),
    }
}

/// Strict: padded, no stray bits, nothing but its alphabet. Each value has one spelling.
fn decode(value: &str) -> Result<Vec<u8>, SaslError> {
    let Ok(bytes) = STANDARD.decode(value) else {
        return invalid("the broker's SCRAM message has a value that is no base64");
    };
    Ok(bytes)
}

fn iterations(value: &str) -> Result<u32, SaslError> {
    if value.starts_with('0') || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return invalid("the broker's number of iterations is no number");
    }
    match value.parse() {
        Ok(iterations) if ITERATIONS.contains(&iterations) => Ok(iterations),
        _ => {
            let (least, most) = (ITERATIONS.start(), ITERATIONS.end());
            let what = format!(
                "the broker asks for {} iterations, and {least} to {most} are allowed",
                one_line(value)
            );
            Err(SaslError::InvalidChallenge(what))
        }
    }
}

/// The attributes of a message, in their order.
struct Attributes<'a> {
    rest: std::str::Split<'a, char>,
}

impl<'a> Attributes<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            rest: text.split(','),
        }
    }

    fn next(&mut self) -> Result<Option<(&'a str, &'a str)>, SaslError> {
        let Some(attribute) = self.rest.next() else {
            return Ok(None);
        };
        match attribute.split_once('=') {
            Some((name, value)) if is_name(name) && !value.is_empty() => Ok(Some((name, value))),
            _ => invalid("the broker's SCRAM message is not made of attributes"),
        }
    }

    /// The value of the next attribute, which has to be this one.
    fn expect(&mut self, expected: char) -> Result<&'a str, SaslError> {
        match self.next()? {
            Some((name, value)) if name.chars().eq([expected]) => Ok(value),
            // Belongs into the last message only, but there are brokers that are in a hurry to refuse.
            Some(("e", message)) => Err(SaslError::Refused {
                code: None,
                message: Some(one_line(message)),
            }),
            Some(("m", _)) => invalid("the broker demands an extension of SCRAM"),
            _ => invalid(&format!("the broker's SCRAM message lacks {expected}=")),
        }
    }

    /// Passes over extensions, as RFC 5802 wants it, if that is what they are.
    fn finish(mut self) -> Result<(), SaslError> {
        let mut names = BTreeSet::new();
        while let Some((name, _)) = self.next()? {
            let known = matches!(
                name,
                "a" | "n" | "m" | "r" | "c" | "s" | "i" | "p" | "v" | "e"
            );
            if known || !names.insert(name) {
                return invalid(
                    "the broker's SCRAM message has an attribute twice or out of place",
                );
            }
        }
        Ok(())
    }
}

/// One letter in the RFC; Kafka's own extensions have more.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sasl::testing::Random;

    #[test]
    fn a_first_message() {
        let message = b"r=abc%X,s=QSXCR+Q6sek8bf92,i=4096,x=tra,tokenauth=true";
        let (text, first) = ServerFirst::parse(message).unwrap();
        assert_eq!(text.as_bytes(), message);
        assert_eq!(first.nonce, "abc%X");
        assert_eq!(first.salt.len(), 12);
        assert_eq!(first.iterations, 4096);
        for count in ["4096", "1000000"] {
            let message = format!("r=abcX,s=QSXC,i={count}");
            assert!(ServerFirst::parse(message.as_bytes()).is_ok());
        }
    }

    /// Statement 26: what a hostile or broken broker may begin with.
    #[test]
    fn statement_26_hostile_first_messages() {
        let long = format!("r=abcX,s=QSXC,i=4096,x={}", "y".repeat(LONGEST));
        let (_, all_of_it) = long.split_at(long.len() - LONGEST);
        assert_eq!(all_of_it.len(), LONGEST);
        for message in [
            "",
            ",",
            "r",
            "=",
            "r=",
            "r=abcX",
            "r=abcX,",
            "r=abcX,s=QSXC",
            "r=abcX,s=QSXC,",
            "r=abcX,s=QSXC,i=",
            // Out of order, twice, or not theirs.
            "s=QSXC,r=abcX,i=4096",
            "r=abcX,i=4096,s=QSXC",
            "r=abcX,r=abcX,s=QSXC,i=4096",
            "r=abcX,s=QSXC,s=QSXC,i=4096",
            "r=abcX,s=QSXC,i=4096,i=4096",
            "r=abcX,s=QSXC,i=4096,r=abcX",
            "r=abcX,s=QSXC,i=4096,x=1,x=2",
            "r=abcX,s=QSXC,i=4096,p=AAAA",
            "x=1,r=abcX,s=QSXC,i=4096",
            "R=abcX,s=QSXC,i=4096",
            "v=QSXC",
            // Extensions that have to be understood.
            "m=ext,r=abcX,s=QSXC,i=4096",
            "r=abcX,s=QSXC,i=4096,m=ext",
            // Trailing junk.
            "r=abcX,s=QSXC,i=4096,",
            "r=abcX,s=QSXC,i=4096,,",
            "r=abcX,s=QSXC,i=4096,x",
            "r=abcX,s=QSXC,i=4096,x=",
            "r=abcX,s=QSXC,i=4096,=1",
            "r=abcX,s=QSXC,i=4096,x1=1",
            "r=abcX,s=QSXC,i=4096\n",
            "r=abcX,s=QSXC,i=4096\0",
            "r=abcX,s=QSXC,i=4096,x=\0",
            " r=abcX,s=QSXC,i=4096",
            // The nonce.
            "r=,s=QSXC,i=4096",
            "r=abc X,s=QSXC,i=4096",
            "r=abcé,s=QSXC,i=4096",
            "r=abc\u{7f},s=QSXC,i=4096",
            // The salt.
            "r=abcX,s=,i=4096",
            "r=abcX,s=====,i=4096",
            "r=abcX,s=QSX,i=4096",
            "r=abcX,s=QSXC=,i=4096",
            "r=abcX,s=QSXCQ,i=4096",
            "r=abcX,s=QSXCQR==,i=4096",
            "r=abcX,s=QSX_,i=4096",
            "r=abcX,s=QSXC QSXC,i=4096",
            // The iterations.
            "r=abcX,s=QSXC,i=0",
            "r=abcX,s=QSXC,i=1",
            "r=abcX,s=QSXC,i=4095",
            "r=abcX,s=QSXC,i=1000001",
            "r=abcX,s=QSXC,i=4294971392",
            "r=abcX,s=QSXC,i=99999999999999999999999999",
            "r=abcX,s=QSXC,i=-4096",
            "r=abcX,s=QSXC,i=+4096",
            "r=abcX,s=QSXC,i=04096",
            "r=abcX,s=QSXC,i=4096.0",
            "r=abcX,s=QSXC,i=4096 ",
            "r=abcX,s=QSXC,i=٤٠٩٦",
            &long,
        ] {
            let error = ServerFirst::parse(message.as_bytes()).unwrap_err();
            assert!(
                matches!(error, SaslError::InvalidChallenge(_)),
                "{message:?}: {error:?}"
            );
        }
        assert!(ServerFirst::parse(b"r=abc\xff,s=QSXC,i=4096").is_err());
    }

    /// Statement 26: as long as it may be is fine, one more is not.
    #[test]
    fn statement_26_four_kibibytes() {
        let head = "r=abcX,s=QSXC,i=4096,x=";
        let mut message = format!("{head}{}", "y".repeat(LONGEST - head.len()));
        assert!(ServerFirst::parse(message.as_bytes()).is_ok());
        message.push('y');
        let error = ServerFirst::parse(message.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("4 KiB"), "{error}");
    }

    /// Statement 26: `e=` becomes the error, wherever it comes.
    #[test]
    fn statement_26_the_brokers_error() {
        for message in [&b"e=unknown-user\n"[..], b"e=unknown-user\n,x=1"] {
            for error in [
                server_final(message).unwrap_err(),
                ServerFirst::parse(message).unwrap_err(),
            ] {
                let SaslError::Refused {
                    code: None,
                    message: Some(message),
                } = error
                else {
                    panic!("{error:?}");
                };
                assert_eq!(message, r"unknown-user\n");
            }
        }
    }

    /// Statement 26: a last message without a signature proves nothing.
    #[test]
    fn statement_26_hostile_last_messages() {
        assert_eq!(server_final(b"v=QSXC,x=1").unwrap(), [0x41, 0x25, 0xc2]);
        let long = format!("v={}", "QSXC".repeat(LONGEST / 4));
        for message in [
            "",
            "v",
            "v=",
            "e=",
            "v=QSX",
            "v=QSXC ",
            "v=QSXC,",
            "v=QSXC,v=QSXC",
            "v=QSXC,e=other-error",
            "m=x,v=QSXC",
            "x=1,v=QSXC",
            "r=abc,s=QSXC,i=4096",
            &long,
        ] {
            let error = server_final(message.as_bytes()).unwrap_err();
            assert!(
                matches!(error, SaslError::InvalidChallenge(_)),
                "{message:?}: {error:?}"
            );
        }
    }

    /// Statement 26: `=` and `,` in names; all else is UTF-8 as it is.
    #[test]
    fn statement_26_names_are_escaped() {
        assert_eq!(escape("a=b,c==,").unwrap(), "a=3Db=2Cc=3D=3D=2C");
        assert_eq!(escape("=2C").unwrap(), "=3D2C");
        assert_eq!(escape("Ⅸ ªé").unwrap(), "Ⅸ ªé");
        for name in ["", "\0", "a\0b"] {
            assert!(matches!(
                escape(name),
                Err(SaslError::InvalidCredentials(_))
            ));
        }
    }

    /// What is understood has what the statement asks for, whatever came in.
    #[test]
    fn any_bytes_are_understood_or_refused() {
        let mut random = Random::new(26);
        let mut understood = 0;
        for round in 0..100_000 {
            let message = match round % 4 {
                0 => random.bytes(80),
                _ => random.mutate(b"r=abcX,s=QSXCQSXC,i=40960,x=y"),
            };
            let _ = server_final(&random.mutate(b"v=QSXCQSXC,x=y"));
            if let Ok((text, first)) = ServerFirst::parse(&message) {
                understood += 1;
                assert_eq!(text.as_bytes(), message);
                assert!(!first.nonce.is_empty() && !first.salt.is_empty());
                assert!(ITERATIONS.contains(&first.iterations));
            }
        }
        assert!(understood > 1_000, "{understood}");
    }
}
