//! Access rules.

use milena_wire::codec::Request;
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::create_acls::AclCreation;
use milena_wire::messages::delete_acls::DeleteAclsFilter;
use milena_wire::messages::{CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest};

use super::acl::{AclBinding, AclBindingFilter, AclPermission, AclResourceType, PatternType};
use super::acl_operation::AclOperation;
use super::answer::{check, omission, refusal};
use super::convert;
use super::handle::Admin;
use super::operation::{Caller, Operation, Spec};
use super::per_item::PerItem;
use crate::error::Error;

/// Asks for access rules: see [`Admin::describe_acls`].
#[derive(Clone, Debug)]
pub struct DescribeAcls(AclBindingFilter);

impl Spec for DescribeAcls {
    type Output = Result<Vec<AclBinding>, Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        let filter = self.0;
        let mut request = DescribeAclsRequest::default()
            .with_resource_type_filter(filter.resource_type.number())
            .with_pattern_type_filter(filter.pattern_type.number())
            .with_operation(filter.operation.number())
            .with_permission_type(filter.permission.number());
        request.resource_name_filter = filter.resource_name.map(Into::into);
        request.principal_filter = filter.principal.map(Into::into);
        request.host_filter = filter.host.map(Into::into);
        let response = caller.send(request).await?;
        check::<DescribeAclsRequest>(response.error_code, response.error_message.as_ref())?;
        let bindings = response.resources.iter().flat_map(|resource| {
            resource.acls.iter().map(|rule| AclBinding {
                resource_type: AclResourceType::from_number(resource.resource_type),
                resource_name: resource.resource_name.to_string(),
                pattern_type: PatternType::from_number(resource.pattern_type),
                principal: rule.principal.to_string(),
                host: rule.host.to_string(),
                operation: AclOperation::from_number(rule.operation),
                permission: AclPermission::from_number(rule.permission_type),
            })
        });
        Ok(bindings.collect())
    }
}

/// Adds access rules: see [`Admin::create_acls`].
#[derive(Clone, Debug)]
pub struct CreateAcls(Vec<AclBinding>);

impl Spec for CreateAcls {
    type Output = PerItem<AclBinding, ()>;

    async fn run(self, caller: Caller) -> Self::Output {
        if self.0.is_empty() {
            return PerItem::from_iter([]);
        }
        let creations = self.0.iter().map(|binding| {
            AclCreation::default()
                .with_resource_type(binding.resource_type.number())
                .with_resource_name(binding.resource_name.clone())
                .with_resource_pattern_type(binding.pattern_type.number())
                .with_principal(binding.principal.clone())
                .with_host(binding.host.clone())
                .with_operation(binding.operation.number())
                .with_permission_type(binding.permission.number())
        });
        let request = CreateAclsRequest::default().with_creations(creations.collect::<Vec<_>>());
        let api = CreateAclsRequest::API_KEY;
        // The results stand in the order of the request.
        let results: Vec<Result<(), Error>> = match caller.send(request).await {
            Ok(response) => {
                let results = response.results.iter();
                results
                    .map(|result| {
                        check::<CreateAclsRequest>(result.error_code, result.error_message.as_ref())
                    })
                    .collect()
            }
            Err(error) => self.0.iter().map(|_| Err(error.clone())).collect(),
        };
        let omitted = std::iter::repeat_with(|| Err(omission(api, None)));
        let results = results.into_iter().chain(omitted);
        self.0.into_iter().zip(results).collect()
    }
}

/// Deletes access rules: see [`Admin::delete_acls`].
#[derive(Clone, Debug)]
pub struct DeleteAcls(Vec<AclBindingFilter>);

impl Spec for DeleteAcls {
    type Output = PerItem<AclBindingFilter, PerItem<AclBinding, ()>>;

    async fn run(self, caller: Caller) -> Self::Output {
        if self.0.is_empty() {
            return PerItem::from_iter([]);
        }
        let filters = self.0.iter().cloned().map(|filter| {
            let mut wire = DeleteAclsFilter::default()
                .with_resource_type_filter(filter.resource_type.number())
                .with_pattern_type_filter(filter.pattern_type.number())
                .with_operation(filter.operation.number())
                .with_permission_type(filter.permission.number());
            wire.resource_name_filter = filter.resource_name.map(Into::into);
            wire.principal_filter = filter.principal.map(Into::into);
            wire.host_filter = filter.host.map(Into::into);
            wire
        });
        let request = DeleteAclsRequest::default().with_filters(filters.collect::<Vec<_>>());
        let api = DeleteAclsRequest::API_KEY;
        let results: Vec<Result<PerItem<AclBinding, ()>, Error>> = match caller.send(request).await
        {
            Ok(response) => {
                let results = response.filter_results.iter();
                results
                    .map(|result| {
                        check::<DeleteAclsRequest>(
                            result.error_code,
                            result.error_message.as_ref(),
                        )?;
                        let deleted = result.matching_acls.iter().map(|rule| {
                            let binding = AclBinding {
                                resource_type: AclResourceType::from_number(rule.resource_type),
                                resource_name: rule.resource_name.to_string(),
                                pattern_type: PatternType::from_number(rule.pattern_type),
                                principal: rule.principal.to_string(),
                                host: rule.host.to_string(),
                                operation: AclOperation::from_number(rule.operation),
                                permission: AclPermission::from_number(rule.permission_type),
                            };
                            let message = convert::text(rule.error_message.as_ref());
                            let result = match rule.error_code {
                                ErrorCode::NONE => Ok(()),
                                code => Err(refusal(api, None, code, message.as_deref())),
                            };
                            (binding, result)
                        });
                        Ok(deleted.collect())
                    })
                    .collect()
            }
            Err(error) => self.0.iter().map(|_| Err(error.clone())).collect(),
        };
        let omitted = std::iter::repeat_with(|| Err(omission(api, None)));
        let results = results.into_iter().chain(omitted);
        self.0.into_iter().zip(results).collect()
    }
}

impl Admin {
    /// Asks for the access rules that match a filter (Java: `describeAcls`).
    ///
    /// # Errors
    /// When awaited: if they are not told, such as by a cluster without an authorizer.
    pub fn describe_acls(&self, filter: AclBindingFilter) -> Operation<DescribeAcls> {
        self.operation(DescribeAcls(filter))
    }

    /// Adds access rules (Java: `createAcls`). One that is there already is no error.
    ///
    /// ```no_run
    /// # async fn example(client: milena::Client) -> Result<(), milena::Error> {
    /// use milena::admin::{AclBinding, AclOperation, AclResourceType};
    ///
    /// let may_read = AclBinding::allow("User:alice", AclOperation::Read)
    ///     .on(AclResourceType::Topic, "orders");
    /// client.admin().create_acls([may_read]).await.all()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_acls(
        &self,
        rules: impl IntoIterator<Item = AclBinding>,
    ) -> Operation<CreateAcls> {
        let mut rules: Vec<_> = rules.into_iter().collect();
        rules.sort();
        rules.dedup();
        self.operation(CreateAcls(rules))
    }

    /// Deletes the access rules that match any of these filters; gives for each filter what it has deleted (Java: `deleteAcls`).
    pub fn delete_acls(
        &self,
        filters: impl IntoIterator<Item = AclBindingFilter>,
    ) -> Operation<DeleteAcls> {
        let mut filters: Vec<_> = filters.into_iter().collect();
        filters.sort();
        filters.dedup();
        self.operation(DeleteAcls(filters))
    }
}
