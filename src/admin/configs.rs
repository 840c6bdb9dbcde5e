//! Configs of topics, brokers, loggers, groups and client metrics.

use std::collections::{BTreeMap, BTreeSet};

use milena_wire::messages::describe_configs::DescribeConfigsResource;
use milena_wire::messages::incremental_alter_configs::{AlterConfigsResource, AlterableConfig};
use milena_wire::messages::{
    DescribeConfigsRequest, IncrementalAlterConfigsRequest, ListConfigResourcesRequest,
};

use super::answer::check;
use super::config_entry::ConfigEntry;
use super::config_resource::{ConfigResource, ConfigResourceType};
use super::handle::Admin;
use super::operation::{Caller, One, Operation, Spec};
use super::per_item::PerItem;
use crate::error::Error;

/// Asks for configs: see [`Admin::describe_configs`].
#[derive(Clone, Debug)]
pub struct DescribeConfigs {
    resources: BTreeSet<ConfigResource>,
    names: Option<Vec<String>>,
    synonyms: bool,
    documentation: bool,
}

impl Operation<DescribeConfigs> {
    /// Only these configs. Default: all.
    pub fn only<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.spec.names = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Whether to tell all places that have a value for a config. Default: no.
    pub fn include_synonyms(mut self, include: bool) -> Self {
        self.spec.synonyms = include;
        self
    }

    /// Whether to tell what a config means. Default: no.
    pub fn include_documentation(mut self, include: bool) -> Self {
        self.spec.documentation = include;
        self
    }
}

impl Spec for DescribeConfigs {
    type Output = PerItem<ConfigResource, BTreeMap<String, ConfigEntry>>;

    async fn run(self, caller: Caller) -> Self::Output {
        let resources = self.resources.iter().map(|resource| {
            let (resource_type, name) = resource.to_wire();
            let mut resource = DescribeConfigsResource::default()
                .with_resource_type(resource_type)
                .with_resource_name(name);
            let names = self.names.as_ref();
            resource.configuration_keys =
                names.map(|names| names.iter().map(|name| name.as_str().into()).collect());
            resource
        });
        let mut request = DescribeConfigsRequest::default()
            .with_resources(resources.collect::<Vec<_>>())
            .with_include_synonyms(self.synonyms);
        if self.documentation {
            request.include_documentation = true;
        }
        let keys = |request: &DescribeConfigsRequest| {
            let resources = request.resources.iter();
            resources
                .map(|one| ConfigResource::from_wire(one.resource_type, &one.resource_name))
                .collect()
        };
        caller
            .per_item(request, keys, |_, response, results| {
                for one in &response.results {
                    let key = ConfigResource::from_wire(one.resource_type, &one.resource_name);
                    results.tell(&key, one.error_code, one.error_message.as_ref(), || {
                        let entries = one.configs.iter().map(ConfigEntry::of_described);
                        entries.map(|entry| (entry.name.clone(), entry)).collect()
                    });
                }
            })
            .await
    }
}

/// A change of one config.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigChange {
    /// It gets this value.
    Set(String),
    /// It gets back what it has by default.
    Delete,
    /// These values, with commas between them, are added to its list.
    Append(String),
    /// These values, with commas between them, are taken out of its list.
    Subtract(String),
}

impl ConfigChange {
    /// It gets this value.
    pub fn set(value: impl Into<String>) -> Self {
        Self::Set(value.into())
    }

    fn into_wire(self) -> (i8, Option<String>) {
        match self {
            Self::Set(value) => (0, Some(value)),
            Self::Delete => (1, None),
            Self::Append(values) => (2, Some(values)),
            Self::Subtract(values) => (3, Some(values)),
        }
    }
}

/// Changes single configs: see [`Admin::incremental_alter_configs`].
#[derive(Clone, Debug)]
pub struct IncrementalAlterConfigs {
    changes: BTreeMap<ConfigResource, Vec<(String, ConfigChange)>>,
    validate_only: bool,
}

impl Operation<IncrementalAlterConfigs> {
    /// Whether it is only found out if it would succeed. Default: no.
    pub fn validate_only(mut self, validate_only: bool) -> Self {
        self.spec.validate_only = validate_only;
        self
    }
}

impl Spec for IncrementalAlterConfigs {
    type Output = PerItem<ConfigResource, ()>;

    async fn run(self, caller: Caller) -> Self::Output {
        let resources = self.changes.into_iter().map(|(resource, changes)| {
            let (resource_type, name) = resource.to_wire();
            let configs = changes.into_iter().map(|(name, change)| {
                let (operation, value) = change.into_wire();
                let mut config = AlterableConfig::default()
                    .with_name(name)
                    .with_config_operation(operation);
                config.value = value.map(Into::into);
                config
            });
            AlterConfigsResource::default()
                .with_resource_type(resource_type)
                .with_resource_name(name)
                .with_configs(configs.collect::<Vec<_>>())
        });
        let request = IncrementalAlterConfigsRequest::default()
            .with_resources(resources.collect::<Vec<_>>())
            .with_validate_only(self.validate_only);
        let keys = |request: &IncrementalAlterConfigsRequest| {
            let resources = request.resources.iter();
            resources
                .map(|one| ConfigResource::from_wire(one.resource_type, &one.resource_name))
                .collect()
        };
        caller
            .per_item(request, keys, |_, response, results| {
                for one in &response.responses {
                    let key = ConfigResource::from_wire(one.resource_type, &one.resource_name);
                    results.tell(&key, one.error_code, one.error_message.as_ref(), || ());
                }
            })
            .await
    }
}

/// Asks what has configs: see [`Admin::list_config_resources`].
#[derive(Clone, Debug)]
pub struct ListConfigResources(Vec<ConfigResourceType>);

impl Spec for ListConfigResources {
    type Output = Result<BTreeSet<ConfigResource>, Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        let mut request = ListConfigResourcesRequest::default();
        // Version 0 has no field for the types, and gives client metrics only; without types, later ones give everything.
        if self.0 != [ConfigResourceType::ClientMetrics] {
            request.resource_types = self.0.iter().map(|kind| kind.number()).collect();
        }
        let response = caller.send(request).await?;
        check::<ListConfigResourcesRequest>(response.error_code, None)?;
        let resources = response.config_resources.iter();
        let resources =
            resources.map(|one| ConfigResource::from_wire(one.resource_type, &one.resource_name));
        let wanted = resources.filter(|resource| {
            let (resource_type, _) = resource.to_wire();
            self.0.iter().any(|kind| kind.number() == resource_type)
        });
        Ok(wanted.collect())
    }
}

impl Admin {
    /// Asks for the configs of resources, with those that they have by default (Java: `describeConfigs`). What belongs to one broker is asked of
    /// that broker.
    pub fn describe_configs(
        &self,
        resources: impl IntoIterator<Item = ConfigResource>,
    ) -> Operation<DescribeConfigs> {
        self.operation(DescribeConfigs::of(resources))
    }

    /// Asks for the configs of one resource.
    ///
    /// # Errors
    /// When awaited: if they are not told.
    pub fn describe_config(&self, resource: ConfigResource) -> Operation<One<DescribeConfigs>> {
        self.operation(One(DescribeConfigs::of([resource])))
    }

    /// Changes single configs of resources; all changes of one resource are made together or not at all (Java: `incrementalAlterConfigs`, since
    /// Kafka 2.3). What belongs to one broker is told that broker.
    ///
    /// ```no_run
    /// # async fn example(client: milena::Client) -> Result<(), milena::Error> {
    /// use milena::admin::{ConfigChange, ConfigResource};
    ///
    /// let changes = vec![("retention.ms", ConfigChange::set("3600000"))];
    /// let altered = client
    ///     .admin()
    ///     .incremental_alter_configs([(ConfigResource::topic("orders"), changes)])
    ///     .await;
    /// altered.all()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn incremental_alter_configs<N: Into<String>>(
        &self,
        changes: impl IntoIterator<Item = (ConfigResource, Vec<(N, ConfigChange)>)>,
    ) -> Operation<IncrementalAlterConfigs> {
        let mut all = BTreeMap::<ConfigResource, Vec<(String, ConfigChange)>>::new();
        for (resource, changes) in changes {
            let changes = changes.into_iter();
            let changes = changes.map(|(name, change)| (name.into(), change));
            all.entry(resource).or_default().extend(changes);
        }
        self.operation(IncrementalAlterConfigs {
            changes: all,
            validate_only: false,
        })
    }

    /// Asks what there is that has configs, of these types; of all if none is named (Java: `listConfigResources`, since Kafka 4.1; for client metrics
    /// 3.7).
    ///
    /// # Errors
    /// When awaited: if it is not told.
    pub fn list_config_resources(
        &self,
        types: impl IntoIterator<Item = ConfigResourceType>,
    ) -> Operation<ListConfigResources> {
        let mut types: Vec<_> = types.into_iter().collect();
        if types.is_empty() {
            types.extend(ConfigResourceType::KNOWN);
        }
        self.operation(ListConfigResources(types))
    }

    /// Asks for the subscriptions of client metrics (Java: `listClientMetricsResources`, since Kafka 3.7).
    ///
    /// # Errors
    /// When awaited: if it is not told.
    pub fn list_client_metrics_resources(&self) -> Operation<ListConfigResources> {
        self.list_config_resources([ConfigResourceType::ClientMetrics])
    }
}

impl DescribeConfigs {
    fn of(resources: impl IntoIterator<Item = ConfigResource>) -> Self {
        Self {
            resources: resources.into_iter().collect(),
            names: None,
            synonyms: false,
            documentation: false,
        }
    }
}
