//! Which rules are meant.

use super::acl::{ANY, Acl, LITERAL, PREFIXED, Resource, are_known};

const MATCH: i8 = 2;

/// Which rules are meant, by the numbers of the protocol. What is `None` does not matter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filter<'a> {
    pub(crate) resource_type: i8,
    pub(crate) name: Option<&'a str>,
    pub(crate) pattern_type: i8,
    pub(crate) principal: Option<&'a str>,
    pub(crate) host: Option<&'a str>,
    pub(crate) operation: i8,
    pub(crate) permission: i8,
}

impl Filter<'_> {
    /// Whether the client knew itself what it meant.
    pub(crate) fn is_known(&self) -> bool {
        are_known(
            self.resource_type,
            self.pattern_type,
            self.operation,
            self.permission,
        )
    }

    pub(super) fn fits(&self, acl: &Acl) -> bool {
        let number = |wanted: i8, found: i8| wanted == ANY || wanted == found;
        let text = |wanted: Option<&str>, found: &str| wanted.is_none_or(|wanted| wanted == found);
        number(self.resource_type, acl.resource.resource_type)
            && self.fits_pattern(&acl.resource)
            && text(self.principal, &acl.principal)
            && text(self.host, &acl.host)
            && number(self.operation, acl.operation)
            && number(self.permission, acl.permission)
    }

    fn fits_pattern(&self, resource: &Resource) -> bool {
        let Resource {
            name, pattern_type, ..
        } = resource;
        if !matches!(self.pattern_type, ANY | MATCH) && self.pattern_type != *pattern_type {
            return false;
        }
        let Some(wanted) = self.name else {
            return true;
        };
        if self.pattern_type != MATCH {
            return name == wanted;
        }
        // Whatever rule is for a resource of this name.
        match *pattern_type {
            LITERAL => name == wanted || name == "*",
            PREFIXED => wanted.starts_with(name.as_str()),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acl(name: &str, pattern_type: i8) -> Acl {
        Acl {
            resource: Resource {
                resource_type: 2,
                name: name.to_owned(),
                pattern_type,
            },
            principal: "User:alice".to_owned(),
            host: "*".to_owned(),
            operation: 3,
            permission: 3,
        }
    }

    const ALL: Filter<'_> = Filter {
        resource_type: ANY,
        name: None,
        pattern_type: ANY,
        principal: None,
        host: None,
        operation: ANY,
        permission: ANY,
    };

    #[test]
    fn names_and_patterns() {
        let acls = [
            acl("orders", LITERAL),
            acl("*", LITERAL),
            acl("ord", PREFIXED),
            acl("x", LITERAL),
        ];
        let fit = |pattern_type, name| {
            let filter = Filter {
                pattern_type,
                name,
                ..ALL
            };
            acls.iter().map(|acl| filter.fits(acl)).collect::<Vec<_>>()
        };
        assert_eq!(fit(ANY, None), [true; 4]);
        assert_eq!(fit(LITERAL, None), [true, true, false, true]);
        assert_eq!(fit(ANY, Some("orders")), [true, false, false, false]);
        assert_eq!(fit(MATCH, Some("orders")), [true, true, true, false]);
        assert_eq!(fit(PREFIXED, Some("ord")), [false, false, true, false]);
    }

    #[test]
    fn everything_that_is_said_counts() {
        let acl = acl("t", LITERAL);
        assert!(ALL.is_known() && ALL.fits(&acl));
        for filter in [
            Filter {
                resource_type: 3,
                ..ALL
            },
            Filter {
                principal: Some("User:bob"),
                ..ALL
            },
            Filter {
                host: Some("h"),
                ..ALL
            },
            Filter {
                operation: 4,
                ..ALL
            },
            Filter {
                permission: 2,
                ..ALL
            },
        ] {
            assert!(filter.is_known() && !filter.fits(&acl), "{filter:?}");
        }
        let unknown = Filter {
            operation: 0,
            ..ALL
        };
        assert!(!unknown.is_known());
    }
}
