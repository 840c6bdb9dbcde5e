//! The way to the field that could not be read or written, found by walking the bytes once more, by name.

use std::fmt::Write as _;

use bytes::Bytes;

use super::decoder::{Decoder, Failure};
use super::schema::{Field, Kind, Structure};
use super::tagged::TaggedFields;
use super::value::{Int32Array, Nullable, Value as _};

/// The path of the field at which reading `source` fails, such as `topics[3].name`, with the failure.
///
/// It reads with the same primitives in the same order as the derived code, so it fails at the same place. Without a budget, the bytes are what was
/// written until writing failed: lists may then claim more than is there.
pub(crate) fn failing_field(
    structure: &Structure,
    source: &Bytes,
    version: i16,
    flexible: bool,
    budget: Option<usize>,
) -> (String, Option<Failure>) {
    let mut walk = Walk {
        decoder: Decoder::new(source, version, flexible, budget.unwrap_or(usize::MAX)),
        written: budget.is_none(),
        path: String::new(),
    };
    walk.structure(structure);
    let failure = walk.decoder.failure();
    (walk.path, failure)
}

struct Walk<'a> {
    decoder: Decoder<'a>,
    /// Whether the bytes were written here, until a failure.
    written: bool,
    /// Grows on the way down, shrinks on the way up, and stays as it is at the failure.
    path: String,
}

impl Walk<'_> {
    fn structure(&mut self, structure: &Structure) {
        let version = self.decoder.version();
        for field in structure.fields {
            if field.tag.is_none() && field.versions.contains(version) {
                self.field(field);
                if self.decoder.failed() {
                    return;
                }
            }
        }
        if self.decoder.flexible() {
            self.tagged(structure);
        }
    }

    fn field(&mut self, field: &Field) {
        let parent = self.path.len();
        if parent > 0 {
            self.path.push('.');
        }
        self.path.push_str(field.name);
        self.value(field);
        if !self.decoder.failed() {
            self.path.truncate(parent);
        }
    }

    fn value(&mut self, field: &Field) {
        let nullable = field.nullable.contains(self.decoder.version());
        if field.classic {
            let text = self.decoder.classic_string();
            return self.presence(nullable, text.is_some());
        }
        if let (Kind::Struct(structure), true) = (field.kind, nullable) {
            if self.decoder.presence() {
                self.structure(structure);
            }
            return;
        }
        match field.kind {
            Kind::String => {
                let text = self.decoder.string();
                self.presence(nullable, text.is_some());
            }
            Kind::Bytes => {
                let bytes = self.decoder.bytes();
                self.presence(nullable, bytes.is_some());
            }
            Kind::Array(Kind::Int32) => {
                let list = Int32Array::read_nullable(&mut self.decoder);
                self.presence(nullable, list.is_some());
            }
            Kind::Array(element) => self.array(element, nullable),
            kind => self.element(&kind),
        }
    }

    fn presence(&mut self, nullable: bool, present: bool) {
        if !nullable {
            self.decoder.required(present.then_some(()));
        }
    }

    fn array(&mut self, element: &Kind, nullable: bool) {
        let count = if self.written {
            self.decoder.length()
        } else {
            self.decoder.list(element).map(|(count, _)| count)
        };
        self.presence(nullable, count.is_some());
        let count = count.unwrap_or_default();
        let field = self.path.len();
        for index in 0..count {
            // Writing to a String cannot fail.
            let _ = write!(self.path, "[{index}]");
            self.element(element);
            if self.decoder.failed() {
                return;
            }
            self.path.truncate(field);
        }
    }

    /// A value that cannot be null.
    fn element(&mut self, kind: &Kind) {
        match kind {
            Kind::Bool | Kind::Int8 => drop(self.decoder.fixed::<1>()),
            Kind::Int16 | Kind::UInt16 => drop(self.decoder.fixed::<2>()),
            Kind::Int32 => drop(self.decoder.fixed::<4>()),
            Kind::Int64 | Kind::Float64 => drop(self.decoder.fixed::<8>()),
            Kind::Uuid => drop(self.decoder.fixed::<16>()),
            Kind::String => drop(bytestring::ByteString::read(&mut self.decoder)),
            Kind::Bytes => drop(Bytes::read(&mut self.decoder)),
            Kind::Struct(structure) => self.structure(structure),
            Kind::Array(element) => self.array(element, false),
        }
    }

    fn tagged(&mut self, structure: &Structure) {
        let version = self.decoder.version();
        let mut unknown = TaggedFields::default();
        let mut tags = self.decoder.tags();
        while let Some(tag) = self.decoder.next_tag(&mut tags) {
            let known = structure
                .fields
                .iter()
                .find(|field| field.tag == Some(tag) && field.versions.contains(version));
            match known {
                Some(field) => self.field(field),
                None => unknown.read_one(&mut self.decoder, tag),
            }
        }
    }
}
