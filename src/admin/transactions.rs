//! Producers and their transactions.

use std::collections::BTreeSet;
use std::time::Duration;

use milena_wire::messages::describe_producers::{ProducerState, TopicRequest};
use milena_wire::messages::describe_transactions;
use milena_wire::messages::{
    DescribeProducersRequest, DescribeTransactionsRequest, InitProducerIdRequest,
    ListTransactionsRequest,
};

use super::answer::check;
use super::convert;
use super::handle::Admin;
use super::operation::{Caller, One, Operation, Spec};
use super::per_item::PerItem;
use super::worded::worded;
use crate::error::Error;
use crate::topic_partition::TopicPartition;

worded! {
    /// What a transactional id is about (Java: `TransactionState`).
    TransactionState {
        /// It has no transaction.
        Empty = "Empty",
        /// Records can be added.
        Ongoing = "Ongoing",
        /// It is being committed.
        PrepareCommit = "PrepareCommit",
        /// It is being aborted.
        PrepareAbort = "PrepareAbort",
        /// The last one was committed.
        CompleteCommit = "CompleteCommit",
        /// The last one was aborted.
        CompleteAbort = "CompleteAbort",
        /// It is being aborted as a newer producer has come.
        PrepareEpochFence = "PrepareEpochFence",
        /// It was not used for long, and is being forgotten.
        Dead = "Dead",
    }
}

/// A producer that has written to a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProducerDescription {
    /// Its id.
    pub producer_id: i64,
    /// Its epoch.
    pub producer_epoch: i32,
    /// The sequence number of its last batch; `None` if it is not known.
    pub last_sequence: Option<i32>,
    /// When it wrote last, in milliseconds since 1970; `None` if it is not known.
    pub last_timestamp: Option<i64>,
    /// Which coordinator of transactions wrote for it last; `None` if none has.
    pub coordinator_epoch: Option<i32>,
    /// Where its open transaction begins in the partition, if it has one.
    pub transaction_start_offset: Option<i64>,
}

impl ProducerDescription {
    fn from_wire(producer: &ProducerState) -> Self {
        Self {
            producer_id: producer.producer_id,
            producer_epoch: producer.producer_epoch,
            last_sequence: convert::known(producer.last_sequence),
            last_timestamp: convert::known(producer.last_timestamp),
            coordinator_epoch: convert::known(producer.coordinator_epoch),
            transaction_start_offset: convert::known(producer.current_txn_start_offset),
        }
    }
}

/// Asks who has written to partitions: see [`Admin::describe_producers`].
#[derive(Clone, Debug)]
pub struct DescribeProducers {
    partitions: BTreeSet<TopicPartition>,
    broker: Option<i32>,
}

impl Operation<DescribeProducers> {
    /// Asks this broker, which must have replicas of all the partitions. Default: the leader of each.
    pub fn broker(mut self, broker: i32) -> Self {
        self.spec.broker = Some(broker);
        self
    }
}

impl Spec for DescribeProducers {
    type Output = PerItem<TopicPartition, Vec<ProducerDescription>>;

    async fn run(self, caller: Caller) -> Self::Output {
        let topics = convert::numbers_by_topic(&self.partitions).into_iter();
        let topics = topics.map(|(name, numbers)| {
            TopicRequest::default()
                .with_name(name)
                .with_partition_indexes(numbers)
        });
        let request = DescribeProducersRequest::default().with_topics(topics.collect::<Vec<_>>());
        let keys = |request: &DescribeProducersRequest| {
            convert::partitions(
                &request.topics,
                |topic| &topic.name,
                |topic| topic.partition_indexes.to_vec(),
            )
        };
        caller
            .per_item_at(self.broker, request, keys, |_, response, results| {
                for topic in &response.topics {
                    for one in &topic.partitions {
                        let key = TopicPartition::new(&*topic.name, one.partition_index);
                        results.tell(&key, one.error_code, one.error_message.as_ref(), || {
                            let producers = one.active_producers.iter();
                            producers.map(ProducerDescription::from_wire).collect()
                        });
                    }
                }
            })
            .await
    }
}

/// A transactional id, and its transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransactionDescription {
    /// The broker that coordinates it.
    pub coordinator: i32,
    /// What it is about.
    pub state: TransactionState,
    /// The id of the producer that has it.
    pub producer_id: i64,
    /// The epoch of that.
    pub producer_epoch: i16,
    /// How long a transaction may take.
    pub timeout: Duration,
    /// When the open transaction began, in milliseconds since 1970; `None` if none is open.
    pub start_time: Option<i64>,
    /// The partitions in the open transaction.
    pub partitions: BTreeSet<TopicPartition>,
}

impl TransactionDescription {
    fn from_wire(transaction: &describe_transactions::TransactionState, coordinator: i32) -> Self {
        let partitions = convert::partitions(
            &transaction.topics,
            |topic| &topic.topic,
            |topic| topic.partitions.to_vec(),
        );
        let timeout = u64::try_from(transaction.transaction_timeout_ms).unwrap_or(0);
        Self {
            coordinator,
            state: TransactionState::from_word(&transaction.transaction_state),
            producer_id: transaction.producer_id,
            producer_epoch: transaction.producer_epoch,
            timeout: Duration::from_millis(timeout),
            start_time: convert::known(transaction.transaction_start_time_ms),
            partitions: partitions.into_iter().collect(),
        }
    }
}

/// Asks for transactional ids: see [`Admin::describe_transactions`].
#[derive(Clone, Debug)]
pub struct DescribeTransactions(BTreeSet<String>);

impl Spec for DescribeTransactions {
    type Output = PerItem<String, TransactionDescription>;

    async fn run(self, caller: Caller) -> Self::Output {
        let ids = self.0.into_iter().map(Into::into);
        let request =
            DescribeTransactionsRequest::default().with_transactional_ids(ids.collect::<Vec<_>>());
        let names =
            |request: &DescribeTransactionsRequest| convert::texts(&request.transactional_ids);
        caller
            .per_item(request, names, |_, response, results| {
                let broker = results.broker();
                for one in &response.transaction_states {
                    results.tell(
                        &one.transactional_id.to_string(),
                        one.error_code,
                        None,
                        || TransactionDescription::from_wire(one, broker),
                    );
                }
            })
            .await
    }
}

/// A transactional id that a broker coordinates.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransactionListing {
    /// The transactional id.
    pub transactional_id: String,
    /// The id of the producer that has it.
    pub producer_id: i64,
    /// What it is about.
    pub state: TransactionState,
}

/// Asks which transactional ids there are: see [`Admin::list_transactions`].
#[derive(Clone, Debug)]
pub struct ListTransactions {
    states: BTreeSet<TransactionState>,
    producer_ids: BTreeSet<i64>,
    longer_than: Option<Duration>,
    pattern: Option<String>,
}

impl Operation<ListTransactions> {
    /// Only those in any of these states. Default: all.
    pub fn states(mut self, states: impl IntoIterator<Item = TransactionState>) -> Self {
        self.spec.states = states.into_iter().collect();
        self
    }

    /// Only those of these producers. Default: all.
    pub fn producer_ids(mut self, ids: impl IntoIterator<Item = i64>) -> Self {
        self.spec.producer_ids = ids.into_iter().collect();
        self
    }

    /// Only those whose transaction is open for longer than this (KIP-994, since Kafka 3.8). Default: all.
    pub fn longer_than(mut self, time: Duration) -> Self {
        self.spec.longer_than = Some(time);
        self
    }

    /// Only those that match this regular expression of RE2/J (KIP-1152, since Kafka 4.1). Default: all.
    pub fn matching(mut self, pattern: impl Into<String>) -> Self {
        self.spec.pattern = Some(pattern.into());
        self
    }
}

impl Spec for ListTransactions {
    type Output = Result<PerItem<i32, Vec<TransactionListing>>, Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        let brokers = caller.brokers().await?;
        let states = self.states.iter().map(|state| state.name().into());
        let mut request = ListTransactionsRequest::default()
            .with_state_filters(states.collect::<Vec<_>>())
            .with_producer_id_filters(self.producer_ids.into_iter().collect::<Vec<_>>());
        if let Some(time) = self.longer_than {
            request.duration_filter = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        }
        request.transactional_id_pattern = self.pattern.map(Into::into);
        let request = &request;
        let listed = caller.for_each(brokers, |caller, broker| {
            let broker = *broker;
            async move {
                let response = caller.send_to(broker, request.clone()).await?;
                check::<ListTransactionsRequest>(response.error_code, None)
                    .map_err(|error| error.at_broker(broker))?;
                let states = response.transaction_states.iter();
                let listings = states.map(|one| TransactionListing {
                    transactional_id: one.transactional_id.to_string(),
                    producer_id: one.producer_id,
                    state: TransactionState::from_word(&one.transaction_state),
                });
                Ok(listings.collect())
            }
        });
        Ok(listed.await)
    }
}

/// A producer id and its epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FencedProducer {
    /// The id that the transactional id has now.
    pub producer_id: i64,
    /// The epoch that it has now: producers with lower ones are shut out.
    pub producer_epoch: i16,
}

/// Shuts out producers: see [`Admin::fence_producers`].
#[derive(Clone, Debug)]
pub struct FenceProducers(BTreeSet<String>);

impl Spec for FenceProducers {
    type Output = PerItem<String, FencedProducer>;

    async fn run(self, caller: Caller) -> Self::Output {
        // It is the time that the next transaction may take; a coordinator refuses more than its `transaction.max.timeout.ms`.
        let timeout_ms = caller.timeout_ms().clamp(1, 60_000);
        let fenced = caller.for_each(self.0, |caller, id| {
            let request = InitProducerIdRequest::default()
                .with_transactional_id(id.clone())
                .with_transaction_timeout_ms(timeout_ms);
            async move {
                let response = caller.send(request).await?;
                check::<InitProducerIdRequest>(response.error_code, None)?;
                Ok(FencedProducer {
                    producer_id: response.producer_id,
                    producer_epoch: response.producer_epoch,
                })
            }
        });
        fenced.await
    }
}

/// An open transaction of one partition (Java: `AbortTransactionSpec`); what is in it [`describe_producers`](Admin::describe_producers) tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenTransaction {
    /// The partition.
    pub partition: TopicPartition,
    /// The id of the producer.
    pub producer_id: i64,
    /// The epoch of the producer.
    pub producer_epoch: i16,
    /// The epoch of the coordinator that wrote for it last, or 0 if none has.
    pub coordinator_epoch: i32,
}

/// Aborts a transaction that hangs: see [`Admin::abort_transaction`].
#[derive(Clone, Debug)]
pub struct AbortTransaction(OpenTransaction);

impl Spec for AbortTransaction {
    type Output = Result<(), Error>;

    async fn run(self, caller: Caller) -> Self::Output {
        use milena_wire::messages::WriteTxnMarkersRequest;
        use milena_wire::messages::write_txn_markers::{WritableTxnMarker, WritableTxnMarkerTopic};

        let open = self.0;
        let topic = WritableTxnMarkerTopic::default()
            .with_name(open.partition.topic.clone())
            .with_partition_indexes(vec![open.partition.partition]);
        let marker = WritableTxnMarker::default()
            .with_producer_id(open.producer_id)
            .with_producer_epoch(open.producer_epoch)
            .with_coordinator_epoch(open.coordinator_epoch)
            .with_transaction_result(false)
            .with_topics(vec![topic]);
        let request = WriteTxnMarkersRequest::default().with_markers(vec![marker]);
        let key = open.partition.clone();
        let keys = |_: &WriteTxnMarkersRequest| vec![key.clone()];
        let done = caller.per_item(request, keys, |_, response, results| {
            let markers = response.markers.iter();
            let of_producer = markers.filter(|marker| marker.producer_id == open.producer_id);
            for topic in of_producer.flat_map(|marker| &marker.topics) {
                for one in &topic.partitions {
                    let key = TopicPartition::new(&*topic.name, one.partition_index);
                    results.tell(&key, one.error_code, None, || ());
                }
            }
        });
        done.await.all().map(|_| ())
    }
}

impl Admin {
    /// Asks which producers have written to partitions, and which have a transaction open there (Java: `describeProducers`, since Kafka 2.8).
    pub fn describe_producers<P: Into<TopicPartition>>(
        &self,
        partitions: impl IntoIterator<Item = P>,
    ) -> Operation<DescribeProducers> {
        self.operation(DescribeProducers {
            partitions: partitions.into_iter().map(Into::into).collect(),
            broker: None,
        })
    }

    /// Asks for transactional ids (Java: `describeTransactions`, since Kafka 3.0).
    pub fn describe_transactions<T: Into<String>>(
        &self,
        transactional_ids: impl IntoIterator<Item = T>,
    ) -> Operation<DescribeTransactions> {
        let ids = transactional_ids.into_iter().map(Into::into);
        self.operation(DescribeTransactions(ids.collect()))
    }

    /// Asks every broker which transactional ids it coordinates; [`merged`](PerItem::merged) gives all (Java: `listTransactions`, since Kafka 3.0).
    ///
    /// # Errors
    /// When awaited: if it cannot be found out which brokers there are.
    pub fn list_transactions(&self) -> Operation<ListTransactions> {
        self.operation(ListTransactions {
            states: BTreeSet::new(),
            producer_ids: BTreeSet::new(),
            longer_than: None,
            pattern: None,
        })
    }

    /// Shuts out the producers of transactional ids, and aborts what they left open (Java: `fenceProducers`).
    pub fn fence_producers<T: Into<String>>(
        &self,
        transactional_ids: impl IntoIterator<Item = T>,
    ) -> Operation<FenceProducers> {
        let ids = transactional_ids.into_iter().map(Into::into);
        self.operation(FenceProducers(ids.collect()))
    }

    /// Aborts the open transaction of a transactional id, and shuts out its producer (Java: `forceTerminateTransaction`, KIP-939).
    ///
    /// # Errors
    /// When awaited: if it was not done.
    pub fn force_terminate_transaction(
        &self,
        transactional_id: impl Into<String>,
    ) -> Operation<One<FenceProducers>> {
        let id = transactional_id.into();
        self.operation(One(FenceProducers(BTreeSet::from([id]))))
    }

    /// Aborts the transaction of a partition that hangs, as its coordinator knows nothing of it (Java: `abortTransaction`, KIP-664).
    ///
    /// # Errors
    /// When awaited: if it was not aborted.
    pub fn abort_transaction(&self, transaction: OpenTransaction) -> Operation<AbortTransaction> {
        self.operation(AbortTransaction(transaction))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_is_read() {
        let topic = describe_transactions::TopicData::default()
            .with_topic("orders")
            .with_partitions(vec![2, 0]);
        let wire = describe_transactions::TransactionState::default()
            .with_transactional_id("t")
            .with_transaction_state("Ongoing")
            .with_transaction_timeout_ms(60_000)
            .with_transaction_start_time_ms(-1)
            .with_topics(vec![topic]);
        let described = TransactionDescription::from_wire(&wire, 4);
        assert_eq!(described.state, TransactionState::Ongoing);
        assert_eq!(described.timeout, Duration::from_secs(60));
        assert_eq!((described.coordinator, described.start_time), (4, None));
        let partitions = [0, 2].map(|partition| TopicPartition::new("orders", partition));
        assert_eq!(described.partitions, BTreeSet::from(partitions));
    }
}
