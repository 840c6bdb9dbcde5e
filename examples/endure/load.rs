//! One task, which writes and reads.

use std::sync::Arc;
use std::time::{Duration, Instant};

use milena::Client;
use milena::wire::error_code::ErrorCode;

use crate::End;
use crate::leaders::Leaders;
use crate::ledger::Ledger;
use crate::requests;

/// One task, and what it works with.
pub(crate) struct Load {
    pub(crate) client: Client,
    pub(crate) topic: String,
    pub(crate) partitions: i32,
    pub(crate) number: usize,
    pub(crate) deadline: Duration,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) leaders: Arc<Leaders>,
}

impl Load {
    /// Writes twice, reads, asks for the ends, and begins again.
    pub(crate) async fn run(self, end: End) {
        let task = u64::try_from(self.number).unwrap_or(0);
        let mut turn = 0;
        while !end.has_come() {
            turn += 1;
            let partition = (task + turn) % u64::try_from(self.partitions).unwrap_or(1);
            let partition = i32::try_from(partition).unwrap_or(0);
            match turn % 4 {
                0 => self.ask_for_ends().await,
                1 => self.read(partition).await,
                _ => self.write(partition, task << 32 | turn).await,
            }
            // Sixty-four of these are load enough.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn write(&self, partition: i32, number: u64) {
        let Ok(request) = requests::produce(&self.topic, partition, number) else {
            return;
        };
        let began = Instant::now();
        let answer = self.client.send(request).deadline(self.deadline).await;
        self.ledger.ended(began.elapsed(), self.deadline);
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return self.ledger.failed(&error),
        };
        let mut partitions = answer
            .responses
            .iter()
            .flat_map(|topic| &topic.partition_responses);
        match partitions.next() {
            Some(found) if found.error_code == ErrorCode::NONE => {
                self.ledger.wrote(number, (partition, found.base_offset));
                self.leaders.written(partition);
            }
            Some(found) => self.ledger.refused(found.error_code),
            None => self.ledger.refused(ErrorCode::UNKNOWN_SERVER_ERROR),
        }
    }

    async fn read(&self, partition: i32) {
        let began = Instant::now();
        let answer = requests::read(&self.client, &self.topic, partition, 0, self.deadline).await;
        self.ledger.ended(began.elapsed(), self.deadline);
        match answer {
            Ok((code, _)) if code.is_error() => self.ledger.refused(code),
            Ok(_) => {}
            Err(error) => self.ledger.failed(&error),
        }
    }

    async fn ask_for_ends(&self) {
        let began = Instant::now();
        let request = requests::ends(&self.topic, self.partitions);
        let answer = self.client.send(request).deadline(self.deadline).await;
        self.ledger.ended(began.elapsed(), self.deadline);
        match answer {
            Ok(answer) => {
                let partitions = answer.topics.iter().flat_map(|topic| &topic.partitions);
                for partition in partitions.filter(|partition| partition.error_code.is_error()) {
                    self.ledger.refused(partition.error_code);
                }
            }
            Err(error) => self.ledger.failed(&error),
        }
    }
}
