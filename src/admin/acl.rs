//! What an access rule consists of.

use super::acl_operation::AclOperation;
use super::numbered::numbered;

numbered! {
    /// What an access rule is about (Java: `ResourceType`).
    AclResourceType {
        /// In filters: anything.
        Any = 1,
        /// Topics.
        Topic = 2,
        /// Groups.
        Group = 3,
        /// The cluster, whose name is `kafka-cluster`.
        Cluster = 4,
        /// Transactional ids.
        TransactionalId = 5,
        /// Delegation tokens.
        DelegationToken = 6,
        /// Users.
        User = 7,
    }
}

numbered! {
    /// How the name of a resource is meant (Java: `PatternType`).
    PatternType {
        /// In filters: however it is meant.
        Any = 1,
        /// In filters: every rule that is about a resource of this name.
        Match = 2,
        /// As the name itself; `*` is every name.
        Literal = 3,
        /// As the beginning of names.
        Prefixed = 4,
    }
}

numbered! {
    /// What an access rule says (Java: `AclPermissionType`).
    AclPermission {
        /// In filters: whatever it says.
        Any = 1,
        /// No, whatever other rules say.
        Deny = 2,
        /// Yes.
        Allow = 3,
    }
}

/// An access rule: who may, or may not, do what with which resource from where (Java: `AclBinding`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct AclBinding {
    /// What it is about.
    pub resource_type: AclResourceType,
    /// The name of the resource.
    pub resource_name: String,
    /// How the name is meant.
    pub pattern_type: PatternType,
    /// Who: `User:alice`, or `User:*` for everybody.
    pub principal: String,
    /// From where: an address, or `*`.
    pub host: String,
    /// What is done.
    pub operation: AclOperation,
    /// Whether that is allowed.
    pub permission: AclPermission,
}

impl AclBinding {
    /// This principal may do it, from everywhere, with the whole cluster; [`on`](Self::on) says with what else.
    pub fn allow(principal: impl Into<String>, operation: AclOperation) -> Self {
        Self {
            resource_type: AclResourceType::Cluster,
            resource_name: "kafka-cluster".to_owned(),
            pattern_type: PatternType::Literal,
            principal: principal.into(),
            host: "*".to_owned(),
            operation,
            permission: AclPermission::Allow,
        }
    }

    /// This principal must not do it, whatever other rules allow; else as [`allow`](Self::allow).
    pub fn deny(principal: impl Into<String>, operation: AclOperation) -> Self {
        Self {
            permission: AclPermission::Deny,
            ..Self::allow(principal, operation)
        }
    }

    /// It is about the resource of this name; `*` is every name.
    #[must_use]
    pub fn on(self, resource_type: AclResourceType, name: impl Into<String>) -> Self {
        Self {
            resource_type,
            resource_name: name.into(),
            pattern_type: PatternType::Literal,
            ..self
        }
    }

    /// It is about the resources whose names begin like this.
    #[must_use]
    pub fn on_prefix(self, resource_type: AclResourceType, prefix: impl Into<String>) -> Self {
        Self {
            resource_type,
            resource_name: prefix.into(),
            pattern_type: PatternType::Prefixed,
            ..self
        }
    }

    /// It is about requests from this address only.
    #[must_use]
    pub fn from_host(self, host: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            ..self
        }
    }
}

/// Which access rules are meant; what is not said may be anything (Java: `AclBindingFilter`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AclBindingFilter {
    pub(super) resource_type: AclResourceType,
    pub(super) resource_name: Option<String>,
    pub(super) pattern_type: PatternType,
    pub(super) principal: Option<String>,
    pub(super) host: Option<String>,
    pub(super) operation: AclOperation,
    pub(super) permission: AclPermission,
}

impl AclBindingFilter {
    /// All rules.
    #[must_use]
    pub fn any() -> Self {
        Self {
            resource_type: AclResourceType::Any,
            resource_name: None,
            pattern_type: PatternType::Any,
            principal: None,
            host: None,
            operation: AclOperation::Any,
            permission: AclPermission::Any,
        }
    }

    /// Those that are about resources of this type.
    #[must_use]
    pub fn resource_type(self, resource_type: AclResourceType) -> Self {
        Self {
            resource_type,
            ..self
        }
    }

    /// Those of which the name is this, meant like this: [`PatternType::Match`] finds all that are about the resource of that name.
    #[must_use]
    pub fn resource_name(self, name: impl Into<String>, pattern_type: PatternType) -> Self {
        Self {
            resource_name: Some(name.into()),
            pattern_type,
            ..self
        }
    }

    /// Those that are about this principal.
    #[must_use]
    pub fn principal(self, principal: impl Into<String>) -> Self {
        Self {
            principal: Some(principal.into()),
            ..self
        }
    }

    /// Those that are about requests from this address.
    #[must_use]
    pub fn host(self, host: impl Into<String>) -> Self {
        Self {
            host: Some(host.into()),
            ..self
        }
    }

    /// Those that are about this operation.
    #[must_use]
    pub fn operation(self, operation: AclOperation) -> Self {
        Self { operation, ..self }
    }

    /// Those that say this.
    #[must_use]
    pub fn permission(self, permission: AclPermission) -> Self {
        Self { permission, ..self }
    }
}

/// The one rule.
impl From<AclBinding> for AclBindingFilter {
    fn from(rule: AclBinding) -> Self {
        Self {
            resource_type: rule.resource_type,
            resource_name: Some(rule.resource_name),
            pattern_type: rule.pattern_type,
            principal: Some(rule.principal),
            host: Some(rule.host),
            operation: rule.operation,
            permission: rule.permission,
        }
    }
}
