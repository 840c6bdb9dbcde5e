//! Few bytes that would become much memory.

use std::fmt::Debug;

use allocation_counter::measure;
use bytes::Bytes;
use milena_wire::codec::DecodeErrorKind::MemoryBudget;
use milena_wire::codec::{Field, Kind, Message, Structure};
use milena_wire::messages::metadata::{MetadataResponsePartition, MetadataResponseTopic};
use milena_wire::messages::{ListGroupsResponse, MetadataResponse};

use crate::body::Body;
use crate::corpus;
use crate::every_message::{Visitor, for_every_message};

#[test]
fn many_tiny_elements_hit_the_budget() {
    // An empty group takes 3 bytes on the wire in version 3, and over 100 in memory.
    let body = Bytes::from(
        Body::new()
            .i32(0)
            .i16(0)
            .varint(100_001)
            .raw(&[1, 1, 0].repeat(100_000))
            .varint(0)
            .0,
    );
    let info = measure(|| {
        let error = ListGroupsResponse::decode_prefix(&body, 3, 1 << 20).unwrap_err();
        assert_eq!(
            (error.kind(), error.field(), error.offset()),
            (MemoryBudget { limit: 1 << 20 }, "groups", 9)
        );
    });
    assert!(
        info.bytes_max < 2048,
        "a list beyond the budget is not begun: {info:?}"
    );
    assert_eq!(
        ListGroupsResponse::decode(&body, 3).unwrap().groups.len(),
        100_000
    );
}

#[test]
fn a_budget_is_for_the_message_not_for_each_list() {
    let partition = |index| MetadataResponsePartition::default().with_partition_index(index);
    let topic = MetadataResponseTopic::default()
        .with_name("t")
        .with_partitions((0..10).map(partition).collect::<Vec<_>>());
    let body = MetadataResponse::default()
        .with_topics(vec![topic; 10])
        .encode(9)
        .unwrap()
        .into_bytes();
    let (topics, partitions) = (
        10 * size_of::<MetadataResponseTopic>(),
        10 * size_of::<MetadataResponsePartition>(),
    );
    let exact = topics + 10 * partitions;
    assert!(MetadataResponse::decode_prefix(&body, 9, exact).is_ok());
    let error = MetadataResponse::decode_prefix(&body, 9, exact - 1).unwrap_err();
    assert_eq!(
        (error.kind(), error.field()),
        (MemoryBudget { limit: exact - 1 }, "topics[9].partitions")
    );
    let error = MetadataResponse::decode_prefix(&body, 9, topics - 1).unwrap_err();
    assert_eq!(
        (error.kind(), error.field()),
        (MemoryBudget { limit: topics - 1 }, "topics")
    );
}

/// The fewest bytes for a struct, from its schema; `tag` adds an unknown tagged field, empty, to each struct that can have one.
struct Smallest {
    version: i16,
    flexible: bool,
    tag: bool,
}

impl Smallest {
    fn count(&self, body: &mut Vec<u8>, count: usize) {
        if self.flexible {
            body.extend(Body::new().varint(count as u32 + 1).0);
        } else {
            body.extend((count as i32).to_be_bytes());
        }
    }

    /// `lists` is the way to the list that gets `count` elements, one index of a field for each struct on it; other lists are empty.
    fn structure(&self, body: &mut Vec<u8>, structure: &Structure, lists: &[usize], count: usize) {
        let mut tagged = Vec::new();
        for (index, field) in structure.fields.iter().enumerate() {
            if !field.versions.contains(self.version) {
                continue;
            }
            let way = lists
                .split_first()
                .filter(|(first, _)| **first == index)
                .map(|(_, rest)| rest);
            match (field.tag, way) {
                (Some(tag), Some(way)) => {
                    let mut content = Vec::new();
                    self.field(&mut content, field, Some(way), count);
                    tagged.push((tag, content));
                }
                (Some(_), None) => {}
                (None, way) => self.field(body, field, way, count),
            }
        }
        if self.flexible {
            if self.tag {
                tagged.push((1_000_000, Vec::new()));
            }
            body.extend(Body::new().varint(tagged.len() as u32).0);
            for (tag, content) in tagged {
                body.extend(
                    Body::new()
                        .varint(tag)
                        .varint(content.len() as u32)
                        .raw(&content)
                        .0,
                );
            }
        }
    }

    fn field(&self, body: &mut Vec<u8>, field: &Field, way: Option<&[usize]>, count: usize) {
        match (field.kind, way) {
            (Kind::Array(element), Some(way)) => {
                let here = if way.is_empty() { count } else { 1 };
                let mut one = Vec::new();
                self.value(&mut one, element, way, count);
                self.count(body, here);
                body.extend(one.repeat(here));
            }
            (kind, way) => {
                if matches!(kind, Kind::Struct(_)) && field.nullable.contains(self.version) {
                    body.push(1);
                }
                self.value(body, &kind, way.unwrap_or_default(), count);
            }
        }
    }

    fn value(&self, body: &mut Vec<u8>, kind: &Kind, way: &[usize], count: usize) {
        match kind {
            Kind::Bool | Kind::Int8 => body.push(0),
            Kind::Int16 | Kind::UInt16 => body.extend([0; 2]),
            Kind::Int32 => body.extend([0; 4]),
            Kind::Int64 | Kind::Float64 => body.extend([0; 8]),
            Kind::Uuid => body.extend([0; 16]),
            Kind::String if !self.flexible => body.extend([0; 2]),
            Kind::String | Kind::Bytes | Kind::Array(_) => self.count(body, 0),
            Kind::Struct(structure) => self.structure(body, structure, way, count),
            other => panic!("{other:?}"),
        }
    }
}

/// The way to each list in a struct, as [`Smallest::structure`] takes it.
fn ways_to_lists(
    structure: &Structure,
    version: i16,
    way: &mut Vec<usize>,
    found: &mut Vec<Vec<usize>>,
) {
    for (index, field) in structure
        .fields
        .iter()
        .enumerate()
        .filter(|(_, field)| field.versions.contains(version))
    {
        way.push(index);
        if let Kind::Array(_) = field.kind {
            found.push(way.clone());
        }
        match field.kind {
            Kind::Struct(inner) => ways_to_lists(inner, version, way, found),
            Kind::Array(&Kind::Struct(inner)) => ways_to_lists(inner, version, way, found),
            _ => {}
        }
        way.pop();
    }
}

/// Few bytes for each element, and a struct in memory for each: in every list of every message and version, with and without unknown tagged fields.
#[test]
fn no_list_takes_more_than_four_times_its_budget() {
    #[derive(Default)]
    struct Amplify {
        frames: u64,
        refused: u64,
        /// Memory for each byte of the budget, in hundredths, and where.
        worst: (u64, String),
        /// Memory for each byte on the wire, in hundredths, and where.
        amplification: (u64, String),
    }
    impl Visitor for Amplify {
        fn visit<M: Message + Debug>(&mut self) {
            let Kind::Struct(structure) = M::KIND else {
                panic!("a message is a struct")
            };
            for version in M::VERSIONS.min..=M::VERSIONS.max {
                let mut ways = Vec::new();
                ways_to_lists(structure, version, &mut Vec::new(), &mut ways);
                let flexible = M::FLEXIBLE.contains(version);
                for (way, tag) in ways.iter().flat_map(|way| [(way, false), (way, true)]) {
                    if tag && !flexible {
                        continue;
                    }
                    let mut body = Vec::new();
                    Smallest {
                        version,
                        flexible,
                        tag,
                    }
                    .structure(&mut body, structure, way, 1100);
                    self.read::<M>(&body.into(), version, way, tag);
                }
            }
        }
    }
    impl Amplify {
        fn read<M: Message + Debug>(
            &mut self,
            body: &Bytes,
            version: i16,
            way: &[usize],
            tag: bool,
        ) {
            let at = |budget| {
                format!(
                    "{} v{version}, list {way:?}, tag {tag}, budget {budget}",
                    M::NAME
                )
            };
            // From less than one element takes to more than all of them do.
            for budget in [64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 1 << 20] {
                let mut read = None;
                let peak =
                    measure(|| read = Some(M::decode_prefix(body, version, budget))).bytes_max;
                match read.unwrap() {
                    Ok((_, left)) => {
                        assert_eq!(left, 0, "{}", at(budget));
                        self.amplification = (peak * 100 / body.len() as u64, at(budget))
                            .max(std::mem::take(&mut self.amplification));
                    }
                    Err(error) => {
                        assert_eq!(
                            error.kind(),
                            MemoryBudget { limit: budget },
                            "{}: {error}",
                            at(budget)
                        );
                        self.refused += 1;
                    }
                }
                self.frames += 1;
                // Beside the budget: the path in the error, and what makes `body` shareable.
                let peak = peak.saturating_sub(512);
                self.worst =
                    (peak * 100 / budget as u64, at(budget)).max(std::mem::take(&mut self.worst));
            }
        }
    }
    let mut amplify = Amplify::default();
    for_every_message(&mut amplify);
    let Amplify {
        frames,
        refused,
        worst,
        amplification,
    } = amplify;
    corpus::report(&format!(
        "hostile: {frames} amplifying frames, {refused} refused; {worst:?} % of the budget, {amplification:?} % of the bytes"
    ));
    assert!(worst.0 <= 400, "{worst:?}");
    assert!(refused > frames / 4, "{refused} of {frames} hit the budget");
}
