//! `sasl.jaas.config`: a login module of Java's, and its options.

use std::iter::Peekable;
use std::str::Chars;

use crate::secret::Secret;

/// The one entry of a configuration.
#[derive(Debug)]
pub(super) struct LoginModule {
    /// The Java class.
    pub(super) class: String,
    options: Vec<(String, Secret)>,
}

impl LoginModule {
    /// Reads `class flag name="value" ...;` as Kafka's Java client does. Values are in quotes, double or single, in which a backslash takes the meaning from the
    /// character after it; those of letters, digits, `.`, `_`, `-` and `$` alone need none.
    ///
    /// # Errors
    /// What is wrong, without any value, as those are secrets.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut tokens = Tokens {
            characters: text.chars().peekable(),
        };
        let class = match tokens.next()? {
            Some(Token::Word(class)) => class.expose().to_owned(),
            None => return Err("empty: a login module is needed".to_owned()),
            Some(_) => return Err("it does not begin with the class of a login module".to_owned()),
        };
        match tokens.next()? {
            Some(Token::Word(flag)) if is_flag(flag.expose()) => {}
            _ => {
                // The class is not named: who knows what was given in its place.
                return Err(
                    "required, requisite, sufficient or optional is needed after the class"
                        .to_owned(),
                );
            }
        }
        let mut options: Vec<(String, Secret)> = Vec::new();
        loop {
            let name = match tokens.next()? {
                Some(Token::Semicolon) => break,
                Some(Token::Word(name)) => name.expose().to_owned(),
                None => return Err("the semicolon at its end is missing".to_owned()),
                Some(Token::Equals | Token::Quoted(_)) => {
                    return Err("the name of an option is missing".to_owned());
                }
            };
            let (Some(Token::Equals), Some(Token::Word(value) | Token::Quoted(value))) =
                (tokens.next()?, tokens.next()?)
            else {
                // The name may be a part of a password that is not in quotes.
                let number = options.len() + 1;
                return Err(format!("option {number} has no name=\"value\""));
            };
            if options.iter().any(|(other, _)| *other == name) {
                return Err(format!("option {name} is there twice"));
            }
            options.push((name, value));
        }
        if tokens.next()?.is_some() {
            return Err(
                "there is more behind the semicolon: one login module is needed".to_owned(),
            );
        }
        Ok(Self { class, options })
    }

    /// The class without its package, which repackaged clients change.
    pub(super) fn name(&self) -> &str {
        self.class
            .rsplit_once('.')
            .map_or(&*self.class, |(_, name)| name)
    }

    /// Takes an option out.
    pub(super) fn take(&mut self, name: &str) -> Option<Secret> {
        let index = self.options.iter().position(|(other, _)| other == name)?;
        Some(self.options.remove(index).1)
    }

    /// Takes those out whose names begin so; gives their names without that.
    #[cfg(any(test, feature = "oidc"))]
    pub(super) fn take_prefixed(&mut self, prefix: &str) -> Vec<(String, Secret)> {
        let mut taken = Vec::new();
        self.options.retain(|(name, value)| {
            let rest = name.strip_prefix(prefix);
            taken.extend(rest.map(|rest| (rest.to_owned(), value.clone())));
            rest.is_none()
        });
        taken
    }

    /// The name of an option that nobody has taken.
    pub(super) fn left_over(&self) -> Option<&str> {
        self.options.first().map(|(name, _)| &**name)
    }
}

fn is_flag(word: &str) -> bool {
    ["required", "requisite", "sufficient", "optional"]
        .iter()
        .any(|flag| word.eq_ignore_ascii_case(flag))
}

enum Token {
    Word(Secret),
    Quoted(Secret),
    Equals,
    Semicolon,
}

struct Tokens<'a> {
    characters: Peekable<Chars<'a>>,
}

impl Tokens<'_> {
    fn next(&mut self) -> Result<Option<Token>, String> {
        self.skip_blanks()?;
        let Some(first) = self.characters.next() else {
            return Ok(None);
        };
        Ok(Some(match first {
            '=' => Token::Equals,
            ';' => Token::Semicolon,
            '"' | '\'' => Token::Quoted(self.quoted(first)?),
            first if is_word(first) => {
                let mut word = String::from(first);
                while let Some(character) = self.characters.next_if(|next| is_word(*next)) {
                    word.push(character);
                }
                Token::Word(word.into())
            }
            _ => {
                return Err(
                    "a character that must be in quotes is in none: values are name=\"value\""
                        .to_owned(),
                );
            }
        }))
    }

    /// Comments, too, as C++ has them.
    fn skip_blanks(&mut self) -> Result<(), String> {
        loop {
            while self
                .characters
                .next_if(|next| next.is_whitespace())
                .is_some()
            {}
            let mut ahead = self.characters.clone();
            match (ahead.next(), ahead.next()) {
                (Some('/'), Some('/')) => {
                    while self.characters.next_if(|next| *next != '\n').is_some() {}
                }
                (Some('/'), Some('*')) => {
                    let mut last = ' ';
                    loop {
                        match ahead.next() {
                            Some('/') if last == '*' => break,
                            Some(next) => last = next,
                            None => return Err("a comment has no end".to_owned()),
                        }
                    }
                    self.characters = ahead;
                }
                _ => return Ok(()),
            }
        }
    }

    fn quoted(&mut self, quote: char) -> Result<Secret, String> {
        let mut text = String::new();
        loop {
            match self.characters.next() {
                Some('\\') => text.push(self.escaped()?),
                Some(end) if end == quote => return Ok(text.into()),
                None | Some('\n' | '\r') => return Err("a quote has no end".to_owned()),
                Some(other) => text.push(other),
            }
        }
    }

    /// What stands behind a backslash, as in C.
    fn escaped(&mut self) -> Result<char, String> {
        let Some(character) = self.characters.next() else {
            return Err("a quote has no end".to_owned());
        };
        Ok(match character {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            first @ '0'..='7' => {
                // Up to three octal digits, and no more than fit into a byte.
                let most = if first <= '3' { 2 } else { 1 };
                let mut value = u32::from(first) - u32::from('0');
                for _ in 0..most {
                    let Some(digit) = self.characters.next_if(|next| matches!(next, '0'..='7'))
                    else {
                        break;
                    };
                    value = value * 8 + (u32::from(digit) - u32::from('0'));
                }
                char::from_u32(value).unwrap_or_default()
            }
            other => other,
        })
    }
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || "._-$".contains(character) || character >= '\u{a0}'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(text: &str) -> Vec<(String, String)> {
        let module = LoginModule::parse(text).unwrap();
        let exposed = |(name, value): &(String, Secret)| (name.clone(), value.expose().to_owned());
        module.options.iter().map(exposed).collect()
    }

    /// What Kafka's own `JaasContext` (4.3.1) makes of the same texts.
    #[test]
    fn options_are_read_as_java_reads_them() {
        for (text, expected) in [
            (r#"a.B required;"#, &[][..]),
            (
                r#"a.B required username="alice" password="x y;=z";"#,
                &[("username", "alice"), ("password", "x y;=z")],
            ),
            (
                r#" a.B  REQUIRED username='al"ice' ; "#,
                &[("username", "al\"ice")],
            ),
            (r#"a.B optional p="a\"b\\c\nd";"#, &[("p", "a\"b\\c\nd")]),
            (
                r#"a.B sufficient p="\101\60\0608\400";"#,
                &[("p", "A008 0")],
            ),
            (
                r#"a.B requisite p="it's // no /* comment */";"#,
                &[("p", "it's // no /* comment */")],
            ),
            (
                "a.B required // words; here\n /* and ; here */ tokenauth=true;",
                &[("tokenauth", "true")],
            ),
            (
                "a.B required\n\tu=al-ice_1.x$ \r\n;",
                &[("u", "al-ice_1.x$")],
            ),
            (r#"a.B required u = "x" p="";"#, &[("u", "x"), ("p", "")]),
            (
                "a.B required u=\"\u{fc}\u{1f600}\";",
                &[("u", "\u{fc}\u{1f600}")],
            ),
        ] {
            let expected = expected
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            assert_eq!(options(text), expected.collect::<Vec<_>>(), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_without_what_it_says() {
        for (text, problem) in [
            ("", "a login module is needed"),
            ("  // nothing", "a login module is needed"),
            ("= required;", "the class of a login module"),
            ("a.B", "required, requisite"),
            ("a.B;", "required, requisite"),
            ("a.B password=\"hunter2\";", "required, requisite"),
            ("a.B required password=\"hunter2\"", "semicolon at its end"),
            ("a.B required password=\"hunter2", "a quote has no end"),
            ("a.B required password=\"hunter2\\", "a quote has no end"),
            ("a.B required password=\"hunter2\n\";", "a quote has no end"),
            ("a.B required password=#hunter2;", "must be in quotes"),
            ("a.B required password=/hunter2;", "must be in quotes"),
            (
                "a.B required u=\"x\" hunter2;",
                "option 2 has no name=\"value\"",
            ),
            ("a.B required password=;", "option 1 has no"),
            (
                "a.B required =\"hunter2\";",
                "the name of an option is missing",
            ),
            (
                "a.B required \"hunter2\";",
                "the name of an option is missing",
            ),
            (
                "a.B required p=\"hunter2\" p=\"hunter2\";",
                "p is there twice",
            ),
            (
                "a.B required p=\"hunter2\"; a.C required;",
                "one login module",
            ),
            ("a.B required /* p=\"hunter2\";", "a comment has no end"),
        ] {
            let error = LoginModule::parse(text).unwrap_err();
            assert!(error.contains(problem), "{text}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn options_are_taken_once() {
        let text = r#"x.y.PlainLoginModule required a="1" extension_k="2" extension_l="3" b="4";"#;
        let mut module = LoginModule::parse(text).unwrap();
        assert_eq!(module.name(), "PlainLoginModule");
        assert_eq!(module.take("a").unwrap().expose(), "1");
        assert!(module.take("a").is_none());
        let extensions = module.take_prefixed("extension_");
        let names: Vec<_> = extensions.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["k", "l"]);
        assert_eq!(module.left_over(), Some("b"));
        assert!(module.take("b").is_some() && module.left_over().is_none());
        assert!(!format!("{module:?}{extensions:?}").contains('2'));
    }
}
