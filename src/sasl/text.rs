//! What a broker says, made fit for an error.

/// Longer words than these of a broker are cut, in characters.
const LONGEST: usize = 256;

/// One line that no terminal and no log stumbles over: what cannot be printed is escaped, and the rest of a long text is cut off.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::new();
    for (at, character) in text.chars().enumerate() {
        if at == LONGEST {
            line.push('…');
            break;
        }
        match character {
            // Harmless, and JSON is full of them.
            '"' | '\'' | '\\' => line.push(character),
            _ => line.extend(character.escape_debug()),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_printed_stays() {
        for text in ["", r#"{"status":"it's invalid"}"#, "größer, 大きい"] {
            assert_eq!(one_line(text), text);
        }
    }

    #[test]
    fn lines_escapes_and_direction_marks_are_escaped() {
        assert_eq!(
            one_line("a\r\nb\0\u{1b}[31m\u{202e}\u{2028}"),
            r"a\r\nb\0\u{1b}[31m\u{202e}\u{2028}"
        );
    }

    #[test]
    fn a_long_text_is_cut() {
        let line = one_line(&"é".repeat(LONGEST + 1));
        assert_eq!(line.chars().count(), LONGEST + 1);
        assert!(line.ends_with('…'));
        assert_eq!(one_line(&"é".repeat(LONGEST)), "é".repeat(LONGEST));
    }
}
