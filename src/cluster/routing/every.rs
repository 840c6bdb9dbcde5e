//! Requests for every broker: each tells what it has, and the answers together are the cluster's.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::{DescribeLogDirsRequest, ListGroupsRequest, ListTransactionsRequest};

use super::routed::Routed;
use super::target::Target;

/// A request, the list of its answer that grows, and the one that is the same of every broker.
macro_rules! every {
    ($($Request:ident: $list:ident $(, same $same:ident)?;)*) => {$(
        impl Routed for $Request {
            fn targets(&self, visit: &mut dyn FnMut(Target)) {
                visit(Target::Every);
            }

            fn sole_target(&self) -> Option<Target> {
                Some(Target::Every)
            }

            fn part(&self, _: &[usize]) -> Self {
                self.clone()
            }

            fn errors(
                &self,
                response: &Self::Response,
                visit: &mut dyn FnMut(Option<usize>, ErrorCode),
            ) {
                if response.error_code != ErrorCode::NONE {
                    visit(None, response.error_code);
                }
            }

            fn forget(&self, response: &mut Self::Response, items: &[usize]) {
                if !items.is_empty() {
                    *response = Default::default();
                }
            }

            fn merge(response: &mut Self::Response, other: Self::Response) {
                response.$list.extend(other.$list);
                $(
                    for element in other.$same {
                        if !response.$same.contains(&element) {
                            response.$same.push(element);
                        }
                    }
                )?
                response.throttle_time_ms = response.throttle_time_ms.max(other.throttle_time_ms);
                if response.error_code == ErrorCode::NONE {
                    response.error_code = other.error_code;
                }
            }

            fn throttle_time_ms(response: &Self::Response) -> i32 {
                response.throttle_time_ms
            }
        }
    )*};
}

every! {
    ListGroupsRequest: groups;
    ListTransactionsRequest: transaction_states, same unknown_state_filters;
    DescribeLogDirsRequest: results;
}
