//! Which key may have been meant.

use super::keys::all;

/// The key of a name that is nearly this one, if there is one.
pub(super) fn suggestion(name: &str) -> Option<&'static str> {
    let name = name.trim().to_lowercase().replace(['_', '-'], ".");
    // As the builder calls it.
    let option = all().find(|key| {
        let option = key.option().map(|option| option.replace('_', "."));
        option.as_deref() == Some(&*name)
    });
    let nearest = || {
        let keys = all().map(|key| (distance(&name, key.name), key));
        keys.min_by_key(|(distance, _)| *distance)
            .filter(|(distance, key)| *distance <= 1 + key.name.len() / 8)
            .map(|(_, key)| key)
    };
    option.or_else(nearest).map(|key| key.name)
}

/// How many letters must be put in, left out, changed, or exchanged with their neighbours.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    // The rows for what has been read of the one: two letters less, one letter less, all of it.
    let mut older: Vec<usize> = Vec::new();
    let mut old: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut new = vec![row + 1];
        for (column, other_letter) in other.iter().enumerate() {
            let at =
                |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
            let changed = at(&old, column) + usize::from(letter != other_letter);
            let mut least = changed
                .min(at(&old, column + 1) + 1)
                .min(at(&new, column) + 1);
            let before = |letters: &[char], at: usize| {
                at.checked_sub(1).and_then(|at| letters.get(at).copied())
            };
            let exchanged =
                before(&one, row) == Some(*other_letter) && before(&other, column) == Some(*letter);
            if exchanged {
                least = least.min(at(&older, column.saturating_sub(1)) + 1);
            }
            new.push(least);
        }
        older = std::mem::replace(&mut old, new);
    }
    old.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (one, other, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("abc", "abc", 0),
            ("abc", "abd", 1),
            ("abc", "ab", 1),
            ("abc", "xabc", 1),
            ("abc", "acb", 1),
            ("kitten", "sitting", 3),
            ("\u{e9}a", "ea", 1),
        ] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn what_is_nearly_a_key_is_suggested_and_nothing_else_is() {
        for (name, expected) in [
            ("bootstrap.server", Some("bootstrap.servers")),
            ("bootstrap_servers", Some("bootstrap.servers")),
            ("Client.Id", Some("client.id")),
            ("client.di", Some("client.id")),
            ("sasl.mechansim", Some("sasl.mechanism")),
            ("security.protocl", Some("security.protocol")),
            (
                "connect_timeout",
                Some("socket.connection.setup.timeout.ms"),
            ),
            ("retry_backoff_max", Some("retry.backoff.max.ms")),
            ("spring.application.name", None),
            ("password", None),
            ("", None),
        ] {
            assert_eq!(suggestion(name), expected, "{name}");
        }
    }
}
