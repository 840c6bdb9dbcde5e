//! WriteTxnMarkers, whose items are partitions within topics within markers.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::{WriteTxnMarkersRequest, WriteTxnMarkersResponse};
use milena_wire::uuid::Uuid;

use super::key::Key;
use super::pairing::{Chosen, pair};
use super::parts::{merge_topics, pick_partitions};
use super::routed::Routed;
use super::target::Target;

fn names(request: &WriteTxnMarkersRequest) -> impl Iterator<Item = Key<'_>> + Clone {
    request.markers.iter().flat_map(|marker| {
        marker.topics.iter().flat_map(|topic| {
            let key = Key::name(&topic.name).of_kind(marker.producer_id);
            let indexes = topic.partition_indexes.iter();
            indexes.map(move |index| key.partition(*index))
        })
    })
}

impl Routed for WriteTxnMarkersRequest {
    fn targets(&self, visit: &mut dyn FnMut(Target)) {
        let mut none = true;
        for topic in self.markers.iter().flat_map(|marker| &marker.topics) {
            for index in &topic.partition_indexes {
                none = false;
                visit(Target::leader(&topic.name, Uuid::nil(), *index));
            }
        }
        if none {
            visit(Target::Any);
        }
    }

    fn part(&self, items: &[usize]) -> Self {
        let mut part = Self::default();
        part.unknown_tagged_fields = self.unknown_tagged_fields.clone();
        let mut start = 0;
        for marker in &self.markers {
            let partitions = marker.topics.iter();
            let count: usize = partitions.map(|topic| topic.partition_indexes.len()).sum();
            let here = items
                .iter()
                .filter(|item| (start..start + count).contains(item));
            let here: Vec<usize> = here.map(|item| item - start).collect();
            start += count;
            if !here.is_empty() {
                let mut marker = marker.clone();
                marker.topics = pick_partitions(
                    &marker.topics,
                    &here,
                    |topic| &topic.partition_indexes,
                    |topic| &mut topic.partition_indexes,
                );
                part.markers.push(marker);
            }
        }
        part
    }

    fn errors(
        &self,
        response: &WriteTxnMarkersResponse,
        visit: &mut dyn FnMut(Option<usize>, ErrorCode),
    ) {
        let answers = response.markers.iter().flat_map(|marker| {
            marker.topics.iter().flat_map(|topic| {
                let key = Key::name(&topic.name).of_kind(marker.producer_id);
                topic.partitions.iter().map(move |partition| {
                    (
                        key.partition(partition.partition_index),
                        partition.error_code,
                    )
                })
            })
        });
        pair(names(self), answers, |item, code| match code {
            Some(ErrorCode::NONE) => {}
            Some(code) => visit(Some(item), code),
            None => visit(Some(item), ErrorCode::UNKNOWN_SERVER_ERROR),
        });
    }

    fn forget(&self, response: &mut WriteTxnMarkersResponse, items: &[usize]) {
        let chosen = Chosen::new(names(self), items);
        response.markers.retain_mut(|marker| {
            let producer_id = marker.producer_id;
            marker.topics.retain_mut(|topic| {
                let key = Key::name(&topic.name).of_kind(producer_id);
                topic
                    .partitions
                    .retain(|partition| !chosen.has(key.partition(partition.partition_index)));
                !topic.partitions.is_empty()
            });
            !marker.topics.is_empty()
        });
    }

    fn merge(response: &mut WriteTxnMarkersResponse, other: WriteTxnMarkersResponse) {
        merge_topics(
            &mut response.markers,
            other.markers,
            |marker| Key::name("").of_kind(marker.producer_id),
            |marker, other| {
                merge_topics(
                    &mut marker.topics,
                    other.topics,
                    |topic| Key::name(&topic.name),
                    |topic, other| topic.partitions.extend(other.partitions),
                );
            },
        );
    }

    fn throttle_time_ms(_: &WriteTxnMarkersResponse) -> i32 {
        0
    }
}
