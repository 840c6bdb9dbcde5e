//! Large payloads that lie beside the buffer they belong into.

use bytes::Bytes;

/// Bytes that were not copied into a buffer, and how many bytes of the buffer come before them.
pub(crate) type Payload = (usize, Bytes);

/// The pieces of a buffer from `start` on and of the payloads that belong into it, in the order of the wire.
///
/// `payloads` ascend by position, and none lies before `start`.
pub fn segments<'a>(
    buffer: &'a [u8],
    mut start: usize,
    payloads: &'a [(usize, Bytes)],
) -> impl Iterator<Item = &'a [u8]> {
    let pieces = payloads.iter().map(|(end, payload)| (*end, &payload[..]));
    pieces
        .chain([(buffer.len(), &[][..])])
        .flat_map(move |(end, payload)| {
            let piece = buffer.get(start..end).unwrap_or_default();
            start = end;
            [piece, payload]
        })
        .filter(|piece| !piece.is_empty())
}
