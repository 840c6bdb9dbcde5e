//! An option that cannot be.

use std::error::Error;
use std::fmt;

/// An option has a value that is not allowed, or one that contradicts another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidOption {
    option: &'static str,
    given: String,
    allowed: String,
}

impl InvalidOption {
    pub(crate) fn new(
        option: &'static str,
        given: impl Into<String>,
        allowed: impl Into<String>,
    ) -> Self {
        Self {
            option,
            given: given.into(),
            allowed: allowed.into(),
        }
    }

    /// The option's name.
    #[must_use]
    pub fn option(&self) -> &'static str {
        self.option
    }

    /// The value that it was given.
    #[must_use]
    pub fn given(&self) -> &str {
        &self.given
    }

    /// The values that it may have.
    #[must_use]
    pub fn allowed(&self) -> &str {
        &self.allowed
    }
}

impl fmt::Display for InvalidOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            option,
            given,
            allowed,
        } = self;
        write!(f, "{option} is {given}; allowed: {allowed}")
    }
}

impl Error for InvalidOption {}
