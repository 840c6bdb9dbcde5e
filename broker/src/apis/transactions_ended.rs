//! What follows from the end of transactions.

use super::exchange::Context;
use crate::transactions::Ended;

/// Writes the markers where the transactions were. Of topics that are no more there is nothing to end.
pub(super) fn mark(context: &Context<'_>, ended: impl IntoIterator<Item = Ended>) {
    for Ended { marker, partitions } in ended {
        for part in partitions {
            let topic = context.shared.catalog.by_name(&part.topic);
            let partition = topic
                .as_ref()
                .and_then(|topic| topic.partition(part.partition));
            if let Some(Err(error)) =
                partition.map(|partition| partition.end_transaction(marker, context.now))
            {
                tracing::debug!(?error, ?part, "no marker written");
            }
        }
    }
}

/// Aborts what has taken too long. It is done when somebody asks: nobody sees the difference.
pub(super) fn expire(context: &Context<'_>) {
    mark(context, context.shared.transactions.expire(context.now));
}
