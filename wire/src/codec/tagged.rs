//! Tagged fields (KIP-482) that this crate does not know.

use bytes::Bytes;

use super::decoder::Decoder;
use super::encoder::{Encoder, TagSection};

/// A tagged field that this crate does not know, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaggedField {
    /// What tells the field from others of its struct.
    pub tag: u32,
    /// Its content, without the size.
    pub content: Bytes,
}

/// The tagged fields of a struct that this crate does not know: kept, so that a message that is read and written again loses nothing.
///
/// Almost always empty, so it takes one word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaggedFields(
    #[expect(
        clippy::box_collection,
        reason = "one word in each of thousands of structs, not three"
    )]
    Option<Box<Vec<TaggedField>>>,
);

impl TaggedFields {
    /// The fields in ascending order of their tags.
    pub fn iter(&self) -> std::slice::Iter<'_, TaggedField> {
        self.as_slice().iter()
    }

    /// The fields in ascending order of their tags.
    #[must_use]
    pub fn as_slice(&self) -> &[TaggedField] {
        self.0.as_ref().map_or(&[], |fields| fields.as_slice())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    /// Adds a field, or replaces the content of the one with this tag.
    pub fn insert(&mut self, tag: u32, content: Bytes) {
        let fields = self.0.get_or_insert_default();
        match fields.binary_search_by_key(&tag, |field| field.tag) {
            Ok(index) => {
                if let Some(field) = fields.get_mut(index) {
                    field.content = content;
                }
            }
            Err(index) => fields.insert(index, TaggedField { tag, content }),
        }
    }

    /// Keeps the field that the decoder stands at; tags ascend, so it is the last one.
    pub(crate) fn read_one(&mut self, decoder: &mut Decoder<'_>, tag: u32) {
        // A list begun by its first push has room for four: thousands of structs with one field each would take four times the budget.
        let begin = || Box::new(Vec::with_capacity(1));
        let list = if self.0.is_none() {
            size_of::<Vec<TaggedField>>()
        } else {
            0
        };
        if decoder.charge(size_of::<TaggedField>() + list) {
            let content = decoder.slice(decoder.remaining());
            self.0
                .get_or_insert_with(begin)
                .push(TaggedField { tag, content });
        }
    }

    /// Reads the tagged fields of a struct that has none of its own.
    pub(crate) fn read_all(decoder: &mut Decoder<'_>) -> Self {
        let mut fields = Self::default();
        if decoder.flexible() {
            let mut tags = decoder.tags();
            while let Some(tag) = decoder.next_tag(&mut tags) {
                fields.read_one(decoder, tag);
            }
        }
        fields
    }

    /// Writes the tagged fields of a struct that has none of its own.
    pub(crate) fn write_all(&self, encoder: &mut Encoder) {
        if !encoder.flexible() {
            return;
        }
        if self.is_empty() {
            encoder.raw(&[0]);
            return;
        }
        let mut section = encoder.begin_tags();
        let mut next = 0;
        self.write_below(u32::MAX, &mut next, &mut section, encoder);
        encoder.end_tags(&section);
    }

    /// Writes the fields from index `next` on whose tags are below `tag` (all, if it is `u32::MAX`), so that known ones fall in place. One with that
    /// very tag is passed over.
    pub(crate) fn write_below(
        &self,
        tag: u32,
        next: &mut usize,
        section: &mut TagSection,
        encoder: &mut Encoder,
    ) {
        while let Some(field) = self.as_slice().get(*next) {
            if field.tag > tag {
                return;
            }
            *next += 1;
            // A field that this crate has meanwhile learnt is not written twice.
            if field.tag != tag || tag == u32::MAX {
                encoder.tagged(section, field.tag, |encoder| encoder.raw(&field.content));
            }
        }
    }
}

impl<'a> IntoIterator for &'a TaggedFields {
    type Item = &'a TaggedField;
    type IntoIter = std::slice::Iter<'a, TaggedField>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
