//! Which answer is about which item.

use std::collections::{HashMap, HashSet};

use super::key::Key;

/// Tells for each item its number and its answer; `None` if it has none. Answers of what was not asked, and second ones, are left out.
///
/// As long as the answers come in the order of the items nothing is allocated.
pub(super) fn pair<'a, A>(
    items: impl Iterator<Item = Key<'a>> + Clone,
    mut answers: impl Iterator<Item = (Key<'a>, A)>,
    mut tell: impl FnMut(usize, Option<A>),
) {
    let mut left = items.clone();
    let mut paired = 0;
    loop {
        match (left.next(), answers.next()) {
            (None, _) => return,
            (Some(item), Some((key, answer))) if item.is(key) => {
                tell(paired, Some(answer));
                paired += 1;
            }
            (Some(_), answer) => {
                let answers = answer.into_iter().chain(answers);
                return pair_by_key(items, paired, answers, tell);
            }
        }
    }
}

/// The same for what comes in another order; `paired` of the items have their answers already.
fn pair_by_key<'a, A>(
    items: impl Iterator<Item = Key<'a>> + Clone,
    paired: usize,
    answers: impl Iterator<Item = (Key<'a>, A)>,
    mut tell: impl FnMut(usize, Option<A>),
) {
    let mut numbers = HashMap::new();
    // Of an item that is named twice the first stands for both.
    let mut first = Vec::new();
    for (number, item) in items.enumerate() {
        let known = item.forms().find_map(|form| numbers.get(&form).copied());
        let number = known.unwrap_or(number);
        for form in item.forms() {
            numbers.entry(form).or_insert(number);
        }
        first.push(number);
    }
    let mut answered: Vec<bool> = (0..first.len()).map(|number| number < paired).collect();
    for (key, answer) in answers {
        let Some(&number) = key.forms().find_map(|form| numbers.get(&form)) else {
            continue;
        };
        if let Some(answered @ false) = answered.get_mut(number) {
            *answered = true;
            tell(number, Some(answer));
        }
    }
    for (number, first) in first.into_iter().enumerate().skip(paired) {
        if answered.get(first) == Some(&false) {
            tell(number, None);
        }
    }
}

/// Some of the items, to find what is about them.
pub(super) struct Chosen<'a>(HashSet<Key<'a>>);

impl<'a> Chosen<'a> {
    /// `numbers` are ascending.
    pub(super) fn new(items: impl Iterator<Item = Key<'a>>, numbers: &[usize]) -> Self {
        let mut numbers = numbers.iter().copied().peekable();
        let chosen = items.enumerate().filter(|(number, _)| {
            let chosen = numbers.next_if_eq(number);
            chosen.is_some()
        });
        Self(chosen.flat_map(|(_, item)| item.forms()).collect())
    }

    pub(super) fn has(&self, key: Key<'a>) -> bool {
        key.forms().any(|form| self.0.contains(&form))
    }
}
