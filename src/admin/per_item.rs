//! What became of each item of an operation.

use std::collections::BTreeMap;
use std::collections::btree_map;

use crate::error::Error;

/// What became of each item of an operation: one that failed hides none that succeeded.
///
/// ```
/// # fn example(created: milena::admin::PerItem<String, ()>) -> Result<(), milena::Error> {
/// for (topic, error) in created.failures() {
///     eprintln!("{topic}: {error}");
/// }
/// // Or: all, or the first error.
/// let created = created.all()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "each item may have failed"]
pub struct PerItem<K, T> {
    items: BTreeMap<K, Result<T, Error>>,
}

impl<K: Ord, T> PerItem<K, T> {
    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether the operation was about nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// What became of one item; `None` if the operation was not about it.
    pub fn get<Q>(&self, key: &Q) -> Option<&Result<T, Error>>
    where
        K: std::borrow::Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.items.get(key)
    }

    /// Takes out what became of one item.
    pub fn take<Q>(&mut self, key: &Q) -> Option<Result<T, Error>>
    where
        K: std::borrow::Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.items.remove(key)
    }

    /// All items with what became of them, in their order.
    pub fn iter(&self) -> btree_map::Iter<'_, K, Result<T, Error>> {
        self.items.iter()
    }

    /// The items that succeeded.
    pub fn successes(&self) -> impl Iterator<Item = (&K, &T)> {
        self.items
            .iter()
            .filter_map(|(key, result)| Some((key, result.as_ref().ok()?)))
    }

    /// The items that failed.
    pub fn failures(&self) -> impl Iterator<Item = (&K, &Error)> {
        self.items
            .iter()
            .filter_map(|(key, result)| Some((key, result.as_ref().err()?)))
    }

    /// All items, if all succeeded.
    ///
    /// # Errors
    /// That of the first item that failed.
    pub fn all(self) -> Result<BTreeMap<K, T>, Error> {
        let items = self.items.into_iter();
        items.map(|(key, result)| Ok((key, result?))).collect()
    }
}

impl<K: Ord, T> PerItem<K, Vec<T>> {
    /// The lists of all items as one, if all succeeded: of every broker, for instance.
    ///
    /// # Errors
    /// That of the first item that failed.
    pub fn merged(self) -> Result<Vec<T>, Error> {
        let mut merged = Vec::new();
        for list in self.items.into_values() {
            merged.extend(list?);
        }
        Ok(merged)
    }
}

impl<K: Ord, T> FromIterator<(K, Result<T, Error>)> for PerItem<K, T> {
    fn from_iter<I: IntoIterator<Item = (K, Result<T, Error>)>>(items: I) -> Self {
        Self {
            items: items.into_iter().collect(),
        }
    }
}

impl<K, T> IntoIterator for PerItem<K, T> {
    type Item = (K, Result<T, Error>);
    type IntoIter = btree_map::IntoIter<K, Result<T, Error>>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, K, T> IntoIterator for &'a PerItem<K, T> {
    type Item = (&'a K, &'a Result<T, Error>);
    type IntoIter = btree_map::Iter<'a, K, Result<T, Error>>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}
