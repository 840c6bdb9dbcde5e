//! Who is to answer which items of a request, as far as is known. No I/O.

use std::sync::Arc;

use super::coordinators::Coordinated;
use super::pool::Node;
use super::routing::{Routed, Target, TopicRef};

/// Where one item of a request goes.
#[derive(Clone, Debug)]
pub(crate) enum Located {
    /// To this broker.
    At(Arc<Node>),
    /// That has yet to be found out.
    Unknown(Missing),
}

/// What has to be found out before an item of a request can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Who leads a partition.
    Leader(TopicRef, i32),
    Coordinator(Coordinated),
    Controller,
    /// Where this broker is.
    Broker(i32),
    /// Any broker at all.
    Anybody,
}

/// Where a request goes.
#[derive(Debug)]
pub(crate) enum Placement {
    /// All of it to one broker.
    At(Arc<Node>),
    /// All of it to wherever has yet to be found out.
    Unknown(Missing),
    /// Its items to different brokers.
    Apart(Vec<Group>),
    /// To every broker.
    Everywhere,
}

/// Items of a request that go the same way.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) located: Located,
    /// Ascending.
    pub(crate) items: Vec<usize>,
}

impl Located {
    fn is_the_same_way(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::At(one), Self::At(other)) => Arc::ptr_eq(one, other),
            // What is wrong with one topic, or one group, is not wrong with another.
            (Self::Unknown(Missing::Leader(one, _)), Self::Unknown(Missing::Leader(other, _))) => {
                one == other
            }
            (Self::Unknown(one), Self::Unknown(other)) => one == other,
            _ => false,
        }
    }
}

/// Finds out where a request goes; `locate` tells it of each item.
pub(crate) fn place<R: Routed>(
    request: &R,
    mut locate: impl FnMut(&Target) -> Located,
) -> Placement {
    let mut groups: Vec<Group> = Vec::new();
    let mut first: Option<Located> = None;
    // Mostly neighbours go the same way.
    let mut last = 0;
    let mut count = 0;
    let mut is_everywhere = false;
    request.targets(&mut |target| {
        let item = count;
        count += 1;
        if target == Target::Every {
            is_everywhere = true;
            return;
        }
        let located = locate(&target);
        let Some(of_first) = &first else {
            first = Some(located);
            return;
        };
        if groups.is_empty() {
            if of_first.is_the_same_way(&located) {
                return;
            }
            groups.push(Group {
                located: of_first.clone(),
                items: (0..item).collect(),
            });
        }
        let is_like_last = groups
            .get(last)
            .is_some_and(|group| group.located.is_the_same_way(&located));
        if !is_like_last {
            let found = groups
                .iter()
                .position(|group| group.located.is_the_same_way(&located));
            last = found.unwrap_or(groups.len());
            if found.is_none() {
                let items = Vec::new();
                groups.push(Group { located, items });
            }
        }
        if let Some(group) = groups.get_mut(last) {
            group.items.push(item);
        }
    });
    if is_everywhere {
        return Placement::Everywhere;
    }
    if !groups.is_empty() {
        return Placement::Apart(groups);
    }
    match first {
        Some(Located::At(node)) => Placement::At(node),
        Some(Located::Unknown(missing)) => Placement::Unknown(missing),
        // A request about nothing: anybody can say that nothing is.
        None => match locate(&Target::Any) {
            Located::At(node) => Placement::At(node),
            Located::Unknown(missing) => Placement::Unknown(missing),
        },
    }
}
