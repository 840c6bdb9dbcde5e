//! WriteTxnMarkers: of coordinators, and of admin clients that abort what nobody else would.

use milena_wire::error_code::ErrorCode;
use milena_wire::messages::write_txn_markers::{
    WritableTxnMarker, WritableTxnMarkerPartitionResult, WritableTxnMarkerResult,
    WritableTxnMarkerTopicResult, WriteTxnMarkersRequest, WriteTxnMarkersResponse,
};

use super::answer::Answer;
use super::exchange::{Context, Incoming, Refusal};
use super::topic_reference::code;
use crate::storage::Marker;
use crate::topics::MarkerError;

pub(super) fn answer(context: &Context<'_>, incoming: Incoming) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<WriteTxnMarkersRequest>()?;
    let mut response = WriteTxnMarkersResponse::default();
    let markers = request.markers.iter().map(|asked| {
        let marker = Marker {
            producer_id: asked.producer_id,
            producer_epoch: asked.producer_epoch,
            commit: asked.transaction_result,
            coordinator_epoch: asked.coordinator_epoch,
        };
        result(asked, |topic, index| {
            let written = write(context, topic, index, marker);
            written.err().unwrap_or(ErrorCode::NONE)
        })
    });
    response.markers = markers.collect();
    Answer::now(reply, &response)
}

pub(super) fn fail(
    _: &Context<'_>,
    incoming: Incoming,
    code: ErrorCode,
) -> Result<Answer, Refusal> {
    let (request, reply) = incoming.decode::<WriteTxnMarkersRequest>()?;
    let mut response = WriteTxnMarkersResponse::default();
    let markers = request.markers.iter();
    response.markers = markers.map(|asked| result(asked, |_, _| code)).collect();
    Answer::now(reply, &response)
}

fn write(context: &Context<'_>, topic: &str, index: i32, marker: Marker) -> Result<(), ErrorCode> {
    let topic = context.shared.catalog.by_name(topic);
    let partition = topic.as_ref().and_then(|topic| topic.partition(index));
    let partition = partition.ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?;
    partition.extent(context.reader(-1)).map_err(code)?;
    let written = partition.end_transaction(marker, context.now);
    written.map_err(|error| match error {
        MarkerError::FencedProducer => ErrorCode::INVALID_PRODUCER_EPOCH,
        MarkerError::FencedCoordinator => ErrorCode::TRANSACTION_COORDINATOR_FENCED,
        MarkerError::Deleted => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
    })
}

fn result(
    asked: &WritableTxnMarker,
    code: impl Fn(&str, i32) -> ErrorCode,
) -> WritableTxnMarkerResult {
    let mut result = WritableTxnMarkerResult::default();
    result.producer_id = asked.producer_id;
    for asked in &asked.topics {
        let mut topic = WritableTxnMarkerTopicResult::default();
        topic.name = asked.name.clone();
        for index in asked.partition_indexes.iter() {
            let mut partition = WritableTxnMarkerPartitionResult::default();
            partition.partition_index = *index;
            partition.error_code = code(&asked.name, *index);
            topic.partitions.push(partition);
        }
        result.topics.push(topic);
    }
    result
}
