//! Features of the whole cluster, and the levels at which they are used.

use std::collections::BTreeMap;

use milena_wire::error_code::ErrorCode;

use crate::failure::Failure;

const METADATA_VERSION: &str = "metadata.version";
const KRAFT_VERSION: &str = "kraft.version";

/// A feature, and which levels of it there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Feature {
    pub(crate) name: &'static str,
    pub(crate) min: i16,
    pub(crate) max: i16,
    /// The level that a new cluster begins with.
    first: i16,
}

/// The features of Kafka 4.3.
pub(crate) const SUPPORTED: &[Feature] = &[
    feature("eligible.leader.replicas.version", 0, 1, 1),
    feature("group.version", 0, 1, 1),
    // A static quorum, which can be upgraded.
    feature(KRAFT_VERSION, 0, 1, 0),
    feature(METADATA_VERSION, 7, 30, 30),
    feature("share.version", 0, 1, 1),
    feature("streams.version", 0, 1, 1),
    feature("transaction.version", 0, 2, 2),
];

const fn feature(name: &'static str, min: i16, max: i16, first: i16) -> Feature {
    Feature {
        name,
        min,
        max,
        first,
    }
}

/// A feature at the level at which the cluster uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Finalized {
    pub(crate) name: &'static str,
    pub(crate) level: i16,
}

/// A level that is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FeatureUpdate<'a> {
    pub(crate) name: &'a str,
    pub(crate) level: i16,
    /// 1: upwards only; 2: downwards where nothing is lost; 3: downwards whatever is lost.
    pub(crate) upgrade_type: i8,
}

/// The levels of all features.
#[derive(Clone, Debug)]
pub(super) struct Features {
    levels: BTreeMap<&'static str, i16>,
}

impl Default for Features {
    fn default() -> Self {
        let levels = SUPPORTED
            .iter()
            .map(|feature| (feature.name, feature.first));
        Self {
            levels: levels.collect(),
        }
    }
}

impl Features {
    /// Those that are used.
    pub(super) fn finalized(&self) -> Vec<Finalized> {
        let used = self.levels.iter().filter(|(_, level)| **level > 0);
        used.map(|(&name, &level)| Finalized { name, level })
            .collect()
    }

    /// Whether the set of voters can be changed.
    pub(super) fn reconfigures(&self) -> bool {
        self.level(KRAFT_VERSION) > 0
    }

    /// All levels after these changes, or why one of them cannot be made; then none is.
    pub(super) fn updated(
        &self,
        updates: &[FeatureUpdate<'_>],
        controller: i32,
    ) -> Result<Self, Failure> {
        let mut updated = self.clone();
        for update in updates {
            let name = self.check(update, controller)?;
            updated.levels.insert(name, update.level);
        }
        Ok(updated)
    }

    fn check(&self, update: &FeatureUpdate<'_>, controller: i32) -> Result<&'static str, Failure> {
        let &FeatureUpdate {
            name,
            level,
            upgrade_type,
        } = update;
        let invalid = |reason: &str| {
            Failure::new(
                ErrorCode::INVALID_UPDATE_VERSION,
                format!("Invalid update version {level} for feature {name}. {reason}"),
            )
        };
        if !(1..=3).contains(&upgrade_type) {
            return Err(invalid(
                "The controller does not support the given upgrade type.",
            ));
        }
        if level < 0 {
            return Err(invalid("A feature version cannot be less than 0."));
        }
        let feature = SUPPORTED.iter().find(|feature| feature.name == name);
        let Some(feature) = feature else {
            return Err(match level {
                0 => invalid(&format!("Feature {name} not found.")),
                _ => invalid(&format!(
                    "Local controller {controller} does not support this feature."
                )),
            });
        };
        let (min, max) = (feature.min, feature.max);
        if !(min..=max).contains(&level) {
            return Err(invalid(&format!(
                "Local controller {controller} only supports versions {min}-{max}"
            )));
        }
        let current = self.level(name);
        let upwards = upgrade_type == 1;
        if level < current && upwards {
            return Err(invalid(
                "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.",
            ));
        }
        if level > current && !upwards {
            return Err(invalid("Can't downgrade to a newer version."));
        }
        if level < current && name == METADATA_VERSION {
            let reason = match upgrade_type {
                3 => "Unsafe metadata downgrade is not supported in this version.",
                _ => {
                    "Refusing to perform the requested downgrade because it might delete metadata information."
                }
            };
            return Err(Failure::new(
                ErrorCode::INVALID_UPDATE_VERSION,
                format!(
                    "Unsupported metadata.version downgrade from {current} to {level}. {reason}"
                ),
            ));
        }
        if level < current && name == KRAFT_VERSION {
            return Err(invalid("Can't downgrade the version of this feature."));
        }
        Ok(feature.name)
    }

    fn level(&self, name: &str) -> i16 {
        self.levels.get(name).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(name: &str, level: i16, upgrade_type: i8) -> FeatureUpdate<'_> {
        FeatureUpdate {
            name,
            level,
            upgrade_type,
        }
    }

    fn refused(features: &Features, name: &str, level: i16, upgrade_type: i8) -> String {
        let updates = [update(name, level, upgrade_type)];
        let failure = features.updated(&updates, 7).unwrap_err();
        assert_eq!(failure.code, ErrorCode::INVALID_UPDATE_VERSION);
        failure.message.unwrap()
    }

    #[test]
    fn levels_go_up_and_down_as_far_as_they_may() {
        let features = Features::default();
        assert_eq!(features.finalized().len(), 6);
        let down = [
            update("group.version", 0, 2),
            update("transaction.version", 1, 3),
        ];
        let lower = features.updated(&down, 7).unwrap();
        let group = |finalized: &Finalized| finalized.name == "group.version";
        assert!(!lower.finalized().iter().any(group));
        assert!(lower.finalized().contains(&Finalized {
            name: "transaction.version",
            level: 1
        }));
        let back = lower.updated(&[update("group.version", 1, 1)], 7).unwrap();
        assert!(back.finalized().iter().any(group));
        let kraft = features
            .updated(&[update("kraft.version", 1, 1)], 7)
            .unwrap();
        assert!(kraft.reconfigures() && !features.reconfigures());
        assert!(refused(&kraft, "kraft.version", 0, 3).contains("Can't downgrade the version"));
        assert!(
            features
                .updated(&[update("kraft.version", 0, 2)], 7)
                .is_ok()
        );
    }

    #[test]
    fn one_that_cannot_be_changed_stops_all() {
        let features = Features::default();
        let updates = [update("group.version", 0, 2), update("share.version", 9, 1)];
        assert!(features.updated(&updates, 7).is_err());
        for (name, level, upgrade_type, expected) in [
            ("x", 1, 1, "Local controller 7 does not support"),
            ("x", 0, 1, "Feature x not found."),
            ("group.version", 1, 0, "upgrade type"),
            ("group.version", -1, 1, "less than 0"),
            ("group.version", 2, 1, "only supports versions 0-1"),
            ("group.version", 0, 1, "without setting the upgrade type"),
            ("metadata.version", 6, 1, "only supports versions 7-30"),
            ("metadata.version", 29, 2, "might delete metadata"),
            ("metadata.version", 29, 3, "Unsafe metadata downgrade"),
        ] {
            let message = refused(&features, name, level, upgrade_type);
            assert!(message.contains(expected), "{message}");
        }
        let lower = features
            .updated(&[update("group.version", 0, 2)], 7)
            .unwrap();
        assert!(refused(&lower, "group.version", 1, 2).contains("to a newer version"));
    }
}
