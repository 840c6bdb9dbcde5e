//! What was promised, and what is there.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use milena::Error;
use milena::error::ErrorKind;
use milena::wire::error_code::ErrorCode;

use crate::Result;

/// What a record says of itself: who wrote it, and which of his it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Note {
    pub(crate) writer: u32,
    pub(crate) number: u64,
}

impl Note {
    /// Makes the value of a record, which is of this size or as large as it has to be.
    pub(crate) fn write(self, value: &mut Vec<u8>, size: usize) {
        value.clear();
        value.extend(self.writer.to_be_bytes());
        value.extend(self.number.to_be_bytes());
        value.resize(size.max(value.len()), b'.');
    }

    pub(crate) fn read(value: Option<&[u8]>) -> Result<Self> {
        let parts = value.and_then(|value| {
            let (writer, rest) = value.split_first_chunk()?;
            Some((*writer, *rest.first_chunk()?))
        });
        let (writer, number) = parts.ok_or("a record that was not written here")?;
        Ok(Self {
            writer: u32::from_be_bytes(writer),
            number: u64::from_be_bytes(number),
        })
    }
}

/// What was told of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is in the log, and where, if the broker said so.
    Written(Option<i64>),
    /// It may be in the log.
    Uncertain,
    /// It is not.
    NotWritten,
}

/// What was told of a task's records, by their numbers.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) writer: u32,
    pub(crate) partition: i32,
    pub(crate) fates: Vec<Fate>,
}

/// What was told, held against what is found.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// By the number of the task.
    writers: HashMap<u32, Writer>,
    partitions: i32,
    verdict: Verdict,
}

#[derive(Debug)]
struct Writer {
    page: Page,
    is_found: Vec<bool>,
    /// Behind the latest record of his that was found.
    next: usize,
}

/// Whether what was promised was held.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdict {
    acknowledged: u64,
    uncertain: u64,
    not_written: u64,
    found: u64,
    lost: u64,
    doubled: u64,
    reordered: u64,
    elsewhere: u64,
    denied: u64,
}

impl Ledger {
    pub(crate) fn new(pages: Vec<Page>, partitions: i32) -> Self {
        let mut verdict = Verdict::default();
        for fate in pages.iter().flat_map(|page| &page.fates) {
            match fate {
                Fate::Written(_) => verdict.acknowledged += 1,
                Fate::Uncertain => verdict.uncertain += 1,
                Fate::NotWritten => verdict.not_written += 1,
            }
        }
        let writers = pages.into_iter().map(|page| {
            let is_found = vec![false; page.fates.len()];
            let writer = Writer {
                is_found,
                next: 0,
                page,
            };
            (writer.page.writer, writer)
        });
        Self {
            writers: writers.collect(),
            partitions,
            verdict,
        }
    }

    /// A record was found; those of a partition come in the order of their offsets.
    pub(crate) fn found(&mut self, (partition, offset): (i32, i64), note: Note) {
        let verdict = &mut self.verdict;
        verdict.found += 1;
        let index = usize::try_from(note.number).unwrap_or(usize::MAX);
        let writer = self.writers.get_mut(&note.writer);
        let Some(writer) = writer.filter(|writer| index < writer.page.fates.len()) else {
            // Nobody has sent it.
            verdict.denied += 1;
            return;
        };
        let (Some(fate), Some(is_found)) =
            (writer.page.fates.get(index), writer.is_found.get_mut(index))
        else {
            return;
        };
        if std::mem::replace(is_found, true) {
            verdict.doubled += 1;
            return;
        }
        if index < writer.next {
            verdict.reordered += 1;
        }
        writer.next = writer.next.max(index + 1);
        match fate {
            Fate::NotWritten => verdict.denied += 1,
            Fate::Written(Some(told)) if *told != offset => verdict.elsewhere += 1,
            _ if partition != writer.page.partition || partition >= self.partitions => {
                verdict.elsewhere += 1;
            }
            _ => {}
        }
    }

    /// After all that is there was found.
    pub(crate) fn verdict(&self) -> Verdict {
        let mut verdict = self.verdict.clone();
        for writer in self.writers.values() {
            let all = writer.page.fates.iter().zip(&writer.is_found);
            let lost =
                all.filter(|(fate, is_found)| matches!(fate, Fate::Written(_)) && !**is_found);
            verdict.lost += u64::try_from(lost.count()).unwrap_or(u64::MAX);
        }
        verdict
    }
}

impl Verdict {
    pub(crate) fn is_good(&self) -> bool {
        let broken = [
            self.lost,
            self.doubled,
            self.reordered,
            self.elsewhere,
            self.denied,
        ];
        self.acknowledged > 0 && broken.iter().all(|count| *count == 0)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "records acknowledged: {}, of unknown fate: {}, said not to be written: {}, found: {}",
            self.acknowledged, self.uncertain, self.not_written, self.found
        )?;
        write!(
            f,
            "acknowledged and lost: {}, doubled: {}, out of order: {}, elsewhere than said: {}, there though said not to be: {}",
            self.lost, self.doubled, self.reordered, self.elsewhere, self.denied
        )
    }
}

/// How the calls and deliveries ended.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    failures: BTreeMap<String, u64>,
    slowest: Duration,
    slowest_delivery: Duration,
    latest: Duration,
}

impl Calls {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call ended after so long, with so much time that it had.
    pub(crate) fn ended(&self, took: Duration, deadline: Duration) {
        let mut entries = self.entries();
        entries.slowest = entries.slowest.max(took);
        entries.latest = entries.latest.max(took.saturating_sub(deadline));
    }

    /// It is known what became of a record, so long after it was sent.
    pub(crate) fn delivered(&self, took: Duration, deadline: Duration) {
        let mut entries = self.entries();
        entries.slowest_delivery = entries.slowest_delivery.max(took);
        entries.latest = entries.latest.max(took.saturating_sub(deadline));
    }

    /// A call had no answer, or a record was not delivered.
    pub(crate) fn failed(&self, error: &Error) {
        let api = error.api().map_or("send".to_owned(), |api| api.to_string());
        let kind = match error.kind() {
            ErrorKind::Connect { phase, .. } => format!("no connection ({phase})"),
            ErrorKind::Closed(_) => "connection lost".to_owned(),
            ErrorKind::CircuitOpen { .. } => "circuit open".to_owned(),
            kind => {
                let text = kind.to_string();
                text.split([':', ',']).next().unwrap_or_default().to_owned()
            }
        };
        *self
            .entries()
            .failures
            .entry(format!("{api}: {kind}"))
            .or_default() += 1;
    }

    /// A broker said no, and said so until the deadline or for good.
    pub(crate) fn refused(&self, code: ErrorCode) {
        *self.entries().failures.entry(code.to_string()).or_default() += 1;
    }

    pub(crate) fn slowest(&self) -> Duration {
        self.entries().slowest
    }

    pub(crate) fn slowest_delivery(&self) -> Duration {
        self.entries().slowest_delivery
    }

    pub(crate) fn latest(&self) -> Duration {
        self.entries().latest
    }

    pub(crate) fn failures(&self) -> String {
        let entries = self.entries();
        if entries.failures.is_empty() {
            return "none".to_owned();
        }
        let kinds = entries.failures.iter();
        let kinds: Vec<_> = kinds
            .map(|(kind, count)| format!("{kind} {count}"))
            .collect();
        kinds.join("; ")
    }
}
