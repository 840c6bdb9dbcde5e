//! Requests with a list of items, and answers with a result for each, found by what it is called.

#[cfg(test)]
use milena_wire::codec::{Kind, Value};
use milena_wire::error_code::ErrorCode;
use milena_wire::messages::{
    AlterConfigsRequest, ConsumerGroupDescribeRequest, CreatePartitionsRequest,
    CreateTopicsRequest, DeleteGroupsRequest, DeleteShareGroupOffsetsRequest,
    DescribeConfigsRequest, DescribeGroupsRequest, DescribeTransactionsRequest,
    DescribeUserScramCredentialsRequest, IncrementalAlterConfigsRequest, ShareGroupDescribeRequest,
    StreamsGroupDescribeRequest,
};

use super::key::Key;
use super::pairing::{Chosen, pair};
use super::parts::{Items, pick};
use super::routed::Routed;
use super::target::Target;

/// Of a request: whom it or `each` of its items is for; the list of its items and what one is called; its other fields; the list of its
/// answer and what a result is called; and the field of the answer with the code of all of it, and the one with its message.
macro_rules! list {
    ($(
        $Request:ident {
            to: $how:ident |$($to:ident),+| $target:expr;
            items: $items:ident |$item:ident| $key:expr;
            others: $($other:ident)*;
            answers: $answers:ident |$answer:ident| $answer_key:expr;
            $(code: $code:ident $($message:ident)?;)?
        }
    )*) => {$(
        impl Routed for $Request {
            fn targets(&self, visit: &mut dyn FnMut(Target)) {
                list!(@targets $how |$($to),+| $target; self, self.$items.items(), visit);
            }

            list!(@sole $how |$($to),+| $target);

            fn part(&self, items: &[usize]) -> Self {
                let mut part = Self::default();
                $(part.$other = Clone::clone(&self.$other);)*
                part.$items = pick(&self.$items, items);
                part
            }

            fn errors(
                &self,
                response: &Self::Response,
                visit: &mut dyn FnMut(Option<usize>, ErrorCode),
            ) {
                $(
                    if response.$code != ErrorCode::NONE {
                        return visit(None, response.$code);
                    }
                )?
                pair(
                    self.$items.items().iter().map(|$item| $key),
                    response.$answers.iter().map(|$answer| ($answer_key, $answer.error_code)),
                    |item, code| match code {
                        Some(ErrorCode::NONE) => {}
                        Some(code) => visit(Some(item), code),
                        None => visit(Some(item), ErrorCode::UNKNOWN_SERVER_ERROR),
                    },
                );
            }

            fn forget(&self, response: &mut Self::Response, items: &[usize]) {
                let chosen = Chosen::new(self.$items.items().iter().map(|$item| $key), items);
                response.$answers.retain(|$answer| !chosen.has($answer_key));
            }

            fn merge(response: &mut Self::Response, other: Self::Response) {
                response.$answers.extend(other.$answers);
                response.throttle_time_ms = response.throttle_time_ms.max(other.throttle_time_ms);
                $(
                    if response.$code == ErrorCode::NONE {
                        response.$code = other.$code;
                        $(response.$message = other.$message;)?
                    }
                )?
            }

            fn throttle_time_ms(response: &Self::Response) -> i32 {
                response.throttle_time_ms
            }
        }
    )*

        /// The fields of each request that its parts have.
        #[cfg(test)]
        pub(super) const FIELDS: &[(Kind, &[&str])] = &[$(
            (<$Request as Value>::KIND, &[stringify!($items), $(stringify!($other)),*]),
        )*];
    };
    (@targets one |$request:ident| $target:expr; $this:expr, $items:expr, $visit:ident) => {
        for _ in 0..$items.len().max(1) {
            let $request = $this;
            $visit($target);
        }
    };
    (@targets each |$item:ident| $target:expr; $this:expr, $items:expr, $visit:ident) => {
        if $items.is_empty() {
            $visit(Target::Any);
        }
        for $item in $items {
            $visit($target);
        }
    };
    (@sole one |$request:ident| $target:expr) => {
        fn sole_target(&self) -> Option<Target> {
            let $request = self;
            Some($target)
        }
    };
    (@sole each |$item:ident| $target:expr) => {};
}

list! {
    CreateTopicsRequest {
        to: one |_request| Target::Controller;
        items: topics |topic| Key::name(&topic.name);
        others: unknown_tagged_fields timeout_ms validate_only;
        answers: topics |topic| Key::name(&topic.name);
    }
    CreatePartitionsRequest {
        to: one |_request| Target::Controller;
        items: topics |topic| Key::name(&topic.name);
        others: unknown_tagged_fields timeout_ms validate_only;
        answers: results |result| Key::name(&result.name);
    }
    DescribeConfigsRequest {
        to: each |item| Target::of_resource(item.resource_type, &item.resource_name, Target::Any);
        items: resources |item| Key::resource(item.resource_type, &item.resource_name);
        others: unknown_tagged_fields include_synonyms include_documentation;
        answers: results |result| Key::resource(result.resource_type, &result.resource_name);
    }
    AlterConfigsRequest {
        to: each |item| Target::of_resource(item.resource_type, &item.resource_name, Target::Controller);
        items: resources |item| Key::resource(item.resource_type, &item.resource_name);
        others: unknown_tagged_fields validate_only;
        answers: responses |result| Key::resource(result.resource_type, &result.resource_name);
    }
    IncrementalAlterConfigsRequest {
        to: each |item| Target::of_resource(item.resource_type, &item.resource_name, Target::Controller);
        items: resources |item| Key::resource(item.resource_type, &item.resource_name);
        others: unknown_tagged_fields validate_only;
        answers: responses |result| Key::resource(result.resource_type, &result.resource_name);
    }
    DescribeUserScramCredentialsRequest {
        to: one |_request| Target::Any;
        items: users |user| Key::name(&user.name);
        others: unknown_tagged_fields;
        answers: results |result| Key::name(&result.user);
        code: error_code error_message;
    }
    DescribeGroupsRequest {
        to: each |group| Target::group(group);
        items: groups |group| Key::name(group);
        others: unknown_tagged_fields include_authorized_operations;
        answers: groups |group| Key::name(&group.group_id);
    }
    ConsumerGroupDescribeRequest {
        to: each |group| Target::group(group);
        items: group_ids |group| Key::name(group);
        others: unknown_tagged_fields include_authorized_operations;
        answers: groups |group| Key::name(&group.group_id);
    }
    ShareGroupDescribeRequest {
        to: each |group| Target::group(group);
        items: group_ids |group| Key::name(group);
        others: unknown_tagged_fields include_authorized_operations;
        answers: groups |group| Key::name(&group.group_id);
    }
    StreamsGroupDescribeRequest {
        to: each |group| Target::group(group);
        items: group_ids |group| Key::name(group);
        others: unknown_tagged_fields include_authorized_operations;
        answers: groups |group| Key::name(&group.group_id);
    }
    DeleteGroupsRequest {
        to: each |group| Target::group(group);
        items: groups_names |group| Key::name(group);
        others: unknown_tagged_fields;
        answers: results |result| Key::name(&result.group_id);
    }
    DeleteShareGroupOffsetsRequest {
        to: one |request| Target::group(&request.group_id);
        items: topics |topic| Key::name(&topic.topic_name);
        others: unknown_tagged_fields group_id;
        answers: responses |topic| Key::topic(&topic.topic_name, topic.topic_id);
        code: error_code error_message;
    }
    DescribeTransactionsRequest {
        to: each |transactional_id| Target::transaction(transactional_id);
        items: transactional_ids |transactional_id| Key::name(transactional_id);
        others: unknown_tagged_fields;
        answers: transaction_states |state| Key::name(&state.transactional_id);
    }
}
