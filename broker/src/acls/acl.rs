//! An access rule.

/// What a rule is for, by the numbers of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Resource {
    pub(crate) resource_type: i8,
    pub(crate) name: String,
    pub(crate) pattern_type: i8,
}

/// That somebody may or must not do something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Acl {
    pub(crate) resource: Resource,
    pub(crate) principal: String,
    pub(crate) host: String,
    pub(crate) operation: i8,
    pub(crate) permission: i8,
}

/// What stands for anything in a filter. In the protocol, 0 stands for what the client did not know itself.
pub(super) const ANY: i8 = 1;
pub(super) const LITERAL: i8 = 3;
pub(super) const PREFIXED: i8 = 4;
/// `kafka-cluster`, the one resource of its type.
const CLUSTER: i8 = 4;

const RESOURCE_TYPES: [&str; 8] = [
    "UNKNOWN",
    "ANY",
    "TOPIC",
    "GROUP",
    "CLUSTER",
    "TRANSACTIONAL_ID",
    "DELEGATION_TOKEN",
    "USER",
];
const PATTERN_TYPES: [&str; 5] = ["UNKNOWN", "ANY", "MATCH", "LITERAL", "PREFIXED"];
/// How many operations and permissions there are.
const OPERATIONS: [&str; 16] = [
    "UNKNOWN",
    "ANY",
    "ALL",
    "READ",
    "WRITE",
    "CREATE",
    "DELETE",
    "ALTER",
    "DESCRIBE",
    "CLUSTER_ACTION",
    "DESCRIBE_CONFIGS",
    "ALTER_CONFIGS",
    "IDEMPOTENT_WRITE",
    "CREATE_TOKENS",
    "DESCRIBE_TOKENS",
    "TWO_PHASE_COMMIT",
];
const PERMISSIONS: [&str; 4] = ["UNKNOWN", "ANY", "DENY", "ALLOW"];

impl Acl {
    /// Whether it can be; the error is what Kafka says.
    pub(crate) fn check(&self) -> Result<(), String> {
        let resource = &self.resource;
        if resource.resource_type == CLUSTER && resource.name != "kafka-cluster" {
            return Err("The only valid name for the CLUSTER resource is kafka-cluster".to_owned());
        }
        if resource.name.is_empty() {
            return Err("Invalid empty resource name".to_owned());
        }
        let is_pattern = matches!(resource.pattern_type, LITERAL | PREFIXED);
        concrete("resourceType", &RESOURCE_TYPES, resource.resource_type)?;
        if !is_pattern {
            let name = name(&PATTERN_TYPES, resource.pattern_type);
            return Err(format!("Invalid patternType {name}"));
        }
        concrete("operation", &OPERATIONS, self.operation)?;
        concrete("permissionType", &PERMISSIONS, self.permission)?;
        if !self.principal.contains(':') {
            return Err(format!(
                "Could not parse principal from `{}` (no colon is present separating the principal type from the principal name)",
                self.principal
            ));
        }
        Ok(())
    }
}

/// Something that is known, and stands for one thing only.
fn concrete(what: &str, names: &[&str], number: i8) -> Result<(), String> {
    match is_known(names, number) && number != ANY {
        true => Ok(()),
        false => Err(format!("Invalid {what} {}", name(names, number))),
    }
}

fn name<'a>(names: &[&'a str], number: i8) -> &'a str {
    let place = usize::try_from(number).ok();
    let name = place.and_then(|place| names.get(place));
    name.copied().unwrap_or("UNKNOWN")
}

fn is_known(names: &[&str], number: i8) -> bool {
    usize::try_from(number).is_ok_and(|place| (1..names.len()).contains(&place))
}

/// Whether all of these are numbers that a filter can have.
pub(super) fn are_known(
    resource_type: i8,
    pattern_type: i8,
    operation: i8,
    permission: i8,
) -> bool {
    is_known(&RESOURCE_TYPES, resource_type)
        && is_known(&PATTERN_TYPES, pattern_type)
        && is_known(&OPERATIONS, operation)
        && is_known(&PERMISSIONS, permission)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kafka_refuses_is_refused() {
        let good = Acl {
            resource: Resource {
                resource_type: 2,
                name: "t".to_owned(),
                pattern_type: LITERAL,
            },
            principal: "User:alice".to_owned(),
            host: "*".to_owned(),
            operation: 3,
            permission: 3,
        };
        assert_eq!(good.check(), Ok(()));
        let with = |change: fn(&mut Acl)| {
            let mut acl = good.clone();
            change(&mut acl);
            acl.check().unwrap_err()
        };
        for (change, message) in [
            (
                (|acl| acl.resource.resource_type = 4) as fn(&mut Acl),
                "The only valid name for the CLUSTER resource is kafka-cluster",
            ),
            (
                |acl| acl.resource.name.clear(),
                "Invalid empty resource name",
            ),
            (
                |acl| acl.resource.resource_type = 1,
                "Invalid resourceType ANY",
            ),
            (
                |acl| acl.resource.pattern_type = 2,
                "Invalid patternType MATCH",
            ),
            (|acl| acl.operation = 99, "Invalid operation UNKNOWN"),
            (|acl| acl.permission = 1, "Invalid permissionType ANY"),
            (
                |acl| acl.principal = "alice".to_owned(),
                "Could not parse principal from `alice` (no colon is present separating the principal type from the principal name)",
            ),
        ] {
            assert_eq!(with(change), message);
        }
    }
}
