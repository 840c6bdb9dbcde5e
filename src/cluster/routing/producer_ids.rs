//! Whether a produce request has the same effect sent twice as once.

use milena_wire::messages::ProduceRequest;

/// Whether the broker can tell that it has the batches already: each of them is from a producer with an id.
pub(super) fn has_producer_ids(request: &ProduceRequest) -> bool {
    request
        .topic_data
        .iter()
        .flat_map(|topic| &topic.partition_data)
        .filter_map(|partition| partition.records.as_ref())
        .all(|records| batches_have_producer_ids(records))
}

/// Looks at the producer id in the header of each batch; what is no batch of format 2 has none.
fn batches_have_producer_ids(mut records: &[u8]) -> bool {
    while !records.is_empty() {
        let length = records.get(8..12).and_then(number);
        let producer_id = records.get(43..51);
        let (Some(length), Some(2), Some([sign, ..])) = (length, records.get(16), producer_id)
        else {
            return false;
        };
        if sign & 0x80 != 0 {
            return false;
        }
        let next = usize::try_from(length).ok().and_then(|length| {
            let size = length.checked_add(12)?;
            records.get(size..)
        });
        match next {
            Some(next) => records = next,
            None => return false,
        }
    }
    true
}

fn number(bytes: &[u8]) -> Option<i32> {
    Some(i32::from_be_bytes(bytes.try_into().ok()?))
}
