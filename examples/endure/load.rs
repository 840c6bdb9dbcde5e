//! What the tasks do: some write, some read.

use std::sync::Arc;
use std::time::{Duration, Instant};

use milena::producer::{Delivery, Producer, Record};
use milena::{Client, Error};
use tokio::sync::mpsc;

use crate::leaders::Leaders;
use crate::ledger::{Calls, Fate, Note, Page};
use crate::options::Options;
use crate::requests;
use crate::unrest::End;

/// A task writes what is due so often.
const TICK: Duration = Duration::from_millis(10);

/// What a task works with.
#[derive(Clone)]
pub(crate) struct Load {
    pub(crate) client: Client,
    pub(crate) options: Arc<Options>,
    pub(crate) number: u32,
    pub(crate) calls: Arc<Calls>,
    pub(crate) leaders: Arc<Leaders>,
}

/// A record that was sent then, or could not be.
type Sent = (Instant, Result<Delivery, Error>);

impl Load {
    fn partition(&self) -> i32 {
        let partitions = u32::try_from(self.options.partitions).unwrap_or(1);
        i32::try_from(self.number % partitions).unwrap_or(0)
    }

    /// Writes records with the numbers from 0 on to one partition, at the rate of its share, and waits for all deliveries.
    pub(crate) async fn write(self, producer: Producer, end: End) -> Page {
        let (partition, writer) = (self.partition(), self.number);
        let (sent, deliveries) = mpsc::unbounded_channel();
        let collecting = tokio::spawn(self.clone().collect(deliveries));
        let tasks = u64::from(self.options.tasks);
        let share = self.options.records.div_ceil(tasks);
        let began = Instant::now();
        let mut number = 0;
        let mut value = Vec::new();
        while number < share || !end.has_come() {
            let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
            let due = micros.saturating_mul(self.options.rate) / 1_000_000 / tasks;
            while number < due {
                let note = Note { writer, number };
                note.write(&mut value, self.options.size);
                let record = Record::to(&self.options.topic)
                    .partition(partition)
                    .value(&value);
                let at = Instant::now();
                let delivery = producer.send(record).await;
                self.calls.ended(at.elapsed(), self.options.delivery);
                // The other end waits until this one is dropped.
                let _ = sent.send((at, delivery));
                number += 1;
            }
            tokio::time::sleep(TICK).await;
        }
        drop(sent);
        let fates = collecting.await.unwrap_or_default();
        Page {
            writer,
            partition,
            fates,
        }
    }

    /// Waits for deliveries in the order in which they were sent, as they are all of one partition.
    async fn collect(self, mut deliveries: mpsc::UnboundedReceiver<Sent>) -> Vec<Fate> {
        let partition = self.partition();
        let mut fates = Vec::new();
        while let Some((at, delivery)) = deliveries.recv().await {
            let delivered = match delivery {
                Ok(delivery) => delivery.await,
                Err(error) => Err(error),
            };
            fates.push(match delivered {
                Ok(position) => {
                    self.leaders.written(partition);
                    self.calls.delivered(at.elapsed(), self.options.delivery);
                    Fate::Written(position.offset)
                }
                Err(error) => {
                    self.calls.delivered(at.elapsed(), self.options.delivery);
                    self.calls.failed(&error);
                    match error.may_have_been_sent() {
                        true => Fate::Uncertain,
                        false => Fate::NotWritten,
                    }
                }
            });
        }
        fates
    }

    /// Reads, asks for the ends, and begins again.
    pub(crate) async fn read(self, end: End) {
        while !end.has_come() {
            self.read_once().await;
            self.ask_for_ends().await;
            tokio::time::sleep(TICK).await;
        }
    }

    async fn read_once(&self) {
        let began = Instant::now();
        let (topic, deadline) = (&self.options.topic, self.options.deadline);
        let answer = requests::read(&self.client, topic, self.partition(), 0, deadline).await;
        self.calls.ended(began.elapsed(), deadline);
        match answer {
            Ok((code, _)) if code.is_error() => self.calls.refused(code),
            Ok(_) => {}
            Err(error) => self.calls.failed(&error),
        }
    }

    async fn ask_for_ends(&self) {
        let began = Instant::now();
        let request = requests::ends(&self.options.topic, self.options.partitions);
        let deadline = self.options.deadline;
        let answer = self.client.send(request).deadline(deadline).await;
        self.calls.ended(began.elapsed(), deadline);
        match answer {
            Ok(answer) => {
                let partitions = answer.topics.iter().flat_map(|topic| &topic.partitions);
                for partition in partitions.filter(|partition| partition.error_code.is_error()) {
                    self.calls.refused(partition.error_code);
                }
            }
            Err(error) => self.calls.failed(&error),
        }
    }
}
