//! The text of a `.properties` file, as `java.util.Properties` reads it.

use std::char::decode_utf16;
use std::iter::Peekable;
use std::str::Chars;

use crate::error::{ConfigError, Error, ErrorKind};

/// Reads the text of a Java `.properties` file: a pair of key and value for each of its lines, in their order. What is there twice is given
/// twice.
///
/// Blank lines and those that begin with `#` or `!` are passed over. The key ends at the first `=`, `:` or blank; the value is the rest of the
/// line, blanks at its end included. A backslash at the end of a line joins the next one to it, without the blanks that it begins with; otherwise it takes
/// the meaning from the character after it, but for `\t`, `\n`, `\r`, `\f` and `\uXXXX`. The text is UTF-8, and a byte order mark at its
/// beginning is passed over.
///
/// ```
/// let text = "# of the cluster in the cellar\nbootstrap.servers = a:9092,\\\n    b:9092\n";
/// let properties = milena::properties::parse(text)?;
/// assert_eq!(properties, [("bootstrap.servers".to_owned(), "a:9092,b:9092".to_owned())]);
/// # Ok::<(), milena::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Config`] with the number of the line, if a `\u` is not followed by four hexadecimal digits, or what they say is no character. What stands in the
/// line is not repeated: it may be a password.
pub fn parse(text: &str) -> Result<Vec<(String, String)>, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = NaturalLines { rest: text };
    let mut number = 0;
    let mut properties = Vec::new();
    while let Some(line) = lines.next() {
        number += 1;
        let line = line.trim_start_matches(is_blank);
        // A backslash alone joins nothing to the next line: Java has a comment there even then.
        if line.is_empty() || line == "\\" || line.starts_with(['#', '!']) {
            continue;
        }
        let first = number;
        let mut logical = line.to_owned();
        while ends_with_backslash(&logical) {
            logical.pop();
            let Some(line) = lines.next() else { break };
            number += 1;
            logical.push_str(line.trim_start_matches(is_blank));
        }
        let pair = split(&logical).map_err(|problem| {
            let error = ConfigError::new(format!("line {first}"), problem);
            Error::new(ErrorKind::Config(error))
        })?;
        properties.push(pair);
    }
    Ok(properties)
}

/// Lines as the text has them, ended by `\n`, `\r` or both.
struct NaturalLines<'a> {
    rest: &'a str,
}

impl<'a> Iterator for NaturalLines<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        let Some((line, rest)) = self.rest.split_once(['\n', '\r']) else {
            return Some(std::mem::take(&mut self.rest));
        };
        let both = self.rest.get(line.len()..)?.starts_with("\r\n");
        self.rest = if both { rest.get(1..)? } else { rest };
        Some(line)
    }
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\u{c}')
}

/// Whether the last character is a backslash that is not itself behind one.
fn ends_with_backslash(line: &str) -> bool {
    let backslashes = line.bytes().rev().take_while(|byte| *byte == b'\\');
    backslashes.count() % 2 == 1
}

/// Key and value of a line that is whole.
fn split(line: &str) -> Result<(String, String), String> {
    let mut end = line.len();
    let mut escaped = false;
    for (at, character) in line.char_indices() {
        if escaped {
            escaped = false;
        } else if character == '\\' {
            escaped = true;
        } else if is_blank(character) || matches!(character, '=' | ':') {
            end = at;
            break;
        }
    }
    let (key, rest) = line.split_at_checked(end).unwrap_or((line, ""));
    let rest = rest.trim_start_matches(is_blank);
    let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    Ok((unescape(key)?, unescape(rest.trim_start_matches(is_blank))?))
}

fn unescape(text: &str) -> Result<String, String> {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('t') => plain.push('\t'),
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('f') => plain.push('\u{c}'),
            Some('u') => plain.push(unicode(&mut characters)?),
            Some(other) => plain.push(other),
            None => {}
        }
    }
    Ok(plain)
}

/// What stands behind `\u`, and the other half, if it is one of a pair.
fn unicode(characters: &mut Peekable<Chars<'_>>) -> Result<char, String> {
    let mut units = vec![unit(characters)?];
    if matches!(units.as_slice(), [0xd800..=0xdbff]) {
        let mut ahead = characters.clone();
        if ahead.next() == Some('\\') && ahead.next() == Some('u') {
            units.push(unit(&mut ahead)?);
            *characters = ahead;
        }
    }
    let mut decoded = decode_utf16(units);
    match (decoded.next(), decoded.next()) {
        (Some(Ok(character)), None) => Ok(character),
        _ => Err("a \\u has half of a surrogate pair: both halves are needed".to_owned()),
    }
}

fn unit(characters: &mut Peekable<Chars<'_>>) -> Result<u16, String> {
    let mut unit = 0_u16;
    for _ in 0..4 {
        let digit = characters.next().and_then(|digit| digit.to_digit(16));
        let digit = digit.and_then(|digit| u16::try_from(digit).ok());
        let Some(digit) = digit else {
            return Err("four hexadecimal digits are needed behind \\u".to_owned());
        };
        unit = unit << 4 | digit;
    }
    Ok(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `java.util.Properties` (17) makes of the same texts.
    #[test]
    fn texts_are_read_as_java_reads_them() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("", &[]),
            ("a=b", &[("a", "b")]),
            ("a = b \r\nc:d\re f", &[("a", "b "), ("c", "d"), ("e", "f")]),
            ("  a\t=\u{c}b", &[("a", "b")]),
            ("# x\n ! y\\\na=1\n\n   \n", &[("a", "1")]),
            ("a", &[("a", "")]),
            ("a=", &[("a", "")]),
            ("=b", &[("", "b")]),
            ("a==b", &[("a", "=b")]),
            ("a = = b", &[("a", "= b")]),
            ("a::b", &[("a", ":b")]),
            ("a  b=c", &[("a", "b=c")]),
            ("a\\=b\\:c\\ d=e", &[("a=b:c d", "e")]),
            ("a=x\\\n   y\\\r\n\tz", &[("a", "xyz")]),
            ("a=x\\\\\nb=c", &[("a", "x\\"), ("b", "c")]),
            ("a=x\\\\\\\n y", &[("a", "x\\y")]),
            ("a=x\\\n# no comment", &[("a", "x# no comment")]),
            ("a=x\\\n\nb=c", &[("a", "x"), ("b", "c")]),
            ("a=x\\", &[("a", "x")]),
            ("a\\\nb=c", &[("ab", "c")]),
            ("a=x\\\n   ", &[("a", "x")]),
            ("\\\na=b\n\\\n#c=d", &[("a", "b")]),
            ("a=\\t\\n\\r\\f\\q\\\"\\'", &[("a", "\t\n\r\u{c}q\"'")]),
            ("a=\\u0041\\u00e9\\u20AC", &[("a", "A\u{e9}\u{20ac}")]),
            ("a=\\ud83d\\ude00", &[("a", "\u{1f600}")]),
            ("a=\u{1f600} \u{e9}", &[("a", "\u{1f600} \u{e9}")]),
            ("a=1\na=2", &[("a", "1"), ("a", "2")]),
            ("\u{feff}a=1", &[("a", "1")]),
        ];
        for (text, expected) in cases {
            let found = parse(text).unwrap();
            let found = found.iter().map(|(key, value)| (&**key, &**value));
            assert_eq!(found.collect::<Vec<_>>(), *expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_character_is_an_error_with_its_line_and_without_what_stands_there() {
        for (text, line) in [
            ("a=1\n\n# x\npassword=hunter2\\u12g4", "line 4"),
            ("a=\\\n  hunter2\\u12", "line 1"),
            ("hunter2\\u=1", "line 1"),
            ("a=1\na=hunter2\\ud83d", "line 2"),
            ("a=hunter2\\ud83dx", "line 1"),
            ("a=hunter2\\ud83d\\u0041", "line 1"),
            ("a=hunter2\\ude00", "line 1"),
        ] {
            let error = parse(text).unwrap_err();
            let ErrorKind::Config(config) = error.kind() else {
                panic!("{error}");
            };
            assert_eq!(config.option, line, "{text:?}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
            assert!(!format!("{error:?}").contains("hunter2"));
        }
    }
}
